/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries that send no events. With nf_conntrack_events = 2, the kernel's default, an entry that
 * was made before anybody listened never tells of its changes, nor of its end: only a new dump
 * does. This set holds the ids of such entries, so that dumps go on just as long as there are some.
 * Only conntrack.c uses this.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fb_ct_silent {
	uint32_t *id;  /* sorted after fb_ct_silent_end */
	uint8_t *here; /* 0 speaks or is gone, 1 silent, 2 silent and in the dump that runs */
	uint32_t n, size;
	uint32_t left; /* silent ones */
	bool collecting;
};

void fb_ct_silent_fini(struct fb_ct_silent *silent);

/* A dump begins; the first one collects. An interrupted collection starts anew. */
void fb_ct_silent_begin(struct fb_ct_silent *silent, bool first);

/* The dump tells of an entry. -ENOMEM ends the collection: the set is empty then. */
int fb_ct_silent_dumped(struct fb_ct_silent *silent, uint32_t id);

/* An event told of the entry: it speaks. */
void fb_ct_silent_spoke(struct fb_ct_silent *silent, uint32_t id);

/* The dump is done: what it did not tell of is gone. */
void fb_ct_silent_end(struct fb_ct_silent *silent);
