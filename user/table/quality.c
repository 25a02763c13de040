/* SPDX-License-Identifier: BSD-2-Clause */
/* How well a flow does, as the row of its first lane tells: others see the same packets. */
#include <netinet/in.h>
#include <string.h>

#include "table/table_priv.h"

/* What the flow's rows before this one counted; that of a new row begins at zero. */
static void take_row(struct fb_flow_quality *next, const struct fb_row *row)
{
	if (next->generation == row->generation)
		return;
	next->generation = row->generation;
	for (int dir = 0; dir < 2; dir++) {
		next->before[dir] = next->count[dir];
		next->delay[dir] = (struct fb_flow_delay){.min = next->delay[dir].min};
	}
}

static void take_direction(struct fb_flow_quality *next, int dir, const struct fb_quality_dir *row)
{
	struct fb_flow_delay *delay = &next->delay[dir];

	next->count[dir].retrans = next->before[dir].retrans + row->retrans;
	next->count[dir].reordered = (uint16_t)(next->before[dir].reordered + row->reordered);
	next->count[dir].zero_windows =
		(uint16_t)(next->before[dir].zero_windows + row->zero_windows);
	if (!row->delay)
		return;
	delay->smoothed = row->delay;
	delay->jitter = row->jitter;
	if (!delay->min || row->delay_min < delay->min)
		delay->min = row->delay_min;
}

void fb_table_measure(struct fb_table *table, uint32_t slot, uint32_t number,
		      const struct fb_row *row)
{
	const struct fb_track *track = &table->track[slot];
	const struct fb_flow_quality *now;
	struct fb_flow_quality next = {0}, *quality;

	if (!table->opts.quality || row->key.proto != IPPROTO_TCP ||
	    !fb_table_is_first_lane(fb_store_flow(&table->store, number), track))
		return;
	now = fb_store_quality(&table->store, number);
	if (now)
		next = *now;
	take_row(&next, row);
	for (int d = 0; d < 2; d++)
		take_direction(&next, d == track->client ? FB_UP : FB_DOWN,
			       &table->opts.quality[slot].dir[d]);
	if (now && !memcmp(now, &next, sizeof(next)))
		return;
	quality = fb_store_measure(&table->store, number);
	if (quality)
		*quality = next;
	else
		table->counters.no_memory++;
}

void fb_table_turn_quality(struct fb_table *table, uint32_t number)
{
	struct fb_flow_quality *quality = fb_store_measured(&table->store, number);
	struct fb_flow_quality old;

	if (!quality)
		return;
	old = *quality;
	for (int dir = 0; dir < 2; dir++) {
		quality->delay[dir] = old.delay[!dir];
		quality->count[dir] = old.count[!dir];
		quality->before[dir] = old.before[!dir];
	}
}

void fb_table_forget_quality(struct fb_table *table, uint32_t number)
{
	struct fb_flow_quality *quality = fb_store_measured(&table->store, number);

	if (quality)
		*quality = (struct fb_flow_quality){0};
}
