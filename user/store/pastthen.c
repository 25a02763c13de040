/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow that lives has a row each ten minutes at least, and one when it ends: rows from ten
 * minutes before the moment to ten after it tell of all that lived then. At the end of history
 * there is no row after it: what had not ended lives on.
 */
#include "store/pastthen.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "store/layout.h"
#include "store/sqldb.h"
#include "util/cleanup.h"
#include "util/index.h"
#include "util/select.h"

#define AROUND_MS (10 * 60 * 1000 + 15 * 1000) /* and what a tick may be late */

struct then {
	uint64_t id;
	int64_t before, after; /* w; 0: there is none */
	bool lived;	       /* by the row after, or else that before */
};

struct moment {
	struct fb_index index;
	struct then *flow;
	uint32_t n, size;
};

static struct then *find(struct moment *moment, uint64_t id)
{
	const uint64_t hash = fb_hash(&id, sizeof(id), 0);
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	while (fb_index_next(&moment->index, &it, &number))
		if (moment->flow[number].id == id)
			return &moment->flow[number];
	if (moment->n == FB_PASTTHEN_MOST)
		return NULL;
	if (moment->n == moment->size) {
		const uint32_t size = moment->size ? moment->size * 2 : 1024;
		struct then *grown = realloc(moment->flow, size * sizeof(*grown));

		if (!grown)
			return NULL;
		moment->flow = grown;
		moment->size = size;
	}
	if (fb_index_add(&moment->index, hash, moment->n) < 0)
		return NULL;
	moment->flow[moment->n] = (struct then){.id = id};
	return &moment->flow[moment->n++];
}

/* Rows come the newest first: what is told of a flow last is nearest to the moment. */
static void take(struct then *flow, sqlite3_stmt *row, int64_t at_ms)
{
	const int64_t w = sqlite3_column_int64(row, 0);
	const int64_t first_seen = sqlite3_column_int64(row, 3);
	const bool ended = !sqlite3_column_int(row, 2);
	const int64_t ended_ms = sqlite3_column_type(row, 4) == SQLITE_NULL
					 ? sqlite3_column_int64(row, 5)
					 : sqlite3_column_int64(row, 4);

	if (w >> FB_LAYOUT_W_SHIFT > at_ms) {
		flow->after = w;
		flow->lived = first_seen <= at_ms && (!ended || ended_ms > at_ms);
	} else if (!flow->before) {
		flow->before = w;
		if (!flow->after)
			flow->lived = !ended;
	}
}

static int by_w(const void *a_, const void *b_, void *unused)
{
	const int64_t *a = a_, *b = b_;

	(void)unused;
	return (*a < *b) - (*a > *b);
}

/* Without a row after it a flow lives on only where history ends before there could be one. */
static int choose(const struct moment *moment, bool at_end, int64_t **ret_w, uint32_t *ret_n)
{
	uint32_t n = 0;
	int64_t *w = malloc(((size_t)moment->n + 1) * sizeof(*w));

	if (!w)
		return -ENOMEM;
	for (uint32_t i = 0; i < moment->n; i++) {
		const struct then *flow = &moment->flow[i];

		if (flow->lived && (flow->after || at_end))
			w[n++] = flow->before ? flow->before : flow->after;
	}
	fb_sort(w, n, sizeof(*w), by_w, NULL);
	*ret_w = w;
	*ret_n = n;
	return 0;
}

static int read_rows(sqlite3 *db, int64_t at_ms, struct moment *moment)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r = fb_sql_prepare(db,
			       "SELECT w, \"id\", part, first_seen, closed_at, last_seen FROM flows"
			       " WHERE w >= ?1 AND w < ?2 ORDER BY w DESC",
			       &rows);

	if (r < 0)
		return r;
	sqlite3_bind_int64(rows, 1, fb_layout_w(at_ms - AROUND_MS));
	sqlite3_bind_int64(rows, 2, fb_layout_w(at_ms + AROUND_MS));
	while ((r = fb_sql_step(rows)) == 1) {
		struct then *flow = find(moment, (uint64_t)sqlite3_column_int64(rows, 1));

		if (flow)
			take(flow, rows, at_ms);
	}
	return r;
}

int fb_pastthen(sqlite3 *db, int64_t at_ms, int64_t **ret_w, uint32_t *ret_n)
{
	struct moment moment = {.n = 0};
	int64_t last;
	int r = fb_index_init(&moment.index);

	if (r == 0)
		r = fb_sql_number(db, "SELECT w FROM flows ORDER BY w DESC LIMIT 1", 0, &last);
	if (r == 0)
		r = read_rows(db, at_ms, &moment);
	if (r == 0)
		r = choose(&moment, last >> FB_LAYOUT_W_SHIFT < at_ms + AROUND_MS, ret_w, ret_n);
	fb_index_fini(&moment.index);
	free(moment.flow);
	return r;
}
