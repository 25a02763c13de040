/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows to flows: which flow a row belongs to, what it adds, how the connection's life is read. */
#include "model/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/table_priv.h"
#include "util/scope.h"

#define TCP_FIN	  0x01
#define TCP_SYN	  0x02
#define TCP_RST	  0x04
#define TCP_ACK	  0x10

#define PROTO_TCP 6

int fb_table_new(const struct fb_table_opts *opts, const struct fb_table_ops *ops, void *ctx,
		 struct fb_table **ret_table)
{
	struct fb_table *table = calloc(1, sizeof(*table));
	uint32_t flows;
	int r;

	if (!table)
		return -ENOMEM;
	table->opts = *opts;
	table->ops = ops;
	table->ctx = ctx;
	table->closed_size = opts->closed_flows;
	/* a flow for each row, and those that ended */
	r = fb_store_init(&table->store, opts->max_rows + opts->closed_flows);
	flows = table->store.max_chunks * FB_CHUNK_FLOWS;
	if (r == 0)
		r = fb_tuples_init(&table->tuples);
	table->priv = calloc(flows, sizeof(*table->priv));
	table->track = calloc(opts->max_rows, sizeof(*table->track));
	table->moved[0] = calloc(flows, sizeof(uint32_t));
	table->moved[1] = calloc(flows, sizeof(uint32_t));
	table->closed = calloc(table->closed_size + 1, sizeof(*table->closed));
	table->leaving = calloc(opts->max_rows, sizeof(*table->leaving));
	if (r == 0)
		r = fb_pending_init(table);
	if (r == 0 && (!table->priv || !table->track || !table->moved[0] || !table->moved[1] ||
		       !table->closed || !table->leaving))
		r = -ENOMEM;
	if (r < 0) {
		fb_table_free(table);
		return r;
	}
	*ret_table = table;
	return 0;
}

void fb_table_free(struct fb_table *table)
{
	if (!table)
		return;
	fb_store_fini(&table->store);
	fb_tuples_fini(&table->tuples);
	fb_pending_fini(table);
	free(table->priv);
	free(table->track);
	free(table->moved[0]);
	free(table->moved[1]);
	free(table->closed);
	free(table->leaving);
	free(table);
}

void fb_table_begin(struct fb_table *table, uint64_t now_ns)
{
	table->now = now_ns;
	table->tick++;
}

/* Remember that a flow moved in this tick, so that its rate is made and, later, ended. */
void fb_table_move(struct fb_table *table, uint32_t number)
{
	struct fb_flow_priv *priv = &table->priv[number];

	if (priv->tick == table->tick)
		return;
	priv->tick = table->tick;
	table->moved[0][table->n_moved[0]++] = number;
}

void fb_flow_tuple(const struct fb_flow *flow, struct fb_tuple *ret_tuple)
{
	fb_tuple_make(ret_tuple, flow->src, htons(flow->src_port), flow->dst, htons(flow->dst_port),
		      flow->proto, flow->family);
}

/* The tuple behind NAT. */
bool fb_flow_alias(const struct fb_flow *flow, struct fb_tuple *ret_tuple)
{
	const struct fb_flow_nat *nat = flow->nat;

	if (!nat)
		return false;
	fb_tuple_make(ret_tuple, nat->src, htons(nat->src_port), nat->dst, htons(nat->dst_port),
		      flow->proto, nat->src_family);
	return true;
}

void fb_table_unindex(struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_get(&table->store, number);
	struct fb_tuple tuple;

	fb_flow_tuple(flow, &tuple);
	fb_tuples_remove(&table->tuples, &tuple, number);
	if (fb_flow_alias(flow, &tuple))
		fb_tuples_remove(&table->tuples, &tuple, number);
}

void fb_table_mark_closed(struct fb_table *table, uint32_t number, enum fb_closed reason)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	uint32_t at;

	if (!flow || flow->closed)
		return;
	if (table->n_closed > table->closed_size) {
		table->counters.closed_dropped++;
		fb_table_drop_oldest_closed(table);
	}
	flow->closed = (uint8_t)reason;
	flow->closed_at = table->now;
	table->counters.flows_closed++;
	table->counters.flows_evicted += reason == FB_CLOSED_EVICTED;
	fb_table_move(table, number);
	at = (table->closed_head + table->n_closed++) % (table->closed_size + 1);
	table->closed[at] = (struct fb_closed_entry){number, flow->id, table->now};
}

/* The counts of another interface, made if there is room; NULL: not kept. */
struct fb_flow_link *fb_flow_other_link(struct fb_flow *flow, uint16_t link)
{
	struct fb_flow_links *links;

	for (unsigned int i = 0; flow->links && i < flow->links->n; i++)
		if (flow->links->link[i].link == link) {
			links = fb_links_edit(&flow->links);
			return links ? &links->link[i] : NULL;
		}
	if (flow->links && flow->links->n == FB_FLOW_LINKS)
		return NULL;
	links = fb_links_edit(&flow->links);
	if (!links)
		return NULL;
	links->link[links->n] = (struct fb_flow_link){.link = link};
	return &links->link[links->n++];
}

void fb_table_track_attach(struct fb_table *table, uint32_t slot, uint32_t number, bool accounting)
{
	struct fb_track *track = &table->track[slot];

	track->flow = number;
	track->accounting = accounting;
	track->next = table->priv[number].first_row;
	table->priv[number].first_row = slot;
}

void fb_table_track_detach(struct fb_table *table, uint32_t slot)
{
	struct fb_track *track = &table->track[slot];
	uint32_t *at;

	if (track->flow == FB_NO_FLOW)
		return;
	at = &table->priv[track->flow].first_row;
	while (*at != slot && *at != FB_NO_SLOT)
		at = &table->track[*at].next;
	if (*at == slot)
		*at = track->next;
	track->flow = FB_NO_FLOW;
}

static uint64_t flow_id(const struct fb_tuple *tuple, const struct fb_row *row)
{
	const uint64_t id = fb_tuple_hash(tuple, row->first_seen);

	return id ? id : 1;
}

static uint32_t flow_new(struct fb_table *table, const struct fb_tuple *tuple,
			 const struct fb_row *row, uint64_t last_seen)
{
	const unsigned int client = row->opener & 1;
	const uint32_t number = fb_store_add(&table->store, flow_id(tuple, row));
	struct fb_flow *flow;

	if (number == FB_NO_FLOW)
		return number;
	if (fb_tuples_put(&table->tuples, tuple, number) < 0) {
		fb_store_remove(&table->store, number);
		return FB_NO_FLOW;
	}
	flow = fb_store_edit(&table->store, number);
	memcpy(flow->src, tuple->addr[client], 16);
	memcpy(flow->dst, tuple->addr[!client], 16);
	flow->src_port = ntohs(tuple->port[client]);
	flow->dst_port = ntohs(tuple->port[!client]);
	flow->proto = tuple->proto;
	flow->family = tuple->family;
	flow->link = row->key.link;
	flow->first_seen = row->first_seen;
	flow->last_seen = last_seen;
	flow->tos = row->tos;
	flow->vlan = row->vlan;
	if (row->opener_by == FB_OPENER_SYN)
		flow->flags |= FB_FLOW_CLIENT_SYN;
	else if (tuple->proto == PROTO_TCP)
		flow->flags |= FB_FLOW_PARTIAL;
	table->priv[number] = (struct fb_flow_priv){.first_row = FB_NO_SLOT};
	table->counters.flows_created++;
	table->ops->classify(table->ctx, flow);
	fb_table_join_pending(table, number, tuple);
	return number;
}

/* True if the row is of a newer connection than the flow that has its tuple. */
static bool row_is_newer(const struct fb_table *table, const struct fb_flow *flow, uint32_t number,
			 const struct fb_row *row)
{
	const bool syn = (row->tcp_flags[0] | row->tcp_flags[1]) & TCP_SYN;

	if (flow->closed == FB_CLOSED_REUSED)
		return true;
	if (flow->closed == FB_CLOSED_FIN || flow->closed == FB_CLOSED_RST)
		return syn;
	if (flow->closed)
		return flow->proto != PROTO_TCP ? flow->closed != FB_CLOSED_EVICTED : syn;
	/* The kernel half makes a second row of one link only when the 5-tuple was used again. */
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NO_SLOT;
	     slot = table->track[slot].next)
		if (table->track[slot].link == row->key.link && !table->track[slot].leaving &&
		    memcmp(row->key.addr[0], flow->src, 16) *
				    memcmp(row->key.addr[1], flow->src, 16) ==
			    0)
			return row->first_seen > flow->first_seen;
	return false;
}

/* Which of the row's directions the flow's client sends: by its address before or behind NAT. */
static uint8_t client_direction(const struct fb_flow *flow, const struct fb_key *key)
{
	const struct fb_flow_nat *nat = flow->nat;
	struct fb_tuple tuple, own;

	memcpy(tuple.addr, key->addr, sizeof(tuple.addr));
	fb_flow_tuple(flow, &own);
	if (!nat || memcmp(own.addr, tuple.addr, sizeof(own.addr)) == 0)
		return memcmp(key->addr[0], flow->src, 16) != 0 ||
		       key->port[0] != htons(flow->src_port);
	return memcmp(key->addr[0], nat->src, 16) != 0 || key->port[0] != htons(nat->src_port);
}

/* The row was there before the one that accounts: the connection came in by its interface. */
static void take_accounting(struct fb_table *table, struct fb_flow *flow, uint32_t number,
			    const struct fb_row *row)
{
	struct fb_flow_link *old = fb_flow_other_link(flow, flow->link);

	if (!old)
		return;
	for (unsigned int d = 0; d < 2; d++) {
		old->packets[d] = flow->packets[d];
		old->bytes[d] = flow->bytes[d];
		flow->packets[d] = flow->bytes[d] = 0;
		table->priv[number].packets[d] = table->priv[number].bytes[d] = 0;
	}
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NO_SLOT;
	     slot = table->track[slot].next)
		table->track[slot].accounting = false;
	flow->link = row->key.link;
	flow->first_seen = row->first_seen;
}

static uint32_t find_flow(struct fb_table *table, const struct fb_row *row, uint64_t last_seen)
{
	struct fb_tuple tuple;
	uint32_t number;

	memcpy(tuple.addr, row->key.addr, sizeof(tuple.addr));
	tuple.port[0] = row->key.port[0];
	tuple.port[1] = row->key.port[1];
	tuple.proto = row->key.proto;
	tuple.family = row->key.family;
	tuple.zero = 0;
	number = fb_tuples_find(&table->tuples, &tuple);
	if (number != FB_NO_FLOW) {
		const struct fb_flow *flow = fb_store_get(&table->store, number);

		if (!row_is_newer(table, flow, number, row))
			return number;
		if (!flow->closed)
			fb_table_mark_closed(table, number, FB_CLOSED_REUSED);
		fb_table_unindex(table, number);
	}
	return flow_new(table, &tuple, row, last_seen);
}

static void track_new(struct fb_table *table, uint32_t slot, const struct fb_row *row,
		      uint64_t last_seen)
{
	struct fb_track *track = &table->track[slot];
	uint32_t number;
	bool accounting;
	struct fb_flow *flow;

	if (!track->used)
		table->n_rows++;
	else
		fb_table_track_detach(table, slot);
	*track = (struct fb_track){.used = true,
				   .generation = row->generation,
				   .flow = FB_NO_FLOW,
				   .next = FB_NO_SLOT,
				   .link = row->key.link};
	number = find_flow(table, row, last_seen);
	flow = number == FB_NO_FLOW ? NULL : fb_store_edit(&table->store, number);
	if (!flow) {
		table->counters.flows_refused++;
		return;
	}
	accounting = flow->link == row->key.link;
	if (!accounting && row->first_seen < flow->first_seen && !flow->nat) {
		take_accounting(table, flow, number, row);
		accounting = true;
	}
	fb_table_track_attach(table, slot, number, accounting);
	track->client = client_direction(flow, &row->key);
}

/* TCP's state as far as flags alone tell. */
static uint8_t state_from_flags(const struct fb_flow *flow)
{
	const uint8_t up = flow->tcp_flags[FB_UP], down = flow->tcp_flags[FB_DOWN];

	if ((up | down) & TCP_RST)
		return FB_STATE_CLOSE;
	if (up & down & TCP_FIN)
		return FB_STATE_TIME_WAIT;
	if ((up | down) & TCP_FIN)
		return up & TCP_FIN ? FB_STATE_FIN_WAIT : FB_STATE_CLOSE_WAIT;
	if (!(up & TCP_ACK) && up & TCP_SYN)
		return down & TCP_SYN ? FB_STATE_SYN_RECV : FB_STATE_SYN_SENT;
	return FB_STATE_ESTABLISHED;
}

static void read_life(struct fb_table *table, uint32_t number, struct fb_flow *flow)
{
	const uint8_t up = flow->tcp_flags[FB_UP], down = flow->tcp_flags[FB_DOWN];

	if (flow->proto != PROTO_TCP) {
		if (!(flow->flags & FB_FLOW_CONNTRACK))
			flow->state =
				flow->packets[FB_DOWN] ? FB_STATE_REPLIED : FB_STATE_UNREPLIED;
		return;
	}
	if (!(flow->flags & FB_FLOW_CONNTRACK) || (up | down) & (TCP_FIN | TCP_RST))
		flow->state = state_from_flags(flow);
	if (flow->closed)
		return;
	if ((up | down) & TCP_RST)
		fb_table_mark_closed(table, number, FB_CLOSED_RST);
	else if (up & down & TCP_FIN)
		fb_table_mark_closed(table, number, FB_CLOSED_FIN);
}

static bool may_reopen(const struct fb_flow *flow)
{
	return flow->closed == FB_CLOSED_TIMEOUT || flow->closed == FB_CLOSED_EVICTED ||
	       flow->closed == FB_CLOSED_ENDED;
}

/* Add what the row counted since it was last seen. */
static void add_counts(struct fb_table *table, struct fb_track *track, struct fb_flow *flow,
		       const struct fb_row *row)
{
	struct fb_flow_link *other = NULL;

	if (flow && !track->accounting)
		other = fb_flow_other_link(flow, track->link);
	for (unsigned int d = 0; d < 2; d++) {
		const uint64_t packets = row->packets[d] - track->packets[d];
		const uint64_t bytes = row->bytes[d] - track->bytes[d];
		const unsigned int hook = row->sight[d] == 1 + FB_HOOK_EGRESS;
		const unsigned int to = d == track->client ? FB_UP : FB_DOWN;

		track->packets[d] = row->packets[d];
		track->bytes[d] = row->bytes[d];
		table->link_packets[track->link % FB_LINK_MAX][hook] += packets;
		table->link_bytes[track->link % FB_LINK_MAX][hook] += bytes;
		if (flow && track->accounting) {
			flow->packets[to] += packets;
			flow->bytes[to] += bytes;
		} else if (other) {
			other->packets[to] += packets;
			other->bytes[to] += bytes;
		}
	}
}

void fb_table_row(struct fb_table *table, uint32_t slot, const struct fb_row *row,
		  uint64_t last_seen_ns)
{
	struct fb_track *track = &table->track[slot];
	struct fb_flow *flow = NULL;

	if (slot >= table->opts.max_rows)
		return;
	if (!track->used || track->generation != row->generation)
		track_new(table, slot, row, last_seen_ns);
	if (track->flow != FB_NO_FLOW)
		flow = fb_store_edit(&table->store, track->flow);
	if (!flow && track->flow != FB_NO_FLOW)
		return; /* no memory for the copy: these counts come with the next tick */
	if (flow && flow->closed && may_reopen(flow) &&
	    row->packets[0] + row->packets[1] > track->packets[0] + track->packets[1]) {
		flow->closed = FB_CLOSED_NOT;
		flow->closed_at = 0;
	}
	add_counts(table, track, flow, row);
	if (!flow)
		return;
	flow->tcp_flags[FB_UP] |= row->tcp_flags[track->client];
	flow->tcp_flags[FB_DOWN] |= row->tcp_flags[!track->client];
	if (flow->last_seen < last_seen_ns)
		flow->last_seen = last_seen_ns;
	if (row->rtt_ns && !flow->rtt_ns)
		flow->rtt_ns = row->rtt_ns;
	fb_table_move(table, track->flow);
	read_life(table, track->flow, flow);
}

void fb_table_row_final(struct fb_table *table, uint32_t slot, const struct fb_row *row,
			uint64_t last_seen_ns)
{
	struct fb_track *track = &table->track[slot];
	const bool moved =
		row->packets[0] != track->packets[0] || row->packets[1] != track->packets[1];

	if (moved || !track->used || track->generation != row->generation)
		fb_table_row(table, slot, row, last_seen_ns);
	fb_table_track_detach(table, slot);
	*track = (struct fb_track){.flow = FB_NO_FLOW};
	table->n_rows--;
}

uint32_t fb_table_find(const struct fb_table *table, uint64_t id)
{
	for (uint32_t c = 0; c < table->store.n_chunks; c++)
		for (uint32_t i = 0; i < FB_CHUNK_FLOWS; i++)
			if (table->store.chunk[c]->flow[i].id == id)
				return c * FB_CHUNK_FLOWS + i;
	return FB_NO_FLOW;
}

int fb_table_close(struct fb_table *table, uint64_t id, enum fb_closed reason)
{
	const uint32_t number = id ? fb_table_find(table, id) : FB_NO_FLOW;

	if (number == FB_NO_FLOW)
		return -ENOENT;
	fb_table_mark_closed(table, number, reason);
	return 0;
}

void fb_table_link_total(const struct fb_table *table, uint16_t link, enum fb_hook hook,
			 uint64_t *ret_packets, uint64_t *ret_bytes)
{
	*ret_packets = table->link_packets[link % FB_LINK_MAX][hook];
	*ret_bytes = table->link_bytes[link % FB_LINK_MAX][hook];
}

void fb_table_counters(const struct fb_table *table, struct fb_table_counters *ret_counters)
{
	*ret_counters = table->counters;
}

uint32_t fb_table_rows(const struct fb_table *table)
{
	return table->n_rows;
}
