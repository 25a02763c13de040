/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A question to history, and its answer, a snapshot as if those flows were all that there is. A
 * page has the rows that are shown, in their order. A fold has a record for all flows that agree in
 * what the question is about; how many it stands for, and their sums: queries go over it as they do
 * over the live one.
 */
#pragma once

#include <stdatomic.h>

#include "filter/filter.h"
#include "flow/past.h"
#include "util/numberset.h"

#define FB_PAST_SORTS  4
#define FB_PAST_OFFSET 100000
#define FB_PAST_FLOWS  (1u << 20) /* flows of several rows, and clients, that are told apart */

struct fb_past_sort {
	const struct fb_field *field;
	bool descending;
};

enum fb_past_what {
	FB_PAST_PAGE,
	FB_PAST_FOLD,
	FB_PAST_ID,   /* a page of one: the last word of a flow */
	FB_PAST_NEXT, /* a page of those before `before`, the newest first; nothing is summed up */
};

struct fb_past_ask {
	enum fb_past_what what;
	const struct fb_filter *filter;
	enum { FB_PAST_BOTH, FB_PAST_LIVING, FB_PAST_ENDED } live; /* when the range ended */
	unsigned int scope;					   /* FB_SCOPE_COUNT: any */
	int64_t now_ms;
	int64_t since_ms, until_ms; /* when rows were written; 0: no bound */
	int64_t at_ms;		    /* as it was then, instead; 0: no */
	bool once;		    /* of a fleet: what several sensors saw counts once */
	bool want[FB_FIELD_COUNT]; /* PAGE, ID, NEXT: besides what records are made of; FOLD: all */
	bool detail[FB_FIELD_COUNT]; /* of those: left out of a fold where it grows too large */
	struct fb_past_sort sort[FB_PAST_SORTS];
	unsigned int n_sorts; /* 0: the newest first */
	uint32_t offset, limit;
	uint64_t id;		   /* ID */
	struct fb_numberset *seen; /* NEXT: flows of answers before that have older rows */
	int64_t before;		   /* NEXT: `next` of the answer before; 0: from the end on */
	uint64_t before_id;	   /* ... and its `next_id` */
	uint32_t budget_ms;	   /* what was found by then is the answer */
};

struct fb_past_answer {
	struct fb_snapshot *snapshot; /* a reference */
	uint64_t matched, hosts;      /* flows, and distinct clients of them */
	uint64_t packets[2], bytes[2];
	uint64_t rows; /* that were looked at, but for those the database itself passed by */
	int64_t from_ms, to_ms; /* between which it was looked for */
	int64_t reached_ms;	/* back to here; later than from_ms: time was up */
	bool done;
	uint64_t left_out; /* flows that are in none of the records, nor so in all their detail */
	int64_t next;	   /* NEXT: where the next ones begin; 0: there are no more */
	uint64_t next_id;  /* ... of a fleet, whose rows of a moment are in the order of ids */
};

/* How far it is; any thread. */
struct fb_past_progress {
	atomic_bool stop;	    /* nobody waits any more */
	bool (*is_gone)(void *ctx); /* asked now and then by who searches; NULL: somebody waits */
	void *ctx;
	atomic_uint_fast64_t rows;
	atomic_uint permille;
};
