/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine
/* Rows on their way back: a tick between leaving the index and the last word, and each once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/reclaim.h"

#define ROWS 8

static struct kernel {
	struct fb_row row[ROWS];
	bool leaves[ROWS], unlinked[ROWS];
	uint32_t released[ROWS], n_released;
	int unlink_result, release_result;
	uint32_t releases_few; /* where it fails: so many all the same */
} kernel;

int fb_rowmap_leave(struct fb_rowmap *rows, uint32_t slot, uint32_t generation)
{
	(void)rows;
	if (generation != 3)
		return -ESTALE; /* the kernel half gave it to another flow */
	assert_false(kernel.leaves[slot]);
	kernel.leaves[slot] = true;
	return 0;
}

int fb_rowmap_unlink(struct fb_rowmap *rows, uint32_t *slots, uint32_t n)
{
	(void)rows;
	for (uint32_t i = 0; i < n && !kernel.unlink_result; i++) {
		assert_true(kernel.leaves[slots[i]] && !kernel.unlinked[slots[i]]);
		kernel.unlinked[slots[i]] = true;
	}
	return kernel.unlink_result;
}

int fb_rowmap_release(struct fb_rowmap *rows, uint32_t *slots, uint32_t *n)
{
	const uint32_t may = kernel.release_result ? kernel.releases_few : *n;
	uint32_t i;

	for (i = 0; i < *n && i < may; i++) {
		assert_true(kernel.unlinked[slots[i]]);
		memset(&rows->row[slots[i]], 0, sizeof(rows->row[slots[i]]));
		kernel.leaves[slots[i]] = kernel.unlinked[slots[i]] = false;
		kernel.released[kernel.n_released++] = slots[i];
	}
	*n -= i;
	memmove(slots, slots + i, *n * sizeof(*slots));
	return kernel.release_result;
}

struct told {
	uint32_t slot[ROWS], n;
	uint64_t packets;
};

static void tell(void *ctx, uint32_t slot, const struct fb_row *row)
{
	struct told *told = ctx;

	told->slot[told->n++] = slot;
	told->packets += row->packets[0];
}

/* The tick, and all that it leaves to be done. */
static int reclaim_tick(struct fb_reclaim *reclaim, struct told *told)
{
	int r;

	fb_reclaim_tick(reclaim, tell, told);
	while ((r = fb_reclaim_work(reclaim)) > 0)
		;
	return r;
}

static int set_up(void **state)
{
	static struct fb_rowmap rows = {.row = kernel.row, .max = ROWS};

	memset(&kernel, 0, sizeof(kernel));
	for (uint32_t i = 0; i < ROWS; i++)
		kernel.row[i] = (struct fb_row){.state = FB_ROW_LIVE, .generation = 3};
	*state = &rows;
	return 0;
}

static void test_a_tick_of_grace(void **state)
{
	struct fb_reclaim reclaim;
	struct told told = {.n = 0};

	assert_int_equal(fb_reclaim_init(&reclaim, *state), 0);
	kernel.row[5].packets[0] = 10;
	fb_reclaim_add(&reclaim, 5, 3);
	assert_int_equal(fb_reclaim_work(&reclaim), 0);
	assert_true(kernel.unlinked[5]);
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	assert_int_equal(told.n, 0);
	kernel.row[5].packets[0] += 2; /* it was in flight */
	fb_reclaim_add(&reclaim, 4, 2);
	fb_reclaim_add(&reclaim, 2, 3); /* one later than that */
	assert_int_equal(fb_reclaim_work(&reclaim), 0);
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.packets, 12);
	assert_int_equal(kernel.n_released, 1);
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	assert_int_equal(told.n, 2);
	assert_int_equal(told.slot[1], 2);
	assert_int_equal(kernel.n_released, 2);
	fb_reclaim_fini(&reclaim);
}

/* All rows at once, and a kernel that has no memory for it: each step is tried again. */
static void test_all_at_once(void **state)
{
	struct fb_reclaim reclaim;
	struct told told = {.n = 0};

	assert_int_equal(fb_reclaim_init(&reclaim, *state), 0);
	for (uint32_t i = 0; i < ROWS; i++)
		fb_reclaim_add(&reclaim, ROWS - 1 - i, 3);
	kernel.unlink_result = -ENOMEM;
	assert_int_equal(fb_reclaim_work(&reclaim), -ENOMEM);
	for (int i = 0; i < 3; i++) /* what is in the index has its grace before it */
		assert_int_equal(reclaim_tick(&reclaim, &told), -ENOMEM);
	assert_int_equal(told.n, 0);
	kernel.unlink_result = 0;
	for (int i = 0; i < 2; i++)
		assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	kernel.release_result = -ENOMEM;
	assert_int_equal(reclaim_tick(&reclaim, &told), -ENOMEM);
	assert_int_equal(reclaim_tick(&reclaim, &told), -ENOMEM);
	assert_int_equal(told.n, ROWS);
	kernel.release_result = 0;
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	assert_int_equal(told.n, ROWS);
	assert_int_equal(kernel.n_released, ROWS);
	fb_reclaim_fini(&reclaim);
}

/* A slot that went back may have a new row, which leaves in its turn: it has its own tick. */
static void test_some_go_back(void **state)
{
	struct fb_reclaim reclaim;
	struct told told = {.n = 0};

	assert_int_equal(fb_reclaim_init(&reclaim, *state), 0);
	for (uint32_t i = 0; i < 4; i++)
		fb_reclaim_add(&reclaim, i, 3);
	assert_int_equal(fb_reclaim_work(&reclaim), 0);
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	kernel.release_result = -ENOMEM;
	kernel.releases_few = 3;
	assert_int_equal(reclaim_tick(&reclaim, &told), -ENOMEM);
	assert_int_equal(told.n, 4);
	assert_int_equal(kernel.n_released, 3);
	kernel.row[1] = (struct fb_row){.state = FB_ROW_LIVE, .generation = 3, .packets = {7}};
	fb_reclaim_add(&reclaim, 1, 3);
	assert_int_equal(fb_reclaim_work(&reclaim), 0); /* not before the next tick */
	assert_false(kernel.unlinked[1]);
	kernel.release_result = 0;
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	assert_int_equal(kernel.n_released, 4);
	assert_int_equal(told.n, 4);
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	assert_int_equal(told.n, 4);
	assert_int_equal(reclaim_tick(&reclaim, &told), 0);
	assert_int_equal(told.n, 5);
	assert_int_equal(told.packets, 7);
	assert_int_equal(kernel.n_released, 5);
	fb_reclaim_fini(&reclaim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_tick_of_grace, set_up),
		cmocka_unit_test_setup(test_all_at_once, set_up),
		cmocka_unit_test_setup(test_some_go_back, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
