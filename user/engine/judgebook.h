/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Live flows before the judge: that each began, how it was answered, that more of it passed, what
 * it asked of DNS, and that it ended. Its end is told in the tick that tells others; all else
 * between ticks, a millisecond at a time, in the order of fb_judge_sort. What is said of a flow it
 * keeps (flow/verdict.h). Used by the engine's thread.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/status.h"
#include "flow/snapshot.h"
#include "policy/judge.h"
#include "policy/teachings.h"
#include "table/table.h"

struct fb_judgestate;

#define FB_JUDGEBOOK_BATCH 1024
#define FB_JUDGEBOOK_WAIT  262144 /* flows that wait for the same: 4 MB */

/* X(name, loss, help) */
#define FB_JUDGEBOOK_COUNTERS(X)                                                                   \
	X(judge_told, false,                                                                       \
	  "what the judge was told: begins, results and ends of flows, that more of one passed")   \
	X(judge_untold, true,                                                                      \
	  "flows that went on and questions to DNS that the judge was not told in their second")

struct fb_judgebook_counters {
#define X(name, loss, help) uint64_t name;
	FB_JUDGEBOOK_COUNTERS(X)
#undef X
};

/* How long a flow may be left before the judge looks at it again: until a name, an answer came. */
enum fb_judgebook_stage { FB_STAGE_NEW, FB_STAGE_NAMELESS, FB_STAGE_UNANSWERED, FB_STAGE_COUNT };

/* Flows in the order in which they are due. */
struct fb_judgebook_line {
	struct {
		uint64_t id;
		uint32_t due; /* tick */
	} *wait;	      /* a ring of FB_JUDGEBOOK_WAIT */
	uint32_t first, n;
};

struct fb_judgebook {
	/* Of each flow that was judged, each time, with its id; set by the owner. NULL: nobody. */
	void (*listen)(void *ctx, const struct fb_judged *flow,
		       const struct fb_judgement *judgement, uint64_t flow_id);
	void *listen_ctx;
	struct fb_table *table;
	struct fb_judge *judge; /* NULL: nothing is judged */
	pthread_mutex_t lock;	/* for readers of other threads: */
	struct fb_learned *learned;
	struct fb_teachings teachings;
	struct fb_judgestate *state; /* NULL: nothing outlives us */
	int64_t applied_ms;	     /* wall clock: when the teachings were applied last */
	int64_t ahead_s;   /* of the clock of flows: that on the wall, where this machine is */
	uint64_t began_ns; /* clock of flows: what is older went on when we came */
	struct fb_snapshot *snapshot; /* of the last tick; NULL: there was none */
	uint32_t tick;
	struct fb_judgebook_line line[FB_STAGE_COUNT];
	const uint32_t *grown; /* the table's, of this tick */
	uint32_t n_grown, grown_at;
	const struct fb_dnslog_entry *asked; /* the last message that was told */
	bool all_asked;
	struct fb_judged batch[FB_JUDGEBOOK_BATCH]; /* sorted; tag: record and events */
	unsigned int n_batch, batch_at;
	uint64_t took_ns; /* since the last tick */
	uint32_t took_us; /* between the two before */
	struct fb_judgebook_counters counters;
};

/* `now_ns` on the clock of flows. 0 or -ENOMEM. */
int fb_judgebook_open(struct fb_judgebook *book, struct fb_table *table, uint64_t now_ns);
/* Take over what the folder keeps of the last run, and keep it there. 0 or -ENOMEM. */
int fb_judgebook_keep(struct fb_judgebook *book, int folder, int64_t now_ms);
/* After fb_table_free, or before; of zeroes it is fine. */
void fb_judgebook_close(struct fb_judgebook *book);

/* Within a tick: these end. */
void fb_judgebook_ended(struct fb_judgebook *book, const uint32_t *numbers, uint32_t n,
			uint64_t now_ns);
/* After it. */
void fb_judgebook_tick(struct fb_judgebook *book, struct fb_snapshot *snapshot, int64_t now_ms);
/* Between two: some milliseconds. Whether there is more. */
bool fb_judgebook_work(struct fb_judgebook *book);

/*
 * What was said of a flow, with the second judge's reasons as they are now. False: nothing was. Any
 * thread that holds the flow's snapshot.
 */
bool fb_judgebook_explain(struct fb_judgebook *book, const struct fb_flow_at *at,
			  struct fb_judgement *ret_judgement);

void fb_judgebook_status(const struct fb_judgebook *book, struct fb_judge_status *ret_status);

/* --- what the operator says ------------------------------------------------------------------- */

/*
 * A flow is fine, or not: said of all of its client, server and port from now on, and of those that
 * are there. The number of the teaching; -ENOENT: there is no such flow; -EAGAIN: it was not judged
 * yet; -ENOSPC; -ENOSYS: nothing is judged.
 */
int fb_judgebook_teach(struct fb_judgebook *book, uint64_t flow_id, bool deny, int64_t now_ms);
/* 0, -ENOENT, -ENOSYS. */
int fb_judgebook_unteach(struct fb_judgebook *book, uint32_t id, int64_t now_ms);
/* What is usual of these hosts, and what was taught of their connections; how many of both. */
unsigned int fb_judgebook_erase(struct fb_judgebook *book, const struct fb_person *who,
				int64_t now_ms);
/* Copy all, FB_TEACHINGS at most; how many. Any thread. */
unsigned int fb_judgebook_teachings(struct fb_judgebook *book, struct fb_teaching *list);
