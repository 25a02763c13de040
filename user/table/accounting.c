/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one flow counted: on each lane that it crosses, on either hook, and what that makes of the
 * flow. What passed in a direction is the most that was seen of it on one hook, over lanes that see
 * different packets. LAN and WAN of a router are one hook each; two uplinks add up; a VLAN device
 * and what it stands on count once; a forged packet on the wrong hook changes nothing. Counts only
 * grow, so does the most of them.
 */
#include <string.h>

#include "table/table_priv.h"

struct fb_traffic *fb_table_touch(struct fb_table *table, uint32_t number)
{
	struct fb_traffic *traffic = fb_store_move(&table->store, number);
	struct fb_priv *priv = &table->priv[number];

	if (traffic && priv->tick != table->tick) {
		priv->tick = table->tick;
		table->moved[0][table->n_moved[0]++] = number;
		fb_traffic_stand_still(traffic);
	}
	return traffic;
}

void fb_traffic_stand_still(struct fb_traffic *traffic)
{
	memset(traffic->moved_bytes, 0, sizeof(traffic->moved_bytes));
	memset(traffic->moved_packets, 0, sizeof(traffic->moved_packets));
}

static int32_t clamp(int64_t packets)
{
	return packets > INT32_MAX ? INT32_MAX : packets < INT32_MIN ? INT32_MIN : (int32_t)packets;
}

static void add(struct fb_traffic *traffic, int dir, uint64_t packets, uint64_t bytes)
{
	traffic->packets[dir] += packets;
	traffic->bytes[dir] += bytes;
	traffic->moved_bytes[dir] += (int64_t)bytes;
	traffic->moved_packets[dir] = clamp(traffic->moved_packets[dir] + (int64_t)packets);
}

/* Other counts take the place of these; what was told of them before this tick stays told. */
static void replace_counts(struct fb_traffic *traffic, int dir, uint64_t packets, uint64_t bytes)
{
	const int64_t more_packets = (int64_t)(packets - traffic->packets[dir]);

	traffic->moved_bytes[dir] += (int64_t)(bytes - traffic->bytes[dir]);
	traffic->moved_packets[dir] = clamp(traffic->moved_packets[dir] + more_packets);
	traffic->packets[dir] = packets;
	traffic->bytes[dir] = bytes;
}

/* --- lanes ------------------------------------------------------------------------------------ */

/* To be written, with room for `more`; NULL: memory is short. */
static struct fb_flow_links *edit_links(struct fb_table *table, struct fb_flow *flow,
					unsigned int more)
{
	const struct fb_flow_links *old = flow->links;
	const unsigned int n = old ? old->n : 0;
	struct fb_flow_links *copy;

	if (old && old->epoch == table->store.epoch && old->room >= n + more)
		return (struct fb_flow_links *)old;
	copy = fb_store_side(&table->store, sizeof(*copy) + (n + more) * sizeof(copy->link[0]));
	if (!copy) {
		table->counters.no_memory++;
		return NULL;
	}
	if (old) {
		memcpy(copy, old, sizeof(*old) + n * sizeof(old->link[0]));
		fb_store_retire(&table->store, old, old->epoch);
	}
	copy->epoch = table->store.epoch;
	copy->room = (uint16_t)(n + more);
	flow->links = copy;
	return copy;
}

static bool is_lane(const struct fb_flow_link *link, const struct fb_flow_link *other)
{
	return link->link == other->link && link->vlan[0] == other->vlan[0] &&
	       link->vlan[1] == other->vlan[1] && link->outside == other->outside;
}

/* By enum fb_dir, as the row has it by its own directions. */
static uint8_t syn_of(const struct fb_track *track)
{
	return track->client ? (uint8_t)(track->syn >> 2 | (track->syn & 3) << 2) : track->syn;
}

bool fb_table_is_first_lane(const struct fb_flow *flow, const struct fb_track *track)
{
	return track->lane.link == flow->link && track->lane.vlan[0] == flow->vlan[0] &&
	       track->lane.vlan[1] == flow->vlan[1] &&
	       track->outside == !!(flow->flags & FB_FLOW_OUTSIDE);
}

/* The flow's first lane, and what it counted as long as it is the only one. */
static struct fb_flow_link first_lane(const struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const struct fb_traffic *traffic = fb_store_traffic(&table->store, number);
	struct fb_flow_link first = {
		.link = flow->link,
		.vlan = {flow->vlan[0], flow->vlan[1]},
		.outside = flow->flags & FB_FLOW_OUTSIDE,
	};

	for (int dir = 0; dir < 2; dir++) {
		const int hook = flow->hook[dir] == 1 + FB_HOOK_EGRESS;

		first.packets[hook][dir] = traffic->packets[dir];
		first.bytes[hook][dir] = traffic->bytes[dir];
	}
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next)
		if (fb_table_is_first_lane(flow, &table->track[slot]))
			first.syn |= syn_of(&table->track[slot]);
	return first;
}

static struct fb_flow_link lane_of(const struct fb_track *track)
{
	return (struct fb_flow_link){
		.link = track->lane.link,
		.vlan = {track->lane.vlan[0], track->lane.vlan[1]},
		.outside = track->outside,
	};
}

/* The flow's counts on this lane, to be changed; NULL: no room or memory. */
static struct fb_flow_link *edit_lane(struct fb_table *table, uint32_t number,
				      const struct fb_flow_link *lane)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_flow_links *links;
	bool fresh = flow && !flow->links;

	links = flow ? edit_links(table, flow, fresh ? 2 : 0) : NULL;
	if (!links)
		return NULL;
	if (fresh)
		links->link[links->n++] = first_lane(table, number);
	for (unsigned int i = 0; i < links->n; i++)
		if (is_lane(&links->link[i], lane))
			return &links->link[i];
	if (links->n == FB_FLOW_LINKS) {
		table->counters.links_dropped++;
		return NULL;
	}
	links = edit_links(table, flow, 1);
	if (!links)
		return NULL;
	links->wiring = 0;
	links->link[links->n] = (struct fb_flow_link){
		.link = lane->link,
		.vlan = {lane->vlan[0], lane->vlan[1]},
		.outside = lane->outside,
	};
	return &links->link[links->n++];
}

/* --- sums ------------------------------------------------------------------------------------- */

static bool is_same(const struct fb_wiring *wiring, const struct fb_flow_link *a,
		    const struct fb_flow_link *b)
{
	const struct fb_where one = {.link = a->link, .vlan = {a->vlan[0], a->vlan[1]}};
	const struct fb_where other = {.link = b->link, .vlan = {b->vlan[0], b->vlan[1]}};

	/* One SYN on both, on the same hook: a copy, of a mirror port or a flooding bridge. */
	return (a->syn & b->syn) || fb_wiring_stacked(wiring, &one, &other);
}

/* Which lanes see the same packets; asked again when one came, or devices changed. */
static void relate(const struct fb_table *table, struct fb_flow_links *links)
{
	const uint32_t version = table->wiring.version + 1;

	if (links->wiring == version)
		return;
	links->wiring = version;
	for (unsigned int i = 0; i < links->n; i++) {
		links->link[i].same = 0;
		for (unsigned int k = 0; k < links->n; k++)
			if (k != i && is_same(&table->wiring, &links->link[i], &links->link[k]))
				links->link[i].same |= (uint8_t)(1u << k);
	}
}

/* The most that lanes from `i` on counted together, but those that see what `out` marks. */
static uint64_t most(const struct fb_flow_links *links, const uint64_t *counts, unsigned int i,
		     unsigned int out)
{
	uint64_t with, without;

	for (; i < links->n && out & 1u << i; i++)
		;
	if (i == links->n)
		return 0;
	with = counts[i] + most(links, counts, i + 1, out | links->link[i].same);
	if (!(links->link[i].same >> i))
		return with;
	without = most(links, counts, i + 1, out);
	return with > without ? with : without;
}

static void recount(struct fb_table *table, uint32_t number, struct fb_flow_links *links)
{
	struct fb_traffic *traffic = fb_table_touch(table, number);
	uint64_t counts[2][FB_FLOW_LINKS], sum[2];

	relate(table, links);
	for (int dir = 0; traffic && dir < 2; dir++) {
		sum[0] = sum[1] = 0;
		for (int hook = 0; hook < 2; hook++) {
			uint64_t packets, bytes;

			for (unsigned int i = 0; i < links->n; i++) {
				counts[0][i] = links->link[i].packets[hook][dir];
				counts[1][i] = links->link[i].bytes[hook][dir];
			}
			packets = most(links, counts[0], 0, 0);
			bytes = most(links, counts[1], 0, 0);
			sum[0] = packets > sum[0] ? packets : sum[0];
			sum[1] = bytes > sum[1] ? bytes : sum[1];
		}
		replace_counts(traffic, dir, sum[0], sum[1]);
	}
}

/* --- counting --------------------------------------------------------------------------------- */

/* One lane, each direction on one hook: nothing is kept but the sum. */
static bool count_simply(struct fb_table *table, uint32_t number, const struct fb_track *track,
			 const struct fb_counts *counts)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	struct fb_traffic *traffic = fb_table_touch(table, number);
	uint8_t by[2] = {flow->hook[0], flow->hook[1]};

	if (flow->links || !traffic || !fb_table_is_first_lane(flow, track))
		return false;
	for (int dir = 0; dir < 2; dir++)
		for (int hook = 0; hook < 2; hook++) {
			if (!counts->packets[hook][dir])
				continue;
			if (by[dir] && by[dir] != 1 + hook)
				return false;
			by[dir] = (uint8_t)(1 + hook);
		}
	if (memcmp(by, flow->hook, sizeof(by)) != 0) {
		struct fb_flow *edit = fb_store_edit(&table->store, number);

		if (!edit)
			return false;
		memcpy(edit->hook, by, sizeof(by));
	}
	for (int dir = 0; dir < 2; dir++)
		add(traffic, dir, counts->packets[0][dir] + counts->packets[1][dir],
		    counts->bytes[0][dir] + counts->bytes[1][dir]);
	return true;
}

static void add_counts(struct fb_flow_link *to, const uint64_t packets[2][2],
		       const uint64_t bytes[2][2], int sign)
{
	for (int hook = 0; hook < 2; hook++)
		for (int dir = 0; dir < 2; dir++) {
			to->packets[hook][dir] += (uint64_t)sign * packets[hook][dir];
			to->bytes[hook][dir] += (uint64_t)sign * bytes[hook][dir];
		}
}

static void count_apart(struct fb_table *table, uint32_t number, const struct fb_track *track,
			const struct fb_counts *counts, int sign)
{
	const struct fb_flow_link lane = lane_of(track);
	struct fb_flow_link *to = edit_lane(table, number, &lane);
	struct fb_flow_links *links;

	if (!to)
		return;
	links = (struct fb_flow_links *)fb_store_flow(&table->store, number)->links;
	add_counts(to, counts->packets, counts->bytes, sign);
	if (to->syn != (to->syn | syn_of(track))) {
		to->syn |= syn_of(track);
		links->wiring = 0;
	}
	recount(table, number, links);
}

void fb_table_count(struct fb_table *table, uint32_t number, const struct fb_track *track,
		    const struct fb_counts *counts)
{
	if (!count_simply(table, number, track, counts))
		count_apart(table, number, track, counts, 1);
}

void fb_table_count_all(struct fb_table *table, uint32_t number, uint32_t gone, bool outside)
{
	const struct fb_flow_links *all = fb_store_flow(&table->store, gone)->links;
	const struct fb_flow_link first = first_lane(table, gone);
	const struct fb_flow_link *from = all ? all->link : &first;
	struct fb_flow_links *links;

	for (unsigned int i = 0; i < (all ? all->n : 1u); i++) {
		struct fb_flow_link lane = from[i], *to;

		lane.outside |= outside;
		to = edit_lane(table, number, &lane);
		if (!to)
			continue;
		add_counts(to, lane.packets, lane.bytes, 1);
		to->syn |= lane.syn;
	}
	links = (struct fb_flow_links *)fb_store_flow(&table->store, number)->links;
	if (!links)
		return;
	links->wiring = 0;
	recount(table, number, links);
}

void fb_table_take_back(struct fb_table *table, uint32_t number)
{
	const struct fb_traffic *traffic = fb_store_traffic(&table->store, number);
	const bool moved = table->priv[number].tick == table->tick;

	for (int dir = 0; dir < 2; dir++)
		table->stray_bytes[dir] -=
			(int64_t)traffic->bytes[dir] - (moved ? traffic->moved_bytes[dir] : 0);
}

void fb_table_count_outside(struct fb_table *table, struct fb_flow *flow)
{
	struct fb_flow_links *links = flow->links ? edit_links(table, flow, 0) : NULL;

	flow->flags |= FB_FLOW_OUTSIDE;
	for (unsigned int i = 0; links && i < links->n; i++)
		links->link[i].outside = true;
}

/* --- rows ------------------------------------------------------------------------------------- */

void fb_table_attach(struct fb_table *table, uint32_t slot, uint32_t number)
{
	if (fb_flow_is_unseen(fb_store_flow(&table->store, number)))
		fb_table_meet(table, number, &table->track[slot], table->track[slot].outside);
	table->track[slot].flow = number;
	table->track[slot].next = table->priv[number].first_row;
	table->priv[number].first_row = slot;
	table->track[slot].owner_asked = 0;
}

void fb_table_detach(struct fb_table *table, uint32_t slot)
{
	struct fb_track *track = &table->track[slot];
	uint32_t *at;

	if (track->flow == FB_NONE)
		return;
	for (at = &table->priv[track->flow].first_row; *at != slot; at = &table->track[*at].next)
		;
	*at = track->next;
	track->flow = FB_NONE;
}

/* What the row counted since it was made. */
static void all_of(const struct fb_track *track, struct fb_counts *counts)
{
	*counts = (struct fb_counts){0};
	for (int d = 0; d < 2; d++) {
		const int dir = d == track->client ? FB_UP : FB_DOWN;
		const int hook = track->sight[d] == 1 + FB_HOOK_EGRESS;

		counts->packets[hook][dir] = track->packets[d];
		counts->bytes[hook][dir] = track->bytes[d];
		counts->packets[!hook][dir] = track->side_packets[d];
		counts->bytes[!hook][dir] = track->side_bytes[d];
	}
}

void fb_table_move_row(struct fb_table *table, uint32_t slot, uint32_t number)
{
	struct fb_track *track = &table->track[slot];
	struct fb_tuple from, to;
	struct fb_counts counts;

	all_of(track, &counts);
	fb_flow_tuple(fb_store_flow(&table->store, track->flow), &from);
	fb_flow_tuple(fb_store_flow(&table->store, number), &to);
	count_apart(table, track->flow, track, &counts, -1);
	fb_table_detach(table, slot);
	if (fb_tuple_compare(&from, &to) == 1)
		track->client ^= 1;
	fb_table_attach(table, slot, number);
	all_of(track, &counts);
	fb_table_count(table, number, track, &counts);
}

void fb_table_begin_at(struct fb_table *table, uint32_t number, const struct fb_track *track)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	const struct fb_flow_link lane = lane_of(track);
	struct fb_flow_link *to, was;

	if (!flow || track->first_seen >= flow->first_seen)
		return;
	if (fb_table_is_first_lane(flow, track)) {
		flow->first_seen = track->first_seen;
		return;
	}
	to = edit_lane(table, number, &lane);
	if (!to)
		return;
	was = *to;
	*to = flow->links->link[0];
	((struct fb_flow_links *)flow->links)->link[0] = was;
	((struct fb_flow_links *)flow->links)->wiring = 0;
	flow->link = lane.link;
	memcpy(flow->vlan, lane.vlan, sizeof(flow->vlan));
	flow->flags &= (uint16_t)~FB_FLOW_OUTSIDE;
	flow->flags |= lane.outside ? FB_FLOW_OUTSIDE : 0;
	flow->first_seen = track->first_seen;
	fb_table_forget_quality(table, number);
	fb_table_describe_later(table, number); /* who comes in there may be another */
}

static bool is_on(const struct fb_flow *flow, uint16_t link)
{
	bool on = flow->link == link;

	for (unsigned int i = 0; flow->links && i < flow->links->n; i++)
		on = on || flow->links->link[i].link == link;
	return on;
}

void fb_table_leave_link(struct fb_table *table, uint32_t number, uint16_t link)
{
	struct fb_flow *flow = is_on(fb_store_flow(&table->store, number), link)
				       ? fb_store_edit(&table->store, number)
				       : NULL;
	struct fb_flow_links *links = flow && flow->links ? edit_links(table, flow, 0) : NULL;

	if (flow && flow->link == link)
		flow->link = 0;
	for (unsigned int i = 0; links && i < links->n; i++)
		if (links->link[i].link == link)
			links->link[i].link = 0;
}

static void turn_lane(struct fb_flow_link *lane)
{
	const struct fb_flow_link was = *lane;

	for (int hook = 0; hook < 2; hook++)
		for (int dir = 0; dir < 2; dir++) {
			lane->packets[hook][dir] = was.packets[hook][!dir];
			lane->bytes[hook][dir] = was.bytes[hook][!dir];
		}
	lane->syn = (uint8_t)(was.syn >> 2 | (was.syn & 3) << 2);
}

void fb_table_swap_ends(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_traffic *traffic = fb_table_touch(table, number);
	struct fb_traffic old;
	struct fb_flow_links *links;
	struct fb_tuple tuple;
	uint32_t device;

	if (!flow || !traffic)
		return;
	old = *traffic;
	device = flow->src_device;
	flow->src_device = flow->dst_device;
	flow->dst_device = device & FB_DEVICE_NUMBER;
	fb_table_turn_quality(table, number);
	fb_table_drop_acct(table, flow);
	fb_flow_tuple(flow, &tuple);
	memcpy(flow->src, tuple.addr[1], 16);
	memcpy(flow->dst, tuple.addr[0], 16);
	flow->src_port = tuple.port[1];
	flow->dst_port = tuple.port[0];
	for (int dir = 0; dir < 2; dir++) {
		traffic->packets[dir] = old.packets[!dir];
		traffic->bytes[dir] = old.bytes[!dir];
		traffic->moved_bytes[dir] = old.moved_bytes[!dir];
		traffic->moved_packets[dir] = old.moved_packets[!dir];
	}
	flow->tcp_flags[0] ^= flow->tcp_flags[1];
	flow->tcp_flags[1] ^= flow->tcp_flags[0];
	flow->tcp_flags[0] ^= flow->tcp_flags[1];
	flow->hook[0] ^= flow->hook[1];
	flow->hook[1] ^= flow->hook[0];
	flow->hook[0] ^= flow->hook[1];
	links = flow->links ? edit_links(table, flow, 0) : NULL;
	for (unsigned int i = 0; links && i < links->n; i++)
		turn_lane(&links->link[i]);
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next)
		table->track[slot].client ^= 1;
}
