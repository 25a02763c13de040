/* SPDX-License-Identifier: BSD-2-Clause */
/* What acts do. */
#include <stdio.h>

#include "engine/engine_priv.h"

static int forget_flow(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	struct fb_flow_at at;

	snprintf(target, FB_ACT_TARGET, "flow %016llx", (unsigned long long)act->target.flow_id);
	if (fb_snapshot_find(engine->snapshot, act->target.flow_id, &at))
		fb_flow_ends_text(at.flow, target, FB_ACT_TARGET);
	return fb_ctfeed_forget(&engine->ct, act->target.flow_id);
}

static int forget_many(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	snprintf(target, FB_ACT_TARGET, "%s", act->target.many->about);
	return fb_forgets_take(&engine->forgets, act);
}

static int flush_conntrack(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	(void)act;
	snprintf(target, FB_ACT_TARGET, "the conntrack table");
	return fb_ctfeed_flush(&engine->ct);
}

static int name_host(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const char *name = act->target.host.name;
	char addr[FB_ADDR_STRLEN];

	fb_addr_format(act->target.host.addr, act->target.host.family, addr);
	snprintf(target, FB_ACT_TARGET, "%s%s%.100s", addr, *name ? " " : "", name);
	return fb_hostbook_name(&engine->hostbook, act->target.host.addr, act->target.host.family,
				*name ? name : NULL);
}

static int reload_settings(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const struct fb_engine_opts *opts = act->target.settings.opts;

	snprintf(target, FB_ACT_TARGET, "%s", act->target.settings.names);
	return fb_core_change(&engine->core, opts->internal, opts->n_internal,
			      opts->closed_seconds);
}

int fb_engine_perform(void *ctx, const struct fb_act *act, char target[static FB_ACT_TARGET])
{
	static int (*const acts[])(struct fb_engine *engine, const struct fb_act *act,
				   char *target) = {
		[FB_ACT_FORGET] = forget_flow,	   [FB_ACT_FORGET_MANY] = forget_many,
		[FB_ACT_FLUSH] = flush_conntrack,  [FB_ACT_NAME] = name_host,
		[FB_ACT_RELOAD] = reload_settings,
	};

	return acts[act->kind](ctx, act, target);
}
