/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How well connections do: of all, and of the worst groups of a field. A field that is said of the
 * server, such as its network, groups what the path from here to there does; one of the client the
 * path to that; others the whole of it. Any thread that holds the snapshot.
 */
#pragma once

#include "query/query.h"
#include "util/spread.h"

enum fb_path_measure {
	FB_PATH_LATENCY_UP, /* microseconds, as the fields of these names */
	FB_PATH_LATENCY_DOWN,
	FB_PATH_JITTER,
	FB_PATH_HANDSHAKE,
	FB_PATH_TLS,
	FB_PATH_DNS,
	FB_PATH_LOSS, /* parts in 10,000; without those that lost nothing */
	FB_PATH_MEASURES
};

enum fb_path_worst {
	FB_PATH_BY_LATENCY,
	FB_PATH_BY_JITTER,
	FB_PATH_BY_LOSS,
};

struct fb_path_sums {
	uint64_t flows; /* that are measured */
	uint64_t bytes, packets[2];
	uint64_t retrans[2], reordered[2], zero_windows[2];
};

struct fb_path_group {
	struct fb_flow_at first;	  /* its value of the field is the key */
	const struct fb_flow_name *label; /* of an address: its best name; NULL unknown */
	struct fb_path_sums sums;
	struct fb_spread latency, jitter; /* microseconds */
};

struct fb_paths_query {
	const struct fb_query *query;
	const struct fb_field *by;
	enum fb_path_worst worst;
	uint32_t n;
};

struct fb_paths {
	uint64_t flows; /* that match */
	struct fb_path_sums sums;
	struct fb_meter meter[FB_PATH_MEASURES];
	uint64_t n_groups; /* in all; those without the field are none */
	uint32_t n;
	struct fb_path_group *group; /* the worst first, by 90 in 100 of their flows; owned */
};

/* 0 or -ENOMEM; *ret_paths is to be freed by fb_paths_free. */
int fb_query_paths(const struct fb_snapshot *snapshot, const struct fb_paths_query *query,
		   struct fb_paths **ret_paths);
void fb_paths_free(struct fb_paths *paths);
void fb_paths_freep(struct fb_paths **paths);
#define _cleanup_paths_ __attribute__((__cleanup__(fb_paths_freep)))
