/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of a flow's packets: bits in its row's `inspect`, which every packet has at hand, so
 * that one without a verdict pays nothing. Whose verdict it is says fb_side.rule, an entry of
 * fb_rules, which has the deadline. The user half sets the bits (after fb_side.rule); either half
 * takes them back once the deadline is over. So a user half that died blocks nothing for ever.
 */
#pragma once

#include <linux/types.h>

/* In fb_row.inspect, above enum fb_row_inspect. */
enum fb_verdict {
	FB_VERDICT_TURNED = 1 << 4, /* beside FB_VERDICT_LIMIT: direction 1 is up, not 0 */
	FB_VERDICT_DROP = 1 << 5,
	/*
	 * TCP is reset: on ingress the next packet goes on as a RST, and a RST goes back to who
	 * sent it; what leaves meanwhile passes, so that it is answered. All else is dropped.
	 */
	FB_VERDICT_RESET = 1 << 6,
	FB_VERDICT_LIMIT = 1 << 7, /* it passes by a queue that holds it to a rate: see below */
	FB_VERDICT_ANY = FB_VERDICT_DROP | FB_VERDICT_RESET | FB_VERDICT_LIMIT,
};

#define FB_RULES_MAX 8192 /* entries of fb_rules; number 0 is no rule, of limits below 4096 */

/*
 * fb_nets: a prefix whose packets make no row, but are dropped by the rule of this number; what it
 * is about in the rows that there are, the user half finds. IPv4 as ::ffff:a.b.c.d.
 */
struct fb_net_key {
	__u32 bits; /* of the 128 */
	__u8 addr[16];
};

#define FB_NETS_MAX (1 << 20)

/*
 * A limit. Up is what the inside host sends, down what it gets. The data path gives a packet the
 * class of its rule and direction as skb->priority, and skb->tc_index a mark; the filter
 * flowbpf_limit, which comes after it, has a packet of that mark redirected to our queue, once: to
 * where it first passed an interface of ours, it comes back by the same hook, and is not counted
 * anew there.
 */
enum fb_limit {
	FB_LIMIT_UP = 1 << 0,
	FB_LIMIT_DOWN = 1 << 1,
	FB_LIMIT_INSIDE =
		1 << 2, /* a prefix of ours: up is what it sends, else what the opener sends */
};

#define FB_LIMIT_MAJOR 0xf10b

/* By the low bits a queue of another's takes it for one of no priority. */
static inline __u32 fb_limit_class(__u32 number, __u32 down)
{
	return (__u32)FB_LIMIT_MAJOR << 16 | number << 4 | down << 3;
}

/* The mark: fb_state.limit_mark, a multiple of 4, and of these. */
enum fb_limit_mark {
	FB_LIMIT_LEAVES = 1 << 0, /* it was on egress, else on ingress */
	FB_LIMIT_HELD = 1 << 1,	  /* the filter has sent it to the queue */
	FB_LIMIT_MARKS = FB_LIMIT_LEAVES | FB_LIMIT_HELD,
};

/*
 * An entry of fb_rules. Counters are of packets that did not go on, as FB_STAT_blocked, or of a
 * limit: that were sent to its queue.
 */
struct fb_rule_entry {
	__u64 until;   /* ns CLOCK_BOOTTIME; 0: not in force, ~0: for good */
	__u64 packets; /* wire packets */
	__u64 bytes;   /* IP bytes */
	__u64 hits;    /* skbs: times that the kernel half did it */
	__u64 first;   /* ns CLOCK_BOOTTIME of the first of them, 0 none, and ... */
	__u64 last;    /* ... of the last one */
	__u64 resets;  /* RSTs sent back */
	__u8 verdict;  /* enum fb_verdict, of rows that are made */
	__u8 limit;    /* enum fb_limit */
	__u8 pad[6];
};

_Static_assert(sizeof(struct fb_rule_entry) == 64, "one cache line");

/* fb_xdp_rules: what XDP dropped by the rule of a number, a CPU each; not in its fb_rule_entry. */
struct fb_xdp_count {
	__u64 packets;
	__u64 bytes;	   /* IP bytes */
	__u64 first, last; /* ticks, as fb_row.last_seen; 0 none */
};
