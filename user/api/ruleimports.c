/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules as a file: given, and taken as a whole. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/forget_list.h"
#include "engine/rulebook.h"
#include "engine/ruleimport.h"
#include "http/reply.h"
#include "http/route.h"
#include "policy/rulefile.h"
#include "util/cleanup.h"
#include "util/jsonin.h"

int fb_api_rules_export(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	const int r = fb_rulebook_write(fb_engine_rules(api->engine), &req->reply.body);

	if (r < 0)
		return r;
	fb_reply_header(req, "Content-Disposition", "attachment; filename=\"rules\"");
	req->reply.status = 200;
	req->reply.type = "text/plain; charset=utf-8";
	return 0;
}

static void read_rules(struct fb_jsonin *in, const char *text, struct fb_ruleimport *import)
{
	_cleanup_free_ char *copy = strdup(text);
	struct fb_why why = {"memory is short"};

	if (!copy || fb_rulefile_parse(copy, import->rule, FB_RULES, &import->n, &why) < 0)
		fb_jsonin_fail(in, "rules", why.text);
}

static bool read_import(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {"rules", "reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	const char *text = "";

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	if (fb_jsonin_str(in, "rules", &text))
		read_rules(in, text, act->target.import);
	else
		fb_jsonin_fail(in, "rules", "is missing: the text of a file of rules");
	fb_act_read_reason(in, act->reason);
	return fb_reply_check_json(req, in);
}

/* Which of them could not be, and why, so none is. */
static void failed(struct fb_request *req, const struct fb_ruleimport *import, int r)
{
	if (r < -FB_ACT_REFUSED)
		fb_reply_problem(req, 403, "protected",
				 "none is in force: %s is not touched: it is %s", import->failed,
				 fb_never_text((unsigned int)(-r - FB_ACT_REFUSED)));
	else if (r == -EINVAL)
		fb_reply_problem(req, 400, "bad-body", "none is in force: %s: %s", import->failed,
				 import->why);
	else if (r == -FB_RULE_UNABLE)
		fb_reply_problem(req, 503, "cannot-limit", "none is in force: %s: %s",
				 import->failed, import->why);
	else if (r == -ENOSPC)
		fb_reply_problem(req, 503, "too-many-rules",
				 "none is in force: %d rules may be there, %d of these others than "
				 "blocks of an address or prefix",
				 FB_RULES, FB_RULES_OPEN);
	else
		fb_act_failed(req, r);
}

static void import_rules(struct fb_request *req, struct fb_act *act)
{
	const struct fb_api *api = req->ctx;
	const struct fb_ruleimport *import = act->target.import;
	struct fb_json *json;
	int r;

	fb_actor_of(req, &act->actor);
	r = fb_engine_act(api->engine, act);
	if (r < 0) {
		failed(req, import, r);
		return;
	}
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_u64(json, "added", import->added);
	fb_json_kv_u64(json, "present", import->present);
	fb_json_kv_u64(json, "over", import->over);
	fb_json_end(json, '}');
}

int fb_api_rules_import(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_RULE_IMPORT, .target.import = fb_ruleimport_new()};

	if (!act.target.import)
		return -ENOMEM;
	if (read_import(req, &act))
		import_rules(req, &act);
	fb_act_drop(&act);
	return 0;
}
