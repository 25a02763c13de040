/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The history as a consumer of flows: its writer on a thread of its own, behind a queue, and the
 * log's lines for it. Says when it cannot write, and when it can again; nothing waits for it.
 */
#pragma once

#include "engine/journal.h"
#include "flow/consumer.h"
#include "past/windows.h"
#include "store/historian.h"

#define FB_HISTORYBOOK_LINES 64 /* of the log, a tick */
#define FB_HISTORYBOOK_QUEUE 16 /* ticks that wait */

struct fb_historybook {
	struct fb_historian *historian; /* NULL: there is no history */
	struct fb_journal *journal;	/* borrowed */
	char folder[200];
	char reason[200]; /* why there is none; empty: it was not asked for */
	uint64_t seq;	  /* of the last line that is written */
	uint64_t epoch;	  /* of the tick that these are written with: */
	unsigned int n;
	struct fb_journal_entry line[FB_HISTORYBOOK_LINES];
	bool works;
	bool without_lines; /* of the log, which name hosts and people */
};

/*
 * Open the file in the folder, as the user who we are from here on; `goes_on` as of
 * fb_historian_new; what was kept of windows goes
 * to `windows`, and *ret_window is the last of them. Before the threads begin. What cannot be is
 * said.
 */
void fb_historybook_open(struct fb_historybook *book, const char *folder,
			 const struct fb_history_limits *limits, bool goes_on,
			 struct fb_journal *journal, struct fb_windows *windows,
			 uint64_t *ret_window);
/* Behind its thread. A zeroed book is fine. */
void fb_historybook_close(struct fb_historybook *book);

/* As fb_historian_erase; -EOPNOTSUPP: there is no history. Any thread. */
int fb_historybook_erase(struct fb_historybook *book, const struct fb_person *who, bool dry_run,
			 uint64_t from_ns);
bool fb_historybook_erased(struct fb_historybook *book, struct fb_erased *ret_counts);

/* Its context is the book. */
extern const struct fb_consumer_ops fb_historybook_consumer;
