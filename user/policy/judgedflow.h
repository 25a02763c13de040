/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow as the judge is told of it, and what is said of it as the flow keeps it. Pure. */
#pragma once

#include "flow/snapshot.h"
#include "policy/judged.h"

/* What is known of it by now. Its name stays the snapshot's. */
void fb_judged_of(const struct fb_flow_at *at, struct fb_judged *ret_flow);

/* What is known of it, without its evidence and how far it was told. */
void fb_verdict_of(const struct fb_judgement *judgement, struct fb_flow_verdict *ret_verdict);
/* The way back: of the second judge's opinion its action and its confidence. */
void fb_judgement_of(const struct fb_flow_verdict *verdict, struct fb_judgement *ret_judgement);
