/* SPDX-License-Identifier: BSD-2-Clause */
// link: util
/* The distance of words: known cases, and what has to hold for any two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/words.h"

static unsigned int distance(const char *a, const char *b)
{
	return fb_word_distance(a, strlen(a), b);
}

static void test_known(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int edits;
	} cases[] = {
		{"", "", 0},
		{"", "abc", 3},
		{"filter", "filter", 0},
		{"Filter", "fILTER", 0},
		{"fliter", "filter", 1},
		{"LFow", "flow", 1},
		{"kitten", "sitting", 3},
		{"dst.host", "dst_host", 1},
		{"a", "b", 1},
		{"proto", "protocol", 3},
		{"ca", "abc", 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(distance(cases[i].a, cases[i].b), cases[i].edits);
	assert_int_equal(fb_word_distance("bytes>5", 5, "bytes"), 0);
}

static void test_any(void **state)
{
	static const char *const words[] = {"src.ip", "dst.port", "bytes", "rate_bps", "", "x"};
	char far[FB_WORD_MAX + 2];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < 6; k++) {
			const unsigned int d = distance(words[i], words[k]);

			assert_int_equal(d, distance(words[k], words[i]));
			assert_int_equal(d == 0, i == k);
			assert_true(d <= 8);
		}
	memset(far, 'a', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	assert_int_equal(distance(far, "a"), FB_WORD_FAR);
	assert_int_equal(distance("a", far), FB_WORD_FAR);
	far[FB_WORD_MAX] = '\0';
	assert_int_equal(distance(far, "a"), FB_WORD_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
