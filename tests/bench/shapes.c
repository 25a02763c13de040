/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns a packet by its shape: what stands before the addresses, and what follows them, against a
 * plain TCP segment of a hot flow, in turn in the same run.
 * Run as root: build/tests/bench/shapes [ROUNDS]
 */
#include "bench/bench.h"
#include "bpf/shapes.h"

#define LIMIT 1.6

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
