/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that change something: end a flow, forget its conntrack entry, flush all of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/params.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/jsonin.h"

static const struct {
	int error;
	unsigned int status;
	const char *code, *detail;
} failures[] = {
	{-ENOENT, 404, "no-such-flow", "there is no flow of that id"},
	{-ESRCH, 409, "no-conntrack-entry", "the flow has no conntrack entry any more"},
	{-EOPNOTSUPP, 503, "no-conntrack", "connection tracking is not available here"},
	{-EBUSY, 503, "busy", "too many acts are asked for at once: try again in a moment"},
	{-ENOTCONN, 409, "flow-ended", "the flow has ended"},
	{-ENXIO, 409, "not-seen-here",
	 "no packet of it passed an interface that is attached: nothing can be done to it here"},
	{-ESHUTDOWN, 409, "panic",
	 "panic is on, so nothing is ended: \"flowbpf panic --off\" first"},
	{-ETIMEDOUT, 503, "timeout", "the kernel did not answer in time"},
};

void fb_act_failed(struct fb_request *req, int error)
{
	if (error < -FB_ACT_REFUSED) {
		fb_reply_problem(req, 403, "protected", "it is not touched: it is %s",
				 fb_never_text((unsigned int)(-error - FB_ACT_REFUSED)));
		return;
	}
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (failures[i].error != error)
			continue;
		fb_reply_problem(req, failures[i].status, failures[i].code, "%s",
				 failures[i].detail);
		if (error == -EBUSY)
			fb_reply_header(req, "Retry-After", "1");
		return;
	}
	fb_reply_problem(req, 500, "internal", "%s", strerror(-error));
}

static void done(struct fb_request *req, unsigned int n)
{
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	if (fb_reply_is_alias(req))
		fb_json_kv_bool(json, "success", true);
	fb_json_kv_u64(json, "matched", n);
	fb_json_kv_u64(json, "done", n);
	fb_json_kv_array(json, "failed");
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}

struct fb_json *fb_act_begin(struct fb_request *req, struct fb_act *act, const char *key,
			     void (*failed)(struct fb_request *req, int error))
{
	const struct fb_api *api = req->ctx;
	struct fb_json *json;
	int r;

	fb_actor_of(req, &act->actor);
	r = fb_engine_act(api->engine, act);
	if (r < 0) {
		failed(req, r);
		return NULL;
	}
	json = fb_reply_json(req);
	fb_json_object(json);
	if (key)
		fb_json_kv_u64(json, key, (uint64_t)r);
	return json;
}

void fb_act_perform(struct fb_request *req, struct fb_act *act, const char *key,
		    void (*failed)(struct fb_request *req, int error))
{
	struct fb_json *json = fb_act_begin(req, act, key, failed);

	if (json)
		fb_json_end(json, '}');
}

bool fb_act_take_reason(struct fb_request *req, const char *text,
			char reason[static FB_ACT_REASON + 1])
{
	if (text && strlen(text) > FB_ACT_REASON) {
		fb_reply_param(req, "reason", "is longer than %d bytes", FB_ACT_REASON);
		return false;
	}
	snprintf(reason, FB_ACT_REASON + 1, "%s", text ? text : "");
	return true;
}

void fb_act_read_reason(struct fb_jsonin *in, char reason[static FB_ACT_REASON + 1])
{
	const char *text = "";

	if (fb_jsonin_str(in, "reason", &text) && strlen(text) > FB_ACT_REASON)
		fb_jsonin_fail(in, "reason", "is longer than 200 bytes");
	snprintf(reason, FB_ACT_REASON + 1, "%s", text);
}

int fb_api_flow_delete(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_act act = {.kind = FB_ACT_FORGET};
	int r = -ENOENT;

	if (!fb_act_take_reason(req, fb_param(req, "reason"), act.reason))
		return 0;
	fb_actor_of(req, &act.actor);
	if (fb_parse_id(req->path_args[0], &act.target.flow_id))
		r = fb_engine_act(api->engine, &act);
	if (r)
		fb_act_failed(req, r);
	else
		done(req, 1);
	return 0;
}

/* {"reason": ...}, or no body. */
static bool read_reason(struct fb_request *req, char reason[static FB_ACT_REASON + 1])
{
	static const char *const known[] = {"reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;

	reason[0] = '\0';
	if (!req->body.len)
		return true;
	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	fb_act_read_reason(in, reason);
	return fb_reply_check_json(req, in);
}

int fb_api_flow_kill(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_act act = {.kind = FB_ACT_KILL};
	struct fb_json *json;
	int r = -ENOENT;

	if (!read_reason(req, act.reason))
		return 0;
	fb_actor_of(req, &act.actor);
	if (fb_parse_id(req->path_args[0], &act.target.flow_id))
		r = fb_engine_act(api->engine, &act);
	if (r < 0) {
		fb_act_failed(req, r);
		return 0;
	}
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_bool(json, "ended", r == FB_KILLED_ENDED);
	fb_json_end(json, '}');
	return 0;
}

/* A flush ends the tracking of everybody's connections: it has to be confirmed in so many words. */
static bool is_confirmed(struct fb_request *req, char reason[static FB_ACT_REASON + 1])
{
	static const char *const known[] = {"confirm", "reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	const char *confirm = "";

	reason[0] = '\0';
	if (req->body.len && !fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	if (in) {
		fb_jsonin_only(in, known);
		fb_jsonin_str(in, "confirm", &confirm);
		fb_act_read_reason(in, reason);
	}
	if (in && !fb_reply_check_json(req, in))
		return false;
	if (!strcmp(confirm, "flush"))
		return true;
	fb_reply_problem(req, 428, "confirm-missing",
			 "confirm with the body {\"confirm\":\"flush\"}");
	return false;
}

int fb_api_conntrack_delete(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_act act = {.kind = FB_ACT_FLUSH};
	int r;

	if (!is_confirmed(req, act.reason))
		return 0;
	fb_actor_of(req, &act.actor);
	r = fb_engine_act(api->engine, &act);
	if (r < 0)
		fb_act_failed(req, r);
	else
		done(req, (unsigned int)r);
	return 0;
}
