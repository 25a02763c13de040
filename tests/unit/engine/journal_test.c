// link: engine flow util
/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal: order, its bound, what is cut, and that hostile text becomes one inert line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/journal.h"

static void keeps_the_newest(void **state)
{
	static struct fb_journal_entry entries[FB_JOURNAL_ENTRIES];
	struct fb_journal *journal;
	const unsigned int total = FB_JOURNAL_ENTRIES + 10;

	(void)state;
	assert_int_equal(fb_journal_new(&journal), 0);
	assert_int_equal(fb_journal_read(journal, 0, entries, 10), 0);
	for (unsigned int i = 1; i <= total; i++)
		fb_journal_add(journal, FB_LOG_INFO, "test", "line", NULL);

	assert_int_equal(fb_journal_read(journal, 0, entries, FB_JOURNAL_ENTRIES),
			 FB_JOURNAL_ENTRIES);
	assert_int_equal(entries[0].seq, 11);
	assert_int_equal(entries[FB_JOURNAL_ENTRIES - 1].seq, total);
	assert_int_equal(fb_journal_read(journal, total - 2, entries, 10), 2);
	assert_int_equal(entries[0].seq, total - 1);
	assert_int_equal(fb_journal_read(journal, total, entries, 10), 0);
	fb_journal_free(journal);
}

static void makes_hostile_text_inert(void **state)
{
	struct fb_journal_entry entry;
	struct fb_journal *journal;
	char name[2000];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, "\x1b[2J\n\r\xc2\x9b", 8);

	assert_int_equal(fb_journal_new(&journal), 0);
	fb_log_set_listener(fb_journal_add, journal);
	fb_log(FB_LOG_INFO, "test", "%s", name);
	fb_log_set_listener(NULL, NULL);

	assert_int_equal(fb_journal_read(journal, 0, &entry, 1), 1);
	assert_int_equal(strlen(entry.message), FB_JOURNAL_MESSAGE - 1);
	assert_memory_equal(entry.message, "?[2J??", 6);
	for (const char *c = entry.message; *c; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	fb_journal_free(journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_newest),
		cmocka_unit_test(makes_hostile_text_inert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
