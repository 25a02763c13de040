/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of one page, picked from a pass over all: what can still be on it stands in a buffer,
 * cut back to the best each time that it is full. Most rows lose by one comparison of two numbers
 * against the worst that was kept; they may come in any order.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "query/query_priv.h"
#include "util/select.h"

#define ROOM 1024 /* beyond what is kept, so that a cut pays for many rows */

struct item {
	/* numbers in the order of the first sort, or of the first and the second */
	uint64_t key[2];
	uint64_t first_seen, id; /* decide where all sorts are equal: in the order they came */
	uint32_t row;
	uint32_t decided; /* sorts that need no look where the keys are equal */
};

struct pick {
	const struct fb_snapshot *snapshot;
	struct fb_sort sort[FB_QUERY_SORTS];
	unsigned int n_sorts;
	bool wide;	     /* both keys are the first sort's */
	bool descending[2];  /* by key */
	uint32_t from, keep; /* the page is the kept ones from `from` on */
	struct item *item, worst;
	uint32_t n, size;
	bool cut; /* `worst` is the last of those kept */
};

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
	return field->type == FB_TYPE_IP || field->type == FB_TYPE_ENDPOINT ||
	       field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM;
}

/* Values in order are keys in order, 0 is not known. True: different values, different keys. */
static bool make_keys(const struct fb_field *field, const struct fb_flow_at *at, uint64_t key[2])
{
	struct fb_value value;

	fb_field_get(field, at, &value);
	key[0] = key[1] = 0;
	if (!value.known)
		return true;
	if (field->type == FB_TYPE_ENDPOINT)
		return ip_keys(&value, key), false; /* the ports are not in them */
	if (field->type == FB_TYPE_IP)
		return ip_keys(&value, key);
	if (is_wide(field))
		return text_keys(value.text, key);
	key[0] = value.num < UINT64_MAX ? value.num + 1 : value.num;
	return true;
}

/* By the sorts from `from` on: negative if a comes first. */
static int compare_rows(const struct pick *pick, unsigned int from, uint32_t a, uint32_t b)
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
	const struct pick *pick = pick_;
	const struct item *a = a_, *b = b_;
	int order = 0;

	for (int i = 0; i < 2; i++)
		if (a->key[i] != b->key[i])
			return (a->key[i] < b->key[i]) == pick->descending[i] ? 1 : -1;
	/* keys that are equal decide equally many sorts */
	if (pick->n_sorts > a->decided)
		order = compare_rows(pick, a->decided, a->row, b->row);
	if (!order)
		order = (a->first_seen > b->first_seen) - (a->first_seen < b->first_seen);
	return order ? order : (a->id > b->id) - (a->id < b->id); /* so every order is total */
}

static bool comes_first(const struct pick *pick, const struct item *a, const struct item *b)
{
	return compare_items(a, b, (void *)pick) < 0;
}

static void cut(struct pick *pick)
{
	if (pick->n <= pick->keep)
		return;
	fb_select(pick->item, pick->n, sizeof(*pick->item), pick->keep, compare_items, pick);
	pick->n = pick->keep;
	pick->worst = pick->item[pick->keep - 1];
	pick->cut = true;
}

static void take_sorts(struct pick *pick, const struct fb_query *query)
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

static int begin_flows(struct fb_part *part)
{
	const struct fb_query *query = part->ask->query;
	const struct fb_snapshot *snapshot = part->snapshot;
	const uint64_t wanted = query->limit ? (uint64_t)query->offset + query->limit : 0;
	struct pick *pick = calloc(1, sizeof(*pick));
	uint64_t size;

	part->state = pick;
	if (!pick)
		return -ENOMEM;
	pick->snapshot = snapshot;
	pick->from = query->offset;
	pick->keep = wanted < snapshot->n ? (uint32_t)wanted : snapshot->n;
	size = pick->keep + (pick->keep > ROOM ? (uint64_t)pick->keep : ROOM);
	pick->size = size < snapshot->n ? (uint32_t)size : snapshot->n;
	take_sorts(pick, query);
	pick->item = malloc((pick->size ? pick->size : 1) * sizeof(*pick->item));
	return pick->item ? 0 : -ENOMEM;
}

static void add(struct pick *pick, const struct fb_flow_at *at, uint32_t row)
{
	struct item item = {.first_seen = at->flow->first_seen, .id = at->flow->id, .row = row};
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

static int flows_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	struct fb_flow_at at;

	for (uint32_t i = 0; i < n; i++) {
		fb_snapshot_at(part->snapshot, rows[i], &at);
		add(part->state, &at, rows[i]);
	}
	return 0;
}

static int end_flows(struct fb_part *part)
{
	struct fb_result *result = part->ask->result;
	struct pick *pick = part->state;

	cut(pick);
	if (pick->n <= pick->from)
		return 0;
	fb_select(pick->item, pick->n, sizeof(*pick->item), pick->from, compare_items, pick);
	result->n = pick->n - pick->from;
	fb_sort(pick->item + pick->from, result->n, sizeof(*pick->item), compare_items, pick);
	result->rows = malloc(result->n * sizeof(*result->rows));
	if (!result->rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < result->n; i++)
		result->rows[i] = pick->item[pick->from + i].row;
	return 0;
}

static void fini_flows(struct fb_part *part)
{
	struct pick *pick = part->state;

	if (pick)
		free(pick->item);
	free(pick);
}

const struct fb_part_ops fb_part_flows = {true, begin_flows, flows_rows, end_flows, fini_flows};
