/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters on the clsact qdisc, for kernels without TCX. They stay in the kernel when their owner is
 * killed, so each is found again by a fixed priority and handle; the handle also tells whether the
 * qdisc is ours. For attach.c, and the qdisc for redirect.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/row.h>

/*
 * Make the qdisc, or use the one that is there. *ret_ours: it is ours to remove. -EADDRINUSE: an
 * "ingress" qdisc has the place, which takes filters of what leaves for filters of what comes in.
 */
int fb_clsact_open(uint32_t ifindex, bool *ret_ours);

/* Attach, in place of a filter that a killed instance left. -EEXIST: a foreign filter is there. */
int fb_clsact_attach(uint32_t ifindex, enum fb_hook hook, int prog_fd, bool qdisc_ours);

/* Remove our filter on this hook: 1 if there was one, 0 if not. */
int fb_clsact_detach(uint32_t ifindex, enum fb_hook hook);

/* 0 if our filter with this program is there, -ENOENT if not. */
int fb_clsact_check(uint32_t ifindex, enum fb_hook hook, uint32_t prog_id);

/* True if a filter of ours is on this hook that says that the qdisc was made for it. */
bool fb_clsact_residue_owns_qdisc(uint32_t ifindex, enum fb_hook hook);

/* Remove the qdisc if no filter is left in it. */
int fb_clsact_close(uint32_t ifindex);
