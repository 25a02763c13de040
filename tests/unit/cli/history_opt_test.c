/* SPDX-License-Identifier: BSD-2-Clause */
// link: cli store past flow util
/* What --history takes: limits of age and size by kind, and of the file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/history_opt.h"

static struct fb_history_limits read_limits(const char *value)
{
	struct fb_history_limits limits;
	struct fb_why why;

	assert_int_equal(fb_history_opt(value, &limits, &why), 0);
	return limits;
}

static void test_limits_by_kind(void **state)
{
	const struct fb_history_limits standard = read_limits("on");
	const struct fb_history_limits both = read_limits("flows=2d/500M,hours=90d,size=1G");
	const struct fb_history_limits size = read_limits("minutes=/40M");

	(void)state;
	assert_int_equal(standard.of[FB_HISTORY_flows].seconds, 7 * 86400);
	assert_int_equal(standard.of[FB_HISTORY_flows].bytes, 2000000000);
	assert_int_equal(both.of[FB_HISTORY_flows].seconds, 2 * 86400);
	assert_int_equal(both.of[FB_HISTORY_flows].bytes, 500000000);
	assert_int_equal(both.of[FB_HISTORY_hours].seconds, 90 * 86400);
	assert_int_equal(both.of[FB_HISTORY_hours].bytes, standard.of[FB_HISTORY_hours].bytes);
	assert_int_equal(both.bytes, 1000000000);
	assert_int_equal(size.of[FB_HISTORY_minutes].seconds, 30 * 86400);
	assert_int_equal(size.of[FB_HISTORY_minutes].bytes, 40000000);
	assert_int_equal(read_limits("off").bytes, 0);
}

static void test_what_is_no_limit_is_refused(void **state)
{
	static const char *const wrong[] = {"flows=soon", "flows=7d/",	"flows=7d/much",
					    "flows=/",	  "flows",	"size=7d",
					    "log=7d",	  "flows=7d,,", "flows=1s"};
	struct fb_history_limits limits;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct fb_why why = {""};

		assert_int_equal(fb_history_opt(wrong[i], &limits, &why), -EINVAL);
		assert_non_null(strstr(why.text, wrong[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits_by_kind),
		cmocka_unit_test(test_what_is_no_limit_is_refused),
	};

	return cmocka_run_group_tests_name("history_opt", tests, NULL, NULL);
}
