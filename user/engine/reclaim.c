/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows on their way back: leaving, settled, cleared, given back. */
#include "engine/reclaim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 1024

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

void fb_reclaim_tick(struct fb_reclaim *reclaim, fb_reclaim_fn fn, void *ctx)
{
	for (; reclaim->n_told < reclaim->n_settled; reclaim->n_told++) {
		const uint32_t slot = reclaim->leaving[reclaim->n_told];
		const struct fb_row row = reclaim->rows->row[slot];

		fn(ctx, slot, &row);
	}
	reclaim->n_settled = reclaim->n_unlinked;
	reclaim->failed = 0;
}

static uint32_t piece(uint32_t n)
{
	return n < PIECE ? n : PIECE;
}

static int unlink_some(struct fb_reclaim *reclaim)
{
	const uint32_t n = piece(reclaim->n_leaving - reclaim->n_unlinked);
	int r = fb_rowmap_unlink(reclaim->rows, reclaim->leaving + reclaim->n_unlinked, n);

	if (r == 0)
		reclaim->n_unlinked += n;
	return r;
}

static int release_some(struct fb_reclaim *reclaim)
{
	const uint32_t n = piece(reclaim->n_told);
	uint32_t left = n;
	int r = fb_rowmap_release(reclaim->rows, reclaim->leaving, &left);
	const uint32_t freed = n - left;

	reclaim->n_leaving -= freed;
	reclaim->n_unlinked -= freed;
	reclaim->n_settled -= freed;
	reclaim->n_told -= freed;
	memmove(reclaim->leaving + left, reclaim->leaving + n,
		(reclaim->n_leaving - left) * sizeof(*reclaim->leaving));
	return r;
}

int fb_reclaim_work(struct fb_reclaim *reclaim)
{
	if (reclaim->failed)
		return 0;
	if (reclaim->n_unlinked < reclaim->n_leaving)
		reclaim->failed = unlink_some(reclaim);
	else if (reclaim->n_told)
		reclaim->failed = release_some(reclaim);
	if (reclaim->failed)
		return reclaim->failed;
	return reclaim->n_unlinked < reclaim->n_leaving || reclaim->n_told;
}
