/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge: what is odd about a connection, by what was known until then, as points with a reason
 * each. It is told of connections as they begin, are answered and end; it asks no clock, reads no
 * file, and draws no number: the same connections in the same order, the same judgements. All its
 * tables have a size, and what gives way in a full one is counted. Used by one thread.
 */
#pragma once

#include <stddef.h>

#include "policy/agreement.h"
#include "policy/baseline.h"
#include "policy/dnstunnel.h"
#include "policy/judged.h"
#include "policy/judgetables.h"

struct fb_judge;

/* 0 or -ENOMEM; to be given to fb_judge_free. */
int fb_judge_new(const struct fb_judge_opts *opts, struct fb_judge **ret_judge);
void fb_judge_free(struct fb_judge *judge);

/*
 * A connection began; it is known how it was answered; it is over, or counted anew. `judgement`,
 * which is of zeroes at its begin, stays with the caller between them.
 */
void fb_judge_opened(struct fb_judge *judge, const struct fb_judged *flow,
		     struct fb_judgement *judgement);
void fb_judge_result(struct fb_judge *judge, const struct fb_judged *flow,
		     struct fb_judgement *judgement);
void fb_judge_ended(struct fb_judge *judge, const struct fb_judged *flow,
		    struct fb_judgement *judgement);
/* All three at once: of a file that has connections whole. */
void fb_judge_whole(struct fb_judge *judge, const struct fb_judged *flow,
		    struct fb_judgement *ret_judgement);

/*
 * Many at once, in this order: as if each was told by the calls above, to the byte, but by far
 * faster, for what is looked up comes from memory while others are judged.
 */
struct fb_judge_told {
	const struct fb_judged *flow;
	struct fb_judgement *judgement;
	uint8_t events; /* enum fb_judge_event: what came, at least one; all of it is judged at once
			 */
};

void fb_judge_tell(struct fb_judge *judge, const struct fb_judge_told *told, size_t n);

/* The order in which those of one window are told, so that it does not matter how they came. */
void fb_judge_sort(struct fb_judged *flows, size_t n);

/* How often both judges said the same: as long as the judge, and changed by each connection. */
const struct fb_agreement *fb_judge_agreement(const struct fb_judge *judge);

/* What is kept of questions to DNS, likewise. */
const struct fb_dnstunnel *fb_judge_tunnels(const struct fb_judge *judge);

/* What is usual of hosts here, likewise; it may be written, and read before the first connection.
 */
struct fb_baseline *fb_judge_baseline(struct fb_judge *judge);

struct fb_judge_table_state {
	const char *name, *help;
	uint32_t used, max;
	uint64_t evicted; /* made room for others */
	size_t memory;	  /* bytes, once it is full */
};

void fb_judge_table_state(const struct fb_judge *judge, enum fb_judge_table table,
			  struct fb_judge_table_state *ret_state);
