/* SPDX-License-Identifier: BSD-2-Clause */
/* The parser matrix: every way to wrap a packet gives the flow, its exact bytes, or its cause. */
#include "bpf/parsing.h"

static void plain_both_families_both_ways(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};
	struct pkt back = {};
	struct pkt six = {};

	pkt_eth(&p, 0x0800);
	add_tcp4(&p, 100);
	pkt_eth(&back, 0x0800);
	pkt_ip4(&back, DST, SRC, 6);
	pkt_tcp(&back, 443, 1000, PKT_TCP_ACK | PKT_TCP_PUSH, 1, 1);
	pkt_end(&back);
	pkt_eth(&six, 0x86dd);
	add_tcp6(&six, 10);
	dp_send(dp, 0, &p);
	dp_send(dp, 0, &p);
	dp_send(dp, 1, &back);
	dp_send(dp, 0, &six);
	assert_int_equal(dp_live(dp), 2);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 2, 280);
	dp_counted(dp, DST, SRC, 443, 1000, 6, 1, 40);
	dp_counted(dp, SRC6, DST6, 1000, 443, 6, 1, 70);
	assert_int_equal(dp_stats(dp, 1, 0).packets[FB_STAT_seen], 3);
	assert_int_equal(dp_stats(dp, 1, 1).packets[FB_STAT_seen], 1);
}

static void mpls_and_pppoe(void **state)
{
	struct dp *dp = *state;
	struct pkt mpls = {};
	struct pkt pppoe = {};
	struct pkt pppoe6 = {};
	struct pkt both = {};

	pkt_eth(&mpls, 0x8847);
	pkt_add(&mpls, "\x00\x01\x00\x40\x00\x02\x01\x40", 8);
	add_tcp4(&mpls, 5);
	pkt_eth(&pppoe, 0x8864);
	pkt_add(&pppoe, "\x11\x00\x00\x01\x00\x00\x00\x21", 8);
	add_tcp4(&pppoe, 6);
	pkt_eth(&pppoe6, 0x8864);
	pkt_add(&pppoe6, "\x11\x00\x00\x01\x00\x00\x00\x57", 8);
	add_tcp6(&pppoe6, 6);
	pkt_eth(&both, 0x8864);
	pkt_add(&both, "\x11\x00\x00\x01\x00\x00\x02\x81\x00\x01\x01\x40", 12);
	add_tcp4(&both, 7);
	dp_send(dp, 0, &mpls);
	dp_send(dp, 0, &pppoe);
	dp_send(dp, 0, &pppoe6);
	dp_send(dp, 0, &both);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 3, 138);
	dp_counted(dp, SRC6, DST6, 1000, 443, 6, 1, 66);
}

static void options_and_extensions(void **state)
{
	/* each kind there is, but for fragment and authentication headers, then TCP */
	static const uint8_t kinds[9] = {0, 43, 60, 135, 139, 140, 43, 60, 6};
	struct dp *dp = *state;
	struct pkt options = {};
	struct pkt two = {};
	struct pkt eight = {};
	struct pkt twelve = {};
	struct pkt lies = {};

	pkt_eth(&options, 0x0800);
	pkt_ip4_options(&options, SRC, DST, 6, 40);
	pkt_tcp_options(&options, 1000, 443, PKT_TCP_ACK, 1, 1, 40);
	pkt_hello(&options, "options.example", 0);
	pkt_end(&options);
	dp_send(dp, 0, &options);
	struct fb_row *row = dp_counted(dp, SRC, DST, 1000, 443, 6, 1, options.len - 14);
	struct fb_name name;

	assert_true(dp_name(dp, row, &name));
	assert_string_equal(name.name, "options.example");

	pkt_eth(&two, 0x86dd);
	pkt_ip6(&two, SRC6, DST6, 0);
	pkt_ext(&two, 60, 0);
	pkt_ext(&two, 17, 3);
	pkt_udp(&two, 53, 5000);
	pkt_end(&two);
	dp_send(dp, 0, &two);
	dp_counted(dp, SRC6, DST6, 53, 5000, 17, 1, 40 + 8 + 32 + 8);

	pkt_eth(&eight, 0x86dd);
	pkt_ip6(&eight, SRC6, DST6, kinds[0]);
	for (int i = 0; i < 8; i++)
		pkt_ext(&eight, kinds[i + 1], 0);
	pkt_tcp(&eight, 8, 8, PKT_TCP_ACK, 1, 1);
	pkt_end(&eight);
	dp_send(dp, 0, &eight);
	dp_counted(dp, SRC6, DST6, 8, 8, 6, 1, 40 + 64 + 20);

	pkt_eth(&twelve, 0x86dd);
	pkt_ip6(&twelve, SRC6, DST6, 60);
	for (int i = 0; i < 12; i++)
		pkt_ext(&twelve, i < 11 ? 60 : 6, 0);
	pkt_tcp(&twelve, 12, 12, PKT_TCP_ACK, 1, 1);
	pkt_end(&twelve);
	dp_send(dp, 0, &twelve);
	pkt_eth(&lies, 0x86dd);
	pkt_ip6(&lies, SRC6, DST6, 0);
	pkt_ext(&lies, 6, 0);
	pkt_tcp(&lies, 13, 13, PKT_TCP_ACK, 1, 1);
	pkt_end(&lies);
	lies.data[lies.l3 + 41] = 255;
	dp_send(dp, 0, &lies);
	assert_int_equal(dp_stat(dp, FB_STAT_malformed), 2);
	assert_int_equal(dp_live(dp), 3);
}

static void runts_and_strangers(void **state)
{
	struct dp *dp = *state;
	struct pkt runt = {};
	struct pkt arp = {};
	struct pkt stub = {};
	struct pkt llc = {};
	struct pkt snap = {};

	/* in a tag: test runs refuse frames with less than an IP header behind an IP EtherType */
	pkt_eth(&runt, 0x8100);
	pkt_fill(&runt, 1);
	dp_send(dp, 0, &runt);
	pkt_eth(&stub, 0x8100);
	pkt_tag(&stub, 5, 0x86dd);
	pkt_add(&stub, "\x60\0\0", 3);
	dp_send(dp, 0, &stub);
	assert_int_equal(dp_stat(dp, FB_STAT_malformed), 2);
	pkt_eth(&arp, 0x0806);
	pkt_fill(&arp, 28);
	dp_send(dp, 1, &arp);
	pkt_eth(&llc, 0x0026);
	pkt_add(&llc, "\x42\x42\x03", 3);
	pkt_fill(&llc, 35);
	dp_send(dp, 1, &llc);
	assert_int_equal(dp_stats(dp, 1, 1).packets[FB_STAT_non_ip], 2);
	assert_int_equal(dp_stats(dp, 1, 1).bytes[FB_STAT_non_ip], 66);
	pkt_eth(&snap, 100);
	pkt_add(&snap, "\xaa\xaa\x03\0\0\0\x08\0", 8);
	add_tcp4(&snap, 1);
	dp_send(dp, 0, &snap);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 1, 41);
	pkt_put16(snap.data + 12, 0x05ff); /* a length still, ... */
	dp_send(dp, 0, &snap);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 2, 82);
	pkt_put16(snap.data + 12, 0x0600); /* ... and the first EtherType */
	dp_send(dp, 0, &snap);
	assert_int_equal(dp_stats(dp, 1, 0).packets[FB_STAT_non_ip], 1);
	assert_int_equal(dp_live(dp), 1);
}

static void lying_lengths(void **state)
{
	static const struct {
		unsigned int at;
		uint8_t bytes[2];
		unsigned int n;
	} lies[] = {
		{0, {0x44}, 1},	      /* IHL 4 */
		{0, {0x4f}, 1},	      /* IHL 15, the total length is less */
		{0, {0x55}, 1},	      /* version 5 */
		{2, {0, 19}, 2},      /* total length 19 */
		{2, {0xff, 0xff}, 2}, /* 65535 with 40 bytes there */
		{2, {0, 0}, 2},	      /* 0 without being too big to say */
		{2, {0, 23}, 2},      /* ports cut */
	};
	struct dp *dp = *state;

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct pkt p = {};

		pkt_eth(&p, 0x0800);
		add_tcp4(&p, 0);
		memcpy(p.data + p.l3 + lies[i].at, lies[i].bytes, lies[i].n);
		dp_send(dp, 0, &p);
		assert_int_equal(dp_stat(dp, FB_STAT_malformed), i + 1);
	}
	assert_int_equal(dp_live(dp), 0);
}

static void lying_transport(void **state)
{
	struct dp *dp = *state;

	for (int doff = 4; doff <= 15; doff += 11) {
		struct pkt p = {};

		pkt_eth(&p, 0x0800);
		pkt_ip4(&p, SRC, DST, 6);
		pkt_tcp(&p, 1000, 443, PKT_TCP_ACK, 1, 1);
		pkt_fill(&p, 30);
		pkt_end(&p);
		p.data[p.l4 + 12] = doff << 4;
		dp_send(dp, 0, &p);
	}
	for (int len = 0; len <= 7; len += 7) {
		struct pkt p = {};

		pkt_eth(&p, 0x0800);
		pkt_ip4(&p, SRC, DST, 17);
		pkt_udp(&p, 53, 53);
		pkt_fill(&p, 30);
		pkt_end(&p);
		pkt_put16(p.data + p.l4 + 4, len);
		dp_send(dp, 0, &p);
	}
	dp_counted(dp, SRC, DST, 1000, 443, 6, 2, 140);
	dp_counted(dp, SRC, DST, 53, 53, 17, 2, 116);
	assert_int_equal(dp_events(dp), 0);
}

static void padding_is_not_payload(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	add_tcp4(&p, 0);
	pkt_add(&p, "\x16\x03\x01\0\0\0", 6);
	dp_send(dp, 0, &p);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 1, 40);
	assert_int_equal(dp_events(dp), 0);
}

static void fragments_find_their_flow(void **state)
{
	struct dp *dp = *state;

	for (int six = 0; six < 2; six++) {
		const char *src = six ? SRC6 : SRC, *dst = six ? DST6 : DST;
		unsigned int header = six ? 48 : 20;

		/* last first: unseen, then the first with 8 bytes of TCP, then middle and last */
		static const int offset[] = {2, 0, 0x1000, 2};

		for (int i = 0; i < 4; i++) {
			struct pkt p = {};

			pkt_eth(&p, six ? 0x86dd : 0x0800);
			if (six) {
				pkt_ip6(&p, src, dst, 44);
				pkt_ext_fragment(&p, 6, offset[i], offset[i] != 2, 77);
			} else {
				pkt_ip4(&p, src, dst, 6);
				pkt_ip4_fragment(&p, 77, offset[i], offset[i] != 2);
			}
			if (!offset[i])
				pkt_add(&p, "\x03\xe8\x01\xbb\0\0\0\1", 8);
			else
				pkt_fill(&p, 8);
			pkt_end(&p);
			dp_send(dp, 0, &p);
		}
		assert_int_equal(dp_stat(dp, FB_STAT_fragment), six + 1);
		dp_counted(dp, src, dst, 1000, 443, 6, 3, 3 * (header + 8));
	}
	assert_int_equal(dp_live(dp), 2);
	assert_int_equal(dp_events(dp), 0);
	assert_int_equal(dp_stats(dp, 1, 0).bytes[FB_STAT_fragment], 28 + 56);
}

static void fragments_of_ping(void **state)
{
	struct dp *dp = *state;

	for (int i = 1; i >= 0; i--) {
		struct pkt p = {};

		pkt_eth(&p, 0x0800);
		pkt_ip4(&p, SRC, DST, 1);
		pkt_ip4_fragment(&p, 9, i * 185, !i);
		pkt_fill(&p, 64);
		pkt_end(&p);
		dp_send(dp, 0, &p);
	}
	dp_counted(dp, SRC, DST, 0, 0, 1, 2, 168);
}

static void protocols_without_ports(void **state)
{
	static const uint8_t protos[] = {1, 2, 47, 50, 89, 103, 112, 255};
	struct dp *dp = *state;
	struct pkt sctp = {};
	struct pkt none = {};

	for (size_t i = 0; i < sizeof(protos); i++) {
		struct pkt p = {};

		pkt_eth(&p, 0x0800);
		pkt_ip4(&p, SRC, DST, protos[i]);
		pkt_fill(&p, 10);
		pkt_end(&p);
		dp_send(dp, 0, &p);
		dp_counted(dp, SRC, DST, 0, 0, protos[i], 1, 30);
	}
	pkt_eth(&sctp, 0x0800);
	pkt_ip4(&sctp, SRC, DST, 132);
	pkt_add(&sctp, "\x0b\xb8\x0b\xb9\0\0\0\0\0\0\0\0\0\0", 14);
	pkt_end(&sctp);
	dp_send(dp, 0, &sctp);
	dp_counted(dp, SRC, DST, 3000, 3001, 132, 1, 34);
	pkt_eth(&none, 0x86dd);
	pkt_ip6(&none, SRC6, DST6, 59);
	pkt_end(&none);
	dp_send(dp, 0, &none);
	dp_counted(dp, SRC6, DST6, 0, 0, 59, 1, 40);
}

static void icmp_errors_count_to_icmp(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};
	struct fb_row *row;
	unsigned int quoted;

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, DST, SRC, 1);
	pkt_add(&p, "\x03\x01\0\0\0\0\0\0", 8);
	quoted = p.len;
	pkt_ip4(&p, SRC, DST, 6);
	pkt_tcp(&p, 1000, 443, PKT_TCP_SYN, 1, 0);
	pkt_end(&p);
	dp_send(dp, 0, &p);
	row = dp_counted(dp, DST, SRC, 0, 0, 1, 1, p.len - 14);
	assert_int_equal(row->icmp_type, 3);
	assert_int_equal(row->icmp_code, 1);
	assert_int_equal(dp_live(dp), 1);
	/* and says what it quotes */
	assert_int_equal(dp_events(dp), 1);
	assert_int_equal(dp->events[0].event.key.proto, 1);
	assert_int_equal(dp->events[0].event.caplen, 8 + 40);
	assert_memory_equal(dp->events[0].payload + 8, p.data + quoted, 40);
}

static void families_do_not_mix(void **state)
{
	struct dp *dp = *state;
	struct pkt four = {};
	struct pkt six = {};

	pkt_eth(&four, 0x0800);
	add_tcp4(&four, 0);
	pkt_eth(&six, 0x86dd);
	pkt_ip6(&six, "::ffff:" SRC, "::ffff:" DST, 6);
	pkt_tcp(&six, 1000, 443, PKT_TCP_ACK, 1, 1);
	pkt_end(&six);
	dp_send(dp, 0, &four);
	dp_send(dp, 0, &six);
	assert_int_equal(dp_live(dp), 2);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 1, 40);
	dp_counted(dp, "::ffff:" SRC, "::ffff:" DST, 1000, 443, 6, 1, 60);
}

static void odd_but_sane(void **state)
{
	struct dp *dp = *state;
	struct pkt land = {};
	struct pkt zero = {};
	struct pkt cast = {};

	pkt_eth(&land, 0x0800);
	pkt_ip4(&land, SRC, SRC, 6);
	pkt_tcp(&land, 80, 80, PKT_TCP_SYN, 1, 0);
	pkt_end(&land);
	dp_send(dp, 0, &land);
	dp_counted(dp, SRC, SRC, 80, 80, 6, 1, 40);
	pkt_eth(&zero, 0x0800);
	pkt_ip4(&zero, "0.0.0.0", "255.255.255.255", 17);
	pkt_udp(&zero, 0, 0);
	pkt_end(&zero);
	dp_send(dp, 0, &zero);
	dp_counted(dp, "0.0.0.0", "255.255.255.255", 0, 0, 17, 1, 28);
	pkt_eth(&cast, 0x86dd);
	pkt_ip6(&cast, "fe80::1", "ff02::fb", 17);
	pkt_udp(&cast, 5353, 5353);
	pkt_end(&cast);
	dp_send(dp, 0, &cast);
	dp_counted(dp, "fe80::1", "ff02::fb", 5353, 5353, 17, 1, 48);
	for (int flags = 0; flags < 256; flags++) {
		struct pkt p = {};

		pkt_eth(&p, 0x0800);
		pkt_ip4(&p, SRC, DST, 6);
		pkt_tcp(&p, 2000 + flags, 80, flags, 1, 1);
		pkt_end(&p);
		dp_send(dp, 0, &p);
		/* FIN and RST wait for what comes after them */
		assert_int_equal(dp_counted(dp, SRC, DST, 2000 + flags, 80, 6, 1, 40)->tcp_flags[0],
				 flags & ~(PKT_TCP_FIN | PKT_TCP_RST));
	}
	assert_int_equal(dp_live(dp), 259);
}

static void l3_devices(void **state)
{
	struct dp *dp = *state;
	struct pkt four = {};
	struct pkt six = {};
	struct pkt stranger = {};

	dp_link(dp, DP_LINK, 0);
	add_tcp4(&four, 9);
	add_tcp6(&six, 9);
	pkt_fill(&stranger, 40); /* version 7 */
	dp_send(dp, 0, &four);
	dp_send(dp, 1, &six);
	dp_send(dp, 1, &stranger);
	dp_counted(dp, SRC, DST, 1000, 443, 6, 1, 49);
	dp_counted(dp, SRC6, DST6, 1000, 443, 6, 1, 69);
	assert_int_equal(dp_stat(dp, FB_STAT_non_ip), 1);
}

static void unregistered_interface(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};

	dp_link(dp, 0, 0);
	pkt_eth(&p, 0x0800);
	add_tcp4(&p, 9);
	dp_send(dp, 1, &p);
	assert_int_equal(dp_live(dp), 0);
	assert_int_equal(dp_stats(dp, 0, 1).packets[FB_STAT_seen], 1);
	assert_int_equal(dp_stats(dp, 0, 1).packets[FB_STAT_no_link], 1);
}

static void tunnels_are_one_outer_flow(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, SRC, DST, 17);
	pkt_udp(&p, 5555, 4789);
	pkt_add(&p, "\x08\0\0\0\0\0\x01\0", 8);
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, "172.16.0.1", "172.16.0.2", 6);
	pkt_tcp(&p, 1, 2, PKT_TCP_ACK, 1, 1);
	pkt_end(&p);
	dp_send(dp, 0, &p);
	assert_int_equal(dp_live(dp), 1);
	dp_counted(dp, SRC, DST, 5555, 4789, 17, 1, 20 + 8 + 8 + 14 + 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		parser_test(plain_both_families_both_ways),
		parser_test(mpls_and_pppoe),
		parser_test(options_and_extensions),
		parser_test(runts_and_strangers),
		parser_test(lying_lengths),
		parser_test(lying_transport),
		parser_test(padding_is_not_payload),
		parser_test(fragments_find_their_flow),
		parser_test(fragments_of_ping),
		parser_test(protocols_without_ports),
		parser_test(icmp_errors_count_to_icmp),
		parser_test(families_do_not_mix),
		parser_test(odd_but_sane),
		parser_test(l3_devices),
		parser_test(unregistered_interface),
		parser_test(tunnels_are_one_outer_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
