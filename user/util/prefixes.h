/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prefixes in order, each once: IPv4 before IPv6, then by address, the wider one first. Filled,
 * closed, and then only read, by any thread. 8 bytes a prefix of IPv4, 17 of IPv6.
 */
#pragma once

#include <stdint.h>

#include "util/addr.h"

#define FB_PREFIXES_NONE UINT32_MAX

struct fb_prefixes;

/* -ENOMEM. */
int fb_prefixes_new(struct fb_prefixes **ret_prefixes);
/* NULL is fine. */
void fb_prefixes_free(struct fb_prefixes *prefixes);

/* -ENOMEM, -ENOSPC. */
int fb_prefixes_add(struct fb_prefixes *prefixes, const struct fb_cidr *net);
/* All are in. */
void fb_prefixes_close(struct fb_prefixes *prefixes);

uint32_t fb_prefixes_count(const struct fb_prefixes *prefixes);
/* The one of this number, which is below the count. */
void fb_prefixes_at(const struct fb_prefixes *prefixes, uint32_t number, struct fb_cidr *ret_net);
/* Its number, or FB_PREFIXES_NONE. */
uint32_t fb_prefixes_find(const struct fb_prefixes *prefixes, const struct fb_cidr *net);
/* Number of the first that does not come before it; the count: all do. */
uint32_t fb_prefixes_seek(const struct fb_prefixes *prefixes, const struct fb_cidr *net);
