/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto
/* Frames of a link: who is behind an address stands whole in the frame, or is not told. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/neighbour.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_neighbour neighbour;

	if (fb_neighbour_parse(data, size, &neighbour) && neighbour.family != 4 &&
	    neighbour.family != 6)
		abort();
	return 0;
}
