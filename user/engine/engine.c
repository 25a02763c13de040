/* SPDX-License-Identifier: BSD-2-Clause */
/* The composition root: parts wired to one loop, in one thread. */
#include "engine/engine_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/trace.h"
#include "fleet/fleetsink.h"
#include "kernel/lock.h"
#include "kernel/privs.h"
#include "util/clock.h"
#include "util/log.h"

#define DRAIN_NICER 10 /* steps of nice */
#define FILES_S	    5  /* between two looks whether one is another */

/* --- life ------------------------------------------------------------------------------------ */

/* Not root, or nothing can be written: it counts all the same, but a second instance could, too. */
static int open_lock(struct fb_why *why)
{
	int r = fb_lock_open(why);

	if (r != -EACCES && r != -EROFS)
		return r;
	fb_warn("attach", "%s; a second instance on the same interface is not refused", why->text);
	why->text[0] = '\0';
	return 0;
}

static int start_core(struct fb_engine *engine, const struct fb_engine_opts *opts,
		      struct fb_why *why)
{
	const struct fb_core_opts core_opts = {
		.bpf = {.knobs = {.replay = opts->capture != NULL,
				  .decap = opts->capture && opts->capture->decap,
				  .max_flows = opts->max_flows,
				  .owner = opts->owner,
				  .quality = opts->quality,
				  .flood_rate = opts->flood_rate},
			.pin = opts->pin_dir,
			.verifier_log = opts->verifier_log},
		.internal = opts->internal,
		.n_internal = opts->n_internal,
		.closed_flows = opts->closed_flows,
		.closed_seconds = opts->closed_seconds,
		.dns = opts->judge || (opts->exporters && opts->exporters->n_eve > 0),
		.judged = opts->judge,
	};
	int r = fb_privs_check(why);

	if (r == 0 && !opts->capture)
		r = open_lock(why);
	if (r == 0)
		r = fb_core_init(&engine->core, &core_opts, why);
	engine->core_up = r == 0;
	if (opts->capture)
		engine->core.moment.ns = opts->capture->start_ns;
	if (r == 0 && opts->judge) {
		engine->core.judgebook = &engine->judgebook;
		r = fb_judgebook_open(&engine->judgebook, engine->core.table,
				      engine->core.moment.ns);
	}
	if (r == 0 && opts->owner)
		fb_ownerbook_open(&engine->core.owners, engine->core.bpf, &engine->core.rows,
				  engine->core.table, opts->conntrack);
	return r;
}

static int open_hostbook(struct fb_engine *engine, const struct fb_engine_opts *opts,
			 struct fb_why *why)
{
	const struct fb_hostbook_opts book = {
		.files = opts->hosts_files,
		.n_files = opts->n_hosts_files,
		.state = opts->state_dir,
		.state_needed = opts->state_needed,
		.isolated = opts->capture != NULL,
	};

	return fb_hostbook_open(&engine->hostbook, &engine->core.pipeline, &book,
				engine->core.moment.ns, fb_wall_ms(), why);
}

static void open_devicebook(struct fb_engine *engine)
{
	fb_devicebook_open(&engine->devicebook, &engine->core.pipeline,
			   engine->hostbook.state.folder, engine->core.moment.ns, fb_wall_ms());
}

/* Before anything is counted: it may take half a second. */
static int open_geobook(struct fb_engine *engine, const struct fb_engine_opts *opts,
			struct fb_why *why)
{
	const int r =
		fb_geobook_open(&engine->geobook, &engine->core.pipeline, opts->geo, opts->n_geo);

	return r < 0 ? fb_why_set(why, r, "cannot start: %s", strerror(-r)) : 0;
}

static int open_listbook(struct fb_engine *engine, const struct fb_engine_opts *opts,
			 struct fb_why *why)
{
	const struct fb_listbook_opts book = {
		.deny = opts->lists,
		.n_deny = opts->n_lists,
		.allow = opts->exceptions,
		.n_allow = opts->n_exceptions,
		.state = opts->state_dir,
		.own = !opts->capture,
	};

	return fb_listbook_open(&engine->listbook, &engine->core.pipeline, &book, why);
}

static int open_conntrack(struct fb_engine *engine, const struct fb_engine_opts *opts)
{
	int r;

	fb_ctfeed_init(&engine->ct, engine->core.table,
		       opts->capture	 ? "a capture has none"
		       : opts->conntrack ? NULL
					 : "conntrack is switched off by --no-conntrack");
	if (opts->forget_on_loss && !engine->ct.ct)
		fb_warn("conntrack", "--forget-on-loss deletes nothing: there is no conntrack");
	r = fb_forgets_init(&engine->forgets, &engine->ct, engine->auditor);
	engine->forgets.kill = fb_engine_kill;
	engine->forgets.kill_ctx = engine;
	return r;
}

static int make_past(struct fb_engine *engine, const struct fb_engine_opts *opts)
{
	int r = fb_series_new(&engine->series);

	if (r == 0)
		r = fb_windows_new(opts->window_s, &engine->windows);
	if (r == 0)
		r = fb_peers_new(&engine->peers);
	if (r == 0)
		r = fb_ends_new(&engine->ends);
	if (r == 0)
		r = fb_tally_new(opts->tops, opts->n_tops, &engine->tally);
	return r;
}

/* For alerts, in their thread. */
static void give_status(void *ctx, struct fb_status *ret_status)
{
	fb_engine_status(ctx, ret_status);
}

static int open_alerts(struct fb_engine *engine, const struct fb_engine_opts *opts,
		       struct fb_why *why)
{
	const struct fb_alertbook_opts book = {
		.rules = opts->alerts,
		.n_rules = opts->n_alerts,
		.senders = opts->senders,
		.n_senders = opts->n_senders,
		.status = give_status,
		.status_ctx = engine,
	};
	const int r = fb_alertbook_open(&engine->alertbook, &book, why);

	/* a rule is about now, and its messages would be */
	return r < 0 || opts->capture ? r
				      : fb_consumers_add(&engine->consumers, &fb_alertbook_consumer,
							 engine->alertbook);
}

static int add_consumer(struct fb_engine *engine, const struct fb_consumer_ops *ops, void *ctx)
{
	const struct fb_anonymise how = engine->anonymise[FB_ANONYMISE_history];
	const int r = fb_consumers_add(&engine->consumers, ops, ctx);

	if (r < 0 || ops != &fb_historybook_consumer)
		return r;
	fb_consumers_anonymise(&engine->consumers, how);
	engine->historybook.without_lines = fb_anonymise_is_on(&how);
	return 0;
}

static int open_consumers(struct fb_engine *engine, const struct fb_engine_opts *opts,
			  struct fb_why *why)
{
	int r = make_past(engine, opts);
	const struct fb_exporters_told told = {fb_engine_totals, fb_engine_books, engine};
	const struct {
		const struct fb_consumer_ops *ops;
		void *ctx;
	} list[] = {
		{&fb_series_consumer, engine->series},
		{&fb_windows_consumer, engine->windows},
		{&fb_peers_consumer, engine->peers},
		{&fb_ends_consumer, engine->ends},
		{&fb_tally_consumer, engine->tally},
		{&fb_devicebook_consumer, &engine->devicebook},
		{&fb_historybook_consumer, &engine->historybook},
		{&fb_trace_consumer, NULL},
	};

	for (size_t i = 0; r == 0 && i < sizeof(list) / sizeof(*list); i++)
		r = add_consumer(engine, list[i].ops, list[i].ctx);
	if (r == 0 && opts->exporters && opts->pin_dir &&
	    fb_fleetsink_is_asked(&opts->exporters->fleet))
		r = fb_why_set(
			why, -EINVAL,
			"--pin does not go with --clickhouse and --kafka: flows that outlive a run "
			"would be told twice");
	if (r == 0 && opts->exporters)
		r = fb_exporters_open(&engine->exporters, opts->exporters, engine->anonymise, &told,
				      &engine->consumers, why);
	if (r == 0)
		r = open_alerts(engine, opts, why);
	if (r == 0)
		r = fb_incidentbook_new(&engine->incidentbook);
	if (r == 0)
		r = fb_automationbook_new(engine->incidentbook, &engine->automationbook);
	engine->judgebook.listen = fb_incidentbook_tell;
	engine->judgebook.listen_ctx = engine->incidentbook;
	if (r == 0)
		r = fb_exporters_blame(&engine->exporters, fb_consumers_open(&engine->consumers),
				       why);
	return r;
}

static void on_named(void *ctx, uint32_t slot)
{
	struct fb_engine *engine = ctx;

	fb_rulebook_named(&engine->rulebook, engine->snapshot, slot);
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
		r = fb_auditor_new(&engine->auditor);
	if (r == 0)
		r = fb_acts_new(fb_engine_perform, engine, engine->auditor, &engine->acts);
	if (r == 0)
		r = open_consumers(engine, opts, why);
	if (r < 0)
		return *why->text ? r : fb_why_set(why, r, "cannot start: %s", strerror(-r));
	r = start_core(engine, opts, why);
	if (r == 0)
		r = open_hostbook(engine, opts, why);
	if (r == 0)
		r = fb_judgebook_keep(&engine->judgebook, engine->hostbook.state.folder,
				      fb_wall_ms());
	if (r == 0)
		open_devicebook(engine);
	if (r == 0)
		r = open_geobook(engine, opts, why);
	if (r == 0)
		r = open_listbook(engine, opts, why);
	if (r == 0)
		r = opts->capture ? fb_engine_open_capture(engine, opts->capture, why)
				  : fb_engine_start_links(engine, opts, why);
	if (r < 0)
		return r;
	if (!opts->capture)
		fb_engine_read_listeners(engine);
	fb_health_init(&engine->health, engine->core.moment.ns);
	fb_self_init(&engine->self);
	r = fb_listenbook_open(&engine->listenbook);
	if (r == 0)
		r = open_conntrack(engine, opts);
	if (r == 0)
		r = fb_kills_open(&engine->kills, &engine->core, &engine->ct, &engine->links,
				  &engine->nevers);
	if (r == 0)
		r = fb_rulebook_open(&engine->rulebook, &engine->core, &engine->kills,
				     opts->capture ? -1 : engine->hostbook.state.folder);
	engine->core.samples.named = on_named;
	engine->core.samples.named_ctx = engine;
	if (r == 0)
		r = fb_engine_wire(engine);
	if (r < 0)
		return fb_why_set(why, r, "cannot start: %s", strerror(-r));
	fb_engine_first_tick(engine);
	if (!opts->capture) {
		fb_engine_end_rules(engine);
		fb_rulebook_tick(&engine->rulebook, engine->snapshot);
	}
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
	engine->self.statm = -1;
	fb_nevers_init(&engine->nevers);
	memcpy(engine->anonymise, opts->anonymise, sizeof(engine->anonymise));
	fb_nevers_trust(&engine->nevers, opts->trusted, opts->n_trusted);
	engine->history = opts->history;
	engine->is_capture = opts->capture != NULL;
	if (opts->capture)
		fb_wall_show((int64_t)(opts->capture->start_ns / FB_NS_PER_MS));
	if (opts->state_dir)
		snprintf(engine->state_dir, sizeof(engine->state_dir), "%s", opts->state_dir);
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
	fb_capturefeed_close(&engine->feed);
	fb_rulebook_close(&engine->rulebook, engine->ran);
	fb_kills_close(&engine->kills);
	fb_ifbook_close(&engine->ifbook);
	fb_listenbook_close(&engine->listenbook);
	if (engine->links_up)
		fb_links_fini(&engine->links, engine->ran);
	fb_xdp_close(&engine->xdp);
	fb_self_fini(&engine->self);
	fb_forgets_fini(&engine->forgets);
	fb_ctfeed_fini(&engine->ct);
	fb_auditor_free(engine->auditor); /* before its folder is closed, as: */
	fb_judgebook_close(&engine->judgebook);
	fb_devicebook_close(&engine->devicebook);
	fb_hostbook_close(&engine->hostbook);
	fb_watch_stop(&engine->watch);
	fb_geobook_close(&engine->geobook);
	fb_listbook_close(&engine->listbook);
	fb_consumers_close(&engine->consumers);
	fb_historybook_close(&engine->historybook);
	fb_exporters_close(&engine->exporters);
	fb_incidentbook_free(engine->incidentbook);
	fb_automationbook_free(engine->automationbook);
	fb_alertbook_close(
		engine->alertbook); /* last of what is saved: a sender may take seconds */
	fb_snapshot_put(engine->snapshot);
	if (engine->core_up)
		fb_core_fini(&engine->core);
	fb_tally_free(engine->tally);
	fb_ends_free(engine->ends);
	fb_peers_free(engine->peers);
	fb_windows_free(engine->windows);
	fb_series_free(engine->series);
	fb_acts_free(engine->acts);
	free(engine->lost);
	fb_loop_free(engine->loop);
	fb_log_set_listener(NULL, NULL);
	fb_journal_free(engine->journal);
	fb_nevers_fini(&engine->nevers);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

/*
 * The thread that empties the ring is above what else runs here: it copies, a few per cent of a
 * core at most, and what it is late for is lost. It has our priority of this moment, and no rights.
 */
static int start_drain(struct fb_engine *engine, int nice)
{
	int r = fb_core_start(&engine->core);

	setpriority(PRIO_PROCESS, 0, nice);
	return r;
}

static void look_at_nevers(void *ctx)
{
	struct fb_engine *engine = ctx;
	_cleanup_snapshot_ struct fb_snapshot *snapshot = NULL;

	if (!fb_nevers_are_due(&engine->nevers))
		return;
	snapshot = fb_engine_snapshot(engine);
	fb_nevers_look(&engine->nevers, snapshot);
}

static int start_watch(struct fb_engine *engine)
{
	fb_watch_add(&engine->watch, 1, look_at_nevers, engine);
	if (!engine->geobook.off)
		fb_watch_add(&engine->watch, FILES_S, fb_geobook_look, &engine->geobook);
	if (engine->listbook.n)
		fb_watch_add(&engine->watch, FILES_S, fb_listbook_look, &engine->listbook);
	return fb_watch_start(&engine->watch);
}

/* What a capture does without. */
static int start_threads(struct fb_engine *engine, int nice)
{
	int r = start_drain(engine, nice);

	return r < 0 ? r : start_watch(engine);
}

/* Where nothing can be kept, the names of hosts told why. */
static void open_history(struct fb_engine *engine)
{
	struct fb_historybook *book = &engine->historybook;

	if (!engine->history.bytes)
		return;
	if (engine->hostbook.state.folder < 0)
		snprintf(book->reason, sizeof(book->reason), "no folder is kept: see --state");
	else
		fb_historybook_open(book, engine->state_dir, &engine->history,
				    fb_bpf_pin(engine->core.bpf) != NULL, engine->journal,
				    engine->windows, &engine->window_told);
}

int fb_engine_drop_privileges(struct fb_engine *engine, struct fb_why *why)
{
	static const char *const folders[] = {FB_FLEETSINK_FOLDER, NULL};
	const struct fb_privs_opts opts = {.bpf = engine->core.bpf,
					   .folder = fb_hostbook_folder(&engine->hostbook),
					   .folders = folders};
	const int nice = getpriority(PRIO_PROCESS, 0);
	struct fb_privs privs;
	int r;

	/* taken while we may; where we may not, it runs like the rest */
	(void)setpriority(PRIO_PROCESS, 0, nice - DRAIN_NICER);
	r = fb_privs_drop(&opts, &privs, why);
	if (r == 0) {
		r = engine->is_capture ? 0 : start_threads(engine, nice);
		if (r == 0)
			r = fb_auditor_start(engine->auditor, engine->hostbook.state.folder);
		if (r == 0)
			r = fb_alertbook_start(engine->alertbook, engine->hostbook.state.folder);
		if (r == 0)
			fb_incidentbook_start(engine->incidentbook, engine->hostbook.state.folder);
		if (r == 0)
			fb_automationbook_start(engine->automationbook,
						engine->hostbook.state.folder);
		if (r < 0)
			fb_why_set(why, r, "cannot start a thread: %s", strerror(-r));
	}
	if (r < 0)
		return r;
	r = fb_exporters_use(&engine->exporters, engine->hostbook.state.folder, why);
	if (r == 0)
		r = fb_engine_open_key(engine, why);
	if (r < 0)
		return r;
	open_history(engine);
	fb_engine_resume_erasure(engine);
	r = engine->is_capture ? fb_consumers_start(&engine->consumers) : 0;
	if (r < 0)
		return fb_why_set(why, r, "cannot start a thread: %s", strerror(-r));
	fb_info("engine", "running as %s, %s", privs.user,
		privs.seccomp ? "with a list of allowed system calls"
			      : "without a system call filter");
	return 0;
}

int fb_engine_run(struct fb_engine *engine)
{
	int r = fb_consumers_start(&engine->consumers);

	engine->ran = true;
	fb_ownerbook_warn(&engine->core.owners);
	return r < 0 ? r : fb_loop_run(engine->loop);
}

int fb_engine_reload(struct fb_engine *engine, const struct fb_act *act)
{
	return fb_acts_perform(engine->acts, act);
}
