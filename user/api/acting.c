/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Acts on many flows in two steps: what it would be, with a token, then that and nothing else.
 * The token stands for the very flows that were shown; those that came since are left alone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/flowset.h"
#include "api/pastday.h"
#include "api/previews.h"
#include "api/routes.h"
#include "api/ruleasked.h"
#include "api/rulepreview.h"
#include "engine/audit.h"
#include "engine/engine.h"
#include "engine/kills.h"
#include "engine/nevers.h"
#include "engine/rulebook.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/clock.h"
#include "util/hash.h"
#include "util/jsonin.h"

/* A session's token is of no use to another one, nor to who has another bearer's token. */
uint64_t fb_act_asker(const struct fb_request *req)
{
	const char *bearer = fb_request_header(req, MHD_HTTP_HEADER_AUTHORIZATION);

	return bearer ? fb_hash(bearer, strlen(bearer), req->source) : req->source;
}

/* --- what it would be ------------------------------------------------------------------------- */

/* False after answering. */
static bool read_which(struct fb_request *req, struct fb_jsonin *in, int64_t now_ms,
		       struct fb_params *ret_spec)
{
	struct fb_params_texts texts = {.columns_from = "fields", .now_ms = now_ms};
	const struct {
		const char *key, **text;
	} members[] = {
		{"filter", &texts.filter}, {"q", &texts.q},	    {"live", &texts.live},
		{"scope", &texts.scope},   {"proto", &texts.proto}, {"state", &texts.state},
		{"ip", &texts.ip},	   {"port", &texts.port},   {"name", &texts.name},
		{"iface", &texts.iface},   {"since", &texts.since}, {"until", &texts.until},
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		fb_jsonin_str(in, members[i].key, members[i].text);
	return fb_reply_check_json(req, in) && fb_params_take(req, &texts, ret_spec);
}

static bool find_kind(const char *verb, enum fb_act_kind *ret_kind)
{
	static const enum fb_act_kind kinds[] = {FB_ACT_FORGET_MANY, FB_ACT_KILL_MANY};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		*ret_kind = kinds[i];
		if (!strcmp(fb_act_name(kinds[i]), verb))
			return true;
	}
	return false;
}

static bool read_preview(struct fb_request *req, struct fb_jsonin *in, int64_t now_ms,
			 struct fb_flowset *set)
{
	static const char *const known[] = {"act",   "verb",  "filter", "q",	 "live",
					    "scope", "proto", "state",	"ip",	 "port",
					    "name",  "iface", "since",	"until", NULL};
	const char *verb = "";

	fb_jsonin_only(in, known);
	fb_jsonin_str(in, "verb", &verb);
	if (!find_kind(verb, &set->kind))
		fb_jsonin_fail(in, "verb", "is forget or kill");
	return read_which(req, in, now_ms, &set->spec);
}

static int write_preview(struct fb_request *req, struct fb_snapshot *snapshot,
			 struct fb_flowset *set, const char *about, const char *token)
{
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_str(json, "token", token);
	fb_json_kv_u64(json, "seconds", FB_PREVIEW_SECONDS);
	fb_json_kv_str(json, "verb", fb_act_name(set->kind));
	fb_json_kv_str(json, "target", about);
	fb_json_kv_u64(json, "matched", set->matched);
	fb_json_kv_u64(json, "entries", set->entries);
	fb_flowset_write_left_out(json, set);
	if (fb_flowset_write_sample(set, snapshot, true, json))
		return -ENOMEM;
	fb_pastday_write(json, req->waited);
	fb_json_end(json, '}');
	return 0;
}

/* A token for what was counted, which is put on record; 0 or -errno. */
static int keep(struct fb_request *req, const struct fb_flowset *set, const struct fb_actor *actor,
		const struct fb_snapshot *snapshot, char about[static FB_ACT_TARGET],
		char token[static FB_PREVIEW_TOKEN])
{
	const struct fb_api *api = req->ctx;
	struct fb_act act = {.kind = set->kind,
			     .actor = *actor,
			     .dry_run = true,
			     .shown = {.is = true, .flows = set->matched, .entries = set->entries},
			     .target.many = fb_flowset_list(set, snapshot)};
	int r = 0;

	if (!act.target.many)
		return -ENOMEM;
	snprintf(about, FB_ACT_TARGET, "%s", act.target.many->about);
	if (set->kind == FB_ACT_KILL_MANY && set->entries > FB_KILL_MANY)
		r = -EOVERFLOW;
	else if (set->entries)
		r = fb_previews_keep(api->previews, fb_act_asker(req), &act, fb_monotonic_ns(),
				     token);
	fb_engine_record(api->engine, &act, about, r);
	fb_act_drop(&act);
	return r;
}

static int preview(struct fb_request *req, struct fb_snapshot *snapshot, struct fb_flowset *set)
{
	const struct fb_api *api = req->ctx;
	char about[FB_ACT_TARGET], token[FB_PREVIEW_TOKEN] = "";
	struct fb_actor actor;
	int r;

	fb_actor_of(req, &actor);
	if (set->kind == FB_ACT_KILL_MANY) {
		set->never.asker = actor.asker;
		fb_nevers_collect(fb_engine_nevers(api->engine), &set->never);
	}
	fb_flowset_count(set, snapshot);
	r = keep(req, set, &actor, snapshot, about, token);
	if (r == -EOVERFLOW)
		fb_reply_problem(req, 409, "too-many-match",
				 "flows that it would be about: %u, at most %u at once: narrow it "
				 "down",
				 set->entries,
				 set->kind == FB_ACT_KILL_MANY ? FB_KILL_MANY : FB_PREVIEWS_FLOWS);
	if (r < 0)
		return r == -EOVERFLOW ? 0 : r;
	return write_preview(req, snapshot, set, about, *token ? token : NULL);
}

static int preview_rule(struct fb_request *req, struct fb_jsonin *in)
{
	static const char *const known[] = {"act", "verb", FB_RULEASKED_MEMBERS, NULL};
	struct fb_act act = {.kind = FB_ACT_RULE_ADD, .dry_run = true};

	fb_jsonin_only(in, known);
	fb_ruleasked_read(in, &act);
	return fb_reply_check_json(req, in) ? fb_rulepreview(req, &act, true) : 0;
}

int fb_api_act_preview(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(api->engine);
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct fb_flowset set = {.matched = 0};
	const char *act = "flows";
	int r = 0;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return 0;
	if (fb_jsonin_str(in, "act", &act) && strcmp(act, "flows") != 0 && strcmp(act, "rule") != 0)
		fb_jsonin_fail(in, "act", "is flows or rule");
	if (!strcmp(act, "rule"))
		return preview_rule(req, in);
	if (read_preview(req, in, snapshot->wall_ms, &set) &&
	    (req->waited || !fb_pastday_ask(req, set.spec.query.filter, set.spec.query.scope)))
		r = preview(req, snapshot, &set);
	fb_params_fini(&set.spec);
	return r;
}

/* --- it --------------------------------------------------------------------------------------- */

static bool read_act(struct fb_request *req, struct fb_jsonin **ret_in, const char **ret_token,
		     char reason[static FB_ACT_REASON + 1])
{
	static const char *const known[] = {"token", "reason", NULL};

	if (!fb_reply_read_json(req, req->body.data, req->body.len, ret_in))
		return false;
	fb_jsonin_only(*ret_in, known);
	if (!fb_jsonin_str(*ret_in, "token", ret_token))
		fb_jsonin_fail(*ret_in, "token", "is missing: POST /api/v1/acts/preview gives one");
	fb_act_read_reason(*ret_in, reason);
	return fb_reply_check_json(req, *ret_in);
}

static void answer_rule(struct fb_request *req, const struct fb_act *act, uint32_t id)
{
	const struct fb_api *api = req->ctx;
	struct fb_json *json = fb_reply_json(req);
	uint32_t flows;

	fb_json_object(json);
	fb_json_kv_u64(json, "id", id);
	fb_json_key(json, "flows");
	if (fb_rulebook_met(fb_engine_rules(api->engine), id, &flows) == 0)
		fb_json_u64(json, flows);
	else
		fb_json_null(json);
	fb_rule_write_made(req, json, act);
	fb_json_end(json, '}');
}

static void answer(struct fb_request *req, const struct fb_forget *forget)
{
	struct fb_json *json = fb_reply_json(req);

	if (!forget->ended)
		req->reply.status = 202;
	fb_json_object(json);
	fb_json_kv_u64(json, "deletion", forget->number);
	fb_flowset_write_counts(json, forget->matched, forget->n, forget);
	fb_json_end(json, '}');
}

int fb_api_act(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	const char *token = "";
	char reason[FB_ACT_REASON + 1];
	struct fb_act act;
	int r;

	if (!read_act(req, &in, &token, reason))
		return 0;
	if (fb_previews_take(api->previews, fb_act_asker(req), token, fb_monotonic_ns(), false,
			     &act) < 0) {
		fb_reply_problem(req, 410, "preview-gone",
				 "this preview is used, older than %d s, or another's: look again",
				 FB_PREVIEW_SECONDS);
		return 0;
	}
	act.dry_run = false;
	if (*reason || act.kind != FB_ACT_RULE_ADD)
		snprintf(act.reason, sizeof(act.reason), "%s", reason);
	fb_actor_of(req, &act.actor);
	r = fb_engine_act(api->engine, &act);
	if (act.kind == FB_ACT_RULE_ADD && r > 0)
		answer_rule(req, &act, (uint32_t)r);
	else if (act.kind == FB_ACT_RULE_ADD)
		fb_rule_failed(req, r);
	else if (r >= 0 || r == -EINPROGRESS)
		answer(req, act.target.many);
	else
		fb_act_failed(req, r);
	fb_act_drop(&act);
	return 0;
}
