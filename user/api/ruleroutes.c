/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules in force: shown, made and taken back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/acts.h"
#include "api/api.h"
#include "api/params.h"
#include "api/routes.h"
#include "api/ruleasked.h"
#include "api/rulepreview.h"
#include "engine/engine.h"
#include "engine/rulebook.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/cleanup.h"
#include "util/fmt.h"
#include "util/jsonin.h"

static void write_moment(struct fb_json *json, const char *key, const struct fb_rule_told *told,
			 uint64_t ns)
{
	fb_json_key(json, key);
	if (ns)
		fb_json_time(json, told->wall_ms - (int64_t)(told->boot_ns - ns) / 1000000);
	else
		fb_json_null(json);
}

static void write_rate(struct fb_json *json, const char *key, uint64_t rate)
{
	fb_json_key(json, key);
	if (rate)
		fb_json_u64(json, rate);
	else
		fb_json_null(json);
}

static void write_nets(struct fb_json *json, const struct fb_rule_nets *nets)
{
	fb_json_key(json, "prefixes");
	if (!nets->entries) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	fb_json_kv_u64(json, "all", nets->entries);
	fb_json_kv_u64(json, "kernel", nets->there);
	fb_json_kv_u64(json, "left_out", nets->left_out);
	fb_json_kv_u64(json, "no_room", nets->no_room);
	fb_json_end(json, '}');
}

static void write_rule(struct fb_json *json, const struct fb_rule_told *told)
{
	const struct fb_rule *rule = &told->rule;

	fb_json_object(json);
	fb_json_kv_u64(json, "id", rule->id);
	fb_json_kv_str(json, "verb", fb_rule_verb_name(rule->verb));
	fb_json_kv_str(json, "what", rule->what);
	fb_json_kv_str(json, "by", rule->by);
	fb_json_kv_str(json, "reason", rule->reason);
	fb_json_key(json, "made");
	fb_json_time(json, rule->made_ms);
	fb_json_key(json, "until");
	if (rule->until_ms)
		fb_json_time(json, rule->until_ms);
	else
		fb_json_null(json);
	fb_json_kv_str(json, "where", rule->kernel ? "kernel" : "engine");
	write_nets(json, &rule->nets);
	if (rule->verb == FB_RULE_LIMIT) {
		write_rate(json, "rate_up", rule->rate_up);
		write_rate(json, "rate_down", rule->rate_down);
		fb_json_kv_str(json, "per", rule->per_host ? "host" : "all");
	}
	fb_json_key(json, "confirm_until");
	if (rule->confirm_ms)
		fb_json_time(json, rule->confirm_ms);
	else
		fb_json_null(json);
	fb_json_kv_u64(json, "flows", rule->flows);
	fb_json_kv_u64(json, "hits", told->count.hits);
	fb_json_kv_u64(json, "resets", told->count.resets);
	fb_json_kv_u64(json, "packets", told->count.packets);
	fb_json_kv_u64(json, "bytes", told->count.bytes);
	fb_json_kv_object(json, "xdp");
	fb_json_kv_u64(json, "packets", told->xdp_packets);
	fb_json_kv_u64(json, "bytes", told->xdp_bytes);
	fb_json_end(json, '}');
	write_moment(json, "first", told, told->count.first);
	write_moment(json, "last", told, told->count.last);
	fb_json_end(json, '}');
}

int fb_api_rules(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_rule_told *list = NULL;
	const int n = fb_rulebook_list(fb_engine_rules(api->engine), &list);
	struct fb_json *json;

	if (n < 0)
		return n;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_bool(json, "panic", fb_rulebook_is_panic(fb_engine_rules(api->engine)));
	fb_json_kv_array(json, "items");
	for (int i = 0; i < n; i++)
		write_rule(json, &list[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}

static bool take_rule(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {"verb", "dry_run", FB_RULEASKED_MEMBERS, NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	fb_jsonin_bool(in, "dry_run", &act->dry_run);
	fb_ruleasked_read(in, act);
	return fb_reply_check_json(req, in);
}

static void reply_unable(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	char why[240];

	fb_rulebook_error(fb_engine_rules(api->engine), why, sizeof(why));
	fb_reply_problem(req, 503, "cannot-limit", "%s", why);
}

void fb_rule_failed(struct fb_request *req, int error)
{
	if (error == -ENOENT)
		fb_reply_problem(req, 404, "no-such-rule", "there is no rule of that number");
	else if (error == -ENOSPC)
		fb_reply_problem(req, 503, "too-many-rules",
				 "there is no room: %d rules may be there, %d of these others than "
				 "blocks of an address or prefix",
				 FB_RULES, FB_RULES_OPEN);
	else if (error == -FB_RULE_UNABLE)
		reply_unable(req);
	else if (error == -EALREADY)
		fb_reply_problem(req, 409, "not-waiting",
				 "this rule does not wait to be confirmed: it stays");
	else
		fb_act_failed(req, error);
}

void fb_rule_write_confirm(struct fb_json *json, const struct fb_act *act)
{
	fb_json_key(json, "confirm");
	if (act->target.rule.confirm)
		fb_json_u64(json, act->target.rule.confirm);
	else
		fb_json_null(json);
}

void fb_rule_write_made(struct fb_request *req, struct fb_json *json, const struct fb_act *act)
{
	const struct fb_api *api = req->ctx;

	fb_rule_write_confirm(json, act);
	fb_json_kv_bool(json, "panic", fb_rulebook_is_panic(fb_engine_rules(api->engine)));
}

int fb_api_rule_post(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_RULE_ADD};
	struct fb_json *json;
	int r;

	if (!take_rule(req, &act))
		return 0;
	if (act.dry_run)
		return fb_rulepreview(req, &act, false);
	r = fb_rulepreview_care(req, &act);
	if (r != 0)
		return r;
	json = fb_act_begin(req, &act, "id", fb_rule_failed);
	if (!json)
		return 0;
	fb_rule_write_made(req, json, &act);
	fb_json_end(json, '}');
	return 0;
}

static bool take_panic(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {"on", "reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	if (!fb_jsonin_bool(in, "on", &act->target.panic))
		fb_jsonin_fail(in, "on", "is missing: true or false");
	fb_act_read_reason(in, act->reason);
	return fb_reply_check_json(req, in);
}

int fb_api_panic(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_PANIC};

	if (take_panic(req, &act))
		fb_act_perform(req, &act, NULL, fb_rule_failed);
	return 0;
}

int fb_api_rules_delete(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_RULE_REMOVE};
	uint64_t since;

	if (!fb_param_u64(req, "since", 0, FB_RULE_LONGEST, 0, &since))
		return 0;
	act.target.since_s = (uint32_t)since;
	fb_act_perform(req, &act, "removed", fb_rule_failed);
	return 0;
}

static bool take_id(struct fb_request *req, struct fb_act *act)
{
	uint64_t id;

	if (fb_fmt_parse_u64(req->path_args[0], 1, UINT32_MAX, &id) < 0) {
		fb_rule_failed(req, -ENOENT);
		return false;
	}
	act->target.rule_id = (uint32_t)id;
	return true;
}

int fb_api_rule_delete(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_RULE_REMOVE};

	if (take_id(req, &act))
		fb_act_perform(req, &act, "removed", fb_rule_failed);
	return 0;
}

int fb_api_rule_confirm(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_RULE_CONFIRM};

	if (take_id(req, &act))
		fb_act_perform(req, &act, NULL, fb_rule_failed);
	return 0;
}
