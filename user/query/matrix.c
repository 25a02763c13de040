/* SPDX-License-Identifier: BSD-2-Clause */
/* Two fields against each other. */
#include <errno.h>
#include <stdlib.h>

#include "query/axis.h"
#include "util/cleanup.h"

static void count_some(const struct fb_crossing *crossing, uint32_t from, struct fb_matrix *matrix)
{
	const uint32_t left = crossing->n - from, n = left < FB_CHUNK ? left : FB_CHUNK;
	uint8_t row[FB_CHUNK], column[FB_CHUNK];

	fb_axis_places(crossing, 0, from, n, row);
	fb_axis_places(crossing, 1, from, n, column);
	for (uint32_t i = 0; i < n; i++)
		matrix->cell[row[i]][column[i]] += crossing->weight[from + i];
}

int fb_query_matrix(const struct fb_snapshot *snapshot, const struct fb_cross *cross,
		    struct fb_matrix **ret_matrix)
{
	_cleanup_(fb_crossing_fini) struct fb_crossing crossing = {.n = 0};
	const struct fb_axis *rows = &crossing.axis[0], *columns = &crossing.axis[1];
	struct fb_matrix *matrix;

	if (cross->n_fields != 2)
		return -EINVAL;
	if (fb_crossing_init(&crossing, snapshot, cross, FB_MATRIX_SIDE) < 0)
		return -ENOMEM;
	matrix = calloc(1, sizeof(*matrix));
	if (!matrix)
		return -ENOMEM;
	for (uint32_t from = 0; from < crossing.n; from += FB_CHUNK)
		count_some(&crossing, from, matrix);
	matrix->rows = rows->n + rows->more;
	matrix->columns = columns->n + columns->more;
	for (unsigned int i = 0; i < matrix->rows; i++)
		fb_axis_text(rows, i, matrix->row[i], sizeof(matrix->row[i]));
	for (unsigned int i = 0; i < matrix->columns; i++)
		fb_axis_text(columns, i, matrix->column[i], sizeof(matrix->column[i]));
	*ret_matrix = matrix;
	return 0;
}
