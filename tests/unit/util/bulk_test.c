/* SPDX-License-Identifier: BSD-2-Clause */
// link: util
/* What was given back is there for the next, is not wasted, is bounded, and goes back in the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/bulk.h"
#include "util/clock.h"

#define MB (1ul << 20)

static int all_back(void **state)
{
	(void)state;
	fb_bulk_trim(UINT64_MAX);
	assert_int_equal(fb_bulk_kept(), 0);
	return 0;
}

static void test_kept(void **state)
{
	uint8_t *first = fb_bulk_alloc(30 * MB), *second;

	(void)state;
	assert_non_null(first);
	memset(first, 7, 30 * MB);
	fb_bulk_free(first);
	assert_in_range(fb_bulk_kept(), 30 * MB, 32 * MB);
	second = fb_bulk_alloc(12 * MB); /* half of it would lie idle */
	assert_ptr_not_equal(second, first);
	fb_bulk_free(second);
	second = fb_bulk_alloc(20 * MB);
	assert_ptr_equal(second, first);
	memset(second, 8, 20 * MB);
	fb_bulk_free(second);
}

static void test_small(void **state)
{
	uint8_t *memory = fb_bulk_alloc(100);

	(void)state;
	memset(memory, 1, 100);
	memory = fb_bulk_grow(memory, 100, 200);
	assert_int_equal(memory[99], 1);
	memory = fb_bulk_grow(memory, 100, 9 * MB);
	assert_int_equal(memory[99], 1);
	fb_bulk_free(memory);
	assert_in_range(fb_bulk_kept(), 9 * MB, 11 * MB);
	fb_bulk_free(NULL);
}

static void test_bounded(void **state)
{
	void *memory[40];

	(void)state;
	for (int i = 0; i < 40; i++)
		memory[i] = fb_bulk_alloc(5 * MB);
	for (int i = 0; i < 40; i++)
		fb_bulk_free(memory[i]);
	assert_in_range(fb_bulk_kept(), FB_BULK_KEPT / 2, FB_BULK_KEPT);
}

static void test_trimmed(void **state)
{
	const uint64_t before = fb_monotonic_ns();

	(void)state;
	fb_bulk_free(fb_bulk_alloc(6 * MB));
	fb_bulk_trim(before + FB_BULK_KEPT_NS / 2);
	assert_true(fb_bulk_kept() > 0);
	fb_bulk_trim(fb_monotonic_ns() + FB_BULK_KEPT_NS);
	assert_int_equal(fb_bulk_kept(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_kept, all_back),
		cmocka_unit_test_teardown(test_small, all_back),
		cmocka_unit_test_teardown(test_bounded, all_back),
		cmocka_unit_test_teardown(test_trimmed, all_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
