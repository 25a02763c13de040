/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom it is about stands in tables of this connection alone (temp, in memory): `whom` their
 * addresses and MAC, `theirs` rows of stars that have one of them, `shared` all rows of stars that
 * their flows had. Those go once no flow is left that has their number; nothing new gets it, for
 * the writer forgets it first.
 */
#include "store/erasure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/erasedlines.h"
#include "store/layout.h"
#include "store/rollups.h"
#include "store/zones.h"
#include "util/addr.h"
#include "util/buf.h"
#include "util/mac.h"

#define ROWS	    20000	 /* of flows, looked at in a step */
#define BUCKETS	    512		 /* of sums */
#define LINES	    4000	 /* of the log, of acts, of windows */
#define FREE_PAGES  1024	 /* that go back to the disk */
#define WHOLE_BYTES (64ll << 20) /* a file up to this size is written anew, in memory first */
#define HOST_BYTES  17		 /* of a window's list */

struct fb_erasure {
	struct fb_person who;
	bool dry_run;
	unsigned int phase;
	bool begun;	   /* the tables are there */
	int64_t at;	   /* how far the phase is */
	unsigned int step; /* of sums */
	struct fb_erased counts;
};

int fb_erasure_new(const struct fb_person *who, bool dry_run, struct fb_erasure **ret_erasure)
{
	struct fb_erasure *erasure = calloc(1, sizeof(*erasure));

	if (!erasure)
		return -ENOMEM;
	erasure->who = *who;
	erasure->dry_run = dry_run;
	*ret_erasure = erasure;
	return 0;
}

void fb_erasure_free(struct fb_erasure *erasure)
{
	if (erasure)
		explicit_bzero(erasure, sizeof(*erasure));
	free(erasure);
}

const struct fb_erased *fb_erasure_counts(const struct fb_erasure *erasure)
{
	return &erasure->counts;
}

/* --- statements ------------------------------------------------------------------------------- */

static int run(const struct fb_erasure_in *in, struct fb_buf *sql, uint64_t *ret_changes)
{
	int r;

	fb_buf_addc(sql, '\0');
	r = fb_buf_error(sql) ? -ENOMEM : fb_sql_run(in->db, sql->data);
	if (ret_changes)
		*ret_changes = r == 0 ? (uint64_t)sqlite3_changes(in->db) : 0;
	fb_buf_clear(sql);
	return r;
}

static int number(const struct fb_erasure_in *in, struct fb_buf *sql, int64_t none, int64_t *ret)
{
	int r;

	fb_buf_addc(sql, '\0');
	r = fb_buf_error(sql) ? -ENOMEM : fb_sql_number(in->db, sql->data, none, ret);
	fb_buf_clear(sql);
	return r;
}

/* "0 OR src_ip IN temp.whom OR ...": the columns of the star that have addresses or MACs. */
static void add_columns(struct fb_buf *sql, enum fb_star star)
{
	struct fb_column column;

	fb_buf_adds(sql, "0");
	for (int id = 0; id < FB_FIELD_COUNT; id++)
		if (fb_column_of((enum fb_field_id)id, &column) && column.star == star &&
		    (column.coding == FB_CODED_IP || id == FB_FIELD_src_mac ||
		     id == FB_FIELD_dst_mac))
			fb_buf_addf(sql, " OR \"%s\" IN (SELECT v FROM temp.whom)", column.name);
}

/* --- whom ------------------------------------------------------------------------------------- */

static int add_whom(const struct fb_erasure_in *in, const struct fb_person *who)
{
	_cleanup_statement_ sqlite3_stmt *insert = NULL;
	char mac[FB_MAC_STRLEN];
	int r = fb_sql_prepare(in->db, "INSERT INTO temp.whom VALUES (?1)", &insert);

	for (unsigned int i = 0; i < who->n_addrs && r == 0; i++) {
		const uint8_t *addr = who->addr[i].addr;

		if (who->addr[i].family == 4)
			sqlite3_bind_int64(insert, 1,
					   (int64_t)addr[12] << 24 | addr[13] << 16 |
						   addr[14] << 8 | addr[15]);
		else
			sqlite3_bind_blob(insert, 1, addr, 16, SQLITE_STATIC);
		r = fb_sql_step(insert);
	}
	if (r == 0 && who->has_mac) {
		sqlite3_bind_text(insert, 1, fb_mac_format(who->mac, mac), -1, SQLITE_STATIC);
		r = fb_sql_step(insert);
	}
	return r;
}

static int begin(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int r;

	fb_buf_adds(&sql, "PRAGMA secure_delete = ON;"
			  "CREATE TEMP TABLE IF NOT EXISTS whom (v);"
			  "CREATE TEMP TABLE IF NOT EXISTS hit (w INTEGER PRIMARY KEY);"
			  "CREATE TEMP TABLE IF NOT EXISTS theirs (star, n, PRIMARY KEY (star, n)) "
			  "WITHOUT ROWID;"
			  "CREATE TEMP TABLE IF NOT EXISTS shared (star, n, PRIMARY KEY (star, n)) "
			  "WITHOUT ROWID;"
			  "DELETE FROM temp.whom; DELETE FROM temp.hit; DELETE FROM temp.theirs;"
			  "DELETE FROM temp.shared");
	r = run(in, &sql, NULL);
	if (r == 0)
		r = add_whom(in, &erasure->who);
	for (int star = FB_STAR_flow + 1; star < FB_STAR_COUNT && r == 0; star++) {
		fb_buf_addf(&sql, "INSERT INTO temp.theirs SELECT %d, n FROM %s WHERE ", star,
			    fb_star_name((enum fb_star)star));
		add_columns(&sql, (enum fb_star)star);
		r = run(in, &sql, NULL);
	}
	if (r == 0)
		r = fb_sql_run(in->db, "INSERT INTO temp.shared SELECT * FROM temp.theirs");
	erasure->begun = r == 0;
	return r;
}

/* --- flows ------------------------------------------------------------------------------------ */

/* The end of a piece of rows that begins at `from`; INT64_MAX: that is the last one. */
static int piece(const struct fb_erasure_in *in, int64_t from, int64_t *ret_before)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;

	fb_buf_addf(&sql, "SELECT w FROM flow WHERE w >= %" PRId64 " ORDER BY w LIMIT 1 OFFSET %d",
		    from, ROWS);
	return number(in, &sql, INT64_MAX, ret_before);
}

static int find_rows(const struct fb_erasure_in *in, int64_t from, int64_t before,
		     uint64_t *ret_found)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;

	fb_buf_addf(&sql,
		    "INSERT INTO temp.hit SELECT w FROM flow WHERE w >= %" PRId64
		    " AND w < %" PRId64 " AND (",
		    from, before);
	add_columns(&sql, FB_STAR_flow);
	for (int star = FB_STAR_flow + 1; star < FB_STAR_COUNT; star++)
		fb_buf_addf(&sql, " OR %s IN (SELECT n FROM temp.theirs WHERE star = %d)",
			    fb_star_name((enum fb_star)star), star);
	fb_buf_adds(&sql, ")");
	return run(in, &sql, ret_found);
}

/* What those rows share with others, perhaps. */
static int note_shared(const struct fb_erasure_in *in)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;

	for (int star = FB_STAR_flow + 1; star < FB_STAR_COUNT; star++) {
		const char *name = fb_star_name((enum fb_star)star);

		fb_buf_addf(&sql,
			    "INSERT OR IGNORE INTO temp.shared SELECT %d, %s FROM flow WHERE w IN "
			    "(SELECT w FROM temp.hit) AND %s IS NOT NULL;",
			    star, name, name);
	}
	return run(in, &sql, NULL);
}

static int drop_rows(const struct fb_erasure_in *in, int64_t from, int64_t before)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	uint64_t dropped = 0;
	int r;

	fb_buf_adds(&sql, "DELETE FROM flow WHERE w IN (SELECT w FROM temp.hit)");
	r = run(in, &sql, &dropped);
	if (r == 0) {
		fb_retention_erased(in->retention, dropped);
		r = fb_zones_renew(in->db, from, before);
	}
	return r;
}

/* Returns 1: there is more. */
static int erase_flows(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	uint64_t found = 0;
	int64_t before;
	int r = piece(in, erasure->at, &before);

	if (r == 0)
		r = find_rows(in, erasure->at, before, &found);
	if (r == 0 && found && !erasure->dry_run)
		r = note_shared(in);
	if (r == 0 && found && !erasure->dry_run)
		r = drop_rows(in, erasure->at, before);
	if (r == 0)
		r = fb_sql_run(in->db, "DELETE FROM temp.hit");
	if (r < 0)
		return r;
	erasure->counts.flows += found;
	erasure->at = before;
	return before != INT64_MAX;
}

/* --- what flows shared ------------------------------------------------------------------------ */

static int forget_numbers(const struct fb_erasure_in *in)
{
	_cleanup_statement_ sqlite3_stmt *select = NULL;
	int r = fb_sql_prepare(in->db, "SELECT star, n FROM temp.shared", &select);

	while (r >= 0 && (r = fb_sql_step(select)) > 0)
		fb_stars_forget(in->stars, (enum fb_star)sqlite3_column_int(select, 0),
				sqlite3_column_int64(select, 1));
	return r;
}

static int drop_shared(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	uint64_t dropped = 0;
	int r = 0;

	for (int star = FB_STAR_flow + 1; star < FB_STAR_COUNT && r == 0; star++) {
		fb_buf_addf(&sql,
			    "DELETE FROM %s WHERE n IN (SELECT n FROM temp.shared WHERE star = %d)",
			    fb_star_name((enum fb_star)star), star);
		r = run(in, &sql, &dropped);
		erasure->counts.shared += dropped;
	}
	return r;
}

/* Those that another flow has, too, stay. */
static int erase_shared(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int64_t before;
	int r = 0;

	if (erasure->dry_run)
		return 0;
	if (!erasure->at)
		r = forget_numbers(in);
	if (r == 0)
		r = piece(in, erasure->at, &before);
	for (int star = FB_STAR_flow + 1; star < FB_STAR_COUNT && r == 0; star++) {
		fb_buf_addf(&sql,
			    "DELETE FROM temp.shared WHERE star = %d AND n IN (SELECT %s FROM flow "
			    "WHERE w >= %" PRId64 " AND w < %" PRId64 ")",
			    star, fb_star_name((enum fb_star)star), erasure->at, before);
		r = run(in, &sql, NULL);
	}
	if (r == 0 && before == INT64_MAX)
		r = drop_shared(erasure, in);
	if (r < 0)
		return r;
	erasure->at = before;
	return before != INT64_MAX;
}

/* --- sums ------------------------------------------------------------------------------------- */

static const int sums_by[] = {FB_ROLLUP_host, FB_ROLLUP_device};

/* Some buckets of a step, from the first one at or behind `at`. */
static int erase_buckets(struct fb_erasure *erasure, const struct fb_erasure_in *in,
			 unsigned int seconds, int64_t *ret_before)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	const char *what = erasure->dry_run ? "SELECT count(*) FROM" : "DELETE FROM";
	int64_t first, n = 0;
	int r;

	fb_buf_addf(&sql,
		    "SELECT min(time) FROM rollup WHERE step = %u AND by = 0 AND time >= %" PRId64,
		    seconds, erasure->at);
	r = number(in, &sql, INT64_MAX, &first);
	*ret_before = first == INT64_MAX ? first : first + (int64_t)BUCKETS * seconds;
	for (unsigned int i = 0; i < sizeof(sums_by) / sizeof(*sums_by) && r == 0; i++) {
		fb_buf_addf(&sql,
			    "%s rollup WHERE step = %u AND by = %d AND time >= %" PRId64
			    " AND time < %" PRId64 " AND key IN (SELECT v FROM temp.whom)",
			    what, seconds, sums_by[i], erasure->at, *ret_before);
		r = erasure->dry_run ? number(in, &sql, 0, &n) : run(in, &sql, (uint64_t *)&n);
		erasure->counts.sums += (uint64_t)n;
	}
	return r;
}

static int erase_sums(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	int64_t before;
	int r;

	fb_kindpages_turn(in->pages, FB_HISTORY_seconds + erasure->step);
	r = erase_buckets(erasure, in, fb_rollup_steps[erasure->step], &before);
	if (r < 0)
		return r;
	erasure->at = before;
	if (before != INT64_MAX)
		return 1;
	erasure->at = 0;
	return ++erasure->step < FB_ROLLUP_STEPS;
}

/* --- windows ---------------------------------------------------------------------------------- */

/* A list without them, in its place: what of it is left, in bytes. False: they are not in it. */
static bool leave_out(const struct fb_person *who, uint8_t *hosts, size_t *len)
{
	size_t kept = 0;

	for (size_t at = 0; at + HOST_BYTES <= *len; at += HOST_BYTES) {
		if (fb_person_has_addr(who, hosts + at, hosts[at + 16]))
			continue;
		memmove(hosts + kept, hosts + at, HOST_BYTES);
		kept += HOST_BYTES;
	}
	if (kept == *len)
		return false;
	*len = kept;
	return true;
}

static int rewrite_window(const struct fb_erasure *erasure, sqlite3_stmt *row, sqlite3_stmt *update)
{
	uint8_t hosts[HOST_BYTES * 16];
	bool has = false;

	sqlite3_bind_int64(update, 1, sqlite3_column_int64(row, 0));
	for (int i = 1; i <= 2; i++) {
		size_t len = (size_t)sqlite3_column_bytes(row, i);

		len = len < sizeof(hosts) ? len : sizeof(hosts);
		if (len)
			memcpy(hosts, sqlite3_column_blob(row, i), len);
		has |= leave_out(&erasure->who, hosts, &len);
		sqlite3_bind_blob(update, 1 + i, hosts, (int)len, SQLITE_TRANSIENT);
	}
	if (!has || erasure->dry_run)
		return has;
	return fb_sql_step(update) < 0 ? -EIO : 1;
}

/* How many of them are known stays. */
static int erase_windows(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL, *update = NULL;
	int64_t last = INT64_MAX;
	int r = fb_sql_prepare(
		in->db,
		"SELECT id, new_host, gone_host FROM window WHERE id > ?1 ORDER BY id LIMIT ?2",
		&rows);

	fb_kindpages_turn(in->pages, FB_HISTORY_log);
	if (r == 0)
		r = fb_sql_prepare(in->db,
				   "UPDATE window SET new_host = ?2, gone_host = ?3 WHERE id = ?1",
				   &update);
	if (r < 0)
		return r;
	sqlite3_bind_int64(rows, 1, erasure->at);
	sqlite3_bind_int64(rows, 2, LINES);
	while ((r = fb_sql_step(rows)) > 0) {
		last = sqlite3_column_int64(rows, 0);
		r = rewrite_window(erasure, rows, update);
		if (r < 0)
			return r;
		erasure->counts.windows += (uint64_t)r;
	}
	erasure->at = last;
	return r < 0 ? r : last != INT64_MAX;
}

/* --- the log ---------------------------------------------------------------------------------- */

static int erase_lines(struct fb_erasure *erasure, const struct fb_erasure_in *in,
		       const struct fb_erasedlines *of, uint64_t *count)
{
	int r;

	fb_kindpages_turn(in->pages, FB_HISTORY_log);
	r = fb_erasedlines_step(of, in->db, &erasure->who, erasure->dry_run, &erasure->at, count,
				&erasure->counts);
	return r < 0 ? r : erasure->at != INT64_MAX;
}

static int erase_events(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	static const struct fb_erasedlines events = {
		.select = "SELECT n, message, fields FROM event WHERE n > ?1 ORDER BY n LIMIT ?2",
		.drop = "DELETE FROM event WHERE n = ?1",
		.max = LINES};

	return erase_lines(erasure, in, &events, &erasure->counts.events);
}

static int erase_acts(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	static const struct fb_erasedlines acts = {
		.select = "SELECT n, target, user, peer, reason, message FROM audit WHERE n > ?1 "
			  "ORDER BY n LIMIT ?2",
		.drop = "DELETE FROM audit WHERE n = ?1",
		.max = LINES};

	return erase_lines(erasure, in, &acts, &erasure->counts.acts);
}

/* --- what is free ----------------------------------------------------------------------------- */

/* Pages that are of nothing go back to the disk, some at a time. */
static int erase_free(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	_cleanup_buf_ struct fb_buf sql = FB_BUF_INIT;
	int64_t unused = 0;
	int r;

	if (erasure->dry_run)
		return 0;
	fb_buf_addf(&sql, "PRAGMA incremental_vacuum(%d)", FREE_PAGES);
	r = run(in, &sql, NULL);
	if (r == 0)
		r = fb_sql_number(in->db, "PRAGMA freelist_count", 0, &unused);
	return r < 0 ? r : unused > 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

static int (*const phases[])(struct fb_erasure *erasure, const struct fb_erasure_in *in) = {
	erase_flows, erase_shared, erase_sums, erase_windows, erase_events, erase_acts, erase_free};
#define PHASES (sizeof(phases) / sizeof(*phases))

/* Whether the phase goes on; its work so far stands in the file, or not. */
static int perform(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	int r = fb_sql_run(in->db, "BEGIN IMMEDIATE"), more = 0;

	if (r == 0 && !erasure->begun)
		r = begin(erasure, in);
	if (r == 0)
		r = more = phases[erasure->phase](erasure, in);
	fb_kindpages_turn(in->pages, FB_HISTORY_flows);
	if (r >= 0)
		r = fb_retention_count(in->retention);
	if (r == 0)
		r = fb_kindpages_write(in->pages);
	if (r == 0)
		r = fb_sql_run(in->db, "COMMIT");
	return r < 0 ? r : more;
}

static int undo(struct fb_erasure *erasure, const struct fb_erasure_in *in,
		const struct fb_erasure *before, int error)
{
	*erasure = *before;
	sqlite3_exec(in->db, "ROLLBACK", NULL, NULL, NULL);
	fb_retention_rollback(in->retention);
	fb_kindpages_rollback(in->pages);
	return error;
}

static int drop_tables(const struct fb_erasure_in *in)
{
	return fb_sql_run(in->db,
			  "DROP TABLE temp.whom; DROP TABLE temp.hit; DROP TABLE temp.theirs;"
			  "DROP TABLE temp.shared");
}

/*
 * What SQLite moved from page to page may stand in the gaps that it left: a file that is small is
 * written anew. Then no log of writes has it, either; who reads an older state has that go on.
 */
static int finish(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	int64_t pages = 0, size = 0;
	int r = fb_sql_number(in->db, "PRAGMA page_count", 0, &pages);

	if (r == 0)
		r = fb_sql_number(in->db, "PRAGMA page_size", 0, &size);
	if (r == 0 && !erasure->counts.rewritten && pages * size <= WHOLE_BYTES)
		erasure->counts.rewritten = fb_sql_run(in->db, "VACUUM") == 0;
	if (r == 0)
		r = fb_sql_number(in->db, "PRAGMA wal_checkpoint(TRUNCATE)", 0, &size);
	if (r == 0)
		r = size ? -EBUSY : fb_sql_run(in->db, "PRAGMA secure_delete = FAST");
	return r < 0 ? r : drop_tables(in);
}

void fb_erasure_restart(struct fb_erasure *erasure)
{
	erasure->begun = false;
	erasure->phase = erasure->step = 0;
	erasure->at = 0;
}

int fb_erasure_step(struct fb_erasure *erasure, const struct fb_erasure_in *in)
{
	const struct fb_erasure before = *erasure;
	int r;

	if (erasure->phase == PHASES)
		return erasure->dry_run ? drop_tables(in) : finish(erasure, in);
	r = perform(erasure, in);
	if (r < 0)
		return undo(erasure, in, &before, r);
	fb_retention_commit(in->retention);
	fb_kindpages_commit(in->pages);
	if (!r) {
		erasure->phase++;
		erasure->at = 0;
	}
	return 1;
}
