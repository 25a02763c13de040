/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns a packet of the data path: one hot flow against an empty program; many flows, in turn, in
 * random order (as on a router, where nothing is ever in a cache) and by Zipf's law, against the
 * bare hash map of floor.bpf.c with the same flows. All of a round is measured in turn, with new
 * maps (which pages of memory they are given is luck, too); ratios are of one round, medians of
 * rounds. What the driver costs is measured with the empty program behind it, and taken off.
 * Run as root: build/tests/bench/datapath [ROUNDS]
 */
#include "bench/bench.h"

static const struct {
	unsigned int flows;
	double limit[BENCH_ORDERS]; /* times the bare hash map */
} sizes[] = {
	{16384, {1, 1, 1}},
	{65536, {1, 0.7, 0.8}},
	{1048576, {1, 0.7, 0.8}},
};

static const char *const order_names[] = {"in turn", "random", "zipf 1.1"};

/* Times the empty program, by family. */
static const double hot_limit[] = {1.7, 1.9};

static int hot_flow(struct bench *b, int six, int hook)
{
	double ratio[BENCH_ROUNDS], empty[BENCH_ROUNDS], full[BENCH_ROUNDS], floor[BENCH_ROUNDS];
	struct pkt p = {}, first = {}; /* the floor's row goes by the source address */
	double value;
	int over = 0;

	bench_packet(&p, six, PKT_TCP_ACK, 100);
	first = p;
	memset(first.data + (six ? 34 : 26), 0, 4);
	bench_open(b, 1024);
	dp_open(&b->dp, (struct fb_knobs){.inspect = 1, .max_flows = 262144}, 0);
	bench_run(b->dp.prog[hook], &p, 1);
	b->dp.rows[0].inspect = FB_INSPECT_DONE;
	for (int i = 0; i < b->rounds; i++) {
		empty[i] = bench_run(b->floor[BENCH_EMPTY][six], &p, BENCH_RUN);
		full[i] = bench_run(b->dp.prog[hook], &p, BENCH_RUN);
		ratio[i] = full[i] / empty[i];
		floor[i] = bench_run(b->floor[BENCH_TWO][six], &first, BENCH_RUN) / empty[i];
	}
	value = bench_median(ratio, b->rounds);
	printf("%-5s %-8s %6.0f %6.0f %7.2f %6.2f %8.1f %s\n", six ? "IPv6" : "IPv4",
	       hook ? "egress" : "ingress", bench_median(empty, b->rounds),
	       bench_median(full, b->rounds), value, bench_median(floor, b->rounds), hot_limit[six],
	       bench_verdict(value, hot_limit[six], &over));
	fflush(stdout);
	dp_close(&b->dp);
	bench_close(b);
	return over;
}

struct figures {
	double bare[BENCH_ROUNDS], flow[BENCH_ROUNDS], ratio[BENCH_ROUNDS], floor[BENCH_ROUNDS];
};

/* Both tables with the same flows; ours marked as inspected, as the user half does. */
static void fill(struct bench *b, const struct pkt *p, int six, uint32_t flows)
{
	bench_list(b, BENCH_IN_TURN, flows);
	bench_drive(b, six, b->floor[BENCH_INSERT][six], p, flows);
	bench_drive(b, six, b->dp.prog[0], p, flows);
	for (uint32_t i = 0; i < dp_used(&b->dp); i++)
		b->dp.rows[i].inspect = FB_INSPECT_DONE;
}

static void one_round(struct bench *b, const struct pkt *p, int six, uint32_t flows,
		      struct figures *figures, int i)
{
	bench_open(b, flows + 1024);
	dp_open(&b->dp, (struct fb_knobs){.inspect = 1, .max_flows = flows + 1024}, 0);
	fill(b, p, six, flows);
	for (int order = 0; order < BENCH_ORDERS; order++) {
		struct figures *f = &figures[order];
		double off;

		bench_list(b, order, flows);
		off = bench_run(b->floor[BENCH_EMPTY][six], p, BENCH_RUN) -
		      bench_drive(b, six, b->floor[BENCH_EMPTY][six], p, BENCH_RUN);
		f->bare[i] = off + bench_drive(b, six, b->floor[BENCH_HASH][six], p, BENCH_RUN);
		f->flow[i] = off + bench_drive(b, six, b->dp.prog[0], p, BENCH_RUN);
		f->ratio[i] = f->flow[i] / f->bare[i];
		f->floor[i] = (off + bench_drive(b, six, b->floor[BENCH_TWO][six], p, BENCH_RUN)) /
			      f->bare[i];
	}
	dp_close(&b->dp);
	bench_close(b);
}

static int many_flows(struct bench *b, unsigned int size, int six)
{
	struct figures figures[BENCH_ORDERS];
	struct pkt p = {};
	int over = 0;

	bench_packet(&p, six, PKT_TCP_ACK, 100);
	for (int i = 0; i < b->rounds; i++)
		one_round(b, &p, six, sizes[size].flows, figures, i);
	for (int order = 0; order < BENCH_ORDERS; order++) {
		const struct figures *f = &figures[order];
		double limit = sizes[size].limit[order], ratio = bench_median(f->ratio, b->rounds);

		printf("%-5s %9u %-9s %6.0f %6.0f %7.2f", six ? "IPv6" : "IPv4", sizes[size].flows,
		       order_names[order], bench_median(f->bare, b->rounds),
		       bench_median(f->flow, b->rounds), ratio);
		if (order != BENCH_IN_TURN)
			printf(" %6.2f", bench_median(f->floor, b->rounds));
		else
			printf(" %6s", "");
		printf(" %8.1f %s\n", limit, bench_verdict(ratio, limit, &over));
	}
	fflush(stdout);
	return over;
}

/* A packet with payload of a flow whose inspection is over, and one of a flow that has no end. */
static void after_the_hello(struct bench *b)
{
	static const uint8_t marks[] = {FB_INSPECT_DONE, FB_INSPECT_END0 | FB_INSPECT_END1};
	double ns[2][BENCH_ROUNDS], bare[BENCH_ROUNDS];
	struct pkt p = {}, ack = {};

	bench_packet(&p, 0, PKT_TCP_ACK, 1000);
	bench_packet(&ack, 0, PKT_TCP_ACK, 0);
	dp_open(&b->dp, (struct fb_knobs){.inspect = 1}, 0);
	bench_run(b->dp.prog[0], &p, 1);
	for (int i = 0; i < b->rounds; i++) {
		bare[i] = bench_run(b->dp.prog[0], &ack, BENCH_RUN);
		for (int m = 0; m < 2; m++) {
			b->dp.rows[0].inspect = marks[m];
			ns[m][i] = bench_run(b->dp.prog[0], &p, BENCH_RUN);
		}
	}
	printf("\none hot flow: without payload %.0f ns, with payload after the hello %.0f ns, "
	       "after the budget %.0f ns\n",
	       bench_median(bare, b->rounds), bench_median(ns[0], b->rounds),
	       bench_median(ns[1], b->rounds));
	dp_close(&b->dp);
}

#define QUALITY_MOST 10 /* ns more, of a hot flow */

/* One hot flow whose numbers go on, and one that sends the same again: measured, and not. */
static int quality(struct bench *b, int six)
{
	double ns[2][2][BENCH_ROUNDS], more[2][BENCH_ROUNDS], added;
	struct dp dp[2];
	struct pkt p = {};
	int over = 0;

	bench_packet(&p, six, PKT_TCP_ACK, 1000);
	bench_open(b, 1024);
	for (int on = 0; on < 2; on++) {
		dp_open(&dp[on], (struct fb_knobs){.inspect = 1, .quality = on}, 0);
		bench_run(dp[on].prog[0], &p, 1);
		dp[on].rows[0].inspect = FB_INSPECT_DONE;
	}
	for (int i = 0; i < b->rounds; i++) {
		for (int on = 0; on < 2; on++) {
			ns[0][on][i] = bench_stream(b, six, dp[on].prog[0], &p);
			pkt_put32(p.data + p.l4 + 4, (uint32_t)*b->next - 1000);
			ns[1][on][i] = bench_run(dp[on].prog[0], &p, BENCH_RUN);
		}
		for (int again = 0; again < 2; again++)
			more[again][i] = ns[again][1][i] - ns[again][0][i];
	}
	for (int again = 0; again < 2; again++) {
		added = bench_median(more[again], b->rounds);
		printf("%-5s %-10s %6.0f %6.0f %7.1f %8d %s\n", six ? "IPv6" : "IPv4",
		       again ? "sent again" : "in order", bench_median(ns[again][0], b->rounds),
		       bench_median(ns[again][1], b->rounds), added, QUALITY_MOST,
		       again ? "" : bench_verdict(added, QUALITY_MOST, &over));
	}
	fflush(stdout);
	for (int on = 0; on < 2; on++)
		dp_close(&dp[on]);
	bench_close(b);
	return over;
}

int main(int argc, char **argv)
{
	struct bench b = {};
	int over = 0;

	bench_begin(&b, argc, argv);
	printf("%-5s %-8s %6s %6s %7s %6s %8s\n", "", "hook", "empty", "flow", "ratio", "floor",
	       "at most");
	for (int six = 0; six < 2; six++)
		for (int hook = 0; hook < 2; hook++)
			over += hot_flow(&b, six, hook);
	printf("\n%-5s %9s %-9s %6s %6s %7s %6s %8s\n", "", "flows", "order", "bare", "flow",
	       "ratio", "floor", "at most");
	for (unsigned int size = 0; size < sizeof(sizes) / sizeof(*sizes); size++)
		for (int six = 0; six < 2; six++)
			over += many_flows(&b, size, six);
	after_the_hello(&b);
	printf("\n%-5s %-10s %6s %6s %7s %8s (ns; the driver of numbers in both)\n", "", "quality",
	       "off", "on", "more", "at most");
	for (int six = 0; six < 2; six++)
		over += quality(&b, six);
	bench_end(&b);
	return over ? 1 : 0;
}
