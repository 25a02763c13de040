/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conntrack entries to flows. An entry has two tuples: the original one, as the client sent it,
 * and the reply, as answers to the translated packet come in. Rows seen on the inside match the
 * one, rows seen on the outside the other: both become one flow, under its original tuple.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/table.h"
#include "model/table_priv.h"

#define PROTO_TCP 6

int fb_pending_init(struct fb_table *table)
{
	table->pending = calloc(table->opts.pending_ct, sizeof(*table->pending));
	if (!table->pending && table->opts.pending_ct > 0)
		return -ENOMEM;
	return fb_tuples_init(&table->pending_tuples);
}

void fb_pending_fini(struct fb_table *table)
{
	fb_tuples_fini(&table->pending_tuples);
	free(table->pending);
}

static void orig_tuple(const struct fb_table_ct *ct, struct fb_tuple *tuple)
{
	fb_tuple_make(tuple, ct->orig.src, ct->orig.sport, ct->orig.dst, ct->orig.dport, ct->proto,
		      ct->orig.family);
}

static void reply_tuple(const struct fb_table_ct *ct, struct fb_tuple *tuple)
{
	fb_tuple_make(tuple, ct->reply.src, ct->reply.sport, ct->reply.dst, ct->reply.dport,
		      ct->proto, ct->reply.family);
}

static void pending_remove(struct fb_table *table, uint32_t at)
{
	struct fb_pending *pending = &table->pending[at];
	struct fb_tuple tuple;

	if (!pending->used)
		return;
	orig_tuple(&pending->ct, &tuple);
	fb_tuples_remove(&table->pending_tuples, &tuple, at);
	reply_tuple(&pending->ct, &tuple);
	fb_tuples_remove(&table->pending_tuples, &tuple, at);
	pending->used = false;
}

/* Keep the entry until a row asks for it; the oldest makes room. */
static void pending_put(struct fb_table *table, const struct fb_table_ct *ct)
{
	struct fb_tuple orig, reply;
	uint32_t at;

	if (table->opts.pending_ct == 0)
		return;
	orig_tuple(ct, &orig);
	reply_tuple(ct, &reply);
	at = fb_tuples_find(&table->pending_tuples, &orig);
	if (at == FB_NO_TUPLE) {
		at = table->pending_next++ % table->opts.pending_ct;
		table->counters.conntrack_pending_dropped += table->pending[at].used;
	}
	pending_remove(table, at);
	if (fb_tuples_put(&table->pending_tuples, &orig, at) < 0)
		return;
	fb_tuples_put(&table->pending_tuples, &reply, at);
	table->pending[at] = (struct fb_pending){.ct = *ct, .used = true};
}

/* Make the original tuple the flow's own, and the other what NAT made of it. */
static void identify(struct fb_table *table, uint32_t number, struct fb_flow *flow,
		     const struct fb_table_ct *ct)
{
	const bool snat =
		memcmp(ct->orig.src, ct->reply.dst, 16) || ct->orig.sport != ct->reply.dport;
	const bool dnat =
		memcmp(ct->orig.dst, ct->reply.src, 16) || ct->orig.dport != ct->reply.sport;
	struct fb_flow_nat *nat;
	struct fb_tuple tuple;

	memcpy(flow->src, ct->orig.src, 16);
	memcpy(flow->dst, ct->orig.dst, 16);
	flow->src_port = ntohs(ct->orig.sport);
	flow->dst_port = ntohs(ct->orig.dport);
	flow->family = ct->orig.family;
	orig_tuple(ct, &tuple);
	fb_tuples_put(&table->tuples, &tuple, number);
	if (!snat && !dnat)
		return;
	nat = fb_nat_edit(&flow->nat);
	if (!nat)
		return;
	nat->kind = snat && dnat ? FB_NAT_BOTH : snat ? FB_NAT_SRC : FB_NAT_DST;
	memcpy(nat->src, ct->reply.dst, 16);
	memcpy(nat->dst, ct->reply.src, 16);
	nat->src_port = ntohs(ct->reply.dport);
	nat->dst_port = ntohs(ct->reply.sport);
	nat->src_family = nat->dst_family = ct->reply.family;
	reply_tuple(ct, &tuple);
	fb_tuples_put(&table->tuples, &tuple, number);
}

/* The client of conntrack is who sent the first packet it saw: it knows better than a guess. */
static void align_client(struct fb_table *table, uint32_t number, struct fb_flow *flow,
			 bool swapped)
{
	if (!swapped)
		return;
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NO_SLOT;
	     slot = table->track[slot].next)
		table->track[slot].client ^= 1;
#define SWAP(pair)                                                                                 \
	{                                                                                          \
		const __typeof__((pair)[0]) up = (pair)[FB_UP];                                    \
		(pair)[FB_UP] = (pair)[FB_DOWN];                                                   \
		(pair)[FB_DOWN] = up;                                                              \
	}
	SWAP(flow->packets);
	SWAP(flow->bytes);
	SWAP(flow->rate);
	SWAP(flow->pps);
	SWAP(flow->tcp_flags);
	SWAP(table->priv[number].packets);
	SWAP(table->priv[number].bytes);
	if (flow->links) {
		struct fb_flow_links *links = fb_links_edit(&flow->links);

		for (unsigned int i = 0; links && i < links->n; i++) {
			SWAP(links->link[i].packets);
			SWAP(links->link[i].bytes);
		}
	}
#undef SWAP
}

static void apply(struct fb_table *table, uint32_t number, const struct fb_table_ct *ct,
		  bool by_reply)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	const struct fb_table_ct_tuple *seen = by_reply ? &ct->reply : &ct->orig;
	const uint8_t *client = by_reply ? seen->dst : seen->src;
	const __be16 port = by_reply ? seen->dport : seen->sport;

	if (!flow)
		return;
	if (!(flow->flags & FB_FLOW_CONNTRACK)) {
		align_client(table, number, flow,
			     memcmp(flow->src, client, 16) != 0 || flow->src_port != ntohs(port));
		identify(table, number, flow, ct);
		table->counters.conntrack_joined++;
		flow->flags |= FB_FLOW_CONNTRACK;
		table->ops->classify(table->ctx, flow);
	}
	if (ct->has_state && !(flow->proto == PROTO_TCP && flow->closed))
		flow->state = ct->state;
	if (ct->has_status)
		flow->ct_status = ct->status;
	if (ct->has_timeout) {
		flow->ct_timeout = ct->timeout;
		flow->ct_time = table->now;
	}
	flow->ct_id = ct->id;
	flow->ct_mark = ct->mark;
	flow->ct_zone = ct->zone;
	table->priv[number].ct_round = table->ct_round;
}

/* Two flows that conntrack shows to be one: what `from` saw becomes counts of other interfaces. */
static void merge(struct fb_table *table, uint32_t into, uint32_t from,
		  const struct fb_table_ct *ct)
{
	struct fb_flow *flow = fb_store_edit(&table->store, into);
	const struct fb_flow *old = fb_store_get(&table->store, from);
	const bool swapped =
		memcmp(old->src, ct->reply.dst, 16) != 0 || old->src_port != ntohs(ct->reply.dport);
	struct fb_flow_link *other = flow ? fb_flow_other_link(flow, old->link) : NULL;
	uint32_t slot, next;

	if (!flow)
		return;
	for (unsigned int d = 0; other && d < 2; d++) {
		other->packets[d] += old->packets[d ^ swapped];
		other->bytes[d] += old->bytes[d ^ swapped];
	}
	for (slot = table->priv[from].first_row; slot != FB_NO_SLOT; slot = next) {
		next = table->track[slot].next;
		table->track[slot].client ^= swapped;
		fb_table_track_attach(table, slot, into, false);
	}
	table->priv[from].first_row = FB_NO_SLOT;
	if (flow->last_seen < old->last_seen)
		flow->last_seen = old->last_seen;
	if (!flow->names && old->names) {
		flow->names = old->names;
		__atomic_fetch_add((int *)&flow->names->refs, 1, __ATOMIC_RELAXED);
	}
	if (!flow->tls && old->tls) {
		flow->tls = old->tls;
		__atomic_fetch_add((int *)&flow->tls->refs, 1, __ATOMIC_RELAXED);
	}
	if (!flow->l7)
		flow->l7 = old->l7;
	fb_table_unindex(table, from);
	fb_store_remove(&table->store, from);
	table->counters.flows_merged++;
}

/* A flow that may still be the entry's: not one that ended and only waits to be forgotten. */
static uint32_t find_open(struct fb_table *table, const struct fb_tuple *tuple,
			  const struct fb_table_ct *ct)
{
	const uint32_t number = fb_tuples_find(&table->tuples, tuple);
	const struct fb_flow *flow;

	if (number == FB_NO_FLOW)
		return number;
	flow = fb_store_get(&table->store, number);
	if (flow->closed && (!(flow->flags & FB_FLOW_CONNTRACK) || flow->ct_id != ct->id))
		return FB_NO_FLOW;
	return number;
}

void fb_table_ct(struct fb_table *table, const struct fb_table_ct *ct)
{
	struct fb_tuple orig, reply;
	uint32_t inside, outside;

	orig_tuple(ct, &orig);
	reply_tuple(ct, &reply);
	inside = find_open(table, &orig, ct);
	outside = find_open(table, &reply, ct);
	if (inside == FB_NO_FLOW && outside == FB_NO_FLOW) {
		pending_put(table, ct);
		return;
	}
	if (inside != FB_NO_FLOW && outside != FB_NO_FLOW && inside != outside)
		merge(table, inside, outside, ct);
	apply(table, inside != FB_NO_FLOW ? inside : outside, ct, inside == FB_NO_FLOW);
}

/* A flow was made: an entry may have been waiting for it. */
void fb_table_join_pending(struct fb_table *table, uint32_t number, const struct fb_tuple *tuple)
{
	const uint32_t at = fb_tuples_find(&table->pending_tuples, tuple);
	struct fb_table_ct ct;

	(void)number;
	if (at == FB_NO_TUPLE)
		return;
	ct = table->pending[at].ct;
	pending_remove(table, at);
	fb_table_ct(table, &ct);
}

void fb_table_ct_destroy(struct fb_table *table, const struct fb_table_ct *ct)
{
	struct fb_tuple orig;
	uint32_t number, at;
	struct fb_flow *flow;

	orig_tuple(ct, &orig);
	at = fb_tuples_find(&table->pending_tuples, &orig);
	if (at != FB_NO_TUPLE)
		pending_remove(table, at);
	number = fb_tuples_find(&table->tuples, &orig);
	if (number == FB_NO_FLOW)
		return;
	if (fb_store_get(&table->store, number)->ct_id != ct->id)
		return;
	flow = fb_store_edit(&table->store, number);
	if (!flow)
		return;
	flow->flags &= ~(uint32_t)FB_FLOW_CONNTRACK;
	fb_table_mark_closed(table, number, FB_CLOSED_TIMEOUT);
}

void fb_table_ct_dump_begin(struct fb_table *table)
{
	table->ct_round++;
	for (uint32_t at = 0; at < table->opts.pending_ct; at++)
		pending_remove(table, at);
}

void fb_table_ct_dump_done(struct fb_table *table)
{
	for (uint32_t number = 0; number < table->store.n_chunks * FB_CHUNK_FLOWS; number++) {
		const struct fb_flow *flow = fb_store_get(&table->store, number);
		struct fb_flow *stale;

		if (!flow->id || !(flow->flags & FB_FLOW_CONNTRACK) ||
		    table->priv[number].ct_round == table->ct_round)
			continue;
		stale = fb_store_edit(&table->store, number);
		if (stale)
			stale->flags &= ~(uint32_t)FB_FLOW_CONNTRACK;
	}
}
