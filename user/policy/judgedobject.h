/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow that was judged, as the API has one. Any thread that holds the snapshot. */
#pragma once

#include "flow/snapshot.h"
#include "policy/judged.h"
#include "util/json.h"

/* The flow object, and that in it as "judge". */
void fb_judgement_write_flow(struct fb_json *json, const struct fb_flow_at *at,
			     const struct fb_judgement *judgement, const struct fb_judged *flow);
