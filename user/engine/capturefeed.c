/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/capturefeed.h"

#include "proto/neighbour.h"
#include "util/clock.h"

#define TICK_NS	  FB_NS_PER_S /* of the capture's time, as live */
#define GAP_TICKS 600	      /* in one gap, at most: a capture may be silent for years */

int fb_capturefeed_open(struct fb_capturefeed *feed, struct fb_core *core, struct fb_why *why)
{
	feed->core = core;
	return fb_replay_new(core->bpf, core->ring, &feed->replay, why);
}

void fb_capturefeed_close(struct fb_capturefeed *feed)
{
	fb_replay_free(feed->replay);
	feed->replay = NULL;
}

static int tick(struct fb_capturefeed *feed, uint64_t now_ns)
{
	int r = fb_replay_flush(feed->replay);

	feed->core->moment.ns = now_ns;
	feed->next_tick_ns = now_ns + TICK_NS;
	return r ? r : feed->tick(feed->ctx);
}

/* Live, flows end in such a time, and windows close. */
static int pass_gap(struct fb_capturefeed *feed)
{
	const uint64_t gap = feed->newest_ns - feed->next_tick_ns;
	const uint64_t step = gap / GAP_TICKS > TICK_NS ? gap / GAP_TICKS : TICK_NS;
	int r = 0;

	while (r == 0 && feed->next_tick_ns + step <= feed->newest_ns) {
		r = tick(feed, feed->next_tick_ns);
		feed->next_tick_ns += step - TICK_NS;
	}
	return r;
}

/* What the kernel's neighbour table tells live, a capture's own frames tell. */
static void learn_neighbour(struct fb_capturefeed *feed, const struct fb_frame *frame)
{
	struct fb_neighbour neighbour;

	if (frame->linktype == FB_LINKTYPE_ETHERNET &&
	    fb_neighbour_parse(frame->data, frame->caplen, &neighbour))
		fb_pipeline_tie(&feed->core->pipeline,
				&(struct fb_devices_fact){.time = frame->ts_ns,
							  .mac = neighbour.mac,
							  .addr = neighbour.addr,
							  .family = neighbour.family,
							  .link = neighbour.vlan + 1u,
							  .sure = neighbour.sure});
}

int fb_capturefeed_frame(struct fb_capturefeed *feed, const struct fb_frame *frame)
{
	int r = 0;

	/* Captures have frames out of order: time never goes back. */
	if (frame->ts_ns > feed->newest_ns)
		feed->newest_ns = frame->ts_ns;
	if (!feed->next_tick_ns)
		feed->next_tick_ns = feed->newest_ns + TICK_NS;
	if (feed->newest_ns >= feed->next_tick_ns) {
		r = feed->gaps ? pass_gap(feed) : 0;
		if (r == 0)
			r = tick(feed, feed->newest_ns);
	}
	learn_neighbour(feed, frame);
	return r < 0 ? r : fb_replay_feed(feed->replay, frame);
}

int fb_capturefeed_end(struct fb_capturefeed *feed)
{
	fb_core_read_all(feed->core);
	return tick(feed, feed->newest_ns);
}
