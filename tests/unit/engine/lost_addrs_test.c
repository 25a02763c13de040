/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine util
/* Addresses that interfaces lose: told after a while, once, and not when they are back or
 * elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lost_addrs.h"

#define SECOND 1000000000ull
#define WAN1   2
#define WAN2   3
#define OTHER  4 /* not attached */

static struct fb_lost_addrs addrs;
static struct fb_links links;

static void give(uint32_t ifindex, uint8_t last, bool gone, uint64_t at)
{
	const struct fb_netdev_addr addr = {
		.ifindex = ifindex,
		.family = 4,
		.addr = {[10] = 0xff, [11] = 0xff, [12] = 192, [15] = last},
	};

	fb_lost_addrs_addr(&addrs, &addr, gone, at);
}

static void look(uint64_t at)
{
	fb_lost_addrs_links(&addrs, &links, at);
}

static void run(unsigned int slot, bool running, uint64_t at)
{
	links.slots[slot].running = running;
	look(at);
}

/* "wan1 lost its carrier 7", or "" */
static const char *told(uint64_t at)
{
	static char text[64];
	struct fb_lost_addr lost;
	size_t len;

	if (!fb_lost_addrs_next(&addrs, at, &lost))
		return "";
	fb_lost_addr_say(&lost, text, sizeof(text));
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, " %u", lost.addr[15]);
	return text;
}

static int set_up(void **state)
{
	(void)state;
	memset(&addrs, 0, sizeof(addrs));
	memset(&links, 0, sizeof(links));
	for (links.n = 0; links.n < 2; links.n++) {
		struct fb_link_slot *slot = &links.slots[links.n];

		snprintf(slot->name, sizeof(slot->name), "wan%u", links.n + 1);
		slot->attach.ifindex = WAN1 + links.n;
		slot->running = true;
	}
	give(WAN1, 1, false, 0);
	give(WAN1, 7, false, 0);
	give(WAN2, 2, false, 0);
	give(OTHER, 9, false, 0);
	look(0);
	return 0;
}

static void an_address_that_goes(void **state)
{
	(void)state;
	give(WAN1, 1, true, 10 * SECOND);
	assert_string_equal(told(11 * SECOND), "");
	assert_string_equal(told(12 * SECOND), "wan1 lost the address 1");
	assert_string_equal(told(99 * SECOND), "");

	/* flushed and added again, as DHCP clients do */
	give(WAN1, 7, true, 20 * SECOND);
	give(WAN1, 7, false, 21 * SECOND);
	assert_string_equal(told(30 * SECOND), "");
	/* and one of an interface that is not ours */
	give(OTHER, 9, true, 20 * SECOND);
	assert_string_equal(told(30 * SECOND), "");
}

static void an_address_that_is_elsewhere(void **state)
{
	(void)state;
	give(WAN1, 1, true, 10 * SECOND);
	give(OTHER, 1, false, 11 * SECOND);
	assert_string_equal(told(30 * SECOND), "");
	/* on another one of ours: until that one loses it, too */
	give(WAN1, 2, false, 30 * SECOND);
	run(0, false, 31 * SECOND);
	assert_string_equal(told(40 * SECOND), "wan1 lost its carrier 7");
	assert_string_equal(told(40 * SECOND), "");
	give(WAN2, 2, true, 41 * SECOND);
	assert_string_equal(told(50 * SECOND), "wan2 lost the address 2");
}

static void a_carrier_that_goes(void **state)
{
	(void)state;
	run(1, false, 10 * SECOND);
	run(1, true, 11 * SECOND);
	assert_string_equal(told(20 * SECOND), "");
	run(1, false, 20 * SECOND);
	/* taken off because of that: told once, not later, of the same address */
	give(WAN2, 2, true, 21 * SECOND);
	assert_string_equal(told(22 * SECOND), "wan2 lost the address 2");
	assert_string_equal(told(99 * SECOND), "");
	/* one given without a carrier, too; each loss is told again */
	give(WAN2, 2, false, 100 * SECOND);
	assert_string_equal(told(102 * SECOND), "wan2 lost its carrier 2");
	assert_string_equal(told(109 * SECOND), "");
	run(1, true, 110 * SECOND);
	run(1, false, 111 * SECOND);
	assert_string_equal(told(113 * SECOND), "wan2 lost its carrier 2");
	give(WAN2, 2, true, 114 * SECOND);
	assert_string_equal(told(120 * SECOND), "");
}

static void an_interface_that_goes(void **state)
{
	(void)state;
	links.slots[1].state = FB_LINK_GONE; /* before its address is told to be gone */
	look(10 * SECOND);
	give(WAN2, 2, true, 11 * SECOND);
	assert_string_equal(told(12 * SECOND), "wan2 is gone 2");
	assert_string_equal(told(99 * SECOND), "");
	assert_int_equal(addrs.n_links, 1);
	/* without a word about its addresses */
	links.n = 0;
	look(100 * SECOND);
	assert_string_equal(told(102 * SECOND), "wan1 is gone 7");
	assert_string_equal(told(102 * SECOND), "wan1 is gone 1");
	assert_int_equal(addrs.n, 1);
}

static void what_was_lost_before_is_no_loss(void **state)
{
	(void)state;
	memset(&addrs, 0, sizeof(addrs));
	links.slots[0].running = false;
	give(WAN1, 1, false, 0);
	look(0);
	assert_string_equal(told(99 * SECOND), "");
}

static void too_many_are_not_watched(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < FB_LOST_ADDRS_MAX + 10; i++)
		give(1000 + i, 1, false, 0);
	assert_int_equal(addrs.n, FB_LOST_ADDRS_MAX);
	give(WAN1, 1, true, 10 * SECOND);
	assert_string_equal(told(12 * SECOND), "");
	give(WAN1, 7, true, 10 * SECOND);
	assert_string_equal(told(12 * SECOND), "wan1 lost the address 7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_address_that_goes, set_up),
		cmocka_unit_test_setup(an_address_that_is_elsewhere, set_up),
		cmocka_unit_test_setup(a_carrier_that_goes, set_up),
		cmocka_unit_test_setup(an_interface_that_goes, set_up),
		cmocka_unit_test_setup(what_was_lost_before_is_no_loss, set_up),
		cmocka_unit_test_setup(too_many_are_not_watched, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
