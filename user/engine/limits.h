/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules that limit, put in force: an entry of fb_rules and a class a direction for each, and with
 * `per_host` also for each inside host, as its flows come. What has no row yet and is of a prefix,
 * the kernel half finds by itself (the rule's own class has it for the first second). Used by the
 * engine's thread.
 */
#pragma once

#include "engine/links.h"
#include "flow/flow.h"
#include "kernel/shaper.h"
#include "kernel/verdicts.h"
#include "policy/rules.h"
#include "util/index.h"

#define FB_LIMIT_HOSTS 1024
#define FB_LIMIT_FIRST 2048 /* their entries of fb_rules: from there on */

struct fb_limit_host {
	uint8_t addr[16], family;
	uint16_t rule;	  /* entry of the rule; 0: free */
	uint64_t last_ns; /* CLOCK_BOOTTIME: when a flow of it moved last */
};

struct fb_limits {
	struct fb_verdicts *verdicts; /* borrowed, as are these */
	const struct fb_links *links;
	struct fb_shaper shaper;
	struct fb_limit_host host[FB_LIMIT_HOSTS];
	unsigned int n_hosts;
	struct fb_index index; /* of hosts, by address and rule */
	uint64_t crowded; /* times that a host found no place: it shares the rule's own class */
	bool said;	  /* ... which was said */
	unsigned int ticks;
	uint32_t dropped_last; /* of the device's root queue, as last told */
	uint64_t dropped;      /* packets that found their queue full */
};

/* 0 or -ENOMEM. */
int fb_limits_open(struct fb_limits *limits, struct fb_verdicts *verdicts,
		   const struct fb_links *links);
/* With `keep` all goes on, until the deadlines of its rules. */
void fb_limits_close(struct fb_limits *limits, bool keep);

/*
 * Put the rule in force, by its number; `inside`: its prefix is of hosts here. 0, or -errno with
 * the reason in one sentence: then nothing of it is.
 */
int fb_limits_put(struct fb_limits *limits, const struct fb_rule *rule, bool inside,
		  uint64_t until_ns, struct fb_why *why);
void fb_limits_take(struct fb_limits *limits, const struct fb_rule *rule);

/* The end of a flow that is inside: 0 src, 1 dst; where both are or none, this machine or src. */
unsigned int fb_limits_inside(const struct fb_flow *flow);

/* The entry of fb_rules that this flow has by the rule: its host's, or the rule's own. */
uint16_t fb_limits_entry(struct fb_limits *limits, const struct fb_rule *rule,
			 const struct fb_flow *flow);

/* Interfaces that came, hosts that rest, the deadlines of hosts. */
void fb_limits_tick(struct fb_limits *limits, const struct fb_rules *rules);
