/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "format/object.h"
#include "store/evidence.h"
#include "store/pastpool.h"
#include "store/pastrun.h"
#include "store/sqldb.h"
#include "util/cleanup.h"

static atomic_flag busy = ATOMIC_FLAG_INIT;

static int write_text(struct fb_evidence *evidence, const char *name, const char *text)
{
	int r = fb_evidence_begin(evidence, name);

	if (r == 0)
		r = fb_evidence_write(evidence, text, strlen(text));
	if (r == 0)
		r = fb_evidence_end(evidence);
	return r;
}

/* --- rows of tables -------------------------------------------------------------------------- */

/* Each is one of the period; times in them are ms since 1970. */
static const struct {
	const char *file, *sql;
} tables[] = {
	{"events.ndjson", "SELECT * FROM event WHERE time BETWEEN ?1 AND ?2 ORDER BY n"},
	{"acts.ndjson", "SELECT * FROM audit WHERE time BETWEEN ?1 AND ?2 ORDER BY n"},
	{"windows.ndjson", "SELECT id,start_ms,end_ms,flows,internal,external,bytes_up,bytes_down,"
			   "losses,n_new,n_gone FROM window WHERE start_ms <= ?2 AND end_ms >= ?1 "
			   "ORDER BY id"},
	{"runs.ndjson", "SELECT * FROM run WHERE start_ms <= ?2 AND coalesce(end_ms, ?2) >= ?1 "
			"ORDER BY n"},
};

static void write_cell(struct fb_json *json, sqlite3_stmt *statement, int i)
{
	fb_json_key(json, sqlite3_column_name(statement, i));
	switch (sqlite3_column_type(statement, i)) {
	case SQLITE_INTEGER:
		fb_json_double(json, (double)sqlite3_column_int64(statement, i));
		break;
	case SQLITE_TEXT:
		fb_json_strn(json, (const char *)sqlite3_column_text(statement, i),
			     (size_t)sqlite3_column_bytes(statement, i));
		break;
	default:
		fb_json_null(json);
	}
}

static int write_row(struct fb_evidence *evidence, struct fb_buf *line, sqlite3_stmt *statement)
{
	struct fb_json json;

	fb_buf_clear(line);
	fb_json_init(&json, line);
	fb_json_object(&json);
	for (int i = 0; i < sqlite3_column_count(statement); i++)
		write_cell(&json, statement, i);
	fb_json_end(&json, '}');
	fb_buf_addc(line, '\n');
	return line->error ? line->error : fb_evidence_write(evidence, line->data, line->len);
}

static int write_table(struct fb_evidence *evidence, sqlite3 *db, const struct fb_handover *what,
		       unsigned int i)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	int r = fb_sql_prepare(db, tables[i].sql, &statement), step = 0;

	if (r == 0)
		r = fb_evidence_begin(evidence, tables[i].file);
	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 1, what->since_ms);
	sqlite3_bind_int64(statement, 2, what->until_ms);
	while (r == 0 && (step = fb_sql_step(statement)) > 0)
		r = write_row(evidence, &line, statement);
	if (r == 0)
		r = step < 0 ? step : fb_evidence_end(evidence);
	return r;
}

/* --- flows ----------------------------------------------------------------------------------- */

static int write_answer(struct fb_evidence *evidence, const struct fb_snapshot *snapshot)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	struct fb_flow_at at;
	int r = 0;

	for (uint32_t i = 0; i < snapshot->n && r == 0; i++) {
		struct fb_json json;

		if (!fb_snapshot_at(snapshot, i, &at))
			continue;
		fb_buf_clear(&line);
		fb_json_init(&json, &line);
		fb_flow_write_json(&json, &at);
		fb_buf_addc(&line, '\n');
		r = line.error ? line.error : fb_evidence_write(evidence, line.data, line.len);
	}
	return r;
}

static int write_flows(struct fb_evidence *evidence, sqlite3 *db, struct fb_past_job *job)
{
	int r = fb_evidence_begin(evidence, "flows.ndjson");
	bool more = true;

	while (r == 0 && more) {
		r = fb_past_run(db, &job->ask, &job->progress, &job->answer, &job->error);
		if (r < 0)
			return r;
		r = write_answer(evidence, job->answer.snapshot);
		more = job->answer.next;
		fb_past_job_go_on(job);
	}
	return r < 0 ? r : fb_evidence_end(evidence);
}

/* --------------------------------------------------------------------------------------------- */

static int make(sqlite3 *db, struct fb_past_job *job)
{
	struct fb_handover *what = job->what;
	_cleanup_evidence_ struct fb_evidence *evidence = NULL;
	_cleanup_close_ int folder = open(what->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = folder < 0 ? -errno : fb_evidence_new(folder, what->now_ms, &evidence);

	if (r == 0)
		r = write_text(evidence, "about.json", what->about);
	for (unsigned int i = 0; i < sizeof(tables) / sizeof(*tables) && r == 0; i++)
		r = write_table(evidence, db, what, i);
	if (r == 0)
		r = write_flows(evidence, db, job);
	if (r == 0)
		r = what->fd = fb_evidence_finish(evidence, &what->bytes);
	return r < 0 ? r : 0;
}

int fb_handover_make(struct sqlite3 *db, struct fb_past_job *job)
{
	int r;

	if (atomic_flag_test_and_set(&busy))
		return -EBUSY;
	r = make(db, job);
	atomic_flag_clear(&busy);
	return r;
}

void fb_handover_end(void *handover)
{
	const struct fb_handover *what = handover;

	if (what->fd >= 0)
		close(what->fd);
	free(handover);
}
