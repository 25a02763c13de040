/* SPDX-License-Identifier: BSD-2-Clause */
/* Tags of all kinds: VLANs are part of a flow's identity, the others are looked through. */
#include "bpf/parsing.h"

static void tags(void **state)
{
	static const uint16_t tpid[][3] = {{0x8100}, {0x88a8, 0x8100}, {0x9100, 0x88a8, 0x8100}};
	struct dp *dp = *state;

	for (int n = 1; n <= 3; n++) {
		struct pkt p = {};
		struct pkt six = {};

		pkt_eth(&p, tpid[n - 1][0]);
		pkt_eth(&six, tpid[n - 1][0]);
		for (int i = 1; i <= n; i++) {
			pkt_tag(&p, 0x2000 | (0xf00 + i), i < n ? tpid[n - 1][i] : 0x0800);
			pkt_tag(&six, 200 + i, i < n ? tpid[n - 1][i] : 0x86dd);
		}
		add_tcp4(&p, 7);
		add_tcp6(&six, 7);
		dp_send(dp, 0, &p);
		dp_send(dp, 0, &six);
	}
	assert_int_equal(dp_live(dp), 4);
	dp->vlan[0] = 0xf01;
	assert_int_equal(dp_counted(dp, SRC, DST, 1000, 443, 6, 1, 47)->vlan, 0xf01);
	dp->vlan[1] = 0xf02;
	assert_int_equal(dp_counted(dp, SRC, DST, 1000, 443, 6, 2, 94)->vlan, 0xf01);
	dp->vlan[0] = 201;
	dp->vlan[1] = 0;
	dp_counted(dp, SRC6, DST6, 1000, 443, 6, 1, 67);
	dp->vlan[1] = 202;
	dp_counted(dp, SRC6, DST6, 1000, 443, 6, 2, 134);
}

/* A tag that gives a priority only is no VLAN. */
static void priority_tags(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};
	struct pkt both = {};

	pkt_eth(&p, 0x8100);
	pkt_tag(&p, 0xe000, 0x0800);
	add_tcp4(&p, 7);
	pkt_eth(&both, 0x8100);
	pkt_tag(&both, 0xe000, 0x8100);
	pkt_tag(&both, 5, 0x0800);
	add_tcp4(&both, 7);
	dp_send(dp, 0, &p);
	dp_send(dp, 0, &both);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 1, 47);
	dp->vlan[0] = 5;
	dp_counted(dp, SRC, DST, 1000, 443, 6, 1, 47);
}

/* One interface that is sent junk tags has its share of the numbers, and loses no packet. */
static void vlans_without_end(void **state)
{
	struct dp *dp = *state;

	for (unsigned int i = 0; i < FB_LANE_SHARE + 10; i++) {
		struct pkt p = {};

		pkt_eth(&p, 0x88a8);
		pkt_tag(&p, 1 + i / 4094, 0x8100);
		pkt_tag(&p, 1 + i % 4094, 0x0800);
		pkt_ip4(&p, SRC, DST, 17);
		pkt_udp(&p, 1, 2);
		pkt_end(&p);
		dp_send(dp, 0, &p);
	}
	assert_int_equal(dp->state->lanes, FB_LANE_SHARE);
	assert_int_equal(dp_stat(dp, FB_STAT_vlans_full), 10);
}

/*
 * Tags of switches: an old QinQ, MPLS multicast, VN-tag, HSR, Cisco's security groups, with a VLAN
 * behind, E-tag, FabricPath, 802.1ah; headers of service chains, the second with an Ethernet frame
 * and four words of context in it.
 */
static void tags_of_switches(void **state)
{
	static const struct {
		uint16_t type;
		const char *tag;
		unsigned int len;
	} cases[] = {
		{0x9200, "\x00\x05\x08\x00", 4},
		{0x8848, "\x00\x01\x01\x40", 4},
		{0x8926, "\x80\x01\x00\x00\x08\x00", 6},
		{0x892f, "\x00\x34\x00\x07\x08\x00", 6},
		{0x8909, "\x01\x01\x00\x01\x00\x02\x08\x00", 8},
		{0x8909, "\x01\x01\x00\x01\x00\x02\x81\x00\x00\x05\x08\x00", 12},
		{0x893f, "\x00\x01\x00\x02\x00\x00\x08\x00", 8},
		{0x8903, "\x40\x20\1\2\3\4\5\6\1\2\3\4\5\6\x81\x00\x00\x05\x08\x00", 20},
		{0x88e7, "\0\0\0\5\1\2\3\4\5\6\1\2\3\4\5\6\x08\x00", 18},
		{0x894f, "\x0f\xc2\x02\x01\0\0\1\xff", 8},
		{0x894f,
		 "\x0f\xc6\x01\x03\0\0\1\xff"
		 "0123456789abcdef"
		 "\1\2\3\4\5\6\1\2\3\4\5\6\x08\x00",
		 38},
	};
	struct dp *dp = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pkt p = {};

		pkt_eth(&p, cases[i].type);
		pkt_add(&p, cases[i].tag, cases[i].len);
		add_tcp4(&p, 5);
		dp_send(dp, 0, &p);
	}
	dp_counted(dp, SRC, DST, 1000, 443, 6, 8, 360);
	dp->vlan[0] = 5;
	dp_counted(dp, SRC, DST, 1000, 443, 6, 3, 135);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		parser_test(tags),
		parser_test(priority_tags),
		parser_test(vlans_without_end),
		parser_test(tags_of_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
