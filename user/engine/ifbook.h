/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All interfaces of this machine, attached or not, as the kernel counts them: read once a tick by
 * the engine's thread, copied out for any other.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/netdev.h"

#define FB_IFBOOK_MOST	 1024 /* interfaces; those beyond are counted */
#define FB_IFBOOK_ADDRS	 16   /* addresses of one; those beyond are counted */
#define FB_IFBOOK_RECENT 60   /* seconds of which rates are kept */

enum fb_ifbook_way {
	FB_IFBOOK_RX,
	FB_IFBOOK_TX,
	FB_IFBOOK_WAYS,
};

/* A second, of the time between the last two readings. */
struct fb_ifbook_rates {
	bool known; /* it was there at both, and counted on */
	double bytes[FB_IFBOOK_WAYS], packets[FB_IFBOOK_WAYS];
	double errors[FB_IFBOOK_WAYS], dropped[FB_IFBOOK_WAYS];
};

struct fb_ifbook_entry {
	struct fb_netdev_link link;
	struct fb_netdev_hardware hardware;
	bool queue_known;
	uint32_t queue_dropped; /* by its root queue (qdisc); wraps */
	unsigned int n_addrs, more_addrs;
	struct fb_netdev_addr addr[FB_IFBOOK_ADDRS];
	struct fb_ifbook_rates rates;
	unsigned int n_recent; /* of these, the newest last: bytes a second */
	float recent[FB_IFBOOK_WAYS][FB_IFBOOK_RECENT];
};

struct fb_ifbook_set {
	struct fb_ifbook_entry *entry; /* owned */
	unsigned int n, cap, left_out;
	uint32_t ifindex[FB_IFBOOK_MOST]; /* of each entry: what is searched, close together */
	uint64_t read_ns;		  /* CLOCK_MONOTONIC; 0: never */
	int64_t read_ms;		  /* the same, wall clock */
};

struct fb_ifbook {
	const struct fb_netdev *netdev; /* borrowed */
	bool open;
	unsigned int turn;	    /* whose driver is asked next */
	struct fb_ifbook_set fresh; /* the engine's thread's */

	pthread_mutex_t lock; /* protects the rest */
	struct fb_ifbook_set shown;
};

/* A copy, of one moment. */
struct fb_ifbook_list {
	struct fb_ifbook_entry *entry; /* the caller frees it */
	unsigned int n, left_out;
	int64_t read_ms; /* wall clock; 0: never */
};

void fb_ifbook_open(struct fb_ifbook *book, const struct fb_netdev *netdev);
/* A zeroed book is fine. */
void fb_ifbook_close(struct fb_ifbook *book);

/* Read all; what was read before stays where that fails: -errno. The engine's thread. */
int fb_ifbook_tick(struct fb_ifbook *book, uint64_t now_ns, int64_t wall_ms);

/* 0 or -ENOMEM. Any thread. */
int fb_ifbook_list(struct fb_ifbook *book, struct fb_ifbook_list *ret_list);
