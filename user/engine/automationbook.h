/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automation while it runs (policy/automation.h): its switches, what both judges were sure of, and
 * what came of that. Switches and the last acts stand in the file `automation` of the state folder.
 * automate.c acts on it, by the door that all acts go through.
 */
#pragma once

#include <pthread.h>

#include "policy/automationlog.h"
#include "store/statefile.h"

struct fb_incidentbook;
struct fb_status;

#define FB_AUTOMATION_QUEUE 32 /* between two ticks, of each verb */

/* X(name, loss, help) */
#define FB_AUTOMATION_COUNTERS(X)                                                                  \
	X(automation_blocks, false, "addresses that automation blocked for a time")                \
	X(automation_limits, false, "what may be forged, that automation held to a rate")          \
	X(automation_never, false, "acts that automation left alone: of who is never touched")     \
	X(automation_budget, false, "acts that automation left alone: it had done enough")         \
	X(automation_failed, false, "acts that automation could not do: no room, or no queue")     \
	X(automation_panic, false, "acts that automation left alone: all verdicts are off")        \
	X(automation_crowded, false, "acts that automation left for the next windows: too many")

struct fb_automation_counters {
#define X(name, loss, help) uint64_t name;
	FB_AUTOMATION_COUNTERS(X)
#undef X
};

struct fb_automation_told {
	struct fb_automation_switches switches;
	struct fb_automation_counters counters;
	unsigned int used[2];		    /* in the last minute: blocks, limits */
	struct fb_automation_beside beside; /* rules in force */
};

struct fb_automationbook {
	int folder; /* -1: nothing outlives us */
	struct fb_statefile file;
	unsigned int ticks;
	struct fb_automation_call queue[2][FB_AUTOMATION_QUEUE]; /* blocks, limits */
	unsigned int n_queue[2];
	/* Of what is off: the budget that it would have had. */
	struct fb_automation would[FB_KIND_COUNT][FB_AUTOMATION_SCOPES];
	bool changed;	      /* what a restart has to know */
	pthread_mutex_t lock; /* protects what follows */
	struct fb_automation_told told;
	struct fb_automation_log log;
};

/* Hears of the incidents of `incidents`, which goes first. 0 or -ENOMEM. */
int fb_automationbook_new(struct fb_incidentbook *incidents, struct fb_automationbook **ret_book);
/* The last run's. */
void fb_automationbook_start(struct fb_automationbook *book, int folder);
/* NULL is fine. */
void fb_automationbook_free(struct fb_automationbook *book);

/* --- the engine's thread ---------------------------------------------------------------------- */

/* What is to be acted on now, blocks first; false: no more. */
bool fb_automationbook_next(struct fb_automationbook *book, struct fb_automation_call *ret_call);
/* Seconds that an act of it lasts; 0: it is off. */
uint32_t fb_automationbook_seconds(const struct fb_automationbook *book, unsigned int kind,
				   unsigned int scope);
/* Put what came of one into the list. */
void fb_automationbook_note(struct fb_automationbook *book,
			    const struct fb_automation_entry *entry);
void fb_automationbook_switch(struct fb_automationbook *book, unsigned int kind, unsigned int scope,
			      uint32_t seconds);
/* What is told of the budget; now and then, the file. */
void fb_automationbook_tick(struct fb_automationbook *book, const struct fb_automation used[2],
			    const struct fb_automation_beside *beside, int64_t now_ms);

/* --- any thread ------------------------------------------------------------------------------- */

void fb_automationbook_tell(struct fb_automationbook *book, struct fb_automation_told *ret_told);
/* As fb_automation_log_list. */
unsigned int fb_automationbook_list(struct fb_automationbook *book,
				    const struct fb_automation_ask *ask,
				    struct fb_automation_entry *list, unsigned int max);

/* Its counters into the status. */
void fb_automationbook_health(struct fb_automationbook *book,
			      void (*add)(void *ctx, const char *name, const char *help,
					  uint64_t value, bool loss),
			      struct fb_status *status);
