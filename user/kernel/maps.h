/* SPDX-License-Identifier: BSD-2-Clause */
/* The maps of the kernel half, by number and name. */
#pragma once

enum fb_map {
	FB_MAP_INDEX4,
	FB_MAP_INDEX6,
	FB_MAP_FLOWS,
	FB_MAP_SIDES,
	FB_MAP_QUALITY,
	FB_MAP_MOVED,
	FB_MAP_LANES,
	FB_MAP_LANE_NUMBERS,
	FB_MAP_FREE,
	FB_MAP_NAMES,
	FB_MAP_OWNERS,
	FB_MAP_OWNER_SK,
	FB_MAP_FRAGS,
	FB_MAP_LINKS,
	FB_MAP_STATS,
	FB_MAP_RING,
	FB_MAP_STATE,
	FB_MAP_RULES,
	FB_MAP_NETS,
	FB_MAP_XDP_RULES,
	FB_MAP_TUPLES,
	FB_MAP_RULE_NAMES,
	FB_MAP_COUNT
};

/* As bpftool and the pin directory have it. */
const char *fb_map_name(enum fb_map map);
