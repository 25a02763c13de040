/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/judgedobject.h"

#include "format/object.h"
#include "policy/sentences.h"

void fb_judgement_write_flow(struct fb_json *json, const struct fb_flow_at *at,
			     const struct fb_judgement *judgement, const struct fb_judged *flow)
{
	fb_flow_write_open(json, at);
	fb_json_key(json, "judge");
	fb_judgement_write(json, judgement, flow);
	fb_json_end(json, '}');
}
