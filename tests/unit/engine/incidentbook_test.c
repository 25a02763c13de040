/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine store policy filter flow proto util
/* A silence that somebody asked for outlives a daemon that is killed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/incidentbook.h"

#define NOW 1700000000000ll

static char path[] = "/tmp/flowbpf-incidentbook-XXXXXX";
static int folder;

static int fresh(void **state)
{
	(void)state;
	if (!mkdtemp(path))
		return -1;
	folder = open(path, O_RDONLY | O_DIRECTORY);
	return folder < 0;
}

static int gone(void **state)
{
	(void)state;
	unlinkat(folder, "incidents", 0);
	close(folder);
	return rmdir(path);
}

static struct fb_incidentbook *start(void)
{
	struct fb_incidentbook *book;

	assert_int_equal(fb_incidentbook_new(&book), 0);
	fb_incidentbook_start(book, folder);
	return book;
}

static unsigned int silences_on_disk(void)
{
	static struct fb_incident_silence list[FB_INCIDENT_SILENCES];
	struct fb_incidentbook *other = start();
	const unsigned int n = fb_incidentbook_silences(other, list);

	fb_incidentbook_free(other);
	return n;
}

static bool are_on_disk(struct fb_incidentbook *book, unsigned int n)
{
	for (unsigned int i = 0; i < 40; i++) {
		fb_incidentbook_tick(book, NOW);
		if (silences_on_disk() == n)
			return true;
		usleep(5000);
	}
	return false;
}

static void keeps_silences_at_once(void **state)
{
	struct fb_incidentbook *book = start();
	struct fb_incident_silence silence = {.host = {.addr = {10, 0, 0, 1}, .family = 4}};
	int id;

	(void)state;
	id = fb_incidentbook_hide(book, &silence);
	assert_true(id > 0);
	assert_true(are_on_disk(book, 1));
	silence.host.addr[3] = 2;
	assert_true(fb_incidentbook_hide(book, &silence) > 0);
	assert_true(are_on_disk(book, 2));
	assert_int_equal(fb_incidentbook_show(book, (uint32_t)id), 0);
	assert_true(are_on_disk(book, 1));
	fb_incidentbook_free(book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_silences_at_once, fresh, gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
