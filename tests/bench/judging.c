/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy flow util
/*
 * What the judge costs: a window of 10 s at so many live flows, of which one in five opened in it,
 * is known to be answered and ends. Prints one table. Usage: judging [FLOWS...]
 */
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/judge.h"
#include "util/select.h"

#define BLOCK	16
#define WARM	12 /* windows, until tables are as full as they get */
#define WINDOWS 21
#define WINDOW	10000000000ull
#define N(arr)	(sizeof(arr) / sizeof(*(arr)))

static uint64_t seed = 88172645463325252ull;

static uint32_t any(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 32) * n >> 32);
}

/* Small numbers often, as hosts and servers come. */
static uint32_t skewed(uint32_t n)
{
	const uint64_t u = any(1024);

	return (uint32_t)(u * u * u * n >> 30);
}

static void set_addr(uint8_t addr[static 16], uint32_t number)
{
	memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	for (int i = 0; i < 4; i++)
		addr[12 + i] = (uint8_t)(number >> (24 - 8 * i));
}

/* Three of four times one of its forty usual ones. */
static uint32_t server_of(uint32_t host)
{
	const uint32_t usual = (host * 40 + skewed(40)) * 2654435761u >> 7;

	return 0x97000000 + (any(4) ? usual % 30000 : skewed(30000));
}

/* Of an office: names are asked for, pages fetched, some of them from servers without a name; and
 * strangers try ports. */
static void make_flow(struct fb_judged *flow, uint32_t hosts, uint64_t now)
{
	const uint32_t kind = any(100), host = 0x0a000000 + any(hosts);
	const bool dns = kind < 35, stranger = kind >= 95;

	*flow = (struct fb_judged){.time_ns = now,
				   .family = 4,
				   .proto = dns || kind < 45 ? IPPROTO_UDP : IPPROTO_TCP,
				   .sport = (uint16_t)(32768 + any(28000)),
				   .dport = dns ? 53 : 443,
				   .result = FB_JUDGED_OK,
				   .l7 = dns ? FB_JUDGED_DNS : FB_JUDGED_TLS,
				   .src_inside = !stranger,
				   .dst_inside = stranger,
				   .duration_us = 1000 + any(9000000),
				   .packets = {1 + any(30), 1 + any(60)},
				   .ja4 = dns || stranger ? 0 : 1 + skewed(6),
				   .name = kind < 90 ? "a.example" : NULL};
	flow->bytes[0] = flow->packets[0] * (60 + any(100));
	flow->bytes[1] = flow->packets[1] * (60 + any(1300));
	set_addr(flow->src, stranger ? 0xc6000000 + skewed(1u << 20) : host);
	set_addr(flow->dst, stranger ? host : dns ? 0x08080808 + any(2) : server_of(host));
	if (!stranger)
		return;
	flow->result = FB_JUDGED_NOREPLY;
	flow->dport = (uint16_t)skewed(9000);
	flow->packets[1] = flow->bytes[1] = 0;
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static const uint8_t apart[] = {FB_TOLD_OPENED, FB_TOLD_RESULT, FB_TOLD_ENDED};
/* As the daemon has it of most: it looks once they are some moments old. */
static const uint8_t late[] = {FB_TOLD_OPENED | FB_TOLD_RESULT, FB_TOLD_ENDED};

#define PARTS N(apart)

struct window {
	struct fb_judged *flows;
	struct fb_learned_steps *steps;
	uint32_t n, hosts;
};

static void make_window(struct window *window, uint64_t begin)
{
	for (uint32_t i = 0; i < window->n; i++)
		make_flow(&window->flows[i], window->hosts, begin + i * (WINDOW / window->n));
}

/* As the daemon: some of them together, and of each little is kept. */
static void tell_block(struct fb_judge *judge, const struct window *window, uint32_t first,
		       uint8_t events)
{
	struct fb_judgement judgements[BLOCK];
	struct fb_judge_told told[BLOCK] = {0};
	const uint32_t n = window->n - first < BLOCK ? window->n - first : BLOCK;

	for (uint32_t i = 0; i < n; i++) {
		memset(&judgements[i], 0, offsetof(struct fb_judgement, evidence));
		judgements[i].steps = window->steps[first + i];
		told[i] = (struct fb_judge_told){&window->flows[first + i], &judgements[i], events};
	}
	fb_judge_tell(judge, told, n);
	for (uint32_t i = 0; i < n; i++)
		window->steps[first + i] = judgements[i].steps;
}

static double tell(struct fb_judge *judge, const struct window *window, uint8_t events)
{
	const double start = now_ms();

	for (uint32_t i = 0; i < window->n; i += BLOCK)
		tell_block(judge, window, i, events);
	return now_ms() - start;
}

static int compare_ms(const void *a_, const void *b_, void *ctx)
{
	const double a = *(const double *)a_, b = *(const double *)b_;

	(void)ctx;
	return a < b ? -1 : a > b;
}

static double median(double *ms)
{
	fb_sort(ms, WINDOWS, sizeof(*ms), compare_ms, NULL);
	return ms[WINDOWS / 2];
}

static void bench_events(struct window *window, uint32_t live, const uint8_t *events, size_t n)
{
	struct fb_learned *learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n);
	const struct fb_judge_opts opts = {.learned = learned, .secret = true};
	double ms[PARTS + 1][WINDOWS] = {0};
	struct fb_judge *judge;

	if (!learned || fb_judge_new(&opts, &judge))
		exit(1);
	for (int w = -WARM; w < WINDOWS; w++) {
		make_window(window, (uint64_t)(1000 + w) * WINDOW);
		for (unsigned int part = 0; part < n; part++) {
			const double took = tell(judge, window, events[part]);

			if (w < 0)
				continue;
			ms[part][w] = took;
			ms[PARTS][w] += took;
		}
	}
	printf("| %u | %u | %.2f |", live, window->n, median(ms[PARTS]));
	for (unsigned int part = 0; part < n; part++)
		printf(" %.0f", median(ms[part]) * 1e6 / window->n);
	printf(" |\n");
	fflush(stdout);
	fb_judge_free(judge);
	fb_learned_free(learned);
}

static void bench(uint32_t live)
{
	struct window window = {.n = live / 5, .hosts = live / 50};

	window.flows = calloc(window.n, sizeof(*window.flows));
	window.steps = calloc(window.n, sizeof(*window.steps));
	if (!window.flows || !window.steps)
		exit(1);
	bench_events(&window, live, apart, N(apart));
	bench_events(&window, live, late, N(late));
	free(window.flows);
	free(window.steps);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {100000, 1000000};

	printf("| live | new | ms a window | ns: opened, result, ended; opened with its result, ended |\n|---|---|---|---|\n");
	for (int i = 1; i < argc; i++)
		bench((uint32_t)strtoul(argv[i], NULL, 10));
	for (size_t i = 0; argc == 1 && i < N(sizes); i++)
		bench(sizes[i]);
	return 0;
}
