/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel half that is loaded, whoever loaded it: found by the ids that the kernel gives to its
 * programs and maps, and only read. Its daemon may be hung, or gone and its maps pinned. Needs
 * root; sees the whole machine, whatever network namespace a daemon is in. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flowbpf/lane.h>
#include <flowbpf/link.h>
#include <flowbpf/name.h>
#include <flowbpf/row.h>

#include "util/why.h"

struct fb_loaded {
	uint32_t prog_id;		/* of its program at ingress; 0: none yet */
	const struct fb_row *row;	/* shared with the kernel half, which goes on */
	uint32_t n;			/* slots that were ever used */
	uint32_t ifindex[FB_LINK_MAX];	/* by link number; 0: none */
	uint64_t clock_ticks, clock_ns; /* one moment by the rows' clock and by CLOCK_BOOTTIME */
	uint64_t tick_ns;		/* length of a tick; 0: not known */
	int names, lanes;		/* fb_names, fb_lanes */
	size_t mapped;
};

/*
 * The next one, of a higher program id than `loaded` has: 1, 0 when there is none, or -errno. After
 * -EPROTO, a flowbpf of another version, the next call goes on behind it.
 */
int fb_loaded_next(struct fb_loaded *loaded, struct fb_why *why);
void fb_loaded_close(struct fb_loaded *loaded);

/* Number of the interface of a row, whatever its VLANs; 0: not known. */
uint32_t fb_loaded_link(const struct fb_loaded *loaded, const struct fb_row *row);

/* Is its program attached to this interface, of the caller's network namespace? */
bool fb_loaded_serves(const struct fb_loaded *loaded, uint32_t ifindex);

/* CLOCK_BOOTTIME of the row's last packet; 0: not known. */
uint64_t fb_loaded_last_ns(const struct fb_loaded *loaded, const struct fb_row *row);

/* The name that the row has, or -ENOENT. */
int fb_loaded_name(const struct fb_loaded *loaded, const struct fb_row *row,
		   struct fb_name *ret_name);
