/* SPDX-License-Identifier: BSD-2-Clause */
/* Values by hash, and by themselves; see the header. */
#include "query/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/bulk.h"

#define FIRST_ITEMS 64

/* Beside the families of addresses. */
enum { UNKNOWN, NUMBER, TEXT };

int fb_values_init(struct fb_values *values, const struct fb_snapshot *snapshot,
		   const struct fb_field *field, size_t item_size)
{
	*values = (struct fb_values){snapshot, field, .item_size = item_size};
	return fb_index_init(&values->index);
}

void fb_values_fini(struct fb_values *values)
{
	free(values->item);
	fb_index_fini(&values->index);
}

bool fb_values_key(const struct fb_values *values, uint32_t row, struct fb_value_key *ret_key,
		   uint64_t *ret_hash)
{
	struct fb_flow_at at;
	struct fb_value value;

	fb_snapshot_at(values->snapshot, row, &at);
	fb_field_get(values->field, &at, &value);
	*ret_key = (struct fb_value_key){.row = row};
	*ret_hash = 0;
	if (!value.known)
		return false;
	if (value.addr && !value.text) { /* an endpoint is more than its address */
		memcpy(ret_key->addr, value.addr, 16);
		ret_key->kind = value.family;
		*ret_hash = fb_hash(value.addr, 16, value.family);
	} else if (value.text) {
		ret_key->text = value.text == value.buf ? NULL : value.text;
		ret_key->kind = TEXT;
		*ret_hash = fb_hash(value.text, strlen(value.text), TEXT);
	} else {
		fb_values_number(value.num, row, ret_key, ret_hash);
	}
	return true;
}

void fb_values_number(uint64_t num, uint32_t row, struct fb_value_key *ret_key, uint64_t *ret_hash)
{
	*ret_key = (struct fb_value_key){.num = num, .row = row, .kind = NUMBER};
	*ret_hash = fb_hash(&num, sizeof(num), NUMBER);
}

bool fb_value_is_known(const struct fb_value_key *key)
{
	return key->kind != UNKNOWN;
}

/* The text of a key; `value` is room for one that is made. */
static const char *text_of(const struct fb_values *values, const struct fb_value_key *key,
			   struct fb_value *value)
{
	struct fb_flow_at at;

	if (key->text)
		return key->text;
	fb_snapshot_at(values->snapshot, key->row, &at);
	fb_field_get(values->field, &at, value);
	return value->text;
}

static bool is_same(const struct fb_values *values, const struct fb_value_key *a,
		    const struct fb_value_key *b)
{
	struct fb_value value_a, value_b;

	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case UNKNOWN:
		return true;
	case NUMBER:
		return a->num == b->num;
	case TEXT:
		return (a->text && a->text == b->text) ||
		       !strcmp(text_of(values, a, &value_a), text_of(values, b, &value_b));
	default:
		return !memcmp(a->addr, b->addr, 16);
	}
}

static void *item_at(const struct fb_values *values, uint32_t number)
{
	return (char *)values->item + number * values->item_size;
}

static uint32_t find(const struct fb_values *values, const struct fb_value_key *key, uint64_t hash)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	while (fb_index_next(&values->index, &it, &number))
		if (is_same(values, item_at(values, number), key))
			return number;
	return FB_NONE;
}

uint32_t fb_values_add(struct fb_values *values, const struct fb_value_key *key, uint64_t hash,
		       bool *ret_new)
{
	uint32_t number = find(values, key, hash);

	*ret_new = number == FB_NONE;
	if (!*ret_new)
		return number;
	if (values->n == values->size) {
		uint32_t size = values->size ? values->size * 2 : FIRST_ITEMS;
		void *larger = fb_bulk_grow(values->item, values->n * values->item_size,
					    size * values->item_size);

		if (!larger)
			return FB_NONE;
		values->item = larger;
		values->size = size;
	}
	if (fb_index_add(&values->index, hash, values->n) < 0)
		return FB_NONE;
	number = values->n++;
	memset(item_at(values, number), 0, values->item_size);
	memcpy(item_at(values, number), key, sizeof(*key));
	return number;
}
