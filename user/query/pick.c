/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys, comparison and selection; see the header. */
#include "query/pick.h"
#include "flow/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 1024 /* beyond what is kept, so that a cut pays for many rows */

/* Seven bytes, and eight more; both in the order of strcasecmp. Is that all of it? */
static bool text_keys(const char *text, uint64_t key[2])
{
	key[0] = key[1] = 0;
	for (int i = 0; i < 15; i++) {
		key[i >= 7] = key[i >= 7] << 8 | (uint64_t)tolower((unsigned char)*text);
		text += *text != '\0';
	}
	key[0]++;
	return (key[1] & 0xff) == 0;
}

/* IPv4 before IPv6; of an IPv6 address all but the last bit. */
static bool ip_keys(const struct fb_value *value, uint64_t key[2])
{
	uint64_t high = 0, low = 0;

	for (int i = 0; i < 8; i++) {
		high = high << 8 | value->addr[i];
		low = low << 8 | value->addr[8 + i];
	}
	key[0] = value->family == FB_IPV4 ? (low & 0xffffffff) + 1 : 1ull << 63 | high >> 1;
	key[1] = value->family == FB_IPV4 ? 0 : high << 63 | low >> 1;
	return value->family == FB_IPV4;
}

/* Fields whose values do not fit one key, but take both. */
static bool is_wide(const struct fb_field *field)
{
	return field->type == FB_TYPE_IP || field->type == FB_TYPE_TEXT ||
	       field->type == FB_TYPE_ENUM;
}

/* Values in order are keys in order, 0 is not known. True: different values, different keys. */
static bool make_keys(const struct fb_field *field, const struct fb_flow_at *at, uint64_t key[2])
{
	struct fb_value value;

	fb_field_get(field, at, &value);
	key[0] = key[1] = 0;
	if (!value.known)
		return true;
	if (field->type == FB_TYPE_IP)
		return ip_keys(&value, key);
	if (is_wide(field))
		return text_keys(value.text, key);
	key[0] = value.num < UINT64_MAX ? value.num + 1 : value.num;
	return true;
}

/* By the sorts from `from` on: negative if a comes first. */
static int compare_rows(const struct fb_pick *pick, unsigned int from, uint32_t a, uint32_t b)
{
	struct fb_flow_at at_a, at_b;
	struct fb_value value_a, value_b;

	fb_snapshot_at(pick->snapshot, a, &at_a);
	fb_snapshot_at(pick->snapshot, b, &at_b);
	for (unsigned int i = from; i < pick->n_sorts; i++) {
		const struct fb_sort *sort = &pick->sort[i];
		int order;

		fb_field_get(sort->field, &at_a, &value_a);
		fb_field_get(sort->field, &at_b, &value_b);
		order = fb_value_compare(sort->field, &value_a, &value_b);
		if (order)
			return sort->descending ? -order : order;
	}
	return 0;
}

static int compare_items(const void *a_, const void *b_, void *pick_)
{
	const struct fb_pick *pick = pick_;
	const struct fb_pick_item *a = a_, *b = b_;
	int order = 0;

	for (int i = 0; i < 2; i++)
		if (a->key[i] != b->key[i])
			return (a->key[i] < b->key[i]) == pick->descending[i] ? 1 : -1;
	/* keys that are equal decide equally many sorts */
	if (pick->n_sorts > a->decided)
		order = compare_rows(pick, a->decided, a->row, b->row);
	return order ? order : (a->id > b->id) - (a->id < b->id); /* so every order is total */
}

static bool comes_first(const struct fb_pick *pick, const struct fb_pick_item *a,
			const struct fb_pick_item *b)
{
	return compare_items(a, b, (void *)pick) < 0;
}

/* Reorder so that the `k` that come first are in item[0 .. k - 1], the last of them at k - 1. */
static void select_first(struct fb_pick *pick, uint32_t k)
{
	struct fb_pick_item *item = pick->item, pivot, swap;
	uint32_t low = 0, high = pick->n - 1;

	while (low < high) {
		uint32_t i = low, j = high;

		/* No order that rows come in makes this slow but by bad luck. */
		pick->seed = pick->seed * 1664525 + 1013904223;
		pivot = item[low + (uint32_t)(((uint64_t)(high - low) * pick->seed) >> 32)];
		for (;;) {
			while (comes_first(pick, &item[i], &pivot))
				i++;
			while (comes_first(pick, &pivot, &item[j]))
				j--;
			if (i >= j)
				break;
			swap = item[i];
			item[i++] = item[j];
			item[j--] = swap;
		}
		if (k - 1 <= j)
			high = j;
		else
			low = j + 1;
	}
}

static void cut(struct fb_pick *pick)
{
	if (pick->n <= pick->keep)
		return;
	select_first(pick, pick->keep);
	pick->n = pick->keep;
	pick->worst = pick->item[pick->keep - 1];
	pick->cut = true;
}

static void take_sorts(struct fb_pick *pick, const struct fb_query *query)
{
	pick->n_sorts = query->n_sorts;
	memcpy(pick->sort, query->sort, sizeof(pick->sort));
	if (!pick->n_sorts) {
		pick->sort[0] = (struct fb_sort){&fb_fields[FB_FIELD_rate], 0, true};
		pick->sort[1] = (struct fb_sort){&fb_fields[FB_FIELD_last_seen], 0, true};
		pick->n_sorts = 2;
	}
	pick->wide = is_wide(pick->sort[0].field);
	pick->descending[0] = pick->sort[0].descending;
	pick->descending[1] = pick->sort[!pick->wide && pick->n_sorts > 1].descending;
}

int fb_pick_init(struct fb_pick *pick, const struct fb_snapshot *snapshot,
		 const struct fb_query *query)
{
	const uint64_t wanted = query->limit ? (uint64_t)query->offset + query->limit : 0;
	uint64_t size;

	*pick = (struct fb_pick){
		.snapshot = snapshot,
		.from = query->offset,
		.keep = wanted < snapshot->n ? (uint32_t)wanted : snapshot->n,
		.seed = (uint32_t)snapshot->epoch,
	};
	size = pick->keep + (pick->keep > ROOM ? (uint64_t)pick->keep : ROOM);
	pick->size = size < snapshot->n ? (uint32_t)size : snapshot->n;
	take_sorts(pick, query);
	pick->item = malloc((pick->size ? pick->size : 1) * sizeof(*pick->item));
	return pick->item ? 0 : -ENOMEM;
}

void fb_pick_fini(struct fb_pick *pick)
{
	free(pick->item);
	pick->item = NULL;
}

void fb_pick_add(struct fb_pick *pick, const struct fb_flow_at *at, uint32_t row)
{
	struct fb_pick_item item = {.id = at->flow->id, .row = row};
	uint64_t second[2];

	if (!pick->keep)
		return;
	item.decided = make_keys(pick->sort[0].field, at, item.key);
	if (pick->cut && item.key[0] != pick->worst.key[0] &&
	    !comes_first(pick, &item, &pick->worst))
		return;
	if (!pick->wide && pick->n_sorts > 1) {
		make_keys(pick->sort[1].field, at, second);
		item.key[1] = second[0];
		item.decided += !is_wide(pick->sort[1].field);
	}
	if (pick->cut && !comes_first(pick, &item, &pick->worst))
		return;
	if (pick->n == pick->size)
		cut(pick);
	pick->item[pick->n++] = item;
}

int fb_pick_page(struct fb_pick *pick, uint32_t **ret_rows, uint32_t *ret_n)
{
	uint32_t n;

	*ret_rows = NULL;
	*ret_n = 0;
	cut(pick);
	if (pick->n <= pick->from)
		return 0;
	if (pick->from)
		select_first(pick, pick->from);
	n = pick->n - pick->from;
	qsort_r(pick->item + pick->from, n, sizeof(*pick->item), compare_items, pick);
	*ret_rows = malloc(n * sizeof(**ret_rows));
	if (!*ret_rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		(*ret_rows)[i] = pick->item[pick->from + i].row;
	*ret_n = n;
	return 0;
}
