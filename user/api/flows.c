/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of flows and groups, one flow, the field table. */
#include <errno.h>

#include "api/api.h"
#include "api/groups.h"
#include "api/list_json.h"
#include "api/params.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "flow/snapshot.h"
#include "format/object.h"
#include "format/schema.h"
#include "http/reply.h"
#include "past/ends.h"
#include "util/cleanup.h"

static void write_group(struct fb_json *json, const struct fb_params *spec,
			const struct fb_result *result, const struct fb_group *group)
{
	if (spec->n_columns)
		fb_groups_write_flat(json, spec->columns.groups, spec->n_columns, &spec->query,
				     result, group);
	else
		fb_groups_write(json, &spec->query, result, group);
}

static void write_items(struct fb_json *json, const struct fb_params *spec,
			const struct fb_result *result)
{
	struct fb_flow_at at;

	fb_json_array(json);
	for (uint32_t i = 0; i < result->n; i++) {
		if (spec->query.group_by) {
			write_group(json, spec, result, &result->groups[i]);
			continue;
		}
		fb_snapshot_at(result->snapshot, result->rows[i], &at);
		if (spec->n_columns)
			fb_flow_write_flat(json, &at, spec->columns.fields, spec->n_columns);
		else
			fb_flow_write_json(json, &at);
	}
	fb_json_end(json, ']');
}

int fb_api_flows(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(fb_params_fini) struct fb_params spec;
	_cleanup_result_ struct fb_result *result = NULL;
	struct fb_json *json;

	if (!fb_params_read(req, snapshot->wall_ms, &spec) || !fb_params_place(req, &spec.query))
		return 0;
	if (fb_query_run(snapshot, &spec.query, &result))
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_key(json, "items");
	write_items(json, &spec, result);
	fb_write_page(json, &spec.query, snapshot->epoch, result->total,
		      spec.query.group_by ? result->n_groups : result->matched, result->n);
	fb_json_key(json, "totals");
	fb_write_totals(json, &result->totals);
	fb_write_stamp(json, snapshot);
	fb_json_end(json, '}');
	return 0;
}

/* It is not in the snapshot: it ended, or there was none. */
static void answer_gone(struct fb_request *req, uint64_t id)
{
	const struct fb_api *api = req->ctx;
	unsigned int closed;
	int64_t ended_ms;
	char time[FB_TIME_STRLEN];

	if (!fb_ends_find(fb_engine_ends(api->engine), id, &ended_ms, &closed)) {
		fb_reply_problem(req, 404, "no-such-flow", "there is no flow of that id");
		return;
	}
	fb_reply_problem(req, 410, "flow-ended",
			 "the flow ended at %s (%s) and is not kept any more",
			 fb_json_format_time(ended_ms, time), fb_closed_name(closed));
}

int fb_api_flow(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	struct fb_flow_at at;
	uint64_t id;

	if (!fb_parse_id(req->path_args[0], &id))
		fb_reply_problem(req, 404, "no-such-flow", "there is no flow of that id");
	else if (!fb_snapshot_find(snapshot, id, &at))
		answer_gone(req, id);
	else
		fb_flow_write_json(fb_reply_json(req), &at);
	return 0;
}

int fb_api_fields(struct fb_request *req)
{
	struct fb_json *json;

	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_key(json, "items");
	fb_schema_write_fields(json);
	fb_json_end(json, '}');
	return 0;
}
