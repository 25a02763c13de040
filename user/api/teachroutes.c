/* SPDX-License-Identifier: BSD-2-Clause */
/* What the operator said of connections: allow, deny, and taking that back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/acts.h"
#include "api/api.h"
#include "api/params.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/judgebook.h"
#include "http/reply.h"
#include "policy/teachings.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/fmt.h"
#include "util/jsonin.h"

static void failed(struct fb_request *req, int error)
{
	if (error == -ENODATA)
		fb_reply_problem(req, 404, "no-such-teaching", "there is none of that number");
	else if (error == -EAGAIN)
		fb_reply_problem(req, 409, "not-judged",
				 "the flow was not judged yet: try again in some seconds");
	else if (error == -ENOSPC)
		fb_reply_problem(req, 503, "too-many-teachings",
				 "there are %d, and no room: take some back", FB_TEACHINGS);
	else if (error == -ENOSYS)
		fb_reply_problem(req, 503, "no-judge", "flows are not judged here: --judge off");
	else
		fb_act_failed(req, error);
}

static void write_end(struct fb_json *json, const char *key, const uint8_t addr[static 16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char text[FB_ADDR_STRLEN];

	fb_json_kv_str(json, key, fb_addr_format(addr, memcmp(addr, mapped, 12) ? 6 : 4, text));
}

static void write_teaching(struct fb_json *json, const struct fb_teaching *teaching)
{
	char proto[4];

	fb_json_object(json);
	fb_json_kv_u64(json, "id", teaching->id);
	fb_json_kv_bool(json, "deny", teaching->deny);
	fb_json_kv_time(json, "time", teaching->time_ms);
	write_end(json, "client", teaching->ends.client);
	write_end(json, "server", teaching->ends.server);
	fb_json_kv_u64(json, "port", teaching->ends.port);
	fb_json_kv_str(json, "proto", fb_proto_name(teaching->ends.proto, proto));
	fb_json_end(json, '}');
}

int fb_api_teachings(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_teaching *list = calloc(FB_TEACHINGS, sizeof(*list));
	struct fb_json *json;
	unsigned int n;

	if (!list)
		return -ENOMEM;
	n = fb_judgebook_teachings(fb_engine_judge(api->engine), list);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++)
		write_teaching(json, &list[i]);
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "max", FB_TEACHINGS);
	fb_json_end(json, '}');
	return 0;
}

/* {"flow": "9f2c51e07ab31d44", "deny": false, "reason": "..."} */
int fb_api_teaching_post(struct fb_request *req)
{
	static const char *const known[] = {"flow", "deny", "reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct fb_act act = {.kind = FB_ACT_TEACH};
	const char *id = "";

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return 0;
	fb_jsonin_only(in, known);
	if (!fb_jsonin_str(in, "flow", &id) || !fb_parse_id(id, &act.target.teaching.flow_id))
		fb_jsonin_fail(in, "flow", "is to be the id of a flow");
	if (!fb_jsonin_bool(in, "deny", &act.target.teaching.deny))
		fb_jsonin_fail(in, "deny", "is to be true or false");
	fb_act_read_reason(in, act.reason);
	if (fb_reply_check_json(req, in))
		fb_act_perform(req, &act, "id", failed);
	return 0;
}

int fb_api_teaching_delete(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_UNTEACH};
	uint64_t id;

	if (fb_fmt_parse_u64(req->path_args[0], 1, UINT32_MAX, &id) < 0) {
		failed(req, -ENODATA);
		return 0;
	}
	act.target.teaching.id = (uint32_t)id;
	if (!fb_act_take_reason(req, fb_param(req, "reason"), act.reason))
		return 0;
	fb_act_perform(req, &act, NULL, failed);
	return 0;
}
