/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/*
 * Slots given back to a kernel half that fails now and then: each is free once, none is lost. And a
 * scan goes by what moved.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/rowmap.h"

#define ROWS 4096
#define USED 2048

static struct kernel {
	struct fb_state state;
	uint32_t stack[ROWS], n_stack;
	bool free[ROWS];
	unsigned int calls, fails; /* each call of which this bit is set fails */
} kernel;

int fb_bpf_map_fd(const struct fb_bpf *bpf, enum fb_map map)
{
	(void)bpf;
	(void)map;
	return -1;
}

uint32_t fb_bpf_map_size(const struct fb_bpf *bpf, enum fb_map map)
{
	(void)bpf;
	(void)map;
	return ROWS;
}

int fb_bpf_batch(struct fb_bpf *bpf, enum fb_batch_what what, uint32_t *slots, uint32_t n)
{
	uint32_t done = 0;

	(void)bpf;
	assert_true(n <= FB_BATCH_MAX);
	if (kernel.fails >> kernel.calls++ % 32 & 1)
		return -ENOMEM;
	for (; done < n && what == FB_BATCH_FREE; done++) {
		assert_false(kernel.free[slots[done]]);
		kernel.free[slots[done]] = true;
		kernel.stack[kernel.n_stack++] = slots[done];
	}
	for (; done < n && what == FB_BATCH_TAKE && kernel.n_stack; done++) {
		slots[done] = kernel.stack[--kernel.n_stack];
		kernel.free[slots[done]] = false;
	}
	return (int)done;
}

/* Every other slot that was used is free, the lowest on top; the others are to be given back. */
static uint32_t set_up(uint32_t slots[USED], unsigned int fails)
{
	uint32_t n = 0;

	memset(&kernel, 0, sizeof(kernel));
	kernel.state.next_slot = USED;
	kernel.fails = fails;
	for (uint32_t slot = USED - 1; slot < USED; slot -= 2) {
		kernel.stack[kernel.n_stack++] = slot;
		kernel.free[slot] = true;
		slots[n++] = slot ^ 1;
	}
	return n;
}

static void give_back(unsigned int fails)
{
	struct fb_rowmap rows = {.max = ROWS, .state = &kernel.state};
	uint32_t slots[USED], n = set_up(slots, fails);
	unsigned int tries = 0;

	for (; fb_rowmap_release(&rows, slots, &n) < 0; tries++) {
		assert_true(tries < 3);
		for (uint32_t i = 0; i < n; i++)
			assert_false(kernel.free[slots[i]]);
	}
	assert_int_equal(n + rows.n_taken, 0);
	assert_int_equal(kernel.n_stack, USED);
	/* Of what was put in order, the lowest come first. */
	for (uint32_t slot = 0; slot < 2 * FB_ROWMAP_RESORTED && !fails; slot++)
		assert_int_equal(kernel.stack[USED - 1 - slot], slot);
}

/* Whichever calls fail, once or a few times in turn. */
static void test_nothing_is_lost(void **state)
{
	(void)state;
	give_back(0);
	for (unsigned int call = 0; call < 8; call++)
		for (unsigned int times = 1; times < 4; times++)
			give_back(((1u << times) - 1) << call);
}

/* --- the scan: memory of rows that did not move cannot be read at all ------------------------- */

static void tell(void *ctx, uint32_t slot, const struct fb_row *row)
{
	assert_int_equal(row->generation, slot);
	++*(uint32_t *)ctx;
}

static void may_read(struct fb_row *row, int access)
{
	const uintptr_t page = (uintptr_t)row & ~(uintptr_t)(sysconf(_SC_PAGESIZE) - 1);

	assert_int_equal(mprotect((void *)page, (size_t)sysconf(_SC_PAGESIZE), access), 0);
}

/* Of `max` rows one in `step` moves, and then one in twice as many. */
static void scan_some(uint32_t max, uint32_t step)
{
	const size_t bytes = (size_t)max * sizeof(struct fb_row);
	const size_t words = FB_MOVED_WORDS(max);
	struct fb_rowmap rows = {.max = max, .state = &kernel.state};
	uint32_t told = 0;

	kernel.state.next_slot = max;
	rows.row = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	rows.moved = calloc(words, sizeof(*rows.moved));
	rows.again = calloc(words, sizeof(*rows.again));
	assert_true(rows.row != MAP_FAILED && rows.moved && rows.again);
	for (uint32_t slot = 0; slot < max; slot += step) {
		may_read(&rows.row[slot], PROT_READ | PROT_WRITE);
		rows.row[slot] = (struct fb_row){
			.generation = slot, .state = FB_ROW_LIVE, .last_seen = 1000};
		rows.moved[slot / FB_MOVED_ROWS] |= 1ull << slot % FB_MOVED_ROWS;
	}
	assert_int_equal(fb_rowmap_scan(&rows, 1000, tell, &told), max / step);
	/* The tick of that scan is over: each once more, and no further time. */
	assert_int_equal(fb_rowmap_scan(&rows, 1001, tell, &told), max / step);
	for (uint32_t slot = 0; slot < max; slot += step)
		may_read(&rows.row[slot], slot % (2 * step) ? PROT_NONE : PROT_READ | PROT_WRITE);
	for (uint32_t slot = 0; slot < max; slot += 2 * step)
		rows.moved[slot / FB_MOVED_ROWS] |= 1ull << slot % FB_MOVED_ROWS;
	assert_int_equal(fb_rowmap_scan(&rows, 2000, tell, &told), max / step / 2);
	assert_int_equal(fb_rowmap_scan(&rows, 2000, tell, &told), 0);
	assert_int_equal(told, max / step * 2 + max / step / 2);
	munmap(rows.row, bytes);
	free(rows.moved);
	free(rows.again);
}

/* The kernel half takes slots during a scan, too. */
static void tell_and_make(void *ctx, uint32_t slot, const struct fb_row *row)
{
	struct fb_rowmap *rows = ctx;

	if (slot < 10) {
		kernel.state.next_slot = 100;
		rows->row[slot + 10] = *row;
		rows->moved[0] |= 1ull << (slot + 10);
	}
}

static void test_scan_meets_new_rows(void **state)
{
	static struct fb_row row[128];
	uint64_t moved[2] = {0x7}, again[2] = {0};
	struct fb_rowmap rows = {
		.max = 100, .state = &kernel.state, .row = row, .moved = moved, .again = again};

	(void)state;
	kernel.state.next_slot = 3;
	for (uint32_t slot = 0; slot < 3; slot++)
		row[slot] = (struct fb_row){.state = FB_ROW_LIVE, .last_seen = 1};
	/* A bit of a row that was not in use when the scan began. */
	moved[0] |= 1 << 10;
	row[10] = row[0];
	assert_int_equal(fb_rowmap_scan(&rows, 2, tell_and_make, &rows), 4);
	assert_int_equal(fb_rowmap_scan(&rows, 2, tell_and_make, &rows), 3);
	assert_int_equal(fb_rowmap_scan(&rows, 2, tell_and_make, &rows), 0);
	/* All of them: no slot behind the last one. */
	memset(row, 0xff, sizeof(row));
	fb_rowmap_scan_all(&rows);
	assert_int_equal(fb_rowmap_scan(&rows, 0, tell_and_make, &rows), 100);
}

static void test_scan_reads_what_moved(void **state)
{
	(void)state;
	scan_some(8192, 64);
	scan_some(1 << 20, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_lost),
		cmocka_unit_test(test_scan_reads_what_moved),
		cmocka_unit_test(test_scan_meets_new_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
