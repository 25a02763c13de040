/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns a packet by its shape: what stands before the addresses, and what follows them, against a
 * plain TCP segment of a hot flow, in turn in the same run.
 * Run as root: build/tests/bench/shapes [ROUNDS]
 */
#include "bench/bench.h"

static void end4(struct pkt *p, unsigned int options)
{
	pkt_ip4_options(p, BENCH_SRC4, BENCH_DST4, 6, options);
	pkt_tcp(p, 40000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, 100);
}

static void end6(struct pkt *p)
{
	pkt_ip6(p, BENCH_SRC6, BENCH_DST6, 6);
	pkt_tcp(p, 40000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, 100);
}

static void plain4(struct pkt *p)
{
	pkt_eth(p, 0x0800);
	end4(p, 0);
}

static void vlan4(struct pkt *p)
{
	pkt_eth(p, 0x8100);
	pkt_tag(p, 10, 0x0800);
	end4(p, 0);
}

static void vlan6(struct pkt *p)
{
	pkt_eth(p, 0x8100);
	pkt_tag(p, 10, 0x86dd);
	end6(p);
}

static void qinq4(struct pkt *p)
{
	pkt_eth(p, 0x88a8);
	pkt_tag(p, 20, 0x8100);
	pkt_tag(p, 30, 0x0800);
	end4(p, 0);
}

static void pppoe(struct pkt *p, uint16_t protocol)
{
	pkt_add(p, "\x11\0\0\7", 4);
	pkt_length(p, p->len, p->len + 2);
	pkt_add(p, NULL, 2);
	pkt_add16(p, protocol);
}

static void pppoe4(struct pkt *p)
{
	pkt_eth(p, 0x8864);
	pppoe(p, 0x0021);
	end4(p, 0);
}

static void pppoe6(struct pkt *p)
{
	pkt_eth(p, 0x8864);
	pppoe(p, 0x0057);
	end6(p);
}

static void vlan_pppoe4(struct pkt *p)
{
	pkt_eth(p, 0x8100);
	pkt_tag(p, 7, 0x8864);
	pppoe(p, 0x0021);
	end4(p, 0);
}

static void options4(struct pkt *p)
{
	pkt_eth(p, 0x0800);
	end4(p, 8);
}

static void icmp4(struct pkt *p)
{
	pkt_eth(p, 0x0800);
	pkt_ip4(p, BENCH_SRC4, BENCH_DST4, 1);
	pkt_add(p, "\x08\0\0\0\0\1\0\1", 8);
	pkt_fill(p, 56);
}

static void icmp6(struct pkt *p)
{
	pkt_eth(p, 0x86dd);
	pkt_ip6(p, BENCH_SRC6, BENCH_DST6, 58);
	pkt_add(p, "\x80\0\0\0\0\1\0\1", 8);
	pkt_fill(p, 56);
}

static void extensions6(struct pkt *p)
{
	pkt_eth(p, 0x86dd);
	pkt_ip6(p, BENCH_SRC6, BENCH_DST6, 0);
	pkt_ext(p, 60, 0);
	pkt_ext(p, 6, 0);
	pkt_tcp(p, 40000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, 100);
}

static void fragment4(struct pkt *p, uint16_t offset, int more)
{
	pkt_eth(p, 0x0800);
	pkt_ip4(p, BENCH_SRC4, BENCH_DST4, 17);
	pkt_ip4_fragment(p, 99, offset, more);
	if (!offset) {
		pkt_add(p, "\x13\x88\x13\x89\x05\xd0\0\0", 8);
		pkt_fill(p, 72);
	} else {
		pkt_fill(p, 80);
	}
}

static void first4(struct pkt *p)
{
	fragment4(p, 0, 1);
}

static void later4(struct pkt *p)
{
	fragment4(p, 10, 1);
}

static void fragment6(struct pkt *p, uint16_t offset)
{
	pkt_eth(p, 0x86dd);
	pkt_ip6(p, BENCH_SRC6, BENCH_DST6, 44);
	pkt_ext_fragment(p, 17, offset, 1, 99);
	if (!offset) {
		pkt_add(p, "\x13\x88\x13\x89\x05\xd0\0\0", 8);
		pkt_fill(p, 72);
	} else {
		pkt_fill(p, 80);
	}
}

static void first6(struct pkt *p)
{
	fragment6(p, 0);
}

static void later6(struct pkt *p)
{
	fragment6(p, 10);
}

#define LIMIT 1.6

static const struct {
	const char *name;
	void (*build)(struct pkt *p);
	void (*before)(struct pkt *p); /* a packet that must have come first, or NULL */
} shapes[] = {
	{"IPv4 TCP", plain4, NULL},
	{"VLAN tag in band, IPv4 TCP", vlan4, NULL},
	{"VLAN tag in band, IPv6 TCP", vlan6, NULL},
	{"QinQ, IPv4 TCP", qinq4, NULL},
	{"PPPoE, IPv4 TCP", pppoe4, NULL},
	{"PPPoE, IPv6 TCP", pppoe6, NULL},
	{"VLAN and PPPoE, IPv4 TCP", vlan_pppoe4, NULL},
	{"IPv4 with 8 bytes of options, TCP", options4, NULL},
	{"ICMP echo", icmp4, NULL},
	{"ICMPv6 echo", icmp6, NULL},
	{"IPv6, two extension headers, TCP", extensions6, NULL},
	{"IPv4, later fragment", later4, first4},
	{"IPv6, later fragment", later6, first6},
};

#define SHAPES (sizeof(shapes) / sizeof(*shapes))

static void make(struct bench *b, struct pkt *p, size_t i)
{
	struct pkt before = {};

	if (shapes[i].before) {
		shapes[i].before(&before);
		pkt_end(&before);
		dp_send(&b->dp, 0, &before);
	}
	shapes[i].build(p);
	pkt_end(p);
	dp_send(&b->dp, 0, p);
}

int main(int argc, char **argv)
{
	static double ns[SHAPES][BENCH_ROUNDS], ratio[SHAPES][BENCH_ROUNDS];
	static struct pkt packets[SHAPES];
	struct bench b = {};
	int over = 0;

	bench_begin(&b, argc, argv);
	dp_open(&b.dp, (struct fb_knobs){.inspect = 1}, 0);
	for (size_t i = 0; i < SHAPES; i++)
		make(&b, &packets[i], i);
	for (uint32_t i = 0; i < dp_used(&b.dp); i++)
		b.dp.rows[i].inspect = FB_INSPECT_DONE;
	for (int round = 0; round < b.rounds; round++)
		for (size_t i = 0; i < SHAPES; i++) {
			ns[i][round] = bench_run(b.dp.prog[0], &packets[i], BENCH_RUN);
			ratio[i][round] = ns[i][round] / ns[0][round];
		}
	dp_conserves(&b.dp);
	printf("%-36s %6s %7s %8s\n", "", "flow", "ratio", "at most");
	for (size_t i = 0; i < SHAPES; i++) {
		double value = bench_median(ratio[i], b.rounds);

		printf("%-36s %6.0f %7.2f %8.1f %s\n", shapes[i].name,
		       bench_median(ns[i], b.rounds), value, LIMIT,
		       bench_verdict(value, LIMIT, &over));
	}
	dp_close(&b.dp);
	bench_end(&b);
	return over ? 1 : 0;
}
