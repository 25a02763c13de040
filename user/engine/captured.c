/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture in place of interfaces: its seconds are the engine's ticks, as fast as they come, and
 * its time is the process's. Nothing of this machine is read beside it, and no rule is in force.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "engine/engine_priv.h"
#include "util/clock.h"
#include "util/log.h"

#define LINK	      1	  /* the number that kernel/replay registers */
#define SILENT_S      6	  /* as long as a flow may wait for its judge (engine/judgebook.c) */
#define LOOK_AT_EVERY 256 /* frames, between two looks whether we shall end */

static bool is_interrupted(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		sigismember(&pending, SIGHUP));
}

/* What others do between two ticks, is done here: nobody waits. */
static void finish_work(struct fb_engine *engine)
{
	while (fb_judgebook_work(&engine->judgebook))
		;
	while (fb_core_work(&engine->core))
		;
}

/* Told to end it does: a gap between two frames has hundreds of these. */
static int on_tick(void *ctx)
{
	struct fb_engine *engine = ctx;
	const uint64_t start = fb_monotonic_ns(), now_ns = engine->core.moment.ns;
	const int64_t wall_ms = (int64_t)(now_ns / FB_NS_PER_MS);
	struct fb_snapshot *snapshot;

	fb_wall_show(wall_ms);
	fb_devicebook_tick(&engine->devicebook, now_ns, wall_ms);
	snapshot = fb_core_tick(&engine->core, wall_ms);
	fb_judgebook_tick(&engine->judgebook, snapshot, wall_ms);
	finish_work(engine);
	fb_incidentbook_tick(engine->incidentbook, wall_ms);
	fb_health_tick_took(&engine->health, (uint32_t)((fb_monotonic_ns() - start) / 1000));
	fb_engine_publish(engine, snapshot);
	if (snapshot)
		fb_engine_tell(engine, snapshot);
	fb_consumers_wait(&engine->consumers);
	return is_interrupted() ? -EINTR : 0;
}

int fb_engine_open_capture(struct fb_engine *engine, const struct fb_engine_capture *capture,
			   struct fb_why *why)
{
	struct fb_link_slot *slot = &engine->links.slots[0];

	engine->feed = (struct fb_capturefeed){.gaps = true, .tick = on_tick, .ctx = engine};
	engine->links.bpf = engine->core.bpf;
	slot->number = LINK;
	slot->state = FB_LINK_ATTACHED;
	slot->running = true;
	slot->attach.kind = FB_ATTACH_REPLAY;
	slot->attach.xdp.link = -1;
	snprintf(slot->name, sizeof(slot->name), "%.*s", (int)sizeof(slot->name) - 1,
		 capture->name);
	engine->links.n = 1;
	fb_table_link(engine->core.table, LINK, slot->name);
	return fb_capturefeed_open(&engine->feed, &engine->core, why);
}

int fb_engine_feed(struct fb_engine *engine, const struct fb_frame *frame)
{
	if (engine->frames++ % LOOK_AT_EVERY == 0 && is_interrupted())
		return -EINTR;
	return fb_capturefeed_frame(&engine->feed, frame);
}

/* It is shown as it was some silent seconds later: the last flows are told, and judged once more.
 */
int fb_engine_feed_end(struct fb_engine *engine)
{
	int r = fb_capturefeed_end(&engine->feed);

	for (int second = 0; second < SILENT_S; second++) {
		engine->core.moment.ns += FB_NS_PER_S;
		on_tick(engine);
	}
	fb_consumers_close(&engine->consumers);
	fb_info("engine", "the capture is read, %llu frames", (unsigned long long)engine->frames);
	return r;
}

void fb_engine_fed(const struct fb_engine *engine, struct fb_replay_stats *ret_fed)
{
	fb_replay_stats(engine->feed.replay, ret_fed);
}

/* A snapshot a second, for who takes the age of figures for that of the daemon. */
int fb_engine_stand_still(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;

	(void)events;
	fb_engine_publish(engine, fb_core_tick(&engine->core, fb_wall_ms()));
	if (engine->on_tick)
		engine->on_tick(engine->on_tick_ctx);
	return 0;
}
