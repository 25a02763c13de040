/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests about history; see the header. */
#include "api/pastask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/fleetroutes.h"
#include "api/flowgone.h"
#include "api/params.h"
#include "api/evidenceroute.h"
#include "api/pastsums.h"
#include "api/pastwant.h"
#include "api/pastwindows.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "store/pastpool.h"
#include "util/clock.h"
#include "util/cleanup.h"
#include "util/fmt.h"

#define BUDGET_MS 30000	   /* of a question, at most */
#define FLEET_MS  86400000 /* that a hub looks back, as nobody said since when */

enum { LIVE, HISTORY };

/* A flow that is not among those of now may be one of the past. */
static bool is_gone_flow(const struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_snapshot_ struct fb_snapshot *now = NULL;
	struct fb_flow_at at;
	uint64_t id;

	if (!api->past || req->anonymised || fb_pastwant_what(req) != FB_PAST_ID ||
	    !fb_parse_id(req->path_args[0], &id))
		return false;
	now = fb_engine_snapshot(api->engine);
	return !fb_snapshot_find(now, id, &at);
}

bool fb_pastask_is_wanted(struct fb_request *req)
{
	const char *source = fb_param(req, "source");

	if (fb_pastsums_are_asked(req) || fb_pastwindows_are_asked(req) ||
	    fb_evidence_is_asked(req))
		return true;
	if (!fb_pastwant_has(req))
		return false;
	return (source && strcmp(source, "live") != 0) || fb_param(req, "at") || is_gone_flow(req);
}

bool fb_pastask_is_all_there_is(struct fb_request *req)
{
	return fb_pastwant_has(req) || fb_fleetroutes_are_asked(req) || fb_pastsums_are_asked(req);
}

/* --- what is asked --------------------------------------------------------------------------- */

/* The word of `source` is right, and there is a history. */
static bool check_source(struct fb_request *req)
{
	static const char *const sources[] = {"live", "history", NULL};
	const struct fb_api *api = req->ctx;
	unsigned int source;

	if (!fb_param_enum(req, "source", sources, HISTORY, &source))
		return false;
	if (source == LIVE && !api->engine) {
		fb_reply_param(req, "source",
			       "a hub has no flows of now: ask history, or the sensor itself");
		return false;
	}
	if (source == LIVE) {
		fb_reply_param(req, "at", "is a moment of the past: leave source=live out");
		return false;
	}
	if (api->past)
		return true;
	fb_reply_problem(req, 404, "no-history",
			 "no history is kept: flowbpf was started without a "
			 "folder for it (--state), or with --history off");
	return false;
}

/* Of a fleet: what several sensors saw of a connection is told once, as one sensor does by itself.
 */
static bool read_once(struct fb_request *req, bool *ret_once)
{
	static const char *const words[] = {"false", "true", NULL};
	unsigned int once;

	if (!fb_param_enum(req, "once", words, 0, &once))
		return false;
	*ret_once = once;
	return true;
}

static bool read_wait(struct fb_request *req, uint32_t *ret_ms)
{
	const char *text = fb_param(req, "wait");
	uint64_t ms = BUDGET_MS;

	if (text && fb_fmt_parse_duration(text, 10, BUDGET_MS, &ms) < 0) {
		fb_reply_param(req, "wait", "must be a time such as 300ms, at most 30s");
		return false;
	}
	*ret_ms = (uint32_t)ms;
	return true;
}

/* What the asker calls it, to ask how far it is: /api/v1/searches. */
static bool read_name(struct fb_request *req, char name[static FB_PASTPOOL_NAME + 1])
{
	const char *text = fb_param(req, "search");

	if (text && strlen(text) > FB_PASTPOOL_NAME) {
		fb_reply_param(req, "search", "has %d bytes at most", FB_PASTPOOL_NAME);
		return false;
	}
	snprintf(name, FB_PASTPOOL_NAME + 1, "%s", text ? text : "");
	return true;
}

static bool is_gone(void *req)
{
	return fb_request_is_gone(req);
}

static void narrow(struct fb_past_ask *ask, struct fb_query *query, const struct fb_request *req)
{
	ask->filter = TAKE_PTR(query->filter);
	ask->scope = query->scope;
	ask->since_ms = query->since_ms;
	ask->until_ms = query->until_ms;
	if (fb_param(req, "live"))
		ask->live = query->live == FB_LIVE_BOTH	  ? FB_PAST_BOTH
			    : query->live == FB_LIVE_LIVE ? FB_PAST_LIVING
							  : FB_PAST_ENDED;
}

static bool fill_flows(struct fb_request *req, int64_t now_ms, struct fb_past_job *job)
{
	const struct fb_api *api = req->ctx;
	_cleanup_(fb_params_fini) struct fb_params spec = {.n_columns = 0};

	job->ask.what = fb_pastwant_what(req);
	job->ask.seen = job->ask.what == FB_PAST_NEXT ? &job->seen : NULL;
	job->ask.now_ms = now_ms;
	if (!fb_params_read(req, now_ms, &spec) ||
	    !fb_params_moment(req, "at", now_ms, &job->ask.at_ms))
		return false;
	narrow(&job->ask, &spec.query, req);
	if (!api->engine && !job->ask.since_ms && job->ask.what != FB_PAST_ID)
		job->ask.since_ms = now_ms - FLEET_MS;
	return fb_pastwant_fill(req, &spec, &job->ask);
}

static bool make_job(struct fb_request *req, struct fb_past_job **ret_job)
{
	struct fb_past_job *job = calloc(1, sizeof(*job));
	const int64_t now_ms = fb_wall_ms();

	*ret_job = job;
	if (!job) {
		fb_reply_no_memory(req);
		return false;
	}
	fb_numberset_init(&job->seen, FB_PAST_FLOWS);
	if (!check_source(req) || !read_wait(req, &job->ask.budget_ms) ||
	    !read_name(req, job->name) || !read_once(req, &job->ask.once))
		return false;
	if (fb_fleetroutes_are_asked(req))
		return fb_fleetroutes_fill(req, now_ms, job);
	if (fb_pastsums_are_asked(req))
		return fb_pastsums_fill(req, now_ms, job);
	if (fb_pastwindows_are_asked(req))
		return fb_pastwindows_fill(req, now_ms, job);
	return fill_flows(req, now_ms, job) &&
	       (!fb_evidence_is_asked(req) || fb_evidence_fill(req, now_ms, job));
}

/* --- waiting --------------------------------------------------------------------------------- */

static void resume(void *req)
{
	fb_request_resume(req);
}

void fb_pastask_begin(struct fb_request *req, struct fb_past_job *job)
{
	const struct fb_api *api = req->ctx;

	job->source = req->source;
	job->progress.is_gone = is_gone;
	job->progress.ctx = req;
	job->done = resume;
	job->ctx = req;
	req->waited = job;
	fb_request_wait(req);
	if (fb_pastpool_ask(api->past, job) == 0)
		return;
	job->r = -EBUSY;
	fb_request_resume(req);
}

static int begin(struct fb_request *req)
{
	struct fb_past_job *job;

	if (req->anonymised) {
		fb_told_refuse(req, "history has its flows as they were");
		return 0;
	}
	if (!make_job(req, &job)) {
		fb_past_job_free(job);
		return 0;
	}
	fb_pastask_begin(req, job);
	return 0;
}

static void answer_slow(struct fb_request *req, const struct fb_past_job *job)
{
	const unsigned int budget_s = job->ask.budget_ms / 1000;
	char reached[FB_TIME_STRLEN];

	if (job->other || job->of_fleet)
		fb_reply_problem(req, 504, "history-slow",
				 "time was up after %u s: narrow since and until", budget_s);
	else
		fb_reply_problem(req, 504, "history-slow",
				 "time was up after %u s, back to %s: narrow since, until or the "
				 "filter, or take what is found by then (wait=5s)",
				 budget_s, fb_json_format_time(job->answer.reached_ms, reached));
}

static bool failed(struct fb_request *req, const struct fb_past_job *job)
{
	const bool of_one = job->ask.what == FB_PAST_ID;

	if (job->r == 0 && (job->answer.done || of_one || fb_param(req, "wait")))
		return false;
	switch (of_one && job->r == -ENXIO ? -ENODATA : job->r) {
	case 0:
	case -ETIME:
		answer_slow(req, job);
		break;
	case -EINVAL:
		fb_reply_param(req,
			       job->ask.at_ms			   ? "at"
			       : strstr(job->error.detail, "sort") ? "sort"
								   : "filter",
			       "%s", job->error.detail);
		break;
	case -EBUSY:
		fb_reply_header(req, "Retry-After", "1");
		fb_reply_problem(
			req, 429, "history-busy",
			"too many questions to history wait for an answer: ask again later");
		break;
	case -ENODATA:
		fb_api_flow_gone(req, job->ask.id);
		break;
	case -ENXIO:
		fb_reply_problem(req, 404, "no-history", "there is no history yet");
		break;
	case -ENOMEM:
		fb_reply_no_memory(req);
		break;
	default:
		fb_reply_problem(req, 503, "history-fails", "history cannot be read: %s",
				 *job->error.detail ? job->error.detail : strerror(-job->r));
	}
	return true;
}

int fb_pastask_handle(struct fb_request *req)
{
	struct fb_past_job *job = req->waited;
	int r;

	if (!job)
		return begin(req);
	if (job->beside)
		return req->route->handle(req);
	if (failed(req, job))
		return 0;
	req->edition = job->answer.snapshot;
	r = req->route->handle(req);
	req->edition = NULL;
	return r;
}

void fb_pastask_end(struct fb_request *req)
{
	fb_past_job_free(TAKE_PTR(req->waited));
}
