/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What automation did, or would have done: what a preview shows, and what keeps it from doing the
 * same again. Blocks and limits have a ring each, for who forges addresses fills that of limits
 * alone. Time comes from the caller. One thread.
 */
#pragma once

#include "policy/automationcall.h"
#include "policy/blob.h"

#define FB_AUTOMATION_KEPT   512      /* of each verb */
#define FB_AUTOMATION_DAY_MS 86400000 /* that a preview looks back */

struct fb_automation_entry {
	struct fb_automation_call call;
	bool on;	  /* it was switched on */
	uint32_t seconds; /* that the rule lasts */
	int64_t until_ms; /* before that it is not done again */
	int32_t result;	  /* above 0: the rule's id; 0: it was not on; else why not, as of an act */
};

struct fb_automation_log {
	struct fb_automation_entry *entry; /* [2 * FB_AUTOMATION_KEPT]: blocks, limits */
	uint64_t n[2];			   /* ever */
};

/* 0 or -ENOMEM; to be given to fb_automation_log_fini in any case. */
int fb_automation_log_init(struct fb_automation_log *log);
void fb_automation_log_fini(struct fb_automation_log *log);

void fb_automation_log_add(struct fb_automation_log *log, const struct fb_automation_entry *entry);
/* Was the same done, or refused, so lately that it has to wait? `on`: what would have been done
 * does not count. */
bool fb_automation_log_holds(const struct fb_automation_log *log,
			     const struct fb_automation_call *call, bool on);

struct fb_automation_ask {
	int kind, scope;  /* -1: any */
	int64_t since_ms; /* not before */
};

/* Copies, the newest first, `max` at most. How many match. */
unsigned int fb_automation_log_list(const struct fb_automation_log *log,
				    const struct fb_automation_ask *ask,
				    struct fb_automation_entry *list, unsigned int max);

/* --- over a restart --------------------------------------------------------------------------- */

/* With the switches. */
void fb_automation_write(const struct fb_automation_log *log,
			 const struct fb_automation_switches *switches, struct fb_buf *buf);
/* Into an empty one. 0 or -errno with a sentence: both stay empty, and all is off. */
int fb_automation_read(struct fb_automation_log *log, struct fb_automation_switches *switches,
		       const void *data, size_t len, struct fb_why *why);
