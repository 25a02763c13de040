/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounds-checked reader over bytes from a stranger. Reading past the end gives zeros and sets
 * `bad`, once and for good, so that a parser checks at the end of a step and not at every byte.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_bytes {
	const uint8_t *at, *end;
	bool bad; /* something was read that is not there */
};

static inline struct fb_bytes fb_bytes(const void *data, size_t len)
{
	/* an empty buffer may be NULL, to which C adds nothing, not even 0 */
	return (struct fb_bytes){.at = data, .end = len ? (const uint8_t *)data + len : data};
}

static inline size_t fb_bytes_left(const struct fb_bytes *bytes)
{
	return bytes->bad ? 0 : (size_t)(bytes->end - bytes->at);
}

/* `n` bytes, or NULL and bad. */
static inline const uint8_t *fb_bytes_take(struct fb_bytes *bytes, size_t n)
{
	const uint8_t *taken = bytes->at;

	if (n > fb_bytes_left(bytes)) {
		bytes->bad = true;
		return NULL;
	}
	if (n > 0)
		bytes->at += n;
	return taken;
}

/* A big-endian number of `n` <= 8 bytes. */
static inline uint64_t fb_bytes_be(struct fb_bytes *bytes, size_t n)
{
	const uint8_t *taken = fb_bytes_take(bytes, n);
	uint64_t value = 0;

	for (size_t i = 0; taken && i < n; i++)
		value = value << 8 | taken[i];
	return value;
}

static inline uint8_t fb_bytes_u8(struct fb_bytes *bytes)
{
	return (uint8_t)fb_bytes_be(bytes, 1);
}

static inline uint16_t fb_bytes_u16(struct fb_bytes *bytes)
{
	return (uint16_t)fb_bytes_be(bytes, 2);
}

static inline uint32_t fb_bytes_u24(struct fb_bytes *bytes)
{
	return (uint32_t)fb_bytes_be(bytes, 3);
}

static inline uint32_t fb_bytes_u32(struct fb_bytes *bytes)
{
	return (uint32_t)fb_bytes_be(bytes, 4);
}

/* The next `n` bytes as a reader of their own: bad, and empty, if they are not there. */
static inline struct fb_bytes fb_bytes_sub(struct fb_bytes *bytes, size_t n)
{
	const uint8_t *taken = fb_bytes_take(bytes, n);

	return taken ? fb_bytes(taken, n) : (struct fb_bytes){.bad = true};
}

/* A vector behind its length of `width` bytes. */
static inline struct fb_bytes fb_bytes_vector(struct fb_bytes *bytes, size_t width)
{
	const uint64_t n = fb_bytes_be(bytes, width);

	return bytes->bad ? (struct fb_bytes){.bad = true} : fb_bytes_sub(bytes, n);
}
