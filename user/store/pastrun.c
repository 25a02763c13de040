/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A question to history, step by step: ranges of w from the newest back, each longer than the one
 * before, so that the first rows are there at once and nobody waits for a statement that cannot be
 * stopped. Nothing is held between two steps: the writer's log is not kept from going back.
 */
#include "store/pastrun.h"

#include <errno.h>
#include <stdlib.h>

#include "flow/value.h"
#include "store/layout.h"
#include "store/pastrows.h"
#include "store/pastsql.h"
#include "store/pastthen.h"
#include "store/sqldb.h"
#include "store/sqlcells.h"
#include "store/sqlfuncs.h"
#include "store/zoneplan.h"
#include "util/clock.h"
#include "util/cleanup.h"
#include "util/select.h"

#define FIRST_STEP 60000 /* ms of history in the first step; each that was quick doubles it */
#define QUICK_MS   50

/* A row that may be on the page: what it is sorted by. */
struct item {
	int64_t w;
	union {
		int64_t num;
		const char *text;
	} key[FB_PAST_SORTS];
	uint8_t kind[FB_PAST_SORTS];
};

_Static_assert(sizeof(struct item) <= FB_SELECT_ITEM, "as fb_select takes them");

struct search {
	sqlite3 *db;
	struct fb_past_ask ask;
	struct fb_past_progress *progress;
	struct fb_past_answer *answer;
	struct fb_pastsql sql;
	struct fb_pastrows *rows;
	struct fb_numberset seen, living, hosts;
	struct fb_numberset *seen_by; /* `seen`, or the asker's */
	struct item *room;
	struct fb_best best;
	struct fb_zoneplan *zones;     /* NULL: none can be passed by */
	int64_t from, before, reached; /* w */
	uint64_t deadline_ms;
	bool then; /* rows of a moment, each of another flow */
	bool full; /* a page without sums has all its rows */
};

/* --- rows ------------------------------------------------------------------------------------ */

static void read_cells(sqlite3_stmt *row, int first, unsigned int n, struct fb_past_cell *cells)
{
	for (unsigned int i = 0; i < n; i++)
		fb_sqlcells_read(row, first + (int)i, &cells[i]);
}

static int keep_cells(struct search *search, struct fb_past_cell *cells, unsigned int n)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < n; i++)
		r = fb_pastrows_keep(search->rows, &cells[i]);
	return r;
}

/* By one sort, then by the next; the newest first where all are alike. */
static int compare_items(const void *a_, const void *b_, void *ask_)
{
	const struct fb_past_ask *ask = ask_;
	const struct item *a = a_, *b = b_;

	for (unsigned int i = 0; i < ask->n_sorts; i++) {
		const struct fb_past_cell cell_a = {a->kind[i], {a->key[i].num}};
		const struct fb_past_cell cell_b = {b->kind[i], {b->key[i].num}};
		struct fb_value value_a, value_b;
		int order;

		fb_past_value(ask->sort[i].field, &cell_a, &value_a);
		fb_past_value(ask->sort[i].field, &cell_b, &value_b);
		order = fb_value_compare(ask->sort[i].field, &value_a, &value_b);
		if (order)
			return ask->sort[i].descending ? -order : order;
	}
	return (a->w < b->w) - (a->w > b->w);
}

static int add_item(struct search *search, sqlite3_stmt *row)
{
	struct item item = {.w = sqlite3_column_int64(row, FB_PASTSQL_W)};
	struct fb_past_cell cells[FB_PAST_SORTS];
	int r;

	read_cells(row, FB_PASTSQL_HEAD, search->ask.n_sorts, cells);
	r = keep_cells(search, cells, search->ask.n_sorts);
	for (unsigned int i = 0; i < search->ask.n_sorts; i++) {
		item.kind[i] = cells[i].kind;
		item.key[i].num = cells[i].num;
	}
	if (r == 0)
		fb_best_add(&search->best, &item, sizeof(item), compare_items, &search->ask);
	else if (r == -ENOSPC)
		search->answer->left_out++;
	return r == -ENOSPC ? 0 : r;
}

static int add_record(struct search *search, sqlite3_stmt *row, int first, bool part)
{
	struct fb_past_cell cells[FB_FIELD_COUNT];
	uint32_t number;
	int r;

	read_cells(row, first, search->sql.columns.n, cells);
	r = keep_cells(search, cells, search->sql.columns.n);
	if (r == 0)
		r = fb_pastrows_add(search->rows, cells, part, &number);
	return r;
}

/* A fold that grows too large tells groups apart, but not what is in them. */
static int find_record(struct search *search, sqlite3_stmt *row, bool living, uint32_t *ret_number)
{
	struct fb_past_cell cells[FB_FIELD_COUNT];
	const unsigned int n = search->sql.columns.n;
	int r;

	read_cells(row, FB_PASTSQL_HEAD, n, cells);
	for (unsigned int i = 0; i < n && fb_pastrows_is_crowded(search->rows); i++)
		if (search->ask.detail[search->sql.field[i]])
			cells[i].kind = FB_PAST_NONE;
	r = keep_cells(search, cells, n);
	return r ? r : fb_pastrows_fold(search->rows, cells, living, ret_number);
}

static int fold(struct search *search, sqlite3_stmt *row, bool last, bool living)
{
	const uint64_t first_seen = (uint64_t)sqlite3_column_int64(row, FB_PASTSQL_FIRST) * 1000000;
	const uint64_t last_seen = (uint64_t)sqlite3_column_int64(row, FB_PASTSQL_LAST) * 1000000;
	struct fb_traffic *traffic;
	struct fb_flow *flow;
	uint32_t number;
	int r;

	if (last && fb_pastrows_is_crowded(search->rows))
		search->answer->left_out++;
	r = find_record(search, row, living, &number);
	if (r < 0)
		return r == -ENOSPC ? 0 : r;
	flow = fb_pastrows_flow(search->rows, number);
	traffic = fb_pastrows_traffic(search->rows, number);
	fb_pastrows_row(search->rows, number)->flows += last;
	for (int dir = 0; dir < 2; dir++) {
		traffic->bytes[dir] +=
			(uint64_t)sqlite3_column_int64(row, FB_PASTSQL_BYTES_UP + dir);
		traffic->packets[dir] +=
			(uint64_t)sqlite3_column_int64(row, FB_PASTSQL_PACKETS_UP + dir);
	}
	if (!flow->first_seen || first_seen < flow->first_seen)
		flow->first_seen = first_seen;
	if (last_seen > traffic->last_seen)
		traffic->last_seen = last_seen;
	return 0;
}

static void count_host(struct search *search, sqlite3_stmt *row)
{
	struct fb_past_cell cell;
	uint64_t number;

	fb_sqlcells_read(row, FB_PASTSQL_SRC, &cell);
	number = cell.kind == FB_PAST_ADDR ? fb_hash(cell.addr, 16, FB_IPV6) : (uint64_t)cell.num;
	search->answer->hosts += fb_numberset_add(&search->hosts, number) == 1;
}

static void count(struct search *search, sqlite3_stmt *row, bool last)
{
	struct fb_past_answer *answer = search->answer;

	answer->matched += last;
	if (last)
		count_host(search, row);
	for (int dir = 0; dir < 2; dir++) {
		answer->bytes[dir] +=
			(uint64_t)sqlite3_column_int64(row, FB_PASTSQL_BYTES_UP + dir);
		answer->packets[dir] +=
			(uint64_t)sqlite3_column_int64(row, FB_PASTSQL_PACKETS_UP + dir);
	}
}

static bool is_asked(const struct fb_past_ask *ask, bool living)
{
	return ask->live == FB_PAST_BOTH || (ask->live == FB_PAST_LIVING) == living;
}

/*
 * The newest row of a flow comes first: it is the flow's word, and says whether it lived on. A fold
 * adds up what each of its rows added. Who finds no room among those seen counts as another one.
 */
static int take_row(struct search *search, sqlite3_stmt *row)
{
	const uint64_t id = (uint64_t)sqlite3_column_int64(row, FB_PASTSQL_ID);
	const int flags = sqlite3_column_int(row, FB_PASTSQL_FLAGS);
	const bool is_fold = search->ask.what == FB_PAST_FOLD;
	bool living = sqlite3_column_int(row, FB_PASTSQL_PART), last = true;

	search->answer->rows++;
	search->reached = sqlite3_column_int64(row, FB_PASTSQL_W);
	if (flags & 2 && !search->then) {
		last = fb_numberset_add(search->seen_by, id) != 0;
		if (last && living)
			fb_numberset_add(&search->living, id);
		else if (!last)
			living = fb_numberset_has(&search->living, id);
	}
	if (!(flags & 1) || (!last && !is_fold) || !is_asked(&search->ask, living))
		return 0;
	count(search, row, last);
	if (is_fold)
		return fold(search, row, last, living);
	if (search->ask.what == FB_PAST_PAGE)
		return add_item(search, row);
	search->full = search->answer->matched >= search->ask.limit;
	return add_record(search, row, FB_PASTSQL_HEAD, living);
}

/* --- steps ----------------------------------------------------------------------------------- */

bool fb_past_gives_up(struct fb_past_progress *progress, uint64_t deadline_ms)
{
	if (progress->is_gone && progress->is_gone(progress->ctx))
		atomic_store(&progress->stop, true);
	return atomic_load(&progress->stop) || fb_monotonic_ms() >= deadline_ms;
}

static int watch(void *search_)
{
	const struct search *search = search_;

	return fb_past_gives_up(search->progress, search->deadline_ms);
}

static void tell(const struct search *search, int64_t at)
{
	const int64_t all = search->before - search->from;

	atomic_store(&search->progress->rows, search->answer->rows);
	if (all > 0)
		atomic_store(&search->progress->permille,
			     (unsigned int)((double)(search->before - at) * 1000 / (double)all));
}

/* Rows of [from, before). 0: all of them; 1: enough; -errno. */
static int take_range(struct search *search, sqlite3_stmt *scan, int64_t from, int64_t before)
{
	const int n = (int)search->sql.where.n;
	int r;

	sqlite3_bind_int64(scan, n + 1, from);
	sqlite3_bind_int64(scan, n + 2, before);
	while ((r = fb_sql_step(scan)) == 1) {
		r = take_row(search, scan);
		if (r < 0 || search->full)
			break;
	}
	sqlite3_reset(scan);
	return r < 0 ? r : search->full;
}

/* ... but for zones that have nothing of what is looked for. */
static int take_zones(struct search *search, sqlite3_stmt *scan, int64_t from, int64_t before)
{
	int64_t some = from;
	int r = 0;

	if (!search->zones)
		return take_range(search, scan, from, before);
	for (; r == 0 && fb_zoneplan_next(search->zones, from, &before, &some); before = some)
		r = take_range(search, scan, some, before);
	return r;
}

static int scan_range(struct search *search, sqlite3_stmt *scan)
{
	int64_t step = (int64_t)FIRST_STEP << FB_LAYOUT_W_SHIFT, at = search->before;
	int r = 0;

	while (r == 0 && at > search->from) {
		const int64_t from = at - search->from > step ? at - step : search->from;
		const uint64_t begun = fb_monotonic_ms();

		r = take_zones(search, scan, from, at);
		if (r)
			break;
		at = search->reached = from;
		step = fb_monotonic_ms() - begun < QUICK_MS ? step * 2 : step;
		tell(search, at);
		r = watch(search) && at > search->from ? -EINTR : 0;
	}
	return r;
}

static int scan_then(struct search *search, sqlite3_stmt *scan)
{
	_cleanup_free_ int64_t *w = NULL;
	uint32_t n = 0;
	int r = fb_pastthen(search->db, search->ask.at_ms, &w, &n);

	search->then = true;
	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = take_range(search, scan, w[i], w[i] + 1);
	return r;
}

static int scan(struct search *search)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	const bool then = search->ask.at_ms != 0;
	const struct fb_pastsql_scan how = {
		.by_sorts = search->ask.what == FB_PAST_PAGE,
		.added = search->ask.what == FB_PAST_FOLD && !then,
		.all = then,
	};
	int r = fb_pastsql_scan(search->db, &search->sql, &search->ask, how, &statement);

	if (r == 0)
		r = then ? scan_then(search, statement) : scan_range(search, statement);
	search->answer->done = r != -EINTR;
	if (r == -EINTR && atomic_load(&search->progress->stop))
		return -ECANCELED;
	return r == -EINTR || r == 1 ? 0 : r;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int load_page(struct search *search)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	const uint32_t n =
		fb_best_end(&search->best, sizeof(struct item), compare_items, &search->ask);
	int r = fb_pastsql_row(search->db, &search->sql, &statement);

	for (uint32_t i = search->ask.offset; r == 0 && i < n; i++) {
		sqlite3_bind_int64(statement, 1, search->room[i].w);
		r = fb_sql_step(statement);
		if (r == 1)
			r = add_record(search, statement, 1, sqlite3_column_int(statement, 0));
		sqlite3_reset(statement);
	}
	return r;
}

/* Between which w it is looked for: what there is, and what is asked of it. */
static int find_bounds(struct search *search)
{
	const struct fb_past_ask *ask = &search->ask;
	int64_t least, most;
	int r = fb_sql_number(search->db, "SELECT w FROM flows ORDER BY w LIMIT 1", 0, &least);

	if (r == 0)
		r = fb_sql_number(search->db, "SELECT w FROM flows ORDER BY w DESC LIMIT 1", -1,
				  &most);
	if (r < 0)
		return r;
	search->from = fb_layout_w(ask->since_ms) > least ? fb_layout_w(ask->since_ms) : least;
	search->before = most + 1;
	if (ask->until_ms && fb_layout_w(ask->until_ms + 1) < search->before)
		search->before = fb_layout_w(ask->until_ms + 1);
	if (ask->before && ask->before < search->before)
		search->before = ask->before;
	search->reached = search->before;
	search->answer->from_ms = search->from >> FB_LAYOUT_W_SHIFT;
	search->answer->to_ms = (search->before - 1) >> FB_LAYOUT_W_SHIFT;
	return 0;
}

static int begin(struct search *search, struct fb_filter_error *ret_error)
{
	struct fb_past_ask *ask = &search->ask;
	const uint32_t k = ask->what == FB_PAST_PAGE ? ask->offset + ask->limit : 0;
	int r = fb_pastsql_init(&search->sql, ask, ret_error);

	/* An endpoint is sorted by its address, which is what there is a column of. */
	for (unsigned int i = 0; i < ask->n_sorts; i++) {
		if (ask->sort[i].field->id == FB_FIELD_nat_src)
			ask->sort[i].field = &fb_fields[FB_FIELD_nat_src_ip];
		if (ask->sort[i].field->id == FB_FIELD_nat_dst)
			ask->sort[i].field = &fb_fields[FB_FIELD_nat_dst_ip];
	}
	fb_numberset_init(&search->seen, FB_PAST_FLOWS);
	fb_numberset_init(&search->living, FB_PAST_FLOWS);
	fb_numberset_init(&search->hosts, FB_PAST_FLOWS);
	search->seen_by = ask->seen ? ask->seen : &search->seen;
	search->deadline_ms = fb_monotonic_ms() + ask->budget_ms;
	if (r < 0)
		return r;
	search->rows = fb_pastrows_new(&search->sql.columns);
	search->room = malloc((2 * (size_t)k + 1) * sizeof(*search->room));
	if (!search->rows || !search->room)
		return -ENOMEM;
	fb_best_begin(&search->best, search->room, k);
	search->zones = ask->at_ms ? NULL : fb_zoneplan_new(search->db, ask->filter);
	return find_bounds(search);
}

static int finish(struct search *search)
{
	struct fb_past_answer *answer = search->answer;

	if (search->ask.what == FB_PAST_ID && !answer->matched)
		return answer->done ? -ENODATA : -ETIME;
	answer->reached_ms = search->reached >> FB_LAYOUT_W_SHIFT;
	answer->next = search->full || !answer->done ? search->reached : 0;
	answer->snapshot = fb_pastrows_finish(&search->rows, search->ask.now_ms);
	tell(search, search->from);
	return 0;
}

static void end(struct search *search)
{
	sqlite3_progress_handler(search->db, 0, NULL, NULL);
	fb_pastsql_fini(&search->sql);
	fb_pastrows_free(search->rows);
	fb_zoneplan_free(search->zones);
	fb_numberset_fini(&search->seen);
	fb_numberset_fini(&search->living);
	fb_numberset_fini(&search->hosts);
	free(search->room);
}

int fb_past_run(sqlite3 *db, const struct fb_past_ask *ask, struct fb_past_progress *progress,
		struct fb_past_answer *ret_answer, struct fb_filter_error *ret_error)
{
	_cleanup_(end) struct search search = {
		.db = db, .ask = *ask, .progress = progress, .answer = ret_answer};
	int r;

	*ret_answer = (struct fb_past_answer){.done = false};
	*ret_error = (struct fb_filter_error){.length = 0};
	r = begin(&search, ret_error);
	if (r < 0)
		return r;
	sqlite3_progress_handler(db, FB_PAST_WATCH, watch, &search);
	r = scan(&search);
	sqlite3_progress_handler(db, 0, NULL, NULL);
	if (r == 0 && ask->what == FB_PAST_PAGE)
		r = load_page(&search);
	return r < 0 ? r : finish(&search);
}

void fb_past_answer_fini(struct fb_past_answer *answer)
{
	fb_snapshot_put(TAKE_PTR(answer->snapshot));
}
