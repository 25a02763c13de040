/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* How connections end, and do not: flags that fit, flags in doubt, silence, conntrack. */
#include "unit/world.h"

static struct fb_side sides[1024];

static struct world doubting_world(void)
{
	const struct fb_table_opts opts = {.max_rows = 1024, .sides = sides};

	memset(sides, 0, sizeof(sides));
	return new_world(&opts, NULL, NULL);
}

static struct fb_row established(struct world *world)
{
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world->ns);

	open_tcp(&row);
	count(&row, FB_UP, 50, 5000, ACK);
	count(&row, FB_DOWN, 50, 50000, ACK);
	return row;
}

/* The kernel half is in doubt about a flag that came as the last of what was counted. */
static void doubt(struct fb_row *row, int dir, uint8_t flag)
{
	sides[0].end_packets = (uint32_t)(row->packets[0] + row->packets[1]);
	sides[0].doubted[dir ^ row->opener] |= flag;
	row->state |= FB_ROW_DOUBTED;
	count(row, dir, 1, 40, 0);
}

static struct fb_flow_at seen(struct world *world, const struct fb_row *row)
{
	fb_table_row(world->table, 0, row, world->ns);
	tick(world, 1);
	return only(world->now);
}

static void test_half_closed_is_open(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = established(&world);
	struct fb_flow_at at;

	(void)state;
	count(&row, FB_DOWN, 1, 52, FIN);
	at = seen(&world, &row);
	assert_int_equal(at.flow->state, FB_STATE_CLOSE_WAIT);
	count(&row, FB_UP, 1, 52, FIN);
	for (int i = 0; i < 5; i++) { /* lost data is sent again after both said that they end */
		count(&row, FB_DOWN, 10, 10000, 0);
		fb_table_row(world.table, 0, &row, world.ns + S - 1);
		tick(&world, 1);
		assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	}
	tick(&world, 1);
	tick(&world, 1);
	at = only(world.now);
	assert_int_equal(at.flow->closed, FB_CLOSED_FIN);
	assert_int_equal(at.flow->state, FB_STATE_TIME_WAIT);
	assert_true(fb_flow_is_live(at.flow));
	assert_int_equal(world.now->live, 1);
	tick(&world, 12);
	assert_false(fb_flow_is_live(only(world.now).flow));
	assert_int_equal(world.now->live, 0);
	assert_int_equal(world.now->closed, 1);
	end_world(&world);
}

static void test_traffic_speaks_against_a_reset(void **state)
{
	struct world world = doubting_world();
	struct fb_row row = established(&world);

	(void)state;
	doubt(&row, FB_DOWN, RST);
	for (int i = 0; i < 4; i++) {
		count(&row, FB_UP, 5, 500, ACK);
		assert_int_equal(seen(&world, &row).flow->closed, FB_CLOSED_NOT);
	}
	tick(&world, 20); /* and silence later proves nothing */
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	assert_int_equal(only(world.now).flow->state, FB_STATE_ESTABLISHED);
	end_world(&world);
}

static void test_silence_speaks_for_a_reset(void **state)
{
	struct world world = doubting_world();
	struct fb_row row = established(&world);
	struct fb_flow_at at;
	uint64_t id;

	(void)state;
	doubt(&row, FB_DOWN, RST);
	id = seen(&world, &row).flow->id;
	tick(&world, 1);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_RST);
	tick(&world, 60);
	/* one side alone goes on: it does not know yet */
	count(&row, FB_UP, 1, 100, ACK);
	assert_int_equal(seen(&world, &row).flow->closed, FB_CLOSED_RST);
	/* both: it was no end */
	count(&row, FB_DOWN, 1, 100, ACK);
	at = seen(&world, &row);
	assert_int_equal(at.flow->closed, FB_CLOSED_NOT);
	assert_int_equal(at.flow->id, id);
	assert_int_equal(at.flow->state, FB_STATE_ESTABLISHED);
	assert_int_equal(at.flow->tcp_flags[FB_DOWN] & RST, 0);
	assert_int_equal(world.now->live, 1);
	tick(&world, 30);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	end_world(&world);
}

static void test_an_end_that_was_none(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = established(&world);
	struct fb_flow_at at;

	(void)state;
	count(&row, FB_DOWN, 1, 40, RST); /* it fits, by chance */
	assert_int_equal(seen(&world, &row).flow->closed, FB_CLOSED_RST);
	tick(&world, 1);
	count(&row, FB_DOWN, 10, 1000, 0);
	count(&row, FB_UP, 10, 1000, 0);
	at = seen(&world, &row);
	assert_int_equal(at.flow->closed, FB_CLOSED_NOT);
	assert_int_equal(at.flow->state, FB_STATE_ESTABLISHED);
	count(&row, FB_UP, 1, 100, 0);
	assert_int_equal(seen(&world, &row).flow->closed, FB_CLOSED_NOT);
	end_world(&world);
}

/* Conntrack checked the numbers; what it holds is in the list, with its state. */
static void test_conntrack_decides(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = established(&world);
	struct fb_conntrack_fact fact = snat_fact();
	struct fb_flow_at at;

	(void)state;
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	count(&row, FB_DOWN, 1, 40, RST);
	at = seen(&world, &row);
	assert_int_equal(at.flow->closed, FB_CLOSED_NOT);
	assert_int_equal(at.flow->state, FB_STATE_ESTABLISHED);
	fact.tcp_state = FB_STATE_TIME_WAIT;
	fact.timeout = 120;
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	at = only(world.now);
	assert_int_equal(at.flow->closed, FB_CLOSED_FIN);
	tick(&world, 100);
	at = only(world.now);
	assert_true(fb_flow_is_live(at.flow));
	assert_int_equal(at.flow->state, FB_STATE_TIME_WAIT);
	assert_int_equal(world.now->live, 1);
	assert_int_equal(world.now->closed, 0);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	tick(&world, 1);
	assert_false(fb_flow_is_live(only(world.now).flow));
	assert_int_equal(world.now->live, 0);
	assert_int_equal(world.now->closed, 1);
	row = make_row(LAN, IPPROTO_TCP, CLIENT, 40001, SERVER, 81, world.ns);
	count(&row, FB_UP, 1, 60, SYN);
	count(&row, FB_DOWN, 1, 40, RST | ACK);
	fb_table_row(world.table, 1, &row, world.ns);
	tick(&world, 1);
	assert_int_equal(world.now->live, 0); /* refused: conntrack has no entry */
	assert_int_equal(world.now->closed, 2);
	end_world(&world);
}

/* FIN and RST sent again long after the end are of the connection that ended, told once more. */
static void test_stragglers(void **state)
{
	static const uint8_t late[] = {FIN | ACK, RST, ACK};
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = established(&world);
	struct fb_table_stats stats;
	uint32_t slot;

	(void)state;
	count(&row, FB_UP, 1, 52, FIN);
	count(&row, FB_DOWN, 1, 52, FIN);
	count(&row, FB_DOWN, 1, 40, RST);
	seen(&world, &row);
	for (unsigned int i = 0; i < sizeof(late); i++) {
		assert_int_equal(only(world.now).flow->closed, FB_CLOSED_RST);
		tick(&world, 6);
		assert_int_equal(fb_table_evictions(world.table, &slot, 1), 1);
		fb_table_row_gone(world.table, slot, &row, world.ns);
		tick(&world, 1);
		assert_int_equal(world.now->n_ended, 1);
		assert_int_equal(only(world.now).traffic->packets[FB_DOWN], 53 + i);
		tick(&world, 20);
		row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
		row.opener_by = FB_OPENER_FIRST;
		row.generation = 10 + i;
		count(&row, FB_DOWN, 1, 40, late[i]);
		row.opener ^= 1; /* the server was heard first */
		seen(&world, &row);
	}
	/* A SYN is another connection. */
	row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	row.generation = 20;
	open_tcp(&row);
	fb_table_row(world.table, 1, &row, world.ns);
	tick(&world, 1);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.live, 1);
	assert_int_equal(stats.closed, 1);
	end_world(&world);
}

/* An error counts if it quotes what the flow sent: who sent it, and of TCP, which number. */
static void test_icmp_errors(void **state)
{
	static const struct {
		bool turned;
		uint32_t seq;
		int result;
	} cases[] = {
		{false, 1001, 0},	  {false, 1001 + 2999, 0}, {false, 1, -ENOENT},
		{false, 900000, -ENOENT}, {true, 70001, 0},	   {true, 1001, -ENOENT},
	};
	struct world world = doubting_world();
	struct fb_row row = established(&world);
	struct fb_tuple quoted;

	(void)state;
	row.isn = 1000;
	sides[0].answered = 1;
	sides[0].answer_isn = 70000;
	seen(&world, &row);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set_tuple(&quoted, IPPROTO_TCP, CLIENT, 40000, SERVER, 443);
		if (cases[i].turned)
			set_tuple(&quoted, IPPROTO_TCP, SERVER, 443, CLIENT, 40000);
		assert_int_equal(fb_table_icmp_error(world.table, &quoted, cases[i].seq, 3, 1),
				 cases[i].result);
	}
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_closed_is_open),
		cmocka_unit_test(test_traffic_speaks_against_a_reset),
		cmocka_unit_test(test_silence_speaks_for_a_reset),
		cmocka_unit_test(test_an_end_that_was_none),
		cmocka_unit_test(test_conntrack_decides),
		cmocka_unit_test(test_stragglers),
		cmocka_unit_test(test_icmp_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
