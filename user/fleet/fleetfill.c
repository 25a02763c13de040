/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetfill.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "fleet/fleetcells.h"
#include "fleet/fleetrollup.h"
#include "util/cleanup.h"

#define LUCK_BITS  20 /* of a generation, below its ms: two who add up at once differ */
#define MS_PER_DAY 86400000ll
#define SUMS	   "sums_local"
#define GAP_CELLS  4 /* of fb_fleetrollup_gaps */

/* The server that is filled, and what was found of it. */
struct server {
	struct fb_fleetdialect dialect;
	struct fb_buf shard; /* NUL behind it */
	uint32_t oldest_gap; /* a day that is not added up; UINT32_MAX: none */
};

static int end_text(struct fb_buf *sql, struct fb_why *why)
{
	fb_buf_addc(sql, '\0');
	return fb_buf_error(sql) ? fb_why_set(why, -ENOMEM, "not enough memory") : 0;
}

static int ask(const struct fb_fleetfill *fill, struct fb_buf *sql, struct fb_buf *answer,
	       struct fb_why *why)
{
	const int r = end_text(sql, why);

	return r < 0 ? r : fb_clickhouse_query(fill->clickhouse, sql->data, answer, why);
}

static int perform(const struct fb_fleetfill *fill, struct fb_buf *sql, struct fb_why *why)
{
	const int r = end_text(sql, why);

	if (r < 0)
		return r;
	fill->tell(fill->ctx, sql->data);
	return fill->dry ? 0 : fb_clickhouse_work(fill->clickhouse, sql->data, why);
}

/* --- hours ------------------------------------------------------------------------------------ */

/* Of a cluster each shard adds up its own. */
static int read_shard(const struct fb_fleetfill *fill, struct server *server, struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT, answer = FB_BUF_INIT;
	char *at;
	int r;

	fb_buf_adds(&sql, "SELECT substitution FROM system.macros WHERE macro = 'shard' FORMAT "
			  "TabSeparated");
	r = ask(fill, &sql, &answer, why);
	if (r < 0)
		return r;
	at = answer.data;
	fb_buf_adds(&server->shard, *at ? fb_fleetcells_text(&at) : "");
	return end_text(&server->shard, why);
}

static uint64_t new_generation(const struct fb_fleetfill *fill)
{
	uint32_t luck = 0;

	(void)!getrandom(&luck, sizeof(luck), GRND_NONBLOCK);
	return (uint64_t)fill->now_ms << LUCK_BITS | (luck & ((1u << LUCK_BITS) - 1));
}

static int fill_hour(struct fb_fleetfill *fill, const struct server *server, int64_t hour,
		     struct fb_why *why)
{
	const struct fb_fleetrollup_fill what = {server->shard.data, hour, new_generation(fill)};
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int r;

	fb_fleetrollup_minutes(&what, &server->dialect, &sql);
	r = perform(fill, &sql, why);
	if (r < 0)
		return r;
	fb_fleetrollup_hours(&what, &server->dialect, &sql);
	r = perform(fill, &sql, why);
	fill->hours += r == 0;
	return r;
}

static bool was_lately(const struct fb_fleetfill *fill, uint64_t generation)
{
	return generation && (int64_t)(generation >> LUCK_BITS) > fill->now_ms - fill->settle_ms;
}

static int fill_hours(struct fb_fleetfill *fill, struct server *server, struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT, answer = FB_BUF_INIT;
	uint64_t gap[GAP_CELLS];
	char *at;
	int r;

	fb_fleetrollup_gaps(&server->dialect,
			    &(struct fb_fleetrollup_look){
				    fill->since_ms, fill->now_ms - fill->settle_ms, fill->fresh},
			    &sql);
	r = ask(fill, &sql, &answer, why);
	for (at = answer.data; r == 0 && *at;) {
		if (!fb_fleetcells_numbers(&at, GAP_CELLS, gap))
			return fb_why_set(why, -EPROTO, "the server's answer is not understood");
		if (!was_lately(fill, gap[3])) {
			r = fill_hour(fill, server, (int64_t)gap[0], why);
			continue;
		}
		if (gap[0] / 24 < server->oldest_gap)
			server->oldest_gap = (uint32_t)(gap[0] / 24);
	}
	return r;
}

/* --- days that are over ----------------------------------------------------------------------- */

static int drop(struct fb_fleetfill *fill, const struct server *server, const char *table,
		const char *partition, struct fb_why *why)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int r;

	fb_buf_addf(&sql, "ALTER TABLE %s.%s DROP PARTITION %s", server->dialect.database, table,
		    partition);
	r = perform(fill, &sql, why);
	fill->dropped += r == 0;
	return r;
}

/* Partitions whose last day is before `day`, since 1970. Rows have one a day, sums a month. */
static int drop_before(struct fb_fleetfill *fill, const struct server *server, const char *table,
		       int64_t day, struct fb_why *why)
{
	const char *quote = !strcmp(table, SUMS) ? "" : "\\'";
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT, answer = FB_BUF_INIT;
	char *at;
	int r;

	fb_buf_addf(&sql,
		    "SELECT concat('%s', partition, '%s') FROM system.parts WHERE database = '%s' "
		    "AND table = '%s' AND active GROUP BY partition HAVING max(max_date) < "
		    "toDate(%" PRId64 ") ORDER BY partition FORMAT TabSeparated",
		    quote, quote, server->dialect.database, table, day);
	r = ask(fill, &sql, &answer, why);
	for (at = answer.data; r == 0 && *at;) {
		const char *partition = fb_fleetcells_text(&at);

		r = drop(fill, server, table, partition, why);
	}
	return r;
}

static int drop_days(struct fb_fleetfill *fill, const struct server *server, struct fb_why *why)
{
	const int64_t today = fill->now_ms / MS_PER_DAY;
	const int64_t sums_day = today - fill->sums_days;
	int64_t day = today > fill->days ? today - fill->days : 0;
	int r = 0;

	if (fill->sums_days)
		r = drop_before(fill, server, SUMS, sums_day > 0 ? sums_day : 0, why);
	if (r < 0 || !fill->days)
		return r;
	if (day > server->oldest_gap)
		day = server->oldest_gap;
	r = drop_before(fill, server, "flows_local", day, why);
	return r < 0 ? r : drop_before(fill, server, "sensors_local", day, why);
}

int fb_fleetfill_run(struct fb_fleetfill *fill, struct fb_why *why)
{
	const int version = fb_clickhouse_version(fill->clickhouse, NULL, why);
	struct server server = {
		.dialect = {fb_clickhouse_database(fill->clickhouse),
			    version >= FB_CLICKHOUSE_MODERN},
		.shard = FB_BUF_INIT,
		.oldest_gap = UINT32_MAX,
	};
	int r = version < 0 ? version : read_shard(fill, &server, why);

	if (r == 0)
		r = fill_hours(fill, &server, why);
	if (r == 0)
		r = drop_days(fill, &server, why);
	fb_buf_fini(&server.shard);
	return r;
}
