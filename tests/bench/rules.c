/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns a packet with no rule, one and many: of a known flow, of new flows that no rule is about, of
 * what is dropped without a row, of a known flow with a verdict, and of a hello whose name no rule
 * is about, which is sampled each time. Medians of rounds in turn, and of each round's ratios to
 * no rule. Run as root:
 * build/tests/bench/rules [ROUNDS]
 */
#include <flowbpf/match.h>
#include <flowbpf/verdict.h>

#include "bench/bench.h"

#define RULE 300
#define NEWS 4096 /* new flows of a run */

static const struct {
	const char *name;
	uint32_t nets, tuples, shapes, names;
} sizes[] = {
	{"none", 0, 0, 0, 0},
	{"1 prefix", 1, 0, 0, 0},
	{"1,000,000 prefixes", 1000000, 0, 0, 0},
	{"1 port", 0, 1, 1, 0},
	{"16,384 ends, 8 kinds", 0, FB_TUPLES_MAX, FB_SHAPES_MAX, 0},
	{"1 name", 0, 0, 0, 1},
	{"16,384 names", 0, 0, 0, FB_RULE_NAMES_MAX},
};

static struct fb_rule_entry *rules;

/* 100.0.0.0/32 and on: `n` of them, of which none is what the packets have but the first. */
static void fill_nets(struct dp *dp, uint32_t n)
{
	static struct fb_net_key key = {.bits = 128, .addr = {[10] = 0xff, [11] = 0xff}};
	const uint32_t number = RULE;

	for (uint32_t i = 0; i < n; i++) {
		pkt_put32(key.addr + 12, 0x64000000 + i);
		if (bpf_map_update_elem(dp_map(dp, "fb_nets"), &key, &number, BPF_ANY))
			bench_die("prefix");
	}
}

/* The first is what the dropped packets have: a port of either end. */
static void fill_tuples(struct dp *dp, uint32_t n, uint32_t shapes)
{
	static const uint8_t shape[FB_SHAPES_MAX] = {4, 5, 2, 3, 6, 7, 31, 30};
	const uint32_t number = RULE;

	memcpy(dp->state->shape, shape, shapes);
	for (uint32_t i = 0; i < n; i++) {
		struct fb_tuple_key key = {.shape = shape[i % shapes], .port = {i ? i : 4444}};

		if (key.shape & FB_SHAPE_ADDR0)
			pkt_put32(key.addr[0] + 12, 0x64000000 + i);
		if (bpf_map_update_elem(dp_map(dp, "fb_tuples"), &key, &number, BPF_ANY))
			bench_die("tuple");
	}
}

static void fill_names(struct dp *dp, uint32_t n)
{
	dp->state->names = n != 0;
	for (uint32_t i = 0; i < n; i++) {
		struct fb_rule_name name = {.at = RULE, .below = RULE};
		uint64_t hash = dp->state->name_key;
		int len = snprintf(name.name, sizeof(name.name), "n%u.example.org", i);

		while (len-- > 0)
			hash = fb_name_hash(hash, (uint8_t)name.name[len]);
		if (bpf_map_update_elem(dp_map(dp, "fb_rule_names"), &hash, &name, BPF_ANY))
			bench_die("name");
	}
}

static void fill(struct dp *dp, size_t s)
{
	fill_nets(dp, sizes[s].nets);
	fill_tuples(dp, sizes[s].tuples, sizes[s].shapes);
	fill_names(dp, sizes[s].names);
	dp->state->nets = s != 0;
}

static struct pkt packet(const char *src)
{
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, src, "192.0.2.9", 17);
	pkt_udp(&p, 40000, 9999);
	pkt_fill(&p, 100);
	pkt_end(&p);
	return p;
}

/* One run each: a test run of one packet costs more than the packet, so these are of many ports. */
static double fresh(struct dp *dp, uint16_t *port)
{
	struct pkt p = packet("10.0.0.7");
	double sum = 0;

	for (int i = 0; i < NEWS; i++) {
		pkt_put16(p.data + p.l4, ++*port);
		sum += bench_run(dp->prog[0], &p, 1);
	}
	return sum / NEWS;
}

/* A TCP segment with a hello: its row is never done with, for it is seen again and again. */
static double hello(struct dp *dp)
{
	struct pkt p = {};
	double sum = 0;

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, "10.0.0.8", "192.0.2.9", 6);
	pkt_tcp(&p, 40000, 443, PKT_TCP_ACK, 1, 1);
	pkt_hello(&p, "www.some.name.example.com", 0);
	pkt_end(&p);
	for (int i = 0; i < NEWS; i++) {
		for (uint32_t k = 0; k < 2; k++) {
			dp->rows[k].state &= (uint16_t)~FB_ROW_NAMED;
			dp->rows[k].inspect = 0;
			dp->rows[k].sampled[0] = dp->rows[k].sampled[1] = 0;
			dp->rows[k].sampled_bytes[0] = dp->rows[k].sampled_bytes[1] = 0;
		}
		sum += bench_run(dp->prog[0], &p, 1);
	}
	return sum / NEWS;
}

static struct fb_rule_entry *map_rules(struct dp *dp)
{
	void *memory = mmap(NULL, FB_RULES_MAX * sizeof(*rules), PROT_READ | PROT_WRITE, MAP_SHARED,
			    dp_map(dp, "fb_rules"), 0);

	if (memory == MAP_FAILED)
		bench_die("rules");
	return memory;
}

/* Known, new, dropped, known and dropped, hello. */
static void measure(size_t s, double ns[5])
{
	const struct pkt known = packet("10.0.0.1");
	struct pkt shut = packet("100.0.0.0");
	uint16_t port = 0;
	struct dp dp;

	dp_open(&dp, (struct fb_knobs){.inspect = 1, .quality = 1, .max_flows = 65536}, 0);
	rules = map_rules(&dp);
	rules[RULE] = (struct fb_rule_entry){.until = UINT64_MAX, .verdict = FB_VERDICT_DROP};
	fill(&dp, s);
	pkt_put16(shut.data + shut.l4, 4444);
	bench_run(dp.prog[0], &known, 1);
	ns[0] = bench_run(dp.prog[0], &known, BENCH_RUN);
	ns[4] = hello(&dp);
	ns[1] = fresh(&dp, &port);
	ns[2] = sizes[s].nets || sizes[s].tuples ? bench_run(dp.prog[0], &shut, BENCH_RUN) : 0;
	rules[0].until = UINT64_MAX; /* of a row that nobody gave a number */
	dp.rows[0].inspect = FB_VERDICT_DROP;
	ns[3] = bench_run(dp.prog[0], &known, BENCH_RUN);
	munmap(rules, FB_RULES_MAX * sizeof(*rules));
	dp_close(&dp);
}

#define SIZES (sizeof(sizes) / sizeof(*sizes))

static double ns[SIZES][5][BENCH_ROUNDS];

static double ratio(size_t s, int k, int rounds)
{
	double ratios[BENCH_ROUNDS];

	for (int i = 0; i < rounds; i++)
		ratios[i] = ns[s][k][i] / ns[0][k][i];
	return bench_median(ratios, rounds);
}

static void print(int rounds)
{
	printf("%-20s %18s %18s %8s %14s %18s\n", "rules", "known flow", "new flow", "dropped",
	       "known, dropped", "hello");
	for (size_t s = 0; s < SIZES; s++)
		printf("%-20s %10.0f (%5.2f) %10.0f (%5.2f) %8.0f %14.0f %10.0f (%5.2f)\n",
		       sizes[s].name, bench_median(ns[s][0], rounds), ratio(s, 0, rounds),
		       bench_median(ns[s][1], rounds), ratio(s, 1, rounds),
		       bench_median(ns[s][2], rounds), bench_median(ns[s][3], rounds),
		       bench_median(ns[s][4], rounds), ratio(s, 4, rounds));
}

int main(int argc, char **argv)
{
	const int rounds = argc > 1 ? atoi(argv[1]) : 5;

	if (rounds < 1 || rounds > BENCH_ROUNDS)
		return 2;
	for (int i = 0; i < rounds; i++)
		for (size_t s = 0; s < SIZES; s++) {
			double one[5];

			measure(s, one);
			for (int k = 0; k < 5; k++)
				ns[s][k][i] = one[k];
		}
	print(rounds);
	return 0;
}
