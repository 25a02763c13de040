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
	_cleanup_(fb_matching_fini) struct fb_matching matching = {.row = NULL};
	struct fb_matrix *matrix;

	if (cross->n_fields != 2)
		return -EINVAL;
	if (fb_matching_init(&matching, snapshot, cross) < 0 ||
	    fb_axis_init(&rows, &matching, cross->field[0], FB_MATRIX_SIDE) < 0 ||
	    fb_axis_init(&columns, &matching, cross->field[1], FB_MATRIX_SIDE) < 0)
		return -ENOMEM;
	matrix = calloc(1, sizeof(*matrix));
	if (!matrix)
		return -ENOMEM;
	for (uint32_t i = 0; i < matching.n; i++)
		matrix->cell[fb_axis_place(&rows, i)][fb_axis_place(&columns, i)] +=
			fb_matching_weight(&matching, i);
	matrix->rows = rows.n + rows.more;
	matrix->columns = columns.n + columns.more;
	for (unsigned int i = 0; i < matrix->rows; i++)
		fb_axis_text(&rows, i, matrix->row[i], sizeof(matrix->row[i]));
	for (unsigned int i = 0; i < matrix->columns; i++)
		fb_axis_text(&columns, i, matrix->column[i], sizeof(matrix->column[i]));
	*ret_matrix = matrix;
	return 0;
}
