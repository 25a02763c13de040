/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* Conntrack entries that were there before us and are silent: flows that no packet made. */
#include "flow/fields.h"
#include "unit/world.h"

static struct fb_conntrack_fact listed(uint32_t id, uint16_t port)
{
	struct fb_conntrack_fact fact = snat_fact();

	fact.id = id;
	fact.listed = true;
	set_tuple(&fact.orig, IPPROTO_TCP, CLIENT, port, SERVER, 443);
	set_tuple(&fact.reply, IPPROTO_TCP, SERVER, 443, GATE, (uint16_t)(port + 1000));
	return fact;
}

static void list_entries(struct world *world, const struct fb_conntrack_fact *facts, unsigned int n)
{
	fb_table_conntrack_dump(world->table, false);
	for (unsigned int i = 0; i < n; i++)
		fb_table_conntrack(world->table, FB_CONNTRACK_UPSERT, &facts[i]);
	fb_table_conntrack_dump(world->table, true);
	tick(world, 1);
}

static struct fb_value value_of(enum fb_field_id id, const struct fb_flow_at *at)
{
	struct fb_value value;

	fb_field_get(&fb_fields[id], at, &value);
	return value;
}

static void test_is_listed(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_conntrack_fact fact = listed(77, 40000), late = listed(78, 40001), found;
	struct fb_flow_at at;
	const uint64_t born = world.ns;

	(void)state;
	list_entries(&world, &fact, 1);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &late);
	tick(&world, 1);
	at = only(world.now);
	assert_addr(at.flow->src, CLIENT);
	assert_int_equal(at.flow->nat->src_port, 41000);
	assert_int_equal(at.flow->state, FB_STATE_ESTABLISHED);
	assert_int_equal(at.flow->client_by, FB_CLIENT_CONNTRACK);
	assert_int_equal(at.flow->first_seen, born);
	assert_int_equal(world.now->live, 1);
	assert_int_equal(world.now->new_flows, 0);
	for (unsigned int id = FB_FIELD_bytes_up; id <= FB_FIELD_packets; id++)
		assert_false(value_of((enum fb_field_id)id, &at).known);
	assert_false(value_of(FB_FIELD_counted_by, &at).known);
	assert_false(value_of(FB_FIELD_iface, &at).known);
	assert_int_equal(value_of(FB_FIELD_rate, &at).num, 0);
	assert_int_equal(fb_table_conntrack_of(world.table, at.flow->id, &found), 0);
	assert_int_equal(found.id, 77);
	/* Hours of silence are no end: it is conntrack's to say. */
	tick(&world, 20000);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_ENDED);
	assert_int_equal(world.now->live, 0);
	tick(&world, 5);
	tick(&world, 400);
	tick(&world, 1);
	assert_int_equal(list(world.now, &at, 1), 0);
	end_world(&world);
}

/* It ends in the second that it was listed in, too. */
static void test_ends_at_once(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_conntrack_fact fact = listed(77, 40000);

	(void)state;
	list_entries(&world, &fact, 1);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_ENDED);
	end_world(&world);
}

static void test_time_wait(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_conntrack_fact fact = listed(77, 40000);

	(void)state;
	fact.tcp_state = FB_STATE_TIME_WAIT;
	list_entries(&world, &fact, 1);
	assert_int_equal(only(world.now).flow->state, FB_STATE_TIME_WAIT);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_FIN);
	assert_int_equal(world.now->live, 1);
	end_world(&world);
}

/* Its first packet, on the inside or behind the translation: the same flow, counted from here. */
static void meets(bool outside, bool counted)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_conntrack_fact fact = listed(77, 40000);
	struct fb_row row =
		outside ? make_row(WAN, IPPROTO_TCP, GATE, 41000, SERVER, 443, world.ns + 9 * S)
			: make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns + 9 * S);
	struct fb_flow_at at;
	uint64_t id;

	fact.counted = counted;
	fact.acct = (struct fb_flow_acct){{300, 200}, {30000, 2000000}};
	list_entries(&world, &fact, 1);
	at = only(world.now);
	id = at.flow->id;
	assert_int_equal(value_of(FB_FIELD_bytes, &at).known, counted);
	assert_int_equal(value_of(FB_FIELD_bytes, &at).num, counted ? 2030000 : 0);
	assert_int_equal(value_of(FB_FIELD_packets_up, &at).num, counted ? 300 : 0);
	assert_int_equal(value_of(FB_FIELD_counted_by, &at).num,
			 counted ? FB_COUNTED_CONNTRACK : FB_COUNTED_NOT);
	assert_int_equal(at.traffic->bytes[FB_DOWN], 0);
	tick(&world, 9);
	row.opener_by = FB_OPENER_FIRST;
	count(&row, FB_UP, 2, 120, ACK);
	fb_table_row(world.table, 5, &row, world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_int_equal(at.flow->id, id);
	assert_addr(at.flow->src, CLIENT);
	assert_int_equal(at.flow->link, outside ? WAN : LAN);
	assert_null(at.flow->links);
	assert_int_equal(!!(at.flow->flags & FB_FLOW_OUTSIDE), outside);
	assert_int_equal(value_of(FB_FIELD_bytes, &at).num, 120);
	assert_int_equal(at.traffic->moved_bytes[FB_UP], 120);
	assert_int_equal(value_of(FB_FIELD_counted_by, &at).num, FB_COUNTED_FLOWBPF);
	assert_int_equal(at.flow->ct_id, 77);
	assert_int_equal(world.now->live, 1);
	assert_totals(&world, outside ? WAN : LAN, 2, 0);
	end_world(&world);
}

static void test_meets(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		meets(i & 1, i & 2);
}

/* Rows that were kept over a restart know more. */
static void test_rows_first(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_conntrack_fact fact = listed(77, 40000);
	struct fb_row row = make_row(WAN, IPPROTO_TCP, GATE, 41000, SERVER, 443, world.ns - 99 * S);
	struct fb_flow_at at;

	(void)state;
	open_tcp(&row);
	fb_table_row(world.table, 5, &row, world.ns);
	list_entries(&world, &fact, 1);
	at = only(world.now);
	assert_int_equal(at.flow->flags & FB_FLOW_UNSEEN, 0);
	assert_int_equal(at.flow->ct_id, 77);
	assert_int_equal(value_of(FB_FIELD_packets, &at).num, 3);
	end_world(&world);
}

static void test_begin(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_conntrack_fact fact = listed(77, 40000);

	(void)state;
	fact.start_ns = world.ns - 3600 * S; /* this world's clocks are the same */
	list_entries(&world, &fact, 1);
	assert_int_equal(only(world.now).flow->first_seen, fact.start_ns);
	end_world(&world);
}

static void test_bound(void **state)
{
	const struct fb_table_opts opts = {.max_rows = 16};
	struct world world = new_world(&opts, NULL, NULL);
	struct fb_conntrack_fact facts[6];
	struct fb_table_stats stats;
	struct fb_flow_at at[32];

	(void)state;
	for (unsigned int i = 0; i < 6; i++)
		facts[i] = listed(77 + i, (uint16_t)(40000 + i));
	list_entries(&world, facts, 6);
	assert_int_equal(list(world.now, at, 32), 4);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.counters.conntrack_unlisted, 2);
	/* They take no room of those that packets make. */
	for (unsigned int i = 0; i < 16; i++) {
		struct fb_row row = make_row(LAN, IPPROTO_UDP, CLIENT, (uint16_t)(5000 + i), SERVER,
					     9, world.ns);

		count(&row, FB_UP, 1, 100, 0);
		fb_table_row(world.table, i, &row, world.ns);
	}
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.live, 20);
	assert_int_equal(stats.counters.flows_full, 0);
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_listed),  cmocka_unit_test(test_ends_at_once),
		cmocka_unit_test(test_time_wait),  cmocka_unit_test(test_meets),
		cmocka_unit_test(test_rows_first), cmocka_unit_test(test_begin),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
