/* SPDX-License-Identifier: BSD-2-Clause */
/* "forget 10.0.0.5:40000 > 192.0.2.1:443 tcp: done; asked by operator uid 0, pid 71 (cli)". */
#include "engine/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/auditor.h"
#include "util/log.h"

/* What is done of it is told with its number, where `unit` or `before` says of what. */
static const struct {
	const char *name;
	enum fb_log_level level;
	const char *before, *unit; /* "done, rule 7", "done, 3 rules" */
} kinds[] = {
	[FB_ACT_FORGET] = {"forget", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_FORGET_MANY] = {"forget", FB_LOG_WARN, NULL, "entries"},
	[FB_ACT_FLUSH] = {"flush", FB_LOG_WARN, NULL, "entries"}, /* everybody's connections */
	[FB_ACT_LABEL] = {"label", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_NAME] = {"name", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_RELOAD] = {"reload", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_KILL] = {"kill", FB_LOG_WARN, NULL, NULL},
	[FB_ACT_KILL_MANY] = {"kill", FB_LOG_WARN, NULL, "connections"},
	[FB_ACT_RULE_ADD] = {"rule", FB_LOG_WARN, "rule", NULL},
	[FB_ACT_RULE_REMOVE] = {"undo", FB_LOG_WARN, NULL, "rules"},
	[FB_ACT_RULE_EXPIRE] = {"expired", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_RULE_IMPORT] = {"import", FB_LOG_WARN, NULL, "rules"},
	[FB_ACT_RULE_CONFIRM] = {"confirm", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_ALERT_SILENCE] = {"silence", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_INCIDENT_HIDE] = {"silence", FB_LOG_INFO, "silence", NULL},
	[FB_ACT_INCIDENT_SHOW] = {"unsilence", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_ALERT_TEST] = {"test", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_ALERT_RULE] = {"alert-rule", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_TEACH] = {"teach", FB_LOG_INFO, "teaching", NULL},
	[FB_ACT_UNTEACH] = {"unteach", FB_LOG_INFO, NULL, NULL},
	[FB_ACT_AUTOMATE] = {"automate", FB_LOG_WARN, NULL, NULL},
	[FB_ACT_ERASE] = {"erase", FB_LOG_WARN, NULL, NULL},
	[FB_ACT_PANIC] = {"panic", FB_LOG_WARN, NULL, NULL},
};

static const char *const by_what[] = {
	[FB_ACT_BY_API] = "api",
	[FB_ACT_BY_CLI] = "cli",
	[FB_ACT_BY_PAGE] = "page",
	[FB_ACT_BY_CONFIG] = "config",
	[FB_ACT_BY_TIMER] = "timer",
	[FB_ACT_BY_EVENT] = "event",
	[FB_ACT_BY_AUTOMATION] = "automation",
};

static const struct {
	int error;
	const char *text;
} results[] = {
	{-ENOENT, "there is no such flow"},
	{-ESRCH, "it has no conntrack entry any more"},
	{-EOPNOTSUPP, "connection tracking is not available here"},
	{-EINPROGRESS, "begun"},
	{-EBUSY, "too many deletions are in line"},
	{-ENOTCONN, "it has ended"},
	{-ESHUTDOWN, "panic is on: nothing is ended"},
	{-EALREADY, "it does not wait to be confirmed"},
	{-ENOSPC, "there are as many rules as can be"},
	{-ENXIO, "no packet of it passed an interface that is attached"},
	{-ETIMEDOUT, "the kernel did not answer in time"},
	{-ENODATA, "there is none of that name"},
	{-EEXIST, "there is one of that name"},
	{-EROFS, "the config has it"},
	{-EMLINK, "another rule names it behind unless"},
	{-ENOTUNIQ, "a ready one is switched off, not removed"},
	{-EDESTADDRREQ, "it names a rule that is not there, or that leads back"},
	{-EAGAIN, "it was not judged yet"},
	{-ENOSYS, "flows are not judged here"},
	{-E2BIG, "more match than were shown"},
	{-EOVERFLOW, "more match than can be shown at once"},
};

const char *fb_act_name(enum fb_act_kind kind)
{
	return kinds[kind].name;
}

static bool is_counted(const struct fb_act *act, int result)
{
	return result >= 0 && !act->dry_run &&
	       (act->kind == FB_ACT_FLUSH || act->kind == FB_ACT_RULE_IMPORT ||
		fb_act_is_many(act));
}

static void say_failure(int result, char *text, size_t size)
{
	size_t i = 0;

	while (i < sizeof(results) / sizeof(*results) && results[i].error != result)
		i++;
	if (i < sizeof(results) / sizeof(*results))
		snprintf(text, size, "%s", results[i].text);
	else if (result < -FB_ACT_REFUSED)
		snprintf(text, size, "refused: it is %s",
			 fb_never_text((unsigned int)(-result - FB_ACT_REFUSED)));
	else
		snprintf(text, size, "%s", strerror(-result));
}

static void say_result(const struct fb_act *act, int result, char *text, size_t size)
{
	const char *before = kinds[act->kind].before, *unit = kinds[act->kind].unit;

	if (result < 0)
		say_failure(result, text, size);
	else if (act->dry_run)
		snprintf(text, size, "shown, not done");
	else if (act->kind == FB_ACT_KILL && result == FB_KILLED_WAITS)
		snprintf(text, size, "its next packet ends it");
	else if (before || unit)
		snprintf(text, size, "done, %s%s%d%s%s", before ? before : "", before ? " " : "",
			 result, unit ? " " : "", unit ? unit : "");
	else
		snprintf(text, size, "done");
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* "operator uid 0, 10.0.0.1:4711 (page)", as far as it is known. */
static void say_actor(const struct fb_actor *actor, char *text, size_t size)
{
	const char *role = or_empty(actor->role);

	snprintf(text, size, "%s%s%s%s%s%s(%s)", role, *role ? " " : "", actor->user,
		 *actor->user && *actor->peer ? ", " : "", actor->peer,
		 *actor->user || *actor->peer ? " " : "", by_what[actor->by]);
}

static void put_on_record(struct fb_auditor *auditor, const struct fb_act *act, const char *target,
			  const char *flow, int result, const char *outcome)
{
	const bool rule = act->kind == FB_ACT_RULE_ADD && result > 0;
	char undo[32];

	snprintf(undo, sizeof(undo), "flowbpf undo %d", result);
	fb_auditor_add(auditor, &(struct fb_audit_words){
					.act = kinds[act->kind].name,
					.target = target,
					.flow = flow,
					.user = act->actor.user,
					.role = act->actor.role,
					.peer = act->actor.peer,
					.by = by_what[act->actor.by],
					.reason = act->reason,
					.result = outcome,
					.dry_run = act->dry_run,
					.ok = result >= 0 || result == -EINPROGRESS,
					.counted = is_counted(act, result),
					.count = (uint64_t)result,
					.previewed = act->shown.is,
					.flows = act->shown.flows,
					.entries = act->shown.entries,
					.summed = act->shown.summed,
					.hosts = act->shown.hosts,
					.bytes = act->shown.bytes,
					.past = act->shown.past,
					.past_flows = act->shown.past_flows,
					.seconds = rule ? act->target.rule.seconds : 0,
					.undo = rule ? undo : NULL,
				});
}

void fb_audit_write(struct fb_auditor *auditor, const struct fb_act *act, const char *target,
		    int result)
{
	const char *quote = act->reason[0] ? "\"" : "";
	char outcome[96], who[200], flow[17] = "";

	if (act->kind == FB_ACT_FORGET || act->kind == FB_ACT_KILL)
		snprintf(flow, sizeof(flow), "%016" PRIx64, act->target.flow_id);
	say_result(act, result, outcome, sizeof(outcome));
	say_actor(&act->actor, who, sizeof(who));
	const struct fb_log_field fields[] = {
		{"act", kinds[act->kind].name},
		{"target", target},
		{"flow", flow},
		{"role", or_empty(act->actor.role)},
		{"user", act->actor.user},
		{"peer", act->actor.peer},
		{"by", by_what[act->actor.by]},
		{"reason", act->reason},
		{"result", outcome},
		{NULL, NULL},
	};

	fb_log_fields(act->dry_run ? FB_LOG_INFO : kinds[act->kind].level, "act", fields,
		      "%s %s: %s; asked by %s%s%s%s%s", kinds[act->kind].name, target, outcome, who,
		      *quote ? ": " : "", quote, act->reason, quote);
	if (auditor)
		put_on_record(auditor, act, target, flow, result, outcome);
}
