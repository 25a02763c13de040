/* SPDX-License-Identifier: BSD-2-Clause */
/* References to a snapshot, and look-ups in it. */
#include "flow/snapshot.h"

uint64_t fb_snapshot_serial(void)
{
	static atomic_uint_fast64_t last;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

struct fb_snapshot *fb_snapshot_get(struct fb_snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->refs, 1, memory_order_relaxed);
	return snapshot;
}

void fb_snapshot_put(struct fb_snapshot *snapshot)
{
	if (snapshot && atomic_fetch_sub_explicit(&snapshot->refs, 1, memory_order_acq_rel) == 1)
		snapshot->release(snapshot);
}

void fb_snapshot_putp(struct fb_snapshot **snapshot)
{
	fb_snapshot_put(*snapshot);
}

bool fb_snapshot_find(const struct fb_snapshot *snapshot, uint64_t id, struct fb_flow_at *ret_at)
{
	/* The low bits of an id are the number of its record. */
	uint32_t number = (uint32_t)(id & FB_ID_NUMBER);

	return id && number < snapshot->n && fb_snapshot_at(snapshot, number, ret_at) &&
	       ret_at->flow->id == id;
}

const char *fb_snapshot_link(const struct fb_snapshot *snapshot, uint16_t link)
{
	return link < FB_LINK_MAX ? snapshot->link_names[link] : "";
}
