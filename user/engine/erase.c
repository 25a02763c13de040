/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One's traces: those in memory at once, with the files that are written of it; those of the
 * history by its writer, when all that had ended by then is in it.
 */
#include <errno.h>
#include <stdio.h>

#include "engine/engine_priv.h"
#include "util/clock.h"

#define SETTLE_NS (15 * FB_NS_PER_S) /* ends are told, and a bucket of sums is written, by then */

/* Of whom it is must not be told. */
static void say_whom(const struct fb_person *who, char *target)
{
	snprintf(target, FB_ACT_TARGET, "%s%s%u address%s", who->has_mac ? "a device" : "",
		 who->has_mac ? " and " : "", who->n_addrs, who->n_addrs == 1 ? "" : "es");
}

static void forget_here(struct fb_engine *engine, struct fb_person *who,
			struct fb_erased_here *here)
{
	*here = (struct fb_erased_here){
		.names = fb_hostbook_erase(&engine->hostbook, who),
		.devices = fb_pipeline_erase(&engine->core.pipeline, who, engine->snapshot->now_ns),
		.ended = fb_table_erase(engine->core.table, who),
		.judged = fb_judgebook_erase(&engine->judgebook, who, fb_wall_ms()),
		.incidents = fb_incidentbook_erase(engine->incidentbook, who),
		.alerts = fb_alertbook_erase(engine->alertbook, who),
		.peers = fb_peers_erase(engine->peers, who),
		.listed = fb_windows_erase(engine->windows, who) +
			  fb_series_erase(engine->series, who),
		.lines = fb_journal_erase(engine->journal, who),
	};
	engine->devicebook.save_now = true;
}

static bool is_busy(struct fb_engine *engine)
{
	struct fb_erased counts;

	return fb_historybook_erased(&engine->historybook, &counts);
}

int fb_engine_erase(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	struct fb_engine_erased erased = {.dry_run = act->dry_run};
	struct fb_person who = act->target.person;
	const uint64_t wait_ns = act->dry_run ? 0 : SETTLE_NS;
	int r;

	say_whom(&who, target);
	if (is_busy(engine))
		return -EBUSY;
	if (!act->dry_run)
		forget_here(engine, &who, &erased.here);
	r = fb_historybook_erase(&engine->historybook, &who, act->dry_run,
				 engine->snapshot->now_ns + wait_ns);
	erased.has_history = r == 0;
	pthread_mutex_lock(&engine->lock);
	erased.id = engine->erased.id + 1;
	engine->erased = erased;
	pthread_mutex_unlock(&engine->lock);
	return r == -EOPNOTSUPP ? 0 : r;
}

void fb_engine_erased(struct fb_engine *engine, struct fb_engine_erased *ret_erased)
{
	pthread_mutex_lock(&engine->lock);
	*ret_erased = engine->erased;
	pthread_mutex_unlock(&engine->lock);
	ret_erased->goes_on = fb_historybook_erased(&engine->historybook, &ret_erased->history);
}
