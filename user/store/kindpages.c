/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/kindpages.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const fb_history_kinds[FB_HISTORY_KINDS] = {
#define X(name) [FB_HISTORY_##name] = #name,
	FB_HISTORY_LIMITED(X)
#undef X
		[FB_HISTORY_log] = "log",
};

/* --- a file that has none yet ----------------------------------------------------------------- */

/* Sums share a table: its pages are theirs by their rows. A library without dbstat takes them for
 * those of flows.
 */
static int measure(sqlite3 *db, int step)
{
	char sql[400];
	int r;

	snprintf(sql, sizeof(sql),
		 "INSERT INTO pages SELECT '%s', (SELECT count(*) FROM dbstat WHERE name = "
		 "'rollup') * (SELECT count(*) FROM rollup WHERE step = %u) / max(1, (SELECT "
		 "count(*) FROM rollup))",
		 fb_history_kinds[FB_HISTORY_seconds + step], fb_rollup_steps[step]);
	r = fb_sql_run(db, sql);
	return r == -EPROTO ? 0 : r;
}

int fb_kindpages_make(sqlite3 *db)
{
	int r = fb_sql_run(db, "CREATE TABLE pages (kind TEXT PRIMARY KEY, n) WITHOUT ROWID");

	for (int step = 0; step < FB_ROLLUP_STEPS && r == 0; step++)
		r = measure(db, step);
	return r;
}

/* --- life ------------------------------------------------------------------------------------- */

static int64_t number(sqlite3_stmt *statement)
{
	const int64_t n = fb_sql_step(statement) > 0 ? sqlite3_column_int64(statement, 0) : 0;

	sqlite3_reset(statement);
	return n;
}

static int64_t used(const struct fb_kindpages *pages)
{
	return number(pages->count) - number(pages->unused);
}

/* What no kind has is of flows: so it adds up to the file. */
static int load(struct fb_kindpages *pages)
{
	_cleanup_statement_ sqlite3_stmt *select = NULL;
	int64_t rest = used(pages);
	int r = fb_sql_prepare(pages->db, "SELECT n FROM pages WHERE kind = ?1", &select);

	if (r < 0)
		return r;
	for (int kind = FB_HISTORY_flows + 1; kind < FB_HISTORY_KINDS; kind++) {
		sqlite3_bind_text(select, 1, fb_history_kinds[kind], -1, SQLITE_STATIC);
		pages->n[kind] = number(select);
		rest -= pages->n[kind];
	}
	pages->n[FB_HISTORY_flows] = rest;
	return 0;
}

int fb_kindpages_use(struct fb_kindpages *pages, sqlite3 *db)
{
	int r;

	fb_sql_endp(&pages->count);
	fb_sql_endp(&pages->unused);
	fb_sql_endp(&pages->keep);
	*pages = (struct fb_kindpages){.db = db};
	if (!db)
		return 0;
	r = fb_sql_prepare(db, "PRAGMA page_count", &pages->count);
	if (r == 0)
		r = fb_sql_prepare(db, "PRAGMA freelist_count", &pages->unused);
	if (r == 0)
		r = fb_sql_prepare(db,
				   "INSERT INTO pages VALUES (?1, ?2) ON CONFLICT (kind) DO UPDATE "
				   "SET n = n + excluded.n",
				   &pages->keep);
	if (r == 0)
		r = fb_sql_number(db, "PRAGMA page_size", 0, &pages->page_bytes);
	if (r == 0)
		r = load(pages);
	pages->used = pages->committed = used(pages);
	return r;
}

/* --- what comes and goes ---------------------------------------------------------------------- */

void fb_kindpages_turn(struct fb_kindpages *pages, enum fb_history_kind kind)
{
	const int64_t now = used(pages);

	pages->added[pages->now] += now - pages->used;
	pages->used = now;
	pages->now = kind;
}

uint64_t fb_kindpages_bytes(const struct fb_kindpages *pages, enum fb_history_kind kind)
{
	return pages->n[kind] > 0 ? (uint64_t)(pages->n[kind] * pages->page_bytes) : 0;
}

int fb_kindpages_write(struct fb_kindpages *pages)
{
	int r = 0;

	fb_kindpages_turn(pages, pages->now);
	for (int kind = FB_HISTORY_flows + 1; kind < FB_HISTORY_KINDS && r == 0; kind++) {
		if (!pages->added[kind])
			continue;
		sqlite3_bind_text(pages->keep, 1, fb_history_kinds[kind], -1, SQLITE_STATIC);
		sqlite3_bind_int64(pages->keep, 2, pages->added[kind]);
		r = fb_sql_step(pages->keep);
	}
	return r;
}

void fb_kindpages_commit(struct fb_kindpages *pages)
{
	for (int kind = 0; kind < FB_HISTORY_KINDS; kind++)
		pages->n[kind] += pages->added[kind];
	memset(pages->added, 0, sizeof(pages->added));
	pages->committed = pages->used;
	pages->now = FB_HISTORY_flows;
}

void fb_kindpages_rollback(struct fb_kindpages *pages)
{
	memset(pages->added, 0, sizeof(pages->added));
	pages->used = pages->committed;
	pages->now = FB_HISTORY_flows;
}
