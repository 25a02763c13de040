/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's connection tracking table: one dump, then events, a new dump after an overrun.
 * Used by one thread (the engine): poll fb_conntrack_fd, call fb_conntrack_read; call
 * fb_conntrack_tick once a second. Dumps come in slices: no call takes longer than a few ms.
 * Needs CAP_NET_ADMIN all its life.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/ctparse.h"
#include "util/why.h"

struct fb_conntrack;

struct fb_conntrack_opts {
	uint32_t rcvbuf;     /* bytes for events; 0: 8 MB */
	uint32_t rcvbuf_max; /* doubled up to this after each overrun; 0: 64 MB */
	uint32_t resync_s;   /* at most one resync in so many seconds; 0: 30 */
};

struct fb_conntrack_ops {
	/*
	 * An entry as it is now, from a dump (FB_CT_DUMP) or an event. An entry that a dump tells
	 * is never older than what an event told before it.
	 */
	void (*entry)(void *ctx, enum fb_ct_event event, const struct fb_ct *ct);
	/* A dump begins: an entry that nothing tells of until dump_done is gone. */
	void (*dump_begin)(void *ctx);
	void (*dump_done)(void *ctx);
};

struct fb_conntrack_stats {
	uint64_t entries;     /* told from dumps */
	uint64_t events;      /* told from events */
	uint64_t overruns;    /* the kernel dropped events: how many it does not say */
	uint64_t resyncs;     /* dumps after overruns */
	uint64_t refreshes;   /* dumps for the sake of silent entries */
	uint64_t interrupted; /* dumps that the kernel marked inconsistent and that were repeated */
	uint64_t malformed;   /* messages that did not parse */
	uint32_t rcvbuf;      /* bytes, as granted */
	uint32_t silent;      /* entries older than us that send no events: up to 5 s stale or so */
	bool resync_due;      /* states may be stale until the next dump is done */
	bool dumping;
};

/*
 * Subscribe and start the first dump. -EPERM, -EPROTONOSUPPORT, ...: conntrack cannot be had, `why`
 * tells what is missing and how to turn it on; everything else works without.
 */
int fb_conntrack_new(const struct fb_conntrack_opts *opts, const struct fb_conntrack_ops *ops,
		     void *ctx, struct fb_conntrack **ret_ct, struct fb_why *why);
void fb_conntrack_free(struct fb_conntrack *ct);

/* An epoll file descriptor: readable when there is work. */
int fb_conntrack_fd(const struct fb_conntrack *ct);

/* Do a bounded part of the work that waits. */
int fb_conntrack_read(struct fb_conntrack *ct);

/*
 * Start a resync when one is due: a second after the last overrun (the storm is over), and at most
 * one in `resync_s`; a dump that failed is repeated. Also dumps again while there are entries that
 * send no events (stats.silent): every 5 s, but for at most a hundredth of the time. `now_ns`:
 * CLOCK_MONOTONIC.
 */
int fb_conntrack_tick(struct fb_conntrack *ct, uint64_t now_ns);

void fb_conntrack_stats(const struct fb_conntrack *ct, struct fb_conntrack_stats *ret_stats);

/* One entry as it is now: by its original or its reply tuple; -ENOENT. */
int fb_conntrack_get(struct fb_conntrack *ct, const struct fb_ct_tuple *tuple, uint16_t zone,
		     struct fb_ct *ret_entry);

/* Delete this entry and no other: -ENOENT if it ended, also if its 5-tuple was used again. */
int fb_conntrack_delete(struct fb_conntrack *ct, const struct fb_ct *entry);

/* Delete all entries of this network namespace. */
int fb_conntrack_flush(struct fb_conntrack *ct);

/* Entries now and at most, of this network namespace; -ENOENT without the module. */
int fb_conntrack_count(uint32_t *ret_count, uint32_t *ret_max);
