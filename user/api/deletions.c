/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deletion of the conntrack entries of all flows that match: first how many and which (dry_run),
 * then at most so many, as was seen before. Long ones go on by themselves and are looked after.
 */
#include <errno.h>
#include <stdio.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/params.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/forget.h"
#include "format/object.h"
#include "http/reply.h"
#include "http/route.h"

#define SAMPLE 10 /* flows that are shown before */

/* What was asked for, and what it would mean. */
struct deletion {
	struct fb_params spec;
	bool dry_run;
	uint64_t at_most; /* UINT64_MAX: not said */
	uint64_t matched;
	uint32_t entries; /* flows that have one */
	struct fb_forget *forget;
};

static bool has_entry(const struct fb_flow_at *at)
{
	return fb_flow_is_live(at->flow) && at->flow->flags & FB_FLOW_CONNTRACK;
}

static void count_matches(const struct fb_snapshot *snapshot, struct deletion *deletion)
{
	struct fb_flow_at at;
	uint32_t pos = 0;

	while (fb_query_next(snapshot, &deletion->spec.query, &pos, &at)) {
		deletion->matched++;
		deletion->entries += has_entry(&at);
	}
}

static int list_matches(const struct fb_snapshot *snapshot, struct deletion *deletion)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_forget *forget = fb_forget_new(deletion->entries);
	const char *scope = fb_scope_name(deletion->spec.query.scope); /* NULL: all */
	struct fb_flow_at at;
	uint32_t pos = 0;

	deletion->forget = forget;
	if (!forget)
		return -ENOMEM;
	forget->matched = deletion->matched;
	while (fb_query_next(snapshot, &deletion->spec.query, &pos, &at))
		if (has_entry(&at))
			forget->ids[forget->n++] = at.flow->id;
	fb_filter_print(deletion->spec.query.filter, &text);
	fb_buf_addc(&text, '\0');
	if (fb_buf_error(&text))
		return -ENOMEM;
	snprintf(forget->about, sizeof(forget->about), "flows that match \"%s\"%s%s", text.data,
		 scope ? " in the scope " : "", scope ? scope : "");
	return 0;
}

static void write_counts(struct fb_json *json, uint64_t matched, uint32_t entries,
			 const struct fb_forget *forget)
{
	fb_json_kv_u64(json, "matched", matched);
	fb_json_kv_u64(json, "entries", entries);
	fb_json_kv_u64(json, "done", forget ? forget->done : 0);
	fb_json_kv_u64(json, "gone", forget ? forget->gone : 0);
	fb_json_kv_u64(json, "failed", forget ? forget->failed : 0);
	fb_json_kv_bool(json, "running", forget && !forget->ended);
}

static int write_sample(struct fb_json *json, struct fb_snapshot *snapshot, struct fb_query *query)
{
	_cleanup_result_ struct fb_result *result = NULL;
	struct fb_flow_at at;

	query->limit = SAMPLE;
	if (fb_query_run(snapshot, query, &result))
		return -ENOMEM;
	fb_json_kv_array(json, "sample");
	for (uint32_t i = 0; i < result->n; i++) {
		fb_snapshot_at(snapshot, result->rows[i], &at);
		fb_flow_write_json(json, &at);
	}
	fb_json_end(json, ']');
	return 0;
}

static int answer(struct fb_request *req, struct fb_snapshot *snapshot, struct deletion *deletion)
{
	const struct fb_forget *forget = deletion->forget;
	struct fb_json *json = fb_reply_json(req);

	if (forget && !forget->ended)
		req->reply.status = 202;
	fb_json_object(json);
	fb_json_key(json, "deletion");
	if (forget)
		fb_json_u64(json, forget->number);
	else
		fb_json_null(json);
	write_counts(json, deletion->matched, deletion->entries, forget);
	if (!forget && write_sample(json, snapshot, &deletion->spec.query))
		return -ENOMEM;
	fb_json_end(json, '}');
	return 0;
}

/* Without a bound nobody has looked at what matches; with one, no more may match by now. */
static bool is_allowed(struct fb_request *req, const struct deletion *deletion)
{
	const unsigned long long matched = deletion->matched;

	if (deletion->at_most == UINT64_MAX)
		fb_reply_problem(req, 428, "confirm-missing",
				 "flows that match: %llu, with a conntrack entry: %u; confirm "
				 "with at_most=%llu, or look at them with dry_run=true",
				 matched, deletion->entries, matched);
	else if (matched > deletion->at_most)
		fb_reply_problem(req, 409, "too-many-match",
				 "flows that match: %llu, more than at_most=%llu", matched,
				 (unsigned long long)deletion->at_most);
	else
		return true;
	return false;
}

static int perform(struct fb_request *req, struct fb_snapshot *snapshot, struct deletion *deletion,
		   const char *reason)
{
	const struct fb_api *api = req->ctx;
	struct fb_act act = {.kind = FB_ACT_FORGET_MANY};
	int r;

	if (!fb_act_take_reason(req, reason, act.reason))
		return 0;
	if (list_matches(snapshot, deletion) < 0)
		return -ENOMEM;
	act.target.many = deletion->forget;
	fb_actor_of(req, &act.actor);
	r = fb_engine_act(api->engine, &act);
	if (r >= 0 || r == -EINPROGRESS)
		return answer(req, snapshot, deletion);
	fb_act_failed(req, r);
	return 0;
}

static bool read_request(struct fb_request *req, int64_t now_ms, struct deletion *deletion)
{
	static const char *const words[] = {"false", "true", NULL};
	unsigned int dry_run = 0;
	bool good = fb_params_read(req, now_ms, &deletion->spec);

	good = good && fb_param_enum(req, "dry_run", words, 0, &dry_run) &&
	       fb_param_u64(req, "at_most", 0, UINT32_MAX, UINT64_MAX, &deletion->at_most);
	deletion->dry_run = dry_run;
	return good;
}

int fb_api_flows_delete(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_snapshot *snapshot = fb_engine_snapshot(api->engine);
	struct deletion deletion = {.forget = NULL};
	int r = 0;

	if (read_request(req, snapshot->wall_ms, &deletion)) {
		count_matches(snapshot, &deletion);
		if (deletion.dry_run)
			r = answer(req, snapshot, &deletion);
		else if (is_allowed(req, &deletion))
			r = perform(req, snapshot, &deletion, fb_param(req, "reason"));
	}
	fb_params_fini(&deletion.spec);
	fb_forget_put(deletion.forget);
	fb_snapshot_put(snapshot);
	return r;
}

/* Those that run or wait, and the last ones that ended. */
int fb_api_deletions(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_forget *list[FB_FORGETS_MAX];
	const unsigned int n = fb_engine_forgets(api->engine, list);
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++) {
		fb_json_object(json);
		fb_json_kv_u64(json, "deletion", list[i]->number);
		fb_json_kv_str(json, "about", list[i]->about);
		fb_json_kv_str(json, "reason", list[i]->act.reason);
		write_counts(json, list[i]->matched, list[i]->n, list[i]);
		fb_json_end(json, '}');
		fb_forget_put(list[i]);
	}
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}
