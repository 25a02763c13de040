/* SPDX-License-Identifier: BSD-2-Clause */
/* What may fail is tried before the capture is read, which may take its time. */
#include "cli/replayserve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/history_opt.h"
#include "cli/progress.h"
#include "cli/reload.h"
#include "cli/tempfolder.h"
#include "cli/undertaker.h"
#include "cli/verb.h"
#include "engine/engine.h"
#include "flow/snapshot.h"
#include "kernel/privs.h"
#include "live/web.h"
#include "past/windows.h"
#include "util/cleanup.h"
#include "util/fmt.h"
#include "util/json.h"
#include "util/log.h"

#define PROGRESS_EVERY 8192 /* frames */
#define READ_ONLY      "this is a capture, which is over: nothing in it can be ended, blocked or changed"
/* However long it is, but not larger than what is kept live; the oldest makes way. */
#define HISTORY	 "flows=3650d/3G,seconds=3650d,minutes=3650d,hours=3650d,size=4G"
#define FOR_GOOD (100u * 365 * 86400) /* seconds */

struct serving {
	const struct fb_replayserve *what;
	struct fb_listeners_open listeners;
	struct fb_tempfolder folder;
	int undertaker;
	struct fb_engine *engine;
	struct fb_web *web;
	struct fb_frame frame; /* the first, until it is fed */
	uint64_t frames;
};

static int fail(const struct fb_why *why, int r)
{
	return fb_fail(FB_EXIT_FAILED, "%s", *why->text ? why->text : strerror(-r));
}

static int read_first(struct serving *s)
{
	const int r = fb_input_next(s->what->input, &s->frame);

	if (r > 0)
		return FB_EXIT_DONE;
	return fb_fail(FB_EXIT_FAILED, "%s%s", r < 0 ? fb_input_why(s->what->input) : s->what->path,
		       r < 0 ? "" : ": there is no frame in it");
}

static int listen_all(struct serving *s)
{
	const char *socket = s->what->socket;
	char address[160];
	int r = FB_EXIT_DONE;

	if (socket) {
		s->undertaker = fb_undertaker_start(socket);
		snprintf(address, sizeof(address), "unix:%s", socket);
		r = fb_pagedoor_listen_at(&s->listeners, address, "--socket");
	}
	if (socket && !r)
		fb_undertaker_tell(s->undertaker, socket);
	return r ? r : fb_pagedoor_listen(&s->listeners, s->what->page);
}

static const char *name_of(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && name[1] ? name + 1 : path;
}

static int start_engine(struct serving *s)
{
	static const char *const nowhere[] = {"none"};
	const struct fb_replayserve *what = s->what;
	const struct fb_engine_capture capture = {
		.name = strcmp(what->path, "-") ? name_of(what->path) : "standard input",
		.start_ns = s->frame.ts_ns,
		.decap = what->decap,
	};
	struct fb_engine_opts engine = {
		.capture = &capture,
		.internal = what->internal->items,
		.n_internal = what->internal->n,
		.max_flows = what->max_flows,
		.closed_flows = what->max_flows,
		.closed_seconds = FOR_GOOD,
		.window_s = FB_WINDOW_S,
		.quality = true,
		.judge = true,
		.geo = what->geo->n ? what->geo->items : nowhere,
		.n_geo = what->geo->n ? what->geo->n : 1,
		.lists = what->lists->items,
		.n_lists = what->lists->n,
		.exceptions = what->exceptions->items,
		.n_exceptions = what->exceptions->n,
		.state_dir = s->folder.path,
		.state_needed = true,
	};
	struct fb_why why = {""};
	int r = fb_history_opt(HISTORY, &engine.history, &why);

	if (r == 0)
		r = fb_engine_new(&engine, &s->engine, &why);
	return r ? fail(&why, r) : FB_EXIT_DONE;
}

/* Behind this no listener is ours, and what is read is read without rights. */
static int start_web(struct serving *s)
{
	struct fb_http_opts opts = fb_pagedoor_http(s->what->page, &s->listeners);
	struct fb_why why = {""};
	int r;

	opts.read_only = READ_ONLY;
	r = fb_web_new(&opts, s->engine, &s->web, &why);
	s->listeners.n = 0;
	if (r)
		return fb_fail(r == -EPERM ? FB_EXIT_USAGE : FB_EXIT_FAILED, "%s", why.text);
	r = fb_engine_drop_privileges(s->engine, &why);
	return r ? fail(&why, r) : FB_EXIT_DONE;
}

/* 1: we were told to end. A capture that breaks off is one up to there. */
static int feed(struct serving *s)
{
	struct fb_progress progress = {.unit = "frames"};
	struct fb_input *input = s->what->input;
	int r, more = 1;

	do {
		r = fb_engine_feed(s->engine, &s->frame);
		if (++s->frames % PROGRESS_EVERY == 0)
			fb_progress_show(&progress, fb_input_percent(input), s->frames);
		if (r == 0)
			more = fb_input_next(input, &s->frame);
	} while (r == 0 && more > 0);
	fb_progress_end(&progress);
	if (r == 0)
		r = fb_engine_feed_end(s->engine);
	if (r == -EINTR)
		return 1;
	if (r < 0)
		return -fb_fail(FB_EXIT_FAILED, "%s: frame %llu cannot be replayed: %s",
				s->what->path, (unsigned long long)s->frames, strerror(-r));
	if (more < 0)
		fb_fail(FB_EXIT_FAILED, "%s", fb_input_why(input));
	return 0;
}

static void greet(const struct serving *s)
{
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(s->engine);
	char url[256], end[FB_TIME_STRLEN], frames[FB_FMT_STRLEN], flows[FB_FMT_STRLEN];
	struct fb_replay_stats fed;

	fb_engine_fed(s->engine, &fed);
	fb_replay_tell_losses(&fed);
	printf("%s: %s frames, %s flows, until %s\n", s->what->path,
	       fb_fmt_count(fed.frames, frames),
	       fb_fmt_count(snapshot->live + snapshot->closed, flows),
	       fb_json_format_time(snapshot->wall_ms, end));
	if (fb_pagedoor_listens(s->what->page))
		printf("the page: %s\n"
		       "(good once, for %d minutes)\n",
		       fb_web_url(s->web, url, sizeof(url)), FB_HTTP_LINK_MINUTES);
	printf("Ctrl-C ends it.\n");
	fflush(stdout);
}

static int show(struct serving *s)
{
	struct fb_why why = {""};
	int r = feed(s);

	if (r)
		return r < 0 ? -r : FB_EXIT_DONE;
	fb_engine_on_tick(s->engine, fb_web_tick, s->web);
	r = fb_web_start(s->web, &why);
	if (r)
		return fail(&why, r);
	greet(s);
	r = fb_engine_run(s->engine);
	return r ? fail(&why, r) : FB_EXIT_DONE;
}

static int serve(struct serving *s)
{
	struct fb_why why = {""};
	int r = listen_all(s);

	if (!r && fb_tempfolder_make(&s->folder, &why))
		return fail(&why, 0);
	r = r ? r : start_engine(s);
	r = r ? r : start_web(s);
	return r ? r : show(s);
}

int fb_replayserve(const struct fb_replayserve *what)
{
	struct serving s = {.what = what, .undertaker = -1, .folder.keeper = -1};
	struct fb_why why = {""};
	int r = fb_privs_check(&why);

	if (r < 0)
		return fail(&why, r);
	signal(SIGPIPE, SIG_IGN);
	fb_set_log_level("warning", FB_LOG_WARN);
	r = read_first(&s);
	r = r ? r : serve(&s);
	fb_web_free(s.web);
	fb_engine_free(s.engine);
	fb_pagedoor_close(&s.listeners);
	fb_tempfolder_end(&s.folder);
	fb_undertaker_end(s.undertaker);
	return r;
}
