/* SPDX-License-Identifier: BSD-2-Clause */
/* Rates over time and by the hour of the week, as answers about sums have them. One thread. */
#pragma once

#include "store/rollupask.h"

struct fb_rollup_points {
	unsigned int width; /* s */
	int64_t start;	    /* s since 1970 */
	unsigned int n;
};

/* Bits a second of one key, up and down; of what was not counted at all, nothing. */
struct fb_rollup_line {
	char key[256];
	double *rate[2];
};

struct fb_rollup_lines {
	struct fb_rollup_points points;
	unsigned int n;
	struct fb_rollup_line line[FB_ROLLUP_LINES + 2]; /* all of them first */
};

/* Points of `least` seconds at least, and not too many. */
struct fb_rollup_points fb_rollup_points_of(const struct fb_period *period, unsigned int least);

void fb_rollup_free_lines(struct fb_rollup_lines *lines);
#define _cleanup_rollup_lines_ __attribute__((__cleanup__(fb_rollup_free_lines)))

/* One more, 0 where `like` has something, else not counted. NULL: memory is short. */
struct fb_rollup_line *fb_rollup_add_line(struct fb_rollup_lines *lines, const char *key,
					  const struct fb_rollup_line *like);
/* Bytes up and down of the point `slot`, by its number since 1970. */
void fb_rollup_take_point(struct fb_rollup_lines *lines, struct fb_rollup_line *line, int64_t slot,
			  const double bytes[static 2], const struct fb_period *period);
/* All that has no line of its own. 0 or -ENOMEM. */
int fb_rollup_add_rest(struct fb_rollup_lines *lines);

/* Members of the answer; `total`: the first line, too. */
void fb_rollup_write_lines(struct fb_json *json, const struct fb_rollup_lines *lines, bool total);

#define FB_ROLLUP_DAYS	 7 /* of a week; Monday is 0 */
#define FB_ROLLUP_HOURS	 24
#define FB_ROLLUP_HOUR_S 3600

struct fb_rollup_week {
	uint64_t bytes[FB_ROLLUP_DAYS][FB_ROLLUP_HOURS];
	uint64_t hours[FB_ROLLUP_DAYS][FB_ROLLUP_HOURS]; /* that were counted in */
};

/* A member of the answer: bits a second of each hour, null of one that was never counted in. */
void fb_rollup_write_week(struct fb_json *json, const struct fb_rollup_week *week);
