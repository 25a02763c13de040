/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose traces are erased, handed from who asks to the history's writer, a part of each second
 * (store/erasure.h); one at a time.
 */
#pragma once

#include <pthread.h>

#include "store/erasure.h"

struct fb_historyerase {
	struct fb_erasure *now; /* the writer's; NULL: nobody's */
	uint64_t from_ns;	/* by the flows' clock: not before */
	pthread_mutex_t lock;	/* guards what follows */
	struct fb_erasure *next;
	uint64_t next_from_ns;
	bool goes_on; /* one was handed over, and is not done */
	struct fb_erased counts;
};

void fb_historyerase_init(struct fb_historyerase *erase);
void fb_historyerase_fini(struct fb_historyerase *erase);

/* As fb_historian_erase, fb_historian_erased: any thread. */
int fb_historyerase_ask(struct fb_historyerase *erase, const struct fb_person *who, bool dry_run,
			uint64_t from_ns);
bool fb_historyerase_told(struct fb_historyerase *erase, struct fb_erased *ret_counts);

/* After a tick of this time of the flows' clock. */
void fb_historyerase_work(struct fb_historyerase *erase, const struct fb_erasure_in *in,
			  uint64_t now_ns);
/* The file is another one, or none. */
void fb_historyerase_restart(struct fb_historyerase *erase);
