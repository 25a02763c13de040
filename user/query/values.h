/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The different values of one field in a snapshot, each with what the caller counts of it. Values
 * are found by their hash and told apart by themselves; IPv4 addresses by a hash that tells them
 * apart, and small numbers by a table.
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

#define FB_VALUE_MEMOS 64
#define FB_VALUE_SMALL 65536

struct fb_value_memo {
	const char *text;
	uint32_t number;
};

struct fb_values {
	const struct fb_snapshot *snapshot;
	const struct fb_field *field;
	struct fb_index index, index4; /* of others; of IPv4 addresses, by fb_permute */
	uint32_t *small;	       /* by number below FB_VALUE_SMALL; NULL: none came */
	uint32_t unknown;	       /* the number of "not known"; FB_NONE: it did not come */
	void *item; /* [n], of item_size bytes that begin with a key; in the order they came */
	size_t item_size;
	uint32_t n, size;
	struct fb_value_memo memo[FB_VALUE_MEMOS];
};

int fb_values_init(struct fb_values *values, const struct fb_snapshot *snapshot,
		   const struct fb_field *field, size_t item_size);
void fb_values_fini(struct fb_values *values);

bool fb_value_is_known(const struct fb_value_key *key);

/*
 * The numbers of what these records have: 0 for the first value that came, and so
 * on; "not known" is a value, too. One that was not there is added, with zeroes behind the key. In
 * steps, so that memory is on its way while the rest is looked at. 0 or -ENOMEM.
 */
int fb_values_number(struct fb_values *values, const struct fb_rows *rows, uint32_t *ret_number);

/* The same of pairs of numbers, whatever the field. */
int fb_values_number_pairs(struct fb_values *values, const struct fb_rows *rows,
			   const uint32_t *first, const uint32_t *second, uint32_t *ret_number);

/* An item that is known by its number only, and found by no other way. 0 or -ENOMEM. */
int fb_values_append(struct fb_values *values, const void *item);

/* -1, 0, 1, as fb_value_compare; most keys say it by themselves. */
int fb_values_compare(const struct fb_values *values, const struct fb_value_key *a,
		      const struct fb_value_key *b);
