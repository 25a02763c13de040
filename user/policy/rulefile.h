/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules as lines of a file, one a rule, for people and for us:
 *
 *   flowbpf rules 2
 *   id=3 verb=block what="203.0.113.0/24" until=2026-11-21T02:20:11.201Z reason="scans"
 *   end 1
 *
 * In what order attributes stand does not matter, and those that are not there are as of a rule
 * that says nothing of it. One that is not known is refused: to leave out what narrows a rule down
 * would widen it.
 */
#pragma once

#include "policy/rules.h"
#include "util/why.h"

#define FB_RULEFILE_HEADER "flowbpf rules 2"

/* A line, with its end. What would end a line or a text before its time is a blank. */
void fb_rulefile_write(const struct fb_rule *rule, struct fb_buf *buf);

/* A line, without its end, which is cut up; for fb_rules_add. 0, or -EINVAL with why. */
int fb_rulefile_read(char *line, struct fb_rule *ret_rule, struct fb_why *why);

/*
 * All rules of a file's text, which is cut up: from its header on; lines that are empty or begin
 * with # say nothing, and neither need be the last one. 0, -EINVAL with why and in which line,
 * -E2BIG: more than `max`.
 */
int fb_rulefile_parse(char *text, struct fb_rule *rules, unsigned int max, unsigned int *ret_n,
		      struct fb_why *why);

/* The form of before: "ID VERB UNTIL MADE BY<tab>REASON<tab>WHAT", times in ms since 1970. */
#define FB_RULEFILE_HEADER_1 "flowbpf rules 1"

bool fb_rulefile_read_1(char *line, struct fb_rule *ret_rule);
