/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* The table's rules of time and place: when a flow has ended, who goes first, which way it goes. */
#include "unit/world.h"

static struct fb_row idle_row(uint8_t proto, uint8_t up, uint8_t down, uint64_t ns)
{
	struct fb_row row = make_row(LAN, proto, CLIENT, 40000, SERVER, 443, ns);

	count(&row, FB_UP, 1, 60, up);
	if (down)
		count(&row, FB_DOWN, 1, 60, down);
	return row;
}

/* Seconds of silence that each may have. */
static void test_idle_limits(void **state)
{
	static const struct {
		uint8_t proto, up, down; /* flags; down 0: no answer */
		unsigned int seconds;
	} cases[] = {
		{IPPROTO_TCP, SYN, 0, 30},
		{IPPROTO_TCP, SYN, SYN | ACK, 120}, /* never acknowledged */
		{IPPROTO_TCP, SYN | ACK, SYN | ACK, 7200},
		{IPPROTO_TCP, SYN | ACK | FIN, SYN | ACK, 120},
		{IPPROTO_UDP, 0, 0, 60},
		{IPPROTO_UDP, 0, ACK, 180},
		{IPPROTO_ICMP, 0, ACK, 30},
		{47, 0, ACK, 600},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world world = new_world(NULL, NULL, NULL);
		struct fb_row row = idle_row(cases[i].proto, cases[i].up, cases[i].down, world.ns);

		fb_table_row(world.table, 0, &row, world.ns);
		tick(&world, 1);
		tick(&world, cases[i].seconds - 2);
		assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
		tick(&world, 3);
		assert_int_equal(only(world.now).flow->closed, FB_CLOSED_TIMEOUT);
		end_world(&world);
	}
}

/* Conntrack knows of an established connection's silence for days. */
static void test_tracked_idle(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = idle_row(IPPROTO_TCP, SYN | ACK, SYN | ACK, world.ns);
	struct fb_conntrack_fact fact = snat_fact();

	(void)state;
	fb_table_row(world.table, 0, &row, world.ns);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	for (int i = 0; i < 100; i++) /* the wheel holds two hours and a bit */
		tick(&world, 4000);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	tick(&world, 5 * 86400);
	tick(&world, 8192);
	assert_int_not_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	end_world(&world);
}

static enum fb_direction direction(struct world *world)
{
	return only(world->now).flow->direction;
}

/* By the addresses of this host, also those that come later; behind DNAT by the real server. */
static void test_directions(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = idle_row(IPPROTO_TCP, SYN | ACK, SYN | ACK, world.ns);
	struct fb_conntrack_fact fact = {
		.id = 1, .has_state = true, .has_tcp = true, .timeout = 100};
	uint8_t own[16];

	(void)state;
	fb_table_row(world.table, 0, &row, world.ns);
	tick(&world, 1);
	assert_int_equal(direction(&world), FB_DIRECTION_FORWARD);
	set_addr(own, CLIENT);
	assert_int_equal(fb_table_own_addr(world.table, own, FB_IPV4, false), 0);
	fb_table_describe_again(world.table, 1);
	tick(&world, 1);
	assert_int_equal(direction(&world), FB_DIRECTION_OUT);
	set_tuple(&fact.orig, IPPROTO_TCP, CLIENT, 40000, SERVER, 443);
	set_tuple(&fact.reply, IPPROTO_TCP, 0x7f000001, 8443, CLIENT, 40000);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	assert_int_equal(direction(&world), FB_DIRECTION_LOCAL);
	assert_int_equal(fb_table_own_addr(world.table, own, FB_IPV4, true), 0);
	fb_table_describe_again(world.table, 1);
	tick(&world, 1);
	assert_int_equal(direction(&world), FB_DIRECTION_IN);
	end_world(&world);
}

/* When the kernel's table is nearly full: the unanswered, then those idle longest. */
static void test_who_goes_first(void **state)
{
	enum { ROWS = 160, SILENT = 8 };
	struct fb_table_opts opts = {.max_rows = ROWS};
	struct world world = new_world(&opts, NULL, NULL);
	struct fb_table_stats stats;
	uint32_t slots[ROWS], n;
	bool gone[ROWS] = {0};

	(void)state;
	for (uint32_t i = 0; i < ROWS - 1; i++) {
		struct fb_row row =
			make_row(LAN, IPPROTO_UDP, CLIENT + i, 4000, SERVER, 53, world.ns);

		count(&row, FB_UP, 1, 60, 0);
		if (i >= SILENT)
			count(&row, FB_DOWN, 1, 60, 0);
		/* the higher the slot, the longer it is silent; the unanswered are the newest */
		fb_table_row(world.table, i, &row, world.ns + (ROWS - i) * S / 4);
	}
	tick(&world, 45);
	n = fb_table_evictions(world.table, slots, ROWS);
	assert_int_equal(n, ROWS - 1 - ROWS / 8 * 7);
	for (uint32_t i = 0; i < n; i++)
		gone[slots[i]] = true;
	for (uint32_t i = 0; i < SILENT; i++)
		assert_true(gone[i]);
	for (uint32_t i = ROWS - 2; i > ROWS - 2 - (n - SILENT) + 4; i--)
		assert_true(gone[i]);
	for (uint32_t i = SILENT; i < ROWS - 2 - n; i++)
		assert_false(gone[i]);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.counters.flows_evicted, n);
	end_world(&world);
}

static struct fb_row tcp_row(uint32_t client, const struct world *world)
{
	struct fb_row row = make_row(LAN, IPPROTO_TCP, client, 40000, SERVER, 443, world->ns);

	count(&row, FB_UP, 2, 60, SYN | ACK);
	count(&row, FB_DOWN, 1, 60, SYN | ACK);
	return row;
}

static struct fb_row udp_row(uint32_t client, uint16_t port, const struct world *world)
{
	struct fb_row row = make_row(LAN, IPPROTO_UDP, client, port, SERVER, 53, world->ns);

	count(&row, FB_UP, 1, 60, 0);
	return row;
}

/* What came this second and nobody answered goes before what was answered minutes ago. */
static void test_fresh_junk_first(void **state)
{
	enum { ROWS = 160, OLD = 100 };
	struct fb_table_opts opts = {.max_rows = ROWS};
	struct world world = new_world(&opts, NULL, NULL);
	uint32_t slots[ROWS], n;

	(void)state;
	for (uint32_t i = 0; i < OLD; i++) {
		struct fb_row row = tcp_row(CLIENT + i, &world);

		fb_table_row(world.table, i, &row, world.ns);
	}
	tick(&world, 300);
	for (uint32_t i = OLD; i < ROWS; i++) {
		struct fb_row row = udp_row(0xc6120000 + i, 4000, &world);

		fb_table_row(world.table, i, &row, world.ns);
	}
	tick(&world, 0);
	n = fb_table_evictions(world.table, slots, ROWS);
	assert_int_equal(n, ROWS / 8);
	for (uint32_t i = 0; i < n; i++)
		assert_true(slots[i] >= OLD);
	end_world(&world);
}

/* Who has most of the rows gives first, though he saw to it that they were answered. */
static void test_the_greedy_first(void **state)
{
	enum { ROWS = 160, OTHERS = 60 };
	struct fb_table_opts opts = {.max_rows = ROWS};
	struct world world = new_world(&opts, NULL, NULL);
	uint32_t slots[ROWS], n;

	(void)state;
	for (uint32_t i = 0; i < ROWS; i++) {
		struct fb_row row =
			udp_row(i < OTHERS ? CLIENT + 1 + i : CLIENT, (uint16_t)(4000 + i), &world);

		count(&row, FB_DOWN, 1, 60, 0);
		fb_table_row(world.table, i, &row, world.ns + (i < OTHERS ? 0 : S));
	}
	tick(&world, 9);
	n = fb_table_evictions(world.table, slots, ROWS);
	assert_int_equal(n, ROWS / 8);
	for (uint32_t i = 0; i < n; i++)
		assert_true(slots[i] >= OTHERS);
	end_world(&world);
}

/* The kernel half gives a row to another flow, and counts what it had counted itself. */
static void test_row_taken_over(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = udp_row(CLIENT, 4000, &world);
	struct fb_table_stats stats;
	struct fb_flow_at at;

	(void)state;
	fb_table_row(world.table, 5, &row, world.ns);
	tick(&world, 1);
	assert_totals(&world, LAN, 1, 0);
	row = udp_row(CLIENT + 1, 4000, &world);
	count(&row, FB_UP, 2, 60, 0);
	row.generation = 9;
	fb_table_row(world.table, 5, &row, world.ns);
	tick(&world, 1);
	assert_totals(&world, LAN, 3, 0);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.rows, 1);
	assert_int_equal(stats.live, 1);
	assert_int_equal(stats.counters.flows_evicted, 1);
	assert_int_equal(fb_table_generation(world.table, 5), 9);
	assert_int_equal(world.now->n_ended, 1);
	assert_true(fb_snapshot_at(world.now, world.now->ended[0], &at));
	assert_int_equal(at.flow->closed, FB_CLOSED_EVICTED);
	assert_int_equal(at.traffic->packets[FB_UP], 1);
	end_world(&world);
}

/* Closed flows that were answered are history; those of a flood have a part of the place. */
static void test_history_of_a_flood(void **state)
{
	enum { KEPT = 20, CLOSED = 40 };
	struct fb_table_opts opts = {.max_rows = 64, .closed_flows = CLOSED, .closed_seconds = 900};
	struct world world = new_world(&opts, NULL, NULL);
	struct fb_table_stats stats;
	struct fb_flow_at at;
	uint32_t kept = 0, generation = 1;

	(void)state;
	for (uint32_t round = 0; round < 200; round++) {
		bool flood = round >= KEPT;
		struct fb_row row = flood ? udp_row(0xc6120000 + round, 4000, &world)
					  : tcp_row(CLIENT + round, &world);

		row.generation = ++generation;
		if (!flood) {
			count(&row, FB_UP, 1, 60, FIN | ACK);
			count(&row, FB_DOWN, 1, 60, FIN | ACK);
		}
		fb_table_row(world.table, flood ? 5 : 6, &row, world.ns);
		tick(&world, flood ? 1 : 5);
	}
	for (uint32_t i = 0; i < world.now->n; i++)
		kept += fb_snapshot_at(world.now, i, &at) && at.flow->dst_port == 443;
	assert_int_equal(kept, KEPT);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.closed, CLOSED);
	end_world(&world);
}

/* The clocks are read one after the other, so their distance trembles: a flow's moments do not. */
static void test_moments(void **state)
{
	struct fb_table_opts opts = {.max_rows = 16};
	struct fb_table *own;
	struct fb_snapshot *now;
	struct fb_row row = {.state = FB_ROW_LIVE, .generation = 1, .first_seen = 20 * S + 700001};

	(void)state;
	row.key.family = FB_IPV4;
	row.key.lane = 1;
	row.packets[0] = row.sight[0] = 1;
	assert_int_equal(fb_table_new(&opts, NULL, NULL, &own), 0);
	for (unsigned int i = 0; i < 100; i++) {
		const uint64_t ns = (21 + i) * S + i * 12345;

		fb_table_tick_begin(own, ns, 1795224000000 + (int64_t)(ns / 1000000) + i % 9);
		row.last_seen = ns;
		row.packets[0]++;
		fb_table_row(own, 0, &row, ns);
		now = fb_table_tick_end(own);
		assert_non_null(now);
		assert_int_equal(fb_snapshot_wall_ms(now, row.first_seen), 1795224020000);
		fb_snapshot_put(now);
	}
	/* someone sets the clock */
	fb_table_tick_begin(own, 200 * S, 1795224000000 + 200000 + 5000);
	now = fb_table_tick_end(own);
	assert_non_null(now);
	assert_int_equal(fb_snapshot_wall_ms(now, row.first_seen), 1795224020000);
	assert_int_equal(fb_snapshot_wall_ms(now, 200 * S), 1795224205000);
	fb_snapshot_put(now);
	fb_table_free(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_limits),
		cmocka_unit_test(test_tracked_idle),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_who_goes_first),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_fresh_junk_first),
		cmocka_unit_test(test_the_greedy_first),
		cmocka_unit_test(test_row_taken_over),
		cmocka_unit_test(test_history_of_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
