/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has the sockets of this host's flows: sets the stamps going, and makes of a stamp what people
 * call it: process, user, unit, container. Used by the engine's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/heldbook.h"
#include "kernel/cgroups.h"
#include "kernel/process.h"
#include "kernel/rowmap.h"
#include "kernel/sockstamp.h"
#include "store/containerfiles.h"
#include "table/table.h"

#define FB_OWNERBOOK_USERS   64
#define FB_OWNERBOOK_PARENTS 128

/* X(name, loss, help) */
#define FB_OWNERBOOK_COUNTERS(X)                                                                   \
	X(owners_read, false, "processes that /proc was asked for, as owners of flows")            \
	X(owners_gone, false,                                                                      \
	  "owners that were gone when their flow was read: known by the socket alone")             \
	X(owners_unsure, false, "owners not told: only a sent packet is sure without conntrack")   \
	X(owners_hurried, true, "owners that /proc was not asked for: too many at once")

struct fb_ownerbook_draft;

struct fb_ownerbook {
	struct fb_ownerbook_draft *draft; /* of the owner that is told */
	struct fb_bpf *bpf;		  /* borrowed, like ... */
	struct fb_rowmap *rows;		  /* ... these */
	struct fb_table *table;
	struct fb_cgroups cgroups;
	struct fb_sockstamp stamp;
	struct fb_heldbook heldbook;
	struct fb_containerfiles containers;
	struct {
		uint32_t uid;
		char name[32]; /* empty: free */
	} user[FB_OWNERBOOK_USERS];
	struct fb_process parent[FB_OWNERBOOK_PARENTS]; /* read in this tick, by pid */
	unsigned int reads;				/* of /proc, in this tick */
	struct fb_why lack;				/* what could not be had; empty: nothing */
	bool on;
	bool complete;	/* sockets older than us are stamped, too */
	bool sent_only; /* nobody tells translations */
	struct {
#define X(name, loss, help) uint64_t name;
		FB_OWNERBOOK_COUNTERS(X)
#undef X
	} counters;
};

/*
 * Stamp sockets from here on, and those that are there; before any interface is attached, as root.
 * What cannot be had is not known then, and all else works: fb_ownerbook_warn says so.
 */
void fb_ownerbook_open(struct fb_ownerbook *book, struct fb_bpf *bpf, struct fb_rowmap *rows,
		       struct fb_table *table, bool conntrack);
/* Once the start has succeeded: one that fails says its own sentence alone. */
void fb_ownerbook_warn(const struct fb_ownerbook *book);
void fb_ownerbook_close(struct fb_ownerbook *book);

/* After FB_TABLE_ROW_WANTS_OWNER. */
void fb_ownerbook_tell(struct fb_ownerbook *book, uint32_t slot, const struct fb_row *row);

/*
 * Whose a flow is that is forwarded: a process in a container of this machine, by its connection
 * as it is before any translation of this host. NULL: not known, else valid until the next call.
 */
const struct fb_owner *fb_ownerbook_find(struct fb_ownerbook *book, const struct fb_flow *flow,
					 uint8_t *ret_by);

/* What people call who made a stamp; valid until the next call. */
const struct fb_owner *fb_ownerbook_of(struct fb_ownerbook *book, const struct fb_stamp *stamp);

/* Once a tick, before its rows are told. */
void fb_ownerbook_tick(struct fb_ownerbook *book, uint64_t now_ns);
