/* SPDX-License-Identifier: BSD-2-Clause */
/* A judgement in words, and as the API has it. Any thread. */
#pragma once

#include <stddef.h>

#include "policy/judged.h"
#include "util/json.h"

#define FB_SENTENCE_LEN 192

/* NULL out of range. */
const char *fb_judge_kind_help(unsigned int kind);
/* -1: there is none of that name. */
int fb_judge_kind_of(const char *name);

/* "7 hosts did not take port 445 within 12 s", of the flow that it is about. Returns `buf`. */
const char *fb_evidence_text(const struct fb_evidence *evidence, const struct fb_judged *flow,
			     char buf[static FB_SENTENCE_LEN]);

/* {"risk":75,"class":"high",...,"evidence":[{"kind":"scan","points":50,"why":"..."}]} */
void fb_judgement_write(struct fb_json *json, const struct fb_judgement *judgement,
			const struct fb_judged *flow);
