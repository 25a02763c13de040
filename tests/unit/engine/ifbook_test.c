/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine util
/* All interfaces by the second: rates, what came and went, bounds, and a kernel that fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ifbook.h"
#include "kernel/qdisc.h"

#define SECOND 1000000000ULL

/* A machine with some interfaces: numbers 1 to n. */
static struct {
	unsigned int n, addrs;
	bool running;
	uint64_t bytes;
	unsigned int interrupted; /* answers that are */
	int refuse;		  /* what the kernel says, 0 or -errno */
	unsigned int asked;	  /* drivers */
} machine;

int fb_netdev_dump(const struct fb_netdev_ops *ops, void *ctx)
{
	for (uint32_t i = 1; i <= machine.n; i++) {
		struct fb_netdev_link link = {.ifindex = i, .up = true, .running = machine.running};

		link.stats.rx_bytes = machine.bytes * i;
		snprintf(link.name, sizeof(link.name), "if%u", i);
		ops->link(ctx, &link);
	}
	for (unsigned int i = 0; i < machine.addrs; i++)
		ops->addr(ctx, &(struct fb_netdev_addr){.ifindex = 1, .prefix = 24});
	ops->addr(ctx, &(struct fb_netdev_addr){.ifindex = 5000});
	if (machine.interrupted) {
		machine.interrupted--;
		return -EINTR;
	}
	return machine.refuse;
}

void fb_netdev_hardware(const struct fb_netdev *netdev, const char *name,
			struct fb_netdev_hardware *ret_hardware)
{
	(void)netdev;
	(void)name;
	machine.asked++;
	*ret_hardware = (struct fb_netdev_hardware){.speed = 1000};
}

int fb_qdisc_roots(void (*fn)(void *ctx, const struct fb_qdisc *qdisc), void *ctx)
{
	fn(ctx, &(struct fb_qdisc){.ifindex = 2, .drops = 7});
	fn(ctx, &(struct fb_qdisc){.ifindex = 5000, .drops = 9});
	return 0;
}

static struct fb_ifbook book;

static int begin(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.n = 3;
	fb_ifbook_open(&book, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fb_ifbook_close(&book);
	return 0;
}

static struct fb_ifbook_list list(void)
{
	struct fb_ifbook_list list;

	assert_int_equal(fb_ifbook_list(&book, &list), 0);
	return list;
}

static void test_rates(void **state)
{
	struct fb_ifbook_list got;

	(void)state;
	assert_int_equal(fb_ifbook_tick(&book, SECOND, 1), 0);
	got = list();
	assert_int_equal(got.n, 3);
	assert_false(got.entry[0].rates.known);
	assert_int_equal(got.entry[0].n_recent, 0);
	free(got.entry);
	machine.bytes = 1000;
	assert_int_equal(fb_ifbook_tick(&book, 3 * SECOND, 3), 0);
	got = list();
	assert_int_equal(got.read_ms, 3);
	assert_true(got.entry[1].rates.known);
	assert_float_equal(got.entry[1].rates.bytes[FB_IFBOOK_RX], 1000, 0.001);
	assert_float_equal(got.entry[1].recent[FB_IFBOOK_RX][0], 1000, 0.001);
	assert_true(got.entry[1].queue_known && !got.entry[0].queue_known);
	assert_int_equal(got.entry[1].queue_dropped, 7);
	free(got.entry);
	machine.bytes = 10; /* another one of this number */
	assert_int_equal(fb_ifbook_tick(&book, 4 * SECOND, 4), 0);
	got = list();
	assert_false(got.entry[1].rates.known);
	assert_int_equal(got.entry[1].n_recent, 0);
	free(got.entry);
}

static void test_recent_is_a_minute(void **state)
{
	struct fb_ifbook_list got;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		machine.bytes += i;
		assert_int_equal(fb_ifbook_tick(&book, (i + 1) * SECOND, i), 0);
	}
	got = list();
	assert_int_equal(got.entry[0].n_recent, FB_IFBOOK_RECENT);
	assert_float_equal(got.entry[0].recent[FB_IFBOOK_RX][0], 40, 0.001);
	assert_float_equal(got.entry[0].recent[FB_IFBOOK_RX][FB_IFBOOK_RECENT - 1], 99, 0.001);
	free(got.entry);
}

static void test_bounds(void **state)
{
	struct fb_ifbook_list got;

	(void)state;
	machine.n = FB_IFBOOK_MOST + 5;
	machine.addrs = FB_IFBOOK_ADDRS + 2;
	assert_int_equal(fb_ifbook_tick(&book, SECOND, 1), 0);
	got = list();
	assert_int_equal(got.n, FB_IFBOOK_MOST);
	assert_int_equal(got.left_out, 5);
	assert_int_equal(got.entry[0].n_addrs, FB_IFBOOK_ADDRS);
	assert_int_equal(got.entry[0].more_addrs, 2);
	free(got.entry);
	machine.n = 1;
	assert_int_equal(fb_ifbook_tick(&book, 2 * SECOND, 2), 0);
	got = list();
	assert_int_equal(got.n, 1);
	assert_int_equal(got.left_out, 0);
	free(got.entry);
}

/* Interrupted it is asked again, and nothing stands there twice; refused, the last one stays. */
static void test_failures(void **state)
{
	struct fb_ifbook_list got;

	(void)state;
	machine.interrupted = 2;
	machine.addrs = 1;
	assert_int_equal(fb_ifbook_tick(&book, SECOND, 1), 0);
	got = list();
	assert_int_equal(got.n, 3);
	assert_int_equal(got.entry[0].n_addrs, 1);
	free(got.entry);
	machine.refuse = -ETIMEDOUT;
	machine.n = 1;
	machine.bytes = 4000;
	assert_int_equal(fb_ifbook_tick(&book, 2 * SECOND, 2), -ETIMEDOUT);
	got = list();
	assert_int_equal(got.n, 3);
	assert_int_equal(got.read_ms, 1);
	free(got.entry);
	machine.refuse = 0;
	assert_int_equal(fb_ifbook_tick(&book, 5 * SECOND, 5), 0);
	got = list();
	assert_int_equal(got.n, 1);
	assert_float_equal(got.entry[0].rates.bytes[FB_IFBOOK_RX], 1000, 0.001);
	free(got.entry);
}

/* All at first, then one a tick, and what changed. */
static void test_drivers_are_asked_rarely(void **state)
{
	(void)state;
	fb_ifbook_tick(&book, SECOND, 1);
	assert_int_equal(machine.asked, 3);
	for (unsigned int i = 2; i < 5; i++)
		fb_ifbook_tick(&book, i * SECOND, i);
	assert_int_equal(machine.asked, 6);
	machine.running = true;
	fb_ifbook_tick(&book, 5 * SECOND, 5);
	assert_int_equal(machine.asked, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rates, begin, end),
		cmocka_unit_test_setup_teardown(test_recent_is_a_minute, begin, end),
		cmocka_unit_test_setup_teardown(test_bounds, begin, end),
		cmocka_unit_test_setup_teardown(test_failures, begin, end),
		cmocka_unit_test_setup_teardown(test_drivers_are_asked_rarely, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
