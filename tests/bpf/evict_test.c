/* SPDX-License-Identifier: BSD-2-Clause */
/* No free row: who gives his up. What was answered stays, and no packet is lost from the books. */
#include "bpf/dp.h"

#define SRV  "192.0.2.9"
#define ROWS 1024

static int start(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.max_flows = ROWS, .inspect = 1}, 0);
	*state = &dp;
	return 0;
}

static int start_replay(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.max_flows = ROWS, .replay = 1}, 0);
	*state = &dp;
	return 0;
}

static int stop(void **state)
{
	dp_conserves(*state);
	dp_close(*state);
	return 0;
}

static const char *stranger(uint32_t n)
{
	static char text[16];

	snprintf(text, sizeof(text), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	return text;
}

static const char *stranger6(uint32_t n)
{
	static char text[40];

	snprintf(text, sizeof(text), "2001:db8::%x:%x", n >> 16, n & 0xffff);
	return text;
}

static void udp(struct dp *dp, int hook, const char *src, uint16_t sport, const char *dst,
		uint16_t dport)
{
	struct pkt p = {};

	pkt_eth_ip(&p, src, dst, 17);
	pkt_udp(&p, sport, dport);
	pkt_fill(&p, 20);
	pkt_end(&p);
	dp_send(dp, hook, &p);
}

static void tcp(struct dp *dp, int hook, const char *src, uint16_t sport, const char *dst,
		uint16_t dport, uint8_t flags)
{
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, src, dst, 6);
	pkt_tcp(&p, sport, dport, flags, flags & PKT_TCP_SYN ? 1000 : 1001,
		flags & PKT_TCP_ACK ? 1001 : 0);
	pkt_end(&p);
	dp_send(dp, hook, &p);
}

/* Connections of clients 172.16.0.0/16 that both sides spoke on. */
static void establish(struct dp *dp, uint32_t from, uint32_t n)
{
	char client[24];

	for (uint32_t i = from; i < from + n; i++) {
		snprintf(client, sizeof(client), "172.16.%u.%u", i >> 8, i & 255);
		tcp(dp, 1, client, 4000, SRV, 443, PKT_TCP_SYN);
		tcp(dp, 0, SRV, 443, client, 4000, PKT_TCP_SYN | PKT_TCP_ACK);
		tcp(dp, 1, client, 4000, SRV, 443, PKT_TCP_ACK);
	}
}

static uint32_t established(struct dp *dp, uint32_t n)
{
	uint32_t there = 0;
	char client[24];

	for (uint32_t i = 0; i < n; i++) {
		snprintf(client, sizeof(client), "172.16.%u.%u", i >> 8, i & 255);
		there += !!dp_find(dp, client, SRV, 4000, 443, 6, NULL);
	}
	return there;
}

/* What the rows of the index are, and no other: each live row is found, each entry leads to one. */
static void index_is_true(struct dp *dp)
{
	struct fb_key4 key4, *at = NULL;
	uint32_t entries = 0;

	for (; !bpf_map_get_next_key(dp->index4, at, &key4); at = &key4) {
		uint32_t slot;

		assert_int_equal(bpf_map_lookup_elem(dp->index4, &key4, &slot), 0);
		assert_memory_equal(&dp->rows[slot].key.addr[0][12], key4.addr[0], 4);
		assert_memory_equal(&dp->rows[slot].key.addr[1][12], key4.addr[1], 4);
		assert_memory_equal(dp->rows[slot].key.port, key4.port, 4);
		assert_int_equal(dp->rows[slot].state & ~FB_ROW_NAMED, FB_ROW_LIVE);
		entries++;
	}
	assert_int_equal(entries, dp_live(dp));
}

static void datagrams_turn_their_own_rows_over(void **state)
{
	struct dp *dp = *state;

	establish(dp, 0, 500);
	for (uint32_t i = 0; i < 20000; i++)
		udp(dp, 0, stranger(i), 5000, SRV, 53);
	assert_int_equal(dp_stat(dp, FB_STAT_map_full), 0);
	assert_int_equal(dp_stat(dp, FB_STAT_evicted), 20000 - (ROWS - 500));
	assert_int_equal(established(dp, 500), 500);
	assert_int_equal(dp_live(dp), ROWS);
	dp_counted(dp, stranger(19999), SRV, 5000, 53, 17, 1, 48);
	index_is_true(dp);
}

/* SYNs, answered by a server or refused, with nothing behind: no more worth than unanswered. */
static void handshakes_that_are_not_done(void **state)
{
	struct dp *dp = *state;

	establish(dp, 0, 500);
	for (uint32_t i = 0; i < 5000; i++) {
		tcp(dp, 0, stranger(i), 5000, SRV, 443, PKT_TCP_SYN);
		tcp(dp, 1, SRV, 443, stranger(i), 5000,
		    PKT_TCP_ACK | (i % 2 ? PKT_TCP_SYN : PKT_TCP_RST));
	}
	assert_int_equal(dp_stat(dp, FB_STAT_map_full), 0);
	assert_int_equal(established(dp, 500), 500);
	index_is_true(dp);
}

/* One question and its answer are worth more than none. */
static void answers_count(void **state)
{
	struct dp *dp = *state;
	uint32_t there = 0;

	for (uint32_t i = 0; i < 300; i++) {
		udp(dp, 1, "172.16.0.1", 10000 + i, SRV, 53);
		udp(dp, 0, SRV, 53, "172.16.0.1", 10000 + i);
	}
	for (uint32_t i = 0; i < 20000; i++)
		udp(dp, 0, stranger(i), 5000, SRV, 9);
	for (uint32_t i = 0; i < 300; i++)
		there += !!dp_find(dp, "172.16.0.1", SRV, 10000 + i, 53, 17, NULL);
	assert_int_equal(there, 300);
	assert_int_equal(dp_stat(dp, FB_STAT_map_full), 0);
}

/* One source to many, who speaks for those that it asks, too: it pays with its own rows. */
static void who_answers_himself(void **state)
{
	struct dp *dp = *state;

	for (int turns = 1; turns <= 3; turns += 2) { /* 3: as much as anybody's connection */
		establish(dp, 0, 100);
		for (uint32_t i = 0; i < 10000; i++)
			for (int turn = 0; turn < turns; turn++) {
				udp(dp, 0, "203.0.113.1", 7 + turns, stranger(i), 9);
				udp(dp, 1, stranger(i), 9, "203.0.113.1", 7 + turns);
			}
		assert_int_equal(dp_stat(dp, FB_STAT_map_full), 0);
		assert_int_equal(established(dp, 100), 100);
		index_is_true(dp);
	}
}

/* ... so that somebody else's handshake gets to its end. */
static void who_begins_beside_him(void **state)
{
	struct dp *dp = *state;

	for (uint32_t i = 0; i < 5000; i++) {
		if (i == 3000)
			tcp(dp, 1, "172.16.0.0", 4000, SRV, 443, PKT_TCP_SYN);
		udp(dp, 0, "203.0.113.1", 7, stranger(i), 9);
		udp(dp, 1, stranger(i), 9, "203.0.113.1", 7);
	}
	assert_int_equal(established(dp, 1), 1);
}

/* All that there is was answered: a newcomer finds no row, and is counted. */
static void nobody_else_gives_up(void **state)
{
	struct dp *dp = *state;

	establish(dp, 0, ROWS);
	for (uint32_t i = 0; i < 100; i++)
		udp(dp, 0, stranger(i), 5000, SRV, 53);
	assert_int_equal(dp_stat(dp, FB_STAT_map_full), 100);
	assert_int_equal(dp_stat(dp, FB_STAT_evicted), 0);
	assert_int_equal(established(dp, ROWS), ROWS);
	establish(dp, 0, 1); /* a SYN on its own row */
	assert_int_equal(established(dp, ROWS), ROWS);
}

static void six_as_well(void **state)
{
	struct dp *dp = *state;

	establish(dp, 0, 100);
	for (uint32_t i = 0; i < 5000; i++)
		udp(dp, 0, stranger6(i), 5000, "2001:db8:1::1", 53);
	assert_int_equal(dp_stat(dp, FB_STAT_evicted), 5000 - (ROWS - 100));
	assert_int_equal(dp_stat(dp, FB_STAT_map_full), 0);
	assert_int_equal(established(dp, 100), 100);
	dp_counted(dp, stranger6(4999), "2001:db8:1::1", 5000, 53, 17, 1, 68);
}

/* A name goes with its row: the map of names has the same bound. */
static void names_go_with_their_rows(void **state)
{
	const struct fb_name name = {.source = FB_NAME_SNI, .len = 1, .name = "a"};
	struct dp *dp = *state;
	struct fb_key key;
	uint32_t names = 0;

	for (uint32_t i = 0; i < ROWS; i++) {
		udp(dp, 0, stranger(i), 5000, SRV, 9);
		dp->rows[i].state |= FB_ROW_NAMED;
		assert_int_equal(bpf_map_update_elem(dp->names, &dp->rows[i].key, &name, 0), 0);
	}
	for (uint32_t i = ROWS; i < 4 * ROWS; i++)
		udp(dp, 0, stranger(i), 5000, SRV, 9);
	for (struct fb_key *at = NULL; !bpf_map_get_next_key(dp->names, at, &key); at = &key)
		names++;
	for (uint32_t i = 0; i < ROWS; i++)
		names -= !!(dp->rows[i].state & FB_ROW_NAMED);
	assert_int_equal(names, 0);
}

/* Rows on their way back to the user half, or of a superseded flow, are not for others. */
static void rows_that_leave_are_left_alone(void **state)
{
	struct dp *dp = *state;
	struct fb_key key[10];

	for (uint32_t i = 0; i < ROWS; i++)
		udp(dp, 0, stranger(i), 5000, SRV, 9);
	for (uint32_t i = 0; i < 10; i++) {
		dp->rows[i].state |= i % 2 ? FB_ROW_UNLINKED : FB_ROW_SUPERSEDED;
		key[i] = dp->rows[i].key;
	}
	for (uint32_t i = ROWS; i < 20000; i++)
		udp(dp, 0, stranger(i), 5000, SRV, 9);
	for (uint32_t i = 0; i < 10; i++)
		assert_memory_equal(&dp->rows[i].key, &key[i], sizeof(*key));
}

/* A capture has no hurry: all its flows are kept, and what finds no row is counted. */
static void a_replay_keeps_all(void **state)
{
	struct dp *dp = *state;

	for (uint32_t i = 0; i < 5000; i++)
		udp(dp, 0, stranger(i), 5000, SRV, 9);
	assert_int_equal(dp_stat(dp, FB_STAT_map_full), 5000 - ROWS);
	assert_int_equal(dp_stat(dp, FB_STAT_evicted), 0);
}

int main(void)
{
#define evict_test(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		evict_test(datagrams_turn_their_own_rows_over),
		evict_test(handshakes_that_are_not_done),
		evict_test(answers_count),
		evict_test(who_answers_himself),
		evict_test(who_begins_beside_him),
		evict_test(nobody_else_gives_up),
		evict_test(six_as_well),
		evict_test(names_go_with_their_rows),
		evict_test(rows_that_leave_are_left_alone),
		cmocka_unit_test_setup_teardown(a_replay_keeps_all, start_replay, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
