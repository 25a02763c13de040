/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alerts over time, one for each (rule, key): pending until it held for as long as its rule says,
 * firing, resolved when it did not hold for a while; told once, then each repeat interval, and at
 * its end. Not told while it is silenced, at quiet hours, or while what explains it fires. Time
 * comes from the caller. One thread.
 */
#pragma once

#include <flowbpf/link.h>

#include "flow/person.h"
#include "policy/alertset.h"

#define FB_ALERTS	  1024 /* at once */
#define FB_ALERT_BURST	  5    /* messages of one rule at one look; more are counted in the last */
#define FB_ALERT_SILENCES 64
#define FB_ALERT_BY	  120
#define FB_ALERT_REASON	  200

enum fb_alert_state { FB_ALERT_PENDING, FB_ALERT_FIRING, FB_ALERT_RESOLVED, FB_ALERT_STATES };

struct fb_alert {
	uint64_t id; /* of (rule, key) */
	char rule[FB_ALARM_NAME + 1], key[FB_ALARM_KEY + 1];
	enum fb_alert_state state;
	enum fb_severity severity;
	char sentence[FB_ALARM_SENTENCE + 1];
	uint16_t link;		    /* the interface that its flows passed; 0: none */
	uint64_t since_ns, last_ns; /* it holds since; it held last */
	int64_t since_ms, ended_ms; /* wall clock; ended 0: it goes on */
	uint64_t told_ns;	    /* 0: nobody was told */
	uint64_t look;		    /* the last look that found it */
	bool grouped;		    /* told as one of "more" */
	bool once;		    /* an event */
	const char *silent;	    /* why nobody is told, static; NULL: they are */
};

/* What is not told: alerts of a rule and key until then. Empty texts: of all. */
struct fb_alert_silence {
	char rule[FB_ALARM_NAME + 1], key[FB_ALARM_KEY + 1];
	int64_t until_ms;
	char by[FB_ALERT_BY + 1], reason[FB_ALERT_REASON + 1];
};

/* X(name, loss, help) */
#define FB_ALERTLIFE_COUNTERS(X)                                                                   \
	X(fired, false, "alerts that fired")                                                       \
	X(crowded, true, "times that an alert found no room among 1024")

struct fb_alertlife {
	struct fb_alert alert[FB_ALERTS];
	unsigned int n;
	struct fb_alert_silence silence[FB_ALERT_SILENCES];
	unsigned int n_silences;
	uint64_t look;
	bool changed; /* what a restart has to know: the caller's to clear */
	struct fb_alertlife_counters {
#define X(name, loss, help) uint64_t name;
		FB_ALERTLIFE_COUNTERS(X)
#undef X
	} counters;
};

struct fb_alert_moment {
	uint64_t ns; /* any clock that never goes back */
	int64_t wall_ms;
	int minute;		/* of the local day */
	const bool *links_down; /* [FB_LINK_MAX]; NULL: none is */
};

/* What a look found of a key. */
struct fb_alert_found {
	const char *key;
	uint64_t value;
	const char *sentence; /* NULL: the rule's own, of the value */
	uint16_t link;
};

/* A look at one rule: begin, each key that breaks the limit, settle. */
void fb_alertlife_begin(struct fb_alertlife *life);
void fb_alertlife_see(struct fb_alertlife *life, const struct fb_alert_rule *rule,
		      const struct fb_alert_found *found, const struct fb_alert_moment *moment);
/* `others`: so many more of the rule are told by this one. */
typedef void (*fb_alert_tell)(void *ctx, const struct fb_alert *alert, enum fb_alarm_kind kind,
			      uint32_t others);
void fb_alertlife_settle(struct fb_alertlife *life, const struct fb_alert_rule *rule,
			 const struct fb_alert_moment *moment, fb_alert_tell tell, void *ctx);

/* Take silences away that are over, and alerts that were over for an hour. */
void fb_alertlife_forget(struct fb_alertlife *life, int64_t wall_ms);

/* Alerts and silences that name them go, told to nobody; returns how many. */
unsigned int fb_alertlife_erase(struct fb_alertlife *life, const struct fb_person *who);

/* Add a silence, in the place of one of the same rule and key; until 0: take it back. 0, -ENOSPC,
 * -ENOENT: there is none to be taken back. */
int fb_alertlife_silence(struct fb_alertlife *life, const struct fb_alert_silence *silence);

/* Lines of a state file: what a restart goes on with. */
void fb_alertlife_write(const struct fb_alertlife *life, struct fb_buf *buf);
/* False: it is no such line. `moment`: of now. */
bool fb_alertlife_read(struct fb_alertlife *life, char *line, const struct fb_alert_moment *moment);

/* These are the rules now: what fires of one that is no more ends, and who was told is told that,
 * silenced or not: nothing else would tell them. */
void fb_alertlife_adopt(struct fb_alertlife *life, const struct fb_alert_rules *rules,
			int64_t wall_ms, fb_alert_tell tell, void *ctx);

const char *fb_alert_state_name(enum fb_alert_state state);
