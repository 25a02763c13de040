/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rates over time, in memory: each second for 15 minutes, each 10 seconds for a day; of all, per
 * protocol, interface and service, of the busiest hosts, and of the monitor itself. At most
 * FB_SERIES_LINES lines of 76 kB, made when there is something to draw. One thread feeds, any may
 * read.
 */
#pragma once

#include "flow/consumer.h"
#include "flow/person.h"
#include "past/byservice.h"
#include "past/protos.h"

#define FB_SERIES_FAST	900  /* points of one second */
#define FB_SERIES_SLOW	8640 /* points of ten */
#define FB_SERIES_LINKS 16
#define FB_SERIES_HOSTS 24
#define FB_SERIES_LINES                                                                            \
	(5 + FB_PAST_PROTOS + FB_SERIES_LINKS + FB_SERIES_HOSTS + 2 * FB_BYSERVICE_LINES)

enum fb_series_by {
	FB_SERIES_TOTAL,
	FB_SERIES_PROTO,
	FB_SERIES_IFACE,
	FB_SERIES_HOST,
	FB_SERIES_COUNTS,	 /* live flows and packets a second */
	FB_SERIES_SERVICE,	 /* bits a second, as those above */
	FB_SERIES_SERVICE_FLOWS, /* flows with packets in that second; nothing */
	FB_SERIES_NEW,		 /* new flows a second and conntrack's entries */
	FB_SERIES_WORK,		 /* us that the tick took, CPU in thousandths of a core */
	FB_SERIES_COST,		 /* bytes of memory, losses a second */
};

/* What the monitor says of itself and of its machine, of one tick. */
struct fb_series_note {
	uint32_t tick_us, cpu_permille;
	uint64_t memory;  /* resident, bytes */
	double losses;	  /* a second */
	double new_flows; /* a second */
	double entries;	  /* of conntrack; NAN: there is none */
};

struct fb_series;

int fb_series_new(struct fb_series **ret_series);
/* NULL is fine. */
void fb_series_free(struct fb_series *series);

/* Feeds one, its context. Looks at what moved only. */
extern const struct fb_consumer_ops fb_series_consumer;

/* Once a tick, behind the consumer's; the feeder's thread. */
void fb_series_note(struct fb_series *series, const struct fb_series_note *note);

/* Bytes of the lines that there are; *ret_max: of as many as there can be. */
uint64_t fb_series_memory(struct fb_series *series, uint64_t *ret_max);

struct fb_series_line {
	char key[48];	  /* "tcp", "eth0", "10.0.0.5"; empty for the total */
	float *up, *down; /* [n] as enum fb_series_by says; NAN: not known */
};

struct fb_series_answer {
	uint32_t step_s, n;
	int64_t start_ms; /* of the first point; wall clock */
	unsigned int n_lines;
	struct fb_series_line line[FB_SERIES_LINKS + FB_SERIES_HOSTS];
	float *memory;
};

/* The last `seconds` (1 .. 86400): by the second up to 900, by 10 seconds beyond. 0 or -ENOMEM. */
int fb_series_read(struct fb_series *series, enum fb_series_by by, uint32_t seconds,
		   struct fb_series_answer *ret_answer);
void fb_series_answer_fini(struct fb_series_answer *answer);

/* Lines of these hosts go; how many did. The feeder's thread. */
unsigned int fb_series_erase(struct fb_series *series, const struct fb_person *who);
