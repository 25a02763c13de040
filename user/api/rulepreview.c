/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/rulepreview.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/pastday.h"
#include "api/previews.h"
#include "engine/engine.h"
#include "engine/nevers.h"
#include "engine/rulebook.h"
#include "format/object.h"
#include "http/reply.h"
#include "policy/ruleeffect.h"
#include "store/pastpool.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* --- the answer ------------------------------------------------------------------------------- */

static void write_left_out(struct fb_json *json, const char *why, const char *text, uint64_t flows)
{
	if (!flows)
		return;
	fb_json_object(json);
	fb_json_kv_str(json, "why", why);
	fb_json_kv_str(json, "text", text);
	fb_json_kv_u64(json, "flows", flows);
	fb_json_end(json, '}');
}

static void write_effect(struct fb_json *json, const struct fb_rule_effect *effect,
			 const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at;

	fb_json_kv_u64(json, "flows", effect->flows);
	fb_json_kv_u64(json, "hosts", effect->hosts);
	fb_json_kv_u64(json, "bytes", effect->bytes);
	fb_json_kv_u64(json, "rate", effect->rate);
	fb_json_kv_bool(json, "touches_inside", effect->touches_inside);
	fb_json_kv_array(json, "protected");
	for (unsigned int why = 1; why < FB_NEVER_COUNT; why++)
		write_left_out(json, fb_never_name(why), fb_never_text(why), effect->left_out[why]);
	write_left_out(json, "ALLOWED", "allowed by a rule", effect->excepted);
	fb_json_end(json, ']');
	fb_json_kv_array(json, "examples");
	for (unsigned int i = 0; i < effect->n_examples; i++)
		if (fb_snapshot_at(snapshot, effect->example[i], &at))
			fb_flow_write_json(json, &at);
	fb_json_end(json, ']');
}

static void write_refused(struct fb_json *json, int r)
{
	const unsigned int never = r < -FB_ACT_REFUSED ? (unsigned int)(-r - FB_ACT_REFUSED) : 0;

	fb_json_key(json, "refused");
	if (!never) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	fb_json_kv_str(json, "why", fb_never_name(never));
	fb_json_kv_str(json, "text", fb_never_text(never));
	fb_json_end(json, '}');
}

static void write_token(struct fb_json *json, const char *token)
{
	fb_json_kv_str(json, "token", token);
	fb_json_key(json, "expires");
	if (token)
		fb_json_time(json, fb_wall_ms() + FB_PREVIEW_SECONDS * 1000ll);
	else
		fb_json_null(json);
}

/* --- the whole -------------------------------------------------------------------------------- */

static int count(struct fb_request *req, const struct fb_rule *rule, const struct fb_act *act,
		 const struct fb_snapshot *snapshot, struct fb_rule_effect *ret_effect)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_filter **exceptions = calloc(FB_RULES_OPEN, sizeof(*exceptions));
	struct fb_never_facts facts = {.asker = act->actor.asker};
	struct fb_rule_ask ask = {.rule = rule, .exceptions = exceptions, .facts = &facts};
	int r;

	if (!exceptions)
		return -ENOMEM;
	fb_nevers_collect(fb_engine_nevers(api->engine), &facts);
	r = fb_rulebook_exceptions(fb_engine_rules(api->engine), exceptions, &ask.n_exceptions);
	if (r == 0)
		r = fb_rule_effect_count(&ask, snapshot, ret_effect);
	for (unsigned int i = 0; i < ask.n_exceptions; i++)
		fb_filter_free(exceptions[i]);
	return r;
}

static void take_care(struct fb_act *act, const struct fb_rule_effect *effect)
{
	if (act->target.rule.careful && effect->touches_inside)
		act->target.rule.confirm = FB_RULE_CONFIRM;
}

static void note_shown(struct fb_act *act, const struct fb_rule_effect *effect,
		       const struct fb_past_job *job)
{
	uint64_t all = effect->flows + effect->excepted;

	for (unsigned int why = 0; why < FB_NEVER_COUNT; why++)
		all += effect->left_out[why];
	act->shown = (struct fb_act_shown){
		.is = true,
		.flows = all,
		.entries = effect->flows,
		.summed = true,
		.hosts = effect->hosts,
		.bytes = effect->bytes,
		.past = !fb_pastday_lack(job),
	};
	if (act->shown.past)
		act->shown.past_flows = job->answer.matched;
}

static int answer(struct fb_request *req, const struct fb_act *act,
		  const struct fb_rule_effect *effect, const struct fb_snapshot *snapshot,
		  const char *token, int refused)
{
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	write_token(json, token);
	fb_json_kv_str(json, "verb", fb_rule_verb_name(act->target.rule.verb));
	fb_json_kv_str(json, "what", act->target.rule.what);
	fb_rule_write_confirm(json, act);
	write_effect(json, effect, snapshot);
	fb_pastday_write(json, req->waited);
	write_refused(json, refused);
	fb_json_end(json, '}');
	return 0;
}

/* By the door, which says whether it may be, and puts on record that it was looked at. */
static int show(struct fb_request *req, struct fb_act *act, const struct fb_rule *rule,
		bool with_token)
{
	const struct fb_api *api = req->ctx;
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(api->engine);
	char token[FB_PREVIEW_TOKEN] = "";
	struct fb_rule_effect effect;
	int r = count(req, rule, act, snapshot, &effect), refused;

	if (r < 0)
		return r;
	take_care(act, &effect);
	note_shown(act, &effect, req->waited);
	refused = fb_engine_act(api->engine, act);
	if (refused < 0 && refused > -FB_ACT_REFUSED) {
		fb_rule_failed(req, refused);
		return 0;
	}
	if (with_token && refused == 0)
		r = fb_previews_keep(api->previews, fb_act_asker(req), act, fb_monotonic_ns(),
				     token);
	return r < 0 ? r : answer(req, act, &effect, snapshot, *token ? token : NULL, refused);
}

static int compile(const struct fb_act *act, struct fb_rule *ret_rule)
{
	char why[200];

	*ret_rule = (struct fb_rule){.verb = act->target.rule.verb};
	snprintf(ret_rule->what, sizeof(ret_rule->what), "%s", act->target.rule.what);
	return fb_rule_compile(ret_rule, why, sizeof(why));
}

int fb_rulepreview(struct fb_request *req, struct fb_act *act, bool token)
{
	struct fb_rule rule;
	int r = compile(act, &rule);

	if (r < 0)
		return r;
	fb_actor_of(req, &act->actor);
	if (req->waited || !fb_pastday_ask(req, rule.filter, FB_SCOPE_COUNT))
		r = show(req, act, &rule, token);
	fb_filter_free(rule.filter);
	return r;
}

int fb_rulepreview_care(struct fb_request *req, struct fb_act *act)
{
	const struct fb_api *api = req->ctx;
	_cleanup_snapshot_ struct fb_snapshot *snapshot = NULL;
	struct fb_rule_effect effect;
	struct fb_rule rule;
	int r;

	if (!act->target.rule.careful || act->target.rule.verb == FB_RULE_ALLOW)
		return 0;
	r = compile(act, &rule);
	if (r < 0)
		return r;
	snapshot = fb_engine_snapshot(api->engine);
	fb_actor_of(req, &act->actor);
	r = count(req, &rule, act, snapshot, &effect);
	fb_filter_free(rule.filter);
	if (r == 0)
		take_care(act, &effect);
	return r;
}
