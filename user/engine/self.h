/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon itself costs, over the last tick. Used by the engine's thread. */
#pragma once

#include <stdint.h>

struct fb_self {
	int statm; /* /proc/self/statm; -1: there is none, memory stays 0 */
	uint64_t cpu_ns, at_ns;
	uint64_t losses;
	uint32_t cpu_permille; /* of one core */
	uint64_t memory;       /* resident, bytes */
	double losses_per_s;
};

void fb_self_init(struct fb_self *self);
void fb_self_fini(struct fb_self *self);

/* Measure since the last time; `losses` of anything, since the start. */
void fb_self_tick(struct fb_self *self, uint64_t losses);
