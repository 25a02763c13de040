/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/automationcall.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/addr.h"

void fb_automation_call_of(const struct fb_incident *incident, bool proven, int64_t now_ms,
			   struct fb_automation_call *ret_call)
{
	*ret_call = (struct fb_automation_call){
		.time_ms = now_ms,
		.incident = incident->id,
		.kind = incident->kind,
		.scope = incident->calls.scope,
		.proven = proven,
		.one_peer = incident->one_peer,
		.port = incident->calls.one_port ? incident->calls.port : 0,
		.host = incident->host,
		.peer = incident->peer,
	};
	memcpy(ret_call->sentence, incident->sentence, sizeof(ret_call->sentence));
}

enum fb_rule_verb fb_automation_verb(const struct fb_automation_call *call)
{
	return call->proven && fb_may_act_of(call->kind) == FB_MAY_BLOCK ? FB_RULE_BLOCK
									 : FB_RULE_LIMIT;
}

/* A flood from outside has forged sources: what is known is whom it is against (incidents.c). */
static bool is_at_server(const struct fb_automation_call *call)
{
	return call->kind == FB_KIND_FLOOD && call->scope == FB_SCOPE_EXTERNAL_INTERNAL;
}

/* That is against a host here, or touches one. */
static bool is_about_inside(const struct fb_automation_call *call)
{
	return call->scope == FB_SCOPE_INTERNAL_EXTERNAL || is_at_server(call);
}

/* A host here meets what is on a list: that one is to be shut out, and for him alone. */
static bool is_pair(const struct fb_automation_call *call)
{
	return call->kind == FB_KIND_LIST && call->scope == FB_SCOPE_INTERNAL_EXTERNAL;
}

static const char *text_of(const struct fb_incident_addr *addr, char text[static FB_ADDR_STRLEN])
{
	return fb_addr_format(addr->addr, addr->family, text);
}

/*
 * The narrowest that holds it: these are packets that anybody can send in another's name. His own
 * connections from there are then slow where the forger wants them to be, and nowhere else; at a
 * service that is flooded, those that it answers are left out.
 */
static void say_limit(const struct fb_automation_call *call, char what[static FB_RULE_WHAT + 1])
{
	const bool server = is_at_server(call);
	char host[FB_ADDR_STRLEN], peer[FB_ADDR_STRLEN + 16] = "", port[32] = "",
							 addr[FB_ADDR_STRLEN];

	if (!server && (call->one_peer || is_pair(call)))
		snprintf(peer, sizeof(peer), " and dst.ip = %s", text_of(&call->peer, addr));
	if (call->port)
		snprintf(port, sizeof(port), " and dst.port = %u", call->port);
	snprintf(what, FB_RULE_WHAT + 1, "%s = %s%s%s%s", server ? "dst.ip" : "src.ip",
		 text_of(&call->host, host), peer, port,
		 server ? " and scope != internal and packets.down = 0" : "");
}

void fb_automation_what(const struct fb_automation_call *call, char what[static FB_RULE_WHAT + 1])
{
	char host[FB_ADDR_STRLEN], peer[FB_ADDR_STRLEN];

	if (fb_automation_verb(call) == FB_RULE_LIMIT)
		say_limit(call, what);
	else if (is_pair(call))
		snprintf(what, FB_RULE_WHAT + 1, "src.ip = %s and dst.ip = %s",
			 text_of(&call->host, host), text_of(&call->peer, peer));
	else
		snprintf(what, FB_RULE_WHAT + 1, "%s", text_of(&call->host, host));
}

void fb_automation_reason(const struct fb_automation_call *call,
			  char reason[static FB_RULE_REASON + 1])
{
	snprintf(reason, FB_RULE_REASON + 1,
		 "automation of %s, incident %016" PRIx64 ", both judges in two windows: %.100s",
		 fb_judge_kind_name(call->kind), call->incident, call->sentence);
}

uint32_t fb_automation_confirm(const struct fb_automation_call *call)
{
	return is_about_inside(call) ? FB_RULE_CONFIRM : 0;
}

struct fb_incident_addr fb_automation_accused(const struct fb_automation_call *call)
{
	if (is_at_server(call))
		return (struct fb_incident_addr){.family = 0};
	return is_pair(call) ? call->peer : call->host;
}
