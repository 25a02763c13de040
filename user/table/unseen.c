/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that were there before us and are silent: flows by their conntrack entry alone, until
 * their first packet passes here. Entries that come later without one pass interfaces that we are
 * not attached to; they stay in ctab.c.
 */
#include <netinet/in.h>
#include <string.h>

#include "table/table_priv.h"

/* Rows have no ports of GRE, whose entries have its keys in their place. */
static bool is_wanted(const struct fb_table *table, const struct fb_conntrack_fact *fact)
{
	struct fb_tuple outside = fact->reply;

	if (table->ctab_listed || !fact->listed || fact->orig.proto == IPPROTO_GRE)
		return false;
	fb_tuple_turn(&outside);
	return fb_table_find(table, &fact->orig) == FB_NONE &&
	       fb_table_find(table, &outside) == FB_NONE;
}

/* CLOCK_BOOTTIME, not after now. */
static uint64_t begin_of(const struct fb_table *table, const struct fb_conntrack_fact *fact)
{
	const uint64_t wall_ns = (uint64_t)table->wall_ms * 1000000;
	const uint64_t age =
		fact->start_ns && fact->start_ns < wall_ns ? wall_ns - fact->start_ns : 0;

	return age < table->now_ns ? table->now_ns - age : 1;
}

/* As if a row had made it; the client comes first, also where conntrack took this host for it. */
static uint32_t make_flow(struct fb_table *table, const struct fb_ctab_entry *entry, uint64_t begin)
{
	const struct fb_track track = {0};
	struct fb_row row = {
		.first_seen = begin,
		.generation = entry->id,
		.opener_by = FB_OPENER_FIRST,
		.icmp_type = entry->icmp_type,
		.icmp_code = entry->icmp_code,
		.key.proto = entry->proto,
	};
	struct fb_tuple tuple;
	uint8_t by;

	fb_ctab_orig(entry, &tuple);
	if (fb_table_client_of(table, &row, &tuple, &by) && by > FB_CLIENT_CONNTRACK && !entry->nat)
		fb_tuple_turn(&tuple);
	by = by > FB_CLIENT_CONNTRACK ? by : FB_CLIENT_CONNTRACK;
	memcpy(row.key.addr, tuple.addr, sizeof(row.key.addr));
	memcpy(row.key.port, tuple.port, sizeof(row.key.port));
	return fb_table_make_flow(table, &track, &row, &tuple, by, true);
}

void fb_table_list_entry(struct fb_table *table, uint32_t ct, const struct fb_conntrack_fact *fact)
{
	struct fb_traffic *traffic;
	uint32_t number;

	if (!is_wanted(table, fact))
		return;
	if (table->n_unseen == table->opts.max_flows / FB_UNSEEN_PART) {
		table->counters.conntrack_unlisted++;
		return;
	}
	table->n_unseen++;
	number = make_flow(table, &table->ctab.entry[ct], begin_of(table, fact));
	if (number == FB_NONE)
		return;
	table->made_before++; /* it is not new */
	fb_store_edit(&table->store, number)->flags |= FB_FLOW_UNSEEN;
	traffic = fb_table_touch(table, number);
	if (traffic)
		traffic->last_seen = table->now_ns;
	fb_table_link_entry(table, number, ct);
	fb_table_describe(table, number);
	fb_table_schedule(table, number);
}

void fb_table_drop_acct(struct fb_table *table, struct fb_flow *flow)
{
	fb_store_retire(&table->store, flow->acct, 0);
	flow->acct = NULL;
}

void fb_table_take_acct(struct fb_table *table, uint32_t number,
			const struct fb_conntrack_fact *fact)
{
	const struct fb_flow *now = fb_store_flow(&table->store, number);
	struct fb_flow_acct acct = fact->acct, *copy;
	struct fb_tuple own;
	struct fb_flow *flow;

	if (!fact->counted || !fb_flow_is_unseen(now))
		return;
	fb_flow_tuple(now, &own);
	if (fb_tuple_compare(&own, &fact->orig) == 1)
		acct = (struct fb_flow_acct){{fact->acct.packets[1], fact->acct.packets[0]},
					     {fact->acct.bytes[1], fact->acct.bytes[0]}};
	if (now->acct && !memcmp(now->acct, &acct, sizeof(acct)))
		return;
	copy = fb_store_side(&table->store, sizeof(*copy));
	flow = copy ? fb_store_edit(&table->store, number) : NULL;
	if (!flow) {
		fb_store_side_free(&table->store, copy);
		table->counters.no_memory++;
		return;
	}
	*copy = acct;
	fb_table_drop_acct(table, flow);
	flow->acct = copy;
}

void fb_table_meet(struct fb_table *table, uint32_t number, const struct fb_track *track,
		   bool outside)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);

	if (!flow) {
		table->counters.no_memory++;
		return;
	}
	fb_table_drop_acct(table, flow);
	flow->flags &= (uint16_t)~(FB_FLOW_UNSEEN | FB_FLOW_OUTSIDE);
	flow->flags |= outside ? FB_FLOW_OUTSIDE : 0;
	flow->link = track->lane.link;
	memcpy(flow->vlan, track->lane.vlan, sizeof(flow->vlan));
	fb_table_begin(table, number);
	if (track->first_seen >= flow->first_seen)
		return;
	/* It began between our first packet and conntrack's list. */
	flow->first_seen = track->first_seen;
	if (track->by_syn)
		flow->flags &= (uint16_t)~FB_FLOW_PARTIAL;
}
