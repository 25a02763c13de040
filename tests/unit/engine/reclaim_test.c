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
	bool unlinked[ROWS], cleared[ROWS];
	uint32_t released[ROWS], n_released;
	uint32_t names_deleted;
	int release_result;
} kernel;

int fb_rowmap_unlink(struct fb_rowmap *rows, uint32_t slot, uint32_t generation)
{
	(void)rows;
	if (generation != 3)
		return -ESTALE; /* the kernel half gave it to another flow */
	assert_false(kernel.unlinked[slot]);
	kernel.unlinked[slot] = true;
	return 1;
}

void fb_rowmap_clear(struct fb_rowmap *rows, uint32_t slot)
{
	assert_true(kernel.unlinked[slot]);
	kernel.cleared[slot] = true;
	memset(&rows->row[slot], 0, sizeof(rows->row[slot]));
}

int fb_rowmap_release(struct fb_rowmap *rows, uint32_t *slots, uint32_t n)
{
	(void)rows;
	for (uint32_t i = 0; i < n; i++) {
		assert_true(kernel.cleared[slots[i]]);
		kernel.released[kernel.n_released++] = slots[i];
	}
	return kernel.release_result ? kernel.release_result : (int)n;
}

int fb_rowmap_name_delete(struct fb_rowmap *rows, const struct fb_key *key, uint32_t generation)
{
	(void)rows, (void)key;
	assert_int_equal(generation, 3);
	kernel.names_deleted++;
	return 0;
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
	kernel.row[5].state |= FB_ROW_NAMED;
	fb_reclaim_add(&reclaim, 5, 3);
	assert_true(kernel.unlinked[5]);
	assert_int_equal(fb_reclaim_tick(&reclaim, tell, &told), 0);
	assert_int_equal(told.n, 0);
	kernel.row[5].packets[0] += 2; /* it was in flight */
	fb_reclaim_add(&reclaim, 4, 2);
	fb_reclaim_add(&reclaim, 2, 3); /* one later than that */
	assert_int_equal(fb_reclaim_tick(&reclaim, tell, &told), 0);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.packets, 12);
	assert_int_equal(kernel.names_deleted, 1);
	assert_int_equal(kernel.n_released, 1);
	assert_int_equal(fb_reclaim_tick(&reclaim, tell, &told), 0);
	assert_int_equal(fb_reclaim_tick(&reclaim, tell, &told), 0);
	assert_int_equal(told.n, 2);
	assert_int_equal(told.slot[1], 2);
	assert_int_equal(kernel.names_deleted, 1);
	assert_int_equal(kernel.n_released, 2);
	fb_reclaim_fini(&reclaim);
}

/* All rows at once, and a kernel that does not take them back. */
static void test_all_at_once(void **state)
{
	struct fb_reclaim reclaim;
	struct told told = {.n = 0};

	assert_int_equal(fb_reclaim_init(&reclaim, *state), 0);
	for (uint32_t i = 0; i < ROWS; i++)
		fb_reclaim_add(&reclaim, ROWS - 1 - i, 3);
	fb_reclaim_tick(&reclaim, tell, &told);
	kernel.release_result = -E2BIG;
	assert_int_equal(fb_reclaim_tick(&reclaim, tell, &told), -E2BIG);
	assert_int_equal(told.n, ROWS);
	assert_int_equal(fb_reclaim_tick(&reclaim, tell, &told), 0);
	assert_int_equal(told.n, ROWS);
	fb_reclaim_fini(&reclaim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_tick_of_grace, set_up),
		cmocka_unit_test_setup(test_all_at_once, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
