/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three steps of one bucket: the row of ten seconds stands for itself, and is added to those of its
 * minute and its hour, so that a crash takes ten seconds at most. When a minute or an hour is over
 * all but its largest keys become one row.
 */
#include "store/rollsums.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/adopted.h"
#include "store/coded.h"
#include "util/clock.h"
#include "util/index.h"
#include "util/select.h"

#define SHORT	 0 /* of the steps: a bucket in memory */
#define CODE_MAX 512

/* Keys of a bucket that stand alone, by step, once it is over; and while it is not. */
static const unsigned int kept[FB_ROLLUP_STEPS] = {40, 40, 100};
#define KEPT_OPEN 200

/* Up to what was added of the flow that a record has. */
struct added {
	uint64_t id;
	uint64_t bytes[2];
	uint32_t packets[2];
	uint32_t time_s; /* begin of the last bucket that it was in; 0: none */
};

struct sum {
	uint32_t key, len; /* its place in the text */
	int64_t bytes[2], packets[2];
	uint32_t flows[FB_ROLLUP_STEPS]; /* that were in none of the step's bucket before */
};

struct by {
	struct fb_column column;
	struct fb_index index;
	struct fb_buf text; /* coded keys */
	struct sum *sum;    /* [FB_ROLLSUMS_KEYS + 1]; the first is of all others */
	uint32_t n;
};

struct fb_rollsums {
	struct by by[FB_ROLLUP_BYS_COUNT];
	const struct fb_adopted *adopted; /* NULL: none */
	struct added *added;
	uint32_t n_added;
	uint32_t time_s; /* begin of the bucket that fills; 0: none does */
	uint32_t over_s; /* ... that is over */
	uint64_t started_ns;
	uint64_t others;
	struct fb_buf key;
	sqlite3 *db;
	sqlite3_stmt *add, *count, *fold, *prune;
	uint32_t open_s[FB_ROLLUP_STEPS]; /* begin of each step's bucket in the file */
};

/* --- life ------------------------------------------------------------------------------------- */

static void clear(struct by *by)
{
	fb_index_clear(&by->index);
	fb_buf_clear(&by->text);
	fb_buf_add(&by->text, "\x03\x01\0\0", 4); /* BLOB X'00' */
	memset(by->sum, 0, sizeof(*by->sum));
	by->n = 1;
}

int fb_rollsums_new(struct fb_rollsums **ret_sums)
{
	struct fb_rollsums *sums = calloc(1, sizeof(*sums));

	if (!sums)
		return -ENOMEM;
	for (int i = 0; i < FB_ROLLUP_BYS_COUNT; i++) {
		struct by *by = &sums->by[i];

		by->sum = calloc(FB_ROLLSUMS_KEYS + 1, sizeof(*by->sum));
		if (!by->sum || fb_index_init(&by->index) < 0) {
			fb_rollsums_free(sums);
			return -ENOMEM;
		}
		if (fb_rollup_bys[i].field < FB_FIELD_COUNT)
			fb_column_of(fb_rollup_bys[i].field, &by->column);
		clear(by);
	}
	*ret_sums = sums;
	return 0;
}

void fb_rollsums_free(struct fb_rollsums *sums)
{
	if (!sums)
		return;
	fb_rollsums_use(sums, NULL);
	for (int i = 0; i < FB_ROLLUP_BYS_COUNT; i++) {
		fb_index_fini(&sums->by[i].index);
		fb_buf_fini(&sums->by[i].text);
		free(sums->by[i].sum);
	}
	fb_buf_fini(&sums->key);
	free(sums->added);
	free(sums);
}

#define OF_BUCKET "step = ?1 AND by = ?2 AND time = ?3"
#define REST                                                                                             \
	"SELECT key, flows, bytes_up, bytes_down, packets_up, packets_down FROM rollup WHERE " OF_BUCKET \
	" AND key IS NOT X'00' ORDER BY bytes_up + bytes_down DESC, key LIMIT -1 "                       \
	"OFFSET ?4"
#define UPSERT                                                                                     \
	" ON CONFLICT (step, by, time, key) DO UPDATE SET flows = flows + excluded.flows, "        \
	"bytes_up = bytes_up + excluded.bytes_up, bytes_down = bytes_down + excluded.bytes_down, " \
	"packets_up = packets_up + excluded.packets_up, "                                          \
	"packets_down = packets_down + excluded.packets_down"

static int prepare(struct fb_rollsums *sums)
{
	sqlite3 *db = sums->db;
	int64_t last = 0;
	int r = fb_sql_prepare(
		db,
		"INSERT INTO rollup (step, by, time, key, flows, bytes_up, bytes_down, "
		"packets_up, packets_down) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)" UPSERT,
		&sums->add);

	if (r == 0)
		r = fb_sql_prepare(db, "SELECT count(*) > ?4 FROM rollup WHERE " OF_BUCKET,
				   &sums->count);
	if (r == 0)
		r = fb_sql_prepare(db,
				   "INSERT INTO rollup SELECT ?1, ?2, ?3, X'00', sum(flows), "
				   "sum(bytes_up), sum(bytes_down), sum(packets_up), "
				   "sum(packets_down) FROM (" REST ") WHERE true" UPSERT,
				   &sums->fold);
	if (r == 0)
		r = fb_sql_prepare(db,
				   "DELETE FROM rollup WHERE " OF_BUCKET
				   " AND key IN (SELECT key FROM (" REST "))",
				   &sums->prune);
	for (int step = SHORT + 1; step < FB_ROLLUP_STEPS && r == 0; step++) {
		char sql[80];

		snprintf(sql, sizeof(sql),
			 "SELECT max(time) FROM rollup WHERE step = %u AND by = 0",
			 fb_rollup_steps[step]);
		r = fb_sql_number(db, sql, 0, &last);
		sums->open_s[step] = (uint32_t)last;
	}
	return r;
}

int fb_rollsums_use(struct fb_rollsums *sums, sqlite3 *db)
{
	fb_sql_endp(&sums->add);
	fb_sql_endp(&sums->count);
	fb_sql_endp(&sums->fold);
	fb_sql_endp(&sums->prune);
	sums->db = db;
	return db ? prepare(sums) : 0;
}

void fb_rollsums_adopt(struct fb_rollsums *sums, const struct fb_adopted *adopted)
{
	sums->adopted = adopted;
}

uint64_t fb_rollsums_others(const struct fb_rollsums *sums)
{
	return sums->others;
}

/* --- sums ------------------------------------------------------------------------------------- */

static struct sum *find(struct fb_rollsums *sums, struct by *by, const struct fb_flow_at *at)
{
	struct fb_buf *key = &sums->key;
	struct fb_index_it it;
	uint64_t hash;
	uint32_t i;

	fb_buf_clear(key);
	if (!by->column.field || !fb_coded_add(key, &by->column, at)) {
		fb_buf_clear(key);
		fb_buf_add(key, "\x02\0\0", 3); /* TEXT '' */
	}
	if (fb_buf_error(key) || key->len > CODE_MAX)
		return by->sum;
	hash = fb_hash(key->data, key->len, 0);
	it = fb_index_begin(hash);
	while (fb_index_next(&by->index, &it, &i))
		if (by->sum[i].len == key->len &&
		    !memcmp(by->text.data + by->sum[i].key, key->data, key->len))
			return &by->sum[i];
	by->sum[by->n] = (struct sum){.key = (uint32_t)by->text.len, .len = (uint32_t)key->len};
	if (by->n < FB_ROLLSUMS_KEYS)
		fb_buf_add(&by->text, key->data, key->len);
	if (by->n == FB_ROLLSUMS_KEYS || fb_buf_error(&by->text) ||
	    fb_index_add(&by->index, hash, by->n) < 0) {
		sums->others++;
		return by->sum;
	}
	return &by->sum[by->n++];
}

/* Another flow has the record. What a row of its end had is what was added of it. */
static void begin_added(const struct fb_rollsums *sums, struct added *added, uint64_t id)
{
	const struct fb_adopted_flow *flow =
		sums->adopted ? fb_adopted_find(sums->adopted, id) : NULL;

	*added = (struct added){.id = id};
	if (!flow)
		return;
	memcpy(added->bytes, flow->counted_bytes, sizeof(added->bytes));
	memcpy(added->packets, flow->counted_packets, sizeof(added->packets));
}

static void add(struct fb_rollsums *sums, const struct fb_flow_at *at, struct added *added)
{
	const struct fb_traffic *traffic = at->traffic;
	int64_t bytes[2], packets[2];

	if (added->id != at->flow->id)
		begin_added(sums, added, at->flow->id);
	for (int dir = 0; dir < 2; dir++) {
		bytes[dir] = (int64_t)(traffic->bytes[dir] - added->bytes[dir]);
		packets[dir] = (int32_t)((uint32_t)traffic->packets[dir] - added->packets[dir]);
		added->bytes[dir] = traffic->bytes[dir];
		added->packets[dir] = (uint32_t)traffic->packets[dir];
	}
	if (!bytes[0] && !bytes[1] && !packets[0] && !packets[1])
		return;
	for (int i = 0; i < FB_ROLLUP_BYS_COUNT; i++) {
		struct sum *sum = find(sums, &sums->by[i], at);

		for (int dir = 0; dir < 2; dir++) {
			sum->bytes[dir] += bytes[dir];
			sum->packets[dir] += packets[dir];
		}
		for (int step = 0; step < FB_ROLLUP_STEPS; step++)
			sum->flows[step] +=
				!added->time_s || added->time_s / fb_rollup_steps[step] !=
							  sums->time_s / fb_rollup_steps[step];
	}
	added->time_s = sums->time_s;
}

static void add_record(struct fb_rollsums *sums, const struct fb_snapshot *snapshot,
		       uint32_t record)
{
	struct fb_flow_at at;

	if (fb_snapshot_at(snapshot, record, &at))
		add(sums, &at, &sums->added[record]);
}

/* All that moved since the bucket began. */
static void add_all(struct fb_rollsums *sums, const struct fb_snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->n; i++) {
		if (i + FB_AHEAD < snapshot->n)
			__builtin_prefetch(fb_snapshot_traffic(snapshot, i + FB_AHEAD));
		if (fb_snapshot_traffic(snapshot, i)->last_seen >= sums->started_ns)
			add_record(sums, snapshot, i);
	}
}

static int make_room(struct fb_rollsums *sums, uint32_t n)
{
	const uint32_t size = n > sums->n_added * 2 ? n : sums->n_added * 2;
	struct added *added;

	if (n <= sums->n_added)
		return 0;
	added = realloc(sums->added, size * sizeof(*added));
	if (!added)
		return -ENOMEM;
	memset(added + sums->n_added, 0, (size - sums->n_added) * sizeof(*added));
	sums->added = added;
	sums->n_added = size;
	return 0;
}

/* A second of what came before the bucket began may be told in it only. */
static void start(struct fb_rollsums *sums, const struct fb_snapshot *snapshot, uint32_t time_s)
{
	sums->time_s = time_s;
	sums->started_ns = snapshot->now_ns - 2 * FB_NS_PER_S;
}

void fb_rollsums_end(struct fb_rollsums *sums, const struct fb_snapshot *snapshot)
{
	find(sums, &sums->by[FB_ROLLUP_total], NULL); /* a quiet time has been watched, too */
	add_all(sums, snapshot);
	sums->over_s = sums->time_s;
	start(sums, snapshot, sums->time_s);
}

int fb_rollsums_tick(struct fb_rollsums *sums, const struct fb_snapshot *snapshot, bool *ret_due)
{
	const uint32_t step = fb_rollup_steps[SHORT];
	const uint32_t time_s = (uint32_t)(snapshot->wall_ms / 1000) / step * step;
	int r = make_room(sums, snapshot->n);

	*ret_due = false;
	if (r < 0)
		return r;
	if (!sums->time_s) {
		start(sums, snapshot, time_s);
		sums->started_ns = 0; /* what was there before us, too */
	}
	for (uint32_t i = 0; i < snapshot->n_ended; i++)
		add_record(sums, snapshot, snapshot->ended[i]);
	if (time_s <= sums->time_s) /* not over, or the clock was set back */
		return 0;
	fb_rollsums_end(sums, snapshot);
	start(sums, snapshot, time_s);
	*ret_due = true;
	return 0;
}

/* To the nearest begin of a bucket. */
static uint32_t moved_time(uint32_t time_s, int64_t by_s, unsigned int step)
{
	return time_s ? (uint32_t)((time_s + by_s + step / 2) / step * step) : 0;
}

void fb_rollsums_moved(struct fb_rollsums *sums, int64_t by_s)
{
	sums->time_s = moved_time(sums->time_s, by_s, fb_rollup_steps[SHORT]);
	sums->over_s = moved_time(sums->over_s, by_s, fb_rollup_steps[SHORT]);
	for (int step = 0; step < FB_ROLLUP_STEPS; step++)
		sums->open_s[step] = moved_time(sums->open_s[step], by_s, fb_rollup_steps[step]);
}

void fb_rollsums_follow(struct fb_rollsums *sums, int64_t wall_ms)
{
	sums->time_s = moved_time((uint32_t)(wall_ms / 1000), 0, fb_rollup_steps[SHORT]);
}

/* --- the file --------------------------------------------------------------------------------- */

static int write_sum(struct fb_rollsums *sums, int by, int step, const struct sum *sum)
{
	struct fb_coded key;

	fb_coded_read(sums->by[by].text.data + sum->key, &key);
	sqlite3_bind_int64(sums->add, 1, fb_rollup_steps[step]);
	sqlite3_bind_int64(sums->add, 2, by);
	sqlite3_bind_int64(sums->add, 3,
			   sums->over_s / fb_rollup_steps[step] * fb_rollup_steps[step]);
	fb_coded_bind(sums->add, 4, &key);
	sqlite3_bind_int64(sums->add, 5, sum->flows[step]);
	for (int dir = 0; dir < 2; dir++) {
		sqlite3_bind_int64(sums->add, 6 + dir, sum->bytes[dir]);
		sqlite3_bind_int64(sums->add, 8 + dir, sum->packets[dir]);
	}
	return fb_sql_step(sums->add);
}

static int largest_first(const void *a, const void *b, void *ctx)
{
	const struct sum *const *x = a, *const *y = b;
	const int64_t left = (*x)->bytes[0] + (*x)->bytes[1],
		      right = (*y)->bytes[0] + (*y)->bytes[1];

	(void)ctx;
	return left != right ? (left < right) - (left > right)
			     : ((*x)->key > (*y)->key) - ((*x)->key < (*y)->key);
}

static void add_to(struct sum *to, const struct sum *sum)
{
	for (int dir = 0; dir < 2; dir++) {
		to->bytes[dir] += sum->bytes[dir];
		to->packets[dir] += sum->packets[dir];
	}
	for (int step = 0; step < FB_ROLLUP_STEPS; step++)
		to->flows[step] += sum->flows[step];
}

static bool is_nothing(const struct sum *sum)
{
	return !sum->flows[SHORT] && !sum->bytes[0] && !sum->bytes[1] && !sum->packets[0] &&
	       !sum->packets[1];
}

/* The largest alone, the rest with those that had no room. Returns rows of the shortest step. */
static int write_step(struct fb_rollsums *sums, int i, int step, const struct sum **order)
{
	const unsigned int most = step == SHORT ? kept[SHORT] : KEPT_OPEN;
	struct by *by = &sums->by[i];
	struct sum others = by->sum[0];
	int n = 0, r = 0;

	for (uint32_t k = 0; k < by->n - 1; k++) {
		if (k >= most) {
			add_to(&others, order[k]);
			continue;
		}
		r = write_sum(sums, i, step, order[k]);
		if (r < 0)
			return r;
		n++;
	}
	if (is_nothing(&others))
		return n;
	r = write_sum(sums, i, step, &others);
	return r < 0 ? r : n + 1;
}

static int write_by(struct fb_rollsums *sums, int i, struct fb_kindpages *pages)
{
	struct by *by = &sums->by[i];
	const struct sum **order = calloc(by->n, sizeof(*order));
	int n = 0, r = 0;

	if (!order)
		return -ENOMEM;
	for (uint32_t k = 1; k < by->n; k++)
		order[k - 1] = &by->sum[k];
	fb_sort(order, by->n - 1, sizeof(*order), largest_first, NULL);
	for (int step = 0; step < FB_ROLLUP_STEPS && r >= 0; step++, n += r) {
		fb_kindpages_turn(pages, FB_HISTORY_seconds + (unsigned int)step);
		r = write_step(sums, i, step, order);
	}
	free(order);
	return r < 0 ? r : n;
}

static void bind_bucket(sqlite3_stmt *statement, int step, int by, uint32_t time_s)
{
	sqlite3_bind_int64(statement, 1, fb_rollup_steps[step]);
	sqlite3_bind_int64(statement, 2, by);
	sqlite3_bind_int64(statement, 3, time_s);
	sqlite3_bind_int64(statement, 4, kept[step]);
}

/* A bucket that is over: all but its largest keys become one row. */
static int close_bucket(struct fb_rollsums *sums, int step, uint32_t time_s)
{
	int r = 0;

	for (int by = 1; by < FB_ROLLUP_BYS_COUNT && r >= 0; by++) {
		bool more;

		bind_bucket(sums->count, step, by, time_s);
		r = fb_sql_step(sums->count);
		more = r > 0 && sqlite3_column_int(sums->count, 0);
		sqlite3_reset(sums->count);
		if (r < 0 || !more)
			continue;
		bind_bucket(sums->fold, step, by, time_s);
		bind_bucket(sums->prune, step, by, time_s);
		r = fb_sql_step(sums->fold);
		if (r >= 0)
			r = fb_sql_step(sums->prune);
	}
	return r < 0 ? r : 0;
}

int fb_rollsums_write(struct fb_rollsums *sums, struct fb_kindpages *pages)
{
	int n = 0, r = 0;

	for (int i = 0; i < FB_ROLLUP_BYS_COUNT && r >= 0; i++, n += r)
		r = write_by(sums, i, pages);
	for (int step = SHORT + 1; step < FB_ROLLUP_STEPS && r >= 0; step++) {
		const uint32_t time_s =
			sums->over_s / fb_rollup_steps[step] * fb_rollup_steps[step];

		fb_kindpages_turn(pages, FB_HISTORY_seconds + (unsigned int)step);
		if (sums->open_s[step] && sums->open_s[step] != time_s)
			r = close_bucket(sums, step, sums->open_s[step]);
	}
	return r < 0 ? r : n;
}

void fb_rollsums_commit(struct fb_rollsums *sums)
{
	for (int step = SHORT + 1; step < FB_ROLLUP_STEPS; step++)
		sums->open_s[step] = sums->over_s / fb_rollup_steps[step] * fb_rollup_steps[step];
	for (int i = 0; i < FB_ROLLUP_BYS_COUNT; i++)
		clear(&sums->by[i]);
}
