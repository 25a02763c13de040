/* SPDX-License-Identifier: BSD-2-Clause */
/* What acts do. */
#include <stdio.h>
#include <string.h>

#include "engine/engine_priv.h"
#include "engine/ruleimport.h"
#include "util/clock.h"
#include "util/mac.h"

static void name_flow(const struct fb_engine *engine, uint64_t flow_id, char *target)
{
	struct fb_flow_at at;

	snprintf(target, FB_ACT_TARGET, "flow %016llx", (unsigned long long)flow_id);
	if (fb_snapshot_find(engine->snapshot, flow_id, &at))
		fb_flow_ends_text(at.flow, target, FB_ACT_TARGET);
}

static int forget_flow(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	name_flow(engine, act->target.flow_id, target);
	return fb_ctfeed_forget(&engine->ct, act->target.flow_id);
}

static int kill_flow(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	name_flow(engine, act->target.flow_id, target);
	return fb_kills_begin(&engine->kills, act->target.flow_id, &act->actor.asker);
}

static int add_rule(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const uint32_t seconds = act->target.rule.seconds;
	const uint32_t confirm = act->target.rule.confirm;
	char how_long[32] = "for good", how_sure[48] = "";

	if (seconds)
		snprintf(how_long, sizeof(how_long), "for %u s", seconds);
	if (confirm)
		snprintf(how_sure, sizeof(how_sure), ", to be confirmed in %u s", confirm);
	snprintf(target, FB_ACT_TARGET, "%s %.100s, %s%s", fb_rule_verb_name(act->target.rule.verb),
		 act->target.rule.what, how_long, how_sure);
	return act->dry_run ? fb_rulebook_try(&engine->rulebook, act)
			    : fb_rulebook_add(&engine->rulebook, engine->snapshot, act);
}

static int import_rules(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	snprintf(target, FB_ACT_TARGET, "rules of a file: %u", act->target.import->n);
	return fb_rulebook_import(&engine->rulebook, engine->snapshot, act);
}

static int remove_rule(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	if (act->target.rule_id)
		snprintf(target, FB_ACT_TARGET, "rule %u", act->target.rule_id);
	else if (act->target.since_s)
		snprintf(target, FB_ACT_TARGET, "rules of the last %u s", act->target.since_s);
	else
		snprintf(target, FB_ACT_TARGET, "all rules");
	return fb_rulebook_remove(&engine->rulebook, engine->snapshot, act->target.rule_id,
				  act->target.since_s);
}

static int confirm_rule(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	snprintf(target, FB_ACT_TARGET, "rule %u", act->target.rule_id);
	return fb_rulebook_confirm(&engine->rulebook, act->target.rule_id);
}

static int expire_rule(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	return fb_rulebook_expire(&engine->rulebook, act->target.rule_id, target, FB_ACT_TARGET);
}

static int panic(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	snprintf(target, FB_ACT_TARGET, "all verdicts %s", act->target.panic ? "off" : "on again");
	fb_rulebook_panic(&engine->rulebook, engine->snapshot, act->target.panic);
	return 0;
}

void fb_engine_notice_panic(struct fb_engine *engine)
{
	const struct fb_act act = {.kind = FB_ACT_PANIC,
				   .target.panic = fb_rulebook_is_panic(&engine->rulebook),
				   .actor.by = FB_ACT_BY_EVENT,
				   .reason = "the kernel half was told so by root"};

	if (fb_rulebook_panic_changed(&engine->rulebook))
		fb_acts_perform(engine->acts, &act);
}

void fb_engine_end_rules(struct fb_engine *engine)
{
	struct fb_act act = {.actor.by = FB_ACT_BY_TIMER};
	bool unconfirmed;

	while ((act.target.rule_id = fb_rulebook_due(&engine->rulebook, &unconfirmed))) {
		act.kind = unconfirmed ? FB_ACT_RULE_REMOVE : FB_ACT_RULE_EXPIRE;
		snprintf(act.reason, sizeof(act.reason), "%s",
			 unconfirmed ? "nobody confirmed it" : "its time is over");
		fb_acts_perform(engine->acts, &act);
	}
}

int fb_engine_kill(void *ctx, uint64_t flow_id, const struct fb_actor *actor)
{
	struct fb_engine *engine = ctx;

	return fb_kills_begin(&engine->kills, flow_id, &actor->asker);
}

/* Of flows that were listed: entries to be deleted, or connections to be ended. */
static int act_on_many(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	snprintf(target, FB_ACT_TARGET, "%s", act->target.many->about);
	return fb_forgets_take(&engine->forgets, act);
}

static int flush_conntrack(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	(void)act;
	snprintf(target, FB_ACT_TARGET, "the conntrack table");
	return fb_ctfeed_flush(&engine->ct);
}

static int name_host(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const char *name = act->target.host.name;
	char addr[FB_ADDR_STRLEN];

	fb_addr_format(act->target.host.addr, act->target.host.family, addr);
	snprintf(target, FB_ACT_TARGET, "%s%s%.100s", addr, *name ? " " : "", name);
	return fb_hostbook_name(&engine->hostbook, act->target.host.addr, act->target.host.family,
				*name ? name : NULL);
}

static int label_device(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const char *label = act->target.device.label;
	const char *icon = fb_device_icon_name(act->target.device.icon);
	char mac[FB_MAC_STRLEN];

	snprintf(target, FB_ACT_TARGET, "%s%s%s%s%s", fb_mac_format(act->target.device.mac, mac),
		 *label ? " " : "", label, icon ? " as " : "", icon ? icon : "");
	return fb_devicebook_label(&engine->devicebook, act->target.device.mac, label,
				   act->target.device.icon);
}

static int reload_settings(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const struct fb_engine_opts *opts = act->target.settings.opts;
	const struct fb_alertbook_opts alerts = {.rules = opts->alerts,
						 .n_rules = opts->n_alerts,
						 .senders = opts->senders,
						 .n_senders = opts->n_senders};
	struct fb_why why = {""};
	const int r = fb_alertbook_change(engine->alertbook, &alerts, &why);

	snprintf(target, FB_ACT_TARGET, "%s", act->target.settings.names);
	if (r < 0) {
		fb_warn("config", "%s%s", why.text,
			r == -EACCES ? ": a restart reads it as root" : "");
		return r;
	}
	fb_nevers_trust(&engine->nevers, opts->trusted, opts->n_trusted);
	fb_rulebook_check_again(&engine->rulebook, engine->snapshot);
	return fb_core_change(&engine->core, opts->internal, opts->n_internal,
			      opts->closed_seconds);
}

/* What -ENOENT says is said of flows. */
static int none_of_it(int r)
{
	return r == -ENOENT ? -ENODATA : r;
}

static int silence(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const uint32_t seconds = act->target.silence.seconds;
	const char *rule = act->target.silence.rule, *key = act->target.silence.key;
	struct fb_alert_silence silence = {
		.until_ms = seconds ? fb_wall_ms() + (int64_t)seconds * 1000 : 0,
	};

	memcpy(silence.rule, rule, sizeof(silence.rule));
	memcpy(silence.key, key, sizeof(silence.key));
	snprintf(silence.reason, sizeof(silence.reason), "%s", act->reason);
	snprintf(silence.by, sizeof(silence.by), "%s%s%s", act->actor.role ? act->actor.role : "",
		 *act->actor.user ? " " : "", act->actor.user);
	snprintf(target, FB_ACT_TARGET, "alerts of %s%s%s, %u s", *rule ? rule : "all rules",
		 *key ? " about " : "", key, seconds);
	return none_of_it(fb_alertbook_silence(engine->alertbook, &silence));
}

static void say_incidents(const struct fb_incident_silence *silence, char *target)
{
	char host[FB_ADDR_STRLEN] = "any host", peer[FB_ADDR_STRLEN] = "";

	if (silence->host.family)
		fb_addr_format(silence->host.addr, silence->host.family, host);
	if (silence->peer.family)
		fb_addr_format(silence->peer.addr, silence->peer.family, peer);
	snprintf(target, FB_ACT_TARGET, "incidents of %s, %s%s%s",
		 silence->kind == FB_KIND_COUNT ? "any kind" : fb_judge_kind_name(silence->kind),
		 host, *peer ? " and " : "", peer);
}

static int hide_incidents(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const int64_t now_ms = fb_wall_ms();
	const uint32_t seconds = act->target.incidents.seconds;
	struct fb_incident_silence silence = {
		.kind = act->target.incidents.kind,
		.host.family = act->target.incidents.host_family,
		.peer.family = act->target.incidents.peer_family,
		.made_ms = now_ms,
		.until_ms = seconds ? now_ms + (int64_t)seconds * 1000 : 0,
	};

	memcpy(silence.host.addr, act->target.incidents.host, sizeof(silence.host.addr));
	memcpy(silence.peer.addr, act->target.incidents.peer, sizeof(silence.peer.addr));
	snprintf(silence.reason, sizeof(silence.reason), "%s", act->reason);
	snprintf(silence.by, sizeof(silence.by), "%s%s%s", act->actor.role ? act->actor.role : "",
		 *act->actor.user ? " " : "", act->actor.user);
	say_incidents(&silence, target);
	return fb_incidentbook_hide(engine->incidentbook, &silence);
}

static int show_incidents(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	snprintf(target, FB_ACT_TARGET, "silence %u of incidents", act->target.silence_id);
	return none_of_it(fb_incidentbook_show(engine->incidentbook, act->target.silence_id));
}

static int test_sender(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	snprintf(target, FB_ACT_TARGET, "sender %s", act->target.sender);
	return none_of_it(fb_alertbook_test(engine->alertbook, act->target.sender));
}

static int edit_alert_rule(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const struct fb_alert_edit *edit = &act->target.alert_rule;

	snprintf(target, FB_ACT_TARGET, "%s %s%s%.100s", fb_alert_edit_name(edit->kind), edit->name,
		 *edit->text ? ": " : "", edit->text);
	return fb_alertbook_edit(engine->alertbook, edit);
}

static int teach(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	char ends[FB_ACT_TARGET];

	name_flow(engine, act->target.teaching.flow_id, ends);
	snprintf(target, FB_ACT_TARGET, "%s %.150s", act->target.teaching.deny ? "deny" : "allow",
		 ends);
	return fb_judgebook_teach(&engine->judgebook, act->target.teaching.flow_id,
				  act->target.teaching.deny, fb_wall_ms());
}

static int unteach(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	snprintf(target, FB_ACT_TARGET, "teaching %u", act->target.teaching.id);
	return none_of_it(
		fb_judgebook_unteach(&engine->judgebook, act->target.teaching.id, fb_wall_ms()));
}

static int automate(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const uint8_t kind = act->target.automation.kind, scope = act->target.automation.scope;
	const uint32_t seconds = act->target.automation.seconds;
	char how[32] = "off";

	if (seconds)
		snprintf(how, sizeof(how), "%s for %u s", fb_may_act_name(fb_may_act_of(kind)),
			 seconds);
	snprintf(target, FB_ACT_TARGET, "%s, %s: %s", fb_judge_kind_name(kind),
		 fb_scope_name(scope), how);
	if (!act->dry_run)
		fb_automationbook_switch(engine->automationbook, kind, scope, seconds);
	return 0;
}

/* --- by themselves ---------------------------------------------------------------------------- */

#define LOST_AT_ONCE 8 /* a tick: each looks through all entries */

static void forget_using(struct fb_engine *engine, const struct fb_lost_addr *lost)
{
	struct fb_act act = {.kind = FB_ACT_FORGET_MANY, .actor.by = FB_ACT_BY_EVENT};
	struct fb_forget *forget = fb_forget_new(0);
	char addr[FB_ADDR_STRLEN];

	if (!forget)
		return;
	fb_addr_format(lost->addr, lost->family, addr);
	snprintf(forget->about, sizeof(forget->about), "what uses %s", addr);
	memcpy(forget->addr, lost->addr, sizeof(forget->addr));
	forget->family = lost->family;
	fb_lost_addr_say(lost, act.reason, sizeof(act.reason));
	act.target.many = forget;
	fb_acts_perform(engine->acts, &act);
	fb_forget_put(forget);
}

/* Containers come and go, and nothing uses most addresses: that is no act. */
static bool is_used(const struct fb_engine *engine, const struct fb_lost_addr *lost)
{
	struct fb_conntrack_fact fact;
	uint32_t pos = 0;

	return fb_table_conntrack_using(engine->core.table, lost->addr, lost->family, &pos, &fact);
}

void fb_engine_forget_lost(struct fb_engine *engine)
{
	struct fb_lost_addr lost;

	for (unsigned int i = 0; i < LOST_AT_ONCE; i++) {
		if (!engine->lost || !engine->ct.ct || fb_forgets_is_full(&engine->forgets) ||
		    !fb_lost_addrs_next(engine->lost, fb_monotonic_ns(), &lost))
			return;
		if (is_used(engine, &lost))
			forget_using(engine, &lost);
	}
}

/* --- by kind ---------------------------------------------------------------------------------- */

int fb_engine_perform(void *ctx, const struct fb_act *act, char target[static FB_ACT_TARGET])
{
	static int (*const acts[])(struct fb_engine *engine, const struct fb_act *act,
				   char *target) = {
		[FB_ACT_FORGET] = forget_flow,
		[FB_ACT_FORGET_MANY] = act_on_many,
		[FB_ACT_FLUSH] = flush_conntrack,
		[FB_ACT_NAME] = name_host,
		[FB_ACT_RELOAD] = reload_settings,
		[FB_ACT_LABEL] = label_device,
		[FB_ACT_KILL] = kill_flow,
		[FB_ACT_RULE_ADD] = add_rule,
		[FB_ACT_RULE_REMOVE] = remove_rule,
		[FB_ACT_RULE_EXPIRE] = expire_rule,
		[FB_ACT_KILL_MANY] = act_on_many,
		[FB_ACT_RULE_IMPORT] = import_rules,
		[FB_ACT_RULE_CONFIRM] = confirm_rule,
		[FB_ACT_PANIC] = panic,
		[FB_ACT_ALERT_SILENCE] = silence,
		[FB_ACT_ALERT_TEST] = test_sender,
		[FB_ACT_ALERT_RULE] = edit_alert_rule,
		[FB_ACT_INCIDENT_HIDE] = hide_incidents,
		[FB_ACT_INCIDENT_SHOW] = show_incidents,
		[FB_ACT_TEACH] = teach,
		[FB_ACT_UNTEACH] = unteach,
		[FB_ACT_AUTOMATE] = automate,
		[FB_ACT_ERASE] = fb_engine_erase,
	};

	fb_nevers_asked(&((struct fb_engine *)ctx)->nevers, &act->actor.asker);
	return acts[act->kind](ctx, act, target);
}
