/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/self.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"

void fb_self_init(struct fb_self *self)
{
	*self = (struct fb_self){
		.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC),
		.cpu_ns = fb_clock_ns(CLOCK_PROCESS_CPUTIME_ID),
		.at_ns = fb_monotonic_ns(),
	};
}

void fb_self_fini(struct fb_self *self)
{
	if (self->statm >= 0)
		close(self->statm);
	self->statm = -1;
}

/* The second number: pages in memory. */
static uint64_t resident(int statm)
{
	char text[128], *end;
	ssize_t n = statm < 0 ? -1 : pread(statm, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	end = strchr(text, ' ');
	return end ? strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void fb_self_tick(struct fb_self *self, uint64_t losses)
{
	const uint64_t cpu_ns = fb_clock_ns(CLOCK_PROCESS_CPUTIME_ID), now_ns = fb_monotonic_ns();
	const uint64_t elapsed_ns = now_ns > self->at_ns ? now_ns - self->at_ns : 1;

	self->cpu_permille = (uint32_t)((cpu_ns - self->cpu_ns) * 1000 / elapsed_ns);
	self->losses_per_s = losses > self->losses
				     ? (double)(losses - self->losses) * 1e9 / (double)elapsed_ns
				     : 0;
	self->memory = resident(self->statm);
	self->losses = losses;
	self->cpu_ns = cpu_ns;
	self->at_ns = now_ns;
}
