/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose a row is: of the flows that have its tuple, the one whose other rows are of the same
 * connection (identity.h). Asked when a row is new, and again when it shows more of its path.
 * Rows behind a translation are their conntrack entry's, and are not asked about here.
 */
#include "table/table_priv.h"

/* The rows of one tuple, on whatever lanes; last that which is asked about. */
struct gathering {
	struct fb_sight sight[FB_SIGHTS_MAX];
	uint32_t slot[FB_SIGHTS_MAX]; /* FB_NONE: a flow that has no row now */
	uint32_t flow[FB_SIGHTS_MAX];
	uint8_t group[FB_SIGHTS_MAX];
	unsigned int n;
};

static void gather_row(struct fb_table *table, struct gathering *all, uint32_t slot)
{
	const struct fb_track *track = &table->track[slot];

	all->slot[all->n] = slot;
	all->flow[all->n] = track->flow;
	all->sight[all->n++] = (struct fb_sight){
		.lane = track->lane,
		.seen = track->seen,
		.by_syn = track->by_syn,
		.isn = track->opener_isn,
		.first_seen = track->first_seen,
	};
}

/*
 * What it was met on goes for a flow whose rows are gone; behind a translation, or if no packet has
 * passed yet, it may be anywhere.
 */
static void gather_flow(struct fb_table *table, struct gathering *all, uint32_t number,
			const struct fb_track *asked)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const bool outside = flow->flags & FB_FLOW_OUTSIDE;
	struct fb_sight *sight = &all->sight[all->n];

	all->slot[all->n] = FB_NONE;
	all->flow[all->n++] = number;
	*sight = (struct fb_sight){.first_seen = flow->first_seen};
	sight->lane.link = flow->link;
	sight->lane.vlan[0] = flow->vlan[0];
	sight->lane.vlan[1] = flow->vlan[1];
	if (outside || fb_flow_is_unseen(flow))
		sight->lane = asked->lane;
	for (int dir = 0; dir < 2; dir++)
		if (flow->hook[dir])
			sight->seen |=
				(uint8_t)(1u << (2 * (dir ^ asked->client) + flow->hook[dir] - 1));
}

static void gather_rows(struct fb_table *table, struct gathering *all, uint32_t number,
			uint32_t asked)
{
	const unsigned int before = all->n;
	bool any = false;

	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next) {
		const struct fb_track *track = &table->track[slot];

		any |= slot == asked;
		if (slot != asked && !track->leaving && !track->outside &&
		    all->n < FB_SIGHTS_MAX - 1)
			gather_row(table, all, slot);
	}
	if (all->n == before && !any && all->n < FB_SIGHTS_MAX - 1)
		gather_flow(table, all, number, &table->track[asked]);
}

static bool is_end(struct fb_table *table, const struct fb_tuple *tuple)
{
	return fb_table_owns_once(table, tuple->addr[0], tuple->family) ||
	       fb_table_owns_once(table, tuple->addr[1], tuple->family);
}

static bool is_tracked_once(const struct fb_table *table, const struct fb_tuple *tuple)
{
	const uint32_t ct = fb_ctab_match(&table->ctab, tuple);

	return ct != FB_NONE && fb_ctab_match_except(&table->ctab, tuple, ct) == FB_NONE;
}

/* It gave its rows back: only a straggler that has no flow yet comes to it. */
static bool is_past(const struct fb_table *table, uint32_t number, uint32_t slot)
{
	return table->priv[number].place >= FB_PLACE_CLOSED && table->track[slot].flow != FB_NONE;
}

static void gather(struct fb_table *table, struct gathering *all, uint32_t slot,
		   const struct fb_tuple *tuple)
{
	struct fb_index_it it = fb_index_begin(fb_tuple_hash(tuple));
	uint32_t number;

	all->n = 0;
	while (fb_index_next(&table->index, &it, &number)) {
		struct fb_tuple own;

		fb_flow_tuple(fb_store_flow(&table->store, number), &own);
		if (fb_tuple_compare(&own, tuple) >= 0 && !is_past(table, number, slot))
			gather_rows(table, all, number, slot);
	}
	if (all->n) {
		const struct fb_host host = {&table->wiring, is_end(table, tuple),
					     is_tracked_once(table, tuple)};

		gather_row(table, all, slot);
		fb_identity_group(&host, tuple, all->sight, all->n, all->group);
	}
}

/* The flow of the earliest other row that is one with the last; FB_NONE: it stands alone. */
static uint32_t flow_of_group(const struct gathering *all)
{
	const uint8_t group = all->group[all->n - 1];
	unsigned int best = all->n;

	for (unsigned int i = 0; i < all->n - 1; i++)
		if (all->group[i] == group &&
		    (best == all->n || all->sight[i].first_seen < all->sight[best].first_seen))
			best = i;
	return best == all->n ? FB_NONE : all->flow[best];
}

uint32_t fb_table_place(struct fb_table *table, uint32_t slot, const struct fb_tuple *tuple)
{
	struct gathering all;

	gather(table, &all, slot, tuple);
	return all.n ? flow_of_group(&all) : FB_NONE;
}

/* It has rows that are not of the group of the last row. */
static bool has_others(const struct gathering *all, uint32_t number)
{
	for (unsigned int i = 0; i < all->n - 1; i++)
		if (all->flow[i] == number && all->group[i] != all->group[all->n - 1])
			return true;
	return false;
}

/* The rows of its group go with it, or their flows, where nothing else is in them. */
static void bring_together(struct fb_table *table, const struct gathering *all, uint32_t number)
{
	for (unsigned int i = 0; i < all->n; i++) {
		const uint32_t slot = all->slot[i];
		uint32_t from;

		if (all->group[i] != all->group[all->n - 1] || slot == FB_NONE)
			continue;
		from = table->track[slot].flow;
		if (from == number || from == FB_NONE)
			continue;
		if (has_others(all, from))
			fb_table_move_row(table, slot, number);
		else
			fb_table_merge(table, number, from, false);
	}
}

void fb_table_place_again(struct fb_table *table, uint32_t slot, const struct fb_row *row)
{
	struct fb_track *track = &table->track[slot];
	struct gathering all;
	struct fb_tuple tuple;
	uint32_t number;

	if (track->flow == FB_NONE || track->outside || track->leaving)
		return;
	fb_flow_tuple(fb_store_flow(&table->store, track->flow), &tuple);
	gather(table, &all, slot, &tuple);
	if (!all.n)
		return;
	number = flow_of_group(&all);
	if (number == FB_NONE || has_others(&all, number)) {
		/* Those that are there already keep the flow. */
		if (!has_others(&all, track->flow)) {
			number = track->flow;
		} else {
			number = fb_table_make_flow(
				table, track, row, &tuple,
				fb_store_flow(&table->store, track->flow)->client_by, true);
			if (number == FB_NONE)
				return;
			table->counters.flows_split++;
		}
	}
	bring_together(table, &all, number);
	fb_table_describe(table, number);
	fb_table_schedule(table, number);
}
