/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the second judge said of such connections lately. Most are as others were, in each of its
 * facts, so it seldom has to add up anew; what is not remembered is. Within policy/ only, used by
 * one thread.
 */
#pragma once

#include "policy/learned.h"

#define FB_OPINIONS 1024

/* Zero it to begin. */
struct fb_opinions {
	uint32_t version; /* of what they were made of */
	struct fb_opinions_entry {
		uint64_t first;			   /* steps, one behind the other, ... */
		uint32_t others;		   /* ... and what is left of them */
		struct fb_learned_opinion opinion; /* confidence 0: there is none */
	} entry[FB_OPINIONS];
};

/* As fb_learned_judge of their place. */
void fb_opinions_ask(struct fb_opinions *opinions, const struct fb_learned *learned,
		     const struct fb_learned_steps *steps, struct fb_learned_opinion *ret_opinion);
