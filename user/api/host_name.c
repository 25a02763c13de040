/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator calls an address. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/hostbook.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/addr.h"
#include "util/jsonin.h"

/* The act's address, from the path; false: the problem is told. */
static bool take_addr(struct fb_request *req, struct fb_act *act)
{
	if (fb_addr_parse_host(req->path_args[0], act->target.host.addr,
			       &act->target.host.family) == 0 &&
	    fb_addr_is_host(act->target.host.addr, act->target.host.family))
		return true;
	fb_reply_problem(req, 404, "no-such-host", "this is no address that one host has");
	return false;
}

static void perform(struct fb_request *req, struct fb_act *act)
{
	const struct fb_api *api = req->ctx;
	struct fb_json *json;
	int r;

	fb_actor_of(req, &act->actor);
	r = fb_engine_act(api->engine, act);
	if (r == -ENOENT) {
		fb_reply_problem(req, 404, "no-such-name", "no operator named this address");
		return;
	}
	if (r == -ENOSPC) {
		fb_reply_problem(req, 503, "too-many-names", "no more names are kept");
		return;
	}
	if (r < 0) {
		fb_act_failed(req, r);
		return;
	}
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_str(json, "ip", req->path_args[0]);
	fb_json_kv_str(json, "name", *act->target.host.name ? act->target.host.name : NULL);
	fb_json_end(json, '}');
}

/* {"name": "den"}; false: the problem is told. */
static bool take_name(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {"name", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	const char *name = NULL;
	int n = 0;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	if (fb_jsonin_str(in, "name", &name))
		n = fb_hostbook_spell(name, act->target.host.name);
	if (n <= 0)
		fb_jsonin_fail(in, "name", "must be a name of 1 to 255 bytes, and no address");
	return fb_reply_check_json(req, in);
}

int fb_api_host_name_put(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_NAME};

	if (take_addr(req, &act) && take_name(req, &act))
		perform(req, &act);
	return 0;
}

int fb_api_host_name_delete(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_NAME};

	if (take_addr(req, &act))
		perform(req, &act);
	return 0;
}
