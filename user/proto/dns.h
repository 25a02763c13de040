/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS messages (RFC 1035, 9460; mDNS RFC 6762, LLMNR RFC 4795): the question, the addresses that
 * the answers give, the answers themselves. Pure, any thread; bounded by the message and
 * FB_DNS_RECORDS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_DNS_NAME_MAX 255
#define FB_DNS_RECORDS	256 /* of a message, looked at at most */

struct fb_dns_name {
	char text[FB_DNS_NAME_MAX + 1]; /* labels joined by dots, as on the wire; no last dot */
	uint8_t len;
};

struct fb_dns {
	uint16_t id, flags; /* as in the header */
	bool response;
	uint8_t opcode, rcode;
	bool has_question;	     /* one or more */
	struct fb_dns_name question; /* the first one's name */
	uint16_t question_type;
};

/* One address that the message gives. */
struct fb_dns_addr {
	const struct fb_dns_name *owner; /* of the record */
	/* the question's, if the record is its own or CNAMEs and services lead to it; else NULL */
	const struct fb_dns_name *name;
	uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t family;
	uint32_t ttl;
};

typedef void (*fb_dns_fn)(void *ctx, const struct fb_dns_addr *addr);

/* Does the name end so, in whatever letters? */
bool fb_dns_name_ends(const struct fb_dns_name *name, const char *suffix);

/*
 * May these `len` bytes begin a message of `total` bytes? By its header of 12 bytes alone: false
 * when they are less. No header of TLS, QUIC, DTLS, DHCP, HTTP or SSH passes.
 */
bool fb_dns_looks_like(const uint8_t *message, size_t len, size_t total);

/* A record of those that answer. */
struct fb_dns_record {
	const struct fb_dns_name *owner;
	uint16_t type;
	uint32_t ttl;
	const struct fb_dns_name
		*target;	/* CNAME, NS, PTR, MX: the name that it gives; else NULL */
	const uint8_t *address; /* A: 4 bytes, AAAA: 16; else NULL */
};

typedef void (*fb_dns_record_fn)(void *ctx, const struct fb_dns_record *record);

/* Call `fn` for the first `max` answers, of class IN, up to where the message was cut. */
int fb_dns_answers(const uint8_t *message, size_t len, unsigned int max, fb_dns_record_fn fn,
		   void *ctx, struct fb_dns *ret_dns);

/* "A", "NS", ...; NULL: it has no usual name. "NOERROR", ...; NULL likewise. */
const char *fb_dns_type_name(uint16_t type);
const char *fb_dns_rcode_name(uint8_t rcode);

/* Parse a message; `fn`, if not NULL, is called for each address. 0 or -EBADMSG. */
int fb_dns_parse(const uint8_t *message, size_t len, fb_dns_fn fn, void *ctx,
		 struct fb_dns *ret_dns);
