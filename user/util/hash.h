/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one hash of memory. It is keyed, with words drawn when the program starts: strangers choose
 * what is hashed here (addresses, ports, names), and whoever does not know the key cannot choose
 * what collides. Equal hashes do not mean equal values: who looks something up compares.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `kind` tells equal bytes of different meaning apart: a family, a type. */
uint64_t fb_hash(const void *data, size_t len, uint64_t kind);

/* The same as of 16 bytes, and of a number's 8: a list of a million flows asks for each. */
uint64_t fb_hash_addr(const uint8_t addr[static 16], uint64_t kind);
uint64_t fb_hash_number(uint64_t number, uint64_t kind);

/* By a key that everybody knows, so the same in every run: for ids that are shown, not for tables.
 */
uint64_t fb_hash_fixed(const void *data, size_t len);

/*
 * For what is looked up by several of its parts, and by some of them in many tables: each part is
 * hashed once, and joined with the others as often as need be. Words are those of the process, or
 * if not `secret` those that everybody knows.
 */
struct fb_hash_words {
	uint64_t a, b;
};

struct fb_hash_words fb_hash_words(bool secret);

static inline uint64_t fb_hash_fold(uint64_t a, uint64_t b)
{
	const __uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t fb_hash_join(const struct fb_hash_words *words, uint64_t a, uint64_t b)
{
	return fb_hash_fold(a ^ words->a, b ^ words->b);
}
