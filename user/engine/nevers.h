/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What acts may never touch: routers and resolvers that this host is told of, what the flows show,
 * and whom the operator trusts. Looked for by the thread `watch` every few seconds, and by who is
 * about to act; the engine's thread has what was found. Any thread.
 */
#pragma once

#include <pthread.h>

#include "policy/never.h"

struct fb_nevers {
	pthread_mutex_t lock; /* guards what follows */
	struct fb_cidr trusted[FB_NEVERS_TRUSTED];
	unsigned int n_trusted;
	struct fb_never_asker asker[FB_NEVER_ASKERS]; /* a ring */
	uint64_t asked_ns[FB_NEVER_ASKERS];	      /* 0: none */
	unsigned int next;
	struct fb_never_facts seen; /* when we looked last: what routes, files and flows tell */
	uint64_t looked_ns;	    /* CLOCK_MONOTONIC; 0: never */
	unsigned int looks;
};

void fb_nevers_init(struct fb_nevers *nevers);
void fb_nevers_fini(struct fb_nevers *nevers);

/* Those from here on. */
void fb_nevers_trust(struct fb_nevers *nevers, const struct fb_cidr *list, unsigned int n);

/* Somebody asks: for an hour he is not shut out, whoever asks then. */
void fb_nevers_asked(struct fb_nevers *nevers, const struct fb_never_asker *asker);

/*
 * Look at routes, files and the flows of a snapshot (NULL: at none), which takes its time: not by
 * the engine's thread once it runs.
 */
void fb_nevers_look(struct fb_nevers *nevers, const struct fb_snapshot *snapshot);
/* That was so long ago; and is it due, every second after the start, later every ten? */
bool fb_nevers_are_older(struct fb_nevers *nevers, uint64_t ns);
bool fb_nevers_are_due(struct fb_nevers *nevers);

/* All that was seen and said, but the asker and own addresses, which stay. */
void fb_nevers_collect(struct fb_nevers *nevers, struct fb_never_facts *facts);
