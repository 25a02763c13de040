/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* Rows and time to flows: one connection is one flow, and every count is counted once. */
#include "unit/world.h"

static void test_counts_and_rates(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_flow_at at;

	(void)state;
	open_tcp(&row);
	assert_int_equal(fb_table_row(world.table, 7, &row, world.ns), FB_TABLE_ROW_NEW);
	tick(&world, 1);
	count(&row, FB_UP, 10, 1000, ACK);
	count(&row, FB_DOWN, 20, 30000, ACK);
	assert_int_equal(fb_table_row(world.table, 7, &row, world.ns), 0);
	tick(&world, 2);
	at = only(world.now);
	assert_addr(at.flow->src, CLIENT);
	assert_addr(at.flow->dst, SERVER);
	assert_int_equal(at.flow->dst_port, 443);
	assert_int_equal(at.traffic->packets[FB_UP], 12);
	assert_int_equal(at.traffic->bytes[FB_DOWN], 30060);
	assert_int_equal(fb_flow_rate(&at, FB_DOWN), 15000);
	assert_int_equal(fb_flow_pps(&at, FB_UP), 5);
	assert_int_equal(at.flow->state, FB_STATE_ESTABLISHED);
	assert_int_equal(fb_table_row(world.table, 7, &row, world.ns), FB_TABLE_ROW_IDLE);
	tick(&world, 1);
	tick(&world, 1);
	at = only(world.now);
	assert_int_equal(fb_flow_rate(&at, FB_DOWN), 0);
	assert_totals(&world, LAN, 12, 21);
	end_world(&world);
}

static void test_snapshot_stands_still(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_UDP, CLIENT, 5000, SERVER, 53, world.ns);
	struct fb_snapshot *old;
	struct fb_flow_at at, later;

	(void)state;
	count(&row, FB_UP, 1, 60, 0);
	fb_table_row(world.table, 0, &row, world.ns);
	tick(&world, 1);
	old = fb_snapshot_get(world.now);
	assert_true(fb_snapshot_find(old, only(old).flow->id, &at));
	for (int i = 0; i < 5; i++) {
		struct fb_hello_fact fact = {.time = world.ns,
					     .name = "a.example",
					     .name_len = 9,
					     .name_source = FB_NAME_SNI,
					     .client = -1};

		count(&row, FB_DOWN, 1, 100, 0);
		fb_table_row(world.table, 0, &row, world.ns);
		assert_int_equal(fb_table_hello(world.table, 0, 1, &fact), 0);
		tick(&world, 1);
	}
	assert_int_equal(at.traffic->packets[FB_DOWN], 0);
	assert_null(at.flow->names);
	assert_true(fb_snapshot_find(world.now, at.flow->id, &later));
	assert_int_equal(later.traffic->packets[FB_DOWN], 5);
	assert_string_equal(later.flow->names->name[0].text, "a.example");
	assert_false(fb_snapshot_find(world.now, at.flow->id ^ (1ull << 40), &later));
	fb_snapshot_put(old);
	end_world(&world);
}

/* Readers that hold old snapshots for long cost a copy of the table each, not one a tick. */
static void test_slow_readers(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_snapshot *held[3];
	struct fb_row rows[600];
	struct fb_table_stats early, late;

	(void)state;
	for (uint32_t i = 0; i < 600; i++)
		rows[i] = make_row(LAN, IPPROTO_UDP, CLIENT + i, 5000, SERVER, 53, world.ns);
	for (int t = 0; t < 100; t++) {
		for (uint32_t i = 0; i < 600; i++) {
			count(&rows[i], FB_UP, 1, 60, 0);
			fb_table_row(world.table, i, &rows[i], world.ns);
		}
		tick(&world, 1);
		if (t % 10 == 0 && t < 30)
			held[t / 10] = fb_snapshot_get(world.now);
		if (t == 40)
			fb_table_stats(world.table, &early);
	}
	fb_table_stats(world.table, &late);
	assert_int_equal(late.memory, early.memory);
	for (int i = 0; i < 3; i++) {
		struct fb_flow_at at;

		assert_true(fb_snapshot_at(held[i], 5, &at));
		assert_int_equal(at.traffic->packets[FB_UP], 1 + 10 * i);
		fb_snapshot_put(held[i]);
	}
	end_world(&world);
}

static void test_close_evict_drop(void **state)
{
	struct fb_table_opts opts = {.max_rows = 64, .closed_seconds = 20};
	struct world world = new_world(&opts, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	uint32_t slots[4];

	(void)state;
	open_tcp(&row);
	count(&row, FB_UP, 1, 52, FIN);
	count(&row, FB_DOWN, 1, 52, FIN);
	fb_table_row(world.table, 3, &row, world.ns);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_FIN);
	assert_int_equal(fb_table_evictions(world.table, slots, 4), 0);
	tick(&world, 10);
	assert_int_equal(fb_table_evictions(world.table, slots, 4), 1);
	assert_int_equal(slots[0], 3);
	assert_int_equal(fb_table_evictions(world.table, slots, 4), 0);
	count(&row, FB_UP, 1, 52, ACK); /* in flight while the row left */
	fb_table_row_gone(world.table, 3, &row, world.ns);
	tick(&world, 1);
	assert_int_equal(only(world.now).traffic->packets[FB_UP], 4);
	assert_totals(&world, LAN, 4, 2);
	tick(&world, 20);
	assert_int_equal(list(world.now, NULL, 0), 0);
	end_world(&world);
}

static void test_reset(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);

	(void)state;
	count(&row, FB_UP, 1, 60, SYN);
	count(&row, FB_DOWN, 1, 40, RST | ACK);
	fb_table_row(world.table, 3, &row, world.ns);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_RST);
	assert_int_equal(only(world.now).flow->state, FB_STATE_CLOSE);
	end_world(&world);
}

static void reuse(bool new_row_first)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row old = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_row new = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns + S);
	struct fb_hello_fact fact = {
		.name = "old.example", .name_len = 11, .name_source = FB_NAME_SNI, .client = -1};
	struct fb_flow_at at[2];
	int newer;

	open_tcp(&old);
	fb_table_row(world.table, 1, &old, world.ns);
	fb_table_hello(world.table, 1, 1, &fact);
	tick(&world, 1);
	old.state |= FB_ROW_SUPERSEDED;
	count(&old, FB_DOWN, 5, 500, FIN);
	count(&old, FB_UP, 1, 52, FIN);
	count(&new, FB_UP, 1, 60, SYN);
	new.generation = 2;
	if (new_row_first)
		fb_table_row(world.table, 0, &new, world.ns);
	fb_table_row(world.table, 1, &old, world.ns);
	if (!new_row_first)
		fb_table_row(world.table, 0, &new, world.ns);
	tick(&world, 1);
	assert_int_equal(list(world.now, at, 2), 2);
	newer = !at[1].flow->closed;
	assert_int_equal(at[newer].flow->closed, FB_CLOSED_NOT);
	assert_null(at[newer].flow->names);
	assert_int_equal(at[newer].traffic->packets[FB_UP], 1);
	assert_int_equal(at[!newer].flow->closed, FB_CLOSED_FIN);
	assert_int_equal(at[!newer].traffic->packets[FB_DOWN], 6);
	assert_int_not_equal(at[0].flow->id, at[1].flow->id);
	assert_totals(&world, LAN, 4, 6);
	end_world(&world);
}

static void test_reuse(void **state)
{
	(void)state;
	reuse(false);
	reuse(true);
}

/* The row was given back while the connection was idle; the next packet makes a new row. */
static void test_revived(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns), next;

	(void)state;
	open_tcp(&row);
	fb_table_row(world.table, 1, &row, world.ns);
	tick(&world, 1);
	fb_table_row_gone(world.table, 1, &row, world.ns);
	tick(&world, 1);
	next = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	next.opener_by = FB_OPENER_FIRST;
	next.opener = !next.opener; /* the server spoke first this time */
	count(&next, FB_UP, 3, 300, ACK);
	next.sight[next.opener] = 1 + FB_HOOK_EGRESS; /* as before */
	fb_table_row(world.table, 9, &next, world.ns);
	tick(&world, 1);
	assert_addr(only(world.now).flow->src, CLIENT);
	assert_int_equal(only(world.now).traffic->packets[FB_UP], 2);
	assert_int_equal(only(world.now).traffic->packets[FB_DOWN], 4);
	end_world(&world);
}

static void test_two_links(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row lan = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_row wan = make_row(WAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns + 50);
	struct fb_flow_at at;

	(void)state;
	open_tcp(&lan);
	open_tcp(&wan);
	count(&lan, FB_DOWN, 4, 4000, ACK);
	count(&wan, FB_DOWN, 5, 5000, ACK); /* one was lost in between */
	/* whichever is scanned first: the link that saw it first, the most that passed */
	fb_table_row(world.table, 0, &wan, world.ns);
	fb_table_row(world.table, 1, &lan, world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_int_equal(at.flow->link, LAN);
	assert_int_equal(at.traffic->packets[FB_DOWN], 6);
	assert_int_equal(at.flow->links->n, 2);
	assert_int_equal(at.flow->links->link[0].link, LAN);
	assert_int_equal(at.flow->links->link[1].link, WAN);
	assert_int_equal(at.flow->links->link[1].packets[FB_HOOK_EGRESS][FB_DOWN], 6);
	assert_totals(&world, LAN, 2, 5);
	assert_totals(&world, WAN, 2, 6);
	end_world(&world);
}

static void test_names(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, SERVER, 443, CLIENT, 40000, world.ns);
	struct fb_flow_tls tls = {.version = 0x0304, .alpn_len = 3, .alpn = "h2"};
	struct fb_hello_fact dns = {
		.name = "cdn.example", .name_len = 11, .name_source = FB_NAME_DNS, .client = -1};
	struct fb_hello_fact sni = {.name = "www.example\0junk",
				    .name_len = 11,
				    .l7 = FB_L7_TLS,
				    .name_source = FB_NAME_SNI,
				    .tls = &tls};
	struct fb_hello_fact bad = {
		.name = "a\0b", .name_len = 3, .name_source = FB_NAME_HTTP, .client = -1};
	struct fb_flow_at at;

	(void)state;
	/* picked up in mid-stream, the server spoke first: the hello tells who is who */
	row.opener_by = FB_OPENER_FIRST;
	row.key.port[0] = 2000;
	row.key.port[1] = 3000;
	count(&row, FB_UP, 1, 1000, ACK);
	sni.client = !row.opener;
	fb_table_row(world.table, 5, &row, world.ns);
	assert_int_equal(fb_table_hello(world.table, 5, 1, &dns), 0);
	assert_int_equal(fb_table_hello(world.table, 5, 1, &sni), 0);
	assert_int_equal(fb_table_hello(world.table, 5, 1, &bad), -EINVAL);
	assert_int_equal(fb_table_hello(world.table, 5, 2, &dns), -ESTALE);
	tick(&world, 1);
	at = only(world.now);
	assert_addr(at.flow->src, CLIENT);
	assert_int_equal(at.traffic->packets[FB_DOWN], 1);
	assert_int_equal(at.flow->names->n, 2);
	assert_string_equal(at.flow->names->name[0].text, "www.example");
	assert_string_equal(at.flow->names->name[1].text, "cdn.example");
	assert_string_equal(at.flow->tls->alpn, "h2");
	assert_true(at.flow->flags & FB_FLOW_PARTIAL);
	end_world(&world);
}

static void test_idle(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_UDP, CLIENT, 5000, SERVER, 53, world.ns);
	uint32_t slots[4];

	(void)state;
	count(&row, FB_UP, 1, 60, 0);
	fb_table_row(world.table, 0, &row, world.ns);
	tick(&world, 59);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	tick(&world, 3);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_TIMEOUT);
	tick(&world, 5);
	assert_int_equal(fb_table_evictions(world.table, slots, 4), 1);
	end_world(&world);
}

static void call_host(void *ctx, const struct fb_flow *flow, unsigned int which,
		      struct fb_flow_facts *facts)
{
	(void)flow;
	facts->hosts_told = true;
	facts->src_host = (struct fb_flow_name){.text = ctx, .source = FB_NAME_DHCP};
	if (which == FB_DESCRIBE_ALL)
		facts->service = "web";
}

/* Hosts get other names while snapshots show the old ones; all flows learn of it in time. */
static void test_described_again(void **state)
{
	enum { FLOWS = 70000 };
	const struct fb_table_ops ops = {.describe = call_host};
	struct fb_table_opts opts = {.max_rows = FLOWS};
	char host[] = "printer";
	struct world world = new_world(&opts, &ops, host);
	struct fb_snapshot *old;
	unsigned int renamed[3] = {0};

	(void)state;
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct fb_row row =
			make_row(LAN, IPPROTO_TCP, CLIENT + i, 40000, SERVER, 443, world.ns);

		open_tcp(&row);
		fb_table_row(world.table, i, &row, world.ns);
	}
	tick(&world, 1);
	old = fb_snapshot_get(world.now);
	memcpy(host, "scanner", sizeof(host));
	fb_table_describe_again(world.table, 1);
	for (int t = 0; t < 3; t++) {
		tick(&world, 1);
		for (uint32_t i = 0; i < world.now->n; i++)
			renamed[t] +=
				!strcmp(fb_flow_src_host(fb_snapshot_flow(world.now, i)), host);
	}
	assert_in_range(renamed[0], 10000, FLOWS - 1);
	assert_int_equal(renamed[2], FLOWS);
	assert_string_equal(fb_snapshot_flow(world.now, 5)->service, "web");
	assert_string_equal(fb_flow_src_host(fb_snapshot_flow(old, 5)), "printer");
	fb_snapshot_put(old);
	end_world(&world);
}

/* What goes on after a timeout ends later, and its end is told once, when its row is gone. */
static void test_ends_once(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_UDP, CLIENT, 5000, SERVER, 53, world.ns);
	unsigned int told = 0;
	uint32_t slot;

	(void)state;
	count(&row, FB_UP, 1, 60, 0);
	fb_table_row(world.table, 0, &row, world.ns);
	tick(&world, 1);
	tick(&world, 61);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_TIMEOUT);
	count(&row, FB_UP, 1, 60, 0);
	fb_table_row(world.table, 0, &row, world.ns + S);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	for (int i = 0; i < 70; i++) {
		tick(&world, 1);
		assert_int_equal(world.now->n_ended, 0);
	}
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_TIMEOUT);
	assert_int_equal(fb_table_evictions(world.table, &slot, 1), 1);
	count(&row, FB_DOWN, 1, 100, 0);
	fb_table_row_gone(world.table, 0, &row, world.ns);
	for (int i = 0; i < 200; i++) {
		tick(&world, 1);
		told += world.now->n_ended;
		if (world.now->n_ended)
			assert_int_equal(
				fb_snapshot_traffic(world.now, world.now->ended[0])->bytes[FB_DOWN],
				100);
	}
	assert_int_equal(told, 1);
	end_world(&world);
}

static void test_pressure(void **state)
{
	struct fb_table_opts opts = {.max_rows = 128, .closed_flows = 1000};
	struct world world = new_world(&opts, NULL, NULL);
	struct fb_table_stats stats;
	struct fb_flow_at at;
	uint32_t slots[128], n, seen = 0;

	(void)state;
	for (uint32_t i = 0; i < 126; i++) {
		struct fb_row row =
			make_row(LAN, IPPROTO_TCP, CLIENT + i, 40000, SERVER, 443, world.ns);

		if (i % 2)
			open_tcp(&row);
		else
			count(&row, FB_UP, 1, 60, SYN);
		fb_table_row(world.table, i, &row, world.ns);
	}
	tick(&world, 5);
	n = fb_table_evictions(world.table, slots, 128);
	assert_in_range(n, 14, 20);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(slots[i] % 2, 0); /* those that nobody answered */
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.counters.flows_evicted, n);
	for (uint32_t i = 0; i < world.now->n; i++)
		if (fb_snapshot_at(world.now, i, &at) && at.flow->closed)
			seen += at.flow->closed == FB_CLOSED_EVICTED;
	assert_int_equal(seen, n);
	end_world(&world);
}

/* The table is full: what has no flow still counts for its link. */
static void test_full(void **state)
{
	struct fb_table_opts opts = {.max_rows = 600, .max_flows = 10, .closed_flows = 1};
	struct world world = new_world(&opts, NULL, NULL);
	struct fb_table_stats stats;

	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		struct fb_row row =
			make_row(LAN, IPPROTO_UDP, CLIENT + i, 4000, SERVER, 53, world.ns);

		count(&row, FB_UP, 2, 60, 0);
		fb_table_row(world.table, i, &row, world.ns);
	}
	tick(&world, 1);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.live, 10);
	assert_int_equal(stats.counters.flows_full, 490);
	assert_totals(&world, LAN, 1000, 0);
	end_world(&world);
}

struct sim {
	struct fb_row row;
	bool used;
};

static uint32_t random_below(uint32_t n)
{
	return (uint32_t)((uint64_t)rand() * n / ((uint64_t)RAND_MAX + 1));
}

static void sim_start(struct sim *sim, uint32_t *generation, uint64_t ns)
{
	bool tcp = random_below(2);

	sim->row = make_row((uint16_t)(1 + random_below(2)), tcp ? IPPROTO_TCP : IPPROTO_UDP,
			    CLIENT + random_below(6), (uint16_t)(40000 + random_below(4)), SERVER,
			    443, ns);
	sim->row.generation = ++*generation;
	sim->used = true;
}

struct random {
	struct world world;
	struct sim sim[64];
	uint64_t want[3][2]; /* packets, by link and hook */
	uint32_t generation;
};

static void sim_count(struct random *random, const struct sim *sim)
{
	for (int d = 0; sim->used && d < 2; d++)
		if (sim->row.sight[d])
			random->want[sim->row.key.lane][sim->row.sight[d] - 1] +=
				sim->row.packets[d];
}

static void sim_move(struct random *random)
{
	uint32_t i = random_below(64);
	struct sim *sim = &random->sim[i];

	/* now and then the kernel half gives the row to another flow: it is in its books then */
	if (!sim->used || (!(sim->row.state & FB_ROW_SUPERSEDED) && !random_below(50)))
		sim_start(sim, &random->generation, random->world.ns);
	count(&sim->row, (int)random_below(2), 1 + random_below(3), 100,
	      random_below(40)	? ACK
	      : random_below(2) ? FIN
				: RST);
	if (!random_below(50))
		sim->row.state |= FB_ROW_SUPERSEDED;
	fb_table_row(random->world.table, i, &sim->row, random->world.ns);
}

static void sim_conntrack(struct random *random)
{
	struct fb_conntrack_fact fact = snat_fact();

	set_tuple(&fact.orig, IPPROTO_TCP, CLIENT + random_below(6),
		  (uint16_t)(40000 + random_below(4)), SERVER, 443);
	set_tuple(&fact.reply, IPPROTO_TCP, SERVER, 443, CLIENT + random_below(6),
		  (uint16_t)(40000 + random_below(4)));
	fact.id = random_below(8);
	fb_table_conntrack(random->world.table,
			   random_below(3) ? FB_CONNTRACK_UPSERT : FB_CONNTRACK_DESTROY, &fact);
}

static void sim_leave(struct random *random)
{
	uint32_t slots[64], n = fb_table_evictions(random->world.table, slots, 64);

	for (uint32_t i = 0; i < n; i++) {
		struct sim *gone = &random->sim[slots[i]];

		if (fb_table_generation(random->world.table, slots[i]) != gone->row.generation)
			continue;
		count(&gone->row, 0, 1, 100, ACK);
		fb_table_row_gone(random->world.table, slots[i], &gone->row, random->world.ns);
		sim_count(random, gone);
		gone->used = false;
	}
}

/* Anything at any time, snapshots held and let go: what went in comes out, once. */
static void test_random(void **state)
{
	static struct random random;
	struct fb_table_opts opts = {.max_rows = 64, .closed_flows = 20, .closed_seconds = 9};
	struct fb_snapshot *held[4] = {0};
	uint64_t got[2], bytes[2];

	(void)state;
	random.world = new_world(&opts, NULL, NULL);
	srand(4);
	for (int round = 0; round < 20000; round++) {
		uint32_t i = random_below(4);

		sim_move(&random);
		if (!random_below(10))
			sim_conntrack(&random);
		if (random_below(20))
			continue;
		sim_leave(&random);
		tick(&random.world, 1 + random_below(3));
		fb_snapshot_put(held[i]);
		held[i] = random_below(2) ? fb_snapshot_get(random.world.now) : NULL;
	}
	for (uint32_t i = 0; i < 64; i++)
		sim_count(&random, &random.sim[i]);
	for (uint16_t link = 1; link < 3; link++) {
		fb_table_link_totals(random.world.table, link, got, bytes);
		assert_memory_equal(got, random.want[link], sizeof(got));
	}
	for (int i = 0; i < 4; i++)
		fb_snapshot_put(held[i]);
	end_world(&random.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_and_rates),
		cmocka_unit_test(test_snapshot_stands_still),
		cmocka_unit_test(test_slow_readers),
		cmocka_unit_test(test_close_evict_drop),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_revived),
		cmocka_unit_test(test_two_links),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_described_again),
		cmocka_unit_test(test_ends_once),
		cmocka_unit_test(test_pressure),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
