/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/historylog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GAP_MS 5000 /* between two windows of a run there is less */

static void end(struct fb_historylog *log)
{
	fb_sql_endp(&log->window);
	fb_sql_endp(&log->event);
	fb_sql_endp(&log->audit);
	fb_sql_endp(&log->run);
}

#define WINDOW                                                                                     \
	"id, start_ms, end_ms, flows, internal, external, protos, bytes_up, bytes_down, losses, "  \
	"processing_us, n_new, n_gone, new_host, gone_host, judged"

int fb_historylog_use(struct fb_historylog *log, sqlite3 *db)
{
	int r;

	end(log);
	log->db = db;
	if (!db)
		return 0;
	r = fb_sql_prepare(db,
			   "INSERT OR REPLACE INTO window (" WINDOW
			   ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			   &log->window);
	if (r == 0)
		r = fb_sql_prepare(db,
				   "INSERT INTO event (time, level, component, message, fields) "
				   "VALUES (?, ?, ?, ?, ?)",
				   &log->event);
	if (r == 0)
		r = fb_sql_prepare(db,
				   "INSERT INTO audit (time, message, act, target, flow, role, "
				   "user, peer, by, reason, result) VALUES "
				   "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
				   &log->audit);
	if (r == 0)
		r = fb_sql_prepare(db, "UPDATE run SET end_ms = ?2, clock_steps = ?3 WHERE n = ?1",
				   &log->run);
	return r;
}

/* --- windows ---------------------------------------------------------------------------------- */

#define NUMBERS_LEN(n) (21 * (n))

/* "120,34,0,2". Returns `text`, of NUMBERS_LEN(n). */
static const char *write_numbers(const uint64_t *numbers, unsigned int n, char *text)
{
	size_t len = 0;

	for (unsigned int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, NUMBERS_LEN(n) - len, "%s%llu", i ? "," : "",
					(unsigned long long)numbers[i]);
	return text;
}

/* NULL, and what is missing of it: zeroes. */
static void read_numbers(const char *text, uint64_t *numbers, unsigned int n)
{
	char *end;

	for (unsigned int i = 0; i < n && text; i++) {
		numbers[i] = strtoull(text, &end, 10);
		text = *end == ',' ? end + 1 : NULL;
	}
}

#define JUDGED (sizeof(struct fb_window_judged) / sizeof(uint64_t))

static void bind_hosts(sqlite3_stmt *statement, int parameter, const struct fb_window_addr *host,
		       uint32_t n)
{
	const uint32_t listed = n < FB_WINDOW_HOSTS ? n : FB_WINDOW_HOSTS;

	sqlite3_bind_blob(statement, parameter, host, (int)(listed * sizeof(*host)), SQLITE_STATIC);
}

int fb_historylog_window(struct fb_historylog *log, const struct fb_window *window)
{
	sqlite3_stmt *s = log->window;
	const int64_t numbers[] = {
		(int64_t)window->id,	window->start_ms,	   window->end_ms,
		(int64_t)window->flows, (int64_t)window->internal, (int64_t)window->external};
	const int64_t more[] = {(int64_t)window->bytes[0],
				(int64_t)window->bytes[1],
				(int64_t)window->losses,
				(int64_t)window->processing_us,
				window->n_new,
				window->n_gone};
	char protos[NUMBERS_LEN(FB_PAST_PROTOS)], judged[NUMBERS_LEN(JUDGED)];

	for (int i = 0; i < 6; i++) {
		sqlite3_bind_int64(s, 1 + i, numbers[i]);
		sqlite3_bind_int64(s, 8 + i, more[i]);
	}
	sqlite3_bind_text(s, 7, write_numbers(window->protos, FB_PAST_PROTOS, protos), -1,
			  SQLITE_STATIC);
	bind_hosts(s, 14, window->new_host, window->n_new);
	bind_hosts(s, 15, window->gone_host, window->n_gone);
	sqlite3_bind_text(s, 16, write_numbers((const uint64_t *)&window->judged, JUDGED, judged),
			  -1, SQLITE_STATIC);
	return fb_sql_step(s);
}

static void read_hosts(sqlite3_stmt *statement, int column, struct fb_window_addr *host)
{
	const size_t len = (size_t)sqlite3_column_bytes(statement, column);

	if (len && len <= FB_WINDOW_HOSTS * sizeof(*host))
		memcpy(host, sqlite3_column_blob(statement, column), len);
}

static void read_window(sqlite3_stmt *s, struct fb_window *window)
{
	*window = (struct fb_window){
		.id = (uint64_t)sqlite3_column_int64(s, 0),
		.start_ms = sqlite3_column_int64(s, 1),
		.end_ms = sqlite3_column_int64(s, 2),
		.flows = (uint64_t)sqlite3_column_int64(s, 3),
		.internal = (uint64_t)sqlite3_column_int64(s, 4),
		.external = (uint64_t)sqlite3_column_int64(s, 5),
		.bytes = {(uint64_t)sqlite3_column_int64(s, 7),
			  (uint64_t)sqlite3_column_int64(s, 8)},
		.losses = (uint64_t)sqlite3_column_int64(s, 9),
		.processing_us = (uint64_t)sqlite3_column_int64(s, 10),
		.n_new = (uint32_t)sqlite3_column_int64(s, 11),
		.n_gone = (uint32_t)sqlite3_column_int64(s, 12),
	};
	read_numbers((const char *)sqlite3_column_text(s, 6), window->protos, FB_PAST_PROTOS);
	read_numbers((const char *)sqlite3_column_text(s, 15), (uint64_t *)&window->judged, JUDGED);
	read_hosts(s, 13, window->new_host);
	read_hosts(s, 14, window->gone_host);
}

int fb_historylog_windows(sqlite3 *db, int64_t since_ms, int64_t until_ms, uint64_t after,
			  struct fb_window *list, unsigned int max)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	unsigned int n = 0;
	int r = fb_sql_prepare(db,
			       "SELECT " WINDOW " FROM window WHERE id > ?1 AND start_ms >= ?2 AND "
			       "start_ms < ?3 ORDER BY id LIMIT ?4",
			       &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, (int64_t)after);
	sqlite3_bind_int64(statement, 2, since_ms);
	sqlite3_bind_int64(statement, 3, until_ms);
	sqlite3_bind_int64(statement, 4, max);
	while (n < max && (r = fb_sql_step(statement)) > 0)
		read_window(statement, &list[n++]);
	return r < 0 ? r : (int)n;
}

int fb_historylog_gaps(sqlite3 *db, int64_t since_ms, int64_t until_ms,
		       void (*gap)(void *ctx, int64_t from_ms, int64_t to_ms), void *ctx)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int64_t end_ms = since_ms;
	int r = fb_sql_prepare(db,
			       "SELECT start_ms, end_ms FROM window WHERE end_ms > ?1 AND "
			       "start_ms < ?2 UNION ALL SELECT start_ms, end_ms FROM run WHERE "
			       "end_ms > ?1 AND start_ms < ?2 AND clock_steps = 0 ORDER BY 1",
			       &statement);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, since_ms);
	sqlite3_bind_int64(statement, 2, until_ms);
	while ((r = fb_sql_step(statement)) > 0) {
		const int64_t start_ms = sqlite3_column_int64(statement, 0);

		if (start_ms - end_ms > GAP_MS)
			gap(ctx, end_ms, start_ms);
		if (sqlite3_column_int64(statement, 1) > end_ms)
			end_ms = sqlite3_column_int64(statement, 1);
	}
	return r;
}

/* --- events, acts ----------------------------------------------------------------------------- */

static const char *field_of(const struct fb_history_event *event, const char *key)
{
	for (const char *at = event->fields; at && *at;) {
		const char *value = at + strlen(at) + 1;

		if (!strcmp(at, key))
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

static int write_act(struct fb_historylog *log, const struct fb_history_event *event)
{
	static const char *const keys[] = {"act",  "target", "flow",   "role",	"user",
					   "peer", "by",     "reason", "result"};

	sqlite3_bind_int64(log->audit, 1, event->time_ms);
	sqlite3_bind_text(log->audit, 2, event->message, -1, SQLITE_STATIC);
	for (int i = 0; i < 9; i++)
		sqlite3_bind_text(log->audit, 3 + i, field_of(event, keys[i]), -1, SQLITE_STATIC);
	return fb_sql_step(log->audit);
}

/* "key=value" a line; NULL: none. */
static const char *join(const char *fields, char *text, size_t size)
{
	size_t len = 0;

	for (const char *at = fields; at && *at && len < size;) {
		const char *value = at + strlen(at) + 1;

		len += (size_t)snprintf(text + len, size - len, "%s%s=%s", len ? "\n" : "", at,
					value);
		at = value + strlen(value) + 1;
	}
	return len ? text : NULL;
}

int fb_historylog_event(struct fb_historylog *log, const struct fb_history_event *event)
{
	char fields[1024] = "";
	const char *const texts[] = {event->level, event->component, event->message,
				     join(event->fields, fields, sizeof(fields))};
	int r;

	sqlite3_bind_int64(log->event, 1, event->time_ms);
	for (int i = 0; i < 4; i++)
		sqlite3_bind_text(log->event, 2 + i, texts[i], -1, SQLITE_STATIC);
	r = fb_sql_step(log->event);
	return r < 0 || !event->is_act ? r : write_act(log, event);
}

/* --- runs ------------------------------------------------------------------------------------- */

int fb_historylog_start(struct fb_historylog *log, int64_t wall_ms, const char *version)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	char host[65] = "";
	int r = fb_sql_prepare(log->db,
			       "INSERT INTO run (start_ms, version, host, clock_steps) VALUES "
			       "(?, ?, ?, 0)",
			       &statement);

	if (r < 0)
		return r;
	(void)gethostname(host, sizeof(host) - 1);
	sqlite3_bind_int64(statement, 1, wall_ms);
	sqlite3_bind_text(statement, 2, version, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, host, -1, SQLITE_STATIC);
	r = fb_sql_step(statement);
	log->run_n = sqlite3_last_insert_rowid(log->db);
	return r;
}

int fb_historylog_end(struct fb_historylog *log, int64_t wall_ms, unsigned int clock_steps)
{
	sqlite3_bind_int64(log->run, 1, log->run_n);
	sqlite3_bind_int64(log->run, 2, wall_ms);
	sqlite3_bind_int64(log->run, 3, clock_steps);
	return fb_sql_step(log->run);
}
