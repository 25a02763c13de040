/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/fleetroutes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/fleethealth.h"
#include "api/params.h"
#include "fleet/fleetsensors.h"
#include "http/reply.h"
#include "http/route.h"

#define HOUR_MS	 3600000ll
#define MOST_MS	 (7 * 24 * HOUR_MS) /* of what rows of flows are added up */
#define KEY_MOST 128
#define LINES	 12
#define USUAL	 8

struct question {
	int64_t now_ms, since_ms, until_ms;
	char by[KEY_MOST + 1];
	unsigned int limit;
};

static int ask_sensors(struct fb_fleetquery *query, struct fb_past_job *job)
{
	const struct question *question = job->what;
	struct fb_fleetsensors *list;
	struct fb_json json;
	int r = fb_fleetsensors_read(query, question->now_ms, question->since_ms, &list);

	if (r < 0)
		return r;
	fb_json_init(&json, &job->text);
	r = fb_fleetsensors_write(&json, list, question->by);
	fb_fleetsensors_free(list);
	return r;
}

static int ask_series(struct fb_fleetquery *query, struct fb_past_job *job)
{
	const struct question *question = job->what;
	struct fb_json json;

	fb_json_init(&json, &job->text);
	return fb_fleetrates_write(query,
				   &(struct fb_fleetrates_ask){question->since_ms,
							       question->until_ms, question->by,
							       question->limit},
				   &json);
}

/* --- the answer ------------------------------------------------------------------------------- */

static int refuse(struct fb_request *req)
{
	fb_reply_problem(req, 501, "hub-only", "this is no hub of a fleet: flowbpf hub answers %s",
			 req->route->path);
	return 0;
}

static int reply(struct fb_request *req)
{
	const struct fb_past_job *job = req->waited;

	if (!job)
		return refuse(req);
	fb_reply_json(req);
	fb_buf_add(&req->reply.body, job->text.data, job->text.len);
	return 0;
}

int fb_api_fleet_sensors(struct fb_request *req)
{
	return reply(req);
}

int fb_api_fleet_series(struct fb_request *req)
{
	return reply(req);
}

int fb_api_fleet_live(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_json *json;

	if (!api->is_hub)
		return refuse(req);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_key(json, "items");
	fb_api_write_list(json, &api->sensors);
	fb_json_end(json, '}');
	return 0;
}

/* --- the question ----------------------------------------------------------------------------- */

bool fb_fleetroutes_are_asked(const struct fb_request *req)
{
	return req->route->handle == fb_api_fleet_sensors ||
	       req->route->handle == fb_api_fleet_series;
}

static bool read_time(struct fb_request *req, struct question *question)
{
	if (!fb_params_moment(req, "since", question->now_ms, &question->since_ms) ||
	    !fb_params_moment(req, "until", question->now_ms, &question->until_ms))
		return false;
	if (!question->until_ms)
		question->until_ms = question->now_ms;
	if (!question->since_ms)
		question->since_ms = question->until_ms - HOUR_MS;
	if (question->since_ms > 0 && question->since_ms < question->until_ms)
		return true;
	fb_reply_param(req, "since", "must be before until");
	return false;
}

static bool read_by(struct fb_request *req, struct question *question, const char *usual)
{
	const char *by = fb_param(req, "by");

	if (by && strlen(by) > KEY_MOST) {
		fb_reply_param(req, "by", "has %d bytes at most", KEY_MOST);
		return false;
	}
	snprintf(question->by, sizeof(question->by), "%s", by ? by : usual);
	return true;
}

static bool fill_sensors(struct fb_request *req, struct question *question, struct fb_past_job *job)
{
	job->of_fleet = ask_sensors;
	if (!read_time(req, question) || !read_by(req, question, "site"))
		return false;
	if (question->now_ms - question->since_ms <= MOST_MS)
		return true;
	fb_reply_param(req, "since", "is a week ago at most");
	return false;
}

static bool fill_series(struct fb_request *req, struct question *question, struct fb_past_job *job)
{
	uint64_t limit;

	job->of_fleet = ask_series;
	if (!read_time(req, question) || !read_by(req, question, "sensor") ||
	    !fb_param_u64(req, "limit", 1, LINES, USUAL, &limit))
		return false;
	question->limit = (unsigned int)limit;
	if (fb_fleetrates_is_by(question->by))
		return true;
	fb_reply_param(req, "by", "is sensor, site or tag:NAME");
	return false;
}

bool fb_fleetroutes_fill(struct fb_request *req, int64_t now_ms, struct fb_past_job *job)
{
	struct question *question = calloc(1, sizeof(*question));

	if (!question) {
		fb_reply_no_memory(req);
		return false;
	}
	job->what = question;
	question->now_ms = now_ms;
	return req->route->handle == fb_api_fleet_sensors ? fill_sensors(req, question, job)
							  : fill_series(req, question, job);
}
