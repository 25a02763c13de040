/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All matching flows as CSV, JSON or NDJSON, written while they are sent: whatever their number, an
 * export holds one snapshot and a few kB. Record order, since sorting would hold everything. Those
 * of history come by some hundred, the newest first, and it waits for each.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/compat/connections.h"
#include "api/params.h"
#include "api/routes.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "format/csv.h"
#include "format/object.h"
#include "http/conn.h"
#include "http/reply.h"
#include "http/route.h"
#include "policy/anonymised.h"
#include "store/pastpool.h"
#include "util/cleanup.h"

#define BATCH 64	  /* flows written before the library gets bytes again */
#define BLOCK (64 * 1024) /* bytes that it sends at once: half of what a socket buffers */

enum format {
	CSV,
	JSON,
	NDJSON,
	CONNECTIONS, /* as another dashboard calls them */
};

static const char *const begins[] = {
	[JSON] = "{\"items\":[\n",
	[CONNECTIONS] = "{\"success\":true,\"data\":[\n",
};

struct export
{
	struct fb_conn *conn;
	struct fb_snapshot *snapshot;
	struct fb_past_job *job; /* of history, which is read by and by; NULL: of now */
	struct fb_request *req;	 /* whose connection waits for it */
	bool waiting, ran_out;
	struct fb_anonymised *less; /* of each flow that is told; NULL: all */
	struct fb_anonymised_row *row;
	struct fb_params spec;
	enum format format;
	struct fb_buf out;
	size_t sent; /* of `out` */
	uint32_t pos;
	uint64_t count;
	bool begun, done;
};

static void write_flow(struct export *export, const struct fb_flow_at *at)
{
	struct fb_json json;

	if (export->less && !fb_anonymised_row(export->less, at, export->row)) {
		export->out.error = -ENOMEM;
		return;
	}
	if (export->less)
		at = &export->row->at;

	if (export->format == CSV) {
		fb_csv_row(&export->out, at, export->spec.columns.fields, export->spec.n_columns);
		return;
	}
	if (export->format != NDJSON && export->count)
		fb_buf_adds(&export->out, ",\n");
	fb_json_init(&json, &export->out);
	if (export->format == CONNECTIONS)
		fb_alias_write_connection(&json, at);
	else
		fb_flow_write_json(&json, at);
	if (export->format == NDJSON)
		fb_buf_addc(&export->out, '\n');
}

static void write_begin(struct export *export)
{
	if (export->format == CSV)
		fb_csv_header(&export->out, export->spec.columns.fields, export->spec.n_columns);
	else if (export->format != NDJSON)
		fb_buf_adds(&export->out, begins[export->format]);
	export->begun = true;
}

static void fill(struct export *export)
{
	struct fb_flow_at at;

	fb_buf_clear(&export->out);
	export->sent = 0;
	if (!export->begun)
		write_begin(export);
	for (int i = 0; i < BATCH && !export->done; i++) {
		if (fb_query_next(export->snapshot, &export->spec.query, &export->pos, &at)) {
			write_flow(export, &at);
			export->count++;
			continue;
		}
		export->ran_out = export->job && export->job->answer.next;
		if (export->ran_out)
			return;
		export->done = true;
		if (export->format == JSON || export->format == CONNECTIONS)
			fb_buf_addf(&export->out, "\n],\"count\":%llu}\n",
				    (unsigned long long)export->count);
	}
}

static void resume(void *req)
{
	fb_request_resume(req);
}

/* -EAGAIN: it is asked for. */
static int ask_on(struct export *export)
{
	const struct fb_api *api = export->req->ctx;
	struct fb_past_job *job = export->job;

	fb_snapshot_put(TAKE_PTR(export->snapshot));
	fb_past_job_go_on(job);
	job->done = resume;
	job->ctx = export->req;
	export->waiting = true;
	MHD_suspend_connection(export->req->mhd);
	if (fb_pastpool_ask(api->past, job) == 0)
		return -EAGAIN;
	job->r = -EBUSY;
	MHD_resume_connection(export->req->mhd);
	return -EAGAIN;
}

/* Rows are there, 0; -EAGAIN: they are waited for; else there will be none. */
static int go_on(struct export *export)
{
	struct fb_past_job *job = export->job;

	if (export->waiting) {
		export->waiting = false;
		if (job->r < 0)
			return job->r;
		export->snapshot = fb_snapshot_get(job->answer.snapshot);
		export->pos = 0;
		export->ran_out = false;
	}
	return export->ran_out ? ask_on(export) : 0;
}

static ssize_t read_export(void *ctx, uint64_t pos, char *buf, size_t max)
{
	struct export *export = ctx;
	size_t n;
	int r;

	(void)pos;
	while (export->sent == export->out.len) {
		if (export->done)
			return MHD_CONTENT_READER_END_OF_STREAM;
		r = go_on(export);
		if (r == -EAGAIN)
			return 0;
		if (r == 0)
			fill(export);
		if (r < 0 ||
		    export->out.error) /* a broken transfer shows; an export cut short would not */
			return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	n = export->out.len - export->sent;
	if (n > max)
		n = max;
	memcpy(buf, export->out.data + export->sent, n);
	export->sent += n;
	fb_conn_sent(export->conn, n);
	return (ssize_t)n;
}

static void end_export(void *ctx)
{
	struct export *export = ctx;

	if (export->less)
		fb_anonymised_fini(export->less);
	free(export->less);
	free(export->row);
	fb_params_fini(&export->spec);
	fb_snapshot_put(export->snapshot);
	fb_past_job_free(export->job);
	fb_buf_fini(&export->out);
	free(export);
}

static void all_fields(struct fb_params *spec)
{
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
		spec->columns.fields[spec->n_columns++] = &fb_fields[i];
}

/* What the asker wants to be left out, to give the rest to others. False after answering. */
static bool read_less(struct fb_request *req, struct export *export)
{
	const struct fb_api *api = req->ctx;
	const char *text = fb_param(req, "anonymise");
	uint8_t key[FB_CRYPTOPAN_KEY];
	struct fb_anonymise how;
	struct fb_why why;

	if (!text)
		return true;
	if (!api->engine) {
		fb_reply_param(req, "anonymise", "is a sensor's, which has a key for it");
		return false;
	}
	if (fb_anonymise_parse(text, &how, &why) < 0) {
		fb_reply_param(req, "anonymise", "%s", why.text);
		return false;
	}
	export->less = malloc(sizeof(*export->less));
	export->row = malloc(sizeof(*export->row));
	if (!export->less || !export->row) {
		free(TAKE_PTR(export->less));
		fb_reply_no_memory(req);
		return false;
	}
	fb_engine_anonymise_key(api->engine, key);
	fb_anonymised_init(export->less, how, key);
	explicit_bzero(key, sizeof(key));
	return true;
}

static int begin_export(struct fb_request *req, enum format format, const char *type,
			const char *extension)
{
	const struct fb_api *api = req->ctx;
	struct export *export = calloc(1, sizeof(*export));

	if (!export)
		return -ENOMEM;
	export->conn = req->conn;
	export->format = format;
	export->req = req;
	export->snapshot = req->edition ? fb_snapshot_get(req->edition)
					: fb_api_snapshot(api, req->anonymised);
	if (!export->snapshot) {
		end_export(export);
		return -ENOMEM;
	}
	if (!fb_params_read(req, export->snapshot->wall_ms, &export->spec) ||
	    !read_less(req, export)) {
		end_export(export);
		return 0;
	}
	if (!export->spec.n_columns)
		all_fields(&export->spec);
	export->job = TAKE_PTR(req->waited);
	req->reply.response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK,
								read_export, export, end_export);
	if (!req->reply.response) {
		end_export(export);
		return -ENOMEM;
	}
	if (extension)
		fb_reply_header(req, "Content-Disposition", "attachment; filename=\"flowbpf.%s\"",
				extension);
	req->reply.status = 200;
	req->reply.type = type;
	return 0;
}

int fb_api_export_csv(struct fb_request *req)
{
	return begin_export(req, CSV, "text/csv; charset=utf-8", "csv");
}

int fb_api_export_json(struct fb_request *req)
{
	return begin_export(req, JSON, "application/json", "json");
}

int fb_api_export_ndjson(struct fb_request *req)
{
	return begin_export(req, NDJSON, "application/x-ndjson", "ndjson");
}

int fb_api_alias_connections(struct fb_request *req)
{
	return begin_export(req, CONNECTIONS, "application/json", NULL);
}
