/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the sensors of a fleet fare, as the rows tell that each writes every ten seconds, and whether
 * what they say they wrote is what the engine has. Times are by the sensors' own clocks.
 */
#pragma once

#include "fleet/fleetquery.h"
#include "util/json.h"

#define FB_FLEETSENSORS_MOST   5000	  /* sensors of an answer; the others are counted */
#define FB_FLEETSENSORS_LATE   30000	  /* ms without a word, or that rows wait */
#define FB_FLEETSENSORS_SILENT 60000	  /* ms without a word */
#define FB_FLEETSENSORS_LISTED 86400000ll /* ms that one without a word is listed */

/* X(name, English): from bad to good. */
#define FB_FLEET_STATES(X)                                                                         \
	X(SILENT, silent)                                                                          \
	X(LOSING, losing)                                                                          \
	X(LATE, late)                                                                              \
	X(OK, ok)

enum fb_fleet_state {
#define X(name, word) FB_FLEET_##name,
	FB_FLEET_STATES(X)
#undef X
		FB_FLEET_STATES_COUNT
};

struct fb_fleet_sums {
	uint64_t packets, bytes;
};

/* One from its start to its end, as far as it lies in the time that is asked about. */
struct fb_fleet_run {
	uint32_t sensor; /* its number in the list */
	uint64_t number; /* when it started, ms since 1970 */
	int64_t first_ms, last_ms, earlier_ms;
	int64_t settled_ms; /* up to here all rows had the time to arrive; 0: of none */
	struct fb_fleet_sums told_first, told, lost_first, lost;
	struct fb_fleet_sums flow_first, flow_earlier, flow; /* that its flows count */
	struct fb_fleet_sums arrived;			     /* rows from first_ms to settled_ms */
	uint64_t rows, rows_sent, rows_dropped, rows_dropped_first;
	uint64_t lag_ms, spool_bytes, spool_batches, uptime_ms;
	const char *losses, *counts, *losses_first, *counts_first; /* lists, by commas */
};

struct fb_fleetsensor_books {
	struct fb_fleet_sums told, arrived, dropped;
	bool balanced, known; /* of the first: told is what arrived, and what was dropped */
	int64_t missing;      /* bytes */
};

struct fb_fleet_sensor {
	const char *id, *name, *site, *tags, *version; /* tags by \x1f */
	int64_t heard_ms;
	const struct fb_fleet_run *run; /* its newest; NULL: none in the time that is asked about */
	uint32_t n_runs;		/* with those in front of it */
	struct fb_fleetsensor_books books;
	struct fb_fleet_sums moved; /* in that time, of rows that arrived */
	uint64_t rate_bps, pps;	    /* lately */
	double flows_per_s;
	uint64_t dropped; /* rows, in that time */
	enum fb_fleet_state state;
	const char *reason; /* a word of fleetstate.c; NULL: it is well */
	char why[200];	    /* ... in English */
};

struct fb_fleetsensors {
	int64_t now_ms, since_ms;
	struct fb_fleet_sensor *sensor; /* by name, then id */
	uint32_t n, left_out;
	struct fb_fleet_run *run; /* by the sensor's id, then number */
	uint32_t n_runs;
	struct fb_buf text[2]; /* that the others point into */
};

/* 0 and the list, else as of fb_fleetquery_ask. */
int fb_fleetsensors_read(struct fb_fleetquery *query, int64_t now_ms, int64_t since_ms,
			 struct fb_fleetsensors **ret_list);
/* NULL is fine. */
void fb_fleetsensors_free(struct fb_fleetsensors *list);

/* State, reason and books of each. */
void fb_fleetstate_of(const struct fb_fleetsensors *list, struct fb_fleet_sensor *sensor);

/*
 * What a list of losses (NAME,NAME and COUNT,COUNT) has of a name; 0: nothing. `next` goes through
 * the names: *at begins as the list.
 */
uint64_t fb_fleetstate_count(const char *names, const char *counts, const char *name, size_t len);
bool fb_fleetstate_next(const char **at, const char **ret_name, size_t *ret_len);

/* As the API has it; groups by "site", or by the tag of that name. 0 or -ENOMEM. */
int fb_fleetsensors_write(struct fb_json *json, const struct fb_fleetsensors *list, const char *by);

/* `by` is "sensor", "site" or "tag:NAME"; of a site and a tag as they were last. */
struct fb_fleetrates_ask {
	int64_t since_ms, until_ms;
	const char *by;
	unsigned int limit;
};

bool fb_fleetrates_is_by(const char *by);

/* Bits a second of each of the largest `limit` of them, and of the others together. 0 or -errno. */
int fb_fleetrates_write(struct fb_fleetquery *query, const struct fb_fleetrates_ask *ask,
			struct fb_json *json);
