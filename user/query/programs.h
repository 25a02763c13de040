/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs that flows belong to: processes of the same name, file, user, unit and container are
 * one, with what they sent and got, and whom they talk to. Any thread that holds the snapshot.
 */
#pragma once

#include "flow/owner.h"
#include "query/query.h"

#define FB_PROGRAM_PIDS	 8
#define FB_PROGRAM_PEERS 5
#define FB_PROGRAM_PEER	 96 /* bytes of a peer's text, at most */

struct fb_program {
	const struct fb_owner *owner;	       /* of its processes the one seen last */
	uint32_t pid[FB_PROGRAM_PIDS], n_pids; /* those seen last, the newest first; ... */
	uint32_t processes;		       /* ... of so many */
	uint64_t flows, active;
	uint64_t bytes[2], packets[2], rate[2];	      /* [FB_UP]: sent by it; bytes a second */
	uint64_t first_seen, last_seen;		      /* ns */
	char peer[FB_PROGRAM_PEERS][FB_PROGRAM_PEER]; /* names, else addresses; most bytes first */
	uint32_t n_peers;
};

struct fb_programs {
	struct fb_program *item; /* the query's page; owned */
	uint32_t n;
	uint64_t total;	   /* of all pages */
	uint64_t unowned;  /* matching flows that have no process here, or none that is known */
	uint64_t left_out; /* flows of processes, and peers, beyond what is told apart */
};

/* Biggest rate first, then bytes. 0 or -ENOMEM; to be given to fini in any case. */
int fb_query_programs(const struct fb_snapshot *snapshot, const struct fb_query *query,
		      struct fb_programs *ret_programs);
void fb_programs_fini(struct fb_programs *programs);
