/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one flow counted: on each interface that it crosses, by the rows that it counts from, and
 * which of them speaks for the flow.
 */
#include <stdlib.h>
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

void fb_traffic_add(struct fb_traffic *traffic, int dir, uint64_t packets, uint64_t bytes)
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

struct fb_flow_link *fb_table_other_link(struct fb_table *table, struct fb_flow *flow,
					 uint16_t link, bool outside)
{
	struct fb_flow_links *links = (struct fb_flow_links *)flow->links;

	if (!links || links->epoch != table->store.epoch) {
		struct fb_flow_links *copy = malloc(sizeof(*copy));

		if (!copy) {
			table->counters.no_memory++;
			return NULL;
		}
		if (links)
			*copy = *links;
		else
			memset(copy, 0, sizeof(*copy));
		copy->epoch = table->store.epoch;
		if (links)
			fb_store_retire(&table->store, links, links->epoch);
		flow->links = links = copy;
	}
	for (unsigned int i = 0; i < links->n; i++)
		if (links->link[i].link == link && links->link[i].outside == outside)
			return &links->link[i];
	if (links->n == FB_FLOW_LINKS) {
		table->counters.links_dropped++;
		return NULL;
	}
	links->link[links->n] = (struct fb_flow_link){.link = link, .outside = outside};
	return &links->link[links->n++];
}

void fb_table_attach(struct fb_table *table, uint32_t slot, uint32_t number)
{
	table->track[slot].flow = number;
	table->track[slot].next = table->priv[number].first_row;
	table->priv[number].first_row = slot;
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

void fb_table_account_earliest(struct fb_table *table, uint32_t number, uint16_t link, bool outside,
			       uint64_t first_seen)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_traffic *traffic = fb_table_touch(table, number);
	struct fb_flow_link *other, old;

	if (!flow || !traffic || first_seen >= flow->first_seen ||
	    (flow->link == link && !!(flow->flags & FB_FLOW_OUTSIDE) == outside))
		return;
	other = fb_table_other_link(table, flow, link, outside);
	if (!other)
		return;
	old = *other;
	other->link = flow->link;
	other->outside = flow->flags & FB_FLOW_OUTSIDE;
	memcpy(other->packets, traffic->packets, sizeof(other->packets));
	memcpy(other->bytes, traffic->bytes, sizeof(other->bytes));
	for (int dir = 0; dir < 2; dir++)
		replace_counts(traffic, dir, old.packets[dir], old.bytes[dir]);
	flow->link = link;
	flow->flags &= (uint16_t)~FB_FLOW_OUTSIDE;
	flow->flags |= outside ? FB_FLOW_OUTSIDE : 0;
	flow->first_seen = first_seen;
}

void fb_table_swap_ends(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_traffic *traffic = fb_table_touch(table, number);
	struct fb_traffic old;
	struct fb_tuple tuple;

	if (!flow || !traffic)
		return;
	old = *traffic;
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
	for (unsigned int i = 0; flow->links && i < flow->links->n; i++) {
		struct fb_flow_link *other = fb_table_other_link(
			table, flow, flow->links->link[i].link, flow->links->link[i].outside);
		struct fb_flow_link was;

		if (!other)
			break;
		was = *other;
		for (int dir = 0; dir < 2; dir++) {
			other->packets[dir] = was.packets[!dir];
			other->bytes[dir] = was.bytes[!dir];
		}
	}
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next)
		table->track[slot].client ^= 1;
}
