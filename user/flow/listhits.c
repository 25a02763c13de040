/* SPDX-License-Identifier: BSD-2-Clause */
/* Chunks that never move: who was given a number reads without a lock. */
#include "flow/listhits.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/index.h"

#define CHUNK 256

static struct fb_listhits *chunks[FB_LISTHITS / CHUNK];
static struct fb_index numbers; /* by what the hits are */
static uint32_t n_hits = 1;
static uint64_t missed;

static uint64_t hash_of(const struct fb_listhits *hits)
{
	uint64_t hash = fb_hash(hits->entry, strlen(hits->entry), hits->n);

	for (unsigned int i = 0; i < hits->n; i++)
		hash = fb_hash(hits->list[i], strlen(hits->list[i]), hash);
	return hash;
}

static bool is_same(const struct fb_listhits *a, const struct fb_listhits *b)
{
	if (a->n != b->n || strcmp(a->entry, b->entry) != 0)
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (strcmp(a->list[i], b->list[i]) != 0)
			return false;
	return true;
}

static uint16_t find(const struct fb_listhits *hits, uint64_t hash)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	while (fb_index_next(&numbers, &it, &number))
		if (is_same(fb_listhits_get((uint16_t)number), hits))
			return (uint16_t)number;
	return 0;
}

/* Its texts, in one piece; false: memory is short. */
static bool copy(struct fb_listhits *to, const struct fb_listhits *from)
{
	size_t len = strlen(from->entry) + 1;
	char *text;

	for (unsigned int i = 0; i < from->n; i++)
		len += strlen(from->list[i]) + 1;
	text = malloc(len);
	if (!text)
		return false;
	to->n = from->n;
	to->entry = text;
	text = stpcpy(text, from->entry) + 1;
	for (unsigned int i = 0; i < from->n; i++) {
		to->list[i] = text;
		text = stpcpy(text, from->list[i]) + 1;
	}
	return true;
}

static uint16_t add(const struct fb_listhits *hits, uint64_t hash)
{
	struct fb_listhits **chunk = &chunks[n_hits / CHUNK], fresh = {0};

	if (n_hits == FB_LISTHITS)
		return 0;
	if (!*chunk)
		*chunk = calloc(CHUNK, sizeof(**chunk));
	if (!*chunk || !copy(&fresh, hits))
		return 0;
	if (fb_index_add(&numbers, hash, n_hits) < 0) {
		free((char *)fresh.entry);
		return 0;
	}
	(*chunk)[n_hits % CHUNK] = fresh;
	return (uint16_t)n_hits++;
}

uint16_t fb_listhits_number(const struct fb_listhits *hits)
{
	uint64_t hash;
	uint16_t number;

	if (!hits->n)
		return 0;
	if (!numbers.slot && fb_index_init(&numbers) < 0) {
		missed++;
		return 0;
	}
	hash = hash_of(hits);
	number = find(hits, hash);
	if (!number)
		number = add(hits, hash);
	missed += !number;
	return number;
}

const struct fb_listhits *fb_listhits_get(uint16_t number)
{
	return number ? &chunks[number / CHUNK][number % CHUNK] : NULL;
}

uint64_t fb_listhits_missed(void)
{
	return missed;
}
