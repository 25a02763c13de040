/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule would do to the flows that there are, before it does it: whom it is about, what is
 * left alone and why. Pure: any thread that holds the snapshot.
 */
#pragma once

#include "policy/never.h"
#include "policy/rules.h"

#define FB_RULE_EXAMPLES 5

struct fb_rule_ask {
	const struct fb_rule *rule; /* compiled */
	struct fb_filter *const *exceptions;
	unsigned int n_exceptions;
	const struct fb_never_facts *facts;
};

struct fb_rule_effect {
	uint64_t flows, hosts, bytes; /* live ones that it is about; distinct clients of them */
	uint64_t rate;		      /* bits a second */
	uint64_t left_out[FB_NEVER_COUNT];
	uint64_t excepted;		    /* left out by an exception */
	uint32_t example[FB_RULE_EXAMPLES]; /* records of the snapshot, most bytes first */
	unsigned int n_examples;
	bool touches_inside; /* by an inside address, or all of several flows of a host; never an
			      * exception */
};

/* 0 or -ENOMEM. */
int fb_rule_effect_count(const struct fb_rule_ask *ask, const struct fb_snapshot *snapshot,
			 struct fb_rule_effect *ret_effect);
