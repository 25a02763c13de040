/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that change something: forget one flow's conntrack entry, flush all of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/params.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "util/jsonin.h"
#include "util/log.h"

static const struct {
	int error;
	unsigned int status;
	const char *code, *detail;
} failures[] = {
	{-ENOENT, 404, "no-such-flow", "there is no flow of that id"},
	{-ESRCH, 409, "no-conntrack-entry", "the flow has no conntrack entry any more"},
	{-EOPNOTSUPP, 503, "no-conntrack", "connection tracking is not available here"},
	{-ETIMEDOUT, 503, "timeout", "the kernel did not answer in time"},
};

static void fail(struct fb_request *req, int error)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (failures[i].error != error)
			continue;
		fb_reply_problem(req, failures[i].status, failures[i].code, "%s",
				 failures[i].detail);
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

int fb_api_flow_delete(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	uint64_t id;
	int r = -ENOENT;

	if (fb_parse_id(req->path_args[0], &id))
		r = fb_engine_forget(api->engine, id);
	if (r) {
		fail(req, r);
		return 0;
	}
	fb_info("api", "the conntrack entry of flow %s was deleted on request", req->path_args[0]);
	done(req, 1);
	return 0;
}

/* The table has everybody's connections: nobody empties it by a slip. */
static bool is_confirmed(struct fb_request *req)
{
	static const char *const known[] = {"confirm", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct fb_jsonin_error error;
	const char *confirm = "";

	if (req->body.len && fb_jsonin_new(req->body.data, req->body.len, &in, &error)) {
		fb_reply_body_error(req, error.pointer, error.detail);
		return false;
	}
	if (in) {
		fb_jsonin_only(in, known);
		fb_jsonin_str(in, "confirm", &confirm);
	}
	if (in && fb_jsonin_error(in)) {
		fb_reply_body_error(req, fb_jsonin_error(in)->pointer, fb_jsonin_error(in)->detail);
		return false;
	}
	if (!strcmp(confirm, "flush"))
		return true;
	fb_reply_problem(req, 428, "confirm-missing",
			 "confirm with the body {\"confirm\":\"flush\"}");
	return false;
}

int fb_api_conntrack_delete(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	int r;

	if (!is_confirmed(req))
		return 0;
	r = fb_engine_flush(api->engine);
	if (r < 0) {
		fail(req, r);
		return 0;
	}
	fb_warn("api", "the whole conntrack table, %d entries, was flushed on request", r);
	done(req, (unsigned int)r);
	return 0;
}
