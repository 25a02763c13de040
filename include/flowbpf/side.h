/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Beside each row of fb_flows, by the same slot: what is not wanted for every packet (map
 * fb_sides). A packet that crosses one interface twice (a one-armed router) is seen by both hooks,
 * and a forged one by the hook that it forges: which of the two speaks for a direction is not for
 * the kernel half to say. So fb_row counts the hook that saw a direction first, this the other one.
 * Cleared when the row is made.
 */
#pragma once

#include <linux/types.h>

struct fb_side {
	__u64 packets[2]; /* by direction: what the hook counted that fb_row.sight does not name */
	__u64 bytes[2];
	__u64 pad[4];
};

_Static_assert(sizeof(struct fb_side) == 64, "one cache line");
