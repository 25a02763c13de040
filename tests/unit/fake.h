/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot without a table: flows as a test writes them, for those who only read. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "flow/snapshot.h"

struct fake {
	struct fb_snapshot snapshot;
	char links[FB_LINK_MAX][FB_LINK_NAME];
};

/* Nothing is counted by reference: fake_free ends it. */
static inline void fake_release(struct fb_snapshot *snapshot)
{
	(void)snapshot;
}

/* `n` free records at one moment, a second after the tick before; interface 1 is lan0. */
static inline struct fake *fake_new(uint32_t n)
{
	const uint32_t flows = n / FB_FLOWS + 1, traffic = n / FB_TRAFFICS + 1;
	struct fake *fake = calloc(1, sizeof(*fake));

	if (!fake)
		abort();
	fake->links[1][0] = 'l', fake->links[1][1] = 'a';
	fake->links[1][2] = 'n', fake->links[1][3] = '0';
	fake->snapshot = (struct fb_snapshot){
		.refs = 1,
		.epoch = 1,
		.now_ns = 50000000000000,
		.wall_ms = 1795224011201,
		.n = n,
		.live = n,
		.interval_ns = 1000000000,
		.flows = calloc(flows, sizeof(struct fb_flow_chunk *)),
		.traffic = calloc(traffic, sizeof(struct fb_traffic_chunk *)),
		.link_names = fake->links,
		.release = fake_release,
	};
	for (uint32_t i = 0; i < flows; i++) {
		fake->snapshot.flows[i] = calloc(1, sizeof(struct fb_flow_chunk));
		if (!fake->snapshot.flows[i])
			abort();
		fake->snapshot.flows[i]->epoch = 1;
	}
	for (uint32_t i = 0; i < traffic; i++) {
		fake->snapshot.traffic[i] = aligned_alloc(64, sizeof(struct fb_traffic_chunk));
		if (!fake->snapshot.traffic[i])
			abort();
		*fake->snapshot.traffic[i] = (struct fb_traffic_chunk){.epoch = 1};
	}
	return fake;
}

static inline void fake_free(struct fake *fake)
{
	for (uint32_t i = 0; i < fake->snapshot.n / FB_FLOWS + 1; i++)
		free(fake->snapshot.flows[i]);
	for (uint32_t i = 0; i < fake->snapshot.n / FB_TRAFFICS + 1; i++)
		free(fake->snapshot.traffic[i]);
	free(fake->snapshot.flows);
	free(fake->snapshot.traffic);
	free(fake);
}

/* Record `i`, to be written. */
static inline struct fb_flow *fake_flow(struct fake *fake, uint32_t i)
{
	return &fake->snapshot.flows[i / FB_FLOWS]->flow[i % FB_FLOWS];
}

static inline struct fb_traffic *fake_traffic(struct fake *fake, uint32_t i)
{
	return &fake->snapshot.traffic[i / FB_TRAFFICS]->traffic[i % FB_TRAFFICS];
}

static inline struct fb_flow_at fake_at(const struct fake *fake, uint32_t i)
{
	return (struct fb_flow_at){&fake->snapshot, fb_snapshot_flow(&fake->snapshot, i),
				   fb_snapshot_traffic(&fake->snapshot, i), NULL};
}
