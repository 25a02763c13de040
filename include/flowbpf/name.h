/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value of fb_names, keyed by struct fb_key: the name a connection goes to.
 * The kernel half writes an SNI that sits in one segment; the user half writes the others, so that
 * `bpftool map dump name fb_names` shows every name however it was found.
 */
#pragma once

#include <linux/types.h>

#define FB_NAME_MAX 255 /* RFC 1035 2.3.4 */

enum fb_name_source {
	FB_NAME_NONE = 0,
	FB_NAME_SNI = 1,
	FB_NAME_QUIC = 2,
	FB_NAME_ECH = 3, /* the outer, public name of an Encrypted Client Hello */
	FB_NAME_HTTP = 4,
	FB_NAME_DNS = 5,
	FB_NAME_DHCP = 6,
	FB_NAME_MDNS = 7,
	/* of an address, never in fb_names: */
	FB_NAME_LEASE = 8, /* a DHCP server's lease file */
	FB_NAME_HOSTS = 9, /* a hosts file */
	FB_NAME_OPERATOR = 10,
};

struct fb_name {
	__u32 generation; /* of the row it belongs to: a reused 5-tuple has no old name */
	__u8 source;	  /* enum fb_name_source */
	__u8 len;	  /* bytes of `name`, without the NUL */
	__u8 escaped;	  /* 1: the user half wrote it, as text; 0: bytes of the wire */
	__u8 pad;
	char name[FB_NAME_MAX + 1];
};

_Static_assert(sizeof(struct fb_name) == 264, "fb_name has no hidden padding");
