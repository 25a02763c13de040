/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DHCP leases: a name is that of a device (MAC) for as long as a server lets it have the address.
 * It begins with the server's ACK to a request that was seen, and ends with RELEASE, DECLINE, NAK,
 * another device's ACK or the lease. Where no server is ever heard (a switch keeps its unicast
 * answers from us), a broadcast request for a private address that nobody else has counts for an
 * hour. Bounded, a share each; used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/dhcp.h"

#define FB_LEASES_MAX	  16384
#define FB_LEASES_PENDING 1024 /* requests whose ACK is awaited */

struct fb_leases;

struct fb_leases_message {
	uint64_t time;			  /* ns */
	const uint8_t *sender, *receiver; /* IPv4, 16 bytes as in fb_key */
	const struct fb_dhcp *dhcp;
};

/* What an address is called from now on. */
struct fb_leases_name {
	uint8_t addr[16];
	const uint8_t *mac;
	const char *host; /* bytes of a stranger; NULL: nothing any more */
	uint8_t len;
	uint32_t seconds; /* for so long; UINT32_MAX for ever */
};

typedef void (*fb_leases_fn)(void *ctx, const struct fb_leases_name *name);

/* `n` are kept; 0: FB_LEASES_MAX. 0 or -ENOMEM. */
int fb_leases_new(uint32_t n, struct fb_leases **ret_leases);
void fb_leases_free(struct fb_leases *leases);

/* Tell by `fn` what the message changes. False: it answers, or ends, what is not known here. */
bool fb_leases_read(struct fb_leases *leases, const struct fb_leases_message *message,
		    fb_leases_fn fn, void *ctx);
