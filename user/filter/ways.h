/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A filter as the ways in which a flow can be one of it, where it is wholly about ends, ports, the
 * protocol and the name of the server: what packets show by themselves. Whoever matches packets
 * takes it from here.
 */
#pragma once

#include "filter/filter.h"

struct fb_way_end {
	uint8_t from[16], to[16], family; /* 0: any address */
	bool has_port;
	uint16_t low, high; /* from 1 on */
};

enum fb_way_name { FB_WAY_IS = 1, FB_WAY_BELOW = 2 };

/* All of this holds. */
struct fb_way {
	struct fb_way_end end[2];
	bool client;   /* end 0 is the client; else either may be end 0 */
	bool name_any; /* it may be the name by which the address is known, not the hello's, too */
	uint8_t name_how; /* enum fb_way_name; 0: any name, or none */
	uint8_t name_len;
	int16_t proto;	  /* -1: any */
	const char *name; /* of the filter, not NUL-terminated; without a dot at its end */
};

#define FB_WAYS 1024

/*
 * The ways, of which one has to hold and is enough, FB_WAYS at most: how many; 0: it is about more,
 * says what must not be, or there are too many. -ENOMEM.
 */
int fb_filter_ways(const struct fb_filter *filter, struct fb_way ways[static FB_WAYS]);

/* Is the filter about these fields alone, and never about what must not be? And about a name? */
bool fb_filter_is_plain(const struct fb_filter *filter, bool *ret_named);

/* Is it about lists alone, and never about what must not be? And of one of this name, too? */
bool fb_filter_is_lists(const struct fb_filter *filter);
bool fb_filter_has_list(const struct fb_filter *filter, const char *name);
