/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue that holds flows to a rate: an ifb device of our own, its root an HTB with a class for
 * each rule and direction (flowbpf/verdict.h), and on interfaces the filter that redirects what the
 * data path marked. So a limit is the same whatever interfaces its flows pass, and no queue of an
 * interface is touched, ours to look at or not. Made with the first class, gone with the last.
 * Used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <flowbpf/link.h>

#include "kernel/bpf.h"
#include "kernel/rowmap.h"
#include "util/why.h"

#define FB_SHAPER_NAME	"fblimit" /* and the pid */
#define FB_SHAPER_LINKS (FB_LINK_MAX - 1)

struct fb_shaper {
	struct fb_bpf *bpf;	/* borrowed */
	struct fb_state *state; /* borrowed: of the kernel half */
	uint32_t ifindex;	/* of the device; 0: there is none */
	unsigned int n_classes;
	struct fb_shaper_link {
		uint32_t ifindex;
		bool qdisc_ours;
	} link[FB_SHAPER_LINKS];
	unsigned int n_links;
};

/* Nothing is made yet; what instances that are gone left is removed. */
void fb_shaper_open(struct fb_shaper *shaper, struct fb_rowmap *rows);
/* Remove all, or with `keep` leave it in force: the deadlines of the rules end that. */
void fb_shaper_close(struct fb_shaper *shaper, bool keep);

/*
 * The class of this rule and direction has this rate, in bits a second; 0: any, so that what waits
 * there leaves. 0, or -errno with the reason in one sentence.
 */
int fb_shaper_put(struct fb_shaper *shaper, uint16_t number, bool down, uint64_t rate,
		  struct fb_why *why);
/* It is gone, with what waits in it. */
void fb_shaper_take(struct fb_shaper *shaper, uint16_t number, bool down);

/* Interfaces whose filters somebody took off are not followed any more. */
void fb_shaper_check(struct fb_shaper *shaper);
/* The interfaces to have filters, and no others. 0, or the -errno of one that has none. */
int fb_shaper_follow(struct fb_shaper *shaper, const uint32_t *ifindex, unsigned int n,
		     struct fb_why *why);

/* Is the device still there? If not, all is to be made anew: classes, and filters. */
bool fb_shaper_is_lost(struct fb_shaper *shaper);

/* Is it the name of such a device? */
static inline bool fb_shaper_is_name(const char *ifname)
{
	const size_t len = sizeof(FB_SHAPER_NAME) - 1;

	return !strncmp(ifname, FB_SHAPER_NAME, len) && ifname[len] &&
	       strspn(ifname + len, "0123456789") == strlen(ifname + len);
}

/* Remove what instances left that are gone, and what was pinned in `pin`, if not NULL: how many. */
int fb_shaper_sweep(const char *pin);
