/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/* Slots given back to a kernel half that fails now and then: each is free once, none is lost. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
