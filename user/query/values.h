/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The different values of one field in a snapshot, each with what the caller counts of it. Values
 * are found by their hash and told apart by themselves.
 */
#pragma once

#include "flow/fields.h"
#include "util/index.h"

/* What a value is known by; first in what the caller keeps of it. */
struct fb_value_key {
	union {
		uint8_t addr[16];
		uint64_t num;
		const char *text; /* as long as the snapshot; NULL: made when it is asked for */
	};
	uint32_t row; /* a record that has the value */
	uint8_t kind; /* FB_IPV4, FB_IPV6, or one of values.c's own */
};

struct fb_values {
	const struct fb_snapshot *snapshot;
	const struct fb_field *field;
	struct fb_index index;
	void *item; /* [n], of item_size bytes that begin with a key; in the order they came */
	size_t item_size;
	uint32_t n, size;
};

int fb_values_init(struct fb_values *values, const struct fb_snapshot *snapshot,
		   const struct fb_field *field, size_t item_size);
void fb_values_fini(struct fb_values *values);

/* The key of what record `row` has, and its hash. False: its value is not known. */
bool fb_values_key(const struct fb_values *values, uint32_t row, struct fb_value_key *ret_key,
		   uint64_t *ret_hash);
bool fb_value_is_known(const struct fb_value_key *key);

/* The key of a number that is no field's, such as a pair of numbers. */
void fb_values_number(uint64_t num, uint32_t row, struct fb_value_key *ret_key, uint64_t *ret_hash);

/*
 * The number of a value. One that was not there is added, with zeroes behind the key, and *ret_new
 * says so; FB_NONE: no memory.
 */
uint32_t fb_values_add(struct fb_values *values, const struct fb_value_key *key, uint64_t hash,
		       bool *ret_new);

/* What is looked up soon, in two steps: the index, and later the item that it leads to. */
static inline void fb_values_prefetch(const struct fb_values *values, uint64_t hash)
{
	fb_index_prefetch(&values->index, hash);
}

static inline void fb_values_prefetch_item(const struct fb_values *values, uint64_t hash)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	if (fb_index_next(&values->index, &it, &number))
		__builtin_prefetch((char *)values->item + number * values->item_size, 1);
}
