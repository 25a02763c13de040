/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be done with nobody who asks: shown, looked at before it is switched on, and off. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/previews.h"
#include "api/routes.h"
#include "engine/automationbook.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/jsonin.h"

#define SHOWN 100 /* acts, the newest ones; of a preview, all */

/* --- written ---------------------------------------------------------------------------------- */

static void write_addr(struct fb_json *json, const char *key, const struct fb_incident_addr *addr)
{
	char text[FB_ADDR_STRLEN];

	fb_json_kv_str(json, key, fb_addr_format(addr->addr, addr->family, text));
}

static void write_u64_or_null(struct fb_json *json, const char *key, uint64_t number)
{
	fb_json_key(json, key);
	if (number)
		fb_json_u64(json, number);
	else
		fb_json_null(json);
}

/* Why it was not done, or would not have been; null: it was, or would. */
static void write_refused(struct fb_json *json, int32_t result)
{
	static const struct {
		int error;
		const char *why, *text;
	} whys[] = {
		{-EEXIST, "THERE", "said by a rule already"},
		{-ESHUTDOWN, "PANIC", "without effect: all verdicts are off"},
		{-ENOSPC, "ROOM", "one more than the rules that can be"},
	};
	const unsigned int never =
		result < -FB_ACT_REFUSED ? (unsigned int)(-result - FB_ACT_REFUSED) : 0;
	const char *why = never ? fb_never_name(never) : "FAILED";
	const char *text = never ? fb_never_text(never) : "not possible here; the log says why";

	fb_json_key(json, "refused");
	if (result >= 0) {
		fb_json_null(json);
		return;
	}
	for (size_t i = 0; i < sizeof(whys) / sizeof(*whys); i++)
		if (whys[i].error == result) {
			why = whys[i].why;
			text = whys[i].text;
		}
	fb_json_object(json);
	fb_json_kv_str(json, "why", why);
	fb_json_kv_str(json, "text", text);
	fb_json_end(json, '}');
}

static void write_entry(struct fb_json *json, const struct fb_automation_entry *entry)
{
	const struct fb_automation_call *call = &entry->call;
	char what[FB_RULE_WHAT + 1];

	fb_automation_what(call, what);
	fb_json_object(json);
	fb_json_kv_time(json, "time", call->time_ms);
	fb_json_kv_str(json, "kind", fb_judge_kind_name(call->kind));
	fb_json_kv_str(json, "direction", fb_scope_name(call->scope));
	write_addr(json, "host", &call->host);
	fb_json_key(json, "incident");
	fb_json_strf(json, "%016" PRIx64, call->incident);
	fb_json_kv_str(json, "sentence", call->sentence);
	fb_json_kv_str(json, "verb", fb_rule_verb_name(fb_automation_verb(call)));
	fb_json_kv_str(json, "what", what);
	fb_json_kv_u64(json, "seconds", entry->seconds);
	fb_json_kv_u64(json, "confirm", fb_automation_confirm(call));
	fb_json_kv_bool(json, "on", entry->on);
	write_u64_or_null(json, "rule", entry->result > 0 ? (uint64_t)entry->result : 0);
	write_refused(json, entry->result);
	fb_json_end(json, '}');
}

static void write_switch(struct fb_json *json, const struct fb_automation_told *told,
			 unsigned int kind, unsigned int scope)
{
	const uint32_t seconds = told->switches.seconds[kind][scope];

	fb_json_object(json);
	fb_json_kv_str(json, "kind", fb_judge_kind_name(kind));
	fb_json_kv_str(json, "direction", fb_scope_name(scope));
	fb_json_kv_str(json, "acts", fb_may_act_name(fb_may_act_of(kind)));
	fb_json_kv_bool(json, "on", seconds > 0);
	write_u64_or_null(json, "seconds", seconds);
	fb_json_end(json, '}');
}

static void write_switches(struct fb_json *json, const struct fb_automation_told *told)
{
	fb_json_kv_array(json, "switches");
	for (unsigned int kind = 0; kind < FB_KIND_COUNT; kind++)
		for (unsigned int scope = FB_AUTOMATION_SCOPES; scope-- && fb_may_act_of(kind);)
			write_switch(json, told, kind, scope);
	fb_json_end(json, ']');
}

static void write_budget(struct fb_json *json, const struct fb_automation_told *told)
{
	const struct {
		const char *key;
		unsigned int used, max;
	} of[] = {
		{"blocks_minute", told->used[0], FB_AUTOMATION_MINUTE},
		{"limits_minute", told->used[1], FB_AUTOMATION_MINUTE},
		{"rules", told->beside.all, FB_AUTOMATION_ALL},
		{"rules_open", told->beside.open, FB_AUTOMATION_OPEN},
	};

	fb_json_kv_object(json, "budget");
	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
		fb_json_kv_object(json, of[i].key);
		fb_json_kv_u64(json, "used", of[i].used);
		fb_json_kv_u64(json, "max", of[i].max);
		fb_json_end(json, '}');
	}
	fb_json_end(json, '}');
}

static void write_counters(struct fb_json *json, const struct fb_automation_counters *counters)
{
	fb_json_kv_object(json, "counters");
#define X(name, loss, help) fb_json_kv_u64(json, &#name[sizeof("automation")], counters->name);
	FB_AUTOMATION_COUNTERS(X)
#undef X
	fb_json_end(json, '}');
}

/* Whether there is anybody to be sure. */
static void write_judge(struct fb_json *json, const struct fb_status *status)
{
	fb_json_kv_bool(json, "judged", status->judge.on);
	fb_json_kv_bool(json, "abstains", status->judge.abstains);
	fb_json_kv_bool(json, "panic", status->panic);
}

static void write_entries(struct fb_json *json, const struct fb_automation_entry *list,
			  unsigned int n)
{
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++)
		write_entry(json, &list[i]);
	fb_json_end(json, ']');
}

int fb_api_automation(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_automationbook *book = fb_engine_automation(api->engine);
	_cleanup_free_ struct fb_automation_entry *list = calloc(SHOWN, sizeof(*list));
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));
	const struct fb_automation_ask all = {.kind = -1, .scope = -1};
	struct fb_automation_told told;
	struct fb_json *json;
	unsigned int n;

	if (!list || !status)
		return -ENOMEM;
	fb_engine_status(api->engine, status);
	fb_automationbook_tell(book, &told);
	n = fb_automationbook_list(book, &all, list, SHOWN);
	json = fb_reply_json(req);
	fb_json_object(json);
	write_switches(json, &told);
	write_judge(json, status);
	write_budget(json, &told);
	write_counters(json, &told.counters);
	write_entries(json, list, n < SHOWN ? n : SHOWN);
	fb_json_kv_u64(json, "total", n);
	fb_json_end(json, '}');
	return 0;
}

/* --- read ------------------------------------------------------------------------------------- */

/* False: there is no such switch. */
static bool read_switch(const char *kind, const char *direction, struct fb_act *act)
{
	const int number = fb_judge_kind_of(kind);

	if (number < 0 || !fb_may_act_of((unsigned int)number))
		return false;
	act->target.automation.kind = (uint8_t)number;
	for (uint8_t scope = 0; scope < FB_AUTOMATION_SCOPES; scope++)
		if (!strcmp(direction, fb_scope_name(scope))) {
			act->target.automation.scope = scope;
			return true;
		}
	return false;
}

static bool read_path(struct fb_request *req, struct fb_act *act)
{
	if (read_switch(req->path_args[0], req->path_args[1], act))
		return true;
	fb_reply_problem(req, 404, "no-such-switch",
			 "there is no such kind and direction: GET /api/v1/automation lists them");
	return false;
}

/* --- before it is on -------------------------------------------------------------------------- */

static bool read_preview(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {"kind", "direction", "for", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	const char *kind = "", *direction = "";
	uint64_t seconds = FB_AUTOMATION_DEFAULT;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	fb_jsonin_str(in, "kind", &kind);
	fb_jsonin_str(in, "direction", &direction);
	fb_jsonin_u64(in, "for", 1, FB_AUTOMATION_LONGEST, &seconds);
	if (!read_switch(kind, direction, act))
		fb_jsonin_fail(in, "kind",
			       "is scan, brute, flood or list, with a direction of "
			       "external-internal or internal-external");
	act->target.automation.seconds = (uint32_t)seconds;
	return fb_reply_check_json(req, in);
}

static void write_sums(struct fb_json *json, const struct fb_automation_entry *list, unsigned int n)
{
	unsigned int blocks = 0, limits = 0;

	for (unsigned int i = 0; i < n; i++) {
		const bool block = fb_automation_verb(&list[i].call) == FB_RULE_BLOCK;

		blocks += list[i].result >= 0 && block;
		limits += list[i].result >= 0 && !block;
	}
	fb_json_kv_u64(json, "blocks", blocks);
	fb_json_kv_u64(json, "limits", limits);
	fb_json_kv_u64(json, "refused", n - blocks - limits);
}

static void write_preview(struct fb_request *req, const struct fb_act *act, const char *token,
			  const struct fb_automation_entry *list, unsigned int n)
{
	const uint8_t kind = act->target.automation.kind;
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_str(json, "token", token);
	fb_json_kv_time(json, "expires", fb_wall_ms() + FB_PREVIEW_SECONDS * 1000ll);
	fb_json_kv_str(json, "kind", fb_judge_kind_name(kind));
	fb_json_kv_str(json, "direction", fb_scope_name(act->target.automation.scope));
	fb_json_kv_str(json, "acts", fb_may_act_name(fb_may_act_of(kind)));
	fb_json_kv_u64(json, "seconds", act->target.automation.seconds);
	write_sums(json, list, n);
	write_entries(json, list, n);
	fb_json_end(json, '}');
}

int fb_api_automation_preview(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_automation_entry *list =
		calloc(2 * FB_AUTOMATION_KEPT, sizeof(*list));
	struct fb_act act = {.kind = FB_ACT_AUTOMATE, .dry_run = true};
	struct fb_automation_ask ask = {.since_ms = fb_wall_ms() - FB_AUTOMATION_DAY_MS};
	char token[FB_PREVIEW_TOKEN];
	unsigned int n;
	int r;

	if (!list)
		return -ENOMEM;
	if (!read_preview(req, &act))
		return 0;
	ask.kind = act.target.automation.kind;
	ask.scope = act.target.automation.scope;
	n = fb_automationbook_list(fb_engine_automation(api->engine), &ask, list,
				   2 * FB_AUTOMATION_KEPT);
	fb_actor_of(req, &act.actor);
	act.shown = (struct fb_act_shown){.is = true, .flows = n, .entries = n};
	r = fb_engine_act(api->engine, &act);
	if (r < 0) {
		fb_act_failed(req, r);
		return 0;
	}
	r = fb_previews_keep(api->previews, fb_act_asker(req), &act, fb_monotonic_ns(), token);
	if (r == 0)
		write_preview(req, &act, token, list, n);
	return r;
}

/* --- on, and off ------------------------------------------------------------------------------ */

static bool read_token(struct fb_request *req, struct fb_jsonin **ret_in, const char **ret_token,
		       struct fb_act *act)
{
	static const char *const known[] = {"token", "reason", NULL};

	if (!fb_reply_read_json(req, req->body.data, req->body.len, ret_in))
		return false;
	fb_jsonin_only(*ret_in, known);
	if (!fb_jsonin_str(*ret_in, "token", ret_token))
		fb_jsonin_fail(*ret_in, "token",
			       "is missing: POST /api/v1/automation/preview gives one");
	fb_act_read_reason(*ret_in, act->reason);
	return fb_reply_check_json(req, *ret_in);
}

/* What was shown, and no other switch. */
static bool take_shown(struct fb_request *req, const char *token, struct fb_act *act)
{
	const struct fb_api *api = req->ctx;
	struct fb_act shown;

	if (fb_previews_take(api->previews, fb_act_asker(req), token, fb_monotonic_ns(), true,
			     &shown) == 0 &&
	    shown.target.automation.kind == act->target.automation.kind &&
	    shown.target.automation.scope == act->target.automation.scope) {
		act->target.automation = shown.target.automation;
		act->shown = shown.shown;
		return true;
	}
	fb_reply_problem(req, 410, "preview-gone",
			 "this preview is used, older than %d s, of another switch or another's: "
			 "look again",
			 FB_PREVIEW_SECONDS);
	return false;
}

int fb_api_automation_put(struct fb_request *req)
{
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct fb_act act = {.kind = FB_ACT_AUTOMATE};
	const char *token = "";

	if (read_path(req, &act) && read_token(req, &in, &token, &act) &&
	    take_shown(req, token, &act))
		fb_act_perform(req, &act, NULL, fb_act_failed);
	return 0;
}

int fb_api_automation_delete(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_AUTOMATE};

	if (read_path(req, &act))
		fb_act_perform(req, &act, NULL, fb_act_failed);
	return 0;
}
