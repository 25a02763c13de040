/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which addresses are inside: RFC 1918, CGNAT, link-local, loopback, multicast, ULA, and what the
 * user names with --internal. A short list, looked through; constant after init, any thread.
 */
#pragma once

#include "flow/flow.h"
#include "util/addr.h"

#define FB_SCOPE_EXTRA 256 /* CIDR blocks that the user may name */

struct fb_scope_list {
	unsigned int n;
	struct fb_cidr extra[FB_SCOPE_EXTRA];
};

/* -ENOSPC: too many. */
int fb_scope_init(struct fb_scope_list *list, const struct fb_cidr *internal, unsigned int n);

/* The blocks of fb_scope_is_private. */
const struct fb_cidr *fb_scope_private(unsigned int *ret_n);

/* Of no network that others reach: by RFC, whatever the user named. */
bool fb_scope_is_private(const uint8_t addr[static 16], uint8_t family);

bool fb_scope_is_internal(const struct fb_scope_list *list, const uint8_t addr[static 16],
			  uint8_t family);

enum fb_scope fb_scope_of(const struct fb_scope_list *list, const struct fb_flow *flow);
