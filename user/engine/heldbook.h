/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows in line to be asked for who has their socket: connections that came in by a listener, for a
 * server may hand them to a child, or a process may take what another one listens for; and
 * datagrams of containers, which show their ends nowhere else while their socket is open. Asked a
 * second later, when it has its holder, for all in line at once, and seldom: the question walks
 * over all open files. Used by the engine's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/sockheld.h"
#include "table/table.h"

#define FB_HELDBOOK_LINE 1024 /* flows in line; further ones stay as they are */

/* X(name, loss, help) */
#define FB_HELDBOOK_COUNTERS(X)                                                                    \
	X(holders_asked, false, "flows whose socket's holder was asked for")                       \
	X(holders_found, false, "flows that another process has than the one that was known")      \
	X(holders_left_out, false, "flows whose holder was not asked for: 1,024 were in line")     \
	X(holders_walks, false, "walks over the open files of all processes for these")            \
	X(holders_walk_us, false, "what they took, in us")

struct fb_heldbook {
	struct fb_sockheld held;
	struct {
		uint64_t flow;	/* its id */
		uint64_t since; /* ns CLOCK_BOOTTIME */
		bool elsewhere; /* its client is in another network namespace; else its server here
				 */
	} line[FB_HELDBOOK_LINE];
	unsigned int first, n;
	uint64_t next_ns; /* no walk before, CLOCK_BOOTTIME */
	struct {
#define X(name, loss, help) uint64_t name;
		FB_HELDBOOK_COUNTERS(X)
#undef X
	} counters;
};

/* As root, after the stamps; where the kernel cannot be asked, nobody is ever in line. */
void fb_heldbook_open(struct fb_heldbook *book, const struct fb_sockstamp *stamp);
void fb_heldbook_close(struct fb_heldbook *book);

/* The flow is a listener's so far; or nobody's, and of a client elsewhere. Once is enough. */
void fb_heldbook_add(struct fb_heldbook *book, uint64_t flow, bool elsewhere, uint64_t now_ns);

/*
 * Ask for others than those in line, FB_OWNER_HELD at most, if it is time: 0, -EAGAIN it is not, or
 * -errno. -EOPNOTSUPP: the kernel cannot be asked.
 */
int fb_heldbook_ask(struct fb_heldbook *book, uint64_t now_ns, struct fb_sockheld_ask *ask,
		    unsigned int n);

/*
 * Once a tick: ask for those that are due, if it is time. `fn` is told of each flow whose socket
 * has another process than the flow's.
 */
void fb_heldbook_tick(struct fb_heldbook *book, const struct fb_table *table, uint64_t now_ns,
		      void (*fn)(void *ctx, uint64_t flow, const struct fb_stamp *stamp),
		      void *ctx);
