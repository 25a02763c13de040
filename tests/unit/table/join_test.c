/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util
/* Conntrack entries to flows: one connection is one flow on either side of a translation. */
#include "unit/world.h"

/* Every order in which three things come. */
static const unsigned int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					  {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* Events in every order; bit 0 and 1 of `seen`: attached on the inside, on the outside. */
static void snat(int order, int seen)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row lan = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_row wan = make_row(WAN, IPPROTO_TCP, GATE, 61000, SERVER, 443, world.ns + 50);
	struct fb_conntrack_fact fact = snat_fact();
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
	assert_int_equal(world.told, at.traffic->bytes[FB_UP] + at.traffic->bytes[FB_DOWN]);
	assert_int_equal(at.flow->link, seen & 1 ? LAN : WAN);
	assert_int_equal(at.flow->links ? at.flow->links->n : 0, seen == 3 ? 2 : 0);
	if (seen == 3)
		assert_int_equal(at.flow->links->link[1].packets[FB_HOOK_INGRESS][FB_UP], 12);
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

/* What comes in here goes out there. */
static void turn_hooks(struct fb_row *row)
{
	for (int d = 0; d < 2; d++)
		row->sight[d] = row->sight[d] ? 3 - row->sight[d] : 0;
}

/* A flush, or an uplink that went: the same inside tuple goes on, from another outside address. */
static void translated_anew(uint8_t proto, int order, bool reset, bool late, uint32_t id)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row lan = make_row(LAN, proto, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_row wan = make_row(WAN, proto, GATE, 61000, SERVER, 443, world.ns + 50), other;
	struct fb_conntrack_fact fact = snat_fact(), next;
	struct fb_flow_at at;
	uint32_t slot = 0;

	fact.orig.proto = fact.reply.proto = proto;
	open_tcp(&lan);
	open_tcp(&wan);
	turn_hooks(&wan);
	fb_table_row(world.table, 5, &lan, world.ns);
	fb_table_row(world.table, 2, &wan, world.ns);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	tick(&world, 14);
	next = fact;
	next.id = id; /* the kernel may give the same one again */
	set_tuple(&next.reply, proto, SERVER, 443, GATE + 1, 40000);
	other = make_row(WAN, proto, GATE + 1, 40000, SERVER, 443, world.ns);
	other.opener_by = FB_OPENER_FIRST;
	other.generation = lan.generation + 1;
	count(&other, FB_UP, 1, 60, ACK);
	count(&lan, FB_UP, 1, 60, ACK);
	if (reset) {
		count(&other, FB_DOWN, 1, 40, RST);
		count(&lan, FB_DOWN, 1, 40, RST);
	}
	turn_hooks(&other);
	if (!late)
		fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	for (int i = 0; i < 3; i++) {
		if (orders[order][i] == 2 && late)
			fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
		if (orders[order][i] == 0)
			fb_table_row(world.table, 5, &lan, world.ns);
		else if (orders[order][i] == 1)
			fb_table_row(world.table, 3, &other, world.ns);
		else
			fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &next);
		if (orders[order][i] == 2 && reset) /* the kernel lets go of it at once */
			fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &next);
	}
	tick(&world, 1);
	at = only(world.now);
	assert_int_equal(at.traffic->packets[FB_UP], 3);
	assert_int_equal(at.traffic->packets[FB_DOWN], reset ? 2 : 1);
	assert_int_equal(fb_flow_is_live(at.flow), !reset);
	if (!reset) {
		assert_int_equal(at.flow->ct_id, id);
		assert_addr(at.flow->nat->src, GATE + 1);
		while (fb_table_evictions(world.table, &slot, 1) && slot != 2)
			;
		assert_int_equal(slot, 2);
	}
	end_world(&world);
}

static void test_translated_anew(void **state)
{
	(void)state;
	for (int order = 0; order < 6; order++)
		for (int late = 0; late < 2; late++) {
			translated_anew(IPPROTO_TCP, order, false, late, 78);
			translated_anew(IPPROTO_UDP, order, false, late, 78);
			translated_anew(IPPROTO_TCP, order, true, late, 78);
			translated_anew(IPPROTO_TCP, order, false, late, snat_fact().id);
			translated_anew(IPPROTO_UDP, order, false, late, snat_fact().id);
			translated_anew(IPPROTO_TCP, order, true, late, snat_fact().id);
		}
}

/* Reset and tried again within a tick: the same inside tuple and id, another outside port. */
static void test_translated_anew_at_once(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row lan = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_row wan = make_row(WAN, IPPROTO_TCP, GATE, 62000, SERVER, 443, world.ns + 50);
	struct fb_conntrack_fact fact = snat_fact(), next = fact;

	(void)state;
	open_tcp(&lan);
	open_tcp(&wan);
	turn_hooks(&wan);
	set_tuple(&next.reply, IPPROTO_TCP, SERVER, 443, GATE, 62000);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &next);
	fb_table_row(world.table, 5, &lan, world.ns);
	fb_table_row(world.table, 2, &wan, world.ns);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->nat->src_port, 62000);
	end_world(&world);
}

static void test_dnat(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row wan = make_row(WAN, IPPROTO_TCP, SERVER, 50000, GATE, 8443, world.ns);
	struct fb_row lan = make_row(LAN, IPPROTO_TCP, SERVER, 50000, CLIENT, 443, world.ns + 50);
	struct fb_conntrack_fact fact = {
		.id = 5, .tcp_state = FB_STATE_SYN_SENT, .has_state = true, .has_tcp = true};
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
	fact.has_tcp = false; /* another mark: the state is not told again */
	fact.tcp_state = FB_STATE_NONE;
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->state, FB_STATE_ESTABLISHED);
	tick(&world, 4);
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

/* A refused connection's entry is gone before the rows on both its sides are read. */
static void test_gone_within_a_tick(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row lan = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_row wan = make_row(WAN, IPPROTO_TCP, GATE, 61000, SERVER, 443, world.ns + 50);
	struct fb_conntrack_fact fact = snat_fact();
	struct fb_table_stats stats;

	(void)state;
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	open_tcp(&lan);
	open_tcp(&wan);
	fb_table_row(world.table, 0, &wan, world.ns);
	fb_table_row(world.table, 1, &lan, world.ns);
	tick(&world, 1);
	assert_int_equal(only(world.now).flow->src_port, 40000);
	assert_int_equal(only(world.now).flow->nat->src_port, 61000);
	assert_false(only(world.now).flow->flags & FB_FLOW_CONNTRACK);
	fb_table_stats(world.table, &stats);
	assert_int_equal(stats.conntrack, 0);
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

static struct fb_conntrack_fact tcp_fact(uint32_t id, uint8_t tcp_state, uint32_t timeout)
{
	struct fb_conntrack_fact fact = snat_fact();

	fact.id = id;
	fact.tcp_state = tcp_state;
	fact.timeout = timeout;
	set_tuple(&fact.reply, IPPROTO_TCP, SERVER, 443, CLIENT, 40000);
	return fact;
}

/* How a flow ends that `flags_up` were seen of, and whose entry says `tcp_state`; then it goes. */
static unsigned int how_it_ends(bool syn, uint8_t flags_up, uint8_t tcp_state, bool destroy)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_conntrack_fact fact = tcp_fact(77, tcp_state, 100);
	unsigned int closed;

	if (!syn)
		row.opener_by = FB_OPENER_FIRST;
	count(&row, FB_UP, 1, 52, flags_up);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact);
	fb_table_row(world.table, 5, &row, world.ns);
	tick(&world, 1);
	tick(&world, 3);
	if (destroy)
		fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact);
	tick(&world, 1);
	closed = only(world.now).flow->closed;
	end_world(&world);
	return closed;
}

static void test_seen_by_half(void **state)
{
	(void)state;
	assert_int_equal(how_it_ends(false, ACK, FB_STATE_TIME_WAIT, false), FB_CLOSED_FIN);
	assert_int_equal(how_it_ends(false, FIN | ACK, FB_STATE_TIME_WAIT, false), FB_CLOSED_FIN);
	assert_int_equal(how_it_ends(true, SYN | FIN, FB_STATE_TIME_WAIT, false), FB_CLOSED_FIN);
	assert_int_equal(how_it_ends(false, ACK, FB_STATE_CLOSE, false), FB_CLOSED_RST);
	assert_int_equal(how_it_ends(false, ACK, FB_STATE_LAST_ACK, false), FB_CLOSED_NOT);
	assert_int_equal(how_it_ends(false, ACK, FB_STATE_LAST_ACK, true), FB_CLOSED_FIN);
	assert_int_equal(how_it_ends(false, FIN | ACK, FB_STATE_FIN_WAIT, true), FB_CLOSED_FIN);
	assert_int_equal(how_it_ends(false, ACK, FB_STATE_ESTABLISHED, true), FB_CLOSED_ENDED);
}

/* The entry of the connection before, which ended: a new SYN is not its business. */
static void test_old_entry(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row row = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_conntrack_fact old = tcp_fact(70, FB_STATE_TIME_WAIT, 100);
	struct fb_conntrack_fact new = tcp_fact(71, FB_STATE_ESTABLISHED, 1000);

	(void)state;
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &old);
	open_tcp(&row);
	fb_table_row(world.table, 5, &row, world.ns);
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &old);
	tick(&world, 5);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	assert_int_equal(only(world.now).flow->state, FB_STATE_ESTABLISHED);
	/* the end of the old one is told late, or by a resync only */
	fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &new);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &old);
	tick(&world, 5);
	assert_int_equal(only(world.now).flow->closed, FB_CLOSED_NOT);
	assert_int_equal(only(world.now).flow->ct_id, 71);
	end_world(&world);
}

/* One tuple in three zones, told in every order: the lowest zone's entry, and no other's NAT. */
static void zones(const unsigned int order[3])
{
	static const uint16_t zone[3] = {0, 3, 9};
	struct world world = new_world(NULL, NULL, NULL);
	struct fb_row lan = make_row(LAN, IPPROTO_TCP, CLIENT, 40000, SERVER, 443, world.ns);
	struct fb_row wan = make_row(WAN, IPPROTO_TCP, GATE, 61000, SERVER, 443, world.ns + 50);
	struct fb_conntrack_fact fact[3];
	struct fb_flow_at at[2];

	open_tcp(&lan);
	open_tcp(&wan);
	fb_table_row(world.table, 5, &lan, world.ns);
	fb_table_row(world.table, 6, &wan, world.ns);
	for (unsigned int i = 0; i < 3; i++) {
		fact[i] = tcp_fact(70 + i, FB_STATE_ESTABLISHED, 1000);
		fact[i].zone = zone[i];
		fact[i].mark = 100 + i;
	}
	set_tuple(&fact[2].reply, IPPROTO_TCP, SERVER, 443, GATE, 61000);
	for (unsigned int i = 0; i < 3; i++)
		fb_table_conntrack(world.table, FB_CONNTRACK_UPSERT, &fact[order[i]]);
	tick(&world, 1);
	if (order[0] != 2) { /* zone 9 came first: it was the only one, and joined both sides */
		assert_int_equal(list(world.now, at, 2), 2);
		assert_null(at[0].flow->nat);
		assert_null(at[1].flow->nat);
	} else {
		assert_int_equal(list(world.now, at, 2), 1);
	}
	assert_int_equal(at[0].flow->ct_zone, 0);
	assert_int_equal(at[0].flow->ct_mark, 100);
	assert_null(at[0].flow->nat);
	tick(&world, 4);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact[0]);
	tick(&world, 1);
	list(world.now, at, 2);
	assert_int_equal(at[0].flow->closed, FB_CLOSED_NOT);
	assert_int_equal(at[0].flow->ct_zone, 3);
	assert_int_equal(at[0].flow->ct_id, 71);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact[1]);
	tick(&world, 1);
	list(world.now, at, 2);
	assert_int_equal(at[0].flow->ct_mark, 102);
	assert_int_equal(at[0].flow->nat->kind, FB_NAT_SRC);
	fb_table_conntrack(world.table, FB_CONNTRACK_DESTROY, &fact[2]);
	tick(&world, 1);
	list(world.now, at, 2);
	assert_int_equal(at[0].flow->closed, FB_CLOSED_ENDED);
	end_world(&world);
}

static void test_zones(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++)
		zones(orders[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snat),
		cmocka_unit_test(test_translated_anew),
		cmocka_unit_test(test_translated_anew_at_once),
		cmocka_unit_test(test_dnat),
		cmocka_unit_test(test_conntrack_ends),
		cmocka_unit_test(test_gone_within_a_tick),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_seen_by_half),
		cmocka_unit_test(test_old_entry),
		cmocka_unit_test(test_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
