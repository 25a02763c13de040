/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/status.h"

uint64_t fb_status_losses(const struct fb_status *status)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < status->n_counters; i++)
		sum += status->counters[i].loss ? status->counters[i].value : 0;
	return sum;
}
