/* SPDX-License-Identifier: BSD-2-Clause */
/* How soon the questions of a flow were answered. */
#include <errno.h>

#include "table/table_priv.h"

/* What the flow has, to be changed: a copy, if snapshots may see it. NULL: memory is short. */
static struct fb_flow_answers *edit_answers(struct fb_table *table, uint32_t number)
{
	struct fb_flow *flow = fb_store_edit(&table->store, number);
	const struct fb_flow_answers *old = flow ? flow->answers : NULL;
	struct fb_flow_answers *answers;

	if (old && old->epoch == table->store.epoch)
		return (struct fb_flow_answers *)old;
	answers = flow ? fb_store_side(&table->store, sizeof(*answers)) : NULL;
	if (!answers)
		return NULL;
	if (old) {
		*answers = *old;
		fb_store_retire(&table->store, old, old->epoch);
	}
	answers->epoch = table->store.epoch;
	flow->answers = answers;
	return answers;
}

uint64_t fb_table_speaker(const struct fb_table *table, uint32_t slot, uint32_t generation,
			  bool first)
{
	const struct fb_track *track = slot < table->opts.max_rows ? &table->track[slot] : NULL;
	const struct fb_flow *flow;

	if (!track || !track->used || track->generation != generation || track->flow == FB_NONE)
		return 0;
	flow = fb_store_flow(&table->store, track->flow);
	if (track->outside != !!(flow->flags & FB_FLOW_OUTSIDE) ||
	    (first && track->lane.link != flow->link))
		return 0;
	return flow->id;
}

int fb_table_answered(struct fb_table *table, uint32_t slot, uint32_t generation, uint32_t us)
{
	const struct fb_track *track = slot < table->opts.max_rows ? &table->track[slot] : NULL;
	struct fb_flow_answers *answers;
	const struct fb_flow *flow;

	if (!track || !track->used || track->generation != generation || track->flow == FB_NONE) {
		table->counters.rows_stale++;
		return -ESTALE;
	}
	flow = fb_store_flow(&table->store, track->flow);
	/* behind a translation each question is seen twice, by two names */
	if (fb_flow_is_unseen(flow) || track->outside != !!(flow->flags & FB_FLOW_OUTSIDE))
		return 0;
	answers = edit_answers(table, track->flow);
	if (!answers) {
		table->counters.no_memory++;
		return -ENOMEM;
	}
	answers->n += answers->n < UINT32_MAX;
	answers->sum_us += us;
	if (us > answers->slowest_us)
		answers->slowest_us = us;
	fb_table_touch(table, track->flow);
	return 0;
}
