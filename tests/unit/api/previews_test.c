/* SPDX-License-Identifier: BSD-2-Clause */
// link: api engine store proto util
/* Tokens of acts that were shown: for whom, once, for how long, and whose make room. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/previews.h"
#include "engine/forget_list.h"

#define S 1000000000ull

static int keep(struct fb_previews *previews, uint64_t who, uint32_t flows, uint64_t now_ns,
		char token[static FB_PREVIEW_TOKEN])
{
	struct fb_act act = {.kind = FB_ACT_FORGET_MANY, .target.many = fb_forget_new(0)};
	int r;

	assert_non_null(act.target.many);
	act.target.many->n = flows; /* their list is of no matter here */
	r = fb_previews_keep(previews, who, &act, now_ns, token);
	fb_act_drop(&act);
	return r;
}

/* How many flows the act is of, or -errno. */
static int take(struct fb_previews *previews, uint64_t who, const char *token, uint64_t now_ns)
{
	struct fb_act act;
	int r = fb_previews_take(previews, who, token, now_ns, false, &act);

	if (r < 0)
		return r;
	r = (int)act.target.many->n;
	fb_act_drop(&act);
	return r;
}

static void test_once(void **state)
{
	struct fb_previews *previews = fb_previews_new();
	char one[FB_PREVIEW_TOKEN], two[FB_PREVIEW_TOKEN];

	(void)state;
	assert_int_equal(keep(previews, 7, 3, S, one), 0);
	assert_int_equal(keep(previews, 7, 5, S, two), 0);
	assert_int_equal(strspn(one, "0123456789abcdef"), 32);
	assert_string_not_equal(one, two);
	assert_int_equal(take(previews, 8, one, S), -ENOENT); /* another's */
	assert_int_equal(take(previews, 7, one, S), 3);
	assert_int_equal(take(previews, 7, one, S), -ENOENT);
	one[31] ^= 1;
	assert_int_equal(take(previews, 7, one, S), -ENOENT);
	assert_int_equal(take(previews, 7, "", S), -ENOENT);
	assert_int_equal(take(previews, 7, "0123456789abcdef0123456789abcdef0", S), -ENOENT);
	assert_int_equal(take(previews, 7, two, S), 5);
	fb_previews_free(previews);
}

static void test_a_minute(void **state)
{
	struct fb_previews *previews = fb_previews_new();
	char one[FB_PREVIEW_TOKEN], two[FB_PREVIEW_TOKEN];

	(void)state;
	keep(previews, 7, 1, S, one);
	keep(previews, 7, 2, 2 * S, two);
	assert_int_equal(take(previews, 7, one, (FB_PREVIEW_SECONDS + 1) * S - 1), 1);
	assert_int_equal(take(previews, 7, two, (FB_PREVIEW_SECONDS + 2) * S), -ENOENT);
	fb_previews_free(previews);
}

/* Whoever asks for many loses own ones. */
static void test_shares(void **state)
{
	struct fb_previews *previews = fb_previews_new();
	char mine[FB_PREVIEW_TOKEN], first[FB_PREVIEW_TOKEN], token[FB_PREVIEW_TOKEN];
	struct fb_previews_counters counters;

	(void)state;
	keep(previews, 1, 9, S, mine);
	keep(previews, 2, 1, S, first);
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(keep(previews, 2, 1, S + i, token), 0);
	assert_int_equal(take(previews, 2, first, S), -ENOENT);
	assert_int_equal(take(previews, 2, token, S), 1);
	assert_int_equal(take(previews, 1, mine, S), 9);
	fb_previews_counters(previews, &counters);
	assert_int_equal(counters.shown, 1002);
	assert_int_equal(counters.done, 2);
	assert_int_equal(counters.evicted, 1002 - FB_PREVIEWS);
	fb_previews_free(previews);
}

/* ... also by how much its lists hold. */
static void test_flows(void **state)
{
	struct fb_previews *previews = fb_previews_new();
	char mine[FB_PREVIEW_TOKEN], large[3][FB_PREVIEW_TOKEN];

	(void)state;
	assert_int_equal(keep(previews, 1, FB_PREVIEWS_FLOWS + 1, S, mine), -EOVERFLOW);
	keep(previews, 1, 1000, S, mine);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(keep(previews, 2, FB_PREVIEWS_FLOWS / 2, S + i, large[i]), 0);
	assert_int_equal(take(previews, 2, large[0], S), -ENOENT);
	assert_int_equal(take(previews, 2, large[1], S), -ENOENT);
	assert_int_equal(take(previews, 2, large[2], S), FB_PREVIEWS_FLOWS / 2);
	assert_int_equal(take(previews, 1, mine, S), 1000);
	fb_previews_free(previews);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_a_minute),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
