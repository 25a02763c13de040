/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/alertset.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Switched on without being asked for: what everybody wants to know. */
static const char *const ready[] = {
	"new-device: new-device severity info",
	"interface-down: down for 5s severity critical",
	"conntrack: conntrack > 80 for 1m severity critical",
	"losses: losses > 0 window 1m severity warning",
	"disk: disk > 90 for 1m severity warning",
	/* of hosts here: who tries doors from outside is an incident, and usual */
	("risk-high: risk>=50 and (scope=internal-external or scope=internal) | "
	 "risk > 49 by src.ip window 1m severity warning"),
};

#define READY (sizeof(ready) / sizeof(*ready))

const char *fb_alert_source_name(enum fb_alert_source source)
{
	static const char *const names[] = {"ready", "config", "made"};

	return names[source];
}

/* Its text behind "NAME: "; NULL: none is called so. */
static const char *find_ready(const char *name)
{
	const size_t len = strlen(name);

	for (size_t i = 0; i < READY; i++)
		if (!strncmp(ready[i], name, len) && ready[i][len] == ':')
			return ready[i] + len + 2;
	return NULL;
}

bool fb_alert_is_ready(const char *name)
{
	return find_ready(name) != NULL;
}

const struct fb_alert_rule *fb_alert_rules_find(const struct fb_alert_rules *rules,
						const char *name)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (!strcmp(rules->rule[i].name, name))
			return &rules->rule[i];
	return NULL;
}

const struct fb_alert_off *fb_alert_rules_find_off(const struct fb_alert_rules *rules,
						   const char *name)
{
	for (unsigned int i = 0; i < rules->n_off; i++)
		if (!strcmp(rules->off[i].name, name))
			return &rules->off[i];
	return NULL;
}

static void take_away(struct fb_alert_rules *rules, const char *name)
{
	for (unsigned int i = 0; i < rules->n; i++) {
		if (strcmp(rules->rule[i].name, name) != 0)
			continue;
		fb_filter_free(rules->rule[i].filter);
		memmove(&rules->rule[i], &rules->rule[i + 1],
			(rules->n - i - 1) * sizeof(rules->rule[0]));
		rules->n--;
		return;
	}
}

/* There is room: of rules that are ready or were made there are fewer than FB_ALERT_RULES. */
static void note_off(struct fb_alert_rules *rules, const char *name, const char *text,
		     enum fb_alert_source source, enum fb_alert_source by)
{
	struct fb_alert_off *off = &rules->off[rules->n_off++];

	*off = (struct fb_alert_off){.source = source, .by = by};
	snprintf(off->name, sizeof(off->name), "%s", name);
	snprintf(off->text, sizeof(off->text), "%s", text);
}

_Static_assert(READY + FB_ALERT_MADE_MOST < FB_ALERT_RULES, "all may be off");

/* --- of the config ---------------------------------------------------------------------------- */

/* "NAME: off" */
static bool take_off(struct fb_alert_rules *rules, const char *text)
{
	const char *colon = strchr(text, ':'), *was;
	char name[FB_ALARM_NAME + 1];

	if (!colon || strcmp(colon + 1 + strspn(colon + 1, " \t"), "off") != 0 ||
	    !fb_alarm_is_name(text, (size_t)(colon - text)))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
	take_away(rules, name);
	was = find_ready(name);
	if (was && !fb_alert_rules_find_off(rules, name))
		note_off(rules, name, was, FB_ALERT_READY, FB_ALERT_CONFIG);
	return true;
}

static int add(struct fb_alert_rules *rules, const char *text, enum fb_alert_source source,
	       struct fb_why *why)
{
	struct fb_alert_rule rule;
	const struct fb_alert_rule *same;
	int r = fb_alert_rule_parse(text, &rule, why);

	if (r < 0)
		return r;
	same = fb_alert_rules_find(rules, rule.name);
	if (same && same->source != FB_ALERT_READY)
		r = fb_why_set(why, -EINVAL, "alert %s is there twice", rule.name);
	else if (!same && rules->n == FB_ALERT_RULES)
		r = fb_why_set(why, -ENOSPC, "there can be %d alert rules at most", FB_ALERT_RULES);
	if (r < 0) {
		fb_filter_free(rule.filter);
		return r;
	}
	take_away(rules, rule.name);
	rule.source = source;
	rules->rule[rules->n++] = rule;
	return 0;
}

/* Each of a circle would be silent for the next, and nobody be told of any. */
static bool comes_back(const struct fb_alert_rules *rules, const struct fb_alert_rule *rule)
{
	const struct fb_alert_rule *next = rule;

	for (unsigned int i = 0; next && i <= rules->n; i++) {
		if (!strcmp(next->unless, rule->name))
			return true;
		next = fb_alert_rules_find(rules, next->unless);
	}
	return false;
}

int fb_alert_rules_check_unless(const struct fb_alert_rules *rules,
				const struct fb_alert_rule *rule, struct fb_why *why)
{
	if (!*rule->unless)
		return 0;
	if (comes_back(rules, rule))
		return fb_why_set(why, -EINVAL, "unless %s comes back to itself", rule->unless);
	if (!fb_alert_rules_find(rules, rule->unless))
		return fb_why_set(why, -EINVAL, "there is no rule %s", rule->unless);
	return 0;
}

/* Of those: one whose unless does not do, and why. NULL: all are well. */
static const struct fb_alert_rule *find_lost(const struct fb_alert_rules *rules,
					     enum fb_alert_source source, struct fb_why *why)
{
	for (unsigned int i = 0; i < rules->n; i++) {
		const struct fb_alert_rule *rule = &rules->rule[i];

		if (rule->source == source && fb_alert_rules_check_unless(rules, rule, why) < 0)
			return rule;
	}
	return NULL;
}

int fb_alert_rules_read(const char *const *texts, unsigned int n, struct fb_alert_rules *ret_rules,
			struct fb_why *why)
{
	const struct fb_alert_rule *lost;
	struct fb_why what;
	int r = 0;

	ret_rules->n = ret_rules->n_off = 0;
	for (size_t i = 0; i < READY && r == 0; i++)
		r = add(ret_rules, ready[i], FB_ALERT_READY, why);
	for (unsigned int i = 0; i < n && r == 0; i++)
		if (!take_off(ret_rules, texts[i]))
			r = add(ret_rules, texts[i], FB_ALERT_CONFIG, why);
	lost = r == 0 ? find_lost(ret_rules, FB_ALERT_CONFIG, &what) : NULL;
	if (lost)
		r = fb_why_set(why, -EINVAL, "alert %s: %.200s", lost->name, what.text);
	if (r < 0)
		fb_alert_rules_fini(ret_rules);
	return r;
}

void fb_alert_rules_fini(struct fb_alert_rules *rules)
{
	for (unsigned int i = 0; i < rules->n; i++)
		fb_filter_free(rules->rule[i].filter);
	rules->n = rules->n_off = 0;
}

/* --- made while it ran ------------------------------------------------------------------------ */

static bool is_of_config(const struct fb_alert_rules *rules, const char *name)
{
	const struct fb_alert_rule *rule = fb_alert_rules_find(rules, name);
	const struct fb_alert_off *off = fb_alert_rules_find_off(rules, name);

	return (rule && rule->source == FB_ALERT_CONFIG) || (off && off->by == FB_ALERT_CONFIG);
}

static bool config_needs(const struct fb_alert_rules *rules, const char *name)
{
	for (unsigned int i = 0; i < rules->n; i++)
		if (rules->rule[i].source == FB_ALERT_CONFIG &&
		    !strcmp(rules->rule[i].unless, name))
			return true;
	return false;
}

static int switch_off(struct fb_alert_rules *rules, const struct fb_alert_made *made,
		      struct fb_why *why)
{
	const char *was = find_ready(made->name);

	if (was && config_needs(rules, made->name))
		return fb_why_set(why, -EMLINK, "a rule of the config names it behind unless");
	if (was)
		take_away(rules, made->name);
	if (*made->text || was)
		note_off(rules, made->name, *made->text ? made->text : was,
			 *made->text ? FB_ALERT_MADE : FB_ALERT_READY, FB_ALERT_MADE);
	return 0;
}

static int switch_on(struct fb_alert_rules *rules, const struct fb_alert_made *made,
		     struct fb_why *why)
{
	char text[FB_ALARM_NAME + FB_ALERT_RULE_TEXT + 3];

	snprintf(text, sizeof(text), "%s: %s", made->name, made->text);
	return add(rules, text, FB_ALERT_MADE, why);
}

static void refuse(struct fb_alert_rules *rules, const char *name, const char *text, int error,
		   const struct fb_why *why)
{
	struct fb_alert_off *off = &rules->off[rules->n_off];

	if (fb_alert_rules_find_off(rules, name))
		return; /* the config has it off */
	note_off(rules, name, text, FB_ALERT_MADE, FB_ALERT_MADE);
	off->error = error;
	off->why = *why;
}

/* One that goes may leave another without what it names. */
static void refuse_lost(struct fb_alert_rules *rules)
{
	const struct fb_alert_rule *lost;
	struct fb_why why;

	while ((lost = find_lost(rules, FB_ALERT_MADE, &why))) {
		const struct fb_alert_rule rule = *lost;

		refuse(rules, rule.name, rule.text, -EDESTADDRREQ, &why);
		take_away(rules, rule.name);
	}
}

void fb_alert_rules_add_made(struct fb_alert_rules *rules, const struct fb_alert_made *made,
			     unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct fb_why why = {""};
		int r;

		if (is_of_config(rules, made[i].name))
			r = fb_why_set(&why, -EROFS, "the config has a rule of that name");
		else
			r = made[i].off ? switch_off(rules, &made[i], &why)
					: switch_on(rules, &made[i], &why);
		if (r < 0 && *made[i].text)
			refuse(rules, made[i].name, made[i].text, r, &why);
	}
	refuse_lost(rules);
}
