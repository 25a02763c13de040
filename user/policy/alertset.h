/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All rules of alerts together: those that are ready, those of the config, which stand in the place
 * of ready ones with their name, and those that were made while it ran, which do so too and give
 * way to the config. Pure functions.
 */
#pragma once

#include "policy/alertrule.h"

#define FB_ALERT_RULES	   128
#define FB_ALERT_MADE_MOST 96

/* One that was made; without a text: a ready one is off. */
struct fb_alert_made {
	char name[FB_ALARM_NAME + 1];
	bool off;
	char text[FB_ALERT_RULE_TEXT + 1]; /* without its name */
};

/* One that is not in force: somebody switched it off, or it cannot be. */
struct fb_alert_off {
	char name[FB_ALARM_NAME + 1];
	char text[FB_ALERT_RULE_TEXT + 1];
	enum fb_alert_source source; /* whose rule it is ... */
	enum fb_alert_source by;     /* ... and who switched it off */
	int error;	   /* -EROFS: the config has one of that name; -ENOSPC; -EMLINK: the config
			      needs it; -EDESTADDRREQ: what is behind its unless does not do; -EINVAL */
	struct fb_why why; /* of an error */
};

/* Names come once, of both together. */
struct fb_alert_rules {
	unsigned int n, n_off;
	struct fb_alert_rule rule[FB_ALERT_RULES];
	struct fb_alert_off off[FB_ALERT_RULES];
};

/* Ours, then those that are given, of which "NAME: off" takes one away. -EINVAL with a sentence. */
int fb_alert_rules_read(const char *const *texts, unsigned int n, struct fb_alert_rules *ret_rules,
			struct fb_why *why);
/* After that: those that were made. What cannot be in force is among those that are off. */
void fb_alert_rules_add_made(struct fb_alert_rules *rules, const struct fb_alert_made *made,
			     unsigned int n);
void fb_alert_rules_fini(struct fb_alert_rules *rules);

/*
 * Does what stands behind unless do, in force or not, among those? 0, or -EINVAL with a sentence:
 * it is not there, or leads back to the rule.
 */
int fb_alert_rules_check_unless(const struct fb_alert_rules *rules,
				const struct fb_alert_rule *rule, struct fb_why *why);
/* NULL: there is none. */
const struct fb_alert_rule *fb_alert_rules_find(const struct fb_alert_rules *rules,
						const char *name);
const struct fb_alert_off *fb_alert_rules_find_off(const struct fb_alert_rules *rules,
						   const char *name);
/* Is there a ready one of that name, whether it is in force or not? */
bool fb_alert_is_ready(const char *name);

/* "ready", "config", "made" */
const char *fb_alert_source_name(enum fb_alert_source source);
