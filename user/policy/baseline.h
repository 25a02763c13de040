/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is usual of a host here at an hour of the day: connections a minute, of the minutes in which
 * it opened any, and bytes that it sent out in the hour; each by its median and by how far half of
 * them are from that (MAD). It is learned from days on which the host was there; hours of silence
 * teach nothing. Before FB_BASELINE_LEARNED days nothing is said to be usual.
 *
 * A place is taken from who was silent for two days only; while there is none such, new hosts find
 * no place, which is counted: however many addresses one host has, it drives out nobody.
 *
 * Times are seconds of the clock on the wall since 1970, the caller's; where they go back by less
 * than a day, time stands still. Integers only. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/blob.h"

#define FB_BASELINE_HOSTS   8192
#define FB_BASELINE_HOURS   24
#define FB_BASELINE_DAYS    8 /* of which bytes are kept, of each hour */
#define FB_BASELINE_LEARNED 3 /* days */

struct fb_baseline;

struct fb_baseline_usual {
	bool learned;	    /* or what follows is 0, but for: */
	uint16_t days;	    /* that are over, on which it was there */
	uint64_t low, high; /* half of the minutes, or hours, are between */
	uint64_t limit;	    /* median + 6 MAD */
};

struct fb_baseline_state {
	uint32_t hosts, learned; /* there are; of FB_BASELINE_LEARNED days or more */
	uint64_t evicted;	 /* made room for others */
	uint64_t refused;	 /* found none: minutes that taught nothing */
	size_t memory;		 /* bytes */
};

/* For so many hosts at most. NULL: memory is short. */
struct fb_baseline *fb_baseline_new(uint32_t max);
void fb_baseline_free(struct fb_baseline *baseline);

/* A minute is over in which a host opened `n` connections. `is_here`: it has been for a while. */
void fb_baseline_minute(struct fb_baseline *baseline, const uint8_t host[static 16], int64_t time_s,
			uint32_t n, bool is_here);
/* It sent bytes out: how many that makes in this hour; 0: it has no place. */
uint64_t fb_baseline_sent(struct fb_baseline *baseline, const uint8_t host[static 16],
			  int64_t time_s, uint64_t bytes);

/* Connections a minute; bytes sent out in an hour. */
struct fb_baseline_usual fb_baseline_rate(const struct fb_baseline *baseline,
					  const uint8_t host[static 16], int64_t time_s);
struct fb_baseline_usual fb_baseline_hour(const struct fb_baseline *baseline,
					  const uint8_t host[static 16], int64_t time_s);

/* What is usual of this host is not known any more; false: nothing was. */
bool fb_baseline_erase(struct fb_baseline *baseline, const uint8_t host[static 16]);

struct fb_baseline_state fb_baseline_state(const struct fb_baseline *baseline);

/* --- over a restart --------------------------------------------------------------------------- */

void fb_baseline_write(const struct fb_baseline *baseline, struct fb_buf *buf);
/*
 * In place of what is there, which stays if it fails. 0; -EBADMSG; -EPROTONOSUPPORT: of another
 * version; -ENOMEM.
 */
int fb_baseline_read(struct fb_baseline *baseline, struct fb_blob *blob);
