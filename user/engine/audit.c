/* SPDX-License-Identifier: BSD-2-Clause */
/* "forget 10.0.0.5:40000 > 192.0.2.1:443 tcp: done; asked by operator uid 0, pid 71 (cli)". */
#include "engine/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/log.h"

static const struct {
	const char *name;
	enum fb_log_level level;
} kinds[] = {
	[FB_ACT_FORGET] = {"forget", FB_LOG_INFO}, [FB_ACT_FORGET_MANY] = {"forget", FB_LOG_WARN},
	[FB_ACT_FLUSH] = {"flush", FB_LOG_WARN}, /* it takes everybody's connections */
	[FB_ACT_LABEL] = {"label", FB_LOG_INFO},   [FB_ACT_NAME] = {"name", FB_LOG_INFO},
	[FB_ACT_RELOAD] = {"reload", FB_LOG_INFO},
};

static const char *const by_what[] = {
	[FB_ACT_BY_API] = "api",       [FB_ACT_BY_CLI] = "cli",	    [FB_ACT_BY_PAGE] = "page",
	[FB_ACT_BY_CONFIG] = "config", [FB_ACT_BY_TIMER] = "timer", [FB_ACT_BY_EVENT] = "event",
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
	{-ETIMEDOUT, "the kernel did not answer in time"},
};

static void say_result(enum fb_act_kind kind, int result, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
		if (results[i].error == result) {
			snprintf(text, size, "%s", results[i].text);
			return;
		}
	if (result < 0)
		snprintf(text, size, "%s", strerror(-result));
	else if (kind == FB_ACT_FLUSH || kind == FB_ACT_FORGET_MANY)
		snprintf(text, size, "done, %d entries", result);
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

void fb_audit_write(const struct fb_act *act, const char *target, int result)
{
	const char *quote = act->reason[0] ? "\"" : "";
	char outcome[96], who[160], flow[17] = "";

	if (act->kind == FB_ACT_FORGET)
		snprintf(flow, sizeof(flow), "%016" PRIx64, act->target.flow_id);
	say_result(act->kind, result, outcome, sizeof(outcome));
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

	fb_log_fields(kinds[act->kind].level, "act", fields, "%s %s: %s; asked by %s%s%s%s%s",
		      kinds[act->kind].name, target, outcome, who, *quote ? ": " : "", quote,
		      act->reason, quote);
}
