/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that are being ended. Both ends of a TCP connection get a RST: of sockets of this
 * host by SOCK_DESTROY, of all else by the kernel half, on the next packet that comes in; where it
 * is silent and its numbers are known, that packet is made. Its conntrack entry is deleted after
 * that: until then the RSTs are translated by it. What is no TCP is dropped for a time. Bounded:
 * FB_KILLS_MAX at once. Used by the engine's thread.
 */
#pragma once

#include <stdint.h>

#include "engine/core.h"
#include "engine/ctfeed.h"
#include "engine/links.h"
#include "kernel/verdicts.h"
#include "engine/nevers.h"

#define FB_KILLS_MAX 255 /* the first entries of fb_rules, from 1 on */
#define FB_KILL_MANY 200 /* of one act: the rest is for what else is to be ended */
#define FB_KILL_ROWS 8	 /* rows of a flow: interfaces and VLANs that see it */

struct fb_kill {
	uint64_t flow_id; /* 0: free */
	uint64_t until_ns, reset_ns;
	uint32_t slot[FB_KILL_ROWS], generation[FB_KILL_ROWS];
	uint16_t n, poked; /* rows; of these, where a packet was made for it */
	bool tcp, destroyed;
};

struct fb_kills {
	struct fb_core *core; /* borrowed, as are the next three */
	struct fb_ctfeed *ct;
	const struct fb_links *links;
	struct fb_nevers *nevers;
	struct fb_verdicts verdicts;
	struct fb_kill kill[FB_KILLS_MAX + 1]; /* by number of the rule */
};

int fb_kills_open(struct fb_kills *kills, struct fb_core *core, struct fb_ctfeed *ct,
		  const struct fb_links *links, struct fb_nevers *nevers);
void fb_kills_close(struct fb_kills *kills);

/*
 * End a flow. enum fb_killed; -ENOENT, -ENOTCONN it has ended, -ENXIO no packet of it passed here,
 * -EBUSY, -ESHUTDOWN in a panic, or
 * -(FB_ACT_REFUSED + enum fb_never).
 */
int fb_kills_begin(struct fb_kills *kills, uint64_t flow_id, const struct fb_never_asker *asker);

/* Those that are done: their conntrack entries, and what the kernel half had of them. */
void fb_kills_tick(struct fb_kills *kills);
