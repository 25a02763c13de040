/* SPDX-License-Identifier: BSD-2-Clause */
/* At which hours of the week. */
#include "store/rolluplines.h"
#include "store/rolluprows.h"

/* Monday is 0; 1970 began with a Thursday. */
#define HEAT(what)                                                                                 \
	"SELECT ((time+?1)/86400+3)%7,(time+?1)/3600%24," what " FROM rollup "                     \
	"WHERE step=3600 AND \"by\"=?2 AND time>=?3 AND time<?4 "

static int read_heat(sqlite3 *db, const struct fb_rollup_ask *ask, int ahead, bool total,
		     struct fb_rollup_week *week)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r = fb_sql_prepare(
		db,
		total ? HEAT("count(*)") "GROUP BY 1,2"
		      : HEAT("sum(bytes_up+bytes_down)") "AND (?5 IS NULL OR key=?5) GROUP BY 1,2",
		&statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, ahead);
	sqlite3_bind_int64(statement, 2, total ? FB_ROLLUP_total : ask->by);
	sqlite3_bind_int64(statement, 3, ask->of.since);
	sqlite3_bind_int64(statement, 4, ask->of.until);
	if (!total && ask->key)
		fb_rollup_bind_key(statement, 5, ask->by, ask->key);
	while ((r = fb_sql_step(statement)) > 0) {
		const unsigned int day =
			(unsigned int)sqlite3_column_int(statement, 0) % FB_ROLLUP_DAYS;
		const unsigned int hour =
			(unsigned int)sqlite3_column_int(statement, 1) % FB_ROLLUP_HOURS;

		if (total)
			week->hours[day][hour] = (uint64_t)sqlite3_column_int64(statement, 2);
		else
			week->bytes[day][hour] = (uint64_t)sqlite3_column_int64(statement, 2);
	}
	return r;
}

int fb_rollup_write_heat(struct sqlite3 *db, const struct fb_rollup_ask *ask, int ahead,
			 struct fb_json *json)
{
	struct fb_rollup_week week = {0};
	int r = read_heat(db, ask, ahead, true, &week);

	if (r == 0)
		r = read_heat(db, ask, ahead, false, &week);
	if (r < 0)
		return r;
	fb_json_object(json);
	fb_rollup_write_head(json, ask);
	fb_rollup_write_week(json, &week);
	fb_json_end(json, '}');
	return 0;
}
