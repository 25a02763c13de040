/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alerts: rules looked at once a tick, by a thread of their own that has no hurry; their states,
 * silences, and who is told. A consumer of flows. What a restart goes on with stands in the file
 * `alerts` of the state folder.
 */
#pragma once

#include <pthread.h>

#include "engine/alertmade.h"
#include "engine/courier.h"
#include "flow/consumer.h"
#include "policy/alertlife.h"
#include "policy/alertlook.h"
#include "store/statefile.h"
#include "util/numberset.h"

struct fb_status;
struct fb_alertnext;

#define FB_ALERTBOOK_QUEUE 32 /* ticks that may wait */

struct fb_alertbook {
	/* Of the machine; called by the book's thread, any status. */
	void (*status)(void *ctx, struct fb_status *ret_status);
	void *status_ctx;
	struct fb_status *now; /* the last one */
	int folder;	       /* -1: nothing outlives us */
	struct fb_statefile file;
	struct fb_alertmade made;		   /* the engine's thread alone */
	struct fb_alertlook *look[FB_ALERT_RULES]; /* NULL: of no flows */
	struct {
		uint64_t ns[FB_ALERT_WINDOWS], losses[FB_ALERT_WINDOWS];
		unsigned int n; /* samples, ever */
	} lost[FB_ALERT_RULES];
	struct fb_numberset devices; /* hashes of MACs that are known */
	uint64_t devices_ns;	     /* from then on others are new */
	unsigned int ticks;
	bool links_down[FB_LINK_MAX];
	char host[65];

	struct fb_courier *courier;
	pthread_mutex_t lock;	     /* protects what follows */
	struct fb_alert_rules rules; /* the book's thread alone changes them, and reads them so */
	struct fb_alertnext *next;   /* what comes in their place; NULL: nothing */
	struct fb_alertlife life;
	uint64_t keys_left_out;
};

struct fb_alertbook_opts {
	const char *const *rules, *const *senders; /* as policy/alertset.h, sink/sender.h */
	unsigned int n_rules, n_senders;
	void (*status)(void *ctx, struct fb_status *ret_status);
	void *status_ctx;
};

/* Read all of it, while root. -errno with a sentence. */
int fb_alertbook_open(struct fb_alertbook **ret_book, const struct fb_alertbook_opts *opts,
		      struct fb_why *why);
/* The last run's, and the thread of senders. 0 or -errno. */
int fb_alertbook_start(struct fb_alertbook *book, int folder);
/*
 * Other rules and senders, from the next tick on; by the engine's thread. What is pending or fires
 * of a rule that says the same goes on; for senders see fb_courier_change. -errno with a sentence:
 * all stays as it was.
 */
int fb_alertbook_change(struct fb_alertbook *book, const struct fb_alertbook_opts *opts,
			struct fb_why *why);
/* One rule is made, changed or taken back, from the next tick on; as fb_alertmade_edit. By the
 * engine's thread. */
int fb_alertbook_edit(struct fb_alertbook *book, const struct fb_alert_edit *edit);
/* By the engine's thread, once a tick. */
void fb_alertbook_keep(struct fb_alertbook *book);
/* When the consumers are closed. NULL is fine. */
void fb_alertbook_close(struct fb_alertbook *book);

/* Its context is the book. */
extern const struct fb_consumer_ops fb_alertbook_consumer;

/* --- any thread ------------------------------------------------------------------------------- */

/* A copy of all, to be freed; NULL: memory is short. */
struct fb_alertlife *fb_alertbook_copy(struct fb_alertbook *book);
/* The rules, those from the next tick on, without their filters; nothing to be freed. */
void fb_alertbook_rules(struct fb_alertbook *book, struct fb_alert_rules *ret_rules);
/* As fb_alertlife_silence. */
/* As fb_alertlife_erase. */
unsigned int fb_alertbook_erase(struct fb_alertbook *book, const struct fb_person *who);
int fb_alertbook_silence(struct fb_alertbook *book, const struct fb_alert_silence *silence);
/* As fb_courier_add_to, with a message that says that it is a test. */
int fb_alertbook_test(struct fb_alertbook *book, const char *sender);
/* Its counters into the status, and what is wrong with it. */
void fb_alertbook_health(struct fb_alertbook *book,
			 void (*add)(void *ctx, const char *name, const char *help, uint64_t value,
				     bool loss),
			 struct fb_status *status);
