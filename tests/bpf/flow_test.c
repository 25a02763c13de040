/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows: made once, counted exactly, opened by the right side, used again under a new generation. */
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "bpf/dp.h"

#define CLI "10.0.0.1"
#define SRV "192.0.2.9"

static int open_with(void **state, struct fb_knobs knobs)
{
	static struct dp dp;

	dp_open(&dp, knobs, 0);
	*state = &dp;
	return 0;
}

static int start(void **state)
{
	return open_with(state, (struct fb_knobs){.inspect = 1});
}

static int start_replay(void **state)
{
	return open_with(state, (struct fb_knobs){.inspect = 1, .replay = 1});
}

static int start_small(void **state)
{
	return open_with(state, (struct fb_knobs){.max_flows = 1024});
}

static int stop(void **state)
{
	dp_conserves(*state);
	dp_close(*state);
	return 0;
}

/* A segment of 40 bytes; `back`: from the server. */
static void segment(struct dp *dp, int hook, int back, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, back ? SRV : CLI, back ? CLI : SRV, 6);
	pkt_tcp(&p, back ? 443 : 40000, back ? 40000 : 443, flags, seq, ack);
	pkt_end(&p);
	dp_send(dp, hook, &p);
}

static void handshake(struct dp *dp, uint32_t isn)
{
	segment(dp, 0, 0, PKT_TCP_SYN, isn, 0);
	segment(dp, 1, 1, PKT_TCP_SYN | PKT_TCP_ACK, isn * 3, isn + 1);
	segment(dp, 0, 0, PKT_TCP_ACK, isn + 1, isn * 3 + 1);
}

static struct fb_row *row_of(struct dp *dp)
{
	return dp_find(dp, CLI, SRV, 40000, 443, 6, NULL);
}

static void datagram(struct dp *dp, int hook, uint32_t n, unsigned int len)
{
	struct pkt p = {};
	char src[16];

	snprintf(src, sizeof(src), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, src, SRV, 17);
	pkt_udp(&p, 9000, 9001);
	pkt_fill(&p, len);
	pkt_end(&p);
	dp_send(dp, hook, &p);
}

static void knows_who_opened(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;
	int dir;

	handshake(dp, 1000);
	row = dp_find(dp, CLI, SRV, 40000, 443, 6, &dir);
	assert_int_equal(row->opener, dir);
	assert_int_equal(row->opener_by, FB_OPENER_SYN);
	assert_int_equal(row->isn, 1000);
	assert_int_equal(row->tcp_flags[dir], PKT_TCP_SYN | PKT_TCP_ACK);
	assert_int_equal(row->tcp_flags[!dir], PKT_TCP_SYN | PKT_TCP_ACK);
	assert_int_equal(row->packets[dir], 2);
	assert_int_equal(row->packets[!dir], 1);
	assert_true(row->rtt_ns > 0);
}

static void knows_it_by_the_syn_ack_alone(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;
	int dir;

	segment(dp, 0, 1, PKT_TCP_SYN | PKT_TCP_ACK, 500, 78);
	row = dp_find(dp, CLI, SRV, 40000, 443, 6, &dir);
	assert_int_equal(row->opener, dir);
	assert_int_equal(row->opener_by, FB_OPENER_SYN);
	assert_int_equal(row->isn, 77);
	segment(dp, 0, 0, PKT_TCP_SYN, 77, 0); /* came late */
	assert_int_equal(dp_live(dp), 1);
}

static void guesses_it_midstream(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;
	int dir;

	segment(dp, 0, 1, PKT_TCP_ACK, 500, 78);
	row = dp_find(dp, SRV, CLI, 443, 40000, 6, &dir);
	assert_int_equal(row->opener, dir);
	assert_int_equal(row->opener_by, FB_OPENER_FIRST);
	assert_int_equal(row->rtt_ns, 0);
}

static void rtt_is_syn_to_ack(void **state)
{
	struct dp *dp = *state;

	dp->tstamp = 1700000000000000000ull;
	segment(dp, 0, 0, PKT_TCP_SYN, 1, 0);
	dp->tstamp += 20000000;
	segment(dp, 0, 1, PKT_TCP_SYN | PKT_TCP_ACK, 9, 2);
	dp->tstamp += 345678;
	segment(dp, 0, 0, PKT_TCP_ACK, 2, 10);
	assert_int_equal(row_of(dp)->rtt_ns, 20345678);
	assert_int_equal(row_of(dp)->first_seen, 1700000000000000000ull);
	assert_int_equal(row_of(dp)->last_seen, 1700000000020345ull);
	dp->tstamp += 1000000;
	segment(dp, 0, 0, PKT_TCP_ACK | PKT_TCP_PUSH, 2, 10);
	assert_int_equal(row_of(dp)->rtt_ns, 20345678);
}

static void retransmitted_syn_gives_no_rtt(void **state)
{
	struct dp *dp = *state;

	for (int i = 0; i < 2; i++)
		segment(dp, 0, 0, PKT_TCP_SYN, 1, 0);
	segment(dp, 0, 1, PKT_TCP_SYN | PKT_TCP_ACK, 9, 2);
	segment(dp, 0, 0, PKT_TCP_ACK, 2, 10);
	assert_int_equal(row_of(dp)->rtt_ns, 0);
	assert_int_equal(dp_live(dp), 1);
	assert_int_equal(dp_stat(dp, FB_STAT_reused), 0);
}

/* What ends the first connection, and whether a SYN of another number is at once a new one. */
static void tuple_used_again(void **state)
{
	static const struct {
		uint8_t end;
		int back, established;
		uint32_t seq, ack;
		int fresh;
	} cases[] = {
		{PKT_TCP_FIN | PKT_TCP_ACK, 0, 1, 1001, 3001, 1},
		{PKT_TCP_FIN | PKT_TCP_ACK, 1, 1, 3001, 1001,
		 0}, /* the other side's: half closed */
		{PKT_TCP_RST, 1, 1, 3001, 0, 1},
		{PKT_TCP_RST | PKT_TCP_ACK, 1, 0, 0, 1001, 1},	   /* refused, tried again */
		{PKT_TCP_RST | PKT_TCP_ACK, 1, 0, 0, 77, 0},	   /* forged */
		{PKT_TCP_ACK | PKT_TCP_PUSH, 0, 1, 1001, 3001, 0}, /* no end seen */
		{0, 0, 0, 0, 0, 0}, /* unanswered: it gave up and tries anew */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dp *dp;
		struct fb_row *old, *row;

		start(state);
		dp = *state;
		if (cases[i].established)
			handshake(dp, 1000);
		else
			segment(dp, 0, 0, PKT_TCP_SYN, 1000, 0);
		if (cases[i].end)
			segment(dp, cases[i].back, cases[i].back, cases[i].end, cases[i].seq,
				cases[i].ack);
		old = row_of(dp);
		uint64_t packets = old->packets[0] + old->packets[1];
		segment(dp, 0, 0, PKT_TCP_SYN, 5000, 0);
		segment(dp, 0, 0, PKT_TCP_SYN, 5000, 0);
		row = row_of(dp);
		assert_int_equal(row != old, cases[i].fresh);
		assert_int_equal(row->isn, cases[i].fresh ? 5000 : 1000);
		assert_int_equal(dp_stat(dp, FB_STAT_reused), cases[i].fresh);
		assert_int_equal(dp_live(dp), 1 + cases[i].fresh);
		if (cases[i].fresh) {
			assert_int_equal(old->state, FB_ROW_LIVE | FB_ROW_SUPERSEDED);
			assert_int_equal(old->packets[0] + old->packets[1], packets);
			assert_int_equal(row->packets[row->opener], 2);
			assert_int_equal(row->generation, 2);
			assert_int_equal(row->state, FB_ROW_LIVE);
		}
		stop(state);
	}
	start(state);
}

/* On a live row: the answer makes the new connection, which has all copies of its SYN. */
static void answered_syn_is_a_new_connection(void **state)
{
	struct dp *dp = *state;
	struct fb_row *old, *row;
	int client;

	handshake(dp, 1000);
	old = dp_find(dp, CLI, SRV, 40000, 443, 6, &client);
	segment(dp, 0, 0, PKT_TCP_SYN, 4000, 0);
	for (int i = 0; i < 2; i++)
		segment(dp, 0, 0, PKT_TCP_SYN, 5000, 0);
	segment(dp, 1, 1, PKT_TCP_SYN | PKT_TCP_ACK, 77, 400001); /* not the answer */
	assert_ptr_equal(row_of(dp), old);
	assert_int_equal(old->packets[client], 5);
	segment(dp, 1, 1, PKT_TCP_SYN | PKT_TCP_ACK, 9000, 5001);
	row = row_of(dp);
	assert_ptr_not_equal(row, old);
	assert_int_equal(old->packets[client], 3);
	assert_int_equal(old->packets[!client], 2);
	assert_int_equal(row->packets[client], 2);
	assert_int_equal(row->bytes[client], 80);
	assert_int_equal(row->packets[!client], 1);
	assert_int_equal(row->isn, 5000);
	assert_int_equal(row->opener, client);
	segment(dp, 0, 0, PKT_TCP_ACK, 5001, 9001);
	segment(dp, 1, 1, PKT_TCP_RST, 9001, 0);
	assert_int_equal(row->tcp_flags[!client] & PKT_TCP_RST, PKT_TCP_RST);
}

/* What does not fit leaves flags, opener, number and round trip as they are, alone or in pairs. */
static void strangers_change_nothing(void **state)
{
	static const struct {
		int hook, back;
		uint8_t flags;
		uint32_t seq, ack;
	} forged[] = {
		{1, 0, PKT_TCP_SYN, 7777, 0},
		{0, 0, PKT_TCP_SYN, 7777, 0},
		{1, 1, PKT_TCP_RST, 1, 0},
		{0, 0, PKT_TCP_RST | PKT_TCP_ACK, 123456789, 7778},
		{1, 1, PKT_TCP_RST | PKT_TCP_ACK, 0, 7778},
		{1, 1, PKT_TCP_FIN | PKT_TCP_ACK, 1, 1},
		{1, 1, PKT_TCP_SYN | PKT_TCP_ACK, 999, 123456},
		{0, 0, PKT_TCP_SYN, 7779, 0},
	};
	struct dp *dp = *state;
	struct fb_row *row, before;

	handshake(dp, 1000);
	before = *(row = row_of(dp));
	for (size_t i = 0; i < sizeof(forged) / sizeof(*forged); i++)
		segment(dp, forged[i].hook, forged[i].back, forged[i].flags, forged[i].seq,
			forged[i].ack);
	assert_ptr_equal(row_of(dp), row);
	assert_int_equal(row->state, FB_ROW_LIVE);
	assert_memory_equal(row->tcp_flags, before.tcp_flags, 2);
	assert_int_equal(row->isn, before.isn);
	assert_int_equal(row->opener, before.opener);
	assert_int_equal(row->rtt_ns, before.rtt_ns);
	assert_int_equal(dp_stat(dp, FB_STAT_reused), 0);
	assert_true(dp_stat(dp, FB_STAT_unfit) >= 7);
}

/* Of a connection that was there before us nothing tells which number comes next. */
static void ends_in_midstream_are_doubted(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;
	struct fb_side *side;
	int client;

	segment(dp, 0, 0, PKT_TCP_ACK, 70000, 90000);
	segment(dp, 1, 1, PKT_TCP_RST, 90000, 0);
	row = dp_find(dp, CLI, SRV, 40000, 443, 6, &client);
	side = &dp->sides[row - dp->rows];
	assert_int_equal(row->state, FB_ROW_LIVE | FB_ROW_DOUBTED);
	assert_int_equal(row->tcp_flags[!client], 0);
	assert_int_equal(side->doubted[!client], PKT_TCP_RST);
	assert_int_equal(side->end_packets, 1);
}

static void old_name_does_not_stick(void **state)
{
	struct dp *dp = *state;
	struct pkt p = {};
	struct fb_name name;
	uint32_t next;

	handshake(dp, 1000);
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, CLI, SRV, 6);
	pkt_tcp(&p, 40000, 443, PKT_TCP_ACK | PKT_TCP_PUSH, 1001, 3001);
	pkt_hello(&p, "old.example", 0);
	pkt_end(&p);
	dp_send(dp, 0, &p);
	assert_true(dp_name(dp, row_of(dp), &name));
	assert_int_equal(row_of(dp)->state, FB_ROW_LIVE | FB_ROW_NAMED);
	next = 1001 + (uint32_t)(p.len - 14 - 40);
	segment(dp, 0, 0, PKT_TCP_RST, next, 0);
	segment(dp, 0, 0, PKT_TCP_SYN, 5000, 0);
	assert_false(dp_name(dp, row_of(dp), &name));
	assert_int_equal(row_of(dp)->state, FB_ROW_LIVE);
}

static void hairpin_counts_once(void **state)
{
	struct dp *dp = *state;

	for (int hook = 0; hook < 2; hook++) {
		segment(dp, hook, 0, PKT_TCP_SYN, 1000, 0);
		segment(dp, hook, 1, PKT_TCP_SYN | PKT_TCP_ACK, 7, 1001);
	}
	for (int hook = 0; hook < 2; hook++)
		segment(dp, hook, 0, PKT_TCP_ACK, 1001, 8);
	dp_counted(dp, CLI, SRV, 40000, 443, 6, 2, 80);
	dp_counted(dp, SRV, CLI, 443, 40000, 6, 1, 40);
	assert_int_equal(dp_stat(dp, FB_STAT_second_sight), 3);
	assert_int_equal(dp_stat(dp, FB_STAT_seen), 6);
	assert_int_equal(dp_live(dp), 1);
}

/* One forged packet is the first of its direction, on the hook that the direction does not take. */
static void forged_packet_hides_nothing(void **state)
{
	struct dp *dp = *state;
	const struct fb_side *side;
	struct fb_row *row;

	segment(dp, 0, 0, PKT_TCP_SYN, 1000, 0);
	segment(dp, 0, 1, PKT_TCP_ACK, 1, 1);
	for (int i = 0; i < 5; i++)
		segment(dp, 1, 1, PKT_TCP_SYN | PKT_TCP_ACK, 7, 1001);
	row = dp_counted(dp, SRV, CLI, 443, 40000, 6, 1, 40);
	side = &dp->sides[row - dp->rows];
	assert_int_equal(side->packets[0] + side->packets[1], 5);
	assert_int_equal(side->bytes[0] + side->bytes[1], 200);
	assert_true((row->tcp_flags[0] | row->tcp_flags[1]) & PKT_TCP_SYN);
	assert_int_equal(dp_stat(dp, FB_STAT_second_sight), 5);
}

static void span_port_counts_both_ways(void **state)
{
	struct dp *dp = *state;

	segment(dp, 0, 0, PKT_TCP_SYN, 1000, 0);
	segment(dp, 0, 1, PKT_TCP_SYN | PKT_TCP_ACK, 7, 1001);
	segment(dp, 0, 0, PKT_TCP_ACK, 1001, 8);
	dp_counted(dp, CLI, SRV, 40000, 443, 6, 2, 80);
	dp_counted(dp, SRV, CLI, 443, 40000, 6, 1, 40);
	assert_int_equal(dp_stat(dp, FB_STAT_second_sight), 0);
}

static void reuse_without_room_goes_on_in_the_old_row(void **state)
{
	struct dp *dp = *state;

	handshake(dp, 1000);
	segment(dp, 0, 0, PKT_TCP_FIN | PKT_TCP_ACK, 1001, 0);
	for (uint32_t i = 0; i < 1023; i++) {
		datagram(dp, 0, i, 1);
		dp->rows[dp->state->next_slot - 1].packets[0] += 2; /* answered: not to be had */
		dp->rows[dp->state->next_slot - 1].packets[1] += 2;
	}
	segment(dp, 0, 0, PKT_TCP_SYN, 5000, 0);
	for (uint32_t i = 0; i < 1024; i++)
		if (dp->rows[i].key.proto == 17)
			dp->rows[i].packets[0] = 1, dp->rows[i].packets[1] = 0;
	assert_int_equal(row_of(dp)->state, FB_ROW_LIVE);
	dp_counted(dp, CLI, SRV, 40000, 443, 6, 4, 160);
	assert_int_equal(dp_stat(dp, FB_STAT_map_full), 0);
	assert_int_equal(dp_stat(dp, FB_STAT_reused), 0);
}

static void freed_slots_are_taken_first(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;
	struct fb_key4 key;
	uint32_t slot, generation;

	for (uint32_t i = 0; i < 10; i++)
		datagram(dp, 0, i, 1);
	datagram(dp, 1, 3, 1);
	row = dp_find(dp, "10.0.0.3", SRV, 9000, 9001, 17, NULL);
	slot = row - dp->rows;
	assert_int_equal(dp->sides[slot].packets[0] + dp->sides[slot].packets[1], 1);
	generation = row->generation;
	assert_int_equal(slot, 3);
	key = (struct fb_key4){.proto = 17, .lane = DP_LINK};
	memcpy(key.addr[0], row->key.addr[0] + 12, 4);
	memcpy(key.addr[1], row->key.addr[1] + 12, 4);
	memcpy(key.port, row->key.port, 4);
	dp->state->next_slot = 10;
	assert_int_equal(bpf_map_delete_elem(dp->index4, &key), 0);
	memset(row, 0, sizeof(*row));
	row->generation = generation;
	assert_int_equal(bpf_map_update_elem(dp_map(dp, "fb_free"), NULL, &slot, BPF_ANY), 0);
	/* its packet is gone with the row, as the user half has folded it in */
	struct fb_stats before = dp_stats(dp, DP_LINK, 0);
	datagram(dp, 0, 77, 1);
	assert_ptr_equal(dp_find(dp, "10.0.0.77", SRV, 9000, 9001, 17, NULL), row);
	assert_int_equal(row->generation, generation + 1);
	assert_int_equal(dp->sides[slot].packets[0] + dp->sides[slot].packets[1], 0);
	assert_int_equal(dp->state->next_slot, 10);
	datagram(dp, 0, 78, 1);
	assert_int_equal(dp->state->next_slot, 11);
	assert_int_equal(dp_stats(dp, DP_LINK, 0).packets[FB_STAT_seen],
			 before.packets[FB_STAT_seen] + 2);
	datagram(dp, 0, 3, 1); /* a revived flow */
	assert_int_equal(dp_live(dp), 12);
	row->packets[0] += 2; /* for conservation: what was folded in */
	row->bytes[0] += 58;
}

/* The cache in front of the index does not outlive what the user half takes out. */
static void unlinked_rows_are_not_found(void **state)
{
	struct dp *dp = *state;
	struct fb_key4 key = {.proto = 17, .lane = DP_LINK};
	struct fb_row *row, *next;

	for (int i = 0; i < 3; i++)
		datagram(dp, 0, 5, 1);
	row = dp_find(dp, "10.0.0.5", SRV, 9000, 9001, 17, NULL);
	memcpy(key.addr[0], row->key.addr[0] + 12, 4);
	memcpy(key.addr[1], row->key.addr[1] + 12, 4);
	memcpy(key.port, row->key.port, 4);
	row->state |= FB_ROW_UNLINKED;
	datagram(dp, 0, 5, 1);
	assert_int_equal(row->packets[0], 4); /* the index has it still */
	assert_int_equal(bpf_map_delete_elem(dp->index4, &key), 0);
	for (int i = 0; i < 2; i++)
		datagram(dp, 0, 5, 1);
	next = dp_find(dp, "10.0.0.5", SRV, 9000, 9001, 17, NULL);
	assert_ptr_not_equal(row, next);
	assert_int_equal(row->packets[0], 4);
	assert_int_equal(next->packets[0], 2);
}

static void counters_do_not_wrap(void **state)
{
	struct dp *dp = *state;
	struct fb_row *row;

	segment(dp, 0, 0, PKT_TCP_ACK, 1, 1);
	row = row_of(dp);
	row->packets[0] = 0xffffffffull;
	row->bytes[0] = 0x7fffffffffffffffull;
	segment(dp, 0, 0, PKT_TCP_ACK, 1, 1);
	assert_int_equal(row->packets[0], 0x100000000ull);
	assert_int_equal(row->bytes[0], 0x8000000000000027ull);
	row->packets[0] = 2;
	row->bytes[0] = 80;
}

struct sender {
	struct dp *dp;
	int cpu, repeat;
	uint32_t flows;
};

static void *send_many(void *arg)
{
	struct sender *s = arg;
	struct pkt p = {};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(s->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, CLI, SRV, 17);
	pkt_udp(&p, 9000, 9001);
	pkt_fill(&p, 58);
	pkt_end(&p);
	for (uint32_t i = 0; i < s->flows; i++) {
		struct __sk_buff skb = {.ifindex = DP_IFINDEX};
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.data, .data_size_in = p.len,
			    .ctx_in = &skb, .ctx_size_in = sizeof(skb), .repeat = s->repeat);

		pkt_put16(p.data + p.l4, i);
		if (bpf_prog_test_run_opts(s->dp->prog[0], &opts))
			return (void *)1;
	}
	return NULL;
}

static void two_senders(struct dp *dp, int repeat, uint32_t flows)
{
	struct sender s[2];
	pthread_t thread[2];

	for (int i = 0; i < 2; i++) {
		s[i] = (struct sender){dp, i, repeat, flows};
		assert_int_equal(pthread_create(&thread[i], NULL, send_many, &s[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		void *failed;

		assert_int_equal(pthread_join(thread[i], &failed), 0);
		assert_null(failed);
	}
}

static void two_cpus_one_flow(void **state)
{
	struct dp *dp = *state;

	two_senders(dp, 1000000, 1);
	assert_int_equal(dp_live(dp), 1);
	dp_counted(dp, CLI, SRV, 0, 9001, 17, 2000000, 2000000ull * 86);
}

static void two_cpus_make_the_same_flows(void **state)
{
	struct dp *dp = *state;
	uint64_t packets = 0;

	two_senders(dp, 3, 3000);
	assert_int_equal(dp_live(dp), 3000);
	for (uint32_t i = 0; i < dp_used(dp); i++) {
		if (!(dp->rows[i].state & FB_ROW_LIVE))
			continue;
		assert_int_equal(dp->rows[i].packets[0] + dp->rows[i].packets[1], 6);
		packets += 6;
	}
	assert_int_equal(packets, 18000);
	assert_int_equal(dp_stat(dp, FB_STAT_map_full), 0);
}

static void reads_both_clocks(void **state)
{
	struct dp *dp = *state;
	struct __sk_buff skb = {};
	struct timespec ts;
	uint8_t data[64] = {};

	assert_int_equal(dp_run(dp->clock, data, sizeof(data), &skb), -1);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	int64_t late = ts.tv_sec * 1000000000ll + ts.tv_nsec - (int64_t)dp->state->clock_ns;
	assert_true(late >= 0 && late < 1000000000);
	segment(dp, 0, 0, PKT_TCP_ACK, 1, 1);
	assert_true(row_of(dp)->last_seen - dp->state->clock_ticks < 1000);
	assert_true(row_of(dp)->first_seen >= dp->state->clock_ns);
}

int main(void)
{
#define flow_test(f)  cmocka_unit_test_setup_teardown(f, start, stop)
#define small_test(f) cmocka_unit_test_setup_teardown(f, start_small, stop)
	const struct CMUnitTest tests[] = {
		flow_test(knows_who_opened),
		flow_test(knows_it_by_the_syn_ack_alone),
		flow_test(guesses_it_midstream),
		cmocka_unit_test_setup_teardown(rtt_is_syn_to_ack, start_replay, stop),
		flow_test(retransmitted_syn_gives_no_rtt),
		cmocka_unit_test_teardown(tuple_used_again, stop),
		flow_test(answered_syn_is_a_new_connection),
		flow_test(strangers_change_nothing),
		flow_test(ends_in_midstream_are_doubted),
		flow_test(old_name_does_not_stick),
		flow_test(hairpin_counts_once),
		flow_test(forged_packet_hides_nothing),
		flow_test(span_port_counts_both_ways),
		small_test(reuse_without_room_goes_on_in_the_old_row),
		flow_test(freed_slots_are_taken_first),
		flow_test(unlinked_rows_are_not_found),
		flow_test(counters_do_not_wrap),
		flow_test(two_cpus_one_flow),
		flow_test(two_cpus_make_the_same_flows),
		flow_test(reads_both_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
