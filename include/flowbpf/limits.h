/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map names, default sizes and the layout version, which is checked before pinned maps are adopted.
 */
#pragma once

#define FB_ABI_VERSION	      13

#define FB_MAX_FLOWS_DEFAULT  262144
#define FB_MAX_FLOWS_LEAST    1024
#define FB_MAX_FLOWS_MOST     16777216
#define FB_RING_BYTES_DEFAULT (8 * 1024 * 1024)

/*
 * fb_index4, fb_index6  HASH   fb_key4 / fb_key -> __u32 slot of the newest row of that key
 * fb_flows              ARRAY  slot -> struct fb_row, BPF_F_MMAPABLE
 * fb_sides              ARRAY  slot -> struct fb_side, BPF_F_MMAPABLE
 * fb_quality            ARRAY  slot -> struct fb_quality, BPF_F_MMAPABLE; one entry where it is off
 * fb_moved              ARRAY  slot / 64 -> __u64, a bit a row, BPF_F_MMAPABLE
 * fb_free               STACK  slots that the user half gave back
 * fb_hints              ARRAY  a cache in front of the index, of no meaning to anyone else
 * fb_names              HASH   fb_key -> struct fb_name
 * fb_owner_sk           SK_STORAGE  socket -> struct fb_stamp
 * fb_owners             HASH   slot -> struct fb_stamped
 * fb_exes               LRU    fb_exe_key -> struct fb_exe, filled beside fb_owner_sk
 * fb_owner_ends         LRU    fb_owner_ends -> struct fb_owner_end, likewise
 * fb_owner_opened       ARRAY  hash of these -> u64 ns of the last of them, mapped
 * fb_owner_held         HASH   fb_owner_ends -> struct fb_owner_held, while they are asked for
 * fb_frags              LRU    fragment identity -> ports of the first fragment
 * fb_frag_recent        PERCPU_ARRAY  the last of them, of no meaning to anyone else
 * fb_links              ARRAY  ifindex & 0xffff -> struct fb_link
 * fb_lanes              ARRAY  number -> struct fb_lane, BPF_F_MMAPABLE
 * fb_lane_numbers       HASH   interface and VLANs -> __u32 number
 * fb_lane_hints         ARRAY  a cache in front of it, of no meaning to anyone else
 * fb_stats              PERCPU_ARRAY  link * 2 + hook -> struct fb_stats
 * fb_ring               RINGBUF  struct fb_event + payload
 * fb_state              ARRAY of one struct fb_state, BPF_F_MMAPABLE
 * fb_batch              ARRAY of one struct fb_batch, BPF_F_MMAPABLE
 * fb_rules              ARRAY  number -> struct fb_rule_entry, BPF_F_MMAPABLE
 * fb_nets               LPM_TRIE  struct fb_net_key -> __u32 number of a rule
 * fb_xdp_rules          PERCPU_ARRAY  number of a rule -> struct fb_xdp_count
 * fb_tuples             HASH   struct fb_tuple_key -> __u32 number of a rule
 * fb_rule_names         HASH   hash of a name -> struct fb_rule_name
 * fb_flood_ends         ARRAY  hash of an address -> struct fb_flood_end, BPF_F_MMAPABLE
 * fb_flood_syns         ARRAY  hash of a SYN -> struct fb_flood_syns
 * fb_flood_known        LRU    struct fb_flood_source -> struct fb_flood_known
 * fb_frames             ARRAY of struct fb_frame_slot, BPF_F_MMAPABLE, for replay
 * fb_scratch            PERCPU_ARRAY  what does not fit the stack, of no meaning to anyone else
 */
