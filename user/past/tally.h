/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows counted since the start, for who scrapes counters: how many came and ended, and bytes by
 * fields that the operator chose. A chosen field has FB_TALLY_NAMES names, the first that come,
 * which stay; what is beyond is among the others, and counted. One thread feeds, any may read.
 */
#pragma once

#include "flow/consumer.h"
#include "flow/fields.h"
#include "past/protos.h"

#define FB_TALLY_TOPS	 4
#define FB_TALLY_NAMES	 50
#define FB_TALLY_NAME	 96 /* bytes of a name with its NUL; what is longer has none */
#define FB_TALLY_REASONS (FB_CLOSED_ENDED + 1)

struct fb_tally_name {
	char text[FB_TALLY_NAME];
	int64_t sum;	/* what moved; may fall where an interface began to speak for a flow */
	uint64_t bytes; /* the most that it was, so that it never falls */
};

struct fb_tally_top {
	const struct fb_field *field;
	unsigned int n;
	struct fb_tally_name name[FB_TALLY_NAMES], other;
};

struct fb_tally_counts {
	uint64_t made[FB_PAST_PROTOS];
	/* By enum fb_closed; FB_CLOSED_NOT: it was found to be part of another one. */
	uint64_t ended[FB_PAST_PROTOS][FB_TALLY_REASONS];
	uint64_t left_out; /* times that a name found no place */
	unsigned int n_tops;
	struct fb_tally_top top[FB_TALLY_TOPS];
};

struct fb_tally;

/* `tops`: [n], at most FB_TALLY_TOPS fields. 0 or -ENOMEM. */
int fb_tally_new(const struct fb_field *const *tops, unsigned int n, struct fb_tally **ret_tally);
/* NULL is fine. */
void fb_tally_free(struct fb_tally *tally);

/* Feeds one, its context. */
extern const struct fb_consumer_ops fb_tally_consumer;

void fb_tally_read(struct fb_tally *tally, struct fb_tally_counts *ret_counts);
