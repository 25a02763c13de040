/* SPDX-License-Identifier: BSD-2-Clause */
// link: util
/* Items stand apart, at lines, and what a peak needed goes back once it is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/slabs.h"

#define ITEMS 4000

static struct item {
	uint8_t *at;
	size_t size;
	uint8_t mark;
} items[ITEMS];

static void take(struct fb_slabs *slabs, struct item *item, size_t size)
{
	static uint8_t mark;

	*item = (struct item){fb_slabs_get(slabs, size), size, ++mark};
	assert_non_null(item->at);
	assert_int_equal((uintptr_t)item->at % FB_SLAB_LINE, 0);
	memset(item->at, item->mark, size);
}

static void give(struct fb_slabs *slabs, struct item *item)
{
	for (size_t i = 0; i < item->size; i += i < 8 || i + 8 >= item->size ? 1 : 7)
		assert_int_equal(item->at[i], item->mark);
	fb_slabs_put(slabs, item->at);
	item->at = NULL;
}

/* Of any size, in any order: nobody writes what is another's. */
static void test_apart(void **state)
{
	static const size_t most[] = {64, 600, 2000, 20000, FB_SLABS_MOST};
	struct fb_slabs slabs;

	(void)state;
	fb_slabs_init(&slabs);
	srand(7);
	for (unsigned int i = 0; i < 20 * ITEMS; i++) {
		struct item *item = &items[rand() % (i % 20 ? ITEMS : 10)];

		if (item->at)
			give(&slabs, item);
		else
			take(&slabs, item, 1 + (size_t)rand() % most[i % 97 ? i % 3 : i % 5]);
		if (i % 1000 == 0)
			fb_slabs_tick(&slabs);
	}
	for (unsigned int i = 0; i < ITEMS; i++)
		if (items[i].at)
			give(&slabs, &items[i]);
	fb_slabs_put(&slabs, NULL);
	assert_int_equal(slabs.n, slabs.n_spare + slabs.n_given);
	fb_slabs_fini(&slabs);
}

/* All sizes: of a slab less than an item is left over. */
static void test_fit(void **state)
{
	struct fb_slabs slabs;

	(void)state;
	fb_slabs_init(&slabs);
	for (size_t size = 1; size <= FB_SLABS_MOST / 2; size += size < 5000 ? 1 : 509) {
		const size_t lines = (size + FB_SLAB_LINE - 1) / FB_SLAB_LINE * FB_SLAB_LINE;
		void *item = fb_slabs_get(&slabs, size);
		const struct fb_slabs_size *of = slabs.size;

		assert_non_null(item);
		while (!of->first)
			of++;
		assert_true(of->bytes >= size);
		assert_int_equal(of->per_slab, FB_SLABS_MOST / lines);
		fb_slabs_put(&slabs, item);
	}
	fb_slabs_fini(&slabs);
}

static size_t resident(const void *memory, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char in[FB_SLAB / 4096];
	size_t n = 0;

	assert_int_equal(mincore((void *)((uintptr_t)memory / FB_SLAB * FB_SLAB), size, in), 0);
	for (size_t i = 0; i < size / page; i++)
		n += in[i] & 1;
	return n;
}

/* A peak, then a tenth of it: the rest goes back, what goes on being needed stays. */
static void test_peak(void **state)
{
	struct fb_slabs slabs;
	uint8_t *last;
	size_t peak;

	(void)state;
	fb_slabs_init(&slabs);
	for (unsigned int i = 0; i < ITEMS; i++)
		take(&slabs, &items[i], 1088);
	peak = fb_slabs_memory(&slabs);
	assert_true(peak < ITEMS * 1100ul + FB_SLAB);
	last = items[ITEMS - 1].at;
	for (unsigned int i = ITEMS / 10; i < ITEMS; i++)
		give(&slabs, &items[i]);
	assert_int_equal(fb_slabs_memory(&slabs), peak);
	for (unsigned int tick = 0; tick < 40; tick++) {
		for (unsigned int i = ITEMS / 10; i < ITEMS / 5; i++)
			take(&slabs, &items[i], 1088);
		for (unsigned int i = ITEMS / 10; i < ITEMS / 5; i++)
			give(&slabs, &items[i]);
		fb_slabs_tick(&slabs);
	}
	assert_true(fb_slabs_memory(&slabs) < peak / 4);
	assert_int_equal(resident(last, FB_SLAB), 0);
	for (unsigned int i = ITEMS / 10; i < ITEMS; i++)
		take(&slabs, &items[i], 1088);
	assert_int_equal(fb_slabs_memory(&slabs), peak);
	for (unsigned int i = 0; i < ITEMS; i++)
		give(&slabs, &items[i]);
	fb_slabs_fini(&slabs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_peak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
