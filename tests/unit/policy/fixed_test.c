/* SPDX-License-Identifier: BSD-2-Clause */
/* Logarithms and powers of integers beside those of the C library. */
// link: policy
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/fixed.h"

static void is_near(double got, double wanted, double off)
{
	if (fabs(got - wanted) > off)
		fail_msg("%f for %f", got, wanted);
}

static void agrees_with_the_library(void **state)
{
	uint64_t value = 1;

	(void)state;
	for (unsigned int i = 0; i < 400; i++) {
		is_near(fb_fixed_log2(value), log2((double)value) * FB_FIXED_ONE, 1.5);
		is_near((double)fb_fixed_root(value >> 2), floor(sqrt((double)(value >> 2))), 1);
		value += value / 9 + 1;
	}
	for (int64_t x = 0; x < 40 * FB_FIXED_ONE; x += 997)
		is_near(fb_fixed_exp2(-x), exp2(-(double)x / FB_FIXED_ONE) * FB_FIXED_ONE, 0.6);
	assert_int_equal(fb_fixed_exp2(0), FB_FIXED_ONE);
	assert_int_equal(fb_fixed_exp2(-FB_FIXED_ONE), FB_FIXED_ONE / 2);
	assert_int_equal(fb_fixed_log2(1), 0);
	assert_int_equal(fb_fixed_log2(UINT64_MAX) >> 16, 63);
	assert_int_equal(fb_fixed_root(UINT64_MAX), UINT32_MAX);
	assert_int_equal(fb_fixed_root(0), 0);
}

/* Told by a table, to the last bit, also where the next number is near. */
static void cuts_what_it_would_have_told(void **state)
{
	uint64_t luck = 88172645463325252ull;

	(void)state;
	for (unsigned int i = 0; i < 400000; i++) {
		const uint64_t root = (uint64_t)(exp2(i % 4096 / 4096.0) * 2147483648.0);
		const uint64_t value = i % 2 ? (luck >> i % 64) | 1 : root + luck % 5 - 2;
		const unsigned int bits = 1 + i % 13;

		assert_int_equal(fb_fixed_log2_cut(value, bits),
				 fb_fixed_log2(value) >> (16 - bits));
		luck = luck * 6364136223846793005ull + 1442695040888963407ull;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_library),
		cmocka_unit_test(cuts_what_it_would_have_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
