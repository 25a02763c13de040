/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/flowrows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/adopted.h"
#include "store/coded.h"
#include "store/historyclock.h"
#include "store/layout.h"
#include "store/stars.h"
#include "util/buf.h"
#include "util/clock.h"

#define HOUR_MS 3600000
#define HELD_MS 60000 /* of less nobody is told */
#define NEXT_MS 900   /* a tick is over by then */

/* What was told of the flow that a record has. */
struct told {
	uint64_t id; /* 0: of none */
	int64_t w;   /* its last row, where that said its end; else 0 */
	uint64_t bytes[2];
	uint32_t packets[2]; /* with `bytes`, up to the row before one that says its end; modulo
				2^32 */
	uint32_t time_s;     /* of its last row, CLOCK_BOOTTIME */
};

struct undo {
	uint32_t record;
	struct told before;
};

struct fb_flowrows {
	sqlite3 *db;
	sqlite3_stmt *insert, *here;
	struct fb_stars *stars;
	const struct fb_adopted *adopted;	 /* NULL: none */
	struct fb_column column[FB_FIELD_COUNT]; /* of `flow` */
	unsigned int n_columns;
	const struct fb_snapshot *snapshot;
	struct told *told; /* by record */
	uint32_t n_told;
	struct undo *undo; /* since the last commit */
	uint32_t n_undo, undo_size;
	int64_t last_w, committed_w;
	struct fb_buf row;
};

/* --- life ------------------------------------------------------------------------------------- */

int fb_flowrows_new(struct fb_flowrows **ret_rows)
{
	struct fb_flowrows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (fb_column_of((enum fb_field_id)id, &rows->column[rows->n_columns]) &&
		    rows->column[rows->n_columns].star == FB_STAR_flow)
			rows->n_columns++;
	*ret_rows = rows;
	return 0;
}

int fb_flowrows_use(struct fb_flowrows *rows, sqlite3 *db)
{
	int64_t last = 0;
	int r;

	fb_sql_endp(&rows->insert);
	fb_sql_endp(&rows->here);
	rows->db = db;
	fb_stars_free(rows->stars);
	rows->stars = NULL;
	if (!db)
		return 0;
	r = fb_layout_prepare_insert(db, FB_STAR_flow, &rows->insert);
	if (r == 0)
		r = fb_sql_prepare(db, "SELECT max(w) FROM flow WHERE w >= ?1 AND w < ?2",
				   &rows->here);
	if (r == 0)
		r = fb_stars_new(db, &rows->stars);
	if (r == 0)
		r = fb_sql_number(db, "SELECT max(w) FROM flow", 0, &last);
	if (last > rows->last_w)
		rows->last_w = last;
	rows->committed_w = rows->last_w;
	return r;
}

void fb_flowrows_free(struct fb_flowrows *rows)
{
	if (!rows)
		return;
	fb_flowrows_use(rows, NULL);
	fb_buf_fini(&rows->row);
	free(rows->told);
	free(rows->undo);
	free(rows);
}

void fb_flowrows_adopt(struct fb_flowrows *rows, const struct fb_adopted *adopted)
{
	rows->adopted = adopted;
}

struct fb_stars *fb_flowrows_stars(struct fb_flowrows *rows)
{
	return rows->stars;
}

/* The last row before those of `wall_ms`: some may be there where that time comes again. */
static int64_t last_before(struct fb_flowrows *rows, int64_t wall_ms)
{
	int64_t last = (wall_ms << FB_LAYOUT_W_SHIFT) - 1;

	sqlite3_bind_int64(rows->here, 1, last + 1);
	sqlite3_bind_int64(rows->here, 2, (wall_ms + NEXT_MS) << FB_LAYOUT_W_SHIFT);
	if (fb_sql_step(rows->here) > 0 && sqlite3_column_type(rows->here, 0) != SQLITE_NULL)
		last = sqlite3_column_int64(rows->here, 0);
	sqlite3_reset(rows->here);
	return last;
}

int fb_flowrows_begin(struct fb_flowrows *rows, const struct fb_snapshot *snapshot)
{
	const uint32_t n = snapshot->n;
	const int64_t now = snapshot->wall_ms << FB_LAYOUT_W_SHIFT;

	if (n > rows->n_told) {
		const uint32_t size = n > rows->n_told * 2 ? n : rows->n_told * 2;
		struct told *told = realloc(rows->told, size * sizeof(*told));

		if (!told)
			return -ENOMEM;
		memset(told + rows->n_told, 0, (size - rows->n_told) * sizeof(*told));
		rows->told = told;
		rows->n_told = size;
	}
	rows->snapshot = snapshot;
	/* a clock that was set back stands here until it is there again */
	if (now > rows->last_w)
		rows->last_w = last_before(rows, snapshot->wall_ms);
	return 0;
}

/* --- a row ------------------------------------------------------------------------------------ */

static int remember_undo(struct fb_flowrows *rows, uint32_t record)
{
	if (rows->n_undo == rows->undo_size) {
		const uint32_t size = rows->undo_size ? rows->undo_size * 2 : 1024;
		struct undo *undo = realloc(rows->undo, size * sizeof(*undo));

		if (!undo)
			return -ENOMEM;
		rows->undo = undo;
		rows->undo_size = size;
	}
	rows->undo[rows->n_undo++] = (struct undo){record, rows->told[record]};
	return 0;
}

/* Of what conntrack counted before the first packet passed here nothing is added up. */
static void bind_added(struct fb_flowrows *rows, const struct fb_flow_at *at,
		       const struct told *told, int first)
{
	const struct fb_traffic *traffic = at->traffic;
	const bool first_row = !told->w && !told->time_s;

	for (int dir = 0; dir < 2; dir++) {
		const int64_t bytes = (int64_t)(traffic->bytes[dir] - told->bytes[dir]);
		const int32_t packets =
			(int32_t)((uint32_t)traffic->packets[dir] - told->packets[dir]);

		if (fb_flow_counted_by(at->flow) != FB_COUNTED_FLOWBPF) {
			sqlite3_bind_int64(rows->insert, first + dir, 0);
			sqlite3_bind_int64(rows->insert, first + 2 + dir, 0);
		} else if (first_row) {
			sqlite3_bind_null(rows->insert, first + dir);
			sqlite3_bind_null(rows->insert, first + 2 + dir);
		} else {
			sqlite3_bind_int64(rows->insert, first + dir, bytes);
			sqlite3_bind_int64(rows->insert, first + 2 + dir, packets);
		}
	}
}

static int bind_fields(struct fb_flowrows *rows, const struct fb_flow_at *at, int64_t w_ms,
		       int parameter)
{
	struct fb_coded coded;
	const char *next;

	fb_buf_clear(&rows->row);
	for (unsigned int i = 0; i < rows->n_columns; i++)
		fb_coded_add(&rows->row, &rows->column[i], at);
	if (fb_buf_error(&rows->row))
		return -ENOMEM;
	next = rows->row.data;
	for (unsigned int i = 0; i < rows->n_columns; i++) {
		next = fb_coded_read(next, &coded);
		if (rows->column[i].coding == FB_CODED_TIME)
			coded.number = w_ms - coded.number;
		fb_coded_bind(rows->insert, parameter++, &coded);
	}
	return 0;
}

static int write_row(struct fb_flowrows *rows, const struct fb_flow_at *at, const struct told *told,
		     int64_t w, bool part)
{
	const int64_t w_ms = w >> FB_LAYOUT_W_SHIFT;
	int64_t stars[FB_STAR_COUNT];
	int parameter = 3;
	int r = fb_stars_find(rows->stars, at, w_ms / HOUR_MS, stars);

	if (r < 0)
		return r;
	sqlite3_bind_int64(rows->insert, 1, w);
	sqlite3_bind_int64(rows->insert, 2, part);
	for (int star = FB_STAR_flow + 1; star < FB_STAR_COUNT; star++, parameter++)
		if (stars[star])
			sqlite3_bind_int64(rows->insert, parameter, stars[star]);
		else
			sqlite3_bind_null(rows->insert, parameter);
	bind_added(rows, at, told, parameter);
	r = bind_fields(rows, at, w_ms, parameter + 4);
	return r < 0 ? r : fb_sql_step(rows->insert);
}

static uint32_t now_s(const struct fb_flowrows *rows)
{
	return (uint32_t)(rows->snapshot->now_ns / FB_NS_PER_S);
}

/* Another flow has the record. */
static void begin_told(const struct fb_flowrows *rows, struct told *told, uint64_t id)
{
	const struct fb_adopted_flow *flow =
		rows->adopted ? fb_adopted_find(rows->adopted, id) : NULL;

	*told = (struct told){.id = id};
	if (!flow)
		return;
	told->w = flow->w;
	told->time_s = 1; /* long ago */
	memcpy(told->bytes, flow->bytes, sizeof(told->bytes));
	memcpy(told->packets, flow->packets, sizeof(told->packets));
}

/* A row that said the end is written again, whatever comes after it. */
static int tell(struct fb_flowrows *rows, uint32_t record, const struct fb_flow_at *at, bool part)
{
	struct told *told = &rows->told[record];
	int64_t w;
	int r = remember_undo(rows, record);

	if (r < 0)
		return r;
	if (told->id != at->flow->id)
		begin_told(rows, told, at->flow->id);
	w = told->w ? told->w : rows->last_w + 1;
	r = write_row(rows, at, told, w, part);
	if (r < 0)
		return r;
	if (w > rows->last_w)
		rows->last_w = w;
	told->time_s = now_s(rows);
	told->w = part ? 0 : w;
	for (int dir = 0; part && dir < 2; dir++) {
		told->bytes[dir] = at->traffic->bytes[dir];
		told->packets[dir] = (uint32_t)at->traffic->packets[dir];
	}
	return 0;
}

int fb_flowrows_end(struct fb_flowrows *rows, uint32_t record)
{
	struct fb_flow_at at;

	return fb_snapshot_at(rows->snapshot, record, &at) ? tell(rows, record, &at, false) : 0;
}

static bool has_moved(const struct fb_traffic *traffic, const struct told *told)
{
	return traffic->bytes[0] != told->bytes[0] || traffic->bytes[1] != told->bytes[1] ||
	       (uint32_t)traffic->packets[0] != told->packets[0] ||
	       (uint32_t)traffic->packets[1] != told->packets[1];
}

int fb_flowrows_live(struct fb_flowrows *rows, uint32_t record, bool at_once)
{
	const struct told *told = &rows->told[record];
	struct fb_flow_at at;
	uint32_t since;
	bool moved;
	int r;

	if (!fb_snapshot_at(rows->snapshot, record, &at))
		return 0;
	if (at.flow->closed) {
		/* its last packets may be to come, and nobody will be there */
		if (!at_once || (told->id == at.flow->id && told->w))
			return 0;
		r = tell(rows, record, &at, false);
		return r < 0 ? r : 1;
	}
	since = (uint32_t)(at.flow->first_seen / FB_NS_PER_S);
	moved = at.traffic->packets[0] || at.traffic->packets[1];
	if (told->id == at.flow->id) {
		since = told->time_s;
		moved = has_moved(at.traffic, told);
	}
	since = now_s(rows) - since;
	if (!(moved && at_once) && since < (moved ? FB_LAYOUT_PART_S : FB_LAYOUT_SILENT_S))
		return 0;
	r = tell(rows, record, &at, true);
	return r < 0 ? r : 1;
}

/* --- a clock that was set --------------------------------------------------------------------- */

void fb_flowrows_moved(struct fb_flowrows *rows, const struct fb_clockstep *step)
{
	const int64_t by = step->by_ms * (1 << FB_LAYOUT_W_SHIFT);
	const int64_t from = step->from_ms << FB_LAYOUT_W_SHIFT;
	const int64_t before = step->before_ms << FB_LAYOUT_W_SHIFT;

	for (uint32_t i = 0; i < rows->n_told; i++)
		if (rows->told[i].w >= from && rows->told[i].w < before)
			rows->told[i].w += by;
	if (rows->last_w >= from && rows->last_w < before)
		rows->last_w += by;
	rows->committed_w = rows->last_w;
}

bool fb_flowrows_are_held(const struct fb_flowrows *rows, int64_t wall_ms)
{
	return rows->last_w >> FB_LAYOUT_W_SHIFT > wall_ms + HELD_MS;
}

/* A zone has all rows of its time: those of what is to come are made again. */
int fb_flowrows_follow(struct fb_flowrows *rows, int64_t wall_ms)
{
	char sql[80];
	int r;

	snprintf(sql, sizeof(sql), "DELETE FROM zone WHERE w_before > %" PRId64,
		 wall_ms << FB_LAYOUT_W_SHIFT);
	r = fb_sql_run(rows->db, sql);
	if (r == 0)
		rows->last_w = rows->committed_w = 0;
	return r;
}

int64_t fb_flowrows_last(const struct fb_flowrows *rows)
{
	return rows->last_w;
}

/* --- transactions ----------------------------------------------------------------------------- */

void fb_flowrows_commit(struct fb_flowrows *rows)
{
	fb_stars_commit(rows->stars);
	rows->committed_w = rows->last_w;
	rows->n_undo = 0;
}

void fb_flowrows_rollback(struct fb_flowrows *rows)
{
	fb_stars_rollback(rows->stars);
	rows->last_w = rows->committed_w;
	while (rows->n_undo) {
		const struct undo *undo = &rows->undo[--rows->n_undo];

		rows->told[undo->record] = undo->before;
	}
}
