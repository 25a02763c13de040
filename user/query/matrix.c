/* SPDX-License-Identifier: BSD-2-Clause */
/* Two fields against each other. */
#include <errno.h>
#include <stdlib.h>

#include "query/axis.h"
#include "util/cleanup.h"

int fb_query_matrix(const struct fb_snapshot *snapshot, const struct fb_cross *cross,
		    struct fb_matrix **ret_matrix)
{
	_cleanup_(fb_axis_fini) struct fb_axis rows = {0};
	_cleanup_(fb_axis_fini) struct fb_axis columns = {0};
	struct fb_matrix *matrix;
	struct fb_flow_at at;
	uint32_t pos = 0;

	if (cross->n_fields != 2)
		return -EINVAL;
	if (fb_axis_init(&rows, snapshot, cross, cross->field[0], FB_MATRIX_SIDE) < 0 ||
	    fb_axis_init(&columns, snapshot, cross, cross->field[1], FB_MATRIX_SIDE) < 0)
		return -ENOMEM;
	matrix = calloc(1, sizeof(*matrix));
	if (!matrix)
		return -ENOMEM;
	while (fb_query_next(snapshot, cross->query, &pos, &at))
		matrix->cell[fb_axis_place(&rows, pos - 1)][fb_axis_place(&columns, pos - 1)] +=
			fb_axis_weight(&at, cross->metric);
	matrix->rows = rows.n + rows.more;
	matrix->columns = columns.n + columns.more;
	for (unsigned int i = 0; i < matrix->rows; i++)
		fb_axis_text(&rows, i, matrix->row[i], sizeof(matrix->row[i]));
	for (unsigned int i = 0; i < matrix->columns; i++)
		fb_axis_text(&columns, i, matrix->column[i], sizeof(matrix->column[i]));
	*ret_matrix = matrix;
	return 0;
}
