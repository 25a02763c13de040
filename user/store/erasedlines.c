/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/erasedlines.h"

#include <stdio.h>

#include "store/layout.h"

/* What the row names them by, and the text that does. */
static enum fb_person_by is_named(const struct fb_person *who, sqlite3_stmt *row,
				  const char **ret_text)
{
	enum fb_person_by best = FB_PERSON_NOT;

	for (int i = 1; i < sqlite3_column_count(row); i++) {
		const char *text = (const char *)sqlite3_column_text(row, i);
		const enum fb_person_by by = text ? fb_person_is_by(who, text) : FB_PERSON_NOT;

		if (by <= best)
			continue;
		best = by;
		*ret_text = text;
	}
	return best;
}

static void note_named(struct fb_erased *counts, bool dry_run, const char *text)
{
	counts->by_name++;
	if (dry_run && counts->n_lines < FB_ERASED_LINES)
		snprintf(counts->line[counts->n_lines++], sizeof(counts->line[0]), "%s", text);
}

static int go_through(const struct fb_erasedlines *of, sqlite3 *db, const struct fb_person *who,
		      bool dry_run, int64_t *at, uint64_t *count, struct fb_erased *counts)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL, *gone = NULL;
	int64_t last = INT64_MAX;
	int r = fb_sql_prepare(db, of->select, &rows);

	if (r == 0)
		r = fb_sql_prepare(db, of->drop, &gone);
	if (r < 0)
		return r;
	sqlite3_bind_int64(rows, 1, *at);
	sqlite3_bind_int64(rows, 2, of->max);
	while (r >= 0 && (r = fb_sql_step(rows)) > 0) {
		const char *text = "";
		const enum fb_person_by by = is_named(who, rows, &text);

		last = sqlite3_column_int64(rows, 0);
		if (by == FB_PERSON_NOT)
			continue;
		++*count;
		if (by == FB_PERSON_BY_NAME)
			note_named(counts, dry_run, text);
		sqlite3_bind_int64(gone, 1, last);
		r = dry_run ? 0 : fb_sql_step(gone);
	}
	*at = last;
	return r < 0 ? r : 0;
}

/* The file itself says that nothing is taken out of them: it is told otherwise for this once. */
int fb_erasedlines_step(const struct fb_erasedlines *of, sqlite3 *db, const struct fb_person *who,
			bool dry_run, int64_t *at, uint64_t *count, struct fb_erased *counts)
{
	int r = dry_run ? 0 : fb_layout_guard(db, false);

	if (r == 0)
		r = go_through(of, db, who, dry_run, at, count, counts);
	if (r >= 0 && !dry_run) {
		const int guarded = fb_layout_guard(db, true);

		r = guarded < 0 ? guarded : r;
	}
	return r;
}
