/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One's traces: those in memory at once, with the files that are written of it; those of the
 * history by its writer, when all that had ended by then is in it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine_priv.h"
#include "store/erasefile.h"
#include "util/clock.h"
#include "util/log.h"

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

	return engine->erasing || fb_historybook_erased(&engine->historybook, &counts);
}

static uint32_t count_plain(const struct fb_person *who)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < who->n_names; i++)
		n += !fb_person_is_telling(who->name[i]);
	return n;
}

static int folder_of(const struct fb_engine *engine)
{
	return engine->hostbook.state.folder;
}

/* It is told of from here on; `erasing`: it is on the disk until it is through. */
static void show(struct fb_engine *engine, struct fb_engine_erased *erased, bool erasing)
{
	pthread_mutex_lock(&engine->lock);
	erased->id = engine->erased.id + 1;
	engine->erased = *erased;
	engine->erasing = erasing;
	pthread_mutex_unlock(&engine->lock);
}

/* Memory at once, the history behind it. Without one there is nothing left to do at a next start.
 */
static int erase(struct fb_engine *engine, struct fb_person *who)
{
	struct fb_engine_erased erased = {.plain_names = count_plain(who)};
	const bool kept = engine->historybook.historian != NULL;
	int r = kept ? fb_erasefile_keep(folder_of(engine), who) : 0;

	if (r < 0)
		return r;
	forget_here(engine, who, &erased.here);
	r = fb_historybook_erase(&engine->historybook, who, false,
				 engine->snapshot->now_ns + SETTLE_NS);
	erased.has_history = r == 0;
	show(engine, &erased, kept);
	return r == -EOPNOTSUPP ? 0 : r;
}

static int count(struct fb_engine *engine, const struct fb_person *who)
{
	struct fb_engine_erased erased = {.dry_run = true, .plain_names = count_plain(who)};
	const int r =
		fb_historybook_erase(&engine->historybook, who, true, engine->snapshot->now_ns);

	erased.has_history = r == 0;
	show(engine, &erased, false);
	return r == -EOPNOTSUPP ? 0 : r;
}

int fb_engine_erase(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	struct fb_person who = act->target.person;

	say_whom(&who, target);
	if (is_busy(engine))
		return -EBUSY;
	fb_hostbook_called(&engine->hostbook, &who);
	return act->dry_run ? count(engine, &who) : erase(engine, &who);
}

/* Files of the last run may have what its memory had forgotten: it is forgotten once more. */
void fb_engine_resume_erasure(struct fb_engine *engine)
{
	struct fb_why why = {""};
	struct fb_person who;
	int r = folder_of(engine) < 0 ? -ENOENT : fb_erasefile_load(folder_of(engine), &who, &why);

	if (*why.text)
		fb_warn("history", "%s", why.text);
	if (r < 0)
		return;
	r = erase(engine, &who);
	if (r == 0 && engine->erasing)
		fb_info("history", "the erasure that the last run did not end goes on");
	else
		fb_warn("history", "an erasure waits for the history: %s",
			r < 0 ? strerror(-r) : "none is kept now");
}

void fb_engine_end_erasure(struct fb_engine *engine)
{
	struct fb_erased counts;

	if (!engine->erasing || fb_historybook_erased(&engine->historybook, &counts) ||
	    fb_erasefile_drop(folder_of(engine)) < 0)
		return;
	pthread_mutex_lock(&engine->lock);
	engine->erasing = false;
	pthread_mutex_unlock(&engine->lock);
}

void fb_engine_erased(struct fb_engine *engine, struct fb_engine_erased *ret_erased)
{
	bool erasing;

	pthread_mutex_lock(&engine->lock);
	*ret_erased = engine->erased;
	erasing = engine->erasing;
	pthread_mutex_unlock(&engine->lock);
	ret_erased->goes_on =
		fb_historybook_erased(&engine->historybook, &ret_erased->history) || erasing;
}
