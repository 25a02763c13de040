/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a sensor well? And do its books agree with what the engine has? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fleetsensors.h"

#define CLOCK_MS 5000 /* ahead of ours */

/* --- lists of losses -------------------------------------------------------------------------- */

bool fb_fleetstate_next(const char **at, const char **ret_name, size_t *ret_len)
{
	*ret_name = *at;
	*ret_len = strcspn(*at, ",");
	*at += *ret_len + ((*at)[*ret_len] == ',');
	return *ret_len;
}

uint64_t fb_fleetstate_count(const char *names, const char *counts, const char *name, size_t len)
{
	const char *own, *count;
	size_t own_len, count_len;

	while (fb_fleetstate_next(&names, &own, &own_len) &&
	       fb_fleetstate_next(&counts, &count, &count_len))
		if (own_len == len && !memcmp(own, name, len))
			return strtoull(count, NULL, 10);
	return 0;
}

/* Before its first row of that time it had lost nothing, if it started in it. */
static bool is_new(const struct fb_fleetsensors *list, const struct fb_fleet_run *run)
{
	return (int64_t)run->number >= list->since_ms;
}

/* The loss that grew most in the time that is asked about. */
static uint64_t worst_loss(const struct fb_fleetsensors *list, const struct fb_fleet_run *run,
			   const char **ret_name)
{
	const char *at = run->losses, *name;
	uint64_t most = 0;
	size_t len;

	while (fb_fleetstate_next(&at, &name, &len)) {
		const uint64_t now = fb_fleetstate_count(run->losses, run->counts, name, len);
		const uint64_t before = is_new(list, run)
						? 0
						: fb_fleetstate_count(run->losses_first,
								      run->counts_first, name, len);

		if (now < before || now - before <= most)
			continue;
		most = now - before;
		*ret_name = name;
	}
	return most;
}

/* --- books ------------------------------------------------------------------------------------ */

static void add_sums(struct fb_fleet_sums *to, const struct fb_fleet_sums *until,
		     const struct fb_fleet_sums *since)
{
	to->packets += until->packets - since->packets;
	to->bytes += until->bytes - since->bytes;
}

/*
 * Rows that were made are there, or were dropped. What was dropped may be of rows of before, so all
 * of it may be missing of these, or nothing.
 */
static bool is_balanced(uint64_t told, uint64_t arrived, uint64_t dropped)
{
	return arrived <= told && told - arrived <= dropped;
}

static void make_books(const struct fb_fleetsensors *list, struct fb_fleet_sensor *sensor)
{
	static const struct fb_fleet_sums none;
	struct fb_fleetsensor_books *books = &sensor->books;

	for (uint32_t i = 0; i < sensor->n_runs; i++) {
		const struct fb_fleet_run *run = sensor->run - i;

		sensor->dropped +=
			run->rows_dropped - (is_new(list, run) ? 0 : run->rows_dropped_first);
		if (!run->settled_ms || run->settled_ms <= run->first_ms)
			continue;
		books->known = true;
		add_sums(&books->told, &run->told, &run->told_first);
		add_sums(&books->dropped, &run->lost, is_new(list, run) ? &none : &run->lost_first);
		add_sums(&books->arrived, &run->arrived, &none);
	}
	books->balanced =
		is_balanced(books->told.packets, books->arrived.packets, books->dropped.packets) &&
		is_balanced(books->told.bytes, books->arrived.bytes, books->dropped.bytes);
	books->missing = (int64_t)(books->told.bytes - books->arrived.bytes);
	if (sensor->run && sensor->run->lag_ms > FB_FLEETSENSORS_LATE)
		books->known = false; /* they wait */
}

/* --- states ----------------------------------------------------------------------------------- */

static void set(struct fb_fleet_sensor *sensor, enum fb_fleet_state state, const char *reason)
{
	sensor->state = state;
	sensor->reason = reason;
}

static bool is_losing(const struct fb_fleetsensors *list, struct fb_fleet_sensor *sensor)
{
	const struct fb_fleet_run *run = sensor->run;
	const char *name = NULL;
	uint64_t n = run ? worst_loss(list, run, &name) : 0;

	if (sensor->dropped) {
		set(sensor, FB_FLEET_LOSING, "dropped");
		snprintf(sensor->why, sizeof(sensor->why), "%" PRIu64 " rows were dropped",
			 sensor->dropped);
	} else if (sensor->books.known && !sensor->books.balanced) {
		set(sensor, FB_FLEET_LOSING, "books");
		snprintf(sensor->why, sizeof(sensor->why),
			 "the engine has %" PRId64 " bytes %s than it wrote",
			 sensor->books.missing < 0 ? -sensor->books.missing : sensor->books.missing,
			 sensor->books.missing < 0 ? "more" : "less");
	} else if (n) {
		set(sensor, FB_FLEET_LOSING, "lost");
		snprintf(sensor->why, sizeof(sensor->why), "%.*s counted %" PRIu64,
			 (int)strcspn(name, ","), name, n);
	}
	return sensor->reason;
}

static void tell_late(const struct fb_fleetsensors *list, struct fb_fleet_sensor *sensor)
{
	const int64_t age = list->now_ms - sensor->heard_ms;

	if (sensor->run && sensor->run->lag_ms > FB_FLEETSENSORS_LATE) {
		set(sensor, FB_FLEET_LATE, "lag");
		snprintf(sensor->why, sizeof(sensor->why), "rows wait for %" PRIu64 " s",
			 sensor->run->lag_ms / 1000);
	} else if (age > FB_FLEETSENSORS_LATE) {
		set(sensor, FB_FLEET_LATE, "age");
		snprintf(sensor->why, sizeof(sensor->why), "no word for %" PRId64 " s", age / 1000);
	} else if (age < -CLOCK_MS) {
		set(sensor, FB_FLEET_LATE, "clock");
		snprintf(sensor->why, sizeof(sensor->why), "its clock is %" PRId64 " s ahead",
			 -age / 1000);
	}
}

void fb_fleetstate_of(const struct fb_fleetsensors *list, struct fb_fleet_sensor *sensor)
{
	const int64_t age = list->now_ms - sensor->heard_ms;

	set(sensor, FB_FLEET_OK, NULL);
	make_books(list, sensor);
	if (age > FB_FLEETSENSORS_SILENT) {
		set(sensor, FB_FLEET_SILENT, "silent");
		snprintf(sensor->why, sizeof(sensor->why), "no word for %" PRId64 " s", age / 1000);
		sensor->rate_bps = sensor->pps = 0;
		sensor->flows_per_s = 0;
	} else if (!is_losing(list, sensor)) {
		tell_late(list, sensor);
	}
}
