/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is behind an address, as frames of a link tell it: ARP and neighbour discovery say it, and a
 * host that opens a connection or asks DNS shows it by the MAC that it sends from. Pure, any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_neighbour {
	uint8_t mac[6];
	uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t family;
	uint16_t vlan; /* outer id; 0: none */
	bool sure;     /* ARP or neighbour discovery */
};

/* False: the Ethernet frame does not tell. */
bool fb_neighbour_parse(const uint8_t *frame, size_t len, struct fb_neighbour *ret_neighbour);
