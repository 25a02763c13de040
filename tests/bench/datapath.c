/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns a packet of the data path against an empty program, in turn, in the same run: one hot flow,
 * 65,536 and 1,048,576 flows, IPv4 and IPv6, both hooks, before and after the hello. Many flows: a
 * small program rewrites the source address and calls the measured one by tail call; its own cost
 * is measured with the empty program behind it, and taken off. Flows come by rotation; the column
 * "random" has them in random order, where nothing is ever in a cache. Ratios are of one round,
 * medians of rounds.
 * Run as root: build/tests/bench/datapath [ROUNDS]
 */
#include <unistd.h>

#include "bpf/dp.h"

#define REPEAT	   1048576u /* of one run: each of the most flows once */
#define ROUNDS_MAX 15

static const struct {
	unsigned int flows;
	double limit4, limit6; /* times the empty program; 0: none is promised */
} sizes[] = {{1, 2.3, 2.6}, {65536, 6, 6}, {1048576, 15, 15}};

struct rotor {
	uint64_t state, multiply, add;
};

struct bench {
	struct dp dp;
	int empty, rotate[2]; /* rotors of this size, for IPv4 and IPv6 */
	int calls;	      /* the program array */
	int state;	      /* the rotor's numbers */
	int rounds;
};

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define MOV(d, s)	     INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOVI(d, i)	     INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define LOAD(size, d, s, o)  INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STORE(size, d, s, o) INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define MAP(d, kind, fd)     INSN(BPF_LD | BPF_IMM | BPF_DW, d, kind, 0, fd), INSN(0, 0, 0, 0, 0)

static int load(const struct bpf_insn *insns, size_t n)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "bench", "GPL", insns, n, NULL);

	if (fd < 0) {
		perror("loading a bench program");
		exit(1);
	}
	return fd;
}

static int load_empty(void)
{
	const struct bpf_insn insns[] = {MOVI(0, -1), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)};

	return load(insns, 2);
}

/* state = state * multiply + add; word at `offset` of the packet = state & mask; tail call. */
static int load_rotor(const struct bench *b, int offset, uint32_t mask)
{
	const struct bpf_insn insns[] = {
		MOV(6, 1),
		MAP(1, BPF_PSEUDO_MAP_VALUE, b->state),
		LOAD(BPF_DW, 2, 1, 0),
		LOAD(BPF_DW, 3, 1, 8),
		INSN(BPF_ALU64 | BPF_MUL | BPF_X, 2, 3, 0, 0),
		LOAD(BPF_DW, 3, 1, 16),
		INSN(BPF_ALU64 | BPF_ADD | BPF_X, 2, 3, 0, 0),
		STORE(BPF_DW, 1, 2, 0),
		INSN(BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, (int)mask),
		LOAD(BPF_W, 4, 6, offsetof(struct __sk_buff, data)),
		LOAD(BPF_W, 5, 6, offsetof(struct __sk_buff, data_end)),
		MOV(0, 4),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, 54),
		INSN(BPF_JMP | BPF_JGT | BPF_X, 0, 5, 1, 0),
		STORE(BPF_W, 4, 2, offset),
		MOV(1, 6),
		MAP(2, BPF_PSEUDO_MAP_FD, b->calls),
		MOVI(3, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call),
		MOVI(0, -1),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	return load(insns, sizeof(insns) / sizeof(*insns));
}

static void rotor_set(const struct bench *b, uint64_t multiply, uint64_t add)
{
	const struct rotor rotor = {multiply == 1 ? ~0ull : 12345, multiply, add};
	uint32_t zero = 0;

	assert(!bpf_map_update_elem(b->state, &zero, &rotor, BPF_ANY));
}

static void rotor_calls(const struct bench *b, int prog)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(b->calls, &zero, &prog, BPF_ANY)) {
		perror("program array");
		exit(1);
	}
}

static double run(int prog, const struct pkt *p, uint32_t repeat)
{
	struct __sk_buff skb = {.ifindex = DP_IFINDEX};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb), .repeat = repeat);

	if (bpf_prog_test_run_opts(prog, &opts)) {
		perror("test run");
		exit(1);
	}
	return opts.duration;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

static void build(struct pkt *p, int six, unsigned int payload)
{
	pkt_eth(p, six ? 0x86dd : 0x0800);
	if (six)
		pkt_ip6(p, "2001:db8::1", "2001:db8:9::9", 6);
	else
		pkt_ip4(p, "10.0.0.1", "192.0.2.9", 6);
	pkt_tcp(p, 40000, 443, PKT_TCP_ACK, 1, 1);
	pkt_fill(p, payload);
	pkt_end(p);
}

/* Rows of the flows, made in address order; marked as inspected, as the user half does. */
static double fill(struct bench *b, const struct pkt *p, int six, uint32_t flows, int hook)
{
	double ns;

	rotor_calls(b, b->dp.prog[hook]);
	rotor_set(b, 1, 1);
	ns = run(b->rotate[six], p, flows);
	for (uint32_t i = 0; i < dp_used(&b->dp); i++)
		b->dp.rows[i].inspect = FB_INSPECT_DONE;
	return ns;
}

/* One run behind a rotor, in rotation or in random order. */
static double turn(const struct bench *b, const struct pkt *p, int six, int prog, bool random)
{
	rotor_calls(b, prog);
	rotor_set(b, random ? 1664525 : 1, random ? 1013904223 : 1);
	return run(b->rotate[six], p, REPEAT);
}

struct figures {
	double empty[ROUNDS_MAX], full[ROUNDS_MAX], random[ROUNDS_MAX];
	double ratio[ROUNDS_MAX]; /* of this round */
};

/* All of a round is measured in turn, so that what else the machine does touches all of it. */
static void one_round(struct bench *b, const struct pkt *p, int six, int hook, uint32_t flows,
		      struct figures *figures, int i)
{
	const int prog = b->dp.prog[hook];
	double empty = run(b->empty, p, REPEAT), full, random = 0;

	if (flows > 1) {
		full = empty - turn(b, p, six, b->empty, false) + turn(b, p, six, prog, false);
		random = empty - turn(b, p, six, b->empty, true) + turn(b, p, six, prog, true);
	} else {
		full = run(prog, p, REPEAT);
	}
	figures->empty[i] = empty;
	figures->full[i] = full;
	figures->random[i] = random;
	figures->ratio[i] = full / empty;
}

static int measure(struct bench *b, unsigned int size, int six, int hook)
{
	const double limit = six ? sizes[size].limit6 : sizes[size].limit4;
	uint32_t flows = sizes[size].flows;
	struct figures figures;
	struct pkt p = {};
	double made = 0, ratio;

	build(&p, six, 100);
	b->rotate[0] = load_rotor(b, 26, flows - 1);
	b->rotate[1] = load_rotor(b, 34, flows - 1);
	for (int i = 0; i < b->rounds; i++) {
		/* New maps: which pages of memory they are given is luck, too. */
		dp_open(&b->dp, (struct fb_knobs){.inspect = 1, .max_flows = flows + 1024}, 0);
		made = fill(b, &p, six, flows, hook);
		one_round(b, &p, six, hook, flows, &figures, i);
		dp_close(&b->dp);
	}
	ratio = median(figures.ratio, b->rounds);
	printf("%-5s %-8s %9u %6.0f %6.0f %7.2f %7.1f %-5s", six ? "IPv6" : "IPv4",
	       hook ? "egress" : "ingress", flows, median(figures.empty, b->rounds),
	       median(figures.full, b->rounds), ratio, limit, ratio <= limit ? "ok" : "OVER");
	if (flows > 1)
		printf("%8.0f %9.0f", median(figures.random, b->rounds), made);
	printf("\n");
	fflush(stdout);
	close(b->rotate[0]);
	close(b->rotate[1]);
	return ratio > limit;
}

/* A packet with payload of a flow whose inspection is over, and one of a flow that has no end. */
static void after_the_hello(struct bench *b)
{
	static const uint8_t marks[] = {FB_INSPECT_DONE, FB_INSPECT_END0 | FB_INSPECT_END1};
	double ns[2][ROUNDS_MAX], bare[ROUNDS_MAX];
	struct pkt p = {};
	struct pkt ack = {};

	build(&p, 0, 1000);
	build(&ack, 0, 0);
	dp_open(&b->dp, (struct fb_knobs){.inspect = 1}, 0);
	run(b->dp.prog[0], &p, 1);
	for (int i = 0; i < b->rounds; i++) {
		bare[i] = run(b->dp.prog[0], &ack, REPEAT);
		for (int m = 0; m < 2; m++) {
			b->dp.rows[0].inspect = marks[m];
			ns[m][i] = run(b->dp.prog[0], &p, REPEAT);
		}
	}
	printf("\none hot flow: without payload %.0f ns, with payload after the hello %.0f ns, "
	       "after the budget %.0f ns\n",
	       median(bare, b->rounds), median(ns[0], b->rounds), median(ns[1], b->rounds));
	dp_close(&b->dp);
}

/* Run statistics cost every program two readings of the clock: off while this runs. */
static int statistics(int on)
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

int main(int argc, char **argv)
{
	struct bench b = {.rounds = argc > 1 ? atoi(argv[1]) : 5};
	int over = 0, stats;

	if (b.rounds < 1 || b.rounds > ROUNDS_MAX) {
		fprintf(stderr, "rounds: 1 to %d\n", ROUNDS_MAX);
		return 2;
	}
	libbpf_set_print(dp_silent);
	b.calls = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "calls", 4, 4, 1, NULL);
	b.state = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rotor", 4, sizeof(struct rotor), 1, NULL);
	b.empty = load_empty();
	stats = statistics(0);
	printf("%-5s %-8s %9s %6s %6s %7s %7s %-5s%8s %9s\n", "", "hook", "flows", "empty", "flow",
	       "ratio", "at most", "", "random", "new flow");
	for (unsigned int size = 0; size < sizeof(sizes) / sizeof(*sizes); size++)
		for (int six = 0; six < 2; six++)
			for (int hook = 0; hook < 2; hook++)
				over += measure(&b, size, six, hook);
	after_the_hello(&b);
	statistics(stats);
	return over ? 1 : 0;
}
