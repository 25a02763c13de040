/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements and templates of ipfix.c and ipfixrecord.c. */
#pragma once

#include "flow/fields.h"
#include "sink/ipfix.h"

#define FB_IPFIX_VARIABLE 0xffff
#define FB_IPFIX_ELEMENTS 48
#define FB_IPFIX_RECORD	  2048 /* bytes of one, at most */

/* Templates of flows by what they have, as bits of their number. */
#define FB_IPFIX_SIX	       1u
#define FB_IPFIX_NAT	       2u
#define FB_IPFIX_UNIFLOW       4u
#define FB_IPFIX_ICMP	       8u
#define FB_IPFIX_EVENT	       16u /* of a translation; of the others only with SIX */
#define FB_IPFIX_TEMPLATES     18u

#define FB_IPFIX_FIRST_SET     256
#define FB_IPFIX_SET_INTERFACE 512
#define FB_IPFIX_SET_STATS     513

enum fb_ipfix_what {
	FB_IPFIX_FIELD,
	FB_IPFIX_OCTETS,
	FB_IPFIX_PACKETS,
	FB_IPFIX_REVERSE_OCTETS,
	FB_IPFIX_REVERSE_PACKETS,
	FB_IPFIX_TCP_FLAGS,
	FB_IPFIX_REVERSE_TCP_FLAGS,
	FB_IPFIX_ICMP_TYPE,
	FB_IPFIX_TOS,
	FB_IPFIX_CAME_BY,
	FB_IPFIX_WENT_BY,
	FB_IPFIX_DIRECTION,
	FB_IPFIX_END_REASON,
	FB_IPFIX_BIFLOW,
	FB_IPFIX_NAT_EVENT,
	FB_IPFIX_OBSERVED,
	FB_IPFIX_TLS_SNI,
	FB_IPFIX_JA4,
	FB_IPFIX_QUIC_SNI,
	FB_IPFIX_ALPN,
	FB_IPFIX_TLS_VERSION,
};

struct fb_ipfix_element {
	uint16_t id, len;
	uint32_t pen; /* 0: IANA's */
	enum fb_ipfix_what what;
	enum fb_field_id field, twin; /* FIELD; `twin`: of the other direction */
};

struct fb_ipfix_template {
	uint16_t id, n;
	struct fb_ipfix_element element[FB_IPFIX_ELEMENTS];
};

const struct fb_ipfix_template *fb_ipfix_template(unsigned int kind);

/* A data record of this set; false: the message has no room. */
bool fb_ipfix_add(struct fb_ipfix *ipfix, uint16_t set, const uint8_t *record, size_t len);
