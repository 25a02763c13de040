/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the kernel half to flows: whose a row is, and what it counted since it was last read. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "table/table_priv.h"

static void row_tuple(const struct fb_row *row, struct fb_tuple *tuple)
{
	memcpy(tuple->addr, row->key.addr, sizeof(tuple->addr));
	memcpy(tuple->port, row->key.port, sizeof(tuple->port));
	tuple->proto = row->key.proto;
	tuple->family = row->key.family;
}

/*
 * Is a row that came new the continuation of this flow, or a new connection of its tuple? `ct`: its
 * entry. A connection that has another one may go on behind another translation.
 */
static bool goes_on(const struct fb_table *table, uint32_t number, const struct fb_row *row,
		    const struct fb_track *asked, uint32_t ct)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const bool translated_anew =
		asked->outside && table->priv[number].ct != ct && row->opener_by != FB_OPENER_SYN;

	/* A second of grace: when it closed is known by jiffies, which lag on a busy machine. */
	if (flow->closed && (row->opener_by == FB_OPENER_SYN || flow->proto != IPPROTO_TCP) &&
	    (row->first_seen > flow->closed_at + FB_SECOND ||
	     table->priv[number].place >= FB_PLACE_CLOSED))
		return false;
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next) {
		const struct fb_track *track = &table->track[slot];

		if (track->outside == asked->outside && !track->leaving && !translated_anew &&
		    fb_where_is(&track->lane, &asked->lane))
			return false;
	}
	return true;
}

static void give_up_tuple(struct fb_table *table, uint32_t number, const struct fb_where *lane)
{
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next)
		if (fb_where_is(&table->track[slot].lane, lane))
			fb_table_evict_row(table, slot);
	fb_table_unlink_entry(table, number);
	fb_table_replace(table, number);
	fb_table_unindex(table, number);
}

static void fill_flow(struct fb_table *table, uint32_t number, const struct fb_track *track,
		      const struct fb_row *row, const struct fb_tuple *tuple)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	/* without addresses: who may not know them could try them all */
	struct {
		uint64_t first_seen;
		uint32_t generation;
		uint16_t port[2];
		uint64_t lane, proto;
	} born = {row->first_seen,
		  row->generation,
		  {row->key.port[0], row->key.port[1]},
		  row->key.lane,
		  row->key.proto};
	uint64_t hash = fb_hash_fixed(&born, sizeof(born)) & ~(uint64_t)FB_ID_NUMBER;

	flow->id = (hash ? hash : FB_ID_NUMBER + 1) | number;
	memcpy(flow->src, tuple->addr[0], 16);
	memcpy(flow->dst, tuple->addr[1], 16);
	flow->src_port = tuple->port[0];
	flow->dst_port = tuple->port[1];
	flow->proto = tuple->proto;
	flow->family = tuple->family;
	flow->link = track->lane.link;
	memcpy(flow->vlan, track->lane.vlan, sizeof(flow->vlan));
	flow->first_seen = row->first_seen;
	flow->tos = row->tos;
	flow->icmp_type = row->icmp_type;
	flow->icmp_code = row->icmp_code;
	if (track->outside)
		flow->flags |= FB_FLOW_OUTSIDE;
	if (row->opener_by != FB_OPENER_SYN && row->key.proto == IPPROTO_TCP)
		flow->flags |= FB_FLOW_PARTIAL;
}

uint32_t fb_table_make_flow(struct fb_table *table, const struct fb_track *track,
			    const struct fb_row *row, const struct fb_tuple *tuple, uint8_t by,
			    bool indexed)
{
	uint32_t number = FB_NONE;
	struct fb_priv *priv;

	if (table->n_live < table->opts.max_flows + table->n_unseen) {
		number = fb_store_add(&table->store);
		if (number == FB_NONE && fb_table_drop_oldest(table))
			number = fb_store_add(&table->store);
	}
	if (number == FB_NONE || !fb_store_edit(&table->store, number)) {
		table->counters.flows_full++;
		return FB_NONE;
	}
	fill_flow(table, number, track, row, tuple);
	fb_store_edit(&table->store, number)->client_by = by;
	priv = &table->priv[number];
	priv->first_row = priv->ct = priv->prev = priv->next = FB_NONE;
	priv->place = FB_PLACE_NONE;
	priv->told = 0;
	priv->indexed = priv->by_silence = false;
	priv->doubted[0] = priv->doubted[1] = priv->after = 0;
	if (indexed)
		fb_table_reindex(table, number);
	table->n_live++;
	table->counters.flows_made++;
	fb_table_begin(table, number);
	return number;
}

/* Which of the row's directions the flow's client sends, `outside` tuples by their entry. */
static int client_of(const struct fb_tuple *row_tuple_, const struct fb_tuple *as_flow)
{
	return fb_tuple_compare(row_tuple_, as_flow) == 1;
}

/* The flow that this new row goes on with. Of what it does not go on with it takes the place. */
static uint32_t find_flow(struct fb_table *table, uint32_t slot, const struct fb_row *row,
			  const struct fb_tuple *tuple, uint32_t ct)
{
	const struct fb_track *track = &table->track[slot];
	struct fb_index_it it = fb_index_begin(fb_tuple_hash(tuple));
	uint32_t number, stale[FB_SIGHTS_MAX];
	unsigned int n = 0;

	while (n < FB_SIGHTS_MAX && fb_index_next(&table->index, &it, &number)) {
		struct fb_tuple own;

		fb_flow_tuple(fb_store_flow(&table->store, number), &own);
		if (fb_tuple_compare(&own, tuple) >= 0 && !goes_on(table, number, row, track, ct))
			stale[n++] = number;
	}
	while (n)
		give_up_tuple(table, stale[--n], &track->lane);
	return track->outside ? fb_table_find(table, tuple) : fb_table_place(table, slot, tuple);
}

static void adopt_row(struct fb_table *table, uint32_t slot, const struct fb_row *row)
{
	struct fb_track *track = &table->track[slot];
	struct fb_tuple tuple, orig, as_flow;
	uint32_t number, ct;
	bool superseded = row->state & FB_ROW_SUPERSEDED, made = false;
	uint8_t by;

	row_tuple(row, &tuple);
	as_flow = tuple;
	if (fb_table_client_of(table, row, &tuple, &by))
		fb_tuple_turn(&as_flow);
	orig = as_flow;
	ct = superseded ? FB_NONE : fb_ctab_match(&table->ctab, &tuple);
	/* An entry without NAT may have been picked up in mid-stream: some know better. */
	if (ct != FB_NONE && (table->ctab.entry[ct].nat || by < FB_CLIENT_CONNTRACK)) {
		const struct fb_ctab_entry *entry = &table->ctab.entry[ct];

		fb_ctab_orig(entry, &orig);
		as_flow = orig;
		by = by < FB_CLIENT_CONNTRACK ? FB_CLIENT_CONNTRACK : by;
		if (fb_tuple_compare(&tuple, &orig) < 0) {
			fb_ctab_outside(entry, &as_flow);
			track->outside = 1;
		}
	}
	track->client = client_of(&tuple, &as_flow) & 1;
	number = superseded ? FB_NONE : find_flow(table, slot, row, &orig, ct);
	if (number == FB_NONE) {
		number = fb_table_make_flow(table, track, row, &orig, by, !superseded);
		made = true;
	} else if (!track->outside) {
		struct fb_tuple own;

		fb_flow_tuple(fb_store_flow(&table->store, number), &own);
		fb_table_better_client(table, number, fb_tuple_compare(&own, &as_flow) == 0, by);
		fb_flow_tuple(fb_store_flow(&table->store, number), &as_flow);
	}
	track->client = client_of(&tuple, &as_flow) & 1;
	if (number == FB_NONE)
		return;
	if (!made)
		fb_table_change_entry(table, number, ct);
	fb_table_attach(table, slot, number);
	if (!made) {
		fb_table_begin_at(table, number, track);
		fb_table_take_straggler(table, number);
		return;
	}
	if (ct != FB_NONE && table->ctab.entry[ct].flow == FB_NONE &&
	    !fb_table_entry_is_old(&table->ctab.entry[ct], row->opener_by == FB_OPENER_SYN,
				   row->tcp_flags[0] | row->tcp_flags[1]))
		fb_table_link_entry(table, number, ct);
	fb_table_describe_later(table, number);
	fb_table_schedule(table, number);
}

/* Neighbour discovery and multicast listeners: no conversation, and never in conntrack's table. */
static bool is_link_talk(const struct fb_flow *flow)
{
	return flow->proto == IPPROTO_ICMPV6 &&
	       ((flow->icmp_type >= 130 && flow->icmp_type <= 137) || flow->icmp_type == 143);
}

uint8_t fb_table_derive_state(const struct fb_flow *flow, const struct fb_traffic *traffic)
{
	uint8_t up = flow->tcp_flags[FB_UP], down = flow->tcp_flags[FB_DOWN];

	if (is_link_talk(flow))
		return FB_STATE_NONE;
	if (flow->proto != IPPROTO_TCP)
		return traffic->packets[FB_DOWN] ? FB_STATE_REPLIED : FB_STATE_UNREPLIED;
	if ((up | down) & FB_TCP_RST)
		return FB_STATE_CLOSE;
	if (up & down & FB_TCP_FIN)
		return FB_STATE_TIME_WAIT;
	if (up & FB_TCP_FIN)
		return FB_STATE_FIN_WAIT;
	if (down & FB_TCP_FIN)
		return FB_STATE_CLOSE_WAIT;
	if (up & FB_TCP_ACK)
		return FB_STATE_ESTABLISHED;
	if (down & FB_TCP_SYN)
		return up & FB_TCP_SYN ? FB_STATE_SYN_RECV : FB_STATE_ESTABLISHED;
	return up & FB_TCP_SYN ? FB_STATE_SYN_SENT : down ? FB_STATE_ESTABLISHED : FB_STATE_NONE;
}

/* Numbers that the handshake told, for what is quoted later. */
static void note_numbers(struct fb_table *table, struct fb_track *track, const struct fb_row *row)
{
	const struct fb_side *side =
		table->opts.sides ? &table->opts.sides[track - table->track] : NULL;
	const int opener = row->opener & 1;

	if (row->opener_by != FB_OPENER_SYN || row->key.proto != IPPROTO_TCP)
		return;
	track->isn[opener] = row->isn;
	track->isn_known |= (uint8_t)(1 << opener);
	if (side && side->answered) {
		track->isn[!opener] = side->answer_isn;
		track->isn_known |= (uint8_t)(1 << !opener);
	}
}

/* What is rare in a row's life: flags, state, end. */
static void fold_facts(struct fb_table *table, struct fb_track *track, uint32_t number,
		       const struct fb_row *row, const struct fb_traffic *traffic)
{
	const struct fb_flow *now = fb_store_flow(&table->store, number);
	struct fb_flow next = *now, *flow;

	next.tcp_flags[FB_UP] |= row->tcp_flags[track->client] & ~track->dismissed;
	next.tcp_flags[FB_DOWN] |= row->tcp_flags[!track->client] & ~track->dismissed;
	if (row->rtt_ns && fb_table_is_first_lane(now, track))
		next.rtt_ns = row->rtt_ns;
	if (!(next.flags & FB_FLOW_CONNTRACK))
		next.state = fb_table_derive_state(&next, traffic);
	if (next.state == now->state && next.rtt_ns == now->rtt_ns &&
	    !memcmp(next.tcp_flags, now->tcp_flags, sizeof(next.tcp_flags)))
		return;
	note_numbers(table, track, row);
	flow = fb_store_edit(&table->store, number);
	if (!flow)
		return;
	*flow = next;
	if (!flow->closed)
		fb_table_schedule(table, number);
	if (flow->proto != IPPROTO_TCP)
		return;
	/* Its last packets tell more than the new connection did. */
	if (flow->closed == FB_CLOSED_REUSED)
		flow->closed = (uint8_t)fb_table_end_of(flow, FB_CLOSED_REUSED);
	fb_table_judge(table, number);
}

static void count_link(struct fb_table *table, uint16_t link, int hook, uint64_t packets,
		       uint64_t bytes)
{
	if (link >= FB_LINK_MAX)
		return;
	table->link_packets[link][hook] += packets;
	table->link_bytes[link][hook] += bytes;
}

/* What one hook counted more of one direction: into the link's totals, and told. */
static void take_counts(struct fb_table *table, uint16_t link, int hook, int dir,
			const uint64_t now[2], uint64_t *packets, uint64_t *bytes,
			struct fb_counts *more)
{
	more->packets[hook][dir] += now[0] - *packets;
	more->bytes[hook][dir] += now[1] - *bytes;
	count_link(table, link, hook, now[0] - *packets, now[1] - *bytes);
	*packets = now[0];
	*bytes = now[1];
}

/* What the row and what stands beside it counted since they were last folded. */
static void take_all(struct fb_table *table, uint32_t slot, const struct fb_row *row,
		     struct fb_counts *more)
{
	struct fb_track *track = &table->track[slot];
	const struct fb_side *side = table->opts.sides ? &table->opts.sides[slot] : NULL;

	for (int d = 0; d < 2; d++) {
		const uint64_t now[2] = {__atomic_load_n(&row->packets[d], __ATOMIC_RELAXED),
					 __atomic_load_n(&row->bytes[d], __ATOMIC_RELAXED)};
		const uint8_t sight = __atomic_load_n(&row->sight[d], __ATOMIC_RELAXED);
		const int dir = d == track->client ? FB_UP : FB_DOWN, hook = (sight - 1) & 1;

		/* Less than before: the kernel half gives it to another flow at this moment. */
		if (!sight || now[0] < track->packets[d] || now[1] < track->bytes[d])
			continue;
		take_counts(table, track->lane.link, hook, dir, now, &track->packets[d],
			    &track->bytes[d], more);
		if (side) {
			const uint64_t beside[2] = {
				__atomic_load_n(&side->packets[d], __ATOMIC_RELAXED),
				__atomic_load_n(&side->bytes[d], __ATOMIC_RELAXED)};

			take_counts(table, track->lane.link, !hook, dir, beside,
				    &track->side_packets[d], &track->side_bytes[d], more);
		}
	}
}

/* What the row shows of its path; true: more than before. */
static bool look_at_path(struct fb_table *table, uint32_t slot, const struct fb_row *row)
{
	struct fb_track *track = &table->track[slot];
	const struct fb_side *side = table->opts.sides ? &table->opts.sides[slot] : NULL;
	const uint8_t seen = track->seen;

	track->by_syn = row->opener_by == FB_OPENER_SYN;
	track->opener_isn = row->isn;
	for (int d = 0; d < 2; d++) {
		const uint8_t sight = __atomic_load_n(&row->sight[d], __ATOMIC_RELAXED);

		if (!sight)
			continue;
		track->sight[d] = sight;
		track->seen |= (uint8_t)(1u << (2 * d + ((sight - 1) & 1)));
		if (row->key.proto == IPPROTO_TCP && row->tcp_flags[d] & FB_TCP_SYN)
			track->syn |= (uint8_t)(1u << (2 * d + ((sight - 1) & 1)));
		if (side && __atomic_load_n(&side->packets[d], __ATOMIC_RELAXED))
			track->seen |= (uint8_t)(1u << (2 * d + (sight & 1)));
	}
	return track->seen != seen;
}

/* Directions that moved, as bits. */
static unsigned int ways_of(const struct fb_counts *counts)
{
	return (counts->packets[0][FB_UP] || counts->packets[1][FB_UP] ? 1u << FB_UP : 0) |
	       (counts->packets[0][FB_DOWN] || counts->packets[1][FB_DOWN] ? 1u << FB_DOWN : 0);
}

static void stray(struct fb_table *table, const struct fb_counts *counts)
{
	for (int dir = 0; dir < 2; dir++)
		table->stray_bytes[dir] += (int64_t)(counts->bytes[0][dir] + counts->bytes[1][dir]);
}

/* What the row counted since it was last folded, into its link's totals and its flow. */
static int fold(struct fb_table *table, uint32_t slot, const struct fb_row *row, uint64_t seen_ns)
{
	struct fb_track *track = &table->track[slot];
	struct fb_traffic *traffic = NULL;
	struct fb_counts more = {0};
	unsigned int ends;
	uint64_t bytes[2], last_seen;
	uint32_t number;

	if (look_at_path(table, slot, row))
		fb_table_place_again(table, slot, row);
	number = track->flow;
	if (number != FB_NONE) {
		traffic = fb_table_touch(table, number);
		if (!traffic) {
			table->counters.no_memory++;
			return -ENOMEM;
		}
	}
	take_all(table, slot, row, &more);
	if (number == FB_NONE) {
		stray(table, &more);
		return 0;
	}
	memcpy(bytes, traffic->bytes, sizeof(bytes));
	last_seen = traffic->last_seen;
	if (ways_of(&more)) {
		fb_table_count(table, number, track, &more);
		if (traffic->moved_packets[0] | traffic->moved_packets[1])
			fb_table_tell_again(table, number);
	}
	if (seen_ns > traffic->last_seen)
		traffic->last_seen = seen_ns;
	if (ways_of(&more))
		fb_table_grow(table, number, bytes, last_seen);
	ends = fb_table_ending_ways(table, slot, number, row);
	fb_table_weigh_doubts(table, slot, number, row);
	fold_facts(table, track, number, row, traffic);
	fb_table_measure(table, slot, number, row);
	if (ways_of(&more) & ~ends && !track->leaving)
		fb_table_go_on(table, number, ways_of(&more) & ~ends, seen_ns);
	return 0;
}

/*
 * The kernel half gave the row to another flow, and counted all that it had counted as
 * FB_STAT_evicted: what was folded of it is the link's no more, and the flow's last word.
 */
static void lose_row(struct fb_table *table, uint32_t slot)
{
	struct fb_track *track = &table->track[slot];
	const uint32_t number = track->flow;

	for (int d = 0; d < 2; d++) {
		const int hook = (track->sight[d] - 1) & 1;

		count_link(table, track->lane.link, hook, -track->packets[d], -track->bytes[d]);
		count_link(table, track->lane.link, !hook, -track->side_packets[d],
			   -track->side_bytes[d]);
	}
	fb_table_detach(table, slot);
	table->n_rows--;
	table->n_leaving -= track->leaving;
	if (number != FB_NONE && table->priv[number].first_row == FB_NONE)
		fb_table_give_up(table, number);
}

/* The interface and VLANs that the row's number stands for. */
static struct fb_where lane_of(const struct fb_table *table, const struct fb_row *row)
{
	const uint16_t number = row->key.lane;
	struct fb_where lane = {.link = number};

	if (table->opts.lanes && number >= FB_LINK_MAX && number < FB_LANE_MAX) {
		lane.link = table->opts.lanes[number].link;
		memcpy(lane.vlan, table->opts.lanes[number].vlan, sizeof(lane.vlan));
	}
	return lane;
}

static void track_row(struct fb_table *table, uint32_t slot, const struct fb_row *row)
{
	struct fb_track *track = &table->track[slot];

	if (track->used)
		lose_row(table, slot);
	*track = (struct fb_track){
		.generation = row->generation,
		.flow = FB_NONE,
		.next = FB_NONE,
		.first_seen = row->first_seen,
		.lane = lane_of(table, row),
		.used = 1,
	};
	table->n_rows++;
	look_at_path(table, slot, row);
	adopt_row(table, slot, row);
}

/* A new connection has its tuple. */
static void give_up_row(struct fb_table *table, uint32_t slot)
{
	uint32_t number = table->track[slot].flow;

	fb_table_evict_row(table, slot);
	if (number == FB_NONE)
		return;
	fb_table_unlink_entry(table, number);
	fb_table_replace(table, number);
	fb_table_unindex(table, number);
}

static bool stands_still(const struct fb_table *table, uint32_t slot, const struct fb_row *row)
{
	const struct fb_track *track = &table->track[slot];
	const struct fb_side *side = table->opts.sides ? &table->opts.sides[slot] : NULL;

	return !memcmp(track->packets, row->packets, sizeof(track->packets)) &&
	       !memcmp(track->bytes, row->bytes, sizeof(track->bytes)) &&
	       (!side || !memcmp(track->side_packets, side->packets, sizeof(track->side_packets)));
}

int fb_table_row(struct fb_table *table, uint32_t slot, const struct fb_row *row, uint64_t seen_ns)
{
	struct fb_track *track;
	int result = 0, r;

	if (slot >= table->opts.max_rows)
		return -EINVAL;
	track = &table->track[slot];
	if (!track->used || track->generation != row->generation) {
		track_row(table, slot, row);
		result |= FB_TABLE_ROW_NEW;
	} else if (stands_still(table, slot, row)) {
		result |= FB_TABLE_ROW_IDLE;
	}
	r = fold(table, slot, row, seen_ns);
	if (r < 0)
		return r;
	if (row->state & FB_ROW_NAMED && !track->asked && track->flow != FB_NONE)
		result |= FB_TABLE_ROW_WANTS_NAME;
	if (row->state & FB_ROW_OWNED && track->flow != FB_NONE &&
	    track->owner_asked != fb_owner_notes(row->state))
		result |= FB_TABLE_ROW_WANTS_OWNER;
	if (row->state & FB_ROW_SUPERSEDED)
		give_up_row(table, slot);
	return result;
}

void fb_table_name_asked(struct fb_table *table, uint32_t slot)
{
	table->track[slot].asked = 1;
}

int fb_table_row_gone(struct fb_table *table, uint32_t slot, const struct fb_row *row,
		      uint64_t seen_ns)
{
	struct fb_track *track;
	uint32_t number;
	int r;

	if (slot >= table->opts.max_rows)
		return -EINVAL;
	track = &table->track[slot];
	if (!track->used || track->generation != row->generation)
		track_row(table, slot, row);
	table->n_leaving -= track->leaving;
	track->leaving = 1;
	r = fold(table, slot, row, seen_ns);
	number = track->flow;
	fb_table_detach(table, slot);
	if (number != FB_NONE)
		fb_table_tell_end(table, number);
	track->used = track->leaving = 0;
	table->n_rows--;
	return r;
}
