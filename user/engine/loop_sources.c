/* SPDX-License-Identifier: BSD-2-Clause */
/* What wakes the engine's thread: its timer, samples, interfaces, conntrack, acts, signals. */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "engine/engine_priv.h"
#include "util/bulk.h"
#include "util/clock.h"
#include "util/log.h"

#define TICK_MS	    1000
#define CHECK_TICKS 2 /* between looks for programs that were taken off */

/* --- the tick -------------------------------------------------------------------------------- */

void fb_engine_publish(struct fb_engine *engine, struct fb_snapshot *snapshot)
{
	struct fb_snapshot *old = NULL;
	const struct fb_health_of of = {
		.core = &engine->core,
		.links = &engine->links,
		.limits = &engine->rulebook.limits,
		.listnets = &engine->rulebook.listnets,
		.ct = &engine->ct,
		.interfaces = &engine->ifbook,
		.windows = engine->windows,
		.peers = engine->peers,
		.ends = engine->ends,
		.history = &engine->historybook,
		.judge = &engine->judgebook,
		.consumers = &engine->consumers,
		.exporters = &engine->exporters,
		.alerts = engine->alertbook,
		.incidents = engine->incidentbook,
		.automation = engine->automationbook,
		.auditor = engine->auditor,
		.panic = fb_rulebook_is_panic(&engine->rulebook),
		.memory = engine->self.memory,
		.snapshot = snapshot,
	};

	fb_health_make(&engine->health, &of);
	pthread_mutex_lock(&engine->lock);
	if (snapshot) {
		old = engine->snapshot;
		engine->snapshot = snapshot;
	}
	engine->status = engine->health.status;
	pthread_mutex_unlock(&engine->lock);
	fb_snapshot_put(old);
}

void fb_engine_tell(struct fb_engine *engine, struct fb_snapshot *snapshot)
{
	struct fb_window window;

	fb_consumers_tick(&engine->consumers, snapshot, fb_status_losses(&engine->health.status));
	while (fb_windows_read(engine->windows, engine->window_told, &window, 1)) {
		engine->window_told = window.id;
		fb_consumers_window(&engine->consumers, &window);
	}
}

static void note_self(struct fb_engine *engine, const struct fb_snapshot *snapshot)
{
	const struct fb_status *status = &engine->health.status;
	struct fb_self *self = &engine->self;
	struct fb_series_note note = {
		.tick_us = status->tick_us,
		.new_flows = (double)snapshot->new_flows * 1e9 / (double)snapshot->interval_ns,
		.entries = status->conntrack.available ? (double)status->conntrack.entries : NAN,
	};

	fb_self_tick(self, fb_status_losses(status));
	note.cpu_permille = self->cpu_permille;
	note.memory = self->memory;
	note.losses = self->losses_per_s;
	fb_series_note(engine->series, &note);
}

/* Where the kernel does not answer, the next second asks again. */
static void read_interfaces(struct fb_engine *engine)
{
	const int r = fb_ifbook_tick(&engine->ifbook, fb_monotonic_ns(), fb_wall_ms());

	if (r < 0)
		fb_debug("engine", "cannot list the interfaces: %s", strerror(-r));
}

static void read_listeners(struct fb_engine *engine)
{
	fb_listenbook_tick(&engine->listenbook, &engine->core.owners, fb_clock_ns(CLOCK_BOOTTIME),
			   fb_wall_ms());
}

void fb_engine_first_tick(struct fb_engine *engine)
{
	if (!engine->is_capture) {
		read_interfaces(engine);
		read_listeners(engine);
	}
	fb_engine_publish(engine, fb_core_tick(&engine->core, fb_wall_ms()));
	fb_judgebook_tick(&engine->judgebook, engine->snapshot, fb_wall_ms());
}

/* The table knows links by their numbers, and by the names that they have now. */
static void name_links(struct fb_engine *engine)
{
	for (unsigned int i = 0; i < engine->links.n; i++) {
		const struct fb_link_slot *slot = &engine->links.slots[i];

		fb_table_link(engine->core.table, slot->number, slot->name);
		fb_table_link_device(engine->core.table, slot->number,
				     slot->state == FB_LINK_GONE ? 0 : slot->attach.ifindex);
	}
	if (engine->lost)
		fb_lost_addrs_links(engine->lost, &engine->links, fb_monotonic_ns());
}

static int on_timer(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;
	const uint64_t start = fb_monotonic_ns();
	struct fb_snapshot *snapshot;

	(void)events;
	if (++engine->ticks % CHECK_TICKS == 0) {
		fb_links_check(&engine->links);
		name_links(engine);
	}
	fb_hostbook_tick(&engine->hostbook, engine->core.moment.ns, fb_wall_ms());
	fb_devicebook_tick(&engine->devicebook, engine->core.moment.ns, fb_wall_ms());
	fb_alertbook_keep(engine->alertbook);
	fb_geobook_tick(&engine->geobook);
	fb_listbook_tick(&engine->listbook);
	read_interfaces(engine);
	read_listeners(engine);
	snapshot = fb_core_tick(&engine->core, fb_wall_ms());
	fb_ctfeed_tick(&engine->ct);
	fb_engine_forget_lost(engine);
	fb_kills_tick(&engine->kills);
	fb_engine_notice_panic(engine);
	fb_engine_end_rules(engine);
	fb_engine_end_erasure(engine);
	fb_rulebook_tick(&engine->rulebook, snapshot);
	fb_judgebook_tick(&engine->judgebook, snapshot, fb_wall_ms());
	fb_incidentbook_tick(engine->incidentbook, fb_wall_ms());
	fb_engine_automate(engine);
	fb_health_tick_took(&engine->health, (uint32_t)((fb_monotonic_ns() - start) / 1000));
	fb_engine_publish(engine, snapshot);
	if (snapshot) {
		fb_engine_tell(engine, snapshot);
		note_self(engine, snapshot);
	}
	fb_bulk_trim(fb_monotonic_ns());
	if (engine->on_tick)
		engine->on_tick(engine->on_tick_ctx);
	return 0;
}

static bool work(void *ctx)
{
	struct fb_engine *engine = ctx;
	const bool flows = fb_rulebook_work(&engine->rulebook, engine->snapshot);
	const bool judged = fb_judgebook_work(&engine->judgebook);

	return fb_core_work(&engine->core) || flows || judged;
}

/* --- other sources of the loop --------------------------------------------------------------- */

static int on_samples(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;

	(void)events;
	fb_core_sample(&engine->core);
	return 0;
}

void fb_engine_read_links(struct fb_engine *engine)
{
	fb_links_read(&engine->links);
	name_links(engine);
}

static int on_links(void *ctx, uint32_t events)
{
	(void)events;
	fb_engine_read_links(ctx);
	return 0;
}

static int on_conntrack(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;

	(void)events;
	fb_ctfeed_read(&engine->ct);
	return 0;
}

static int on_acts(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;

	(void)events;
	fb_acts_run(engine->acts);
	return 0;
}

static int on_forgets(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;

	(void)events;
	fb_forgets_run(&engine->forgets);
	return 0;
}

static void on_signal(void *ctx, int number)
{
	struct fb_engine *engine = ctx;

	if (number == SIGHUP && !engine->is_capture) {
		fb_exporters_reopen(&engine->exporters);
		if (engine->on_hangup)
			engine->on_hangup(engine->on_hangup_ctx);
		return;
	}
	fb_info("engine", "%s: %s", number == SIGINT ? "interrupted" : "terminated",
		engine->is_capture ? "ending" : "detaching");
	fb_loop_stop(engine->loop);
}

int fb_engine_wire(struct fb_engine *engine)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct {
		int fd;
		fb_loop_fn fn;
	} sources[] = {
		{engine->is_capture ? -1 : fb_drain_fd(engine->core.drain), on_samples},
		{engine->is_capture ? -1 : fb_links_fd(&engine->links), on_links},
		{fb_ctfeed_fd(&engine->ct), on_conntrack}, /* -1 without conntrack */
		{fb_acts_fd(engine->acts), on_acts},
		{fb_forgets_fd(&engine->forgets), on_forgets},
	};
	int r = fb_loop_signals(engine->loop, signals, 3, on_signal, engine);

	if (!engine->is_capture)
		fb_loop_work(engine->loop, work, engine);
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources) && r == 0; i++)
		if (sources[i].fd >= 0)
			r = fb_loop_add(engine->loop, sources[i].fd, sources[i].fn, engine);
	/* It is blocked by now, so the start need not ignore it any more. */
	signal(SIGHUP, SIG_DFL);
	if (r == 0)
		r = fb_loop_every(engine->loop, TICK_MS,
				  engine->is_capture ? fb_engine_stand_still : on_timer, engine);
	return r;
}
