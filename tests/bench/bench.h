/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the benches of the data path share: the floors and the driver of floor.bpf.c, runs by
 * BPF_PROG_TEST_RUN, orders in which flows come, medians. An error ends the program.
 */
#pragma once

#include <math.h>
#include <unistd.h>

#include "bpf/dp.h"

#define BENCH_RUN    (1u << 20) /* packets of one run: entries of bench_order */
#define BENCH_ROUNDS 15		/* at most */

enum bench_floor { BENCH_EMPTY, BENCH_HASH, BENCH_INSERT, BENCH_HELLO, BENCH_TWO, BENCH_FLOORS };

enum bench_order { BENCH_IN_TURN, BENCH_RANDOM, BENCH_ZIPF, BENCH_ORDERS };

struct bench {
	struct dp dp;
	struct bpf_object *floors;
	int drive[2], stream[2], floor[BENCH_FLOORS][2]; /* by IPv6 */
	int calls;
	uint64_t *order, *next;
	int rounds, stats;
};

static inline void bench_die(const char *what)
{
	perror(what);
	exit(2);
}

static inline double bench_run(int prog, const struct pkt *p, uint32_t repeat)
{
	struct __sk_buff skb = {.ifindex = DP_IFINDEX};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb), .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(prog, &opts))
		bench_die("test run");
	return opts.duration;
}

/* The program behind the driver, from this entry of the list on. */
static inline double bench_drive_from(struct bench *b, int six, int prog, const struct pkt *p,
				      uint32_t from, uint32_t repeat)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(b->calls, &zero, &prog, BPF_ANY))
		bench_die("program array");
	*b->next = from;
	return bench_run(b->drive[six], p, repeat);
}

/* One flow whose numbers go on, from 0. */
static inline double bench_stream(struct bench *b, int six, int prog, const struct pkt *p)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(b->calls, &zero, &prog, BPF_ANY))
		bench_die("program array");
	return bench_run(b->stream[six], p, BENCH_RUN);
}

static inline double bench_drive(struct bench *b, int six, int prog, const struct pkt *p,
				 uint32_t repeat)
{
	return bench_drive_from(b, six, prog, p, 0, repeat);
}

static inline int bench_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double bench_median(const double *values, int n)
{
	double sorted[BENCH_ROUNDS];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), bench_by_value);
	return sorted[n / 2];
}

static inline uint64_t bench_random(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* A rank of Zipf's law, by its cumulated weights. */
static inline uint32_t bench_zipf(const double *sum, uint32_t n)
{
	double at = (double)(bench_random() >> 11) / (1ull << 53) * sum[n - 1];
	uint32_t low = 0, high = n - 1;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (sum[mid] < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The list of flows to come, of `flows`; of Zipf's law with exponent 1.1, whose ranks are spread.
 */
static inline void bench_list(struct bench *b, enum bench_order order, uint32_t flows)
{
	double *sum = calloc(flows, sizeof(*sum));

	if (!sum)
		bench_die("memory");
	for (uint32_t i = 0; i < flows; i++)
		sum[i] = (i ? sum[i - 1] : 0) + pow(i + 1, -1.1);
	for (uint32_t i = 0; i < BENCH_RUN; i++) {
		if (order == BENCH_IN_TURN)
			b->order[i] = i % flows;
		else if (order == BENCH_RANDOM)
			b->order[i] = (uint32_t)(bench_random() >> 20) % flows;
		else
			b->order[i] = bench_zipf(sum, flows) * 2654435761u % flows;
	}
	free(sum);
}

static inline void *bench_memory(int map, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);

	if (at == MAP_FAILED)
		bench_die("mapping");
	return at;
}

/* `bench_ordered` of floor.bpf.c, its only constant, before it is loaded. */
static inline void bench_order_packets(struct bench *b, bool ordered)
{
	if (bpf_map__set_initial_value(bpf_object__find_map_by_name(b->floors, ".rodata"), &ordered,
				       sizeof(ordered)))
		bench_die("constants");
}

/* The floors, with bare maps for `flows`. */
static inline void bench_open(struct bench *b, uint32_t flows)
{
	static const char *const names[BENCH_FLOORS][2] = {{"bench_empty", "bench_empty"},
							   {"bench_hash4", "bench_hash6"},
							   {"bench_insert4", "bench_insert6"},
							   {"bench_hello4", "bench_hello6"},
							   {"bench_two4", "bench_two6"}};
	static const char *const sized[] = {"bench_map4", "bench_map6", "bench_names",
					    "bench_lines", "bench_rows"};
	const char *out = getenv("O");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/bench/floor.bpf.o", out ? out : "build");
	b->floors = bpf_object__open_file(path, NULL);
	if (!b->floors)
		bench_die(path);
	for (size_t i = 0; i < sizeof(sized) / sizeof(*sized); i++)
		bpf_map__set_max_entries(bpf_object__find_map_by_name(b->floors, sized[i]), flows);
	bench_order_packets(b, getenv("BENCH_ORDERED") != NULL);
	if (bpf_object__load(b->floors))
		bench_die(path);
	for (int six = 0; six < 2; six++) {
		b->drive[six] = bpf_program__fd(bpf_object__find_program_by_name(
			b->floors, six ? "bench_drive6" : "bench_drive4"));
		b->stream[six] = bpf_program__fd(bpf_object__find_program_by_name(
			b->floors, six ? "bench_stream6" : "bench_stream4"));
		for (int i = 0; i < BENCH_FLOORS; i++)
			b->floor[i][six] = bpf_program__fd(
				bpf_object__find_program_by_name(b->floors, names[i][six]));
	}
	b->calls = bpf_object__find_map_fd_by_name(b->floors, "bench_calls");
	b->order = bench_memory(bpf_object__find_map_fd_by_name(b->floors, "bench_order"),
				BENCH_RUN * sizeof(*b->order));
	b->next = bench_memory(bpf_object__find_map_fd_by_name(b->floors, "bench_next"),
			       sizeof(*b->next));
}

static inline void bench_close(struct bench *b)
{
	munmap(b->order, BENCH_RUN * sizeof(*b->order));
	munmap(b->next, sizeof(*b->next));
	bpf_object__close(b->floors);
}

/* Run statistics cost every program two readings of the clock. Returns what was set before. */
static inline int bench_statistics(int on)
{
	FILE *file = fopen("/proc/sys/kernel/bpf_stats_enabled", "r+");
	int was = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &was) != 1)
		was = 0;
	rewind(file);
	fprintf(file, "%d\n", on);
	fclose(file);
	return was;
}

/* `ROUNDS` of the command line; statistics are off until bench_end. */
static inline void bench_begin(struct bench *b, int argc, char **argv)
{
	b->rounds = argc > 1 ? atoi(argv[1]) : 5;
	if (b->rounds < 1 || b->rounds > BENCH_ROUNDS) {
		fprintf(stderr, "rounds: 1 to %d\n", BENCH_ROUNDS);
		exit(2);
	}
	libbpf_set_print(dp_silent);
	b->stats = bench_statistics(0);
}

static inline void bench_end(const struct bench *b)
{
	bench_statistics(b->stats);
}

#define BENCH_SRC4 "10.0.0.1"
#define BENCH_DST4 "192.0.2.9"
#define BENCH_SRC6 "2001:db8::1"
#define BENCH_DST6 "2001:db8:9::9"

/* One segment of a connection, `payload` bytes long. */
static inline void bench_packet(struct pkt *p, int six, uint8_t flags, unsigned int payload)
{
	pkt_eth(p, six ? 0x86dd : 0x0800);
	if (six)
		pkt_ip6(p, BENCH_SRC6, BENCH_DST6, 6);
	else
		pkt_ip4(p, BENCH_SRC4, BENCH_DST4, 6);
	pkt_tcp(p, 40000, 443, flags, 1, 1);
	pkt_fill(p, payload);
	pkt_end(p);
}

static inline const char *bench_verdict(double value, double limit, int *over)
{
	if (value <= limit)
		return "ok";
	++*over;
	return "OVER";
}
