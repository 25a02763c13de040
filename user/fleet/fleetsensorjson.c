/* SPDX-License-Identifier: BSD-2-Clause */
/* What the API says of sensors, of groups of them, and of all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fleetsensors.h"
#include "util/cleanup.h"
#include "util/select.h"

static const char *const states[] = {
#define X(name, word) #word,
	FB_FLEET_STATES(X)
#undef X
};

/* --- a sensor --------------------------------------------------------------------------------- */

static void write_tags(struct fb_json *json, const char *tags)
{
	fb_json_kv_array(json, "tags");
	while (*tags) {
		const size_t len = strcspn(tags, "\x1f");

		fb_json_strn(json, tags, len);
		tags += len + (tags[len] != '\0');
	}
	fb_json_end(json, ']');
}

static void write_sums(struct fb_json *json, const char *key, const struct fb_fleet_sums *sums)
{
	fb_json_kv_object(json, key);
	fb_json_kv_u64(json, "packets", sums->packets);
	fb_json_kv_u64(json, "bytes", sums->bytes);
	fb_json_end(json, '}');
}

static void write_books(struct fb_json *json, const struct fb_fleetsensor_books *books)
{
	fb_json_kv_object(json, "books");
	write_sums(json, "told", &books->told);
	write_sums(json, "arrived", &books->arrived);
	write_sums(json, "dropped", &books->dropped);
	fb_json_key(json, "balanced");
	if (books->known)
		fb_json_bool(json, books->balanced);
	else
		fb_json_null(json);
	fb_json_end(json, '}');
}

static void write_losses(struct fb_json *json, const struct fb_fleetsensors *list,
			 const struct fb_fleet_run *run)
{
	const char *at = run ? run->losses : "", *name;
	size_t len;

	fb_json_kv_array(json, "losses");
	while (fb_fleetstate_next(&at, &name, &len)) {
		const uint64_t n = fb_fleetstate_count(run->losses, run->counts, name, len);
		const uint64_t before = (int64_t)run->number >= list->since_ms
						? 0
						: fb_fleetstate_count(run->losses_first,
								      run->counts_first, name, len);

		fb_json_object(json);
		fb_json_key(json, "name");
		fb_json_strn(json, name, len);
		fb_json_kv_u64(json, "count", n);
		fb_json_kv_u64(json, "lately", n > before ? n - before : 0);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

/* What only rows of the time that is asked about tell; null where there were none. */
static void write_run(struct fb_json *json, const struct fb_fleet_run *run)
{
	static const char *const keys[] = {"lag_ms",	"spool_bytes", "spool_batches", "uptime_ms",
					   "rows_made", "rows_sent",   "rows_dropped"};
	const uint64_t values[] = {
		run ? run->lag_ms : 0,	      run ? run->spool_bytes : 0,
		run ? run->spool_batches : 0, run ? run->uptime_ms : 0,
		run ? run->rows : 0,	      run ? run->rows_sent : 0,
		run ? run->rows_dropped : 0,
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		fb_json_key(json, keys[i]);
		if (run)
			fb_json_u64(json, values[i]);
		else
			fb_json_null(json);
	}
}

static void write_sensor(struct fb_json *json, const struct fb_fleetsensors *list,
			 const struct fb_fleet_sensor *sensor)
{
	fb_json_object(json);
	fb_json_kv_str(json, "sensor", sensor->name);
	fb_json_kv_str(json, "sensor_id", sensor->id);
	fb_json_kv_str(json, "site", sensor->site);
	write_tags(json, sensor->tags);
	fb_json_kv_str(json, "version", sensor->version);
	fb_json_kv_str(json, "state", states[sensor->state]);
	fb_json_kv_str(json, "reason", sensor->reason);
	fb_json_kv_str(json, "why", sensor->reason ? sensor->why : NULL);
	fb_json_kv_time(json, "last_heard", sensor->heard_ms);
	fb_json_key(json, "age_ms");
	fb_json_num(json, (double)(list->now_ms - sensor->heard_ms), 0);
	write_run(json, sensor->run);
	fb_json_kv_u64(json, "rate_bps", sensor->rate_bps);
	fb_json_kv_u64(json, "pps", sensor->pps);
	fb_json_key(json, "flows_per_s");
	fb_json_num(json, sensor->flows_per_s, 2);
	fb_json_kv_u64(json, "bytes", sensor->moved.bytes);
	fb_json_kv_u64(json, "packets", sensor->moved.packets);
	fb_json_kv_u64(json, "dropped", sensor->dropped);
	write_books(json, &sensor->books);
	write_losses(json, list, sensor->run);
	fb_json_end(json, '}');
}

/* --- groups ----------------------------------------------------------------------------------- */

struct group {
	const char *key; /* not ended */
	size_t len;
	const struct fb_fleet_sensor *of; /* before they are put together */
	uint64_t n, state[FB_FLEET_STATES_COUNT];
	uint64_t rate_bps, pps, bytes, packets, dropped;
	double flows_per_s;
};

static void add(struct group *group, const struct fb_fleet_sensor *sensor)
{
	group->n++;
	group->state[sensor->state]++;
	group->rate_bps += sensor->rate_bps;
	group->pps += sensor->pps;
	group->bytes += sensor->moved.bytes;
	group->packets += sensor->moved.packets;
	group->dropped += sensor->dropped;
	group->flows_per_s += sensor->flows_per_s;
}

static void write_group(struct fb_json *json, const struct group *group)
{
	fb_json_object(json);
	if (group->key) {
		fb_json_key(json, "key");
		fb_json_strn(json, group->key, group->len);
	}
	fb_json_kv_u64(json, "sensors", group->n);
	for (int i = 0; i < FB_FLEET_STATES_COUNT; i++)
		fb_json_kv_u64(json, states[i], group->state[i]);
	fb_json_kv_u64(json, "rate_bps", group->rate_bps);
	fb_json_kv_u64(json, "pps", group->pps);
	fb_json_key(json, "flows_per_s");
	fb_json_num(json, group->flows_per_s, 2);
	fb_json_kv_u64(json, "bytes", group->bytes);
	fb_json_kv_u64(json, "packets", group->packets);
	fb_json_kv_u64(json, "dropped", group->dropped);
	fb_json_end(json, '}');
}

/* The site, or what a tag says: "" where there is none. */
static struct group group_of(const struct fb_fleet_sensor *sensor, const char *by)
{
	const char *at = sensor->tags;
	const size_t len = strlen(by);

	if (!strcmp(by, "site"))
		return (struct group){.key = sensor->site, .len = strlen(sensor->site)};
	while (*at) {
		const size_t whole = strcspn(at, "\x1f");

		if (whole > len && at[len] == '=' && !memcmp(at, by, len))
			return (struct group){.key = at + len + 1, .len = whole - len - 1};
		at += whole + (at[whole] != '\0');
	}
	return (struct group){.key = "", .len = 0};
}

static int by_key(const void *a_, const void *b_, void *ctx)
{
	const struct group *a = a_, *b = b_;
	const int order = memcmp(a->key, b->key, a->len < b->len ? a->len : b->len);

	(void)ctx;
	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int write_groups(struct fb_json *json, const struct fb_fleetsensors *list, const char *by)
{
	_cleanup_free_ struct group *groups = calloc(list->n + 1, sizeof(*groups));
	uint32_t next = 0;

	if (!groups)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->n; i++) {
		groups[i] = group_of(&list->sensor[i], by);
		groups[i].of = &list->sensor[i];
	}
	fb_sort(groups, list->n, sizeof(*groups), by_key, NULL);
	fb_json_kv_array(json, "groups");
	for (uint32_t i = 0; i < list->n; i = next) {
		for (next = i; next < list->n && by_key(&groups[i], &groups[next], NULL) == 0;
		     next++)
			add(&groups[i], groups[next].of);
		write_group(json, &groups[i]);
	}
	fb_json_end(json, ']');
	return 0;
}

int fb_fleetsensors_write(struct fb_json *json, const struct fb_fleetsensors *list, const char *by)
{
	struct group all = {.key = NULL};
	int r;

	for (uint32_t i = 0; i < list->n; i++)
		add(&all, &list->sensor[i]);
	fb_json_object(json);
	fb_json_kv_time(json, "as_of", list->now_ms);
	fb_json_kv_time(json, "since", list->since_ms);
	fb_json_kv_u64(json, "late_ms", FB_FLEETSENSORS_LATE);
	fb_json_kv_u64(json, "silent_ms", FB_FLEETSENSORS_SILENT);
	fb_json_kv_u64(json, "left_out", list->left_out);
	fb_json_key(json, "totals");
	write_group(json, &all);
	fb_json_kv_str(json, "by", by);
	r = write_groups(json, list, by);
	fb_json_kv_array(json, "items");
	for (uint32_t i = 0; r == 0 && i < list->n; i++)
		write_sensor(json, list, &list->sensor[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return r;
}
