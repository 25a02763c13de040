/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service and application of a flow, by what its payload said, its port and its name:
 * "https", "dns", "https (YouTube)". The texts live as long as the program. One thread.
 */
#pragma once

#include "flow/flow.h"
#include "flow/places.h"

/*
 * Where no name says whose server it is, the network that it is in does: "https (Cloudflare)".
 * `dst` NULL: not known. NULL: not known.
 */
const char *fb_service_of(const struct fb_flow *flow, const struct fb_place *dst);

/* A port that servers have, and not their clients. Any thread. */
bool fb_service_has_server(uint8_t proto, uint16_t port);

/* The service of a port alone, the client's view; NULL: not known. Any thread. */
const char *fb_service_of_port(uint8_t proto, uint16_t port);
