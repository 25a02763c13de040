/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules of alerts that are made, changed, taken back and switched; and whether one parses. */
#include <errno.h>
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

static const struct {
	int error;
	unsigned int status;
	const char *code, *detail;
} failures[] = {
	{-ENODATA, 404, "no-such-alert-rule", "there is no rule of alerts of that name"},
	{-EEXIST, 409, "alert-rule-exists", "there is a rule of alerts of that name: change it"},
	{-EROFS, 409, "alert-rule-of-config", "the config has that rule: it is changed there"},
	{-ENOTUNIQ, 409, "alert-rule-ready", "that rule is ready: switch it off"},
	{-EMLINK, 409, "alert-rule-needed",
	 "another rule names it behind unless: change that one first"},
	{-EDESTADDRREQ, 409, "alert-rule-lost",
	 "there is no rule of that name behind unless, or it leads back"},
	{-EINVAL, 400, "bad-rule", "it does not parse"},
};

static void failed(struct fb_request *req, int error)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (failures[i].error != error)
			continue;
		fb_reply_problem(req, failures[i].status, failures[i].code, "%s",
				 failures[i].detail);
		return;
	}
	if (error == -ENOSPC)
		fb_reply_problem(req, 503, "too-many-alert-rules",
				 "there are %d made rules, or %d in all, and no room",
				 FB_ALERT_MADE_MOST, FB_ALERT_RULES);
	else
		fb_act_failed(req, error);
}

/* --- the question ----------------------------------------------------------------------------- */

/* A copy of those that are there, to be freed; NULL: memory is short. */
static struct fb_alert_rules *others(const struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_alert_rules *rules = malloc(sizeof(*rules));

	if (rules)
		fb_alertbook_rules(fb_engine_alerts(api->engine), rules);
	return rules;
}

/* One that parses, into the act. False after answering. */
static bool take_text(struct fb_request *req, const char *text, struct fb_alert_edit *edit)
{
	_cleanup_free_ struct fb_alert_rules *rules = others(req);
	struct fb_alert_rule rule = {.filter = NULL};
	struct fb_alert_fault fault;

	if (!rules) {
		fb_reply_no_memory(req);
		return false;
	}
	if (fb_alert_asked_check(text, rules, &rule, &fault) < 0) {
		fb_reply_rule_error(req, fault.offset, fault.length, fault.why.text);
		return false;
	}
	fb_filter_free(rule.filter);
	if (*edit->name && strcmp(edit->name, rule.name) != 0) {
		fb_reply_rule_error(req, 0, (unsigned int)strlen(rule.name),
				    "a rule keeps its name: make another one");
		return false;
	}
	memcpy(edit->name, rule.name, sizeof(edit->name));
	memcpy(edit->text, rule.text, sizeof(edit->text));
	return true;
}

/* {"on": false} is all that is asked then. */
static bool take_switch(struct fb_jsonin *in, struct fb_alert_edit *edit)
{
	const char *text;
	bool on;

	if (!fb_jsonin_bool(in, "on", &on))
		return false;
	edit->kind = on ? FB_ALERT_EDIT_ON : FB_ALERT_EDIT_OFF;
	if (fb_jsonin_str(in, "rule", &text) || fb_jsonin_str(in, "measure", &text))
		fb_jsonin_fail(in, "on", "comes alone: what is changed is on");
	return true;
}

static bool take_edit(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {FB_ALERT_ASKED, "on", "reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_alert_edit *edit = &act->target.alert_rule;
	bool is_switch;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	fb_act_read_reason(in, act->reason);
	is_switch = edit->kind != FB_ALERT_EDIT_ADD && take_switch(in, edit);
	if (!is_switch)
		fb_alert_asked_read(in, *edit->name ? edit->name : NULL, &text);
	if (!fb_reply_check_json(req, in))
		return false;
	if (fb_buf_error(&text)) {
		fb_reply_no_memory(req);
		return false;
	}
	return is_switch || take_text(req, text.data, edit);
}

/* --- acts ------------------------------------------------------------------------------------- */

/* What is there then, as text and as words. */
static int perform(struct fb_request *req, struct fb_act *act)
{
	const struct fb_alert_edit *edit = &act->target.alert_rule;
	struct fb_json *json = fb_act_begin(req, act, NULL, failed);

	if (!json)
		return 0;
	fb_json_kv_str(json, "name", edit->name);
	if (*edit->text)
		fb_alert_asked_write(json, edit->name, edit->text);
	fb_json_end(json, '}');
	return 0;
}

int fb_api_alert_rule_post(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_ALERT_RULE, .target.alert_rule.name = ""};

	return take_edit(req, &act) ? perform(req, &act) : 0;
}

/* False after answering. */
static bool take_name(struct fb_request *req, struct fb_alert_edit *edit)
{
	const char *name = req->path_args[0];

	if (!fb_alarm_is_name(name, strlen(name))) {
		failed(req, -ENODATA);
		return false;
	}
	snprintf(edit->name, sizeof(edit->name), "%s", name);
	return true;
}

int fb_api_alert_rule_put(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_ALERT_RULE,
			     .target.alert_rule.kind = FB_ALERT_EDIT_CHANGE};

	if (!take_name(req, &act.target.alert_rule) || !take_edit(req, &act))
		return 0;
	return perform(req, &act);
}

int fb_api_alert_rule_delete(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_ALERT_RULE,
			     .target.alert_rule.kind = FB_ALERT_EDIT_REMOVE};

	if (!take_name(req, &act.target.alert_rule) ||
	    !fb_act_take_reason(req, fb_param(req, "reason"), act.reason))
		return 0;
	return perform(req, &act);
}

/* --- does it parse? --------------------------------------------------------------------------- */

static void write_checked(struct fb_request *req, const char *text, int r,
			  const struct fb_alert_fault *fault)
{
	const char *colon = strchr(text, ':'), *body = colon ? colon + 1 : text;
	struct fb_json *json = fb_reply_json(req);
	char name[FB_ALARM_NAME + 1];

	snprintf(name, sizeof(name), "%.*s", colon ? (int)(colon - text) : 0, text);
	fb_json_object(json);
	fb_json_kv_bool(json, "ok", r == 0);
	fb_json_kv_str(json, "name", name);
	fb_alert_asked_write(json, name, body + strspn(body, " \t"));
	if (r == 0) {
		fb_json_kv_str(json, "error", NULL);
	} else {
		fb_json_kv_object(json, "error");
		fb_json_kv_u64(json, "offset", fault->offset);
		fb_json_kv_u64(json, "length", fault->length);
		fb_json_kv_str(json, "detail", fault->why.text);
		fb_json_end(json, '}');
	}
	fb_json_end(json, '}');
}

int fb_api_alert_rule_validate(struct fb_request *req)
{
	static const char *const known[] = {FB_ALERT_ASKED, NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	_cleanup_free_ struct fb_alert_rules *rules = others(req);
	struct fb_alert_rule rule = {.filter = NULL};
	struct fb_alert_fault fault;
	int r;

	if (!rules)
		return -ENOMEM;
	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return 0;
	fb_jsonin_only(in, known);
	fb_alert_asked_read(in, NULL, &text);
	if (!fb_reply_check_json(req, in))
		return 0;
	if (fb_buf_error(&text))
		return -ENOMEM;
	r = fb_alert_asked_check(text.data, rules, &rule, &fault);
	fb_filter_free(rule.filter);
	if (r == -ENOMEM)
		return r;
	write_checked(req, text.data, r, &fault);
	return 0;
}
