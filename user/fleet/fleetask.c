/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fleetcells.h"
#include "fleet/fleetsql.h"
#include "store/pastrows.h"
#include "util/clock.h"

#define NEXT_ROWS 8192 /* of an export at once: each look goes over all flows again */

struct search {
	struct fb_fleetquery query;
	const struct fb_past_ask *ask;
	struct fb_past_answer *answer;
	struct fb_filter_error *error;
	struct fb_fleetsql sql;
	struct fb_pastrows *rows;
	uint32_t limit; /* of the statement that is asked */
	bool detail;
	uint32_t n;	/* records that came */
	uint64_t flows; /* in them */
};

static int ask(struct search *search, fb_fleetquery_write *write)
{
	const int r = fb_fleetquery_ask(&search->query, write, search);

	if (r < 0)
		snprintf(search->error->detail, sizeof(search->error->detail), "%.*s",
			 (int)sizeof(search->error->detail) - 1, search->query.why.text);
	return r;
}

static void write_totals(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	struct search *search = ctx;

	search->sql.dialect = *dialect;
	fb_fleetsql_totals(&search->sql, text);
}

static void write_page(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	struct search *search = ctx;

	search->sql.dialect = *dialect;
	fb_fleetsql_page(&search->sql, search->limit, text);
}

static void write_fold(void *ctx, const struct fb_fleetdialect *dialect, struct fb_buf *text)
{
	struct search *search = ctx;

	search->sql.dialect = *dialect;
	fb_fleetsql_fold(&search->sql, search->detail, FB_PASTROWS_MOST, text);
}

static int read_totals(struct search *search)
{
	struct fb_past_answer *answer = search->answer;
	uint64_t total[FB_FLEETSQL_TOTALS];
	char *at;
	int r;

	r = ask(search, write_totals);
	at = search->query.said.data;
	if (r == 0 && !fb_fleetcells_numbers(&at, FB_FLEETSQL_TOTALS, total))
		return -EPROTO;
	if (r < 0)
		return r;
	answer->matched = total[0];
	answer->hosts = total[1];
	for (int dir = 0; dir < 2; dir++) {
		answer->bytes[dir] = total[2 + dir];
		answer->packets[dir] = total[4 + dir];
	}
	answer->rows = total[6];
	answer->from_ms = search->ask->since_ms ? search->ask->since_ms : (int64_t)total[7];
	answer->to_ms = search->ask->until_ms ? search->ask->until_ms : search->ask->now_ms;
	return 0;
}

/* --- records ---------------------------------------------------------------------------------- */

static int keep_cells(struct search *search, struct fb_past_cell *cells)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < search->sql.columns.n; i++)
		r = fb_pastrows_keep(search->rows, &cells[i]);
	return r;
}

static void count_fold(struct search *search, uint32_t number,
		       const uint64_t sum[static FB_FLEETSQL_SUMS])
{
	struct fb_traffic *traffic = fb_pastrows_traffic(search->rows, number);

	fb_pastrows_row(search->rows, number)->flows =
		sum[0] < UINT32_MAX ? (uint32_t)sum[0] : UINT32_MAX;
	for (int dir = 0; dir < 2; dir++) {
		traffic->bytes[dir] = sum[1 + dir];
		traffic->packets[dir] = sum[3 + dir];
	}
	fb_pastrows_flow(search->rows, number)->first_seen = sum[5] * 1000000;
	traffic->last_seen = sum[6] * 1000000;
	search->flows += sum[0];
}

/* A line of the answer; 1: there are no more. */
static int take_record(struct search *search, char **at, bool fold)
{
	uint64_t head[FB_FLEETSQL_HEAD], sum[FB_FLEETSQL_SUMS];
	struct fb_past_cell cells[FB_FIELD_COUNT];
	struct fb_fleetcells room = {.n = 0};
	uint32_t number;
	int r;

	if (!**at)
		return 1;
	if (!fb_fleetcells_numbers(at, FB_FLEETSQL_HEAD, head))
		return -EPROTO;
	for (unsigned int i = 0; i < search->sql.columns.n; i++)
		if (!fb_fleetcells_read(at, &fb_fields[search->sql.field[i]], &room, &cells[i]))
			return -EPROTO;
	if (fold && !fb_fleetcells_numbers(at, FB_FLEETSQL_SUMS, sum))
		return -EPROTO;
	r = keep_cells(search, cells);
	if (r == 0)
		r = fb_pastrows_add(search->rows, cells, !head[0], &number);
	if (r < 0)
		return r;
	search->answer->next = (int64_t)head[1];
	search->answer->next_id = fb_pastrows_flow(search->rows, number)->id;
	if (fold)
		count_fold(search, number, sum);
	search->n++;
	return 0;
}

/* What finds no room is left out, and counted by who knows how much there is. */
static int take_records(struct search *search, bool fold)
{
	char *at = search->query.said.data;
	int r = 0;

	fb_pastrows_free(search->rows);
	search->rows = fb_pastrows_new(&search->sql.columns);
	search->n = 0;
	search->flows = 0;
	if (!search->rows)
		return -ENOMEM;
	while (r == 0)
		r = take_record(search, &at, fold);
	return r == 1 || (fold && r == -ENOSPC) ? 0 : r;
}

static int read_page(struct search *search)
{
	const bool next = search->ask->what == FB_PAST_NEXT;
	int r;

	search->limit = next && search->ask->limit < NEXT_ROWS ? NEXT_ROWS : search->ask->limit;
	r = ask(search, write_page);
	if (r == 0)
		r = take_records(search, false);
	if (!next || search->n < search->limit)
		search->answer->next = 0;
	return r;
}

/* All in their detail if there is room for it, else what is told apart alone. */
static int read_fold(struct search *search)
{
	int r = 0;

	for (int detail = 1; r == 0 && detail >= 0; detail--) {
		search->detail = detail;
		r = ask(search, write_fold);
		if (r == 0)
			r = take_records(search, true);
		if (search->flows >= search->answer->matched)
			break;
	}
	if (r == 0 && search->flows < search->answer->matched)
		search->answer->left_out = search->answer->matched - search->flows;
	return r;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int run(struct search *search)
{
	const enum fb_past_what what = search->ask->what;
	int r = 0;

	if (what == FB_PAST_PAGE || what == FB_PAST_FOLD)
		r = read_totals(search);
	if (r == 0)
		r = what == FB_PAST_FOLD ? read_fold(search) : read_page(search);
	if (r == 0 && what == FB_PAST_ID && !search->n)
		return -ENODATA;
	return r;
}

int fb_fleetask_run(struct fb_clickhouse *clickhouse, const struct fb_past_ask *ask,
		    struct fb_past_progress *progress, struct fb_past_answer *ret_answer,
		    struct fb_filter_error *ret_error)
{
	struct search search = {
		.query = {.clickhouse = clickhouse,
			  .stop = &progress->stop,
			  .deadline_ms = fb_monotonic_ms() + ask->budget_ms},
		.ask = ask,
		.answer = ret_answer,
		.error = ret_error,
		.sql = {.where = FB_WHERE_INIT},
	};
	int r;

	*ret_answer = (struct fb_past_answer){.done = true};
	*ret_error = (struct fb_filter_error){.length = 0};
	r = ask->at_ms ? -EINVAL : fb_fleetsql_init(&search.sql, ask, ret_error);
	if (ask->at_ms)
		snprintf(ret_error->detail, sizeof(ret_error->detail),
			 "a hub has no moments: leave at out, and ask by since and until");
	if (r == 0)
		r = run(&search);
	if (r == 0) {
		ret_answer->reached_ms = ret_answer->from_ms;
		ret_answer->snapshot = fb_pastrows_finish(&search.rows, ask->now_ms);
	}
	fb_pastrows_free(search.rows);
	fb_fleetsql_fini(&search.sql);
	fb_fleetquery_fini(&search.query);
	return r;
}
