/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/pastday.h"

#include <errno.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/pastask.h"
#include "http/request.h"
#include "store/pastpool.h"
#include "util/clock.h"

#define PAST_MS (86400ll * 1000)

bool fb_pastday_ask(struct fb_request *req, const struct fb_filter *filter, unsigned int scope)
{
	const struct fb_api *api = req->ctx;
	struct fb_past_job *job = api->past ? calloc(1, sizeof(*job)) : NULL;
	const int64_t now_ms = fb_wall_ms();
	struct fb_filter *copy = NULL;

	if (!job)
		return false;
	if (filter && fb_filter_copy(filter, &copy) < 0) {
		free(job);
		return false;
	}
	job->beside = true;
	job->ask = (struct fb_past_ask){
		.what = FB_PAST_FOLD,
		.filter = copy,
		.live = FB_PAST_BOTH,
		.scope = scope,
		.now_ms = now_ms,
		.since_ms = now_ms - PAST_MS,
		.budget_ms = FB_PASTPOOL_QUICK,
	};
	fb_numberset_init(&job->seen, FB_PAST_FLOWS);
	fb_pastask_begin(req, job);
	return true;
}

const char *fb_pastday_lack(const struct fb_past_job *job)
{
	if (!job || job->r == -ENXIO)
		return "no history is kept";
	if (job->r == -EBUSY)
		return "too many questions to history wait for an answer";
	if (job->r == -EINVAL)
		return job->error.detail;
	if (job->r < 0)
		return "history cannot be read";
	return job->answer.done ? NULL : "history did not answer within 2 s";
}

void fb_pastday_write(struct fb_json *json, const struct fb_past_job *job)
{
	const char *lack = fb_pastday_lack(job);

	fb_json_key(json, "past");
	if (lack) {
		fb_json_null(json);
	} else {
		fb_json_object(json);
		fb_json_kv_time(json, "since", job->ask.since_ms);
		fb_json_kv_u64(json, "flows", job->answer.matched);
		fb_json_kv_u64(json, "hosts", job->answer.hosts);
		fb_json_kv_u64(json, "bytes", job->answer.bytes[0] + job->answer.bytes[1]);
		fb_json_end(json, '}');
	}
	fb_json_kv_str(json, "past_lack", lack);
}
