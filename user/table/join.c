/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conntrack entries to flows. A flow's own ends are those of the original tuple: the inside client
 * and the address it asked for; what a translation made of them stands in fb_flow.nat. Rows seen
 * behind the translation belong to the same flow.
 *
 * Packets do not tell their conntrack zone: a flow has one entry, of the lowest zone that knows its
 * tuple (0, the usual one, first), and only that one's NAT, mark and state. The others wait: one
 * takes its place when it is gone. Nothing is merged by, or mixed with, an entry of another zone.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "table/table_priv.h"

static bool same_end(const struct fb_tuple *a, const struct fb_tuple *b, int end)
{
	return a->family == b->family && a->port[end] == b->port[end] &&
	       !memcmp(a->addr[end], b->addr[end], 16);
}

/* The translation of an entry; NULL: none, or memory is short. */
static struct fb_flow_nat *make_nat(struct fb_table *table, const struct fb_ctab_entry *entry)
{
	struct fb_flow_nat *nat;
	struct fb_tuple orig, outside;

	if (!entry->nat)
		return NULL;
	nat = fb_store_side(&table->store, sizeof(*nat));
	if (!nat) {
		table->counters.no_memory++;
		return NULL;
	}
	fb_ctab_orig(entry, &orig);
	fb_ctab_outside(entry, &outside);
	if (!same_end(&orig, &outside, 0)) {
		nat->kind |= FB_NAT_SRC;
		nat->src_family = outside.family;
		nat->src_port = outside.port[0];
		memcpy(nat->src, outside.addr[0], 16);
	}
	if (!same_end(&orig, &outside, 1)) {
		nat->kind |= FB_NAT_DST;
		nat->dst_family = outside.family;
		nat->dst_port = outside.port[1];
		memcpy(nat->dst, outside.addr[1], 16);
	}
	return nat;
}

static uint8_t entry_state(const struct fb_ctab_entry *entry)
{
	if (entry->proto == IPPROTO_TCP)
		return entry->tcp_state <= FB_STATE_SYN_SENT2 ? entry->tcp_state : FB_STATE_NONE;
	if (entry->status & FB_IPS_ASSURED)
		return FB_STATE_ASSURED;
	return entry->status & FB_IPS_SEEN_REPLY ? FB_STATE_REPLIED : FB_STATE_UNREPLIED;
}

static void apply_entry(struct fb_table *table, uint32_t number)
{
	const struct fb_ctab_entry *entry = &table->ctab.entry[table->priv[number].ct];
	struct fb_flow *flow = fb_store_edit(&table->store, number);

	if (!flow) {
		table->counters.no_memory++;
		return;
	}
	flow->flags |= FB_FLOW_CONNTRACK;
	if (flow->client_by < FB_CLIENT_CONNTRACK)
		flow->client_by = FB_CLIENT_CONNTRACK;
	flow->ct_id = entry->id;
	flow->ct_mark = entry->mark;
	flow->ct_status = entry->status;
	flow->ct_timeout = entry->timeout;
	flow->ct_time = entry->time;
	flow->ct_zone = entry->zone;
	flow->state = entry_state(entry);
	if (!flow->nat && entry->nat)
		flow->nat = make_nat(table, entry);
	fb_table_judge(table, number);
	fb_table_schedule(table, number);
}

bool fb_table_entry_is_old(const struct fb_ctab_entry *entry, bool by_syn, uint8_t tcp_flags)
{
	return entry->proto == IPPROTO_TCP && by_syn && !(tcp_flags & (FB_TCP_FIN | FB_TCP_RST)) &&
	       (entry->tcp_state == FB_STATE_TIME_WAIT || entry->tcp_state == FB_STATE_CLOSE);
}

static bool same_nat(const struct fb_flow_nat *a, const struct fb_flow_nat *b)
{
	return a->kind == b->kind && a->src_port == b->src_port && a->dst_port == b->dst_port &&
	       !memcmp(a->src, b->src, sizeof(a->src)) && !memcmp(a->dst, b->dst, sizeof(a->dst));
}

/* The translation of an entry before this one is not this one's, and nothing comes by it any more.
 */
static void drop_nat(struct fb_table *table, uint32_t number, const struct fb_ctab_entry *entry)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_flow_nat *nat;

	if (!flow || !flow->nat)
		return;
	nat = make_nat(table, entry);
	if (!nat || !same_nat(nat, flow->nat)) {
		for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
		     slot = table->track[slot].next)
			if (table->track[slot].outside)
				fb_table_evict_row(table, slot);
		fb_store_retire(&table->store, flow->nat, 0);
		flow->nat = nat;
		return;
	}
	fb_store_side_free(&table->store, nat);
}

void fb_table_link_entry(struct fb_table *table, uint32_t number, uint32_t ct)
{
	drop_nat(table, number, &table->ctab.entry[ct]);
	table->priv[number].ct = ct;
	table->ctab.entry[ct].flow = number;
	apply_entry(table, number);
}

void fb_table_unlink_entry(struct fb_table *table, uint32_t number)
{
	uint32_t ct = table->priv[number].ct;
	struct fb_flow *flow;

	if (ct == FB_NONE)
		return;
	table->priv[number].ct = FB_NONE;
	table->ctab.entry[ct].flow = FB_NONE;
	fb_table_release(table, number);
	flow = fb_store_edit(&table->store, number);
	if (!flow || flow->closed)
		return;
	flow->flags &= (uint16_t)~FB_FLOW_CONNTRACK;
	flow->state = fb_table_derive_state(flow, fb_store_traffic(&table->store, number));
}

/*
 * Turn the flow round, if its ends stand the other way than the tuple's. An entry without NAT may
 * have been picked up in mid-stream, from either end: a SYN and a listener know better.
 */
static void face(struct fb_table *table, uint32_t number, const struct fb_tuple *tuple, bool nat)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	struct fb_tuple own;

	fb_flow_tuple(flow, &own);
	if (fb_tuple_compare(&own, tuple) == 1 && (nat || flow->client_by < FB_CLIENT_CONNTRACK))
		fb_table_swap_ends(table, number);
}

static void mark_outside(struct fb_table *table, uint32_t number)
{
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next)
		table->track[slot].outside = 1;
}

/* A flow seen behind the translation only takes the ends that it has before it. */
static void rename_flow(struct fb_table *table, uint32_t number, const struct fb_tuple *orig)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);

	if (!flow) {
		table->counters.no_memory++;
		return;
	}
	fb_table_unindex(table, number);
	memcpy(flow->src, orig->addr[0], 16);
	memcpy(flow->dst, orig->addr[1], 16);
	flow->src_port = orig->port[0];
	flow->dst_port = orig->port[1];
	flow->family = orig->family;
	fb_table_count_outside(table, flow);
	mark_outside(table, number);
	fb_table_reindex(table, number);
}

static void take_facts(struct fb_flow *to, struct fb_flow *from)
{
	if (!to->names) {
		to->names = from->names;
		from->names = NULL;
	}
	if (!to->tls) {
		to->tls = from->tls;
		from->tls = NULL;
	}
	if (!to->answers && fb_flow_answers(from)) {
		to->answers = from->answers;
		from->answers = NULL;
	}
	if (!to->l7)
		to->l7 = from->l7;
	to->flags |= from->flags & FB_FLOW_PQ_OFFERED;
}

static void move_rows(struct fb_table *table, uint32_t into, uint32_t gone)
{
	while (table->priv[gone].first_row != FB_NONE) {
		uint32_t slot = table->priv[gone].first_row;

		fb_table_detach(table, slot);
		fb_table_attach(table, slot, into);
		fb_table_begin_at(table, into, &table->track[slot]);
	}
}

void fb_table_merge(struct fb_table *table, uint32_t into, uint32_t gone, bool outside)
{
	struct fb_flow *to = fb_store_edit(&table->store, into);
	struct fb_flow *from = fb_store_edit(&table->store, gone);
	struct fb_tuple tuple, other;

	if (!to || !from) {
		table->counters.no_memory++;
		return;
	}
	fb_flow_tuple(to, &tuple);
	fb_flow_tuple(from, &other);
	if (!outside && fb_tuple_compare(&tuple, &other) == 1)
		fb_table_swap_ends(table, gone);
	if (fb_flow_is_unseen(to) && table->priv[gone].first_row != FB_NONE)
		fb_table_meet(table, into, &table->track[table->priv[gone].first_row], outside);
	if (!fb_flow_is_unseen(from))
		fb_table_count_all(table, into, gone, outside);
	take_facts(to, from);
	fb_table_merge_owners(to, from);
	to->tcp_flags[FB_UP] |= from->tcp_flags[FB_UP];
	to->tcp_flags[FB_DOWN] |= from->tcp_flags[FB_DOWN];
	if (outside)
		mark_outside(table, gone);
	move_rows(table, into, gone);
	table->counters.flows_merged++;
	fb_table_take_back(table, gone);
	fb_table_drop(table, gone);
}

/*
 * The flow of this tuple: a live one, or one that was taken for ended a moment ago, if the entry is
 * of no new connection. A flush makes such: entries that were picked up in mid-stream.
 */
static uint32_t find_for(const struct fb_table *table, const struct fb_ctab_entry *entry,
			 const struct fb_tuple *tuple)
{
	const uint32_t number = fb_table_find(table, tuple);
	const struct fb_flow *flow;

	if (number == FB_NONE)
		return FB_NONE;
	flow = fb_store_flow(&table->store, number);
	if (!flow->closed)
		return number;
	return !entry->by_syn && flow->closed != FB_CLOSED_REUSED &&
			       flow->closed_at + 2 * FB_SECOND > table->now_ns
		       ? number
		       : FB_NONE;
}

/* Not if the flow began after the entry's connection, nor if it has an entry that goes first. */
static bool may_have(const struct fb_table *table, uint32_t number,
		     const struct fb_ctab_entry *entry)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const uint32_t had = table->priv[number].ct;

	if (fb_table_entry_is_old(entry, flow->client_by == FB_CLIENT_SYN,
				  flow->tcp_flags[0] | flow->tcp_flags[1]))
		return false;
	return had == FB_NONE || fb_ctab_goes_first(entry, &table->ctab.entry[had]);
}

/* An entry that no flow has yet: is there one that it belongs to, or two that are one? */
static void join(struct fb_table *table, uint32_t ct)
{
	const struct fb_ctab_entry *entry = &table->ctab.entry[ct];
	struct fb_tuple orig, outside;
	uint32_t inner, outer = FB_NONE;

	fb_ctab_orig(entry, &orig);
	fb_ctab_outside(entry, &outside);
	inner = find_for(table, entry, &orig);
	if (inner != FB_NONE && !may_have(table, inner, entry))
		return;
	if (entry->nat)
		outer = find_for(table, entry, &outside);
	if (outer != FB_NONE && !may_have(table, outer, entry))
		outer = FB_NONE;
	if (outer != FB_NONE)
		face(table, outer, &outside, true);
	if (inner != FB_NONE)
		face(table, inner, &orig, entry->nat);
	if (inner != FB_NONE && outer != FB_NONE && inner != outer) {
		fb_table_merge(table, inner, outer, true);
	} else if (outer != FB_NONE && inner == FB_NONE) {
		rename_flow(table, outer, &orig);
		inner = outer;
	}
	if (inner == FB_NONE)
		return;
	fb_table_unlink_entry(table, inner);
	fb_table_link_entry(table, inner, ct);
	fb_table_touch(table, inner);
	fb_table_describe(table, inner);
}

void fb_table_change_entry(struct fb_table *table, uint32_t number, uint32_t ct)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);

	if (ct == FB_NONE || table->ctab.entry[ct].flow != FB_NONE ||
	    flow->closed == FB_CLOSED_FIN || flow->closed == FB_CLOSED_RST ||
	    !may_have(table, number, &table->ctab.entry[ct]))
		return;
	fb_table_unlink_entry(table, number);
	fb_table_link_entry(table, number, ct);
}

void fb_table_find_entry(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_tuple tuple;
	uint32_t ct, other;

	if (!flow || table->priv[number].ct != FB_NONE)
		return;
	flow->flags &= (uint16_t)~FB_FLOW_CONNTRACK;
	flow->state = fb_table_derive_state(flow, fb_store_traffic(&table->store, number));
	fb_flow_tuple(flow, &tuple);
	ct = fb_ctab_match(&table->ctab, &tuple);
	if (ct == FB_NONE)
		return;
	other = table->ctab.entry[ct].flow;
	if (other != FB_NONE && fb_store_flow(&table->store, other)->flags & FB_FLOW_OUTSIDE)
		fb_table_merge(table, number, other, true); /* seen behind the translation first */
	if (table->ctab.entry[ct].flow == FB_NONE)
		join(table, ct);
}

/* How a flow ended whose entry is gone. Of a FIN each way, one may have passed before we came. */
static enum fb_closed ending(const struct fb_table *table, const struct fb_flow *flow,
			     uint64_t seen)
{
	const uint64_t told = flow->ct_time * FB_SECOND;
	const uint64_t due = (seen > told ? seen : told) + flow->ct_timeout * FB_SECOND;

	if (flow->proto == IPPROTO_TCP && (flow->state == FB_STATE_LAST_ACK ||
					   (flow->tcp_flags[0] | flow->tcp_flags[1]) & FB_TCP_FIN))
		return FB_CLOSED_FIN;
	return table->now_ns + 3 * FB_SECOND >= due ? FB_CLOSED_TIMEOUT : FB_CLOSED_ENDED;
}

/* The entry of a flow is gone. A flow that stood still has ended with it. */
static void end_entry(struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	uint64_t seen = fb_store_traffic(&table->store, number)->last_seen;

	if (!flow->closed && (fb_flow_is_unseen(flow) || seen + 2 * FB_SECOND < table->now_ns))
		fb_table_close(table, number, ending(table, flow, seen));
	fb_table_unlink_entry(table, number);
	/* Conntrack decides no more: what its packets told counts. */
	fb_table_judge(table, number);
	fb_table_schedule(table, number);
}

/* Another zone's entry of the same tuple takes the place of one that is gone. */
static bool pass_on(struct fb_table *table, uint32_t number, uint32_t ct)
{
	struct fb_tuple tuple;
	uint32_t next;

	fb_flow_tuple(fb_store_flow(&table->store, number), &tuple);
	next = fb_ctab_match_except(&table->ctab, &tuple, ct);
	if (next == FB_NONE || table->ctab.entry[next].flow != FB_NONE)
		return false;
	fb_table_unlink_entry(table, number);
	fb_table_link_entry(table, number, next);
	return true;
}

static void destroy(struct fb_table *table, uint32_t ct)
{
	const uint32_t number = table->ctab.entry[ct].flow;

	if (number != FB_NONE && !pass_on(table, number, ct))
		end_entry(table, number);
	fb_ctab_remove(&table->ctab, ct);
}

/* What was told of an entry goes to its flow, where there is one, or now comes to be one. */
static void tell_flow(struct fb_table *table, uint32_t ct, const struct fb_conntrack_fact *fact)
{
	const uint32_t *number = &table->ctab.entry[ct].flow;

	if (*number != FB_NONE)
		apply_entry(table, *number);
	else
		join(table, ct);
	if (*number == FB_NONE)
		fb_table_list_entry(table, ct, fact);
	if (*number != FB_NONE)
		fb_table_take_acct(table, *number, fact);
}

/*
 * A refused connection's entry comes and goes within a tick: its rows on both sides of the
 * translation are read after that, and only the entry tells that they are one.
 */
static bool is_needed(const struct fb_table *table, const struct fb_ctab_entry *entry)
{
	return entry->nat && table->tick - entry->tick <= 1 && table->n_leaving_ct < FB_CT_LEAVING;
}

static void leave(struct fb_table *table, uint32_t ct)
{
	struct fb_ctab_entry *entry = &table->ctab.entry[ct];

	if (entry->leaving)
		return;
	if (!is_needed(table, entry)) {
		destroy(table, ct);
		return;
	}
	entry->leaving = true;
	table->leaving[table->n_leaving_ct++] = ct;
}

void fb_table_end_entries(struct fb_table *table)
{
	for (uint32_t i = 0; i < table->n_leaving_ct; i++)
		if (table->ctab.entry[table->leaving[i]].used &&
		    table->ctab.entry[table->leaving[i]].leaving)
			destroy(table, table->leaving[i]);
	table->n_leaving_ct = 0;
}

int fb_table_conntrack(struct fb_table *table, enum fb_conntrack_event event,
		       const struct fb_conntrack_fact *fact)
{
	uint32_t ct = fb_ctab_find(&table->ctab, fact);
	struct fb_ctab_entry *entry;
	bool full = false;

	if (event != FB_CONNTRACK_UPSERT) {
		if (ct != FB_NONE)
			(event == FB_CONNTRACK_DESTROY ? leave : destroy)(table, ct);
		return 0;
	}
	if (ct == FB_NONE) {
		ct = fb_ctab_add(&table->ctab, fact, &full);
		if (ct == FB_NONE) {
			*(full ? &table->counters.conntrack_full : &table->counters.no_memory) += 1;
			return full ? -ENOSPC : -ENOMEM;
		}
		table->ctab.entry[ct].tick = table->tick;
	}
	entry = &table->ctab.entry[ct];
	entry->leaving = false;
	entry->round = table->ctab.round;
	entry->mark = fact->mark;
	if (fact->has_state) {
		entry->status = fact->status;
		entry->timeout = fact->timeout;
		if (fact->has_tcp)
			entry->tcp_state = fact->tcp_state;
		entry->time = (uint32_t)(table->now_ns / FB_SECOND);
	}
	tell_flow(table, ct, fact);
	return 0;
}

void fb_table_conntrack_dump(struct fb_table *table, bool done)
{
	struct fb_ctab *ctab = &table->ctab;

	if (!done) {
		ctab->round++;
		return;
	}
	table->ctab_listed = true;
	for (uint32_t i = 0; i < ctab->n; i++) {
		if (!ctab->entry[i].used || ctab->entry[i].round == ctab->round)
			continue;
		destroy(table, i);
		table->counters.conntrack_swept++;
	}
}

int fb_table_conntrack_of(const struct fb_table *table, uint64_t flow_id,
			  struct fb_conntrack_fact *ret_fact)
{
	uint32_t number = (uint32_t)(flow_id & FB_ID_NUMBER);

	if (!fb_table_flow(table, flow_id))
		return -ENOENT;
	if (table->priv[number].ct == FB_NONE)
		return -ESRCH;
	fb_ctab_fact(&table->ctab.entry[table->priv[number].ct], ret_fact);
	return 0;
}

static bool is_using(const struct fb_ctab_entry *entry, const uint8_t *addr, uint8_t family)
{
	for (int tuple = 0; tuple < 2; tuple++)
		for (int end = 0; end < 2 && entry->family[tuple] == family; end++)
			if (!memcmp(entry->addr[tuple][end], addr, 16))
				return true;
	return false;
}

bool fb_table_conntrack_using(const struct fb_table *table, const uint8_t addr[static 16],
			      uint8_t family, uint32_t *pos, struct fb_conntrack_fact *ret_fact)
{
	while (*pos < table->ctab.n) {
		const struct fb_ctab_entry *entry = &table->ctab.entry[(*pos)++];

		if (!entry->used || !is_using(entry, addr, family))
			continue;
		fb_ctab_fact(entry, ret_fact);
		return true;
	}
	return false;
}
