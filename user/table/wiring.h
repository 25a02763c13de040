/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How this host's devices stand on each other, and which networks are on them: what decides whether
 * two lanes (an interface and the VLANs on it) see the same packets, or the same network.
 * Written and asked by the table's one writer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/link.h>

#include "flow/facts.h"
#include "util/addr.h"

#define FB_DEVICES_MAX 4096 /* of this namespace, those that nothing is attached to among them */
#define FB_WIRING_NETS 1024

struct fb_wiring {
	struct fb_device device[FB_DEVICES_MAX];
	unsigned int n_devices;
	struct {
		struct fb_cidr cidr;
		uint32_t ifindex;
	} net[FB_WIRING_NETS];
	unsigned int n_nets;
	uint32_t ifindex[FB_LINK_MAX]; /* by link number; 0 unknown */
	uint32_t version;	       /* higher with each change */
};

/* What a lane of the kernel half stands for. */
struct fb_where {
	uint16_t link;
	uint16_t vlan[2]; /* outer and inner VLAN id; 0: none */
};

static inline bool fb_where_is(const struct fb_where *a, const struct fb_where *b)
{
	return a->link == b->link && a->vlan[0] == b->vlan[0] && a->vlan[1] == b->vlan[1];
}

/* -ENOSPC: more than are remembered. */
int fb_wiring_device(struct fb_wiring *wiring, const struct fb_device *device, bool gone);
int fb_wiring_net(struct fb_wiring *wiring, uint32_t ifindex, const uint8_t addr[static 16],
		  uint8_t family, uint8_t prefix, bool gone);
void fb_wiring_link(struct fb_wiring *wiring, uint16_t link, uint32_t ifindex);

/* One of the two stands on the other: a packet that crosses both is seen twice. */
bool fb_wiring_stacked(const struct fb_wiring *wiring, const struct fb_where *a,
		       const struct fb_where *b);
/* Stacked, or members of one bundle, ports of one bridge. */
bool fb_wiring_same_net(const struct fb_wiring *wiring, const struct fb_where *a,
			const struct fb_where *b);
/* They belong to different VRFs. */
bool fb_wiring_apart(const struct fb_wiring *wiring, const struct fb_where *a,
		     const struct fb_where *b);
/* This host has an address there: packets are routed to it, not only looked at or bridged. */
bool fb_wiring_routed(const struct fb_wiring *wiring, const struct fb_where *lane);
/*
 * The address belongs to a network that is directly on another device of this host, and not on the
 * lane, by which packets are routed: from there nobody comes in who is what he says.
 */
bool fb_wiring_elsewhere(const struct fb_wiring *wiring, const struct fb_where *lane,
			 const uint8_t addr[static 16], uint8_t family);
/* The address belongs to a network that is directly on the lane. */
bool fb_wiring_on_link(const struct fb_wiring *wiring, const struct fb_where *lane,
		       const uint8_t addr[static 16], uint8_t family);
