/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/learnedfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/fmt.h"

#define CELLS (FB_LEARNED_TABLES * FB_LEARNED_CELLS)

/* The number at *at, up to a blank or the end of the line. */
static int take(char **at, uint64_t most, uint64_t *ret_number)
{
	return fb_fmt_parse_u64(strsep(at, " \n") ?: "", 0, most, ret_number);
}

/* Cells rise, so that none comes twice. */
static bool read_line(char *line, struct fb_learned_count *count, int above)
{
	uint64_t cell, good, bad;

	if (take(&line, CELLS - 1, &cell) || !line || take(&line, UINT32_MAX, &good) || !line ||
	    take(&line, UINT32_MAX, &bad) || (int)cell <= above)
		return false;
	*count = (struct fb_learned_count){(uint16_t)cell, (uint32_t)good, (uint32_t)bad};
	return true;
}

int fb_learnedfile_read(const char *path, struct fb_learned_count **ret_counts, size_t *ret_n,
			struct fb_why *why)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ struct fb_learned_count *counts = NULL;
	char line[64];
	size_t n = 0;

	if (!file)
		return fb_why_set(why, -errno, "cannot open %s: %s", path, strerror(errno));
	counts = calloc(CELLS, sizeof(*counts));
	if (!counts)
		return fb_why_set(why, -ENOMEM, "out of memory");
	while (fgets(line, sizeof(line), file)) {
		if (n == CELLS || !read_line(line, &counts[n], n ? counts[n - 1].cell : -1))
			return fb_why_set(why, -EBADMSG,
					  "%s, line %zu: it has a cell below %d, above that of the "
					  "line before, and two counts",
					  path, n + 1, CELLS);
		n++;
	}
	*ret_counts = TAKE_PTR(counts);
	*ret_n = n;
	return 0;
}
