/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows on their way back: leaving, settled, cleared, given back. */
#include "engine/reclaim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fb_reclaim_init(struct fb_reclaim *reclaim, struct fb_rowmap *rows)
{
	*reclaim = (struct fb_reclaim){.rows = rows};
	reclaim->leaving = malloc(rows->max * sizeof(*reclaim->leaving));
	return reclaim->leaving ? 0 : -ENOMEM;
}

void fb_reclaim_fini(struct fb_reclaim *reclaim)
{
	free(reclaim->leaving);
	reclaim->leaving = NULL;
}

void fb_reclaim_add(struct fb_reclaim *reclaim, uint32_t slot, uint32_t generation)
{
	if (reclaim->n_leaving == reclaim->rows->max ||
	    fb_rowmap_leave(reclaim->rows, slot, generation) < 0)
		return; /* the kernel half was faster: the next scan meets the row's next flow */
	reclaim->leaving[reclaim->n_leaving++] = slot;
}

int fb_reclaim_unlink(struct fb_reclaim *reclaim)
{
	int r = fb_rowmap_unlink(reclaim->rows, reclaim->leaving + reclaim->n_unlinked,
				 reclaim->n_leaving - reclaim->n_unlinked);

	if (r == 0)
		reclaim->n_unlinked = reclaim->n_leaving;
	return r;
}

int fb_reclaim_tick(struct fb_reclaim *reclaim, fb_reclaim_fn fn, void *ctx)
{
	const uint32_t settled = reclaim->n_settled;
	uint32_t left = settled, freed;
	int r = 0;

	for (; reclaim->n_told < settled; reclaim->n_told++) {
		const uint32_t slot = reclaim->leaving[reclaim->n_told];
		const struct fb_row row = reclaim->rows->row[slot];

		fn(ctx, slot, &row);
	}
	if (settled > 0)
		r = fb_rowmap_release(reclaim->rows, reclaim->leaving, &left);
	freed = settled - left;
	reclaim->n_leaving -= freed;
	reclaim->n_unlinked -= freed;
	reclaim->n_told = left;
	memmove(reclaim->leaving + left, reclaim->leaving + settled,
		(reclaim->n_leaving - left) * sizeof(*reclaim->leaving));
	reclaim->n_settled = reclaim->n_unlinked;
	return r;
}
