/* SPDX-License-Identifier: BSD-2-Clause */
/* What is served of all that is said of a connection. Pure. */
#pragma once

#include "policy/judged.h"
#include "policy/teachings.h"

/* Whom a teaching about this connection is about. */
void fb_teaching_ends_of(const struct fb_judged *flow, struct fb_teaching_ends *ret_ends);

/* The action, `taught` being what the operator says: 1 + enum fb_judge_action; 0: nothing. */
void fb_judgement_serve(struct fb_judgement *judgement, uint8_t taught);
