/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow format util table
/* Who came to sockets that wait: which socket a flow is of, and who was the last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "query/visitors.h"
#include "unit/fake.h"
#include "unit/rows.h"

#define HERE  0x0a000001u
#define OTHER 0x0a000002u

static void add(struct fake *fake, uint32_t i, uint32_t from, uint32_t to, uint16_t port)
{
	struct fb_flow *flow = fake_flow(fake, i);
	struct fb_traffic *traffic = fake_traffic(fake, i);

	flow->id = i + 1;
	flow->family = FB_IPV4;
	flow->proto = IPPROTO_TCP;
	flow->direction = FB_DIRECTION_IN;
	flow->scope = FB_SCOPE_INTERNAL;
	flow->dst_port = port;
	set_addr(flow->src, from);
	set_addr(flow->dst, to);
	traffic->packets[FB_UP] = traffic->packets[FB_DOWN] = 1;
	traffic->last_seen = 100 + i;
}

static struct fb_listener listener_of(uint8_t family, uint32_t addr, uint16_t port)
{
	struct fb_listener listener = {.family = family, .proto = IPPROTO_TCP, .port = port};

	if (family == FB_IPV4)
		set_addr(listener.addr, addr);
	return listener;
}

/* The socket of the very address before the one of all of them, and both before IPv6's. */
static void test_which(void **state)
{
	const struct fb_listener listener[] = {
		listener_of(FB_IPV6, 0, 80), listener_of(FB_IPV4, 0, 80),
		listener_of(FB_IPV4, HERE, 80), listener_of(FB_IPV6, 0, 81),
		listener_of(FB_IPV4, OTHER, 82)};
	struct fake *fake = fake_new(8);
	struct fb_visits visits[5];

	(void)state;
	add(fake, 0, 1, HERE, 80);
	add(fake, 1, 1, OTHER, 80);
	add(fake, 2, 1, HERE, 81);
	add(fake, 3, 1, HERE, 82);
	add(fake, 4, 1, HERE, 80);
	fake_traffic(fake, 4)->packets[FB_DOWN] = 0; /* nobody answered */
	add(fake, 5, 1, HERE, 80);
	fake_flow(fake, 5)->direction = FB_DIRECTION_FORWARD;
	add(fake, 6, 1, HERE, 80);
	fake_flow(fake, 6)->proto = IPPROTO_UDP;
	assert_int_equal(fb_query_visitors(&fake->snapshot, listener, 5, visits), 0);
	assert_int_equal(visits[0].flows, 0);
	assert_int_equal(visits[1].flows, 1);
	assert_int_equal(visits[2].flows, 1);
	assert_int_equal(visits[3].flows, 1);
	assert_int_equal(visits[4].flows, 0);
	assert_int_equal(visits[2].from, FB_VISITED_INSIDE);
	fake_free(fake);
}

static void test_last_ones(void **state)
{
	static const uint32_t from[] = {1, 2, 3, 1, 4, 5, 6, 7, 3};
	static const uint32_t last[] = {3, 7, 6, 5, 4};
	const struct fb_listener listener = listener_of(FB_IPV4, 0, 80);
	struct fake *fake = fake_new(10);
	struct fb_visits visits;
	uint8_t addr[16];

	(void)state;
	for (uint32_t i = 0; i < 9; i++)
		add(fake, i, from[i], HERE, 80);
	add(fake, 9, 9, HERE, 80);
	fake_traffic(fake, 9)->last_seen = 1; /* long ago */
	fake_flow(fake, 2)->scope = FB_SCOPE_EXTERNAL_INTERNAL;
	assert_int_equal(fb_query_visitors(&fake->snapshot, &listener, 1, &visits), 0);
	assert_int_equal(visits.flows, 10);
	assert_int_equal(visits.from, FB_VISITED_OUTSIDE);
	assert_int_equal(visits.last_seen, 108);
	assert_int_equal(visits.n, FB_VISITORS);
	for (unsigned int i = 0; i < FB_VISITORS; i++) {
		set_addr(addr, last[i]);
		assert_memory_equal(visits.visitor[i].addr, addr, 16);
	}
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_last_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
