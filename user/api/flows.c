/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of flows and groups, one flow, the field table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_priv.h"
#include "api/handlers.h"
#include "http/reply.h"
#include "http/route.h"
#include "api/params.h"
#include "engine/engine.h"
#include "flow/snapshot.h"
#include "util/scope.h"

static void write_flat(struct fb_json *json, const struct fb_rows_spec *spec,
		       const struct fb_flow_at *at)
{
	struct fb_value value;

	fb_json_object(json);
	for (unsigned int i = 0; i < spec->n_columns; i++) {
		const struct fb_field *field = spec->columns.fields[i];

		fb_field_get(field, at, &value);
		fb_json_key(json, field->name);
		fb_field_write_json(json, field, &value);
	}
	fb_json_end(json, '}');
}

static void write_items(struct fb_json *json, const struct fb_rows_spec *spec,
			const struct fb_result *result)
{
	struct fb_flow_at at;

	fb_json_array(json);
	for (uint32_t i = 0; i < result->n; i++) {
		if (spec->query.group_by) {
			fb_rows_write_group(json, &spec->query, result, &result->groups[i]);
			continue;
		}
		fb_snapshot_at(result->snapshot, result->rows[i], &at);
		if (spec->n_columns)
			write_flat(json, spec, &at);
		else
			fb_flow_write_json(json, &at);
	}
	fb_json_end(json, ']');
}

/* A cursor is where to go on, with the epoch it was made in, so that nobody takes it for a number.
 */
static void write_cursor(struct fb_json *json, const char *key, uint64_t epoch, bool there,
			 uint64_t offset)
{
	fb_json_key(json, key);
	if (there)
		fb_json_strf(json, "%llx.%llx", (unsigned long long)epoch,
			     (unsigned long long)offset);
	else
		fb_json_null(json);
}

void fb_write_page(struct fb_json *json, const struct fb_query *query, uint64_t epoch,
		   uint64_t total, uint64_t matched, uint32_t n)
{
	uint64_t before = query->offset > query->limit ? query->offset - query->limit : 0;

	fb_json_kv_object(json, "page");
	fb_json_kv_u64(json, "total", total);
	fb_json_kv_u64(json, "matched", matched);
	fb_json_kv_u64(json, "limit", query->limit);
	fb_json_kv_u64(json, "offset", query->offset);
	write_cursor(json, "next", epoch, n && query->offset + n < matched,
		     query->offset + (uint64_t)n);
	write_cursor(json, "prev", epoch, query->offset > 0, before);
	fb_json_end(json, '}');
}

void fb_write_stamp(struct fb_json *json, const struct fb_snapshot *snapshot)
{
	fb_json_kv_time(json, "as_of", snapshot->wall_ms);
	fb_json_kv_u64(json, "epoch", snapshot->epoch);
}

/* "epoch.offset", both hexadecimal, and nothing else. */
static bool parse_cursor(const char *cursor, unsigned long long *ret_offset)
{
	const size_t epoch = strspn(cursor, "0123456789abcdef");
	const char *offset = cursor + epoch + 1;
	size_t digits;

	if (epoch == 0 || epoch > 16 || cursor[epoch] != '.')
		return false;
	digits = strspn(offset, "0123456789abcdef");
	if (digits == 0 || digits > 8 || offset[digits])
		return false;
	*ret_offset = strtoull(offset, NULL, 16);
	return *ret_offset <= FB_QUERY_OFFSET;
}

bool fb_read_place(struct fb_api_request *req, struct fb_query *query)
{
	const char *cursor = fb_param(req, "cursor");
	unsigned long long offset;
	uint64_t value;

	if (!fb_param_u64(req, "limit", 1, FB_QUERY_LIMIT, 100, &value))
		return false;
	query->limit = (uint32_t)value;
	if (!fb_param_u64(req, "offset", 0, FB_QUERY_OFFSET, 0, &value))
		return false;
	query->offset = (uint32_t)value;
	if (!cursor)
		return true;
	if (!parse_cursor(cursor, &offset)) {
		fb_reply_param(req, "cursor", "is not page.next or page.prev of an earlier answer");
		return false;
	}
	query->offset = (uint32_t)offset;
	return true;
}

void fb_api_flows(struct fb_api_request *req)
{
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(req->api->engine);
	_cleanup_(fb_rows_fini) struct fb_rows_spec spec;
	_cleanup_result_ struct fb_result *result = NULL;
	struct fb_json *json;

	if (!fb_rows_from_request(req, snapshot->wall_ms, &spec) ||
	    !fb_read_place(req, &spec.query) ||
	    fb_reply_tag(req, req->api->boot_id, snapshot->epoch))
		return;
	if (fb_query_run(snapshot, &spec.query, &result)) {
		fb_reply_problem(req, 500, "out-of-memory", "memory is short");
		return;
	}
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_key(json, "items");
	write_items(json, &spec, result);
	fb_write_page(json, &spec.query, snapshot->epoch, result->total,
		      spec.query.group_by ? result->n_groups : result->matched, result->n);
	fb_json_key(json, "totals");
	fb_rows_write_totals(json, &result->totals);
	fb_write_stamp(json, snapshot);
	fb_json_end(json, '}');
}

void fb_api_flow(struct fb_api_request *req)
{
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(req->api->engine);
	struct fb_flow_at at;
	uint64_t id;

	if (!fb_parse_id(req->path_args[0], &id) || !fb_snapshot_find(snapshot, id, &at)) {
		fb_reply_problem(req, 404, "no-such-flow", "there is no flow of that id");
		return;
	}
	if (!fb_reply_tag(req, req->api->boot_id, snapshot->epoch))
		fb_flow_write_json(fb_reply_json(req), &at);
}

void fb_api_fields(struct fb_api_request *req)
{
	struct fb_json *json;

	if (fb_reply_tag(req, req->api->boot_id, 0))
		return;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_key(json, "items");
	fb_fields_write_json(json);
	fb_json_end(json, '}');
}
