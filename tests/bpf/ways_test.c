/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The short, the middle and the long way through a packet give the same answer. With --decap all
 * packets take the long way: the same frames, mutated, cut and as super-packets, go through two
 * kernel halves, one with it, and rows, quality, counters and samples have to be the same.
 */
#include "bpf/dp.h"
#include "bpf/shapes.h"

#define FRAMES 20000
#define ROWS   65536

/* Bytes that mean something somewhere: protocols, header lengths, tags, versions. */
static uint8_t telling_byte(void)
{
	static const uint8_t bytes[] = {0,    1,    2,	  6,	8,    11,   17,	  20,	40,   43,
					44,   50,   51,	  58,	59,   60,   0x21, 0x40, 0x45, 0x46,
					0x4f, 0x50, 0x57, 0x60, 0x61, 0x64, 0x81, 0x86, 0x88, 0xff};

	return pkt_below(4) ? bytes[pkt_below(sizeof(bytes))] : (uint8_t)pkt_below(256);
}

static void mutate(struct pkt *p)
{
	for (uint32_t n = pkt_below(4); n; n--) {
		uint32_t at = 12 + pkt_below(pkt_below(2) ? 30 : 70);

		if (at < p->len)
			p->data[at] = telling_byte();
	}
	if (!pkt_below(4))
		p->len = 15 + pkt_below(p->len - 14);
}

/* Of a sample all but the moment. */
static void same_sample(struct dp *near, struct dp *far)
{
	struct dp_event *a, *b;

	assert_int_equal(dp_events(near), dp_events(far));
	if (!near->n_events)
		return;
	a = &near->events[(near->n_events - 1) % DP_EVENTS];
	b = &far->events[(far->n_events - 1) % DP_EVENTS];
	a->event.time = b->event.time;
	assert_memory_equal(a, b, sizeof(a->event) + a->event.caplen);
}

static bool same_row(struct fb_row a, const struct fb_row *b)
{
	a.first_seen = b->first_seen;
	a.last_seen = b->last_seen;
	return !memcmp(&a, b, sizeof(a));
}

/* All but what depends on the moment: delays, and whether a gap was filled late. */
static bool same_quality(const struct fb_quality *a, const struct fb_quality *b)
{
	const unsigned int bits = FB_QUALITY_SEEN | FB_QUALITY_ACKED | FB_QUALITY_ZERO;

	for (int dir = 0; dir < 2; dir++) {
		const struct fb_quality_dir *p = &a->dir[dir], *q = &b->dir[dir];

		if (p->next != q->next || p->retrans + p->reordered != q->retrans + q->reordered ||
		    p->zero_windows != q->zero_windows || (p->bits & bits) != (q->bits & bits))
			return false;
	}
	return true;
}

static void same_tables(const struct dp *near, const struct dp *far)
{
	assert_int_equal(dp_used(near), dp_used(far));
	for (uint32_t i = 0; i < dp_used(near); i++) {
		assert_true(same_row(near->rows[i], &far->rows[i]));
		assert_true(same_quality(&near->quality[i], &far->quality[i]));
	}
	for (int hook = 0; hook < 2; hook++) {
		struct fb_stats a = dp_stats(near, DP_LINK, hook), b = dp_stats(far, DP_LINK, hook);

		assert_memory_equal(&a, &b, sizeof(a));
	}
}

/* False: frames as short as this one are not for a test run. */
static bool run(const struct dp *dp, const struct pkt *p, int hook, bool gso)
{
	struct __sk_buff skb = {
		.ifindex = DP_IFINDEX,
		.gso_segs = gso ? 3 : 0,
		.gso_size = gso ? 40 : 0,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb), .repeat = 1);

	return bpf_prog_test_run_opts(dp->prog[hook], &opts) == 0;
}

static void send_both(struct dp *near, struct dp *far, const struct pkt *p, int hook)
{
	bool gso = !pkt_below(8), sent = run(near, p, hook, gso);

	assert_true(sent || p->len < 60);
	assert_int_equal(run(far, p, hook, gso), sent);
	same_sample(near, far);
}

/* As the user half does; packets of such rows are the short way's. */
static void inspected(struct dp *dp)
{
	for (uint32_t i = 0; i < dp_used(dp); i++)
		dp->rows[i].inspect = FB_INSPECT_DONE;
}

static void ways_agree(void **state)
{
	struct dp near, far;
	struct pkt p;

	(void)state;
	dp_open(&near, (struct fb_knobs){.inspect = 1, .quality = 1, .max_flows = ROWS}, 0);
	dp_open(&far, (struct fb_knobs){.inspect = 1, .quality = 1, .max_flows = ROWS, .decap = 1},
		0);
	for (int i = 0; i < FRAMES; i++) {
		const struct shape *shape = &shapes[pkt_below(SHAPES)];

		p = (struct pkt){};
		(shape->before && pkt_below(2) ? shape->before : shape->build)(&p);
		pkt_end(&p);
		if (i >= (int)SHAPES * 20)
			mutate(&p);
		for (uint32_t n = pkt_below(3) + 1, hook = pkt_below(2); n; n--)
			send_both(&near, &far, &p, (int)hook);
		if (i % 1000)
			continue;
		same_tables(&near, &far);
		inspected(&near);
		inspected(&far);
	}
	same_tables(&near, &far);
	dp_conserves(&near);
	dp_conserves(&far);
	print_message("# %u flows\n", dp_used(&near));
	dp_close(&near);
	dp_close(&far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ways_agree)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
