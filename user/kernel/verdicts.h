/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts in the kernel half: entries of fb_rules, and the bits of rows that lead to them (see
 * flowbpf/verdict.h). Used by one thread (the engine).
 */
#pragma once

#include <stdint.h>

#include <flowbpf/match.h>
#include <flowbpf/verdict.h>

#include "kernel/rowmap.h"

struct fb_verdicts {
	struct fb_rule_entry *rule; /* [FB_RULES_MAX], shared with the kernel half */
	size_t mapped;
	struct fb_rowmap *rows; /* borrowed */
};

/* Rows and rules that an earlier run left are without a verdict from here on. 0 or -errno. */
int fb_verdicts_open(struct fb_verdicts *verdicts, struct fb_rowmap *rows);
void fb_verdicts_close(struct fb_verdicts *verdicts);

/* The entry is in force until then, its counters begin anew; with `until_ns` 0 it ends. */
void fb_verdicts_rule(struct fb_verdicts *verdicts, uint16_t number, enum fb_verdict verdict,
		      uint64_t until_ns);

/* The same of a limit: enum fb_limit. */
void fb_verdicts_limit(struct fb_verdicts *verdicts, uint16_t number, uint8_t limit,
		       uint64_t until_ns);

/* What makes a row is of this entry by no address of a list: it is left to the user half. */
void fb_verdicts_leave(struct fb_verdicts *verdicts, uint16_t number, bool leave);

/* The row has this verdict and no other, by the entry's deadline. 0, or -ESTALE: it is another
 * flow's now. */
int fb_verdicts_set(struct fb_verdicts *verdicts, uint32_t slot, uint32_t generation,
		    uint16_t number, uint8_t verdict);

/* No row has one by these entries from here on: then they may be other rules'. */
void fb_verdicts_sweep_all(struct fb_verdicts *verdicts, const bool numbers[static FB_RULES_MAX]);

/*
 * What has no row and is of this prefix, or these ends, makes none, but is dropped by this entry
 * (without a verdict: makes one whatever else is said); number 0: nothing is said of it. A TCP
 * connection whose hello asks for that name is reset; without numbers: nothing is said. 0 or
 * -errno.
 */
int fb_verdicts_net(struct fb_verdicts *verdicts, const struct fb_net_key *key, uint32_t number);
int fb_verdicts_tuple(struct fb_verdicts *verdicts, const struct fb_tuple_key *key,
		      uint32_t number);
int fb_verdicts_name(struct fb_verdicts *verdicts, const struct fb_rule_name *name);

/* What of it is asked. */
struct fb_verdicts_matching {
	bool nets, names; /* the first for any of it */
	uint8_t shape[FB_SHAPES_MAX];
	enum fb_excepting excepting;
};

void fb_verdicts_matching(struct fb_verdicts *verdicts, const struct fb_verdicts_matching *how);

/* It has none, if it is still by that entry. */
void fb_verdicts_clear(struct fb_verdicts *verdicts, uint32_t slot, uint32_t generation,
		       uint16_t number);

/*
 * The next segment of a silent connection comes in by this interface, as if who sends the row's
 * direction that is seen on ingress had sent it: empty, by the numbers of the quality row. 0;
 * -ENODATA: its numbers, or where it comes from, are not known; -EHOSTUNREACH: nor who is there.
 */
int fb_verdicts_poke(struct fb_verdicts *verdicts, uint32_t slot, uint32_t ifindex);
