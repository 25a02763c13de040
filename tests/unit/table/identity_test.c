/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* Rows of one tuple on several lanes: each rule that says whether they are one connection. */
#include "unit/world.h"

#include "table/identity.h"

#define IN	    1u /* bits of one direction: ... */
#define OUT	    2u
#define UP(hooks)   (hooks)
#define DOWN(hooks) ((hooks) << 2)

/* Devices by number, links have the same: */
enum {
	ETH0 = 1, /* an uplink: 10.7.1.1/24 */
	ETH1,	  /* another: 10.7.2.1/24 */
	LAN0,	  /* 192.168.1.1/24 */
	LAN1,	  /* 192.168.1.2/24: the same network once more */
	TAP0,	  /* no address: looked at only */
	TAP1,
	VLAN10,	  /* on ETH0 */
	MACVLAN0, /* on ETH0 */
	BOND0,
	SLAVE0, /* of BOND0 */
	SLAVE1,
	BLUE0, /* in a VRF */
	RED0,  /* in another */
	BLUE = 40,
	RED,
};

static struct fb_wiring *wiring;

static void device(uint32_t ifindex, uint32_t lower, uint32_t master, uint16_t vlan, bool vrf)
{
	const struct fb_device entry = {
		.ifindex = ifindex, .lower = lower, .master = master, .vlan = vlan, .vrf = vrf};

	assert_int_equal(fb_wiring_device(wiring, &entry, false), 0);
	if (ifindex < BLUE)
		fb_wiring_link(wiring, (uint16_t)ifindex, ifindex);
}

static void net(uint32_t ifindex, uint32_t v4)
{
	uint8_t addr[16];

	set_addr(addr, v4);
	assert_int_equal(fb_wiring_net(wiring, ifindex, addr, FB_IPV4, 24, false), 0);
}

static int set_up(void **state)
{
	(void)state;
	wiring = calloc(1, sizeof(*wiring));
	assert_non_null(wiring);
	for (uint32_t i = ETH0; i <= TAP1; i++)
		device(i, 0, 0, 0, false);
	device(VLAN10, ETH0, 0, 10, false);
	device(MACVLAN0, ETH0, 0, 0, false);
	device(BOND0, 0, 0, 0, false);
	device(SLAVE0, 0, BOND0, 0, false);
	device(SLAVE1, 0, BOND0, 0, false);
	device(BLUE, 0, 0, 0, true);
	device(RED, 0, 0, 0, true);
	device(BLUE0, 0, BLUE, 0, false);
	device(RED0, 0, RED, 0, false);
	net(ETH0, 0x0a070101);
	net(ETH1, 0x0a070201);
	net(LAN0, 0xc0a80101);
	net(LAN1, 0xc0a80102);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(wiring);
	return 0;
}

struct row {
	uint16_t link, vlan[2];
	uint8_t seen;
	bool by_syn;
	uint32_t isn;
	uint64_t at;
};

static struct fb_sight sight_of(const struct row *row)
{
	return (struct fb_sight){
		.lane = {.link = row->link, .vlan = {row->vlan[0], row->vlan[1]}},
		.seen = row->seen,
		.by_syn = row->by_syn,
		.isn = row->isn,
		.first_seen = row->at,
	};
}

#define FAR  0xc6336409u /* 198.51.100.9 */
#define NEAR 0xc0a8010au /* 192.168.1.10 */
#define SELF 0x0a070901u

/* clang-format off: a case in two lines */
static const struct {
	const char *what;
	uint8_t proto;
	uint32_t client;
	bool is_end, tracked;
	struct row a, b;
	int verdict;
} cases[] = {
	{"LAN and WAN",
	 17,
	 NEAR,
	 0,
	 0,
	 {.link = LAN0, .seen = UP(IN)},
	 {.link = ETH0, .seen = UP(OUT)},
	 0},
	{"LAN and WAN both ways",
	 17,
	 NEAR,
	 0,
	 0,
	 {.link = LAN0, .seen = UP(IN) | DOWN(OUT)},
	 {.link = ETH0, .seen = UP(OUT) | DOWN(IN)},
	 0},
	{"tagged LAN and WAN",
	 6,
	 NEAR,
	 0,
	 0,
	 {.link = LAN0, .vlan = {5}, .seen = UP(IN), .by_syn = true, .isn = 7},
	 {.link = ETH0, .seen = UP(OUT), .by_syn = true, .isn = 7},
	 1},
	{"router on a stick",
	 1,
	 NEAR,
	 0,
	 0,
	 {.link = TAP0, .vlan = {10}, .seen = UP(IN)},
	 {.link = TAP0, .vlan = {20}, .seen = UP(OUT)},
	 0},
	{"tagged one way",
	 17,
	 NEAR,
	 0,
	 0,
	 {.link = TAP0, .vlan = {10}, .seen = UP(IN)},
	 {.link = TAP0, .seen = DOWN(IN)},
	 0},
	{"asymmetric uplinks",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = ETH0, .seen = UP(OUT)},
	 {.link = ETH1, .seen = DOWN(IN)},
	 0},
	{"ECMP",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = ETH0, .seen = UP(OUT)},
	 {.link = ETH1, .seen = UP(OUT)},
	 1},
	{"a moved path",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = ETH0, .seen = UP(OUT) | DOWN(IN)},
	 {.link = ETH1, .seen = UP(OUT) | DOWN(IN)},
	 1},
	{"a moved path of TCP",
	 6,
	 FAR,
	 0,
	 0,
	 {.link = TAP0, .seen = UP(IN), .by_syn = true, .isn = 7, .at = 1},
	 {.link = TAP1, .seen = UP(IN), .at = 2},
	 1},
	{"TCP that was there before the SYN",
	 6,
	 FAR,
	 0,
	 0,
	 {.link = TAP0, .seen = UP(IN), .by_syn = true, .isn = 7, .at = 2},
	 {.link = TAP1, .seen = UP(IN), .at = 1},
	 -1},
	{"one SYN on two paths",
	 6,
	 FAR,
	 0,
	 0,
	 {.link = TAP0, .seen = UP(IN), .by_syn = true, .isn = 7},
	 {.link = TAP1, .seen = UP(IN), .by_syn = true, .isn = 7},
	 1},
	{"two SYNs",
	 6,
	 FAR,
	 0,
	 0,
	 {.link = TAP0, .seen = UP(IN), .by_syn = true, .isn = 7},
	 {.link = TAP1, .seen = UP(IN), .by_syn = true, .isn = 8},
	 -1},
	{"two SYNs in and out",
	 6,
	 FAR,
	 0,
	 0,
	 {.link = TAP0, .seen = UP(IN), .by_syn = true, .isn = 7},
	 {.link = TAP1, .seen = UP(OUT), .by_syn = true, .isn = 8},
	 -1},
	{"own end by two paths",
	 17,
	 SELF,
	 1,
	 0,
	 {.link = TAP0, .seen = DOWN(IN)},
	 {.link = TAP1, .seen = DOWN(IN)},
	 1},
	{"tracked once",
	 17,
	 FAR,
	 0,
	 1,
	 {.link = TAP0, .seen = UP(IN)},
	 {.link = TAP1, .seen = UP(IN)},
	 1},
	{"overlap on two links",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = TAP0, .seen = UP(IN)},
	 {.link = TAP1, .seen = UP(IN)},
	 -1},
	{"overlap with own addresses",
	 17,
	 NEAR,
	 1,
	 1,
	 {.link = LAN0, .seen = UP(IN)},
	 {.link = LAN1, .seen = UP(IN)},
	 -1},
	{"overlap on two VLANs",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = ETH0, .vlan = {10}, .seen = UP(IN)},
	 {.link = ETH0, .vlan = {20}, .seen = UP(IN)},
	 -1},
	{"overlap in QinQ",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = ETH0, .vlan = {10, 1}, .seen = UP(IN)},
	 {.link = ETH0, .vlan = {10, 2}, .seen = UP(IN)},
	 -1},
	{"overlap in two VRFs",
	 17,
	 FAR,
	 1,
	 1,
	 {.link = BLUE0, .seen = UP(IN)},
	 {.link = RED0, .seen = UP(IN)},
	 -1},
	{"members of a bond",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = SLAVE0, .seen = UP(IN)},
	 {.link = SLAVE1, .seen = UP(IN)},
	 1},
	{"a bond and its member",
	 1,
	 FAR,
	 0,
	 0,
	 {.link = BOND0, .seen = UP(IN)},
	 {.link = SLAVE1, .seen = UP(IN)},
	 1},
	{"a VLAN and its parent",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = VLAN10, .seen = UP(IN)},
	 {.link = ETH0, .vlan = {10}, .seen = UP(IN)},
	 1},
	{"another VLAN of the parent",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = VLAN10, .seen = UP(IN)},
	 {.link = ETH0, .vlan = {20}, .seen = UP(IN)},
	 -1},
	{"QinQ on a VLAN and its parent",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = VLAN10, .vlan = {7}, .seen = UP(IN)},
	 {.link = ETH0, .vlan = {10, 7}, .seen = UP(IN)},
	 1},
	{"a macvlan and its parent",
	 17,
	 FAR,
	 0,
	 0,
	 {.link = MACVLAN0, .seen = UP(IN)},
	 {.link = ETH0, .seen = UP(IN)},
	 1},
	{"link-local on two links",
	 17,
	 0xa9fe0001,
	 1,
	 1,
	 {.link = ETH0, .seen = UP(OUT)},
	 {.link = ETH1, .seen = UP(IN)},
	 -1},
	{"link-local on a bond's members",
	 17,
	 0xa9fe0001,
	 0,
	 0,
	 {.link = SLAVE0, .seen = UP(OUT)},
	 {.link = SLAVE1, .seen = UP(OUT)},
	 1},
};
/* clang-format on */

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct fb_host host = {wiring, cases[i].is_end, cases[i].tracked};
		const struct fb_sight a = sight_of(&cases[i].a), b = sight_of(&cases[i].b);
		struct fb_tuple tuple;

		set_tuple(&tuple, cases[i].proto, cases[i].client, 5000, 0xc0a80114, 6000);
		if (fb_identity_of(&host, &tuple, &a, &b) != cases[i].verdict ||
		    fb_identity_of(&host, &tuple, &b, &a) != cases[i].verdict)
			fail_msg("%s: %d", cases[i].what, fb_identity_of(&host, &tuple, &a, &b));
	}
}

/* Two customers bridged from trunk to trunk: each stays together, in whatever order rows come. */
static void test_groups(void **state)
{
	static const struct row rows[4] = {
		{.link = TAP0, .vlan = {10}, .seen = UP(IN), .at = 1},
		{.link = TAP0, .vlan = {20}, .seen = UP(IN), .at = 2},
		{.link = TAP1, .vlan = {10}, .seen = UP(OUT), .at = 1},
		{.link = TAP1, .vlan = {20}, .seen = UP(OUT), .at = 2},
	};
	const struct fb_host host = {wiring, false, false};
	struct fb_tuple tuple;

	(void)state;
	set_tuple(&tuple, 17, NEAR, 5000, FAR, 6000);
	for (unsigned int order = 0; order < 24; order++) {
		unsigned int left[4] = {0, 1, 2, 3}, at[4], n = 4, code = order;
		struct fb_sight sights[4];
		uint8_t group[FB_SIGHTS_MAX];

		for (unsigned int i = 0; i < 4; i++) {
			at[i] = left[code % n];
			left[code % n] = left[n - 1];
			code /= n--;
			sights[i] = sight_of(&rows[at[i]]);
		}
		fb_identity_group(&host, &tuple, sights, 4, group);
		for (unsigned int i = 0; i < 4; i++)
			for (unsigned int k = 0; k < 4; k++)
				assert_int_equal(group[i] == group[k], at[i] % 2 == at[k] % 2);
	}
}

static void test_devices_go(void **state)
{
	const struct fb_where vlan = {.link = VLAN10}, parent = {.link = ETH0, .vlan = {10}};
	const struct fb_device gone = {.ifindex = VLAN10};
	const uint32_t version = wiring->version;

	(void)state;
	assert_true(fb_wiring_stacked(wiring, &vlan, &parent));
	fb_wiring_device(wiring, &gone, true);
	assert_false(fb_wiring_stacked(wiring, &vlan, &parent));
	assert_int_not_equal(wiring->version, version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_devices_go, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
