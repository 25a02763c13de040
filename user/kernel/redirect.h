/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of limits (flowbpf_limit) on an interface, one a direction, behind the data path and all
 * that is before clsact: what they match is redirected to the device of that number, which is their
 * handle, too, so that each is found again. The qdisc is made if there is none, and shared.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/why.h"

/* On both directions. 0, or -errno with the reason in one sentence: then on none. */
int fb_redirect_start(uint32_t ifindex, int prog_fd, uint32_t to, bool *ret_qdisc_ours,
		      struct fb_why *why);

/* Are both there? */
bool fb_redirect_is_there(uint32_t ifindex, uint32_t to, bool qdisc_ours);

/* Remove those that lead to this device; the qdisc, too, where it was made for them. */
void fb_redirect_stop(uint32_t ifindex, uint32_t to);
