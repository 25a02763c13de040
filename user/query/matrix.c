/* SPDX-License-Identifier: BSD-2-Clause */
/* Two fields against each other. */
#include <errno.h>
#include <stdlib.h>

#include "query/axis.h"
#include "util/cleanup.h"

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
	for (uint32_t i = 0; i < crossing.n; i++)
		matrix->cell[fb_axis_place(&crossing, 0, i)][fb_axis_place(&crossing, 1, i)] +=
			crossing.weight[i];
	matrix->rows = rows->n + rows->more;
	matrix->columns = columns->n + columns->more;
	for (unsigned int i = 0; i < matrix->rows; i++)
		fb_axis_text(rows, i, matrix->row[i], sizeof(matrix->row[i]));
	for (unsigned int i = 0; i < matrix->columns; i++)
		fb_axis_text(columns, i, matrix->column[i], sizeof(matrix->column[i]));
	*ret_matrix = matrix;
	return 0;
}
