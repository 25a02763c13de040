/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of acts: who asked for what, when, why, and what came of it. */
#include "api/api.h"
#include "api/params.h"
#include "api/routes.h"
#include "engine/auditor.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/clock.h"

static void write_state(struct fb_json *json, const struct fb_auditor_state *state)
{
	fb_json_kv_object(json, "head");
	fb_json_kv_u64(json, "seq", state->head.last.seq);
	fb_json_kv_str(json, "hash", state->head.last.hash);
	fb_json_kv_u64(json, "first", state->head.first);
	fb_json_end(json, '}');
	fb_json_kv_u64(json, "written", state->written);
	fb_json_kv_bool(json, "kept", state->kept);
	fb_json_kv_str(json, "failing", *state->failing ? state->failing : NULL);
	fb_json_kv_u64(json, "lost", state->counters.lost);
}

int fb_api_audit(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_auditor *auditor = fb_engine_auditor(api->engine);
	struct fb_auditor_state state;
	struct fb_json *json;
	int64_t since_ms = 0;
	uint64_t after;

	if (!fb_param_u64(req, "after", 0, INT64_MAX, 0, &after) ||
	    !fb_params_moment(req, "since", fb_wall_ms(), &since_ms))
		return 0;
	fb_auditor_state(auditor, &state);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	fb_auditor_read(auditor, after, since_ms, json->buf);
	fb_json_end(json, ']');
	write_state(json, &state);
	fb_json_end(json, '}');
	return 0;
}
