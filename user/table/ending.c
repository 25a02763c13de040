/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a TCP connection ends. Conntrack follows its numbers and decides where it has the entry; else
 * FIN and RST do that the kernel half found to fit; those of which it cannot tell, once silence
 * follows. What goes on after its end was none, whatever said so, and is open again.
 */
#include <netinet/in.h>
#include <string.h>

#include "table/table_priv.h"

#define AFTER_END 8 /* packets that may be under way when a connection ends */
#define ENDS	  (FB_TCP_FIN | FB_TCP_RST)

enum fb_closed fb_table_end_of(const struct fb_flow *flow, enum fb_closed unknown)
{
	const uint8_t up = flow->tcp_flags[FB_UP], down = flow->tcp_flags[FB_DOWN];

	return (up | down) & FB_TCP_RST ? FB_CLOSED_RST
	       : up & down & FB_TCP_FIN ? FB_CLOSED_FIN
					: unknown;
}

void fb_table_replace(struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);

	fb_table_close(table, number, fb_table_end_of(flow, FB_CLOSED_REUSED));
	fb_table_release(table, number);
}

static void drop_doubts(struct fb_table *table, uint32_t number)
{
	memset(table->priv[number].doubted, 0, sizeof(table->priv[number].doubted));
}

bool fb_table_has_doubts(const struct fb_table *table, uint32_t number)
{
	return table->priv[number].doubted[0] | table->priv[number].doubted[1];
}

void fb_table_weigh_doubts(struct fb_table *table, uint32_t slot, uint32_t number,
			   const struct fb_row *row)
{
	const struct fb_side *side = table->opts.sides ? &table->opts.sides[slot] : NULL;
	struct fb_track *track = &table->track[slot];
	uint32_t total = 0;

	if (!side || !(row->state & FB_ROW_DOUBTED))
		return;
	for (int d = 0; d < 2; d++)
		total += (uint32_t)(row->packets[d] + side->packets[d]);
	if (total - side->end_packets > AFTER_END) {
		drop_doubts(table, number);
		return;
	}
	if (track->doubt == side->end_packets + 1)
		return;
	track->doubt = side->end_packets + 1;
	for (int d = 0; d < 2; d++)
		table->priv[number].doubted[d == track->client ? FB_UP : FB_DOWN] |=
			side->doubted[d];
	if (table->opts.keep_all) /* a capture has no silence: its next packets speak against it */
		fb_table_believe_doubts(table, number);
	else if (!fb_store_flow(&table->store, number)->closed)
		fb_table_schedule(table, number);
}

void fb_table_believe_doubts(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	struct fb_priv *priv = &table->priv[number];
	enum fb_closed end;

	if (!flow || flow->closed)
		return;
	for (int dir = 0; dir < 2; dir++)
		flow->tcp_flags[dir] |= priv->doubted[dir];
	drop_doubts(table, number);
	flow->state = fb_table_derive_state(flow, fb_store_traffic(&table->store, number));
	end = fb_table_end_of(flow, FB_CLOSED_NOT);
	if (end == FB_CLOSED_NOT) {
		fb_table_schedule(table, number);
		return;
	}
	priv->by_silence = true;
	fb_table_close(table, number, end);
}

void fb_table_judge(struct fb_table *table, uint32_t number)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	enum fb_closed end = fb_table_end_of(flow, FB_CLOSED_NOT);

	if (flow->closed || flow->proto != IPPROTO_TCP)
		return;
	if (flow->flags & FB_FLOW_CONNTRACK)
		end = flow->state == FB_STATE_TIME_WAIT ? FB_CLOSED_FIN
		      : flow->state != FB_STATE_CLOSE	? FB_CLOSED_NOT
		      : end == FB_CLOSED_FIN		? FB_CLOSED_FIN
							: FB_CLOSED_RST;
	else if (end == FB_CLOSED_FIN && !table->opts.keep_all)
		end = FB_CLOSED_NOT; /* the rest of the data may still be under way */
	if (end != FB_CLOSED_NOT)
		fb_table_close(table, number, end);
}

/* Flags that its rows still have ended nothing. */
static void dismiss_ends(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);

	for (uint32_t slot = table->priv[number].first_row; slot != FB_NONE;
	     slot = table->track[slot].next)
		table->track[slot].dismissed |= ENDS;
	table->priv[number].by_silence = false;
	drop_doubts(table, number);
	if (!flow)
		return;
	flow->tcp_flags[0] &= (uint8_t)~ENDS;
	flow->tcp_flags[1] &= (uint8_t)~ENDS;
	if (!(flow->flags & FB_FLOW_CONNTRACK))
		flow->state = fb_table_derive_state(flow, fb_store_traffic(&table->store, number));
}

unsigned int fb_table_ending_ways(const struct fb_table *table, uint32_t slot, uint32_t number,
				  const struct fb_row *row)
{
	const struct fb_side *side = table->opts.sides ? &table->opts.sides[slot] : NULL;
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const struct fb_track *track = &table->track[slot];
	unsigned int ways = 0;

	if (flow->proto != IPPROTO_TCP)
		return 0;
	for (int d = 0; d < 2; d++) {
		const int dir = d == track->client ? FB_UP : FB_DOWN;
		const bool doubted = side && row->state & FB_ROW_DOUBTED && side->doubted[d] &&
				     track->doubt != side->end_packets + 1;

		if (doubted || row->tcp_flags[d] & ENDS & ~flow->tcp_flags[dir] & ~track->dismissed)
			ways |= 1u << dir;
	}
	return ways;
}

void fb_table_go_on(struct fb_table *table, uint32_t number, unsigned int moved, uint64_t seen_ns)
{
	const struct fb_flow *flow = fb_store_flow(&table->store, number);
	const struct fb_traffic *traffic = fb_store_traffic(&table->store, number);
	struct fb_priv *priv = &table->priv[number];
	unsigned int all = (traffic->packets[FB_UP] ? 1 : 0) | (traffic->packets[FB_DOWN] ? 2 : 0);

	if (flow->closed == FB_CLOSED_NOT || flow->closed == FB_CLOSED_REUSED)
		return;
	if (flow->closed == FB_CLOSED_FIN || flow->closed == FB_CLOSED_RST) {
		/* What was under way when it ended comes within a moment. */
		if (seen_ns < flow->closed_at + FB_SECOND)
			return;
		priv->after |= (uint8_t)moved;
		if (priv->after != all)
			return;
		dismiss_ends(table, number);
	}
	fb_table_reopen(table, number);
}
