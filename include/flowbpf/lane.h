/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a packet was met: an interface, and the VLANs it was tagged with there. A lane's number
 * stands in keys, so that equal addresses behind one trunk are not one flow. Numbers below
 * FB_LINK_MAX are those of interfaces, untagged; the kernel half gives the others, and takes none
 * back: map fb_lanes, an array by number, and fb_lane_numbers, the way back. Tagged packets that
 * find no number left count as untagged ones, and as `vlans_full`.
 */
#pragma once

#include <linux/types.h>

#define FB_LANE_MAX   32768
#define FB_LANE_SHARE 8192 /* of one interface: all plain VLANs, twice */

struct fb_lane {
	__u16 link;    /* number of the interface, see fb_link; 0: this number is not in use */
	__u16 vlan[2]; /* outer and inner VLAN id; 0: none */
	__u16 pad;
	__u64 taken; /* entries of interfaces: numbers given to its VLANs */
};

_Static_assert(sizeof(struct fb_lane) == 16, "whole words: arrays are mapped so");
