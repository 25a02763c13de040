/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetrollup.h"

#include <inttypes.h>
#include <stddef.h>

#include "flow/keptfields.h"
#include "store/rollups.h"

#define HOURS_PER_DAY 24
#define MS_PER_HOUR   3600000
#define WHO	      "sensor, sensor_id, site, tags"

static const struct fb_fleetrollup_column columns[] = {
	{"date", FB_FLEETROLLUP_DATE},	      {"shard", FB_FLEETROLLUP_WORD},
	{"by", FB_FLEETROLLUP_KIND},	      {"step", FB_FLEETROLLUP_NUMBER},
	{"time", FB_FLEETROLLUP_NUMBER},      {"item", FB_FLEETROLLUP_TEXT},
	{"sensor", FB_FLEETROLLUP_WORD},      {"sensor_id", FB_FLEETROLLUP_WORD},
	{"site", FB_FLEETROLLUP_WORD},	      {"tags", FB_FLEETROLLUP_WORDS},
	{"generation", FB_FLEETROLLUP_COUNT}, {"flows", FB_FLEETROLLUP_COUNT},
	{"bytes_up", FB_FLEETROLLUP_COUNT},   {"bytes_down", FB_FLEETROLLUP_COUNT},
	{"packets_up", FB_FLEETROLLUP_COUNT}, {"packets_down", FB_FLEETROLLUP_COUNT},
	{"rows", FB_FLEETROLLUP_COUNT},
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

const struct fb_fleetrollup_column *fb_fleetrollup_column(unsigned int i)
{
	return i < COLUMNS ? &columns[i] : NULL;
}

void fb_fleetrollup_text(enum fb_field_id field, struct fb_buf *sql)
{
	if (field == FB_FIELD_COUNT)
		fb_buf_adds(sql, "''");
	else
		fb_buf_addf(sql,
			    fb_fields[field].type == FB_TYPE_IP ? "IPv6NumToString(%s)"
								: "toString(%s)",
			    fb_field_symbol(field));
}

/* "INSERT INTO sums_local (...)\nSELECT DATE, SHARD" */
static void begin(const struct fb_fleetrollup_fill *fill, const struct fb_fleetdialect *dialect,
		  struct fb_buf *sql)
{
	fb_buf_clear(sql);
	fb_buf_addf(sql, "INSERT INTO %s.sums_local (", dialect->database);
	for (size_t i = 0; i < COLUMNS; i++)
		fb_buf_addf(sql, "%s%s", i ? ", " : "", columns[i].name);
	fb_buf_addf(sql, ")\nSELECT toDate(%" PRId64 "), '", fill->hour / HOURS_PER_DAY);
	fb_fleetdialect_escape(fill->shard, sql);
	fb_buf_adds(sql, "'");
}

/* "ARRAY JOIN [0, ...] AS by, ['', ...] AS item" */
static void add_items(struct fb_buf *sql)
{
	fb_buf_adds(sql, " ARRAY JOIN [");
	for (unsigned int i = 0; i < FB_ROLLUP_BYS_COUNT; i++)
		fb_buf_addf(sql, i ? ", %u" : "toUInt8(%u)", i);
	fb_buf_adds(sql, "] AS by, [");
	for (unsigned int i = 0; i < FB_ROLLUP_BYS_COUNT; i++) {
		fb_buf_adds(sql, i ? ", " : "");
		fb_fleetrollup_text(fb_rollup_bys[i].field, sql);
	}
	fb_buf_adds(sql, "] AS item");
}

void fb_fleetrollup_minutes(const struct fb_fleetrollup_fill *fill,
			    const struct fb_fleetdialect *dialect, struct fb_buf *sql)
{
	begin(fill, dialect, sql);
	fb_buf_addf(sql,
		    ", by, %u, minute, item, " WHO ", %" PRIu64
		    ", sum(begun), sum(bytes_up), sum(bytes_down), sum(packets_up), "
		    "sum(packets_down), count()\nFROM (SELECT toUInt32(intDiv(%s, 60000) * 60) AS "
		    "minute, by, item, " WHO
		    ", begun, bytes_up, bytes_down, packets_up, packets_down FROM %s.flows_local",
		    FB_FLEETROLLUP_MINUTE, fill->generation, fb_fleetdialect_ms(dialect),
		    dialect->database);
	add_items(sql);
	fb_buf_adds(sql, " WHERE ");
	fb_fleetdialect_bound(dialect, ">=", fill->hour * MS_PER_HOUR, sql);
	fb_buf_adds(sql, " AND ");
	fb_fleetdialect_bound(dialect, "<", (fill->hour + 1) * MS_PER_HOUR, sql);
	fb_buf_adds(sql, ")\nGROUP BY by, minute, item, " WHO);
}

void fb_fleetrollup_hours(const struct fb_fleetrollup_fill *fill,
			  const struct fb_fleetdialect *dialect, struct fb_buf *sql)
{
	begin(fill, dialect, sql);
	fb_buf_addf(sql,
		    ", by, %u, toUInt32(%" PRId64 "), item, " WHO ", %" PRIu64
		    ", sum(flows), sum(bytes_up), sum(bytes_down), sum(packets_up), "
		    "sum(packets_down), sum(rows)\nFROM %s.sums_local WHERE date = toDate(%" PRId64
		    ") AND step = %u AND generation = %" PRIu64 "\nGROUP BY by, item, " WHO,
		    FB_FLEETROLLUP_HOUR, fill->hour * FB_FLEETROLLUP_HOUR, fill->generation,
		    dialect->database, fill->hour / HOURS_PER_DAY, FB_FLEETROLLUP_MINUTE,
		    fill->generation);
}

/* An hour has sums where it has them by all that is told apart. */
static void add_had(const struct fb_fleetdialect *dialect, int64_t date, struct fb_buf *sql)
{
	fb_buf_addf(sql,
		    " UNION ALL SELECT hour, toUInt64(0) AS there, max(full) AS had, "
		    "max(generation) AS newest FROM (SELECT hour, generation, min(n) AS full FROM "
		    "(SELECT toUInt32(intDiv(time, %u)) AS hour, generation, by, sum(rows) AS n "
		    "FROM %s.sums_local WHERE step = %u AND date >= toDate(%" PRId64
		    ") GROUP BY hour, generation, by) GROUP BY hour, generation HAVING count() = "
		    "%u) GROUP BY hour",
		    FB_FLEETROLLUP_HOUR, dialect->database, FB_FLEETROLLUP_HOUR, date,
		    FB_ROLLUP_BYS_COUNT);
}

void fb_fleetrollup_gaps(const struct fb_fleetdialect *dialect,
			 const struct fb_fleetrollup_look *look, struct fb_buf *sql)
{
	const int64_t date = look->since_ms / MS_PER_HOUR / HOURS_PER_DAY;

	fb_buf_addf(sql,
		    "SELECT hour, sum(there), sum(had), max(newest) FROM (SELECT "
		    "toUInt32(intDiv(%s, %d)) AS hour, count() AS there, toUInt64(0) AS had, "
		    "toUInt64(0) AS newest FROM %s.flows_local WHERE date >= toDate(%" PRId64
		    ") GROUP BY hour",
		    fb_fleetdialect_ms(dialect), MS_PER_HOUR, dialect->database, date);
	if (!look->fresh)
		add_had(dialect, date, sql);
	fb_buf_addf(sql,
		    ") GROUP BY hour HAVING sum(there) > sum(had) AND hour < %" PRId64
		    " ORDER BY hour FORMAT TabSeparated",
		    look->until_ms / MS_PER_HOUR);
}
