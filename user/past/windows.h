/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows of some seconds: how many flows moved, inside and outside, how much, which inside hosts
 * came and went. The last FB_WINDOWS are kept. One thread feeds, any may read.
 */
#pragma once

#include "flow/consumer.h"
#include "flow/person.h"
#include "past/protos.h"

#define FB_WINDOWS	 360 /* an hour of the usual ones */
#define FB_WINDOW_S	 10  /* the usual length */
#define FB_WINDOW_MOST_S 3600
#define FB_WINDOW_HOSTS	 8    /* addresses listed of those that came and went */
#define FB_WINDOW_KNOWN	 8192 /* inside hosts remembered */
#define FB_WINDOW_GONE_S 300  /* of silence after which a host is gone */

struct fb_window_addr {
	uint8_t addr[16], family;
};

/* What the judge says of those that moved, at the window's end; averages are sums over counts. */
struct fb_window_judged {
	uint64_t action[FB_JUDGE_DENY + 1]; /* by enum fb_judge_action */
	uint64_t risk;			    /* sum over these, of 0 .. 100 each */
	uint64_t asked, agreed;		    /* of which the second judge was; rules said the same */
	uint64_t confidence;		    /* sum over those asked, of 1/1000 each */
};

struct fb_window {
	uint64_t id;		     /* 1, 2, ... */
	int64_t start_ms, end_ms;    /* wall clock */
	uint64_t flows;		     /* that moved in it */
	uint64_t internal, external; /* both ends inside; at least one outside */
	uint64_t protos[FB_PAST_PROTOS];
	struct fb_window_judged judged;
	uint64_t bytes[2];	/* by enum fb_dir */
	uint64_t losses;	/* of anything, in this window */
	uint64_t processing_us; /* that its record took to make */
	uint32_t n_new, n_gone; /* inside hosts; the first of them are listed */
	struct fb_window_addr new_host[FB_WINDOW_HOSTS], gone_host[FB_WINDOW_HOSTS];
};

struct fb_windows;

/* Each `seconds` long, 1 .. FB_WINDOW_MOST_S. */
int fb_windows_new(uint32_t seconds, struct fb_windows **ret_windows);
/* NULL is fine. */
void fb_windows_free(struct fb_windows *windows);

/* Those of earlier runs, oldest first, before the feeder begins: numbers go on behind the last. */
void fb_windows_restore(struct fb_windows *windows, const struct fb_window *list, unsigned int n);

/* Feeds them, its context. */
extern const struct fb_consumer_ops fb_windows_consumer;

/* Copy up to `max` closed windows with id > `after`, oldest first; returns how many. */
unsigned int fb_windows_read(struct fb_windows *windows, uint64_t after, struct fb_window *list,
			     unsigned int max);

/* Hosts listed in windows, and remembered as known: how many were. The feeder's thread. */
unsigned int fb_windows_erase(struct fb_windows *windows, const struct fb_person *who);

/* Sightings of inside hosts that found no place among those remembered; the feeder's thread. */
uint64_t fb_windows_hosts_missed(const struct fb_windows *windows);

uint32_t fb_windows_seconds(const struct fb_windows *windows);

/* The one that fills: its number and when it began. */
void fb_windows_current(struct fb_windows *windows, uint64_t *ret_id, int64_t *ret_start_ms);
