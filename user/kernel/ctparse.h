/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A conntrack netlink message to a struct: no allocation, no I/O. Attributes that this version does
 * not know are skipped; what lies about its length is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

enum fb_ct_event {
	FB_CT_DUMP,
	FB_CT_NEW,
	FB_CT_UPDATE,
	FB_CT_DESTROY,
};

/* What was in the message. */
enum fb_ct_has {
	FB_CT_HAS_ORIG = 1 << 0,
	FB_CT_HAS_REPLY = 1 << 1,
	FB_CT_HAS_STATUS = 1 << 2,
	FB_CT_HAS_TIMEOUT = 1 << 3,
	FB_CT_HAS_MARK = 1 << 4,
	FB_CT_HAS_ZONE = 1 << 5,
	FB_CT_HAS_ID = 1 << 6,
	FB_CT_HAS_TCP_STATE = 1 << 7,
	FB_CT_HAS_START = 1 << 8,
	FB_CT_HAS_STOP = 1 << 9,
	FB_CT_HAS_COUNTS = 1 << 10,
};

/* One direction of an entry; addresses and ports as in fb_key, [0] source, [1] destination. */
struct fb_ct_tuple {
	uint8_t addr[2][16]; /* IPv4 as ::ffff:a.b.c.d */
	__be16 port[2];	     /* 0 for ICMP and protocols without ports */
	__be16 icmp_id;
	uint8_t icmp_type, icmp_code;
	uint8_t proto;
	uint8_t family; /* FB_IPV4 or FB_IPV6; the two tuples differ under NAT64 */
	uint8_t pad[2];
};

_Static_assert(sizeof(struct fb_ct_tuple) == 44, "fb_ct_tuple has no hidden padding");

struct fb_ct {
	struct fb_ct_tuple orig, reply;
	uint32_t has; /* enum fb_ct_has */
	uint32_t id;
	uint32_t status;  /* enum fb_ips of flow/facts.h */
	uint32_t timeout; /* seconds left when the message was made */
	uint32_t mark;
	uint16_t zone;
	uint8_t tcp_state; /* enum tcp_conntrack of the kernel */
	uint8_t pad[5];
	uint64_t start_ns, stop_ns; /* CLOCK_REALTIME, if nf_conntrack_timestamp is on */
	struct fb_ct_counts {
		uint64_t packets, bytes;
	} counts[2]; /* by tuple, if nf_conntrack_acct is on */
};

/*
 * Parse one netlink message of `len` bytes. Returns 1 with *ret_event and *ret_ct set, 0 for a
 * message that is no conntrack entry, -EBADMSG for a malformed one.
 */
int fb_ct_parse(const void *nlmsg, size_t len, enum fb_ct_event *ret_event, struct fb_ct *ret_ct);
