/* SPDX-License-Identifier: BSD-2-Clause */
/* DHCP (RFC 2131, 2132): what a client calls itself, and the address it has. Pure, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum fb_dhcp_type {
	FB_DHCP_REQUEST = 3,
	FB_DHCP_ACK = 5,
	FB_DHCP_INFORM = 8,
};

struct fb_dhcp {
	uint8_t type; /* option 53 */
	uint8_t mac[6];
	uint8_t addr[4];     /* the client's: assigned, current or requested; zero: unknown */
	const uint8_t *host; /* option 12, else 81, in the message; NULL: none */
	uint8_t host_len;
};

/* 0 or -EBADMSG. */
int fb_dhcp_parse(const uint8_t *message, size_t len, struct fb_dhcp *ret_dhcp);
