// link: http util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers kept for a tick: found as they were, gone with the next, and no more than there is room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/cache.h"

static struct fb_cache cache;

static int set_up(void **state)
{
	(void)state;
	fb_cache_init(&cache);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fb_cache_fini(&cache);
	return 0;
}

static bool put_for(uint64_t source, uint64_t epoch, const char *target, bool gzip,
		    const char *text, size_t more)
{
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;

	fb_buf_adds(&body, text);
	if (more) {
		memset(fb_buf_reserve(&body, more), 'x', more);
		body.len += more;
	}
	return fb_cache_put(&cache, epoch, source, target, gzip, &body, gzip);
}

static bool put(uint64_t epoch, const char *target, bool gzip, const char *text, size_t more)
{
	return put_for(1, epoch, target, gzip, text, more);
}

/* The beginning of what is kept; "" where nothing is. */
static const char *get(uint64_t epoch, const char *target, bool gzip)
{
	static char text[16];
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	bool packed = !gzip;

	text[0] = '\0';
	if (!fb_cache_get(&cache, epoch, target, gzip, &body, &packed))
		return text;
	assert_int_equal(packed, gzip);
	snprintf(text, sizeof(text), "%.*s", (int)(body.len < 15 ? body.len : 15), body.data);
	return text;
}

static void test_a_tick(void **state)
{
	(void)state;
	assert_true(put(7, "/flows", false, "plain", 0));
	assert_true(put(7, "/flows", true, "small", 0));
	assert_string_equal(get(7, "/flows", false), "plain");
	assert_string_equal(get(7, "/flows", true), "small");
	assert_string_equal(get(7, "/hosts", false), "");
	assert_string_equal(get(8, "/flows", false), "");
	assert_true(put(7, "/flows", false, "other", 0)); /* it is there already */
	assert_string_equal(get(7, "/flows", false), "plain");
	assert_true(put(8, "/hosts", false, "new", 0));
	assert_string_equal(get(7, "/flows", false), "");
	assert_true(put(7, "/flows", false, "late", 0)); /* of no use any more */
	assert_string_equal(get(7, "/flows", false), "");
	assert_string_equal(get(8, "/hosts", false), "new");
}

static unsigned int put_many(uint64_t source, uint64_t epoch)
{
	unsigned int kept = 0;
	char target[32];

	for (unsigned int i = 0; i <= FB_CACHE_ENTRIES; i++) {
		snprintf(target, sizeof(target), "/%u/%u", (unsigned int)source, i);
		kept += put_for(source, epoch, target, false, target, 0);
	}
	return kept;
}

static void test_bounds(void **state)
{
	(void)state;
	assert_false(put(1, "/large", false, "", FB_CACHE_BYTES + 1));
	for (unsigned int source = 0; source < FB_CACHE_SHARE; source++)
		assert_int_equal(put_many(source, 1), FB_CACHE_ENTRIES / FB_CACHE_SHARE);
	assert_int_equal(put_many(FB_CACHE_SHARE, 1), 0);
	assert_string_equal(get(1, "/1/0", false), "/1/0");
	assert_true(put(2, "/large", false, "next", FB_CACHE_BYTES / FB_CACHE_SHARE - 4));
	assert_string_equal(get(2, "/1/0", false), "");
}

/* Who fills his share takes nothing from the others. */
static void test_shares(void **state)
{
	const size_t share = FB_CACHE_BYTES / FB_CACHE_SHARE;

	(void)state;
	assert_true(put_for(1, 1, "/half", false, "half", share - 4));
	assert_false(put_for(1, 1, "/more", false, "half", 1));
	assert_string_equal(get(1, "/more", false), "");
	assert_true(put_for(2, 1, "/more", false, "more", share - 4));
	assert_memory_equal(get(1, "/more", false), "more", 4);
	assert_int_equal(put_many(3, 2), FB_CACHE_ENTRIES / FB_CACHE_SHARE);
	assert_true(put_for(4, 2, "/flows", false, "plain", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_tick, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shares, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
