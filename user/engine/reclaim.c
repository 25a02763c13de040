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
	if (fb_rowmap_unlink(reclaim->rows, slot, generation) == -ESTALE)
		return; /* the kernel half was faster: the next scan meets the row's next flow */
	if (reclaim->n_leaving < reclaim->rows->max)
		reclaim->leaving[reclaim->n_leaving++] = slot;
}

int fb_reclaim_tick(struct fb_reclaim *reclaim, fb_reclaim_fn fn, void *ctx)
{
	const uint32_t settled = reclaim->n_settled;
	int r = 0;

	for (uint32_t i = 0; i < settled; i++) {
		const uint32_t slot = reclaim->leaving[i];
		const struct fb_row row = reclaim->rows->row[slot];

		fn(ctx, slot, &row);
		if (row.state & FB_ROW_NAMED)
			fb_rowmap_name_delete(reclaim->rows, &row.key, row.generation);
		fb_rowmap_clear(reclaim->rows, slot);
	}
	if (settled > 0)
		r = fb_rowmap_release(reclaim->rows, reclaim->leaving, settled);

	reclaim->n_leaving -= settled;
	memmove(reclaim->leaving, reclaim->leaving + settled,
		reclaim->n_leaving * sizeof(*reclaim->leaving));
	reclaim->n_settled = reclaim->n_leaving;
	return r < 0 ? r : 0;
}
