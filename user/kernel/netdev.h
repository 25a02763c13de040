/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces and their addresses: one list at start, then events, by rtnetlink.
 * Used by one thread (the engine): poll fb_netdev_fd, call fb_netdev_read.
 */
#pragma once

#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct fb_netdev;

struct fb_netdev_link {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	uint16_t arphrd; /* ARPHRD_* */
	bool up;	 /* administratively */
	bool running;	 /* carrier */
	bool loopback;
	uint32_t mtu;
	uint32_t parent; /* ifindex of the lower device (VLAN, veth peer in this namespace), 0 none
			  */
	uint32_t master; /* ifindex of the bridge or bond, 0 none */
	uint16_t vlan;	 /* kind "vlan": its id, 0 else */
	char kind[16];	 /* "veth", "vlan", "wireguard", ..., "" for hardware */
	bool has_mac;
	uint8_t mac[6];
	struct rtnl_link_stats64 stats; /* its own counters; what this kernel lacks is 0 */
};

enum fb_duplex {
	FB_DUPLEX_UNKNOWN,
	FB_DUPLEX_HALF,
	FB_DUPLEX_FULL,
};

/* What the driver says of itself and of the cable. */
struct fb_netdev_hardware {
	uint32_t speed; /* Mbit/s, 0 unknown */
	enum fb_duplex duplex;
	char driver[32]; /* "": it does not say */
};

struct fb_netdev_addr {
	uint32_t ifindex;
	uint8_t family;	  /* FB_IPV4 or FB_IPV6 */
	uint8_t prefix;	  /* length, of the family's own 32 or 128 */
	uint8_t addr[16]; /* as in fb_key: IPv4 as ::ffff:a.b.c.d */
};

/* Who is behind an address of a link, as the kernel's neighbour table has it. */
struct fb_netdev_neighbour {
	uint32_t ifindex;
	uint8_t family; /* FB_IPV4 or FB_IPV6 */
	uint8_t addr[16];
	uint8_t mac[6];
	uint32_t silent_ms; /* since the kernel last knew that it is there */
};

/* All optional. A rename is a `link` with another name; a move to another namespace a `link_gone`.
 */
struct fb_netdev_ops {
	void (*link)(void *ctx, const struct fb_netdev_link *link);
	void (*link_gone)(void *ctx, uint32_t ifindex, const char *name);
	void (*addr)(void *ctx, const struct fb_netdev_addr *addr);
	void (*addr_gone)(void *ctx, const struct fb_netdev_addr *addr);
	/* It is there, or was seen again; entries that are dropped are not told. */
	void (*neighbour)(void *ctx, const struct fb_netdev_neighbour *neighbour);
};

/* Subscribes to events; call fb_netdev_list next. */
int fb_netdev_new(const struct fb_netdev_ops *ops, void *ctx, struct fb_netdev **ret_netdev);
void fb_netdev_free(struct fb_netdev *netdev);

int fb_netdev_fd(const struct fb_netdev *netdev);

/*
 * Tell every link, every address and every neighbour by the callbacks, now; some of them again
 * where something changed meanwhile. What changes on and on may lack some, which the next
 * fb_netdev_read tells.
 */
int fb_netdev_list(struct fb_netdev *netdev);

/*
 * Tell by `ops` what there is now, on a socket of its own, and follow nothing. 0 or -errno; -EINTR:
 * something changed meanwhile, what was told may lack some. Needs no capability.
 */
int fb_netdev_dump(const struct fb_netdev_ops *ops, void *ctx);

/* What the hardware says now. Works without any capability. */
void fb_netdev_hardware(const struct fb_netdev *netdev, const char *name,
			struct fb_netdev_hardware *ret_hardware);

/*
 * Tell what happened. Returns 0, or -errno. When events were lost the lists are told again in
 * full: a link that is not told then is gone (fb_netdev_link_by_name gives -ENODEV).
 */
int fb_netdev_read(struct fb_netdev *netdev);

/* Ask the kernel for one link as it is now; -ENODEV. */
int fb_netdev_link_by_name(struct fb_netdev *netdev, const char *name,
			   struct fb_netdev_link *ret_link);
