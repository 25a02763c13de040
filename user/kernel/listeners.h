/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets of this network namespace that wait for others: who is a server here. */
#pragma once

#include <stdint.h>

struct fb_listener {
	uint8_t addr[16]; /* as in fb_key; zeros, or ::ffff:0.0.0.0: any */
	uint8_t family, proto;
	uint16_t port;	       /* host order */
	uint32_t queue, limit; /* TCP: connections that wait to be taken, and how many may; UDP:
				  bytes, and 0 */
	uint32_t uid;	       /* whose it is */
};

/*
 * Tell of each listening TCP socket, and of each UDP socket that is bound to a port which is not
 * one that clients are given. 0 or -errno: the kernel does not tell; then nobody is known.
 */
int fb_listeners_read(void (*fn)(void *ctx, const struct fb_listener *listener), void *ctx);
