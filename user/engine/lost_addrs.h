/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of this host, and those that are lost: taken off an attached interface that has no
 * carrier any more, that is gone, or that lost just the address. It is told after a while only, for
 * DHCP clients take an address off and add the same again, and only if no other interface has it.
 * Used by the engine's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/links.h"

#define FB_LOST_ADDRS_MAX 1024		      /* as many as own_addrs_full counts from */
#define FB_LOST_SETTLE_NS (2 * 1000000000ull) /* a loss that ends before is none */

enum fb_loss {
	FB_LOSS_NONE,
	FB_LOSS_CARRIER,
	FB_LOSS_ADDR,
	FB_LOSS_LINK,
};

struct fb_lost_addr {
	uint32_t ifindex;
	char link[IF_NAMESIZE]; /* when it was lost */
	uint8_t family, addr[16];
	enum fb_loss loss;
	bool told;
	uint64_t due_ns; /* when it is told */
};

struct fb_lost_addrs {
	struct {
		uint32_t ifindex;
		char name[IF_NAMESIZE];
		bool running;
	} link[FB_STATUS_LINKS]; /* attached ones */
	unsigned int n_links, n;
	struct fb_lost_addr addr[FB_LOST_ADDRS_MAX];
};

/* An address came, or went. One too many is not watched. */
void fb_lost_addrs_addr(struct fb_lost_addrs *addrs, const struct fb_netdev_addr *addr, bool gone,
			uint64_t now_ns);

/* The attached interfaces as they are now. What was lost before the first look is no loss. */
void fb_lost_addrs_links(struct fb_lost_addrs *addrs, const struct fb_links *links,
			 uint64_t now_ns);

/* One that is lost for good, each once; false: none. */
bool fb_lost_addrs_next(struct fb_lost_addrs *addrs, uint64_t now_ns,
			struct fb_lost_addr *ret_lost);

/* "wan1 lost its carrier" */
void fb_lost_addr_say(const struct fb_lost_addr *lost, char *text, size_t size);
