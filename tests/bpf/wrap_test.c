/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments and tunnels: what an skb of many segments was on the wire, and the innermost flow. */
#include "bpf/dp.h"

#define OUT_SRC "192.0.2.1"
#define OUT_DST "192.0.2.2"
#define SRC	"10.0.0.1"
#define DST	"10.9.9.9"
#define SRC6	"2001:db8::1"
#define DST6	"2001:db8::9"

static struct dp *open_with(void **state, struct fb_knobs knobs)
{
	static struct dp dp;

	dp_open(&dp, knobs, 0);
	*state = &dp;
	return &dp;
}

static int start(void **state)
{
	open_with(state, (struct fb_knobs){.inspect = 1});
	return 0;
}

static int start_decap(void **state)
{
	open_with(state, (struct fb_knobs){.inspect = 1, .decap = 1});
	return 0;
}

static int start_replay(void **state)
{
	open_with(state, (struct fb_knobs){.inspect = 1, .replay = 1});
	return 0;
}

static int stop(void **state)
{
	dp_conserves(*state);
	dp_close(*state);
	return 0;
}

/* The inner packet of `bytes` IP bytes: UDP 100 -> 200 over IPv4. */
static void add_inner4(struct pkt *p, unsigned int payload)
{
	pkt_ip4(p, SRC, DST, 17);
	pkt_udp(p, 100, 200);
	pkt_fill(p, payload);
	pkt_end(p);
}

static void add_inner6(struct pkt *p, unsigned int payload)
{
	pkt_ip6(p, SRC6, DST6, 17);
	pkt_udp(p, 100, 200);
	pkt_fill(p, payload);
	pkt_end(p);
}

static void add_outer_udp(struct pkt *p, uint16_t dport)
{
	pkt_eth(p, 0x0800);
	pkt_ip4(p, OUT_SRC, OUT_DST, 17);
	pkt_udp(p, 55555, dport);
}

static void counts_segments(void **state)
{
	struct dp *dp = *state;
	struct pkt four = {};
	struct pkt six = {};
	struct pkt options = {};

	dp->gso_size = 1000;
	dp->gso_segs = 3;
	pkt_eth(&four, 0x0800);
	pkt_ip4(&four, SRC, DST, 6);
	pkt_tcp(&four, 1, 2, PKT_TCP_ACK, 1, 1);
	pkt_fill(&four, 2500);
	pkt_end(&four);
	dp_send(dp, 0, &four);
	dp_counted(dp, SRC, DST, 1, 2, 6, 3, 2500 + 3 * 40);
	pkt_eth(&six, 0x8100);
	pkt_tag(&six, 7, 0x86dd);
	pkt_ip6(&six, SRC6, DST6, 6);
	pkt_tcp_options(&six, 1, 2, PKT_TCP_ACK, 1, 1, 12);
	pkt_fill(&six, 2500);
	pkt_end(&six);
	dp_send(dp, 1, &six);
	dp->vlan[0] = 7;
	dp_counted(dp, SRC6, DST6, 1, 2, 6, 3, 2500 + 3 * 72);
	dp->vlan[0] = 0;
	dp->gso_segs = 0; /* from a guest: the size is all it says */
	pkt_eth(&options, 0x0800);
	pkt_ip4_options(&options, SRC, DST, 6, 8);
	pkt_tcp(&options, 3, 4, PKT_TCP_ACK, 1, 1);
	pkt_fill(&options, 2001);
	pkt_end(&options);
	dp_send(dp, 0, &options);
	dp_counted(dp, SRC, DST, 3, 4, 6, 3, 2001 + 3 * 48);
	assert_int_equal(dp_stats(dp, 1, 0).packets[FB_STAT_seen], 6);
	assert_int_equal(dp_stats(dp, 1, 1).packets[FB_STAT_seen], 3);
}

static void counts_datagrams(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};

	dp->gso_size = 1200;
	dp->gso_segs = 2;
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, SRC, DST, 17);
	pkt_udp(&p, 500, 443);
	pkt_add(&p, "\xc0\0\0\0\1", 5);
	pkt_fill(&p, 2000 - 5);
	pkt_end(&p);
	dp_send(dp, 0, &p);
	dp_counted(dp, SRC, DST, 500, 443, 17, 2, 2000 + 2 * 28);
	assert_int_equal(dp_events(dp), 1);
	assert_int_equal(dp->events[0].event.gso_size, 1200);
	assert_int_equal(dp->events[0].event.len, 2000);
}

/* Every segment repeats the inner headers too. */
static void counts_segments_in_a_tunnel(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};

	dp->gso_size = 1000;
	dp->gso_segs = 3;
	add_outer_udp(&p, 4789);
	pkt_add(&p, "\x08\0\0\0\0\0\x01\0", 8);
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, SRC, DST, 6);
	pkt_tcp(&p, 1, 2, PKT_TCP_ACK, 1, 1);
	pkt_fill(&p, 2500);
	pkt_end(&p);
	dp_send(dp, 0, &p);
	assert_int_equal(dp_live(dp), 1);
	dp_counted(dp, OUT_SRC, OUT_DST, 55555, 4789, 17, 3,
		   2500 + 3 * (20 + 8 + 8 + 14 + 20 + 20));
}

static void clipped_captures_are_believed(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};
	struct pkt tso = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, SRC, DST, 6);
	pkt_tcp(&p, 1, 2, PKT_TCP_ACK, 1, 1);
	pkt_fill(&p, 1400);
	pkt_end(&p);
	p.len = 14 + 40 + 14;
	dp_send(dp, 0, &p);
	dp_counted(dp, SRC, DST, 1, 2, 6, 1, 1440);
	assert_int_equal(dp_events(dp), 1);
	assert_int_equal(dp->events[0].event.len, 1400);
	assert_int_equal(dp->events[0].event.caplen, 14);
	assert_true(dp->events[0].event.flags & FB_EVENT_CUT);
	pkt_eth(&tso, 0x0800); /* captured before the length was written */
	pkt_ip4(&tso, SRC, DST, 6);
	pkt_tcp(&tso, 3, 4, PKT_TCP_ACK, 1, 1);
	pkt_fill(&tso, 3000);
	dp_send(dp, 0, &tso);
	dp_counted(dp, SRC, DST, 3, 4, 6, 1, 3040);
}

static const struct {
	const char *name;
	uint8_t proto;	/* of the outer IPv4 header, or 17 with ... */
	uint16_t dport; /* ... this port */
	uint8_t header[40];
	unsigned int len;
	uint16_t ethertype; /* an Ethernet header follows; 802.11: LLC/SNAP */
	uint8_t six;
} tunnels[] = {
	{"vxlan", 17, 4789, {8, 0, 0, 0, 0, 0, 1}, 8, 0x0800, 0},
	{"vxlan of linux", 17, 8472, {8, 0, 0, 0, 0, 0, 1}, 8, 0x86dd, 1},
	{"vxlan-gpe", 17, 4790, {12, 0, 0, 2, 0, 0, 1}, 8, 0, 1},
	{"geneve", 17, 6081, {0, 0, 0x65, 0x58, 0, 0, 1}, 8, 0x0800, 0},
	{"geneve with options", 17, 6081, {2, 0, 0x08, 0, 0, 0, 1}, 16, 0, 0},
	{"gre", 47, 0, {0, 0, 8, 0}, 4, 0, 0},
	{"gre, all options", 47, 0, {0xb0, 0, 0x86, 0xdd}, 16, 0, 1},
	{"gre, ethernet", 47, 0, {0, 0, 0x65, 0x58}, 4, 0x0800, 0},
	{"gre, ppp", 47, 0, {0, 0, 0x88, 0x0b, 0xff, 3, 0, 0x21}, 8, 0, 0},
	{"erspan 1", 47, 0, {0, 0, 0x88, 0xbe}, 4, 0x0800, 0},
	{"erspan 2", 47, 0, {0x10, 0, 0x88, 0xbe}, 16, 0x0800, 0},
	{"erspan 3", 47, 0, {0x10, 0, 0x22, 0xeb}, 20, 0x0800, 0},
	{"pptp", 47, 0, {0x30, 1, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 3, 0, 0x21}, 16, 0, 0},
	{"ipip", 4, 0, {0}, 0, 0, 0},
	{"6in4", 41, 0, {0}, 0, 0, 1},
	{"mpls in ip", 137, 0, {0, 0, 1, 64}, 4, 0, 0},
	{"mpls in udp", 17, 6635, {0, 0, 1, 64}, 4, 0, 1},
	{"gre in udp", 17, 4754, {0, 0, 8, 0}, 4, 0, 0},
	{"gtp", 17, 2152, {0x30, 255}, 8, 0, 0},
	{"gtp, sequence", 17, 2152, {0x32, 255}, 12, 0, 1},
	{"gtp, extension", 17, 2152, {0x34, 255, [11] = 0x85, 1}, 16, 0, 0},
	{"gtp 0", 17, 3386, {0x1e, 255}, 20, 0, 0},
	{"wccp", 47, 0, {0, 0, 0x88, 0x3e}, 4, 0, 0},
	{"wccp 2", 47, 0, {0, 0, 0x88, 0x3e, 1}, 8, 0, 0},
	{"aruba", 47, 0, {0, 0, 0x82, 0, 0x88, 1}, 30, 0x0800, 0},
	{"capwap", 17, 5247, {0, 16, [8] = 0x08, 0x03}, 38, 0x0800, 0},
	{"capwap, swapped", 17, 5247, {0, 16, [8] = 0x11, 0x08}, 32, 0x86dd, 1},
	{"teredo", 17, 3544, {0}, 0, 0, 1},
	{"teredo, origin", 17, 3544, {0}, 8, 0, 1},
};

static void opens_tunnels(void **state)
{
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(*tunnels); i++) {
		struct pkt p = {};
		struct dp *dp = *state;

		if (tunnels[i].proto == 17) {
			add_outer_udp(&p, tunnels[i].dport);
		} else {
			pkt_eth(&p, 0x0800);
			pkt_ip4(&p, OUT_SRC, OUT_DST, tunnels[i].proto);
		}
		pkt_add(&p, tunnels[i].header, tunnels[i].len);
		if (tunnels[i].len >= 30) {
			pkt_add(&p, "\xaa\xaa\x03\0\0", 6);
			pkt_add16(&p, tunnels[i].ethertype);
		} else if (tunnels[i].ethertype) {
			pkt_eth(&p, tunnels[i].ethertype);
		}
		if (tunnels[i].six)
			add_inner6(&p, i);
		else
			add_inner4(&p, i);
		dp_send(dp, 0, &p);
		print_message("# %s\n", tunnels[i].name);
		assert_int_equal(dp_live(dp), 1);
		if (tunnels[i].six)
			dp_counted(dp, SRC6, DST6, 100, 200, 17, 1, 48 + i);
		else
			dp_counted(dp, SRC, DST, 100, 200, 17, 1, 28 + i);
		stop(state);
		start_decap(state);
	}
}

/* "No next header" and a length of 0 is a packet of 40 bytes, not one too big to say its length. */
static void nothing_behind_ipv6(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};

	pkt_eth(&p, 0x86dd);
	pkt_ip6(&p, SRC6, DST6, 59);
	pkt_end(&p);
	pkt_fill(&p, 6);
	dp_send(dp, 0, &p);
	dp_counted(dp, SRC6, DST6, 0, 0, 59, 1, 40);
}

/* Answers come from the port of GTP-U, CAPWAP and Teredo; of the others it says nothing. */
static void answers_in_tunnels(void **state)
{
	static const struct {
		uint16_t sport;
		const char *header;
		unsigned int len;
		bool six, opened;
	} cases[] = {
		{2152, "\x30\xff\0\0\0\0\0\1", 8, false, true},
		{5247,
		 "\0\x10\0\0\0\0\0\0\x08\x02\0\0\1\2\3\4\5\6\1\2\3\4\5\6"
		 "\1\2\3\4\5\6\0\0\xaa\xaa\3\0\0\0\x08\0",
		 40, false, true},
		{3544, "", 0, true, true},
		{4789, "\x0c\0\0\1\0\0\1\0", 8, false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dp *dp = *state;
		struct pkt p = {};

		pkt_eth(&p, 0x0800);
		pkt_ip4(&p, OUT_SRC, OUT_DST, 17);
		pkt_udp(&p, cases[i].sport, 55555);
		pkt_add(&p, cases[i].header, cases[i].len);
		if (cases[i].six)
			add_inner6(&p, 5);
		else
			add_inner4(&p, 5);
		dp_send(dp, 0, &p);
		if (!cases[i].opened)
			dp_counted(dp, OUT_SRC, OUT_DST, cases[i].sport, 55555, 17, 1, p.len - 14);
		else if (cases[i].six)
			dp_counted(dp, SRC6, DST6, 100, 200, 17, 1, 53);
		else
			dp_counted(dp, SRC, DST, 100, 200, 17, 1, 33);
		assert_int_equal(dp_live(dp), 1);
		stop(state);
		start_decap(state);
	}
}

static void opens_tunnels_over_ipv6(void **state)
{
	struct dp *dp = *state;

	for (int six = 0; six < 2; six++) {
		struct pkt p = {};

		pkt_eth(&p, 0x86dd);
		pkt_ip6(&p, "2001:db8:1::1", "2001:db8:1::2", six ? 41 : 4);
		if (six)
			add_inner6(&p, 5);
		else
			add_inner4(&p, 5);
		dp_send(dp, 0, &p);
	}
	assert_int_equal(dp_live(dp), 2);
	dp_counted(dp, SRC6, DST6, 100, 200, 17, 1, 53);
	dp_counted(dp, SRC, DST, 100, 200, 17, 1, 33);
}

static void goes_to_the_innermost(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};

	add_outer_udp(&p, 2152);
	pkt_add(&p, "\x30\xff\0\0\0\0\0\1", 8);
	pkt_ip4(&p, "172.16.0.1", "172.16.0.2", 47);
	pkt_add(&p, "\0\0\x08\0", 4);
	pkt_ip4(&p, "172.17.0.1", "172.17.0.2", 4);
	add_inner4(&p, 9);
	dp_send(dp, 0, &p);
	assert_int_equal(dp_live(dp), 1);
	dp_counted(dp, SRC, DST, 100, 200, 17, 1, 37);
}

/* A GRE packet in two fragments: each counts to the inner flow, the last one what is whole then. */
static void fragments_of_a_tunnel(void **state)
{
	struct dp *dp = *state;
	struct pkt whole = {};
	unsigned int at = 0;

	pkt_eth(&whole, 0x0800);
	pkt_ip4(&whole, OUT_SRC, OUT_DST, 47);
	pkt_add(&whole, "\0\0\x08\0", 4);
	add_inner4(&whole, 1000);
	const unsigned int ends[] = {640, 800, whole.len - 34};

	for (int i = 0; i < 3; i++) {
		struct pkt p = {};

		pkt_eth(&p, 0x0800);
		pkt_ip4(&p, OUT_SRC, OUT_DST, 47);
		pkt_ip4_fragment(&p, 4, at / 8, i < 2);
		pkt_add(&p, whole.data + 34 + at, ends[i] - at);
		pkt_end(&p);
		dp_send(dp, 0, &p);
		at = ends[i];
	}
	assert_int_equal(dp_live(dp), 1);
	dp_counted(dp, SRC, DST, 100, 200, 17, 3, 660 + 180 + 1028);
}

/* What is no tunnel, or a broken one, is the outer flow's. */
static void broken_tunnels_count_outside(void **state)
{
	struct dp *dp = *state;
	struct pkt flags = {};
	struct pkt arp = {};
	struct pkt cut = {};

	add_outer_udp(&flags, 4789);
	pkt_fill(&flags, 60);
	pkt_end(&flags);
	dp_send(dp, 0, &flags);
	add_outer_udp(&arp, 4789);
	pkt_add(&arp, "\x08\0\0\0\0\0\x01\0", 8);
	pkt_eth(&arp, 0x0806);
	pkt_fill(&arp, 28);
	pkt_end(&arp);
	dp_send(dp, 0, &arp);
	add_outer_udp(&cut, 4789);
	pkt_add(&cut, "\x08\0\0\0\0\0\x01\0", 8);
	pkt_eth(&cut, 0x0800);
	pkt_add(&cut, "\x45\0\xff\xff", 4);
	pkt_end(&cut);
	dp_send(dp, 0, &cut);
	assert_int_equal(dp_live(dp), 1);
	dp_counted(dp, OUT_SRC, OUT_DST, 55555, 4789, 17, 3,
		   flags.len + arp.len + cut.len - 3 * 14);
}

static void names_inside_tunnels(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};
	struct fb_name name;

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, OUT_SRC, OUT_DST, 4);
	pkt_ip4(&p, SRC, DST, 6);
	pkt_tcp(&p, 1, 2, PKT_TCP_ACK, 1, 1);
	pkt_hello(&p, "inside.example", 100);
	pkt_end(&p);
	dp_send(dp, 0, &p);
	assert_true(dp_name(dp, dp_find(dp, SRC, DST, 1, 2, 6, NULL), &name));
	assert_string_equal(name.name, "inside.example");
}

/* An authentication header of 24 bytes before `next`. */
static void add_ah(struct pkt *p, unsigned char next, unsigned char sequence)
{
	const unsigned char ah[24] = {next, 4, [7] = 1, [11] = sequence};

	pkt_add(p, ah, sizeof(ah));
}

/* Authentication headers show what they protect, in both families; the cut one is malformed. */
static void authentication_headers(void **state)
{
	struct dp *dp = *state;
	struct pkt four = {}, first = {}, later = {}, six = {}, cut = {};

	pkt_eth(&four, 0x0800);
	pkt_ip4(&four, SRC, DST, 51);
	add_ah(&four, 6, 1);
	pkt_tcp(&four, 1000, 443, PKT_TCP_ACK, 1, 1);
	pkt_end(&four);
	dp_send(dp, 0, &four);
	pkt_eth(&first, 0x0800);
	pkt_ip4(&first, SRC, DST, 51);
	pkt_ip4_fragment(&first, 7, 0, 1);
	add_ah(&first, 6, 2);
	pkt_tcp(&first, 1000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(&first, 4);
	pkt_end(&first);
	dp_send(dp, 0, &first);
	pkt_eth(&later, 0x0800);
	pkt_ip4(&later, SRC, DST, 51);
	pkt_ip4_fragment(&later, 7, 6, 0);
	pkt_fill(&later, 30);
	pkt_end(&later);
	dp_send(dp, 0, &later);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 3, 64 + 68 + 50);
	pkt_eth(&six, 0x86dd);
	pkt_ip6(&six, SRC6, DST6, 51);
	add_ah(&six, 17, 1);
	pkt_udp(&six, 5000, 53);
	pkt_end(&six);
	dp_send(dp, 0, &six);
	dp_counted(dp, SRC6, DST6, 5000, 53, 17, 1, 40 + 24 + 8);
	pkt_eth(&cut, 0x0800);
	pkt_ip4(&cut, SRC, DST, 51);
	pkt_add(&cut, "\x06\x40\0\0\0\0\0\1", 8);
	pkt_fill(&cut, 20);
	pkt_end(&cut);
	dp_send(dp, 0, &cut);
	assert_int_equal(dp_stat(dp, FB_STAT_malformed), 1);
	assert_int_equal(dp_live(dp), 2);
}

int main(void)
{
#define plain_test(f) cmocka_unit_test_setup_teardown(f, start, stop)
#define decap_test(f) cmocka_unit_test_setup_teardown(f, start_decap, stop)
	const struct CMUnitTest tests[] = {
		plain_test(counts_segments),
		plain_test(counts_datagrams),
		plain_test(counts_segments_in_a_tunnel),
		plain_test(authentication_headers),
		cmocka_unit_test_setup_teardown(clipped_captures_are_believed, start_replay, stop),
		cmocka_unit_test_setup_teardown(nothing_behind_ipv6, start_replay, stop),
		decap_test(opens_tunnels),
		decap_test(opens_tunnels_over_ipv6),
		decap_test(answers_in_tunnels),
		decap_test(goes_to_the_innermost),
		decap_test(fragments_of_a_tunnel),
		decap_test(broken_tunnels_count_outside),
		decap_test(names_inside_tunnels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
