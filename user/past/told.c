/* SPDX-License-Identifier: BSD-2-Clause */
#include "past/told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"

struct entry {
	uint64_t id; /* 0: none */
	uint64_t packets[2], bytes[2];
	uint64_t time; /* 0: nothing was told */
	uint32_t src;  /* hash of the client, to see that its ends were turned */
	uint8_t once;
};

struct fb_told {
	struct entry *entry; /* [n] */
	uint32_t n;
	uint64_t excess;
};

int fb_told_new(struct fb_told **ret_told)
{
	*ret_told = calloc(1, sizeof(**ret_told));
	return *ret_told ? 0 : -ENOMEM;
}

void fb_told_free(struct fb_told *told)
{
	if (!told)
		return;
	free(told->entry);
	free(told);
}

int fb_told_begin(struct fb_told *told, const struct fb_snapshot *snapshot)
{
	const uint32_t size = snapshot->n + snapshot->n / 4 + 64;
	struct entry *more;

	if (snapshot->n <= told->n)
		return 0;
	more = realloc(told->entry, size * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + told->n, 0, (size - told->n) * sizeof(*more));
	told->entry = more;
	told->n = size;
	return 0;
}

static void turn(struct entry *entry)
{
	const uint64_t packets = entry->packets[0], bytes = entry->bytes[0];

	entry->packets[0] = entry->packets[1];
	entry->packets[1] = packets;
	entry->bytes[0] = entry->bytes[1];
	entry->bytes[1] = bytes;
}

static struct entry *entry_of(struct fb_told *told, const struct fb_flow *flow)
{
	struct entry *entry = &told->entry[flow->id & FB_ID_NUMBER];
	const uint32_t src = (uint32_t)fb_hash(flow->src, sizeof(flow->src), flow->src_port);

	if (entry->id != flow->id)
		*entry = (struct entry){.id = flow->id, .src = src};
	if (entry->src != src) {
		turn(entry);
		entry->src = src;
	}
	return entry;
}

static uint64_t more_than(uint64_t now, uint64_t told)
{
	return now > told ? now - told : 0;
}

bool fb_told_part(struct fb_told *told, const struct fb_flow_at *at, struct fb_told_part *ret_part)
{
	const struct entry *entry = entry_of(told, at->flow);
	uint64_t any = 0;

	*ret_part = (struct fb_told_part){
		.since_ns = entry->time ? entry->time : at->flow->first_seen,
		.first = !entry->time,
	};
	for (int dir = 0; dir < 2; dir++) {
		ret_part->packets[dir] = more_than(at->traffic->packets[dir], entry->packets[dir]);
		ret_part->bytes[dir] = more_than(at->traffic->bytes[dir], entry->bytes[dir]);
		any |= ret_part->packets[dir] | ret_part->bytes[dir];
	}
	return any != 0;
}

void fb_told_mark(struct fb_told *told, const struct fb_flow_at *at)
{
	struct entry *entry = entry_of(told, at->flow);

	for (int dir = 0; dir < 2; dir++) {
		const uint64_t packets = at->traffic->packets[dir], bytes = at->traffic->bytes[dir];

		told->excess += more_than(entry->bytes[dir], bytes);
		if (packets > entry->packets[dir])
			entry->packets[dir] = packets;
		if (bytes > entry->bytes[dir])
			entry->bytes[dir] = bytes;
	}
	entry->time = at->snapshot->now_ns;
}

bool fb_told_once(struct fb_told *told, const struct fb_flow_at *at, unsigned int bit)
{
	struct entry *entry = entry_of(told, at->flow);
	const bool first = !(entry->once & (1u << bit));

	entry->once |= (uint8_t)(1u << bit);
	return first;
}

uint64_t fb_told_excess(const struct fb_told *told)
{
	return told->excess;
}
