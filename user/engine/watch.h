/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that looks every few seconds at what takes time: whether files are other ones, and who
 * is never touched.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#define FB_WATCH_MOST 4

typedef void (*fb_watch_fn)(void *ctx);

struct fb_watch {
	pthread_t thread;
	int stop; /* eventfd */
	bool started;
	unsigned int n;
	struct {
		fb_watch_fn look;
		unsigned int every;
		void *ctx;
	} book[FB_WATCH_MOST];
};

/* Before it starts, to look every so many seconds; at most FB_WATCH_MOST. */
void fb_watch_add(struct fb_watch *watch, unsigned int every, fb_watch_fn look, void *ctx);
/* After privileges are dropped. 0 or -errno. */
int fb_watch_start(struct fb_watch *watch);
/* Waits for the look that is under way. A zeroed one is fine. */
void fb_watch_stop(struct fb_watch *watch);
