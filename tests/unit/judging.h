/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections as a judge is told of them, and what it says of one. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/judge.h"
#include "unit/end.h"
#include "util/clock.h"

#define TCP  6
#define UDP  17
#define ICMP 1

static const struct fb_judge_opts usual;

/* A short connection that was answered, of a host here to one outside, unless it is told otherwise.
 */
static inline struct fb_judged flow_of(double at, const char *src, const char *dst, uint16_t dport)
{
	const struct end from = end_of(src), to = end_of(dst);
	struct fb_judged flow = {
		.time_ns = (uint64_t)((1000000 + at) * 1e9),
		.sport = 40000,
		.dport = dport,
		.family = from.family,
		.proto = TCP,
		.result = FB_JUDGED_OK,
		.src_inside = !strncmp(src, "10.", 3),
		.dst_inside = !strncmp(dst, "10.", 3),
		.duration_us = 100000,
		.bytes = {1000, 2000},
		.packets = {8, 9},
		.name = "a.example",
	};

	memcpy(flow.src, from.addr, 16);
	memcpy(flow.dst, to.addr, 16);
	return flow;
}

static inline struct fb_judged vain(double at, const char *src, const char *dst, uint16_t dport)
{
	struct fb_judged flow = flow_of(at, src, dst, dport);

	flow.result = FB_JUDGED_NOREPLY;
	flow.bytes[0] = 60;
	flow.packets[0] = 1;
	flow.bytes[1] = flow.packets[1] = 0;
	flow.name = NULL;
	return flow;
}

static inline struct fb_judge *judge_new(void)
{
	struct fb_judge *judge;

	assert_int_equal(fb_judge_new(&usual, &judge), 0);
	return judge;
}

static inline unsigned int points_of(const struct fb_judgement *judgement, enum fb_judge_kind kind)
{
	for (unsigned int i = 0; i < judgement->n; i++)
		if (judgement->evidence[i].kind == kind)
			return judgement->evidence[i].points;
	return 0;
}

static inline unsigned int say(struct fb_judge *judge, const struct fb_judged *flow,
			       enum fb_judge_kind kind)
{
	struct fb_judgement judgement;

	fb_judge_whole(judge, flow, &judgement);
	return points_of(&judgement, kind);
}

static const char *host(char text[static 24], unsigned int a, unsigned int b)
{
	snprintf(text, 24, "198.%u.%u.%u", 51 + (b >> 16), (b >> 8) & 255, b & 255);
	if (a == 10)
		snprintf(text, 24, "10.%u.%u.%u", b >> 16, (b >> 8) & 255, b & 255);
	return text;
}
