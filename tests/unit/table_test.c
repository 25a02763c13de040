// link: model/table model/rows model/naming model/join model/age model/store model/snapshot
// link: model/ctab model/index model/flow
/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows, conntrack and time to flows: one connection is one flow, and every count is counted once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/table.h"

#define S   1000000000ull
#define SYN 0x02
#define ACK 0x10
#define FIN 0x01
#define RST 0x04
#define LAN 1
#define WAN 2

struct world {
	struct fb_table *table;
	struct fb_snapshot *now;
	uint64_t ns;
};

static void tick(struct world *world, uint64_t seconds)
{
	struct fb_snapshot *next;

	world->ns += seconds * S;
	fb_table_tick_begin(world->table, world->ns, (int64_t)(world->ns / 1000000));
	next = fb_table_tick_end(world->table);
	assert_non_null(next);
	fb_snapshot_put(world->now);
	world->now = next;
}

static struct world new_world(const struct fb_table_opts *opts, const struct fb_table_ops *ops,
			      void *ctx)
{
	struct fb_table_opts standard = {.max_rows = 1024};
	struct world world = {.ns = 100000 * S};

	assert_int_equal(fb_table_new(opts ? opts : &standard, ops, ctx, &world.table), 0);
	fb_table_tick_begin(world.table, world.ns, (int64_t)(world.ns / 1000000));
	return world;
}

static void end_world(struct world *world)
{
	fb_snapshot_put(world->now);
	fb_table_free(world->table);
}

static void set_addr(uint8_t addr[16], uint32_t v4)
{
	uint32_t net = htonl(v4);

	memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	memcpy(addr + 12, &net, 4);
}

/* A row of client -> server; direction 0 is that of the lower address, as the kernel has it. */
static struct fb_row make_row(uint16_t link, uint8_t proto, uint32_t client, uint16_t cport,
			      uint32_t server, uint16_t sport, uint64_t first_seen)
{
	struct fb_row row = {.state = FB_ROW_LIVE, .generation = 1, .first_seen = first_seen};
	int low = client > server;

	set_addr(row.key.addr[low], client);
	set_addr(row.key.addr[!low], server);
	row.key.port[low] = htons(cport);
	row.key.port[!low] = htons(sport);
	row.key.proto = proto;
	row.key.family = FB_IPV4;
	row.key.link = link;
	row.opener = (uint8_t)low;
	row.opener_by = proto == IPPROTO_TCP ? FB_OPENER_SYN : FB_OPENER_FIRST;
	return row;
}

/* Sent by the opener (FB_UP) or to it (FB_DOWN). */
static void count(struct fb_row *row, int dir, uint64_t packets, uint64_t bytes, uint8_t flags)
{
	int d = dir ^ row->opener;

	row->packets[d] += packets;
	row->bytes[d] += bytes;
	row->tcp_flags[d] |= flags;
	row->sight[d] = (uint8_t)(1 + dir);
}

static void open_tcp(struct fb_row *row)
{
	count(row, FB_UP, 2, 112, SYN | ACK);
	count(row, FB_DOWN, 1, 60, SYN | ACK);
}

static uint32_t list(const struct fb_snapshot *snapshot, struct fb_flow_at *at, uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < snapshot->n; i++) {
		struct fb_flow_at found;

		if (fb_snapshot_at(snapshot, i, &found) && n++ < max)
			at[n - 1] = found;
	}
	return n;
}

static struct fb_flow_at only(const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at;

	assert_int_equal(list(snapshot, &at, 1), 1);
	return at;
}

static void assert_addr(const uint8_t addr[16], uint32_t v4)
{
	uint8_t want[16];

	set_addr(want, v4);
	assert_memory_equal(addr, want, 16);
}

static void assert_totals(struct world *world, uint16_t link, uint64_t packets_in,
			  uint64_t packets_out)
{
	uint64_t packets[2], bytes[2];

	fb_table_link_totals(world->table, link, packets, bytes);
	assert_int_equal(packets[0], packets_in);
	assert_int_equal(packets[1], packets_out);
}

#define CLIENT 0x0a000005u
#define SERVER 0xc0000201u
#define GATE   0xcb007107u

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
	assert_int_equal(at.traffic->rate[FB_DOWN], 15000);
	assert_int_equal(at.traffic->pps[FB_UP], 5);
	assert_int_equal(at.flow->state, FB_STATE_ESTABLISHED);
	assert_int_equal(fb_table_row(world.table, 7, &row, world.ns), FB_TABLE_ROW_IDLE);
	tick(&world, 1);
	tick(&world, 1);
	assert_int_equal(only(world.now).traffic->rate[FB_DOWN], 0);
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
	/* whichever is scanned first, the link that saw it first counts */
	fb_table_row(world.table, 0, &wan, world.ns);
	fb_table_row(world.table, 1, &lan, world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_int_equal(at.flow->link, LAN);
	assert_int_equal(at.traffic->packets[FB_DOWN], 5);
	assert_int_equal(at.flow->links->n, 1);
	assert_int_equal(at.flow->links->link[0].link, WAN);
	assert_int_equal(at.flow->links->link[0].packets[FB_DOWN], 6);
	assert_totals(&world, LAN, 2, 5);
	assert_totals(&world, WAN, 2, 6);
	end_world(&world);
}

static void set_tuple(struct fb_tuple *tuple, uint8_t proto, uint32_t src, uint16_t sport,
		      uint32_t dst, uint16_t dport)
{
	set_addr(tuple->addr[0], src);
	set_addr(tuple->addr[1], dst);
	tuple->port[0] = sport;
	tuple->port[1] = dport;
	tuple->proto = proto;
	tuple->family = FB_IPV4;
}

static struct fb_conntrack_fact snat_fact(void)
{
	struct fb_conntrack_fact fact = {.id = 77,
					 .status = FB_IPS_SEEN_REPLY | FB_IPS_ASSURED,
					 .timeout = 431999,
					 .tcp_state = FB_STATE_ESTABLISHED,
					 .mark = 9,
					 .has_state = true};

	set_tuple(&fact.orig, IPPROTO_TCP, CLIENT, 40000, SERVER, 443);
	set_tuple(&fact.reply, IPPROTO_TCP, SERVER, 443, GATE, 61000);
	return fact;
}

/* Events in every order; bit 0 and 1 of `seen`: attached on the inside, on the outside. */
static void snat(int order, int seen)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row lan = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_row wan = make_row(WAN, IPPROTO_TCP, GATE, 61000, SERVER, 443, world.ns + 50);
	struct fb_conntrack_fact fact = snat_fact();
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct fb_flow_at at;

	open_tcp(&lan);
	open_tcp(&wan);
	for (int i = 0; i < 3; i++) {
		if (orders[order][i] == 0 && seen & 1)
			fb_table_row(world.table, 5, &lan, world.ns);
		else if (orders[order][i] == 1 && seen & 2)
			fb_table_row(world.table, 2, &wan, world.ns);
		else if (orders[order][i] == 2)
			fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
		tick(&world, 1);
	}
	count(&lan, FB_UP, 10, 1000, ACK);
	count(&wan, FB_UP, 10, 1000, ACK);
	if (seen & 1)
		fb_table_row(world.table, 5, &lan, world.ns);
	if (seen & 2)
		fb_table_row(world.table, 2, &wan, world.ns);
	tick(&world, 1);
	at = only(world.now);
	assert_addr(at.flow->src, CLIENT);
	assert_addr(at.flow->dst, SERVER);
	assert_int_equal(at.flow->src_port, 40000);
	assert_int_equal(at.traffic->packets[FB_UP], 12);
	assert_int_equal(at.traffic->packets[FB_DOWN], 1);
	assert_int_equal(at.flow->link, seen & 1 ? LAN : WAN);
	assert_int_equal(at.flow->links ? at.flow->links->n : 0, seen == 3);
	if (seen == 3)
		assert_int_equal(at.flow->links->link[0].packets[FB_UP], 12);
	assert_int_equal(at.flow->nat->kind, FB_NAT_SRC);
	assert_addr(at.flow->nat->src, GATE);
	assert_int_equal(at.flow->nat->src_port, 61000);
	assert_int_equal(at.flow->ct_mark, 9);
	assert_int_equal(at.flow->state, FB_STATE_ESTABLISHED);
	assert_int_equal(world.now->live, 1);
	end_world(&world);
}

static void test_snat(void **state)
{
	(void)state;
	for (int seen = 1; seen <= 3; seen++)
		for (int order = 0; order < 6; order++)
			snat(order, seen);
}

static void test_dnat(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row wan = make_row(WAN, IPPROTO_TCP, SERVER, 50000, GATE, 8443, world.ns);
	struct fb_row lan = make_row(LAN, IPPROTO_TCP, SERVER, 50000, CLIENT, 443, world.ns + 50);
	struct fb_conntrack_fact fact = {
		.id = 5, .tcp_state = FB_STATE_SYN_SENT, .has_state = true};
	struct fb_flow_at at;
	uint8_t gate[16];

	(void)state;
	set_addr(gate, GATE);
	fb_table_own_addr(world.table, gate, FB_IPV4, false);
	set_tuple(&fact.orig, IPPROTO_TCP, SERVER, 50000, GATE, 8443);
	set_tuple(&fact.reply, IPPROTO_TCP, CLIENT, 443, SERVER, 50000);
	open_tcp(&wan);
	open_tcp(&lan);
	fb_table_row(world.table, 0, &lan, world.ns);
	fb_table_row(world.table, 1, &wan, world.ns);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	at = only(world.now);
	assert_addr(at.flow->dst, GATE);
	assert_int_equal(at.flow->nat->kind, FB_NAT_DST);
	assert_addr(at.flow->nat->dst, CLIENT);
	assert_int_equal(at.flow->nat->dst_port, 443);
	assert_int_equal(at.flow->link, WAN);
	assert_int_equal(at.flow->direction, FB_DIRECTION_FORWARD);
	end_world(&world);
}

static void test_conntrack_ends(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_conntrack_fact fact = snat_fact(), found;
	uint64_t id;

	(void)state;
	open_tcp(&row);
	fb_table_row(world.table, 5, &row, world.ns);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	id = only(world.now).flow->id;
	assert_int_equal(fb_table_conntrack_of(world.table, id, &found), 0);
	assert_int_equal(found.id, 77);
	assert_memory_equal(&found.reply.addr, &fact.reply.addr, sizeof(found.reply.addr));
	assert_int_equal(fb_table_conntrack_of(world.table, id + 1, &found), -ENOENT);
	tick(&world, 5);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_ENDED);
	assert_int_equal(fb_table_conntrack_of(world.table, id, &found), -ESRCH);
	/* and it goes on: the same flow */
	count(&row, FB_UP, 1, 52, ACK);
	fb_table_row(world.table, 5, &row, world.ns);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->id, id);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	assert_int_equal(world.now->live, 1);
	end_world(&world);
}

static void test_sweep(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_conntrack_fact fact = snat_fact();
	struct fb_table_stats stats;

	(void)state;
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	fact.id = 78;
	set_tuple(&fact.orig, IPPROTO_TCP, CLIENT, 40001, SERVER, 443);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	fb_table_conntrack_dump(world.table, false);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	fb_table_conntrack_dump(world.table, true);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.conntrack, 1);
	assert_int_equal(stats.counters.conntrack_swept, 1);
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
	row.key.port[0] = htons(2000);
	row.key.port[1] = htons(3000);
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

/* Anything at any time, snapshots held and let go: what went in comes out, once. */
static void test_random(void **state)
{
	enum { SLOTS = 64 };
	static struct sim sim[SLOTS];
	struct fb_table_opts opts = {.max_rows = SLOTS, .closed_flows = 20, .closed_seconds = 9};
	struct world world = new_world(&opts, NULL, NULL);
	struct fb_snapshot *held[4] = {0};
	uint64_t want[3][2] = {{0}}, got[2], bytes[2];
	uint32_t generation = 0, slots[SLOTS];

	(void)state;
	srand(4);
	for (int round = 0; round < 20000; round++) {
		uint32_t i = random_below(SLOTS), n;
		struct fb_conntrack_fact fact = snat_fact();
		int dir = (int)random_below(2);

		if (!sim[i].used)
			sim_start(&sim[i], &generation, world.ns);
		count(&sim[i].row, dir, 1 + random_below(3), 100,
		      random_below(40)	? ACK
		      : random_below(2) ? FIN
					: RST);
		if (!random_below(50))
			sim[i].row.state |= FB_ROW_SUPERSEDED;
		fb_table_row(world.table, i, &sim[i].row, world.ns);
		set_tuple(&fact.orig, IPPROTO_TCP, CLIENT + random_below(6),
			  (uint16_t)(40000 + random_below(4)), SERVER, 443);
		set_tuple(&fact.reply, IPPROTO_TCP, SERVER, 443, CLIENT + random_below(6),
			  (uint16_t)(40000 + random_below(4)));
		fact.id = random_below(8);
		if (!random_below(10))
			fb_table_conntrack(world.table,
					   random_below(3) ? FB_CONNTRACK_UPSERT
							   : FB_CONNTRACK_DESTROY,
					   &fact);
		if (random_below(20))
			continue;
		n = fb_table_evictions(world.table, slots, SLOTS);
		for (uint32_t k = 0; k < n; k++) {
			struct sim *gone = &sim[slots[k]];

			count(&gone->row, 0, 1, 100, ACK);
			fb_table_row_gone(world.table, slots[k], &gone->row, world.ns);
			for (int d = 0; d < 2; d++)
				if (gone->row.sight[d])
					want[gone->row.key.link][gone->row.sight[d] - 1] +=
						gone->row.packets[d];
			gone->used = false;
		}
		tick(&world, 1 + random_below(3));
		i = random_below(4);
		fb_snapshot_put(held[i]);
		held[i] = random_below(2) ? fb_snapshot_get(world.now) : NULL;
	}
	for (uint32_t i = 0; i < SLOTS; i++)
		for (int d = 0; sim[i].used && d < 2; d++)
			if (sim[i].row.sight[d])
				want[sim[i].row.key.link][sim[i].row.sight[d] - 1] +=
					sim[i].row.packets[d];
	for (uint16_t link = 1; link < 3; link++) {
		fb_table_link_totals(world.table, link, got, bytes);
		assert_memory_equal(got, want[link], sizeof(got));
	}
	for (int i = 0; i < 4; i++)
		fb_snapshot_put(held[i]);
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_and_rates),
		cmocka_unit_test(test_snapshot_stands_still),
		cmocka_unit_test(test_close_evict_drop),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_revived),
		cmocka_unit_test(test_two_links),
		cmocka_unit_test(test_snat),
		cmocka_unit_test(test_dnat),
		cmocka_unit_test(test_conntrack_ends),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_pressure),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
