/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interfaces that the user named, by name or pattern, through their lives: attached when they
 * come, followed by rtnetlink when they are renamed, deleted and made again, and checked for
 * programs that somebody took off. The number of a named link stays while the daemon runs; one that
 * a pattern brought is given again when it is gone and no row has it, the longest unused first.
 * Used by the engine's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/status.h"
#include "kernel/attach.h"
#include "kernel/netdev.h"
#include "util/why.h"

struct fb_link_slot {
	char name[IF_NAMESIZE]; /* as now */
	uint16_t number;	/* 1 .. in keys */
	bool by_pattern;	/* it leaves its place when it is gone */
	bool loopback;
	bool running;	/* up, with a carrier */
	uint32_t mtu;	/* bytes */
	uint32_t speed; /* Mbit/s, 0 unknown */
	enum fb_link_state state;
	bool queue_known;
	uint32_t queue_handle, queue_last; /* of its root queue, as last told */
	uint64_t queue_dropped;		   /* packets, since we look */
	struct fb_attach attach;	   /* valid while FB_LINK_ATTACHED or FB_LINK_DETACHED */
	char reason[FB_STATUS_REASON];
};

struct fb_links {
	struct fb_bpf *bpf;		     /* borrowed */
	struct fb_netdev *netdev;	     /* owned */
	const char *wanted[FB_STATUS_LINKS]; /* names and patterns; the texts are the caller's */
	unsigned int n_wanted;
	unsigned int n;
	struct fb_link_slot slots[FB_STATUS_LINKS];
	uint64_t unused_ns[FB_LINK_MAX]; /* by number: since when; 0: never used, or in use */
	bool crowded;			 /* one that came found no place: look again */
	uint64_t crowded_out;		 /* how often */
	uint64_t past_queue;
	struct fb_stats past; /* what those counted that left their places */

	/* Told of every address and device of this host, as they come and go. */
	void (*addr)(void *ctx, const struct fb_netdev_addr *addr, bool gone);
	void (*device)(void *ctx, const struct fb_netdev_link *device, bool gone);
	/* ... and of whom its links know: who is behind an address. */
	void (*neighbour)(void *ctx, const struct fb_netdev_neighbour *neighbour);
	/* Which numbers rows have; those of one are to go; it is another interface's from here on.
	 */
	void (*in_rows)(void *ctx, bool numbers[FB_LINK_MAX]);
	void (*retire)(void *ctx, uint16_t number);
	void (*renumbered)(void *ctx, uint16_t number);
	void *ctx;
};

/* Is it a pattern, "veth*", and no name? */
bool fb_links_is_pattern(const char *name);

/*
 * Attach to all of `names` that are there, or to none: `why` names the one that failed. Those that
 * are not, and what patterns match, are attached when they come (fb_links_list tells of them).
 */
int fb_links_init(struct fb_links *links, struct fb_bpf *bpf, const char *const *names,
		  unsigned int n, struct fb_why *why);

/* Detach all; with `keep_pinned`, and where an earlier run pinned them, programs go on counting. */
void fb_links_fini(struct fb_links *links, bool keep_pinned);

/* List the host's links and addresses once, after `addr` and `device` are set. */
int fb_links_list(struct fb_links *links);

/* Readable when interfaces changed; then call fb_links_read. */
int fb_links_fd(const struct fb_links *links);
int fb_links_read(struct fb_links *links);

/* What it waits for: patterns, and names that are not there. */
void fb_links_waits(const struct fb_links *links, char *text, size_t size);

/* Every few ticks: ask what queues dropped, notice programs that were taken off, and attach what
 * can be again. */
void fb_links_check(struct fb_links *links);
