/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule of alerts would have done: its measure over steps of the past, from parts of flows as
 * history has them, and the same life of alerts (policy/alertlife.h) over these. What a part moved
 * is spread evenly over its time. One thread.
 */
#pragma once

#include "policy/alertrule.h"

#define FB_ALERTTRY_KEYS  512  /* parts of others are counted as left out */
#define FB_ALERTTRY_STEPS 2880 /* at most; a step is 1 s at least */
#define FB_ALERTTRY_TIMES 200  /* that are told; all are counted */

struct fb_alerttry;

/* Of a flow: all of it, or a stretch that it moved something in. */
struct fb_alerttry_part {
	const char *key;	/* as fb_alarm_clean leaves it */
	int64_t from_ms, to_ms; /* wall clock */
	uint64_t bytes;
};

/* A time that the rule would have fired. */
struct fb_alerttry_time {
	char key[FB_ALARM_KEY + 1];
	int64_t from_ms, to_ms; /* it fired; to 0: it would still */
	uint64_t value;		/* the worst; in the unit of the measure */
	const char *silent;	/* why nobody would have been told, static; NULL: they would */
};

struct fb_alerttry_times {
	uint64_t n, told; /* all; of those, what somebody would have been told of */
	unsigned int n_kept;
	struct fb_alerttry_time kept[FB_ALERTTRY_TIMES]; /* the newest, oldest first */
};

/* Why history cannot tell of it: a sentence, static; NULL: it can. */
const char *fb_alerttry_lack(const struct fb_alert_rule *rule);
/* Is the measure one of flows that live, each once? Else of all that moved. */
bool fb_alerttry_is_of_living(const struct fb_alert_rule *rule);

/* `rule` is borrowed. 0 or -ENOMEM. */
int fb_alerttry_new(const struct fb_alert_rule *rule, int64_t since_ms, int64_t until_ms,
		    struct fb_alerttry **ret_try);
/* NULL is fine. */
void fb_alerttry_free(struct fb_alerttry *try);

/* Parts come in any order. 0 or -ENOMEM. */
int fb_alerttry_add(struct fb_alerttry *try, const struct fb_alerttry_part *part);
/* Nobody looked from then to then: it was not running. Any number of times, before the end. */
void fb_alerttry_gap(struct fb_alerttry *try, int64_t from_ms, int64_t to_ms);
/* While `other` fires nobody is told: the rule behind unless, over the same time, after its end. */
void fb_alerttry_explain(struct fb_alerttry *try, const struct fb_alerttry *other);
/* Once all are there. 0 or -ENOMEM. */
int fb_alerttry_end(struct fb_alerttry *try, struct fb_alerttry_times *ret_times);

uint32_t fb_alerttry_step_s(const struct fb_alerttry *try);
/* Parts whose key found no room. */
uint64_t fb_alerttry_left_out(const struct fb_alerttry *try);
