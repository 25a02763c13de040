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

static bool put(uint64_t epoch, const char *target, bool gzip, const char *text, size_t more)
{
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;

	fb_buf_adds(&body, text);
	if (more) {
		memset(fb_buf_reserve(&body, more), 'x', more);
		body.len += more;
	}
	return fb_cache_put(&cache, epoch, target, gzip, &body, gzip);
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

static void test_bounds(void **state)
{
	char target[16];

	(void)state;
	assert_false(put(1, "/large", false, "", FB_CACHE_BYTES + 1));
	assert_true(put(1, "/half", false, "half", FB_CACHE_BYTES / 2));
	assert_false(put(1, "/other", false, "half", FB_CACHE_BYTES / 2));
	assert_string_equal(get(1, "/other", false), "");
	for (unsigned int i = 1; i <= FB_CACHE_ENTRIES; i++) {
		snprintf(target, sizeof(target), "/%u", i);
		assert_int_equal(put(1, target, false, target, 0), i < FB_CACHE_ENTRIES);
		assert_string_equal(get(1, target, false), i < FB_CACHE_ENTRIES ? target : "");
	}
	assert_true(put(2, "/large", false, "next", FB_CACHE_BYTES / 2));
	assert_string_equal(get(2, "/half", false), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_tick, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
