/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet that an ICMP error quotes (RFC 792, 4443). Pure, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fb_icmp_quote {
	uint8_t type, code; /* of the error */
	uint8_t family;	    /* 4 or 6 */
	uint8_t proto;
	uint8_t src[16], dst[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t sport, dport;	  /* host order; 0 for protocols without ports */
	uint32_t seq;		  /* TCP: sequence number */
};

/* Parse the ICMP message of an IP version; 0, or -EBADMSG for what is no error or quotes too
 * little. */
int fb_icmp_quote_parse(const uint8_t *message, size_t len, uint8_t family,
			struct fb_icmp_quote *ret_quote);
