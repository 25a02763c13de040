/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns have no type, so no affinity: a value stays what it was bound as. The view joins each
 * star by its primary key alone, which lets SQLite leave a join out where nothing of it is asked
 * for (its omit-noop-join).
 */
#include "store/layout.h"

#include <errno.h>
#include <string.h>

#include "store/kindpages.h"
#include "store/zones.h"
#include "util/buf.h"

#define W_MS "(f.w >> 20)"
_Static_assert(FB_LAYOUT_W_SHIFT == 20, "as in the text above");

static int run(sqlite3 *db, struct fb_buf *sql)
{
	int r;

	fb_buf_addc(sql, '\0');
	r = fb_buf_error(sql);
	if (r == 0)
		r = fb_sql_run(db, sql->data);
	fb_buf_clear(sql);
	return r;
}

/* --- statements made of the table of fields --------------------------------------------------- */

/* Of the flow's own table times are what they are before its row's. */
static const char *suffix(const struct fb_column *column)
{
	return column->star == FB_STAR_flow && column->coding == FB_CODED_TIME ? "_ago" : "";
}

/* The columns that a table has in front of its fields. */
static void add_head(struct fb_buf *sql, enum fb_star star)
{
	if (star != FB_STAR_flow) {
		fb_buf_adds(sql, "n INTEGER PRIMARY KEY, used");
		return;
	}
	fb_buf_adds(sql, "w INTEGER PRIMARY KEY, part");
	for (int i = FB_STAR_flow + 1; i < FB_STAR_COUNT; i++)
		fb_buf_addf(sql, ", %s", fb_star_name((enum fb_star)i));
#define X(name) fb_buf_adds(sql, ", d_" #name);
	FB_LAYOUT_COUNTS(X)
#undef X
}

static int create(sqlite3 *db, struct fb_buf *sql, enum fb_star star)
{
	fb_buf_addf(sql, "CREATE TABLE %s (", fb_star_name(star));
	add_head(sql, star);
	fb_buf_adds(sql, ")");
	return run(db, sql);
}

static int has_column(sqlite3 *db, const struct fb_column *column)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int r = fb_sql_prepare(db,
			       "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2 || ?3 LIMIT 1",
			       &statement);

	if (r < 0)
		return r;
	sqlite3_bind_text(statement, 1, fb_star_name(column->star), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, column->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, suffix(column), -1, SQLITE_STATIC);
	return fb_sql_step(statement);
}

/* All that the table of fields has, and the file does not. */
static int add_fields(sqlite3 *db, struct fb_buf *sql)
{
	struct fb_column column;
	int r = 0;

	for (int id = 0; id < FB_FIELD_COUNT && r >= 0; id++) {
		if (!fb_column_of((enum fb_field_id)id, &column))
			continue;
		r = has_column(db, &column);
		if (r != 0)
			continue;
		fb_buf_addf(sql, "ALTER TABLE %s ADD COLUMN \"%s%s\"", fb_star_name(column.star),
			    column.name, suffix(&column));
		r = run(db, sql);
	}
	return r < 0 ? r : 0;
}

static void add_view_column(struct fb_buf *sql, const struct fb_column *column)
{
	if (column->star != FB_STAR_flow)
		fb_buf_addf(sql, ", %s.\"%s\" AS \"%s\"", fb_star_name(column->star), column->name,
			    column->name);
	else if (column->coding == FB_CODED_TIME)
		fb_buf_addf(sql, ", " W_MS " - f.\"%s_ago\" AS \"%s\"", column->name, column->name);
	else
		fb_buf_addf(sql, ", f.\"%s\" AS \"%s\"", column->name, column->name);
}

static void write_view(struct fb_buf *sql)
{
	struct fb_column column;

	fb_buf_adds(sql, "CREATE VIEW flows AS SELECT f.w AS w, f.part AS part");
#define X(name) fb_buf_adds(sql, ", coalesce(f.d_" #name ", f." #name ") AS d_" #name);
	FB_LAYOUT_COUNTS(X)
#undef X
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (fb_column_of((enum fb_field_id)id, &column))
			add_view_column(sql, &column);
	fb_buf_adds(sql, " FROM flow AS f");
	for (int i = FB_STAR_flow + 1; i < FB_STAR_COUNT; i++) {
		const char *star = fb_star_name((enum fb_star)i);

		fb_buf_addf(sql, " LEFT JOIN %s ON %s.n = f.%s", star, star, star);
	}
}

/* Only where it is another: who reads need not prepare again. */
static int make_view(sqlite3 *db, struct fb_buf *sql)
{
	_cleanup_buf_ struct fb_buf question = FB_BUF_INIT;
	int64_t same = 0;
	int r;

	write_view(sql);
	fb_buf_adds(&question, "SELECT sql = '");
	fb_buf_add(&question, sql->data, sql->len);
	fb_buf_adds(&question, "' FROM sqlite_schema WHERE name = 'flows'");
	fb_buf_addc(&question, '\0');
	r = fb_buf_error(&question);
	if (r == 0)
		r = fb_sql_number(db, question.data, 0, &same);
	if (r == 0 && !same)
		r = fb_sql_run(db, "DROP VIEW IF EXISTS flows");
	return r < 0 || same ? r : run(db, sql);
}

/* The names of a table's columns, by commas; returns how many. */
static unsigned int add_names(struct fb_buf *sql, enum fb_star star)
{
	const bool is_flow = star == FB_STAR_flow;
	struct fb_column column;
	unsigned int n = 2;

	fb_buf_adds(sql, is_flow ? "w, part" : "n, used");
	for (int i = FB_STAR_flow + 1; is_flow && i < FB_STAR_COUNT; i++, n++)
		fb_buf_addf(sql, ", %s", fb_star_name((enum fb_star)i));
#define X(name)                                                                                    \
	if (is_flow) {                                                                             \
		fb_buf_adds(sql, ", d_" #name);                                                    \
		n++;                                                                               \
	}
	FB_LAYOUT_COUNTS(X)
#undef X
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (fb_column_of((enum fb_field_id)id, &column) && column.star == star) {
			fb_buf_addf(sql, ", \"%s%s\"", column.name, suffix(&column));
			n++;
		}
	return n;
}

static int prepare(sqlite3 *db, struct fb_buf *sql, sqlite3_stmt **ret_statement)
{
	int r;

	fb_buf_addc(sql, '\0');
	r = fb_buf_error(sql);
	return r < 0 ? r : fb_sql_prepare(db, sql->data, ret_statement);
}

int fb_layout_prepare_insert(sqlite3 *db, enum fb_star star, sqlite3_stmt **ret_statement)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	unsigned int n;

	fb_buf_addf(&sql, "INSERT OR REPLACE INTO %s (", fb_star_name(star));
	n = add_names(&sql, star);
	fb_buf_adds(&sql, ") VALUES (?");
	while (--n)
		fb_buf_adds(&sql, ", ?");
	fb_buf_adds(&sql, ")");
	return prepare(db, &sql, ret_statement);
}

int fb_layout_prepare_select(sqlite3 *db, enum fb_star star, const char *tail,
			     sqlite3_stmt **ret_statement)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;

	fb_buf_adds(&sql, "SELECT ");
	add_names(&sql, star);
	fb_buf_addf(&sql, " FROM %s %s", fb_star_name(star), tail);
	return prepare(db, &sql, ret_statement);
}

/* --- layouts ---------------------------------------------------------------------------------- */

static int make_flows(sqlite3 *db)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int r = fb_sql_run(db, "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID");

	for (int i = 0; i < FB_STAR_COUNT && r == 0; i++)
		r = create(db, &sql, (enum fb_star)i);
	return r;
}

#define GOES_BY_AGE(table)                                                                         \
	"CREATE TRIGGER " table "_goes_by_age BEFORE DELETE ON " table                             \
	" WHEN old.n > (SELECT max(n) FROM " table ") - 1000"                                      \
	" BEGIN SELECT RAISE(ABORT, 'what was recorded stays until there is much newer'); END;"
#define KEEP(table)                                                                                \
	"CREATE TRIGGER " table "_stays BEFORE UPDATE ON " table                                   \
	" BEGIN SELECT RAISE(ABORT, 'what was recorded stays as it is'); END;" GOES_BY_AGE(table)

/* Events and acts are added to, and nothing else: the file itself says no. */
static int make_log(sqlite3 *db)
{
	return fb_sql_run(
		db,
		"CREATE TABLE rollup (step, by, time, key, flows, bytes_up, bytes_down, "
		"packets_up, packets_down, PRIMARY KEY (step, by, time, key)) WITHOUT ROWID;"
		"CREATE TABLE window (id INTEGER PRIMARY KEY, start_ms, end_ms, flows, internal, "
		"external, protos, bytes_up, bytes_down, losses, processing_us, n_new, n_gone, "
		"new_host, gone_host);"
		"CREATE TABLE event (n INTEGER PRIMARY KEY, time, level, component, message, "
		"fields);"
		"CREATE TABLE audit (n INTEGER PRIMARY KEY, time, act, target, flow, role, user, "
		"peer, by, reason, result, message);"
		"CREATE TABLE run (n INTEGER PRIMARY KEY, start_ms, end_ms, version, host, "
		"clock_steps);"
		"CREATE TABLE kept (kind TEXT PRIMARY KEY, rows) WITHOUT ROWID;" KEEP("event")
			KEEP("audit"));
}

int fb_layout_guard(sqlite3 *db, bool on)
{
	return fb_sql_run(db, on ? GOES_BY_AGE("event") GOES_BY_AGE("audit")
				 : "DROP TRIGGER event_goes_by_age;"
				   "DROP TRIGGER audit_goes_by_age");
}

static int add_judged(sqlite3 *db)
{
	return fb_sql_run(db, "ALTER TABLE window ADD COLUMN judged");
}

/* steps[i] makes layout i + 1 of layout i. */
static int (*const steps[])(sqlite3 *db) = {make_flows, make_log, fb_zones_make, fb_kindpages_make,
					    add_judged};
#define LAYOUT (sizeof(steps) / sizeof(*steps))

static int migrate(sqlite3 *db)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int64_t version;
	int r = fb_sql_number(db, "PRAGMA user_version", 0, &version);

	if (r < 0)
		return r;
	if (version < 0 || version > (int64_t)LAYOUT)
		return -EPROTONOSUPPORT;
	for (size_t i = (size_t)version; i < LAYOUT && r == 0; i++)
		r = steps[i](db);
	if (r == 0)
		r = add_fields(db, &sql);
	if (r == 0)
		r = make_view(db, &sql);
	fb_buf_clear(&sql);
	fb_buf_addf(&sql, "PRAGMA user_version = %zu", LAYOUT);
	return r < 0 || version == (int64_t)LAYOUT ? r : run(db, &sql);
}

int fb_layout_prepare(sqlite3 *db)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int64_t pages;
	int r = fb_sql_number(db, "PRAGMA page_count", 0, &pages);

	if (r < 0 || pages)
		return r;
	fb_buf_addf(&sql,
		    "PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; "
		    "PRAGMA application_id = %d",
		    FB_LAYOUT_ID);
	return run(db, &sql);
}

int fb_layout_make(sqlite3 *db)
{
	int r = fb_sql_run(db, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	r = migrate(db);
	if (r == 0)
		r = fb_sql_run(db, "COMMIT");
	if (r < 0)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}
