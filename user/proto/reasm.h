/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The start of a stream from pieces in any order: TCP segments by sequence number, QUIC CRYPTO
 * frames by offset. Where pieces overlap, the bytes that came first stay, and `overlap` tells if
 * later ones disagreed; but zeros, with which some senders fill keepalives and acknowledgements,
 * give way to other bytes, unflagged. Bounded by `limit` bytes and FB_REASM_SPANS gaps; memory
 * grows with what came. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_REASM_SPANS 32

struct fb_span {
	uint32_t from, to;
};

struct fb_reasm {
	uint8_t *data;	/* owned */
	uint32_t limit; /* bytes at most */
	uint32_t room;
	uint32_t n_spans; /* in order, apart from each other */
	struct fb_span span[FB_REASM_SPANS];
	bool overlap;	/* two pieces disagreed about a byte */
	bool rewritten; /* zeros gave way: what was read of them is not true any more */
	bool truncated; /* something lay beyond the limit, or in too many pieces */
};

void fb_reasm_init(struct fb_reasm *reasm, uint32_t limit);
void fb_reasm_fini(struct fb_reasm *reasm);
/* For another stream of the same limit; memory that most need is kept. */
void fb_reasm_clear(struct fb_reasm *reasm);

/* Place `len` bytes at `offset`. 0; -ENOSPC when nothing of it fits the limits; -ENOMEM. */
int fb_reasm_put(struct fb_reasm *reasm, uint64_t offset, const uint8_t *data, size_t len);

/* Move everything up by `by` bytes: the stream turned out to start earlier. -ENOSPC. */
int fb_reasm_shift(struct fb_reasm *reasm, uint32_t by);

/* Bytes that are there without a gap from `offset` on. */
size_t fb_reasm_contiguous(const struct fb_reasm *reasm, uint32_t offset);
