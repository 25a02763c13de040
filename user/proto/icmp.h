/* SPDX-License-Identifier: BSD-2-Clause */
/* What ICMP's types mean, and the packet that an error quotes (RFC 792, 4443). Pure, any thread. */
#pragma once

#include <stdbool.h>
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

/* An answer that never comes unasked, to an echo or the like. By IP version. */
static inline bool fb_icmp_is_reply(uint8_t family, uint8_t type)
{
	return family == 4 ? type == 0 || type == 14 || type == 16 || type == 18
			   : type == 129 || type == 140 || type == 145;
}

/* The type that answers this one, or that this one answers: echo and its reply, ...; -1: none. */
int fb_icmp_counterpart(uint8_t family, uint8_t type);

/* What asked, of a message that may be its reply; else the type itself. */
uint8_t fb_icmp_question(uint8_t family, uint8_t type);
