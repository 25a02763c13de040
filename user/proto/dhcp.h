/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP (RFC 2131, 2132): what a client calls itself, and what a server gives it. Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fb_dhcp_type {
	FB_DHCP_REQUEST = 3,
	FB_DHCP_DECLINE = 4,
	FB_DHCP_ACK = 5,
	FB_DHCP_NAK = 6,
	FB_DHCP_RELEASE = 7,
	FB_DHCP_INFORM = 8,
};

/* Addresses are zero where none is told. */
struct fb_dhcp {
	bool reply;   /* a server's */
	uint8_t type; /* option 53 */
	uint32_t xid;
	uint8_t mac[6];
	uint8_t current[4], assigned[4], relay[4]; /* ciaddr, yiaddr, giaddr */
	uint8_t requested[4], server[4];	   /* options 50 and 54 */
	uint32_t lease;				   /* option 51, seconds; 0: not told */
	const uint8_t *host; /* option 12, else 81, in the message; NULL: none */
	uint8_t host_len;
};

/* May it be a message? By the cookie behind its header alone. */
bool fb_dhcp_looks_like(const uint8_t *message, size_t len);
/* 0 or -EBADMSG. */
int fb_dhcp_parse(const uint8_t *message, size_t len, struct fb_dhcp *ret_dhcp);
