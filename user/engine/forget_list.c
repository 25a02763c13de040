/* SPDX-License-Identifier: BSD-2-Clause */
/* What a deletion is about, counted. */
#include "engine/forget_list.h"

#include <stdlib.h>

#include "engine/ruleimport.h"

struct fb_forget *fb_forget_new(uint32_t n)
{
	struct fb_forget *forget = calloc(1, sizeof(*forget) + n * sizeof(forget->ids[0]));

	if (forget)
		atomic_init(&forget->refs, 1);
	return forget;
}

struct fb_forget *fb_forget_get(struct fb_forget *forget)
{
	atomic_fetch_add(&forget->refs, 1);
	return forget;
}

void fb_forget_put(struct fb_forget *forget)
{
	if (forget && atomic_fetch_sub(&forget->refs, 1) == 1)
		free(forget);
}

void fb_act_hold(const struct fb_act *act)
{
	if (fb_act_is_many(act))
		fb_forget_get(act->target.many);
	else if (act->kind == FB_ACT_RULE_IMPORT)
		fb_ruleimport_get(act->target.import);
}

void fb_act_drop(const struct fb_act *act)
{
	if (fb_act_is_many(act))
		fb_forget_put(act->target.many);
	else if (act->kind == FB_ACT_RULE_IMPORT)
		fb_ruleimport_put(act->target.import);
}
