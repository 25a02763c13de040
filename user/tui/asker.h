/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that asks the daemon, so that keys are never late because an answer is. Of each kind of
 * question one waits at most: a newer one takes its place. What came is fetched by the screen's
 * thread, which is woken by a descriptor.
 */
#pragma once

#include <stdbool.h>

#include "cli/daemon.h"
#include "util/buf.h"
#include "util/jsontree.h"
#include "util/why.h"

enum fb_ask {
	FB_ASK_ROWS,
	FB_ASK_SUMMARY,
	FB_ASK_HEALTH,
	FB_ASK_INCIDENTS,
	FB_ASK_DETAIL,
	FB_ASK_CHOICES, /* completion of a filter */
	FB_ASK_ACT,	/* something is changed, or shown before */
	FB_ASK_COUNT,
};

struct fb_asker;

struct fb_question {
	char *method, *target,
		*body;	     /* `method` NULL: there is none; `body` NULL: nothing is sent */
	unsigned int number; /* comes back with the answer */
};

struct fb_answer {
	int error;		  /* 0 or -errno: `why` */
	unsigned int status;	  /* of HTTP; 0: nobody answered */
	unsigned int place;	  /* of what is wrong in the filter, from 1; 0: not told */
	unsigned int number;	  /* the question's */
	struct fb_jsontree *tree; /* owned */
	struct fb_why why;
};

/* `door` says where the daemon is; its texts stay the caller's. 0 or -errno. */
int fb_asker_new(const struct fb_daemon *door, struct fb_asker **ret_asker);

/* Waits for an answer that is under way, but not for long. */
void fb_asker_freep(struct fb_asker **asker);

/* GET `target`, which is taken over. 0 or -ENOMEM. */
int fb_asker_ask(struct fb_asker *asker, enum fb_ask kind, struct fb_buf *target,
		 unsigned int number);

/* POST a document there, which is taken over, too; an empty one is none. */
int fb_asker_post(struct fb_asker *asker, enum fb_ask kind, struct fb_buf *target,
		  struct fb_buf *body, unsigned int number);

/* No answer yet to the last question of that kind. */
bool fb_asker_waits(struct fb_asker *asker, enum fb_ask kind);

/* Readable when there is an answer. */
int fb_asker_fd(const struct fb_asker *asker);

/* True: *ret_answer is the last one of that kind, and the caller's to free. */
bool fb_asker_take(struct fb_asker *asker, enum fb_ask kind, struct fb_answer *ret_answer);

void fb_answer_fini(struct fb_answer *answer);
#define _cleanup_answer_ __attribute__((__cleanup__(fb_answer_fini)))
