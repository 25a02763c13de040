/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deletion of the conntrack entries of all flows that match: first how many and which (dry_run),
 * then at most so many, as was seen before. Long ones go on by themselves and are looked after.
 */
#include <errno.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/flowset.h"
#include "api/routes.h"
#include "engine/audit.h"
#include "engine/engine.h"
#include "engine/forget.h"
#include "http/reply.h"
#include "http/route.h"

/* What was asked for, and what it would mean. */
struct deletion {
	struct fb_flowset set;
	bool dry_run;
	uint64_t at_most; /* UINT64_MAX: not said */
	struct fb_forget *forget;
};

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
	fb_flowset_write_counts(json, deletion->set.matched, deletion->set.entries, forget);
	if (!forget && fb_flowset_write_sample(&deletion->set, snapshot, false, json))
		return -ENOMEM;
	fb_json_end(json, '}');
	return 0;
}

/* Without a bound nobody has looked at what matches; with one, no more may match by now. */
static bool is_allowed(struct fb_request *req, const struct deletion *deletion)
{
	const unsigned long long matched = deletion->set.matched;

	if (deletion->at_most == UINT64_MAX)
		fb_reply_problem(req, 428, "confirm-missing",
				 "flows that match: %llu, with a conntrack entry: %u; confirm "
				 "with at_most=%llu, or look at them with dry_run=true",
				 matched, deletion->set.entries, matched);
	else if (matched > deletion->at_most)
		fb_reply_problem(req, 409, "too-many-match",
				 "flows that match: %llu, more than at_most=%llu", matched,
				 (unsigned long long)deletion->at_most);
	else
		return true;
	return false;
}

static void begin_act(const struct fb_request *req, const struct deletion *deletion,
		      struct fb_act *act)
{
	act->kind = FB_ACT_FORGET_MANY;
	act->shown = (struct fb_act_shown){
		.is = true, .flows = deletion->set.matched, .entries = deletion->set.entries};
	fb_actor_of(req, &act->actor);
}

/* What is only looked at, or refused, is on record, too. */
static int record(struct fb_request *req, const struct deletion *deletion, int result)
{
	const struct fb_api *api = req->ctx;
	struct fb_act act = {.dry_run = deletion->dry_run};
	char about[FB_ACT_TARGET];

	if (fb_flowset_say(&deletion->set, about) < 0)
		return -ENOMEM;
	begin_act(req, deletion, &act);
	fb_engine_record(api->engine, &act, about, result);
	return 0;
}

static int perform(struct fb_request *req, struct fb_snapshot *snapshot, struct deletion *deletion,
		   const char *reason)
{
	const struct fb_api *api = req->ctx;
	struct fb_act act = {.dry_run = false};
	int r;

	if (!fb_act_take_reason(req, reason, act.reason))
		return 0;
	deletion->forget = fb_flowset_list(&deletion->set, snapshot);
	if (!deletion->forget)
		return -ENOMEM;
	begin_act(req, deletion, &act);
	act.target.many = deletion->forget;
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
	bool good = fb_params_read(req, now_ms, &deletion->set.spec);

	good = good && fb_param_enum(req, "dry_run", words, 0, &dry_run) &&
	       fb_param_u64(req, "at_most", 0, UINT32_MAX, UINT64_MAX, &deletion->at_most);
	deletion->dry_run = dry_run;
	return good;
}

int fb_api_flows_delete(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_snapshot *snapshot = fb_engine_snapshot(api->engine);
	struct deletion deletion = {.set.kind = FB_ACT_FORGET_MANY};
	int r = 0;

	if (read_request(req, snapshot->wall_ms, &deletion)) {
		fb_flowset_count(&deletion.set, snapshot);
		if (deletion.dry_run)
			r = record(req, &deletion, 0) ? -ENOMEM : answer(req, snapshot, &deletion);
		else if (is_allowed(req, &deletion))
			r = perform(req, snapshot, &deletion, fb_param(req, "reason"));
		else if (deletion.at_most != UINT64_MAX)
			r = record(req, &deletion, -E2BIG);
	}
	fb_params_fini(&deletion.set.spec);
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
		fb_json_kv_str(json, "verb", fb_act_name(list[i]->act.kind));
		fb_json_kv_str(json, "about", list[i]->about);
		fb_json_kv_str(json, "reason", list[i]->act.reason);
		fb_flowset_write_counts(json, list[i]->matched, list[i]->n, list[i]);
		fb_json_end(json, '}');
		fb_forget_put(list[i]);
	}
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}
