/* SPDX-License-Identifier: BSD-2-Clause */
// link: util
/* Selection and sorting of a part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/select.h"

static int compare_numbers(const void *a, const void *b, void *calls)
{
	const int x = *(const int *)a, y = *(const int *)b;

	++*(unsigned int *)calls;
	return (x > y) - (x < y);
}

/* The first k in order, for every k, whatever the order was, with doubles among them. */
static void test_select(void **state)
{
	enum { N = 61 };
	int numbers[N];

	(void)state;
	for (unsigned int kind = 0; kind < 4; kind++)
		for (unsigned int n = 0; n <= N; n++)
			for (unsigned int k = 0; k <= n; k++) {
				unsigned int calls = 0;

				for (unsigned int i = 0; i < n; i++)
					numbers[i] = (int)(kind == 0   ? i
							   : kind == 1 ? n - i
							   : kind == 2 ? i * 37 % 11
								       : 5);
				fb_select(numbers, n, sizeof(*numbers), k, compare_numbers, &calls);
				fb_sort(numbers, k, sizeof(*numbers), compare_numbers, &calls);
				for (unsigned int i = 0; i < k; i++)
					assert_true(i == 0 || numbers[i - 1] <= numbers[i]);
				for (unsigned int i = k; k && i < n; i++)
					assert_true(numbers[k - 1] <= numbers[i]);
			}
}

/* Items that stand nowhere: the C library must not be asked (the sanitizer looks). */
static void test_nothing(void **state)
{
	unsigned int calls = 0;

	(void)state;
	fb_sort(NULL, 0, sizeof(int), compare_numbers, &calls);
	fb_select(NULL, 0, sizeof(int), 0, compare_numbers, &calls);
	assert_int_equal(calls, 0);
}

/* Half of many, in orders that are hard for pivots of a fixed place: some comparisons an item. */
static void test_cost(void **state)
{
	enum { N = 100000 };
	static int numbers[N];

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		unsigned int calls = 0;

		for (int i = 0; i < N; i++)
			numbers[i] = kind == 0	 ? i
				     : kind == 1 ? N - i
				     : kind == 2 ? (i < N / 2 ? i : N - i)
						 : 7;
		fb_select(numbers, N, sizeof(*numbers), N / 2, compare_numbers, &calls);
		assert_in_range(calls, N, 20 * N);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
