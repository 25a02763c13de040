/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto
/* Pieces in any order, the limits, and which byte stays where pieces disagree. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/reasm.h"

static const uint8_t text[] = "abcdefghijklmnopqrstuvwxyz";

static int put(struct fb_reasm *reasm, uint64_t offset, size_t len)
{
	return fb_reasm_put(reasm, offset, text + offset % 26, len);
}

static void test_order(void **state)
{
	struct fb_reasm reasm;

	(void)state;
	fb_reasm_init(&reasm, 26);
	assert_int_equal(put(&reasm, 20, 6), 0);
	assert_int_equal(put(&reasm, 10, 5), 0);
	assert_int_equal(fb_reasm_contiguous(&reasm, 0), 0);
	assert_int_equal(fb_reasm_contiguous(&reasm, 12), 3);
	assert_int_equal(put(&reasm, 0, 8), 0);
	assert_int_equal(put(&reasm, 4, 18), 0); /* over all three */
	assert_int_equal(fb_reasm_contiguous(&reasm, 0), 26);
	assert_int_equal(reasm.n_spans, 1);
	assert_memory_equal(reasm.data, text, 26);
	assert_false(reasm.overlap || reasm.truncated);
	fb_reasm_fini(&reasm);
}

static void test_overlap(void **state)
{
	struct fb_reasm reasm;

	(void)state;
	fb_reasm_init(&reasm, 100);
	assert_int_equal(fb_reasm_put(&reasm, 0, (const uint8_t *)"ab\0\0ef", 6), 0);
	assert_int_equal(fb_reasm_put(&reasm, 0, (const uint8_t *)"\0bcd\0f", 6), 0);
	assert_memory_equal(reasm.data, "abcdef", 6);
	assert_false(reasm.overlap);
	assert_int_equal(fb_reasm_put(&reasm, 4, (const uint8_t *)"xyz", 3), 0);
	assert_memory_equal(reasm.data, "abcdefz", 7);
	assert_true(reasm.overlap);
	fb_reasm_fini(&reasm);
}

static void test_limits(void **state)
{
	struct fb_reasm reasm;

	(void)state;
	fb_reasm_init(&reasm, 1000);
	assert_int_equal(put(&reasm, 1000, 1), -ENOSPC);
	assert_int_equal(put(&reasm, UINT64_MAX, 1), -ENOSPC);
	assert_int_equal(put(&reasm, (1ULL << 62) - 1, 10), -ENOSPC);
	assert_null(reasm.data); /* nothing was allocated for it */
	assert_true(reasm.truncated);
	fb_reasm_init(&reasm, 1000);
	assert_int_equal(put(&reasm, 5, 0), 0);
	assert_int_equal(put(&reasm, 998, 10), 0);
	assert_true(reasm.truncated);
	assert_int_equal(fb_reasm_contiguous(&reasm, 998), 2);
	for (uint32_t i = 0; i < FB_REASM_SPANS - 1; i++)
		assert_int_equal(put(&reasm, 2 * i, 1), 0);
	assert_int_equal(reasm.n_spans, FB_REASM_SPANS);
	assert_int_equal(put(&reasm, 500, 1), -ENOSPC); /* one gap too many */
	assert_int_equal(put(&reasm, 1, 1), 0);		/* closes one */
	assert_int_equal(reasm.n_spans, FB_REASM_SPANS - 1);
	assert_int_equal(put(&reasm, 500, 1), 0);
	fb_reasm_fini(&reasm);
}

static void test_shift(void **state)
{
	struct fb_reasm reasm;

	(void)state;
	fb_reasm_init(&reasm, 4000);
	assert_int_equal(fb_reasm_shift(&reasm, 10), 0); /* nothing there */
	assert_int_equal(fb_reasm_shift(&reasm, 5000), -ENOSPC);
	assert_int_equal(fb_reasm_put(&reasm, 0, text + 3, 20), 0);
	assert_int_equal(fb_reasm_put(&reasm, 1990, text, 20), 0);
	assert_int_equal(fb_reasm_shift(&reasm, 1995), -ENOSPC);
	assert_int_equal(fb_reasm_shift(&reasm, 3), 0);
	assert_int_equal(fb_reasm_contiguous(&reasm, 0), 0);
	assert_int_equal(fb_reasm_contiguous(&reasm, 1993), 20);
	assert_int_equal(fb_reasm_put(&reasm, 0, text, 3), 0);
	assert_int_equal(fb_reasm_contiguous(&reasm, 0), 23);
	assert_memory_equal(reasm.data, text, 23);
	fb_reasm_fini(&reasm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_shift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
