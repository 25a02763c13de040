/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of flows and groups, one flow, the field table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/flowgone.h"
#include "api/groups.h"
#include "api/list_json.h"
#include "api/params.h"
#include "api/paststamp.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "flow/snapshot.h"
#include "format/object.h"
#include "format/schema.h"
#include "http/reply.h"
#include "past/ends.h"
#include "policy/judgedflow.h"
#include "policy/judgedobject.h"
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

/* The rows of a page of history are those that are shown, in their order. */
static int take_page(struct fb_snapshot *snapshot, struct fb_result **ret_result)
{
	struct fb_result *result = calloc(1, sizeof(*result));

	*ret_result = result;
	if (!result)
		return -ENOMEM;
	result->snapshot = fb_snapshot_get(snapshot);
	result->n = snapshot->n;
	result->rows = malloc(((size_t)result->n + 1) * sizeof(*result->rows));
	for (uint32_t i = 0; result->rows && i < result->n; i++)
		result->rows[i] = i;
	return result->rows ? 0 : -ENOMEM;
}

/* What was summed up where the rows were looked for. */
static void take_totals(struct fb_result *result, const struct fb_past_answer *answer)
{
	result->total = result->matched = result->totals.flows = answer->matched;
	result->totals.hosts = answer->hosts;
	memcpy(result->totals.packets, answer->packets, sizeof(answer->packets));
	memcpy(result->totals.bytes, answer->bytes, sizeof(answer->bytes));
}

static int run(struct fb_request *req, const struct fb_query *query, struct fb_result **ret_result)
{
	const struct fb_past_answer *answer = fb_past_of(req);
	int r = answer && !query->group_by ? take_page(req->edition, ret_result)
					   : fb_query_run(req->edition, query, ret_result);

	if (r == 0 && answer)
		take_totals(*ret_result, answer);
	return r;
}

int fb_api_flows(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(fb_params_fini) struct fb_params spec;
	_cleanup_result_ struct fb_result *result = NULL;
	struct fb_json *json;

	if (!fb_params_read(req, snapshot->wall_ms, &spec) || !fb_params_place(req, &spec.query))
		return 0;
	if (run(req, &spec.query, &result))
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_key(json, "items");
	write_items(json, &spec, result);
	fb_write_page(json, &spec.query, snapshot->epoch, result->total,
		      spec.query.group_by ? result->n_groups : result->matched, result->n);
	fb_json_key(json, "totals");
	fb_write_totals(json, &result->totals);
	fb_past_write_stamp(json, req);
	fb_json_end(json, '}');
	return 0;
}

void fb_api_flow_gone(struct fb_request *req, uint64_t id)
{
	const struct fb_api *api = req->ctx;
	unsigned int closed;
	int64_t ended_ms;
	char time[FB_TIME_STRLEN];

	if (!api->engine || !fb_ends_find(fb_engine_ends(api->engine), id, &ended_ms, &closed)) {
		fb_reply_problem(req, 404, "no-such-flow", "there is no flow of that id");
		return;
	}
	fb_reply_problem(req, 410, "flow-ended",
			 "the flow ended at %s (%s) and is not kept any more",
			 fb_json_format_time(ended_ms, time), fb_closed_name(closed));
}

/* And why the judge says what it says, of those that are of now. */
static void write_flow(struct fb_request *req, const struct fb_flow_at *at)
{
	const struct fb_api *api = req->ctx;
	struct fb_judgement judgement;
	struct fb_judged judged;

	if (!api->engine || req->anonymised || !fb_engine_explain(api->engine, at, &judgement)) {
		fb_flow_write_json(fb_reply_json(req), at);
		return;
	}
	fb_judged_of(at, &judged);
	fb_judgement_write_flow(fb_reply_json(req), at, &judgement, &judged);
}

int fb_api_flow(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	struct fb_flow_at at;
	uint64_t id;

	if (!fb_parse_id(req->path_args[0], &id))
		fb_reply_problem(req, 404, "no-such-flow", "there is no flow of that id");
	else if (fb_past_of(req) ? !fb_snapshot_at(snapshot, 0, &at)
				 : !fb_snapshot_find(snapshot, id, &at))
		fb_api_flow_gone(req, id);
	else
		write_flow(req, &at);
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
