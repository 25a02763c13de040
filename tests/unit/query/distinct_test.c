/* SPDX-License-Identifier: BSD-2-Clause */
// link: query util
/* How many different addresses: exact while they are few, near enough when they are many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "query/query_priv.h"

static uint64_t count(uint32_t n)
{
	struct fb_distinct distinct;
	uint64_t counted;

	assert_int_equal(fb_distinct_init(&distinct), 0);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < n; i++) {
			uint8_t addr[16] = {0};

			memcpy(addr + 12, &i, sizeof(i));
			assert_int_equal(fb_distinct_add(&distinct, addr, FB_IPV4), 0);
		}
	counted = fb_distinct_count(&distinct);
	fb_distinct_fini(&distinct);
	return counted;
}

static void near(uint32_t n, double percent)
{
	double off = ((double)count(n) - n) / n * 100;

	print_message("%u: %+.2f %%\n", n, off);
	assert_true(off < percent && off > -percent);
}

static void test_distinct(void **state)
{
	(void)state;
	assert_int_equal(count(0), 0);
	assert_int_equal(count(1), 1);
	assert_int_equal(count(FB_DISTINCT_EXACT), FB_DISTINCT_EXACT);
	near(FB_DISTINCT_EXACT + 1, 0.5);
	near(100000, 0.5);
	near(1000000, 0.5);
	near(4000000, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
