/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With whom inside hosts talk: a host that speaks to somebody whom it never spoke to before is told
 * of, once it was watched for an hour. Names of one owner are one destination (the last two labels,
 * three under "co.uk" and the like), as are, without a name, outside addresses of one network (/24,
 * /48), for what stands behind a name changes its address all day.
 *
 * Bounded: FB_PEERS pairs and FB_PEERS_NEW reports; where none is free, the oldest of the host that
 * has most makes room, and that host is watched anew. One thread feeds, any may read.
 */
#pragma once

#include "flow/consumer.h"
#include "flow/person.h"

#define FB_PEERS	 32768
#define FB_PEERS_NEW	 256
#define FB_PEERS_LEARN_S 3600

struct fb_new_peer {
	int64_t time_ms; /* wall clock: when the flow began */
	uint64_t flow;
	uint8_t src[16], dst[16], family, proto;
	uint16_t port;
	const char *service;		 /* interned; NULL: unknown */
	char src_host[64], dst_host[64]; /* cut; empty: unknown */
};

struct fb_peers;

/* 0 or -ENOMEM. */
int fb_peers_new(struct fb_peers **ret_peers);
/* NULL is fine. */
void fb_peers_free(struct fb_peers *peers);

/* Feeds them, its context. */
extern const struct fb_consumer_ops fb_peers_consumer;

/* Copy the newest first, at most FB_PEERS_NEW; returns how many. */
unsigned int fb_peers_read(struct fb_peers *peers, struct fb_new_peer list[static FB_PEERS_NEW]);

/* Reports about them go; returns how many. Pairs are hashes of both ends, and stay. */
unsigned int fb_peers_erase(struct fb_peers *peers, const struct fb_person *who);

struct fb_peers_counts {
	uint32_t hosts, pairs; /* remembered */
	uint64_t forgotten;    /* pairs that made room */
};

void fb_peers_counts(struct fb_peers *peers, struct fb_peers_counts *ret_counts);
