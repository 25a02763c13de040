/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* What a flow counted over several interfaces, VLANs and both hooks. */
#include "unit/world.h"

#define LINKS	3
#define VLAN(n) (FB_LINK_MAX + (n)) /* lane numbers of two VLANs on LAN */

static struct fb_side sides[64];
static struct fb_lane lanes[FB_LANE_MAX] = {
	[VLAN(0)] = {.link = LAN, .vlan = {10}},
	[VLAN(1)] = {.link = LAN, .vlan = {20, 7}},
};

static struct world two_halves(void)
{
	const struct fb_table_opts opts = {.max_rows = 64, .sides = sides, .lanes = lanes};

	memset(sides, 0, sizeof(sides));
	return new_world(&opts, NULL, NULL);
}

static struct fb_row datagrams(uint16_t lane, uint64_t at)
{
	return make_row(lane, IPPROTO_UDP, CLIENT, 40000, SERVER, 443, at);
}

/* As `count`, but on this hook. */
static void see(struct fb_row *row, int dir, int hook, uint64_t packets)
{
	count(row, dir, packets, packets * 100, 0);
	row->sight[dir ^ row->opener] = (uint8_t)(1 + hook);
}

static void assert_counts(const struct fb_flow_at *at, uint64_t up, uint64_t down)
{
	assert_int_equal(at->traffic->packets[FB_UP], up);
	assert_int_equal(at->traffic->bytes[FB_UP], up * 100);
	assert_int_equal(at->traffic->packets[FB_DOWN], down);
	assert_int_equal(at->traffic->bytes[FB_DOWN], down * 100);
}

/* One packet of the server's came in where it never comes: the rest leaves, and counts. */
static void test_forged(void **state)
{
	struct world world = two_halves();
	struct fb_row row = datagrams(LAN, world.ns);
	const int down = FB_DOWN ^ row.opener;
	struct fb_flow_at at;

	(void)state;
	see(&row, FB_DOWN, FB_HOOK_INGRESS, 1);
	see(&row, FB_UP, FB_HOOK_INGRESS, 5);
	fb_table_row(world.table, 0, &row, world.ns);
	tick(&world, 1);
	for (int i = 1; i <= 3; i++) {
		sides[0].packets[down] = 1000u * (unsigned int)i;
		sides[0].bytes[down] = 100000u * (unsigned int)i;
		fb_table_row(world.table, 0, &row, world.ns);
		tick(&world, 1);
		at = only(world.now);
		assert_counts(&at, 5, 1000u * (unsigned int)i);
		assert_int_equal(at.traffic->moved_packets[FB_DOWN], i == 1 ? 999 : 1000);
	}
	assert_totals(&world, LAN, 6, 3000);
	end_world(&world);
}

/* A one-armed router: what came in leaves by the same interface. */
static void test_one_armed(void **state)
{
	struct world world = two_halves();
	struct fb_row row = datagrams(LAN, world.ns);
	const int up = FB_UP ^ row.opener;
	struct fb_flow_at at;

	(void)state;
	see(&row, FB_UP, FB_HOOK_INGRESS, 9);
	sides[0].packets[up] = 8;
	sides[0].bytes[up] = 800;
	fb_table_row(world.table, 0, &row, world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_counts(&at, 9, 0);
	assert_totals(&world, LAN, 9, 8);
	end_world(&world);
}

static void net_of(struct world *world, uint16_t link, uint32_t address)
{
	const struct fb_device device = {.ifindex = link};
	uint8_t addr[16];

	set_addr(addr, address);
	fb_table_device(world->table, &device, false);
	fb_table_link_device(world->table, link, link);
	fb_table_net(world->table, link, addr, FB_IPV4, 24, false);
}

/* An address of the LAN: there it is inside, and from the uplink it is anybody's. */
static void test_scope_by_way(void **state)
{
	static const struct {
		int lan, wan; /* the hook that the packet passes there; -1: none */
		uint8_t scope;
	} cases[] = {
		{FB_HOOK_INGRESS, FB_HOOK_EGRESS, FB_SCOPE_INTERNAL_EXTERNAL},
		{-1, FB_HOOK_EGRESS, FB_SCOPE_INTERNAL_EXTERNAL},
		{-1, FB_HOOK_INGRESS, FB_SCOPE_EXTERNAL},
		{FB_HOOK_EGRESS, FB_HOOK_INGRESS, FB_SCOPE_EXTERNAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const bool from_lan = cases[i].lan == FB_HOOK_INGRESS;
		struct world world = two_halves();
		struct fb_row lan = datagrams(LAN, world.ns + !from_lan),
			      wan = datagrams(WAN, world.ns + from_lan);

		net_of(&world, LAN, CLIENT);
		net_of(&world, WAN, SERVER);
		if (cases[i].lan >= 0) { /* read first, though it may be the later one */
			see(&lan, FB_UP, cases[i].lan, 1);
			fb_table_row(world.table, 0, &lan, world.ns);
		}
		see(&wan, FB_UP, cases[i].wan, 1);
		fb_table_row(world.table, 1, &wan, world.ns);
		tick(&world, 1);
		assert_int_equal(only(world.now).flow->scope, cases[i].scope);
		end_world(&world);
	}
}

/* LAN, and two uplinks that share what it sends; answers come by one of them. */
static void test_uplinks(void **state)
{
	struct world world = two_halves();
	struct fb_row rows[3] = {datagrams(LAN, world.ns), datagrams(WAN, world.ns + 1),
				 datagrams(LINKS, world.ns + 2)};
	struct fb_flow_at at;

	(void)state;
	for (uint16_t i = 1; i <= 3; i++) /* each has a device, the uplinks an address each */
		net_of(&world, i, 0x0a070001u + i * 256u);
	see(&rows[0], FB_UP, FB_HOOK_INGRESS, 10);
	see(&rows[0], FB_DOWN, FB_HOOK_EGRESS, 7);
	see(&rows[1], FB_UP, FB_HOOK_EGRESS, 4);
	see(&rows[2], FB_UP, FB_HOOK_EGRESS, 6);
	see(&rows[2], FB_DOWN, FB_HOOK_INGRESS, 7);
	for (int from = 2; from >= 0; from--)
		fb_table_row(world.table, (uint32_t)from, &rows[from], world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_counts(&at, 10, 7);
	assert_int_equal(at.flow->link, LAN);
	assert_int_equal(at.flow->links->n, 3);
	see(&rows[1], FB_UP, FB_HOOK_EGRESS, 3); /* of what the LAN's row is not read yet */
	fb_table_row(world.table, 1, &rows[1], world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_counts(&at, 13, 7);
	end_world(&world);
}

/* Equal addresses in two VLANs of one trunk. */
static void test_vlans(void **state)
{
	struct world world = two_halves();
	struct fb_row one = datagrams(VLAN(0), world.ns), other = datagrams(VLAN(1), world.ns + 1);
	struct fb_flow_at at[2];

	(void)state;
	see(&one, FB_UP, FB_HOOK_INGRESS, 3);
	see(&other, FB_UP, FB_HOOK_INGRESS, 5);
	fb_table_row(world.table, 0, &one, world.ns);
	fb_table_row(world.table, 1, &other, world.ns);
	tick(&world, 1);
	assert_int_equal(list(world.now, at, 2), 2);
	assert_counts(&at[0], 3, 0);
	assert_counts(&at[1], 5, 0);
	assert_int_equal(at[0].flow->vlan[0], 10);
	assert_int_equal(at[1].flow->vlan[0], 20);
	assert_int_equal(at[1].flow->vlan[1], 7);
	assert_totals(&world, LAN, 8, 0);
	end_world(&world);
}

/* They seemed to be two directions of one; then each shows the other direction, too. */
static void test_split(void **state)
{
	struct world world = two_halves();
	struct fb_row one = datagrams(VLAN(0), world.ns), other = datagrams(VLAN(1), world.ns + 1);
	struct fb_flow_at at[2];
	struct fb_table_stats stats;

	(void)state;
	see(&one, FB_UP, FB_HOOK_INGRESS, 3);
	see(&other, FB_DOWN, FB_HOOK_INGRESS, 5);
	fb_table_row(world.table, 0, &one, world.ns);
	fb_table_row(world.table, 1, &other, world.ns);
	tick(&world, 1);
	*at = only(world.now);
	assert_counts(&at[0], 3, 5);
	see(&other, FB_UP, FB_HOOK_INGRESS, 2);
	fb_table_row(world.table, 1, &other, world.ns);
	tick(&world, 1);
	assert_int_equal(list(world.now, at, 2), 2);
	assert_counts(&at[0], 3, 0);
	assert_counts(&at[1], 2, 5);
	see(&one, FB_DOWN, FB_HOOK_INGRESS, 1);
	fb_table_row(world.table, 0, &one, world.ns);
	tick(&world, 1);
	assert_int_equal(list(world.now, at, 2), 2);
	assert_counts(&at[0], 3, 1);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.counters.flows_split, 1);
	assert_totals(&world, LAN, 11, 0);
	end_world(&world);
}

/* A VLAN's device beside its parent, both attached. */
static void test_stacked(void **state)
{
	struct world world = two_halves();
	struct fb_row parent = datagrams(VLAN(0), world.ns), vlan = datagrams(WAN, world.ns);
	const struct fb_device devices[] = {{.ifindex = 1}, {.ifindex = 2, .lower = 1, .vlan = 10}};
	struct fb_flow_at at;

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		fb_table_device(world.table, &devices[i], false);
		fb_table_link_device(world.table, (uint16_t)(LAN + i), devices[i].ifindex);
	}
	see(&parent, FB_UP, FB_HOOK_INGRESS, 6);
	see(&vlan, FB_UP, FB_HOOK_INGRESS, 5);
	fb_table_row(world.table, 0, &vlan, world.ns);
	fb_table_row(world.table, 1, &parent, world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_counts(&at, 6, 0);
	end_world(&world);
}

/* A number is given to another interface: what was counted under it before is not shown there. */
static void test_renumbered(void **state)
{
	struct world world = two_halves();
	struct fb_row one = datagrams(LAN, world.ns), other = datagrams(WAN, world.ns);
	bool used[FB_LINK_MAX] = {false};
	uint32_t slots[4];
	struct fb_flow_at at;

	(void)state;
	see(&one, FB_UP, FB_HOOK_INGRESS, 4);
	see(&other, FB_UP, FB_HOOK_EGRESS, 4);
	fb_table_row(world.table, 0, &one, world.ns);
	fb_table_row(world.table, 1, &other, world.ns);
	tick(&world, 1);
	fb_table_links_in_rows(world.table, used);
	assert_true(used[LAN] && used[WAN] && !used[WAN + 1]);

	fb_table_link_retire(world.table, LAN);
	fb_table_link_retire(world.table, LAN);
	assert_int_equal(fb_table_evictions(world.table, slots, 4), 1);
	assert_int_equal(slots[0], 0);
	fb_table_row_gone(world.table, 0, &one, world.ns);
	memset(used, 0, sizeof(used));
	fb_table_links_in_rows(world.table, used);
	assert_true(!used[LAN] && used[WAN]);

	fb_table_link_renumbered(world.table, LAN);
	tick(&world, 1);
	at = only(world.now);
	assert_false(at.flow->closed);
	assert_int_equal(at.flow->link, 0);
	assert_int_equal(at.flow->links->link[0].link, 0);
	assert_int_equal(at.flow->links->link[1].link, WAN);
	assert_counts(&at, 4, 0);
	assert_totals(&world, LAN, 0, 0);
	assert_totals(&world, WAN, 0, 4);

	/* and goes on where it still is */
	see(&other, FB_UP, FB_HOOK_EGRESS, 9);
	fb_table_row(world.table, 1, &other, world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_true(at.traffic->packets[FB_UP] >= 9);
	assert_totals(&world, WAN, 0, at.flow->links->link[1].packets[FB_HOOK_EGRESS][FB_UP]);
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forged),	     cmocka_unit_test(test_one_armed),
		cmocka_unit_test(test_scope_by_way), cmocka_unit_test(test_uplinks),
		cmocka_unit_test(test_vlans),	     cmocka_unit_test(test_split),
		cmocka_unit_test(test_stacked),	     cmocka_unit_test(test_renumbered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
