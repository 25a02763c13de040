/* SPDX-License-Identifier: BSD-2-Clause */
/* What a deletion of many conntrack entries is about, and how far it is. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "engine/act.h"

/* One deletion; counted, for who asked looks at it while the engine's thread works. */
struct fb_forget {
	atomic_uint refs;
	char about[FB_ACT_TARGET]; /* which, for people */
	uint8_t addr[16], family;  /* of what uses the address; family 0: of the flows in `ids` */
	uint32_t n;		   /* flows in `ids` */
	uint64_t matched;	   /* ... and with those that have no entry */

	/* --- set when it is taken --- */
	struct fb_act act;
	uint32_t number; /* 1, 2, ... */
	uint32_t pos;	 /* the engine's thread only */

	/* --- any thread --- */
	atomic_uint done, gone, failed; /* deleted or ended; were gone already; refused */
	atomic_bool ended;

	uint64_t ids[];
};

/* A list with room for `n` flows, with one reference; NULL: memory is short. */
struct fb_forget *fb_forget_new(uint32_t n);
struct fb_forget *fb_forget_get(struct fb_forget *forget);
/* Drop a reference; NULL is fine. */
void fb_forget_put(struct fb_forget *forget);

/* Another reference to what the act holds, and one less. */
void fb_act_hold(const struct fb_act *act);
void fb_act_drop(const struct fb_act *act);
