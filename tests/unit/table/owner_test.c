/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* Whose flows are: one record a process, as long as a flow or a snapshot has it. */
#include "flow/fields.h"
#include "flow/owner.h"
#include "unit/world.h"

static struct fb_row row_of(struct world *world, uint16_t port)
{
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, port, SERVER, 443, world->ns);

	open_tcp(&row);
	row.state |= FB_ROW_OWNED | FB_ROW_OWNER_SENT;
	return row;
}

static struct fb_owner owner_of(uint32_t pid, uint64_t began, const char *exe)
{
	return (struct fb_owner){
		.key = {.began = began, .pid = pid, .comm = "curl"},
		.process = "curl",
		.exe = exe,
		.user = "root",
		.parents = "bash (7)\0init (1)",
		.parents_len = sizeof("bash (7)\0init (1)"),
	};
}

static const char *value_of(const struct fb_flow_at *at, enum fb_field_id id)
{
	static struct fb_value value;

	fb_field_get(&fb_fields[id], at, &value);
	return value.known ? value.text : "none";
}

static void test_told_once(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = row_of(&world, 40000);
	const struct fb_owner owner = owner_of(100, 5, "/usr/bin/curl");
	struct fb_flow_at at;

	(void)state;
	assert_true(fb_table_row(world.table, 0, &row, world.ns) & FB_TABLE_ROW_WANTS_OWNER);
	assert_int_equal(fb_table_owner(world.table, 0, &row, &owner, FB_OWNER_CONNECT), 0);
	assert_false(fb_table_row(world.table, 0, &row, world.ns) & FB_TABLE_ROW_WANTS_OWNER);
	tick(&world, 1);
	at = only(world.now);
	assert_string_equal(value_of(&at, FB_FIELD_owner_process), "curl");
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe), "/usr/bin/curl");
	assert_string_equal(value_of(&at, FB_FIELD_owner_unit), "none");
	assert_string_equal(value_of(&at, FB_FIELD_owner_by), "connect");
	assert_string_equal(value_of(&at, FB_FIELD_owner_parents), "bash (7),init (1)");
	row.generation++;
	assert_int_equal(fb_table_owner(world.table, 0, &row, &owner, FB_OWNER_CONNECT), -ESTALE);
	end_world(&world);
}

/* A number that another process has now is another process. */
static void test_number_used_again(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row rows[3];
	const struct fb_owner first = owner_of(100, 5, "/one"), second = owner_of(100, 9, "/two");
	struct fb_flow_at at[3];

	(void)state;
	for (uint16_t i = 0; i < 3; i++) {
		rows[i] = row_of(&world, (uint16_t)(40000 + i));
		fb_table_row(world.table, i, &rows[i], world.ns);
		fb_table_owner(world.table, i, &rows[i], i == 1 ? &second : &first,
			       FB_OWNER_SOCKET);
	}
	tick(&world, 1);
	assert_int_equal(list(world.now, at, 3), 3);
	assert_ptr_equal(at[0].flow->owner, at[2].flow->owner);
	assert_int_equal(at[0].flow->owner->refs, 2);
	assert_string_equal(value_of(&at[0], FB_FIELD_owner_exe), "/one");
	assert_string_equal(value_of(&at[1], FB_FIELD_owner_exe), "/two");
	assert_ptr_equal(fb_table_known_owner(world.table, &first.key), at[0].flow->owner);
	end_world(&world);
}

/* What was looked up by addresses counts for this host's flows, and after a moment. */
static void test_looked_up(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = row_of(&world, 40000);
	const struct fb_owner guess = owner_of(100, 5, "/guess"), sure = owner_of(200, 6, "/sure");
	uint8_t server[16];
	struct fb_flow_at at;

	(void)state;
	set_addr(server, SERVER);
	row.state &= (uint16_t)~FB_ROW_OWNER_SENT;
	fb_table_row(world.table, 0, &row, world.ns);
	fb_table_owner(world.table, 0, &row, &guess, FB_OWNER_LISTENER);
	tick(&world, 1);
	at = only(world.now);
	assert_int_equal(at.flow->direction, FB_DIRECTION_FORWARD);
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe), "none");
	fb_table_own_addr(world.table, server, FB_IPV4, false);
	fb_table_describe_again(world.table, FB_DESCRIBE_ALL);
	tick(&world, 1);
	tick(&world, 1);
	at = only(world.now);
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe), "/guess");
	at.flow = &(struct fb_flow){.id = 1,
				    .owner = at.flow->owner,
				    .direction = FB_DIRECTION_IN,
				    .first_seen = world.now->now_ns - 1};
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe),
			    "none"); /* conntrack may say so yet */
	row.state |= FB_ROW_OWNER_SENT;
	assert_true(fb_table_row(world.table, 0, &row, world.ns) & FB_TABLE_ROW_WANTS_OWNER);
	fb_table_owner(world.table, 0, &row, &sure, FB_OWNER_LISTENER);
	assert_null(fb_table_known_owner(world.table, &guess.key));
	tick(&world, 1);
	at = only(world.now);
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe), "/sure");
	end_world(&world);
}

/* Who has the socket stands against who listened, and against what is told of that one later. */
static void test_holder(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = row_of(&world, 40000);
	const struct fb_owner parent = owner_of(100, 5, "/parent"),
			      child = owner_of(200, 6, "/child");
	struct fb_flow_at at;
	uint64_t id;

	(void)state;
	row.state &= (uint16_t)~FB_ROW_OWNER_SENT;
	fb_table_row(world.table, 0, &row, world.ns);
	fb_table_owner(world.table, 0, &row, &parent, FB_OWNER_LISTENER);
	id = fb_table_flow_of(world.table, 0);
	assert_int_equal(fb_table_flow_of(world.table, 1), 0);
	assert_int_equal(fb_table_flow(world.table, id)->id, id);
	assert_null(fb_table_flow(world.table, id + FB_ID_NUMBER + 1));
	assert_int_equal(fb_table_owner_found(world.table, id, &child, FB_OWNER_HOLDER), 0);
	row.state |= FB_ROW_OWNER_SENT;
	fb_table_row(world.table, 0, &row, world.ns);
	fb_table_owner(world.table, 0, &row, &parent, FB_OWNER_LISTENER);
	tick(&world, 1);
	at = only(world.now);
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe), "/child");
	assert_string_equal(value_of(&at, FB_FIELD_owner_by), "holder");
	assert_null(fb_table_known_owner(world.table, &parent.key));
	assert_int_equal(
		fb_table_owner_found(world.table, id + FB_ID_NUMBER + 1, &child, FB_OWNER_HOLDER),
		-ENOENT);
	end_world(&world);
}

/* Who opened a connection has it, whoever else has its socket. */
static void test_holder_of_own(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = row_of(&world, 40000);
	const struct fb_owner own = owner_of(100, 5, "/own"), other = owner_of(200, 6, "/other");
	struct fb_flow_at at;

	(void)state;
	fb_table_row(world.table, 0, &row, world.ns);
	fb_table_owner(world.table, 0, &row, &own, FB_OWNER_CONNECT);
	fb_table_owner_found(world.table, fb_table_flow_of(world.table, 0), &other,
			     FB_OWNER_HOLDER);
	tick(&world, 1);
	at = only(world.now);
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe), "/own");
	end_world(&world);
}

/* The last flow takes the record along; a snapshot may show it still. */
static void test_forgotten(void **state)
{
	const struct fb_table_opts opts = {.max_rows = 1024, .closed_seconds = 1};
	struct world world = new_world(&opts, NULL, NULL);
	struct fb_row row = row_of(&world, 40000);
	const struct fb_owner owner = owner_of(100, 5, "/usr/bin/curl");
	struct fb_snapshot *old;
	struct fb_flow_at at;

	(void)state;
	count(&row, FB_DOWN, 1, 52, ACK | FIN);
	count(&row, FB_UP, 1, 52, ACK | FIN);
	fb_table_row(world.table, 0, &row, world.ns);
	fb_table_owner(world.table, 0, &row, &owner, FB_OWNER_SOCKET);
	tick(&world, 1);
	old = fb_snapshot_get(world.now);
	for (int i = 0; i < 20; i++)
		tick(&world, 1);
	fb_table_row_gone(world.table, 0, &row, world.ns);
	for (int i = 0; i < 200; i++)
		tick(&world, 1);
	assert_int_equal(list(world.now, &at, 1), 0);
	assert_null(fb_table_known_owner(world.table, &owner.key));
	at = only(old);
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe), "/usr/bin/curl");
	fb_snapshot_put(old);
	end_world(&world);
}

/* Two flows that turn out to be one, behind a translation: the better known owner stays. */
static void test_merged(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row inner = row_of(&world, 40000), outer;
	const struct fb_owner guess = owner_of(100, 5, "/guess"), sure = owner_of(200, 6, "/sure");
	const struct fb_conntrack_fact fact = snat_fact();
	struct fb_flow_at at;

	(void)state;
	outer = make_row(WAN, IPPROTO_TCP, GATE, 61000, SERVER, 443, world.ns);
	open_tcp(&outer);
	outer.state |= FB_ROW_OWNED;
	inner.state |= FB_ROW_OWNED;
	fb_table_row(world.table, 0, &inner, world.ns);
	fb_table_row(world.table, 1, &outer, world.ns);
	inner.state &= (uint16_t)~FB_ROW_OWNER_SENT;
	fb_table_owner(world.table, 0, &inner, &guess, FB_OWNER_LISTENER);
	outer.state |= FB_ROW_OWNER_SENT;
	fb_table_owner(world.table, 1, &outer, &sure, FB_OWNER_CONNECT);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	at = only(world.now);
	assert_string_equal(value_of(&at, FB_FIELD_owner_exe), "/sure");
	assert_string_equal(value_of(&at, FB_FIELD_owner_by), "connect");
	assert_null(fb_table_known_owner(world.table, &guess.key));
	end_world(&world);
}

static struct fb_owner asked;

static const struct fb_owner *ask(void *ctx, const struct fb_flow *flow, uint8_t *ret_by)
{
	(void)ctx;
	assert_true(flow->proto == IPPROTO_TCP || flow->proto == IPPROTO_UDP);
	*ret_by = FB_OWNER_CONNTRACK;
	return asked.process ? &asked : NULL;
}

/* Of what is forwarded a container is asked for; this host's own flows need nobody to tell. */
static void test_container(void **state)
{
	static const struct fb_table_ops ops = {.owner = ask};
	struct world world = new_world(NULL, &ops, NULL);
	struct fb_row rows[3];
	uint8_t server[16];
	struct fb_flow_at at[3];

	(void)state;
	set_addr(server, GATE);
	fb_table_own_addr(world.table, server, FB_IPV4, false);
	asked = owner_of(100, 5, "/in/container");
	rows[0] = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	rows[1] = make_row(LAN, IPPROTO_TCP, CLIENT, 40001, GATE, 443, world.ns);
	rows[2] = make_row(LAN, IPPROTO_UDP, CLIENT, 40002, SERVER, 443, world.ns);
	for (uint32_t i = 0; i < 3; i++)
		fb_table_row(world.table, i, &rows[i], world.ns);
	tick(&world, 1);
	assert_int_equal(list(world.now, at, 3), 3);
	assert_string_equal(value_of(&at[0], FB_FIELD_owner_exe), "/in/container");
	assert_string_equal(value_of(&at[0], FB_FIELD_owner_by), "conntrack");
	assert_string_equal(value_of(&at[1], FB_FIELD_owner_exe), "none");
	assert_string_equal(value_of(&at[2], FB_FIELD_owner_exe), "/in/container");
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_once),     cmocka_unit_test(test_number_used_again),
		cmocka_unit_test(test_looked_up),     cmocka_unit_test(test_holder),
		cmocka_unit_test(test_holder_of_own), cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_merged),	      cmocka_unit_test(test_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
