/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel half matches by itself, besides prefixes (fb_net_key): ends of a connection where
 * its row would be made, names where its hello is read. Values are numbers of fb_rules; an entry
 * there without a verdict is an exception, which wins.
 */
#pragma once

#include <linux/types.h>

#include "flowbpf/name.h"

/* What of a fb_tuple_key is said: all else is zero, in it and in what is looked for. */
enum fb_shape {
	FB_SHAPE_PROTO = 1 << 0,
	FB_SHAPE_ADDR0 = 1 << 1,
	FB_SHAPE_PORT0 = 1 << 2,
	FB_SHAPE_ADDR1 = 1 << 3,
	FB_SHAPE_PORT1 = 1 << 4,
	FB_SHAPE_CLIENT = 1 << 5, /* end 0 is the client; else either is end 0 */
};

#define FB_SHAPES_MAX 8 /* in use at once: each is a look-up or two, of a flow that has no row */

/* fb_tuples */
struct fb_tuple_key {
	__u8 addr[2][16]; /* network order; IPv4 as ::ffff:a.b.c.d */
	__u16 port[2];	  /* host order */
	__u8 proto;
	__u8 family; /* of the addresses; 0: none is said */
	__u8 shape;  /* enum fb_shape */
	__u8 pad;
};

#define FB_TUPLES_MAX 16384

/* fb_rule_names, by fb_name_hash of the name. */
struct fb_rule_name {
	__u32 at, below; /* rules of this name, and of those below it; 0: none */
	char name[FB_NAME_MAX + 1];
};

#define FB_RULE_NAMES_MAX 16384

/* What exceptions leave to the kernel half, which sees an address before or after translation. */
enum fb_excepting {
	FB_EXCEPTING_SEEN,  /* all: none is about what a translation may hide */
	FB_EXCEPTING_ADDRS, /* what comes in, and is not for an address of this machine */
	FB_EXCEPTING_PORTS, /* of that, what a client opens: its ports are not translated yet */
};

/* The rule of fb_nets whose addresses are left to the user half: gateways, resolvers, groups. */
#define FB_RULE_SPARED 8191

/*
 * From the last byte to the first, so that each parent domain is had on the way. The key is the
 * start; a name's dot at its end is no part of it.
 */
static inline __u64 fb_name_hash(__u64 hash, __u8 c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 0x20;
	hash = (hash ^ c) * 0x100000001b3;
	return hash ^ hash >> 32;
}

_Static_assert(sizeof(struct fb_tuple_key) == 40, "fb_tuple_key has no hidden padding");
_Static_assert(sizeof(struct fb_rule_name) == 264, "fb_rule_name has no hidden padding");
