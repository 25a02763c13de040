/* SPDX-License-Identifier: BSD-2-Clause */
/* The composition root: parts wired to one loop, in one thread. */
#include "engine/engine.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "engine/acts.h"
#include "engine/consumers.h"
#include "engine/core.h"
#include "engine/ctfeed.h"
#include "engine/health.h"
#include "engine/journal.h"
#include "engine/links.h"
#include "kernel/privs.h"
#include "past/series.h"
#include "flow/snapshot.h"
#include "past/windows.h"
#include "util/log.h"
#include "util/loop.h"
#include "util/scope.h"

#define TICK_MS		1000
#define CHECK_TICKS	2 /* between looks for programs that were taken off */
#define SAMPLES_AT_ONCE 4096

struct fb_engine {
	struct fb_loop *loop;
	struct fb_journal *journal;
	struct fb_core core;
	struct fb_links links;
	struct fb_ctfeed ct;
	struct fb_acts *acts;
	struct fb_health health;
	struct fb_series *series;
	struct fb_windows *windows;
	struct fb_consumers consumers;
	uint64_t window_told; /* the last that consumers were told of */
	unsigned int ticks;
	bool core_up, links_up;
	bool ran; /* a start that failed leaves nothing pinned */

	void (*on_tick)(void *ctx);
	void *on_tick_ctx;
	void (*on_hangup)(void *ctx);
	void *on_hangup_ctx;

	pthread_mutex_t lock; /* protects what readers take: */
	struct fb_snapshot *snapshot;
	struct fb_status status;
};

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* --- the tick -------------------------------------------------------------------------------- */

static void publish(struct fb_engine *engine, struct fb_snapshot *snapshot)
{
	struct fb_snapshot *old = NULL;

	fb_health_make(&engine->health, &engine->core, &engine->links, &engine->ct, engine->windows,
		       &engine->consumers, snapshot);
	pthread_mutex_lock(&engine->lock);
	if (snapshot) {
		old = engine->snapshot;
		engine->snapshot = snapshot;
	}
	engine->status = engine->health.status;
	pthread_mutex_unlock(&engine->lock);
	fb_snapshot_put(old);
}

static void feed_consumers(struct fb_engine *engine, struct fb_snapshot *snapshot)
{
	struct fb_window window;

	fb_consumers_tick(&engine->consumers, snapshot, fb_status_losses(&engine->health.status));
	while (fb_windows_read(engine->windows, engine->window_told, &window, 1)) {
		engine->window_told = window.id;
		fb_consumers_window(&engine->consumers, &window);
	}
}

static int on_timer(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;
	const uint64_t start = monotonic_us();
	struct fb_snapshot *snapshot;

	(void)events;
	if (++engine->ticks % CHECK_TICKS == 0)
		fb_links_check(&engine->links);
	snapshot = fb_core_tick(&engine->core, wall_ms());
	fb_ctfeed_tick(&engine->ct);
	fb_health_tick_took(&engine->health, (uint32_t)(monotonic_us() - start));
	publish(engine, snapshot);
	if (snapshot)
		feed_consumers(engine, snapshot);
	if (engine->on_tick)
		engine->on_tick(engine->on_tick_ctx);
	return 0;
}

/* --- other sources of the loop --------------------------------------------------------------- */

static int on_samples(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;

	(void)events;
	fb_core_sample(&engine->core, SAMPLES_AT_ONCE);
	return 0;
}

static int on_links(void *ctx, uint32_t events)
{
	struct fb_engine *engine = ctx;

	(void)events;
	fb_links_read(&engine->links);
	for (unsigned int i = 0; i < engine->links.n; i++)
		fb_table_link(engine->core.table, engine->links.slots[i].number,
			      engine->links.slots[i].name);
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

static void on_signal(void *ctx, int number)
{
	struct fb_engine *engine = ctx;

	if (number == SIGHUP) {
		if (engine->on_hangup)
			engine->on_hangup(engine->on_hangup_ctx);
		return;
	}
	fb_info("engine", "%s: detaching", number == SIGINT ? "interrupted" : "terminated");
	fb_loop_stop(engine->loop);
}

static void on_own_addr(void *ctx, const uint8_t addr[16], uint8_t family, bool gone)
{
	struct fb_engine *engine = ctx;

	fb_table_own_addr(engine->core.table, addr, family, gone);
}

/* --- acts ------------------------------------------------------------------------------------ */

static int forget_flow(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	struct fb_flow_at at;

	snprintf(target, FB_ACT_TARGET, "flow %016llx", (unsigned long long)act->target.flow_id);
	if (fb_snapshot_find(engine->snapshot, act->target.flow_id, &at))
		fb_flow_ends_text(at.flow, target, FB_ACT_TARGET);
	return fb_ctfeed_forget(&engine->ct, act->target.flow_id);
}

static int flush_conntrack(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	(void)act;
	snprintf(target, FB_ACT_TARGET, "the conntrack table");
	return fb_ctfeed_flush(&engine->ct);
}

static int reload_settings(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const struct fb_engine_opts *opts = act->target.settings.opts;

	snprintf(target, FB_ACT_TARGET, "%s", act->target.settings.names);
	return fb_core_change(&engine->core, opts->internal, opts->n_internal,
			      opts->closed_seconds);
}

static int perform(void *ctx, const struct fb_act *act, char target[static FB_ACT_TARGET])
{
	static int (*const acts[])(struct fb_engine * engine, const struct fb_act *act,
				   char *target) = {
		[FB_ACT_FORGET] = forget_flow,
		[FB_ACT_FLUSH] = flush_conntrack,
		[FB_ACT_RELOAD] = reload_settings,
	};

	return acts[act->kind](ctx, act, target);
}

/* --- life ------------------------------------------------------------------------------------ */

static int start_core(struct fb_engine *engine, const struct fb_engine_opts *opts,
		      struct fb_why *why)
{
	const struct fb_core_opts core_opts = {
		.bpf = {.knobs = {.max_flows = opts->max_flows},
			.pin = opts->pin_dir,
			.verifier_log = opts->verifier_log},
		.internal = opts->internal,
		.n_internal = opts->n_internal,
		.closed_flows = opts->closed_flows,
		.closed_seconds = opts->closed_seconds,
	};
	int r = fb_privs_check(why);

	if (r == 0)
		r = fb_core_init(&engine->core, &core_opts, why);
	engine->core_up = r == 0;
	return r;
}

static int start_links(struct fb_engine *engine, const struct fb_engine_opts *opts,
		       struct fb_why *why)
{
	int r = fb_links_init(&engine->links, engine->core.bpf, opts->interfaces,
			      opts->n_interfaces, why);

	if (r < 0)
		return r;
	engine->links_up = true;
	engine->links.own_addr = on_own_addr;
	engine->links.ctx = engine;
	on_links(engine, 0);
	fb_links_list(&engine->links);
	return 0;
}

static int wire_loop(struct fb_engine *engine)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct {
		int fd;
		fb_loop_fn fn;
	} sources[] = {
		{fb_ring_fd(engine->core.ring), on_samples},
		{fb_links_fd(&engine->links), on_links},
		{fb_ctfeed_fd(&engine->ct), on_conntrack}, /* -1 without conntrack */
		{fb_acts_fd(engine->acts), on_acts},
	};
	int r = fb_loop_signals(engine->loop, signals, 3, on_signal, engine);

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources) && r == 0; i++)
		if (sources[i].fd >= 0)
			r = fb_loop_add(engine->loop, sources[i].fd, sources[i].fn, engine);
	/* It is blocked by now: whoever ignored it before need not any more. */
	signal(SIGHUP, SIG_DFL);
	if (r == 0)
		r = fb_loop_every(engine->loop, TICK_MS, on_timer, engine);
	return r;
}

static int open_consumers(struct fb_engine *engine)
{
	int r = fb_series_new(&engine->series);

	if (r == 0)
		r = fb_windows_new(&engine->windows);
	if (r == 0)
		r = fb_consumers_add(&engine->consumers, &fb_series_consumer, engine->series);
	if (r == 0)
		r = fb_consumers_add(&engine->consumers, &fb_windows_consumer, engine->windows);
	return r < 0 ? r : fb_consumers_open(&engine->consumers);
}

static int start(struct fb_engine *engine, const struct fb_engine_opts *opts, struct fb_why *why)
{
	int r = fb_journal_new(&engine->journal);

	if (r == 0) {
		fb_log_set_listener(fb_journal_add, engine->journal);
		fb_info("engine", "starting, pid %d", (int)getpid());
		r = fb_loop_new(&engine->loop);
	}
	if (r == 0)
		r = fb_acts_new(perform, engine, &engine->acts);
	if (r == 0)
		r = open_consumers(engine);
	if (r < 0)
		return fb_why_set(why, r, "cannot start: %s", strerror(-r));
	r = start_core(engine, opts, why);
	if (r == 0)
		r = start_links(engine, opts, why);
	if (r < 0)
		return r;
	fb_ctfeed_init(&engine->ct, engine->core.table, opts->conntrack);
	fb_health_init(&engine->health, engine->core.moment.ns);
	r = wire_loop(engine);
	if (r < 0)
		return fb_why_set(why, r, "cannot start: %s", strerror(-r));
	publish(engine, fb_core_tick(&engine->core, wall_ms()));
	return engine->snapshot ? 0 : fb_why_set(why, -ENOMEM, "not enough memory");
}

int fb_engine_new(const struct fb_engine_opts *opts, struct fb_engine **ret_engine,
		  struct fb_why *why)
{
	struct fb_engine *engine = calloc(1, sizeof(*engine));
	int r;

	if (!engine)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	pthread_mutex_init(&engine->lock, NULL);
	r = start(engine, opts, why);
	if (r < 0) {
		fb_engine_free(engine);
		return r;
	}
	*ret_engine = engine;
	return 0;
}

void fb_engine_free(struct fb_engine *engine)
{
	if (!engine)
		return;
	if (engine->links_up)
		fb_links_fini(&engine->links, engine->ran);
	fb_ctfeed_fini(&engine->ct);
	fb_consumers_close(&engine->consumers);
	fb_snapshot_put(engine->snapshot);
	if (engine->core_up)
		fb_core_fini(&engine->core);
	fb_windows_free(engine->windows);
	fb_series_free(engine->series);
	fb_acts_free(engine->acts);
	fb_loop_free(engine->loop);
	fb_log_set_listener(NULL, NULL);
	fb_journal_free(engine->journal);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

int fb_engine_drop_privileges(struct fb_engine *engine, struct fb_why *why)
{
	const struct fb_privs_opts opts = {.bpf = engine->core.bpf};
	struct fb_privs privs;
	int r = fb_privs_drop(&opts, &privs, why);

	if (r == 0)
		fb_info("engine", "running as %s, %s", privs.user,
			privs.seccomp ? "with a list of allowed system calls"
				      : "without a system call filter");
	return r;
}

int fb_engine_run(struct fb_engine *engine)
{
	int r = fb_consumers_start(&engine->consumers);

	engine->ran = true;
	return r < 0 ? r : fb_loop_run(engine->loop);
}

int fb_engine_reload(struct fb_engine *engine, const struct fb_act *act)
{
	return fb_acts_perform(engine->acts, act);
}

/* --- from any thread ------------------------------------------------------------------------- */

struct fb_series *fb_engine_series(struct fb_engine *engine)
{
	return engine->series;
}

struct fb_windows *fb_engine_windows(struct fb_engine *engine)
{
	return engine->windows;
}

struct fb_snapshot *fb_engine_snapshot(struct fb_engine *engine)
{
	struct fb_snapshot *snapshot;

	pthread_mutex_lock(&engine->lock);
	snapshot = fb_snapshot_get(engine->snapshot);
	pthread_mutex_unlock(&engine->lock);
	return snapshot;
}

void fb_engine_status(struct fb_engine *engine, struct fb_status *ret_status)
{
	pthread_mutex_lock(&engine->lock);
	*ret_status = engine->status;
	pthread_mutex_unlock(&engine->lock);
}

struct fb_journal *fb_engine_journal(struct fb_engine *engine)
{
	return engine->journal;
}

int fb_engine_act(struct fb_engine *engine, const struct fb_act *act)
{
	return fb_acts_request(engine->acts, act);
}

void fb_engine_on_tick(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx)
{
	engine->on_tick = fn;
	engine->on_tick_ctx = ctx;
}

void fb_engine_on_hangup(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx)
{
	engine->on_hangup = fn;
	engine->on_hangup_ctx = ctx;
}
