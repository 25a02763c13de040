/* SPDX-License-Identifier: BSD-2-Clause */
/* The routers that this host sends by, as its routes name them. */
#pragma once

#include <stdint.h>

/*
 * Call `fn` for each next hop of the routes, as in fb_key; some come more than once. 0 or -errno;
 * -EOVERFLOW: there are more routes than are read.
 */
int fb_gateways_read(void (*fn)(void *ctx, const uint8_t addr[static 16], uint8_t family),
		     void *ctx);
