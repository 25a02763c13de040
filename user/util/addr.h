/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IP addresses and CIDR blocks as 16 bytes in network order, IPv4 as ::ffff:a.b.c.d with its
 * family beside it, as in struct fb_key. Pure functions, no allocation, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_ADDR_STRLEN	   46	    /* INET6_ADDRSTRLEN */
#define FB_ENDPOINT_STRLEN (46 + 8) /* [addr]:port */

struct fb_cidr {
	uint8_t addr[16]; /* bits behind the prefix are zero */
	uint8_t family;	  /* 4 or 6 */
	uint8_t bits;	  /* of the 128: an IPv4 /8 is 104 */
};

/* Parse an address of either family. Returns 0, or -EINVAL and leaves the outputs untouched. */
int fb_addr_parse(const char *text, uint8_t ret_addr[static 16], uint8_t *ret_family);

/* ... as one host's is typed: ::ffff:192.0.2.1 is 192.0.2.1, of IPv4, as its flows are. */
int fb_addr_parse_host(const char *text, uint8_t ret_addr[static 16], uint8_t *ret_family);

/* Parse "10.0.0.0/8", "fd00::/8" or a bare address. -EINVAL also for bits behind the prefix. */
int fb_cidr_parse(const char *text, struct fb_cidr *ret_cidr);

/* The last address of the block. */
void fb_cidr_last(const struct fb_cidr *cidr, uint8_t ret_last[static 16]);

bool fb_cidr_contains(const struct fb_cidr *cidr, const uint8_t addr[static 16], uint8_t family);

/* One holds the other, or an address of it. */
bool fb_cidr_meets(const struct fb_cidr *a, const struct fb_cidr *b);

/* The block of so many bits that holds it; `bits` at most its own. */
struct fb_cidr fb_cidr_widen(const struct fb_cidr *cidr, uint8_t bits);

/* It may be one host's: not unspecified, loopback, multicast, broadcast. */
bool fb_addr_is_host(const uint8_t addr[static 16], uint8_t family);

/* It means something on its link only: RFC 3927, 4291, 5771; multicast of no wider scope, too. */
bool fb_addr_is_scoped(const uint8_t addr[static 16], uint8_t family);

/* Write the text form (RFC 5952 for IPv6) into `buf`; returns `buf`. */
const char *fb_addr_format(const uint8_t addr[static 16], uint8_t family,
			   char buf[static FB_ADDR_STRLEN]);

/* "192.0.2.1:443", "[2001:db8::1]:443"; port in host order. Returns `buf`. */
const char *fb_endpoint_format(const uint8_t addr[static 16], uint8_t family, uint16_t port,
			       char buf[static FB_ENDPOINT_STRLEN]);
