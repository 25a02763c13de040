/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of maps. */
#include "kernel/maps.h"

static const char *const map_names[FB_MAP_COUNT] = {
	[FB_MAP_INDEX4] = "fb_index4",
	[FB_MAP_INDEX6] = "fb_index6",
	[FB_MAP_FLOWS] = "fb_flows",
	[FB_MAP_SIDES] = "fb_sides",
	[FB_MAP_LANES] = "fb_lanes",
	[FB_MAP_LANE_NUMBERS] = "fb_lane_numbers",
	[FB_MAP_FREE] = "fb_free",
	[FB_MAP_NAMES] = "fb_names",
	[FB_MAP_FRAGS] = "fb_frags",
	[FB_MAP_LINKS] = "fb_links",
	[FB_MAP_STATS] = "fb_stats",
	[FB_MAP_RING] = "fb_ring",
	[FB_MAP_OWNERS] = "fb_owners",
	[FB_MAP_OWNER_SK] = "fb_owner_sk",
	[FB_MAP_STATE] = "fb_state",
	[FB_MAP_MOVED] = "fb_moved",
	[FB_MAP_QUALITY] = "fb_quality",
	[FB_MAP_RULES] = "fb_rules",
	[FB_MAP_NETS] = "fb_nets",
	[FB_MAP_TUPLES] = "fb_tuples",
	[FB_MAP_RULE_NAMES] = "fb_rule_names",
	[FB_MAP_XDP_RULES] = "fb_xdp_rules",
};

const char *fb_map_name(enum fb_map map)
{
	return map_names[map];
}
