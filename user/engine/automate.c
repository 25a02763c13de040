/* SPDX-License-Identifier: BSD-2-Clause */
/* Acts that nobody asks for: what both judges were sure of, by the door of all acts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/audit.h"
#include "engine/engine_priv.h"
#include "util/clock.h"

#define AGAIN_MS 60000 /* what found no room, or no budget */

static void make_act(const struct fb_automation_call *call, uint32_t seconds, struct fb_act *act)
{
	*act = (struct fb_act){
		.kind = FB_ACT_RULE_ADD,
		.target.rule = {.verb = fb_automation_verb(call),
				.seconds = seconds,
				.confirm = fb_automation_confirm(call)},
		.actor = {.by = FB_ACT_BY_AUTOMATION, .role = "automation"},
	};
	if (act->target.rule.verb == FB_RULE_LIMIT)
		act->target.rule.rate_up = act->target.rule.rate_down = FB_AUTOMATION_RATE;
	fb_automation_what(call, act->target.rule.what);
	fb_automation_reason(call, act->reason);
}

/* 0, or why not. */
static int may(struct fb_engine *engine, const struct fb_automation_call *call,
	       const struct fb_act *act)
{
	const struct fb_incident_addr accused = fb_automation_accused(call);
	enum fb_never never = FB_NEVER_NOT;

	if (accused.family)
		never = fb_rulebook_spares(&engine->rulebook, accused.addr, accused.family);
	if (never)
		return -(FB_ACT_REFUSED + (int)never);
	if (fb_rulebook_has(&engine->rulebook, act->target.rule.verb, act->target.rule.what))
		return -EEXIST;
	return fb_rulebook_try(&engine->rulebook, act);
}

/* The kind is off: with the budget that it would have had. */
static int would(struct fb_engine *engine, const struct fb_automation_call *call,
		 const struct fb_act *act)
{
	struct fb_automation *budget = &engine->automationbook->would[call->kind][call->scope];
	const int r = may(engine, call, act);

	if (r < 0)
		return r;
	if (!fb_automation_may(budget, &(struct fb_automation_beside){0}, false, call->time_ms))
		return -(FB_ACT_REFUSED + FB_NEVER_BUDGET);
	fb_automation_note(budget, call->time_ms);
	return 0;
}

/* Who is never touched is put on record, of each once in the time of a block. */
static int act_on(struct fb_engine *engine, const struct fb_automation_call *call,
		  const struct fb_act *act)
{
	int r = may(engine, call, act);

	if (fb_rulebook_is_panic(&engine->rulebook))
		return -ESHUTDOWN;
	if (r == 0)
		return fb_acts_perform(engine->acts, act);
	if (r < -FB_ACT_REFUSED && r != -(FB_ACT_REFUSED + FB_NEVER_BUDGET))
		fb_audit_write(engine->auditor, act, act->target.rule.what, r);
	return r;
}

/* What may be another's turn later is asked again in a minute; all else when its time is over. */
static int64_t until(const struct fb_automation_call *call, int result, uint32_t seconds)
{
	const bool later = result == -(FB_ACT_REFUSED + FB_NEVER_BUDGET) ||
			   (result < 0 && result > -FB_ACT_REFUSED && result != -EEXIST);

	return call->time_ms + (later ? AGAIN_MS : (int64_t)seconds * 1000);
}

static void consider(struct fb_engine *engine, const struct fb_automation_call *call)
{
	const uint32_t on =
		fb_automationbook_seconds(engine->automationbook, call->kind, call->scope);
	const uint32_t seconds = on ? on : FB_AUTOMATION_DEFAULT;
	struct fb_automation_entry entry = {.call = *call, .on = on, .seconds = seconds};
	struct fb_act act;

	make_act(call, seconds, &act);
	entry.result = on ? act_on(engine, call, &act) : would(engine, call, &act);
	entry.until_ms = until(call, entry.result, seconds);
	fb_automationbook_note(engine->automationbook, &entry);
}

void fb_engine_automate(struct fb_engine *engine)
{
	const struct fb_rulebook *rules = &engine->rulebook;
	struct fb_automation_call call;

	while (fb_automationbook_next(engine->automationbook, &call))
		consider(engine, &call);
	fb_automationbook_tick(
		engine->automationbook, rules->automation,
		&(struct fb_automation_beside){.all = rules->rules.n, .open = rules->rules.n_open},
		fb_wall_ms());
}
