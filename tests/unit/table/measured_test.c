/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* What is told of a flow's quality: of its own direction, of all its rows, and of nobody else's. */
#include "flow/fields.h"
#include "unit/world.h"

static struct fb_quality quality[64];

static struct world measured(void)
{
	const struct fb_table_opts opts = {.max_rows = 64, .quality = quality, .closed_seconds = 9};

	memset(quality, 0, sizeof(quality));
	return new_world(&opts, NULL, NULL);
}

static struct fb_row opened(uint16_t lane, const struct world *world)
{
	struct fb_row row = make_row(lane, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world->ns);

	open_tcp(&row);
	return row;
}

/* 20 of 1,000 of the server's were sent again. */
static void a_lossy_path(const struct fb_row *row, uint32_t slot)
{
	struct fb_quality_dir *up = &quality[slot].dir[row->opener];
	struct fb_quality_dir *down = &quality[slot].dir[!row->opener];

	up->delay_min = 10100;
	up->delay = 12000;
	up->jitter = 900;
	down->delay_min = 400;
	down->delay = 500;
	down->jitter = 50;
	down->retrans = 20;
	down->reordered = 3;
	down->zero_windows = 1;
}

static void assert_field(const struct fb_flow_at *at, enum fb_field_id id, uint64_t num)
{
	struct fb_value value;

	fb_field_get(&fb_fields[id], at, &value);
	assert_true(value.known);
	assert_int_equal(value.num, num);
}

static bool is_known(const struct fb_flow_at *at, enum fb_field_id id)
{
	struct fb_value value;

	fb_field_get(&fb_fields[id], at, &value);
	return value.known;
}

static void assert_lossy(const struct fb_flow_at *at)
{
	assert_field(at, FB_FIELD_latency_up, 10100);
	assert_field(at, FB_FIELD_latency_down, 400);
	assert_field(at, FB_FIELD_latency_up_now, 12000);
	assert_field(at, FB_FIELD_latency_down_now, 500);
	assert_field(at, FB_FIELD_jitter, 900);
	assert_field(at, FB_FIELD_retrans_up, 0);
	assert_field(at, FB_FIELD_retrans_down, 20);
	assert_field(at, FB_FIELD_reordered_up, 0);
	assert_field(at, FB_FIELD_reordered_down, 3);
	assert_field(at, FB_FIELD_zero_window_up, 0);
	assert_field(at, FB_FIELD_zero_window_down, 1);
	assert_field(at, FB_FIELD_loss, 200);
}

static void put(struct world *world, uint32_t slot, const struct fb_row *row)
{
	assert_true(fb_table_row(world->table, slot, row, world->ns) >= 0);
}

static void tells_each_direction(void **state)
{
	struct world world = measured();
	struct fb_row row = opened(LAN, &world);
	struct fb_flow_at at;

	(void)state;
	put(&world, 0, &row);
	tick(&world, 1);
	at = only(world.now);
	assert_false(is_known(&at, FB_FIELD_latency_up));
	assert_false(is_known(&at, FB_FIELD_jitter));
	assert_field(&at, FB_FIELD_loss, 0);
	a_lossy_path(&row, 0);
	count(&row, FB_DOWN, 999, 999000, ACK);
	put(&world, 0, &row);
	tick(&world, 1);
	at = only(world.now);
	assert_lossy(&at);
	end_world(&world);
}

/* Packets that come after its row was given back have a row of their own: nothing starts anew. */
static void adds_the_flows_rows_up(void **state)
{
	struct world world = measured();
	struct fb_row row = opened(LAN, &world), late;
	struct fb_flow_at at;

	(void)state;
	a_lossy_path(&row, 0);
	count(&row, FB_DOWN, 999, 999000, ACK);
	put(&world, 0, &row);
	tick(&world, 1);
	assert_int_equal(fb_table_row_gone(world.table, 0, &row, world.ns), 0);
	tick(&world, 1);
	late = opened(LAN, &world);
	late.opener_by = FB_OPENER_FIRST;
	late.generation = 7;
	quality[5].dir[!row.opener].retrans = 2;
	put(&world, 5, &late);
	tick(&world, 1);
	at = only(world.now);
	assert_field(&at, FB_FIELD_retrans_down, 22);
	assert_field(&at, FB_FIELD_reordered_down, 3);
	assert_field(&at, FB_FIELD_latency_up, 10100);
	end_world(&world);
}

/* The same packets on another interface are not sent again. */
static void one_lane_tells(void **state)
{
	struct world world = measured();
	struct fb_row lan = opened(LAN, &world), wan = opened(WAN, &world);
	struct fb_flow_at at;

	(void)state;
	wan.first_seen += 1000;
	a_lossy_path(&lan, 0);
	quality[1].dir[!wan.opener].retrans = 11;
	count(&lan, FB_DOWN, 999, 999000, ACK);
	count(&wan, FB_DOWN, 999, 999000, ACK);
	put(&world, 0, &lan);
	put(&world, 1, &wan);
	tick(&world, 1);
	at = only(world.now);
	assert_lossy(&at);
	end_world(&world);
}

/* A snapshot that is held shows what it showed; a record used again begins with nothing. */
static void keeps_snapshots_and_records_apart(void **state)
{
	struct world world = measured();
	struct fb_row row = opened(LAN, &world);
	struct fb_snapshot *held;
	struct fb_flow_at at;

	(void)state;
	put(&world, 0, &row);
	tick(&world, 1);
	held = fb_snapshot_get(world.now);
	a_lossy_path(&row, 0);
	count(&row, FB_UP, 1, 40, RST);
	count(&row, FB_DOWN, 999, 999000, ACK);
	put(&world, 0, &row);
	tick(&world, 1);
	at = only(held);
	assert_field(&at, FB_FIELD_retrans_down, 0);
	at = only(world.now);
	assert_lossy(&at);
	fb_snapshot_put(held);
	assert_int_equal(fb_table_row_gone(world.table, 0, &row, world.ns), 0);
	for (int i = 0; i < 40; i++)
		tick(&world, 1);
	assert_int_equal(list(world.now, &at, 1), 0);
	memset(quality, 0, sizeof(quality));
	row = make_row(LAN, IPPROTO_UDP, CLIENT, 53, SERVER, 53, world.ns);
	count(&row, FB_UP, 1, 100, 0);
	put(&world, 0, &row);
	tick(&world, 1);
	at = only(world.now);
	assert_false(is_known(&at, FB_FIELD_retrans_up));
	assert_false(is_known(&at, FB_FIELD_loss));
	end_world(&world);
}

/* The mean and the longest of all; a snapshot that is held shows what it showed. */
static void tells_how_soon_questions_are_answered(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_UDP, CLIENT, 40000, SERVER, 53, world.ns);
	struct fb_snapshot *held;
	struct fb_flow_at at;

	(void)state;
	count(&row, FB_UP, 1, 100, 0);
	put(&world, 0, &row);
	assert_int_equal(fb_table_answered(world.table, 0, row.generation + 1, 7), -ESTALE);
	tick(&world, 1);
	at = only(world.now);
	assert_false(is_known(&at, FB_FIELD_dns_answer));
	assert_int_equal(fb_table_answered(world.table, 0, row.generation, 2000), 0);
	assert_int_equal(fb_table_answered(world.table, 0, row.generation, 4000), 0);
	tick(&world, 1);
	held = fb_snapshot_get(world.now);
	assert_int_equal(fb_table_answered(world.table, 0, row.generation, 1000), 0);
	assert_int_equal(fb_table_answered(world.table, 0, row.generation, 17000), 0);
	tick(&world, 1);
	at = only(held);
	assert_field(&at, FB_FIELD_dns_answer, 3000);
	assert_field(&at, FB_FIELD_dns_slowest, 4000);
	at = only(world.now);
	assert_field(&at, FB_FIELD_dns_answer, 6000);
	assert_field(&at, FB_FIELD_dns_slowest, 17000);
	assert_field(&at, FB_FIELD_dns_answers, 4);
	fb_snapshot_put(held);
	end_world(&world);
}

static void off_is_unknown(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = opened(LAN, &world);
	struct fb_flow_at at;

	(void)state;
	put(&world, 0, &row);
	tick(&world, 1);
	at = only(world.now);
	for (unsigned int id = FB_FIELD_latency_up; id <= FB_FIELD_zero_window_down; id++)
		assert_false(is_known(&at, id));
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_each_direction),
		cmocka_unit_test(adds_the_flows_rows_up),
		cmocka_unit_test(one_lane_tells),
		cmocka_unit_test(keeps_snapshots_and_records_apart),
		cmocka_unit_test(tells_how_soon_questions_are_answered),
		cmocka_unit_test(off_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
