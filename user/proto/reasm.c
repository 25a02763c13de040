/* SPDX-License-Identifier: BSD-2-Clause */
/* Spans of a sparse buffer. */
#include "proto/reasm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 2048

void fb_reasm_init(struct fb_reasm *reasm, uint32_t limit)
{
	*reasm = (struct fb_reasm){.limit = limit};
}

void fb_reasm_fini(struct fb_reasm *reasm)
{
	free(reasm->data);
	*reasm = (struct fb_reasm){0};
}

void fb_reasm_clear(struct fb_reasm *reasm)
{
	struct fb_reasm clear = {.data = reasm->data, .limit = reasm->limit, .room = reasm->room};

	if (reasm->room > FIRST_ROOM) {
		free(reasm->data);
		clear.data = NULL;
		clear.room = 0;
	}
	*reasm = clear;
}

static int grow(struct fb_reasm *reasm, uint32_t need)
{
	uint32_t room = reasm->room ? reasm->room : FIRST_ROOM;
	uint8_t *data;

	if (need <= reasm->room)
		return 0;
	while (room < need)
		room *= 2;
	data = realloc(reasm->data, room);
	if (!data)
		return -ENOMEM;
	reasm->data = data;
	reasm->room = room;
	return 0;
}

static void compare(struct fb_reasm *reasm, uint32_t at, const uint8_t *data, uint32_t n)
{
	if (memcmp(reasm->data + at, data, n) == 0)
		return;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *there = &reasm->data[at + i];

		if (*there == 0 && data[i] != 0) {
			*there = data[i];
			reasm->rewritten = true;
		}
		reasm->overlap |= data[i] != 0 && *there != data[i];
	}
}

/* Write what is not there yet of [from, to), compare what is. */
static void fill(struct fb_reasm *reasm, uint32_t from, uint32_t to, const uint8_t *data)
{
	uint32_t at = from;

	for (uint32_t i = 0; i < reasm->n_spans && at < to; i++) {
		const struct fb_span *span = &reasm->span[i];
		uint32_t n;

		if (span->to <= at)
			continue;
		if (span->from >= to)
			break;
		if (span->from > at) {
			memcpy(reasm->data + at, data + (at - from), span->from - at);
			at = span->from;
		}
		n = (span->to < to ? span->to : to) - at;
		compare(reasm, at, data + (at - from), n);
		at += n;
	}
	if (at < to)
		memcpy(reasm->data + at, data + (at - from), to - at);
}

/* Enter [from, to) into the spans, joining those it touches. -ENOSPC: one gap too many. */
static int join(struct fb_reasm *reasm, uint32_t from, uint32_t to)
{
	uint32_t first = 0, last;

	while (first < reasm->n_spans && reasm->span[first].to < from)
		first++;
	last = first;
	while (last < reasm->n_spans && reasm->span[last].from <= to) {
		from = reasm->span[last].from < from ? reasm->span[last].from : from;
		to = reasm->span[last].to > to ? reasm->span[last].to : to;
		last++;
	}
	if (first == last && reasm->n_spans == FB_REASM_SPANS)
		return -ENOSPC;
	memmove(&reasm->span[first + 1], &reasm->span[last],
		(reasm->n_spans - last) * sizeof(*reasm->span));
	reasm->n_spans = reasm->n_spans - (last - first) + 1;
	reasm->span[first] = (struct fb_span){from, to};
	return 0;
}

static bool opens_gap(const struct fb_reasm *reasm, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < reasm->n_spans; i++)
		if (reasm->span[i].from <= to && reasm->span[i].to >= from)
			return false;
	return true;
}

int fb_reasm_put(struct fb_reasm *reasm, uint64_t offset, const uint8_t *data, size_t len)
{
	uint32_t from, to;
	int r;

	if (len == 0)
		return 0;
	if (offset >= reasm->limit) {
		reasm->truncated = true;
		return -ENOSPC;
	}
	if (len > reasm->limit - offset) {
		reasm->truncated = true;
		len = reasm->limit - offset;
	}
	from = (uint32_t)offset;
	to = from + (uint32_t)len;
	if (reasm->n_spans == FB_REASM_SPANS && opens_gap(reasm, from, to)) {
		reasm->truncated = true;
		return -ENOSPC;
	}
	r = grow(reasm, to);
	if (r < 0)
		return r;
	fill(reasm, from, to, data);
	return join(reasm, from, to);
}

int fb_reasm_shift(struct fb_reasm *reasm, uint32_t by)
{
	const uint32_t end = reasm->n_spans ? reasm->span[reasm->n_spans - 1].to : 0;

	if (by > reasm->limit || end > reasm->limit - by)
		return -ENOSPC;
	if (end == 0)
		return 0;
	if (grow(reasm, end + by) < 0)
		return -ENOMEM;
	memmove(reasm->data + by, reasm->data, end);
	for (uint32_t i = 0; i < reasm->n_spans; i++) {
		reasm->span[i].from += by;
		reasm->span[i].to += by;
	}
	return 0;
}

size_t fb_reasm_contiguous(const struct fb_reasm *reasm, uint32_t offset)
{
	for (uint32_t i = 0; i < reasm->n_spans; i++)
		if (reasm->span[i].from <= offset && offset < reasm->span[i].to)
			return reasm->span[i].to - offset;
	return 0;
}
