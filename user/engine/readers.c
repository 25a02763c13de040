/* SPDX-License-Identifier: BSD-2-Clause */
/* What others have of the engine, from any thread; and who is called by it. */
#include "engine/audit.h"
#include "engine/engine_priv.h"
#include "util/clock.h"

#define FRESH_NS (20 * FB_NS_PER_MS) /* who previews one thing after another looks once */

struct fb_series *fb_engine_series(struct fb_engine *engine)
{
	return engine->series;
}

struct fb_windows *fb_engine_windows(struct fb_engine *engine)
{
	return engine->windows;
}

struct fb_peers *fb_engine_peers(struct fb_engine *engine)
{
	return engine->peers;
}

struct fb_devicebook *fb_engine_devices(struct fb_engine *engine)
{
	return &engine->devicebook;
}

struct fb_geobook *fb_engine_geo(struct fb_engine *engine)
{
	return &engine->geobook;
}

struct fb_listbook *fb_engine_lists(struct fb_engine *engine)
{
	return &engine->listbook;
}

struct fb_incidentbook *fb_engine_incidents(struct fb_engine *engine)
{
	return engine->incidentbook;
}

struct fb_automationbook *fb_engine_automation(struct fb_engine *engine)
{
	return engine->automationbook;
}

struct fb_alertbook *fb_engine_alerts(struct fb_engine *engine)
{
	return engine->alertbook;
}

struct fb_judgebook *fb_engine_judge(struct fb_engine *engine)
{
	return &engine->judgebook;
}

bool fb_engine_explain(struct fb_engine *engine, const struct fb_flow_at *at,
		       struct fb_judgement *ret_judgement)
{
	return fb_judgebook_explain(&engine->judgebook, at, ret_judgement);
}

struct fb_ifbook *fb_engine_interfaces(struct fb_engine *engine)
{
	return &engine->ifbook;
}

struct fb_listenbook *fb_engine_listeners(struct fb_engine *engine)
{
	return &engine->listenbook;
}

struct fb_tally *fb_engine_tally(struct fb_engine *engine)
{
	return engine->tally;
}

const char *fb_engine_history_dir(const struct fb_engine *engine)
{
	return engine->history.bytes && engine->hostbook.state.folder >= 0 ? engine->state_dir
									   : NULL;
}

struct fb_ends *fb_engine_ends(struct fb_engine *engine)
{
	return engine->ends;
}

struct fb_snapshot *fb_engine_snapshot(struct fb_engine *engine)
{
	struct fb_snapshot *snapshot;

	pthread_mutex_lock(&engine->lock);
	snapshot = fb_snapshot_get(engine->snapshot);
	pthread_mutex_unlock(&engine->lock);
	return snapshot;
}

void fb_engine_status(struct fb_engine *engine, struct fb_status *ret_status)
{
	pthread_mutex_lock(&engine->lock);
	*ret_status = engine->status;
	pthread_mutex_unlock(&engine->lock);
	fb_status_age(ret_status, fb_monotonic_ns());
}

struct fb_journal *fb_engine_journal(struct fb_engine *engine)
{
	return engine->journal;
}

static void look_at_nevers(struct fb_engine *engine)
{
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(engine);

	fb_nevers_look(&engine->nevers, snapshot);
}

struct fb_nevers *fb_engine_nevers(struct fb_engine *engine)
{
	if (fb_nevers_are_older(&engine->nevers, FRESH_NS))
		look_at_nevers(engine);
	return &engine->nevers;
}

/* Does it end, or shut out? */
static bool is_hard(const struct fb_act *act)
{
	return act->kind == FB_ACT_KILL || act->kind == FB_ACT_KILL_MANY ||
	       act->kind == FB_ACT_RULE_ADD || act->kind == FB_ACT_RULE_IMPORT;
}

struct fb_rulebook *fb_engine_rules(struct fb_engine *engine)
{
	return &engine->rulebook;
}

int fb_engine_act(struct fb_engine *engine, const struct fb_act *act)
{
	if (is_hard(act)) /* what changed just before it counts: a preview's look is too old */
		look_at_nevers(engine);
	return fb_acts_request(engine->acts, act);
}

void fb_engine_record(struct fb_engine *engine, const struct fb_act *act, const char *target,
		      int result)
{
	fb_audit_write(engine->auditor, act, target, result);
}

struct fb_auditor *fb_engine_auditor(struct fb_engine *engine)
{
	return engine->auditor;
}

unsigned int fb_engine_forgets(struct fb_engine *engine, struct fb_forget **ret_list)
{
	return fb_forgets_list(&engine->forgets, ret_list);
}

void fb_engine_on_tick(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx)
{
	engine->on_tick = fn;
	engine->on_tick_ctx = ctx;
}

void fb_engine_on_hangup(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx)
{
	engine->on_hangup = fn;
	engine->on_hangup_ctx = ctx;
}
