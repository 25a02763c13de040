/* SPDX-License-Identifier: BSD-2-Clause */
/* The judge over all flows of a capture, in the order of their starts, each known whole at once. */
#pragma once

#include "flow/snapshot.h"
#include "policy/judged.h"

/* Not 0 ends it. */
typedef int fb_replayjudge_fn(const struct fb_flow_at *at, const struct fb_judged *flow,
			      const struct fb_judgement *judgement, void *ctx);

/* 0, what `fn` gave, or -ENOMEM. */
int fb_replayjudge(const struct fb_snapshot *snapshot, fb_replayjudge_fn *fn, void *ctx);
