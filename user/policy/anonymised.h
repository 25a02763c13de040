/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots whose records are anonymised, so that whatever is asked of one, by filter, sort and
 * group, or read of it past the table of fields, cannot tell more. Records are made once, with the
 * chunks that ticks share.
 */
#pragma once

#include <pthread.h>

#include "flow/snapshot.h"
#include "policy/anonymise.h"

#define FB_ANONYMISED_KNOWN 16384 /* addresses whose others are remembered */

struct fb_anonymised_chunk;

struct fb_anonymised {
	struct fb_anonymiser who;
	pthread_mutex_t lock;
	struct fb_anonymised_chunk **chunk; /* of the last snapshot, [n] */
	uint32_t n;
	struct fb_anonymised_addr {
		uint8_t family; /* 0: free */
		uint8_t addr[16], told[16];
	} *known; /* NULL until the first one of FB_ADDRESSES_PREFIX */
};

void fb_anonymised_init(struct fb_anonymised *made, struct fb_anonymise how,
			const uint8_t key[static FB_CRYPTOPAN_KEY]);
/* Snapshots that it made may live on; `made` itself is not freed. */
void fb_anonymised_fini(struct fb_anonymised *made);

/*
 * One that tells no more than it may, with records of the same numbers and ids; NULL: memory is
 * short. Holds a reference to `snapshot`. Any thread.
 */
struct fb_snapshot *fb_anonymised_of(struct fb_anonymised *made, struct fb_snapshot *snapshot);

/* One flow, for who goes through all of them once; of now or of history. */
struct fb_anonymised_row {
	struct fb_flow_at at; /* which leads here */
	struct fb_snapshot snapshot;
	struct fb_flow flow;
	_Alignas(16) char room[4096];
};

/* False: its names have no room. By one thread at a time. */
bool fb_anonymised_row(struct fb_anonymised *made, const struct fb_flow_at *at,
		       struct fb_anonymised_row *ret_row);
