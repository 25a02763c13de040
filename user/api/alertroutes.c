/* SPDX-License-Identifier: BSD-2-Clause */
/* Alerts, their rules, silences, and whom they are told to. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/acts.h"
#include "api/alertasked.h"
#include "api/api.h"
#include "api/routes.h"
#include "engine/alertbook.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/cleanup.h"
#include "util/jsonin.h"

#define SILENCE_MOST 31536000

static void write_moment(struct fb_json *json, const char *key, int64_t ms)
{
	fb_json_key(json, key);
	if (ms)
		fb_json_time(json, ms);
	else
		fb_json_null(json);
}

static void write_text(struct fb_json *json, const char *key, const char *text)
{
	fb_json_kv_str(json, key, *text ? text : NULL);
}

/* --- alerts ----------------------------------------------------------------------------------- */

static void write_alert(struct fb_json *json, const struct fb_alert *alert)
{
	fb_json_object(json);
	fb_json_key(json, "id");
	fb_json_strf(json, "%016" PRIx64, alert->id);
	fb_json_kv_str(json, "rule", alert->rule);
	write_text(json, "key", alert->key);
	fb_json_kv_str(json, "state", fb_alert_state_name(alert->state));
	fb_json_kv_str(json, "severity", fb_severity_name(alert->severity));
	fb_json_kv_str(json, "sentence", alert->sentence);
	fb_json_kv_time(json, "since", alert->since_ms);
	write_moment(json, "ended", alert->ended_ms);
	fb_json_kv_bool(json, "told", alert->told_ns != 0);
	fb_json_kv_str(json, "silent", alert->state == FB_ALERT_RESOLVED ? NULL : alert->silent);
	fb_json_end(json, '}');
}

static void write_silence(struct fb_json *json, const struct fb_alert_silence *silence)
{
	fb_json_object(json);
	write_text(json, "rule", silence->rule);
	write_text(json, "key", silence->key);
	fb_json_kv_time(json, "until", silence->until_ms);
	fb_json_kv_str(json, "by", silence->by);
	fb_json_kv_str(json, "reason", silence->reason);
	fb_json_end(json, '}');
}

static void write_sender(struct fb_json *json, const struct fb_courier_state *state)
{
	fb_json_object(json);
	fb_json_kv_str(json, "name", state->name);
	fb_json_kv_str(json, "kind", state->kind);
	fb_json_kv_u64(json, "waiting", state->waiting);
#define X(name, loss, help) fb_json_kv_u64(json, #name, state->counters.name);
	FB_COURIER_COUNTERS(X)
#undef X
	write_text(json, "error", state->error);
	write_moment(json, "error_since", *state->error ? state->error_ms : 0);
	fb_json_end(json, '}');
}

/* What fires first, the worst of it, then what may, then what did. */
static int rank(const struct fb_alert *alert)
{
	static const int states[] = {
		[FB_ALERT_FIRING] = 0, [FB_ALERT_PENDING] = 1, [FB_ALERT_RESOLVED] = 2};

	return states[alert->state] * FB_SEVERITIES + (FB_SEVERITIES - 1 - (int)alert->severity);
}

static void write_alerts(struct fb_json *json, const struct fb_alertlife *life)
{
	fb_json_kv_array(json, "items");
	for (int wanted = 0; wanted < FB_ALERT_STATES * FB_SEVERITIES; wanted++)
		for (unsigned int i = 0; i < life->n; i++)
			if (rank(&life->alert[i]) == wanted)
				write_alert(json, &life->alert[i]);
	fb_json_end(json, ']');
	fb_json_kv_array(json, "silences");
	for (unsigned int i = 0; i < life->n_silences; i++)
		write_silence(json, &life->silence[i]);
	fb_json_end(json, ']');
}

int fb_api_alerts(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_alertbook *book = fb_engine_alerts(api->engine);
	_cleanup_free_ struct fb_alertlife *life = fb_alertbook_copy(book);
	struct fb_courier_state states[FB_SENDERS];
	const unsigned int n = fb_courier_states(book->courier, states);
	struct fb_json *json;

	if (!life)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	write_alerts(json, life);
	fb_json_kv_array(json, "senders");
	for (unsigned int i = 0; i < n; i++)
		write_sender(json, &states[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}

/* --- rules ------------------------------------------------------------------------------------ */

static uint64_t count(const struct fb_alertlife *life, const struct fb_alert_rule *rule,
		      enum fb_alert_state state)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < life->n; i++)
		n += life->alert[i].state == state && !strcmp(life->alert[i].rule, rule->name);
	return n;
}

static void write_rule(struct fb_json *json, const struct fb_alert_rule *rule,
		       const struct fb_alertlife *life)
{
	fb_json_object(json);
	fb_json_kv_str(json, "name", rule->name);
	fb_json_kv_str(json, "text", rule->text);
	fb_alert_asked_write(json, rule->name, rule->text);
	fb_json_kv_str(json, "source", fb_alert_source_name(rule->source));
	fb_json_kv_str(json, "measure", fb_alert_measures[rule->measure].name);
	fb_json_kv_str(json, "help", fb_alert_measures[rule->measure].help);
	fb_json_kv_str(json, "severity", fb_severity_name(rule->severity));
	fb_json_kv_u64(json, "for_s", rule->for_s);
	fb_json_kv_u64(json, "window_s", rule->window_s);
	fb_json_kv_u64(json, "repeat_s", rule->repeat_s);
	fb_json_kv_str(json, "by", rule->by ? rule->by->name : NULL);
	write_text(json, "unless", rule->unless);
	fb_json_kv_u64(json, "firing", count(life, rule, FB_ALERT_FIRING));
	fb_json_kv_u64(json, "pending", count(life, rule, FB_ALERT_PENDING));
	fb_json_end(json, '}');
}

/* One that is not in force: by whom, or why. */
static void write_off(struct fb_json *json, const struct fb_alert_off *off)
{
	fb_json_object(json);
	fb_json_kv_str(json, "name", off->name);
	fb_json_kv_str(json, "text", off->text);
	fb_alert_asked_write(json, off->name, off->text);
	fb_json_kv_str(json, "source", fb_alert_source_name(off->source));
	fb_json_kv_str(json, "by", off->error ? NULL : fb_alert_source_name(off->by));
	fb_json_kv_str(json, "error", off->error ? off->why.text : NULL);
	fb_json_end(json, '}');
}

/* What a form offers. */
static void write_measures(struct fb_json *json)
{
	static const char *const units[] = {
		[FB_ALERT_UNIT_NONE] = NULL,	     [FB_ALERT_UNIT_RATE] = "rate",
		[FB_ALERT_UNIT_BYTES] = "bytes",     [FB_ALERT_UNIT_COUNT] = "count",
		[FB_ALERT_UNIT_SECONDS] = "seconds", [FB_ALERT_UNIT_MS] = "ms",
		[FB_ALERT_UNIT_PERCENT] = "percent"};

	fb_json_kv_array(json, "measures");
	for (unsigned int i = 0; i < FB_ALERT_MEASURE_COUNT; i++) {
		const struct fb_alert_measure_info *info = &fb_alert_measures[i];

		fb_json_object(json);
		fb_json_kv_str(json, "name", info->name);
		fb_json_kv_bool(json, "flows", info->of == FB_ALERT_OF_FLOWS);
		fb_json_kv_str(json, "unit", units[info->unit]);
		fb_json_kv_str(json, "help", info->help);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

int fb_api_alert_rules(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_alertbook *book = fb_engine_alerts(api->engine);
	_cleanup_free_ struct fb_alertlife *life = fb_alertbook_copy(book);
	_cleanup_free_ struct fb_alert_rules *rules = malloc(sizeof(*rules));
	struct fb_json *json;

	if (!life || !rules)
		return -ENOMEM;
	fb_alertbook_rules(book, rules);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < rules->n; i++)
		write_rule(json, &rules->rule[i], life);
	fb_json_end(json, ']');
	fb_json_kv_array(json, "off");
	for (unsigned int i = 0; i < rules->n_off; i++)
		write_off(json, &rules->off[i]);
	fb_json_end(json, ']');
	write_measures(json);
	fb_json_end(json, '}');
	return 0;
}

/* --- acts ------------------------------------------------------------------------------------- */

static void failed(struct fb_request *req, int error)
{
	if (error == -ENODATA)
		fb_reply_problem(req, 404, "no-such-alert",
				 "there is no such silence, rule or sender");
	else if (error == -ENOSPC)
		fb_reply_problem(req, 503, "too-many-silences",
				 "there are %d silences, and no room", FB_ALERT_SILENCES);
	else
		fb_act_failed(req, error);
}

static void read_name(struct fb_jsonin *in, const char *key, char *to, size_t size)
{
	const char *text = "";

	if (fb_jsonin_str(in, key, &text) && strlen(text) >= size)
		fb_jsonin_fail(in, key, "is too long");
	snprintf(to, size, "%s", text);
}

static bool take_silence(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {"rule", "key", "seconds", "reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	uint64_t seconds = 0;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	read_name(in, "rule", act->target.silence.rule, sizeof(act->target.silence.rule));
	read_name(in, "key", act->target.silence.key, sizeof(act->target.silence.key));
	if (!fb_jsonin_u64(in, "seconds", 0, SILENCE_MOST, &seconds))
		fb_jsonin_fail(in, "seconds", "is missing: for how long, 0 to end it");
	act->target.silence.seconds = (uint32_t)seconds;
	fb_act_read_reason(in, act->reason);
	return fb_reply_check_json(req, in);
}

int fb_api_alert_silence(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_alert_rules *rules = malloc(sizeof(*rules));
	struct fb_act act = {.kind = FB_ACT_ALERT_SILENCE};
	const char *rule = act.target.silence.rule;

	if (!rules)
		return -ENOMEM;
	if (!take_silence(req, &act))
		return 0;
	fb_alertbook_rules(fb_engine_alerts(api->engine), rules);
	if (*rule && !fb_alert_rules_find(rules, rule))
		failed(req, -ENODATA);
	else
		fb_act_perform(req, &act, NULL, failed);
	return 0;
}

int fb_api_alert_test(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_ALERT_TEST};

	if (strlen(req->path_args[0]) >= sizeof(act.target.sender)) {
		failed(req, -ENODATA);
		return 0;
	}
	snprintf(act.target.sender, sizeof(act.target.sender), "%s", req->path_args[0]);
	fb_act_perform(req, &act, "queued", failed);
	return 0;
}
