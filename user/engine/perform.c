/* SPDX-License-Identifier: BSD-2-Clause */
/* What acts do. */
#include <stdio.h>
#include <string.h>

#include "engine/engine_priv.h"
#include "util/clock.h"
#include "util/mac.h"

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

static int label_device(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const char *label = act->target.device.label;
	const char *icon = fb_device_icon_name(act->target.device.icon);
	char mac[FB_MAC_STRLEN];

	snprintf(target, FB_ACT_TARGET, "%s%s%s%s%s", fb_mac_format(act->target.device.mac, mac),
		 *label ? " " : "", label, icon ? " as " : "", icon ? icon : "");
	return fb_devicebook_label(&engine->devicebook, act->target.device.mac, label,
				   act->target.device.icon);
}

static int reload_settings(struct fb_engine *engine, const struct fb_act *act, char *target)
{
	const struct fb_engine_opts *opts = act->target.settings.opts;

	snprintf(target, FB_ACT_TARGET, "%s", act->target.settings.names);
	return fb_core_change(&engine->core, opts->internal, opts->n_internal,
			      opts->closed_seconds);
}

/* --- by themselves ---------------------------------------------------------------------------- */

#define LOST_AT_ONCE 8 /* a tick: each looks through all entries */

static void forget_using(struct fb_engine *engine, const struct fb_lost_addr *lost)
{
	struct fb_act act = {.kind = FB_ACT_FORGET_MANY, .actor.by = FB_ACT_BY_EVENT};
	struct fb_forget *forget = fb_forget_new(0);
	char addr[FB_ADDR_STRLEN];

	if (!forget)
		return;
	fb_addr_format(lost->addr, lost->family, addr);
	snprintf(forget->about, sizeof(forget->about), "what uses %s", addr);
	memcpy(forget->addr, lost->addr, sizeof(forget->addr));
	forget->family = lost->family;
	fb_lost_addr_say(lost, act.reason, sizeof(act.reason));
	act.target.many = forget;
	fb_acts_perform(engine->acts, &act);
	fb_forget_put(forget);
}

/* Containers come and go, and nothing uses most addresses: that is no act. */
static bool is_used(const struct fb_engine *engine, const struct fb_lost_addr *lost)
{
	struct fb_conntrack_fact fact;
	uint32_t pos = 0;

	return fb_table_conntrack_using(engine->core.table, lost->addr, lost->family, &pos, &fact);
}

void fb_engine_forget_lost(struct fb_engine *engine)
{
	struct fb_lost_addr lost;

	for (unsigned int i = 0; i < LOST_AT_ONCE; i++) {
		if (!engine->lost || !engine->ct.ct || fb_forgets_is_full(&engine->forgets) ||
		    !fb_lost_addrs_next(engine->lost, fb_monotonic_ns(), &lost))
			return;
		if (is_used(engine, &lost))
			forget_using(engine, &lost);
	}
}

/* --- by kind ---------------------------------------------------------------------------------- */

int fb_engine_perform(void *ctx, const struct fb_act *act, char target[static FB_ACT_TARGET])
{
	static int (*const acts[])(struct fb_engine *engine, const struct fb_act *act,
				   char *target) = {
		[FB_ACT_FORGET] = forget_flow,	   [FB_ACT_FORGET_MANY] = forget_many,
		[FB_ACT_FLUSH] = flush_conntrack,  [FB_ACT_NAME] = name_host,
		[FB_ACT_RELOAD] = reload_settings, [FB_ACT_LABEL] = label_device,
	};

	return acts[act->kind](ctx, act, target);
}
