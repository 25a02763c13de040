/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors to the flow that they quote. Anybody can send one: it counts if the quoted packet is
 * one that the flow sent (RFC 5927), and even then it is a note and ends nothing.
 */
#include <errno.h>
#include <netinet/in.h>

#include "table/table_priv.h"

#define UNDER_WAY (1u << 20) /* bytes that may wait for their acknowledgement */

/* Who of the flow sent a packet from the tuple's first end; -1: neither. */
static int sender_of(const struct fb_table *table, uint32_t number, const struct fb_tuple *tuple)
{
	const uint32_t ct = table->priv[number].ct;
	struct fb_tuple own;
	int turned;

	fb_flow_tuple(fb_store_flow(&table->store, number), &own);
	turned = fb_tuple_compare(&own, tuple);
	if (turned < 0 && ct != FB_NONE) {
		fb_ctab_outside(&table->ctab.entry[ct], &own);
		turned = fb_tuple_compare(&own, tuple);
	}
	return turned;
}

/* The number is one of the last that this direction of the row sent. */
static bool was_sent(const struct fb_track *track, int d, uint8_t family, uint32_t seq)
{
	const uint64_t headers = track->packets[d] * (family == FB_IPV6 ? 60 : 40);
	const uint64_t payload = track->bytes[d] > headers ? track->bytes[d] - headers : 0;
	const uint64_t options = track->packets[d] * 40;
	const uint64_t far = payload < UNDER_WAY + options ? payload : UNDER_WAY + options;

	return track->isn_known & 1 << d &&
	       (uint32_t)payload + 2 - (seq - track->isn[d]) <= far + 2;
}

static bool is_sent_by(const struct fb_table *table, uint32_t number, int dir, uint32_t seq)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const struct fb_traffic *traffic = fb_store_traffic(&table->store, number);

	if (dir < 0 || !traffic->packets[dir])
		return false;
	/* Nobody answered yet: there is not much that an error could disturb. */
	if (flow->proto != IPPROTO_TCP || !traffic->packets[!dir])
		return true;
	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next) {
		const struct fb_track *track = &table->track[slot];

		if (was_sent(track, track->client ^ dir, flow->family, seq))
			return true;
	}
	return false;
}

int fb_table_icmp_error(struct fb_table *table, const struct fb_tuple *quoted, uint32_t seq,
			uint8_t type, uint8_t code)
{
	const uint32_t ct = fb_ctab_match(&table->ctab, quoted);
	uint32_t number = fb_table_find(table, quoted);
	struct fb_flow *flow;

	if (number == FB_NONE && ct != FB_NONE)
		number = table->ctab.entry[ct].flow;
	if (number == FB_NONE || !is_sent_by(table, number, sender_of(table, number, quoted), seq))
		return -ENOENT;
	flow = fb_store_edit(&table->store, number);
	if (!flow || flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6)
		return -ENOENT;
	flow->icmp_type = type;
	flow->icmp_code = code;
	flow->flags |= FB_FLOW_ICMP_ERROR;
	table->counters.icmp_errors_linked++;
	return 0;
}
