/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util enrich proto
/* Which end is the client, where no SYN was seen: what tells it, and what knows better later. */
#include "enrich/service.h"
#include "unit/world.h"

static const struct fb_table_ops ops = {.is_service = fb_service_has_server};

/* A row whose first packet came from CLIENT's port to SERVER's. */
static struct fb_flow_at heard(struct world *world, uint8_t proto, uint16_t from, uint16_t to)
{
	struct fb_row row = make_row(LAN, proto, CLIENT, from, SERVER, to, world->ns);

	row.opener_by = FB_OPENER_FIRST;
	count(&row, FB_UP, 1, 60, proto == IPPROTO_TCP ? ACK : 0);
	fb_table_row(world->table, 0, &row, world->ns);
	tick(world, 1);
	return only(world->now);
}

static void test_hints(void **state)
{
	static const struct {
		uint8_t proto;
		uint16_t from, to;
		uint32_t client;
		uint8_t by;
	} cases[] = {
		{IPPROTO_TCP, 8080, 50000, SERVER, FB_CLIENT_SERVICE},
		{IPPROTO_TCP, 817, 2049, CLIENT, FB_CLIENT_SERVICE},
		{IPPROTO_TCP, 3306, 443, CLIENT, FB_CLIENT_PORT}, /* both are servers' ports */
		{IPPROTO_TCP, 12345, 40000, SERVER, FB_CLIENT_EPHEMERAL},
		{IPPROTO_TCP, 12345, 12346, SERVER, FB_CLIENT_PORT},
		{IPPROTO_TCP, 50001, 50000, CLIENT, FB_CLIENT_PORT},
		{IPPROTO_UDP, 51820, 45000, SERVER, FB_CLIENT_SERVICE},
		{IPPROTO_UDP, 68, 67, CLIENT, FB_CLIENT_SERVICE},
		{IPPROTO_UDP, 546, 547, CLIENT, FB_CLIENT_SERVICE},
		{IPPROTO_UDP, 7000, 7000, CLIENT, FB_CLIENT_FIRST},
		{47, 0, 0, CLIENT, FB_CLIENT_FIRST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world world = new_world(NULL, &ops, NULL);
		struct fb_flow_at at = heard(&world, cases[i].proto, cases[i].from, cases[i].to);

		assert_addr(at.flow->src, cases[i].client);
		assert_int_equal(at.flow->client_by, cases[i].by);
		assert_int_equal(at.traffic->packets[cases[i].client == CLIENT ? FB_UP : FB_DOWN],
				 1);
		end_world(&world);
	}
}

/* A socket of ours listens there: on that address, on all; but not for an address of another. */
static void test_listeners(void **state)
{
	static const struct {
		uint32_t addr;
		bool own;
		uint8_t by;
	} cases[] = {
		{SERVER, false, FB_CLIENT_LISTENER},
		{0, true, FB_CLIENT_LISTENER},
		{0, false, FB_CLIENT_SERVICE},
		{GATE, true, FB_CLIENT_SERVICE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world world = new_world(NULL, &ops, NULL);
		struct fb_listener_fact fact = {
			.family = FB_IPV4, .proto = IPPROTO_TCP, .port = 40000};
		uint8_t own[16];
		struct fb_flow_at at;

		set_addr(fact.addr, cases[i].addr);
		set_addr(own, SERVER);
		if (cases[i].own)
			fb_table_own_addr(world.table, own, FB_IPV4, false);
		assert_int_equal(fb_table_listener(world.table, &fact), 0);
		at = heard(&world, IPPROTO_TCP, 443, 40000);
		assert_int_equal(at.flow->client_by, cases[i].by);
		assert_addr(at.flow->src, cases[i].by == FB_CLIENT_LISTENER ? CLIENT : SERVER);
		end_world(&world);
	}
}

/* Conntrack turns what ports told; nothing turns what a listener told, but NAT. */
static void test_better_facts(void **state)
{
	struct world world = new_world(NULL, &ops, NULL);
	struct fb_conntrack_fact fact = snat_fact();
	struct fb_flow_at at = heard(&world, IPPROTO_TCP, 443, 40000);

	(void)state;
	assert_addr(at.flow->src, SERVER);
	set_tuple(&fact.orig, IPPROTO_TCP, CLIENT, 443, SERVER, 40000);
	set_tuple(&fact.reply, IPPROTO_TCP, SERVER, 40000, CLIENT, 443);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	at = only(world.now);
	assert_addr(at.flow->src, CLIENT);
	assert_int_equal(at.flow->client_by, FB_CLIENT_CONNTRACK);
	assert_int_equal(at.traffic->packets[FB_UP], 1);
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_better_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
