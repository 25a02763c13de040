/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that ask history, so that nobody else waits for a disk: three, of which one takes quick
 * questions only, each with a connection of its own that only reads, and a bounded queue in front
 * of them, of which one source may hold a part. Any thread.
 */
#pragma once

#include "store/pastquestion.h"
#include "util/buf.h"

struct fb_fleetquery;
struct sqlite3;

#define FB_PASTPOOL_THREADS 3
#define FB_PASTPOOL_QUICK   2000 /* ms: a question of no more finds a thread that has no others */
#define FB_PASTPOOL_QUEUE   32	 /* questions that wait or are answered */
#define FB_PASTPOOL_SHARE   6	 /* of those, of one source */

/* X(name, loss, help) */
#define FB_PASTPOOL_COUNTERS(X)                                                                    \
	X(asked, false, "questions to history")                                                    \
	X(refused, false, "questions to history that found too many others")                       \
	X(cut, false, "questions to history that ran out of time, or that nobody waited for")

struct fb_pastpool_counters {
#define X(name, loss, help) uint64_t name;
	FB_PASTPOOL_COUNTERS(X)
#undef X
};

#define FB_PASTPOOL_NAME 32

struct fb_past_job {
	char name[FB_PASTPOOL_NAME + 1]; /* what who asked calls it; may be empty */
	struct fb_past_ask ask;		 /* its filter is the job's */
	uint64_t source;		 /* whose share it is of */
	struct fb_past_progress progress;
	void (*done)(void *ctx); /* by a thread of the pool; the answer is there */
	void *ctx;

	bool beside; /* its handler asks something else, and takes it as it is: failed, too */
	struct fb_numberset seen; /* of questions one after the other; see fb_past_ask */

	/* Something else than flows, which goes to `text`; NULL: flows. `what` goes by `end`, else
	 * free. */
	int (*other)(struct sqlite3 *db, struct fb_past_job *job);
	/* The same of a fleet, whose history is elsewhere. */
	int (*of_fleet)(struct fb_fleetquery *query, struct fb_past_job *job);
	void *what;
	void (*end)(void *what);
	struct fb_buf text;

	int r; /* as of fb_past_run; -ENXIO: there is no history */
	struct fb_past_answer answer;
	struct fb_filter_error error;
	struct fb_past_job *next; /* the pool's; and when it gives up: */
	uint64_t deadline_ms;
};

struct fb_pastpool;

/* Of this folder's history.db, whenever there is one. 0 or -ENOMEM. */
int fb_pastpool_new(const char *folder, struct fb_pastpool **ret_pool);
/*
 * Of a history that is elsewhere: as fb_past_run, by thread number `thread`; borrowed. `other`: by
 * the job's `of_fleet`.
 */
struct fb_pastpool_source {
	int (*run)(void *ctx, unsigned int thread, const struct fb_past_ask *ask,
		   struct fb_past_progress *progress, struct fb_past_answer *ret_answer,
		   struct fb_filter_error *ret_error);
	int (*other)(void *ctx, unsigned int thread, struct fb_past_job *job);
	void *ctx;
};
int fb_pastpool_new_of(const struct fb_pastpool_source *source, struct fb_pastpool **ret_pool);
int fb_pastpool_start(struct fb_pastpool *pool);
/* All that waits is done, in a moment, with -ECANCELED. NULL is fine. */
void fb_pastpool_stop(struct fb_pastpool *pool);
/* NULL is fine. */
void fb_pastpool_free(struct fb_pastpool *pool);

/* 0, and `done` is called; -EBUSY: there are too many, or too many of the source. */
int fb_pastpool_ask(struct fb_pastpool *pool, struct fb_past_job *job);

/* The job is to be asked again, for what comes behind its answer. */
void fb_past_job_go_on(struct fb_past_job *job);
void fb_past_job_free(struct fb_past_job *job);

/* How far the questions of a source are that it has names for. Their number. */
struct fb_pastpool_search {
	char name[FB_PASTPOOL_NAME + 1];
	uint64_t rows;
	unsigned int permille;
};
unsigned int fb_pastpool_searches(struct fb_pastpool *pool, uint64_t source,
				  struct fb_pastpool_search searches[static FB_PASTPOOL_SHARE]);

void fb_pastpool_counters(struct fb_pastpool *pool, struct fb_pastpool_counters *ret_counters);
