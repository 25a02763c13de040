/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All flows at one tick, immutable and counted by reference: any thread may read one that it holds,
 * without a lock. Made by table/. Records stand in chunks that unchanged ticks share.
 */
#pragma once

#include <stdatomic.h>

#include <flowbpf/link.h>

#include "flow/devicelist.h"
#include "flow/flow.h"

/*
 * Records in a chunk. A tick copies the chunks of what it changes, so few: of a million flows it
 * copies the neighbours of those that moved, and not all of them.
 */
#define FB_FLOWS_SHIFT	 5
#define FB_TRAFFIC_SHIFT 4
#define FB_FLOWS	 (1u << FB_FLOWS_SHIFT)
#define FB_TRAFFICS	 (1u << FB_TRAFFIC_SHIFT)

#define FB_CHUNK	 256 /* records that readers take at once */

struct fb_flow_chunk {
	uint64_t epoch; /* of the tick that made it */
	struct fb_flow flow[FB_FLOWS];
};

struct fb_past_row;
struct fb_dnslog;
struct fb_screen;

struct fb_traffic_chunk {
	uint64_t epoch;
	_Alignas(64) struct fb_traffic traffic[FB_TRAFFICS];
};

/* Of TCP only, and only where it is measured; as many as of traffic. */
struct fb_quality_chunk {
	uint64_t epoch;
	struct fb_flow_quality quality[FB_TRAFFICS];
};

#define FB_ID_NUMBER  0x3ffffffu /* the bits of a flow's id that are its record's number */
#define FB_LINK_NAME  16

#define FB_WALL_STEPS 8 /* remembered; before those, the first one's offset goes on */

/* How the wall clock stood to CLOCK_BOOTTIME before it was set; oldest first. */
struct fb_wall {
	unsigned int n;
	struct {
		uint64_t until_ns;
		int64_t ahead_ms;
	} before[FB_WALL_STEPS];
};

struct fb_snapshot {
	atomic_uint refs;
	uint64_t serial; /* of all of this process, whoever made it; 0: it has none */
	uint64_t epoch;	 /* 1, 2, ... */
	uint64_t now_ns; /* CLOCK_BOOTTIME */
	int64_t wall_ms; /* since 1970, of the same moment */
	struct fb_wall wall;
	uint32_t n; /* records, free ones among them: 0 .. n - 1 */
	uint32_t live, closed;
	uint64_t new_flows;	/* that came into being in this tick */
	uint64_t interval_ns;	/* since the tick before; never 0 */
	int64_t stray_bytes[2]; /* by enum fb_dir: that moved in this tick, and no record has */
	/*
	 * Records of flows whose last packet is counted: closed for some seconds, their rows given
	 * back. Each flow once, and once more where packets of it came after that: the last word
	 * of an id is the one that counts. What goes on after a timeout does so before that.
	 */
	uint32_t *ended, n_ended;
	bool is_replay; /* of a capture: nothing goes on after its last packet */
	struct fb_flow_chunk **flows;
	struct fb_traffic_chunk **traffic;
	struct fb_quality_chunk **quality;   /* NULL: nothing is measured; nor of a chunk that is */
	char (*link_names)[FB_LINK_NAME];    /* [FB_LINK_MAX] */
	const struct fb_devicelist *devices; /* NULL: none are known */
	struct fb_past_row *const *past;     /* by record: of history; NULL: of now */
	const struct fb_screen *screen;	     /* flow/fields.h: what is not shown; NULL: all is */
	struct fb_dnslog *dns; /* flow/dnslog.h, from malloc; NULL: nothing was read */

	/* Called when the last reference is gone; frees it. */
	void (*release)(struct fb_snapshot *snapshot);
	void *maker; /* and what follows: its own */
	struct fb_snapshot *older, *newer;
};

#define FB_AHEAD FB_TRAFFICS /* records that one is on its way before a pass comes to it */

/* One flow of a snapshot, as getters and writers take it. */
struct fb_flow_at {
	const struct fb_snapshot *snapshot;
	const struct fb_flow *flow;
	const struct fb_traffic *traffic;
	const struct fb_past_row *past; /* flow/past.h: fields are read from it; NULL: of now */
};

/* The next serial. Any thread. */
uint64_t fb_snapshot_serial(void);

struct fb_snapshot *fb_snapshot_get(struct fb_snapshot *snapshot);
/* NULL is fine. Any thread. */
void fb_snapshot_put(struct fb_snapshot *snapshot);
void fb_snapshot_putp(struct fb_snapshot **snapshot);

#define _cleanup_snapshot_ __attribute__((__cleanup__(fb_snapshot_putp)))

static inline const struct fb_flow *fb_snapshot_flow(const struct fb_snapshot *snapshot, uint32_t i)
{
	return &snapshot->flows[i >> FB_FLOWS_SHIFT]->flow[i & (FB_FLOWS - 1)];
}

static inline const struct fb_traffic *fb_snapshot_traffic(const struct fb_snapshot *snapshot,
							   uint32_t i)
{
	return &snapshot->traffic[i >> FB_TRAFFIC_SHIFT]->traffic[i & (FB_TRAFFICS - 1)];
}

/* Records lie in pieces that the processor does not guess: they are sent for, any `i` will do. */
static inline void fb_snapshot_send_for(const struct fb_snapshot *snapshot, uint32_t i)
{
	const char *flow;

	if (i >= snapshot->n)
		return;
	flow = (const char *)fb_snapshot_flow(snapshot, i);
	for (size_t at = 0; at < sizeof(struct fb_flow); at += 64)
		__builtin_prefetch(flow + at);
	__builtin_prefetch(fb_snapshot_traffic(snapshot, i));
}

/* All of those that stand together from `i` on, FB_TRAFFICS of them. */
static inline void fb_snapshot_send_for_some(const struct fb_snapshot *snapshot, uint32_t i)
{
	const char *flow, *traffic;

	if (i >= snapshot->n)
		return;
	flow = (const char *)fb_snapshot_flow(snapshot, i);
	traffic = (const char *)fb_snapshot_traffic(snapshot, i);
	for (size_t at = 0; at < FB_TRAFFICS * sizeof(struct fb_flow); at += 64)
		__builtin_prefetch(flow + at);
	for (size_t at = 0; at < FB_TRAFFICS * sizeof(struct fb_traffic); at += 64)
		__builtin_prefetch(traffic + at);
}

/* NULL: not known. */
static inline const struct fb_flow_quality *fb_snapshot_quality(const struct fb_snapshot *snapshot,
								uint32_t i)
{
	const struct fb_quality_chunk *chunk =
		snapshot->quality ? snapshot->quality[i >> FB_TRAFFIC_SHIFT] : NULL;
	const struct fb_flow_quality *quality =
		chunk ? &chunk->quality[i & (FB_TRAFFICS - 1)] : NULL;

	return quality && quality->generation ? quality : NULL;
}

/* Record `i` (0 .. n - 1); false when it is free. */
static inline bool fb_snapshot_at(const struct fb_snapshot *snapshot, uint32_t i,
				  struct fb_flow_at *ret_at)
{
	ret_at->snapshot = snapshot;
	ret_at->flow = fb_snapshot_flow(snapshot, i);
	ret_at->traffic = fb_snapshot_traffic(snapshot, i);
	ret_at->past = snapshot->past ? snapshot->past[i] : NULL;
	return ret_at->flow->id != 0;
}

/* Records of a chunk that take part in something, each as getters take it. */
struct fb_rows {
	uint32_t n;
	uint32_t row[FB_CHUNK];
	struct fb_flow_at at[FB_CHUNK];
};

static inline void fb_rows_add(struct fb_rows *rows, uint32_t row, const struct fb_flow_at *at)
{
	rows->row[rows->n] = row;
	rows->at[rows->n++] = *at;
}

/* To the nearest: a tick is a little longer than its second. */
static inline uint64_t fb_per_interval(int64_t n, double interval_ns)
{
	return n > 0 ? (uint64_t)((double)n * 1e9 / interval_ns + 0.5) : 0;
}

static inline uint64_t fb_per_second(int64_t n, const struct fb_snapshot *snapshot)
{
	return fb_per_interval(n, (double)snapshot->interval_ns);
}

/* Bytes and packets a second, over the tick. */
static inline uint64_t fb_flow_rate(const struct fb_flow_at *at, int dir)
{
	return fb_per_second(at->traffic->moved_bytes[dir], at->snapshot);
}

static inline uint64_t fb_flow_pps(const struct fb_flow_at *at, int dir)
{
	return fb_per_second(at->traffic->moved_packets[dir], at->snapshot);
}

/* Of both directions. */
static inline uint64_t fb_flow_rates(const struct fb_flow_at *at)
{
	return fb_flow_rate(at, FB_UP) + fb_flow_rate(at, FB_DOWN);
}

/*
 * The first record from `i` on that may have moved in this tick; n when there is none. Chunks that
 * an earlier tick made are passed by.
 */
static inline uint32_t fb_snapshot_next_moved(const struct fb_snapshot *snapshot, uint32_t i)
{
	while (i < snapshot->n &&
	       snapshot->traffic[i >> FB_TRAFFIC_SHIFT]->epoch != snapshot->epoch)
		i = (i | (FB_TRAFFICS - 1)) + 1;
	return i < snapshot->n ? i : snapshot->n;
}

/* By id, at no cost; false when there is none of that id. */
bool fb_snapshot_find(const struct fb_snapshot *snapshot, uint64_t id, struct fb_flow_at *ret_at);

/* The name of a link number; "" unknown. */
const char *fb_snapshot_link(const struct fb_snapshot *snapshot, uint16_t link);

/* Wall clock, ms since 1970, of a CLOCK_BOOTTIME moment, as it was then. */
static inline int64_t fb_snapshot_wall_ms(const struct fb_snapshot *snapshot, uint64_t ns)
{
	const struct fb_wall *wall = &snapshot->wall;

	for (unsigned int i = 0; i < wall->n; i++)
		if (ns < wall->before[i].until_ns)
			return wall->before[i].ahead_ms + (int64_t)(ns / 1000000);
	return snapshot->wall_ms - (int64_t)(snapshot->now_ns / 1000000) + (int64_t)(ns / 1000000);
}
