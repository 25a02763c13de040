/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Self counters of the kernel half, per CPU, link and hook (map fb_stats).
 * X(name, conserved, loss, help): a conserved cause holds packets that no row counts, so that
 * seen == packets of all rows + the sum of the conserved causes, exactly. A loss is something that
 * ought to have been kept and was not: whatever else has such a column counts the same.
 */
#pragma once

#include <linux/types.h>

#define FB_STATS(X)                                                                                \
	X(seen, 0, 0, "packets that the program saw")                                              \
	X(map_full, 1, 1, "packets of flows that found no free row")                               \
	X(evicted, 1, 1, "packets of unanswered flows whose row a newer flow took")                \
	X(non_ip, 1, 0, "packets that are neither IPv4 nor IPv6")                                  \
	X(malformed, 1, 0, "packets whose headers are cut or contradict each other")               \
	X(fragment, 1, 0, "later fragments whose first fragment was not seen")                     \
	X(second_sight, 0, 0, "packets of a direction that the interface's other hook saw first")  \
	X(blocked, 1, 0, "packets that a rule or an end that was asked for did not let pass")      \
	X(blocked_xdp, 1, 0, "packets that XDP dropped by a rule, before there was more of them")  \
	X(flood, 1, 0, "SYNs of a flood that were not sent again")                                 \
	X(flood_xdp, 1, 0, "SYNs of a flood that were not sent again, dropped by XDP")             \
	X(no_link, 1, 1, "packets of an interface that was not registered (link 0)")               \
	X(unfit, 0, 0, "TCP segments that would open or end a connection that they do not fit")    \
	X(vlans_full, 0, 1, "tagged packets of more VLANs than are told apart: as if untagged")    \
	X(sampled, 0, 0, "payload samples sent to the ring")                                       \
	X(ring_full, 0, 1, "payload samples that found the ring full")                             \
	X(name_found, 0, 0, "names read from one segment in the kernel")                           \
	X(names_full, 0, 1, "names that found no room in fb_names")                                \
	X(owners_full, 0, 1, "owners that found no room in fb_owners")                             \
	X(reused, 0, 0, "5-tuples used again by a new connection")                                 \
	X(index_failed, 0, 0, "rows given back because another CPU was first or the index refused")

enum fb_stat {
#define X(name, conserved, loss, help) FB_STAT_##name,
	FB_STATS(X)
#undef X
		FB_STAT_COUNT
};

/* One CPU's counters of one link and hook: index link * 2 + enum fb_hook. */
struct fb_stats {
	__u64 packets[FB_STAT_COUNT]; /* wire packets; samples and names: events */
	__u64 bytes[FB_STAT_COUNT];   /* IP bytes where known, else bytes behind the link header */
};
