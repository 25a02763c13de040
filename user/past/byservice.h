/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each service moved in one tick, and which of them have a line over time: five that everybody
 * asks for, the busiest of the others, and one for all the rest, so that the lines add up to all.
 * "https (YouTube)" is https here. One thread.
 */
#pragma once

#include "flow/snapshot.h"

#define FB_BYSERVICE_FIXED 5 /* https, http, dns, ssh, ftp */
#define FB_BYSERVICE_LINES (FB_BYSERVICE_FIXED + 6 + 1)
#define FB_BYSERVICE_NAMES 128	/* told apart; the rest are among "other" */
#define FB_BYSERVICE_TEXTS 2048 /* texts whose service is remembered, a power of two */

struct fb_byservice_sum {
	int64_t bytes[2]; /* that moved, by enum fb_dir */
	uint32_t flows;	  /* that had packets */
};

struct fb_byservice {
	char name[FB_BYSERVICE_NAMES][24]; /* the first is "other" */
	struct fb_byservice_sum sum[FB_BYSERVICE_NAMES];
	double weight[FB_BYSERVICE_NAMES]; /* a slow mean of what moves */
	unsigned int n_names;
	struct fb_byservice_text {
		const char *text; /* of a flow, interned; NULL: free */
		uint8_t name;
	} text[FB_BYSERVICE_TEXTS];
	unsigned int n_texts;
	uint8_t line[FB_BYSERVICE_LINES]; /* whose name it is; the last is "other" */
	unsigned int n_lines;		  /* without the last */
};

struct fb_byservice_line {
	const char *name;
	struct fb_byservice_sum sum;
	bool taken; /* in this tick: by another service than before */
};

void fb_byservice_init(struct fb_byservice *by);
/* A tick begins. */
void fb_byservice_clear(struct fb_byservice *by);
/* Add what this flow moves. */
void fb_byservice_add(struct fb_byservice *by, const struct fb_flow_at *at);
/* All lines of the tick; returns how many. Once a tick. */
unsigned int fb_byservice_lines(struct fb_byservice *by,
				struct fb_byservice_line line[static FB_BYSERVICE_LINES]);
