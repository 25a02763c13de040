/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that flows belong to, each once, counted by its flows. The last flow takes the
 * record along, but snapshots may still show it.
 */
#pragma once

#include <flowbpf/row.h>

#include "flow/owner.h"
#include "table/store.h"
#include "util/index.h"

struct fb_owners {
	struct fb_index index;	/* by their keys */
	struct fb_owner **item; /* [room] by number; NULL: free */
	uint32_t *free, n_free; /* [room] numbers that were given back */
	uint32_t n, room;	/* numbers that were ever used */
};

int fb_owners_init(struct fb_owners *owners);
void fb_owners_fini(struct fb_owners *owners);

/* NULL: not there. */
struct fb_owner *fb_owners_find(const struct fb_owners *owners, const struct fb_owner_key *key);
/* A copy, a side record that no flow has yet; NULL: memory is short. */
struct fb_owner *fb_owners_add(struct fb_owners *owners, struct fb_store *store,
			       const struct fb_owner *from);
/* A flow has it no more (NULL is fine): what is to be retired then, or NULL: others have it. */
struct fb_owner *fb_owners_put(struct fb_owners *owners, const struct fb_owner *given);

/* What a row's state says about its owner. */
static inline uint8_t fb_owner_notes(uint16_t state)
{
	return (uint8_t)((state & (FB_ROW_OWNED | FB_ROW_OWNER_SENT)) / FB_ROW_OWNED);
}
