/* SPDX-License-Identifier: BSD-2-Clause */
/* The queues of interfaces: what they dropped of what was sent, behind the place where we count. */
#pragma once

#include <stdint.h>

/* The root queue of an interface; what its classes dropped is in its count. */
struct fb_qdisc {
	uint32_t ifindex;
	uint32_t handle; /* another one: another queue, that counts from zero */
	uint32_t drops;	 /* packets; wraps */
};

/* Tell those of all interfaces by `fn`, now: 0 or -errno. Needs no capability. */
int fb_qdisc_roots(void (*fn)(void *ctx, const struct fb_qdisc *qdisc), void *ctx);
