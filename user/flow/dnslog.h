/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of DNS that were read in a tick, for who tells each: questions, and the answers to them.
 * Made by the engine only where an exporter wants it; in a snapshot it never changes. What does not
 * fit into FB_DNSLOG_BYTES, of which no client has more than it leaves to all others, is counted.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FB_DNSLOG_BYTES (1u << 20)

struct fb_dnslog_entry {
	uint64_t flow; /* its id */
	uint64_t time; /* ns CLOCK_BOOTTIME */
	uint32_t len;
	uint8_t message[]; /* as it was sent, perhaps cut */
};

struct fb_dnslog {
	uint32_t used; /* bytes of entries, each a multiple of 8 */
	_Alignas(8) uint8_t entries[FB_DNSLOG_BYTES];
};

/* Bytes that one takes. */
static inline size_t fb_dnslog_size(size_t len)
{
	return (offsetof(struct fb_dnslog_entry, message) + len + 7) & ~(size_t)7;
}

/* The one behind `last` (NULL: the first); NULL when there is no more. `log` may be NULL. */
static inline const struct fb_dnslog_entry *fb_dnslog_next(const struct fb_dnslog *log,
							   const struct fb_dnslog_entry *last)
{
	const uint8_t *next = last  ? (const uint8_t *)last + fb_dnslog_size(last->len)
			      : log ? log->entries
				    : NULL;

	return next && next < log->entries + log->used ? (const void *)next : NULL;
}
