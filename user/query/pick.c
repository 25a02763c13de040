/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of one page, picked from a pass over all: what can still be on it stands in a buffer,
 * cut back to the best each time that it is full. Most rows lose by one comparison of two numbers
 * against the worst that was kept; they may come in any order.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "query/query_priv.h"
#include "util/bulk.h"
#include "util/select.h"

#define SAMPLE 127
#define MARGIN 8    /* of the sample, on each side of a page */
#define ROOM   1024 /* beyond what is kept, so that a cut pays for many rows */

/*
 * Where a comparison goes on: 15 bytes of a text are a step, an address is one or two. Steps are
 * taken by those rows alone that are equal so far and lie across a bound, so that a page far behind
 * costs a few passes over numbers, whatever is sorted by. Behind the last sort the rows stand in
 * the order they came.
 */
struct step {
	unsigned int sort, part;
};

struct item {
	uint64_t key[2]; /* of the first step; ascending, whatever the direction of the sort */
	uint64_t first_seen;
	uint32_t row;
};

struct pick {
	const struct fb_snapshot *snapshot;
	struct fb_sort sort[FB_QUERY_SORTS];
	unsigned int n_sorts;
	uint32_t from, keep; /* the page is the kept ones from `from` on */
	struct item *item, worst;
	uint64_t *bits; /* one a record; NULL: few are kept */
	uint32_t n, size;
	bool cut;	  /* `worst` is the last of those kept */
	struct step step; /* that the items of the page have the keys of, in the end */
};

#define EACH_BYTE(byte) (0x0101010101010101ull * (byte))

/* The capitals of ASCII as small letters, in eight bytes. */
static uint64_t lower(uint64_t text)
{
	const uint64_t low = text & EACH_BYTE(0x7f);
	const uint64_t from_a = low + EACH_BYTE(0x80 - 'A'), above_z = low + EACH_BYTE(0x7f - 'Z');

	return text | (((from_a ^ above_z) & ~text & EACH_BYTE(0x80)) >> 2);
}

/* In the order of strcasecmp: seven bytes, and eight more. The last byte is 0 at its end. */
static void text_keys(const char *text, uint64_t key[2])
{
	uint64_t word[2] = {0};

	memcpy(word, text, strnlen(text, 15));
	word[0] = lower(be64toh(word[0]));
	word[1] = lower(be64toh(word[1]));
	key[0] = (word[0] >> 8) + 1;
	key[1] = word[0] << 56 | word[1] >> 8;
}

/* IPv4 before IPv6; of an IPv6 address all but the last bit. */
static void ip_keys(const struct fb_value *value, uint64_t key[2])
{
	uint64_t high = 0, low = 0;

	for (int i = 0; i < 8; i++) {
		high = high << 8 | value->addr[i];
		low = low << 8 | value->addr[8 + i];
	}
	key[0] = value->family == FB_IPV4 ? (low & 0xffffffff) + 1 : 1ull << 63 | high >> 1;
	key[1] = value->family == FB_IPV4 ? 0 : high << 63 | low >> 1;
}

/* Fields whose values do not fit one key, but take both. */
static bool is_wide(const struct fb_field *field)
{
	return field->type == FB_TYPE_IP || field->type == FB_TYPE_ENDPOINT ||
	       field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM;
}

/* Values in order are keys in order, 0 is not known; `part` of one that does not fit. */
static void value_keys(const struct fb_sort *sort, unsigned int part, const struct fb_flow_at *at,
		       uint64_t key[2])
{
	const uint64_t turned = sort->descending ? UINT64_MAX : 0;
	const enum fb_type type = sort->field->type;
	struct fb_value value;

	fb_field_get(sort->field, at, &value);
	key[0] = key[1] = 0;
	if (value.known && !is_wide(sort->field)) {
		key[0] = value.num < UINT64_MAX ? value.num + 1 : value.num;
	} else if (value.known && type != FB_TYPE_IP && type != FB_TYPE_ENDPOINT) {
		text_keys(value.text + (size_t)part * 15, key);
	} else if (value.known && !part) {
		ip_keys(&value, key);
	} else if (value.known) {
		key[0] = value.addr[15] & 1;
		key[1] = value.num;
	}
	key[0] ^= turned;
	key[1] ^= turned;
}

/* Does the first of its keys tell all of a value? Then the other is the next sort's first one. */
static bool is_whole(const struct fb_sort *sort, uint64_t key)
{
	key ^= sort->descending ? UINT64_MAX : 0;
	switch (sort->field->type) {
	case FB_TYPE_TEXT:
	case FB_TYPE_ENUM:
		return !key || !((key - 1) & 0xff);
	case FB_TYPE_IP:
		return !(key >> 63);
	default:
		return sort->field->type != FB_TYPE_ENDPOINT;
	}
}

static void step_keys(const struct pick *pick, struct step step, const struct fb_flow_at *at,
		      uint64_t key[2])
{
	uint64_t second[2];

	value_keys(&pick->sort[step.sort], step.part, at, key);
	if (step.sort + 1 == pick->n_sorts || !is_whole(&pick->sort[step.sort], key[0]))
		return;
	value_keys(&pick->sort[step.sort + 1], 0, at, second);
	key[1] = second[0];
}

/* Behind what these keys decide, for rows that have them all alike. */
static struct step step_behind(const struct pick *pick, struct step step, const uint64_t key[2])
{
	const struct fb_sort *sort = &pick->sort[step.sort];
	const uint64_t turned = sort->descending ? UINT64_MAX : 0;
	bool more;

	if (step.sort >= pick->n_sorts)
		return (struct step){step.sort + 1, 0};
	if (is_whole(sort, key[0])) {
		step = (struct step){step.sort + 1, 0};
		step.sort += step.sort < pick->n_sorts && is_whole(sort + 1, key[1]);
		return step;
	}
	if (sort->field->type == FB_TYPE_IP || sort->field->type == FB_TYPE_ENDPOINT)
		more = !step.part;
	else
		more = (key[1] ^ turned) & 0xff;
	return more ? (struct step){step.sort, step.part + 1} : (struct step){step.sort + 1, 0};
}

/* By the sorts from `from` on, then as they came: negative if a comes first. */
static int compare_rows(const struct pick *pick, unsigned int from, uint32_t a, uint32_t b)
{
	struct fb_flow_at at_a, at_b;
	struct fb_value value_a, value_b;
	int order;

	fb_snapshot_at(pick->snapshot, a, &at_a);
	fb_snapshot_at(pick->snapshot, b, &at_b);
	for (unsigned int i = from; i < pick->n_sorts; i++) {
		const struct fb_sort *sort = &pick->sort[i];

		fb_field_get(sort->field, &at_a, &value_a);
		fb_field_get(sort->field, &at_b, &value_b);
		order = fb_value_compare(sort->field, &value_a, &value_b);
		if (order)
			return sort->descending ? -order : order;
	}
	order = (at_a.flow->first_seen > at_b.flow->first_seen) -
		(at_a.flow->first_seen < at_b.flow->first_seen);
	/* so every order is total */
	return order ? order : (at_a.flow->id > at_b.flow->id) - (at_a.flow->id < at_b.flow->id);
}

static __uint128_t key_of(const struct item *item)
{
	return (__uint128_t)item->key[0] << 64 | item->key[1];
}

static int compare_keys(const void *a_, const void *b_, void *unused)
{
	const __uint128_t a = key_of(a_), b = key_of(b_);

	(void)unused;
	return (a > b) - (a < b);
}

static int compare_items(const void *a_, const void *b_, void *pick_)
{
	const struct pick *pick = pick_;
	const struct item *a = a_, *b = b_;
	const int order = compare_keys(a, b, NULL);

	if (order)
		return order;
	return compare_rows(pick, step_behind(pick, pick->step, a->key).sort, a->row, b->row);
}

static void swap_items(struct item *a, struct item *b)
{
	const struct item kept = *a;

	*a = *b;
	*b = kept;
}

/* Those with the keys of the k-th are brought together around k: *ret_from .. *ret_to. */
static void gather_equal(struct item *item, uint32_t n, uint32_t k, uint32_t *ret_from,
			 uint32_t *ret_to)
{
	const struct item last = item[k - 1];

	*ret_from = *ret_to = k;
	for (uint32_t i = k; i-- > 0;)
		if (!compare_keys(&item[i], &last, NULL))
			swap_items(&item[i], &item[--*ret_from]);
	for (uint32_t i = k; i < n; i++)
		if (!compare_keys(&item[i], &last, NULL))
			swap_items(&item[i], &item[(*ret_to)++]);
}

/*
 * Is the k-th of those that a sample says it is alike? Of a protocol, a service, a rate of zero
 * there are many, and nothing needs to be moved to find it.
 */
static bool guess(const struct item *item, uint32_t n, uint32_t k, struct item *ret_bound)
{
	struct item sample[SAMPLE];
	uint32_t below = 0, equal = 0;

	if (n < SAMPLE * 16)
		return false;
	for (uint32_t i = 0; i < SAMPLE; i++)
		sample[i] = item[(uint64_t)i * n / SAMPLE];
	fb_sort(sample, SAMPLE, sizeof(*sample), compare_keys, NULL);
	*ret_bound = sample[(uint64_t)(k - 1) * SAMPLE / n];
	for (uint32_t i = 0; i < n; i++) {
		const int order = compare_keys(&item[i], ret_bound, NULL);

		below += order < 0;
		equal += order == 0;
	}
	return below < k && k <= below + equal;
}

/* Those below the bound, those like it (*ret_from .. *ret_to), those above it. */
static void divide(struct item *item, uint32_t n, const struct item *bound, uint32_t *ret_from,
		   uint32_t *ret_to)
{
	*ret_from = 0;
	*ret_to = n;
	for (uint32_t i = 0; i < *ret_to;) {
		const int order = compare_keys(&item[i], bound, NULL);

		if (order > 0) {
			swap_items(&item[i], &item[--*ret_to]);
			continue;
		}
		if (order < 0 && *ret_from != i)
			swap_items(&item[i], &item[*ret_from]);
		*ret_from += order < 0;
		i++;
	}
}

static void find_equal(struct item *item, uint32_t n, uint32_t k, uint32_t *ret_from,
		       uint32_t *ret_to)
{
	struct item bound;

	if (guess(item, n, k, &bound)) {
		divide(item, n, &bound, ret_from, ret_to);
		return;
	}
	fb_select(item, n, sizeof(*item), k, compare_keys, NULL);
	gather_equal(item, n, k, ret_from, ret_to);
}

/* In the order of memory, which selection has lost: a bit a row. */
static void order_items(const struct pick *pick, struct item *item, uint32_t n)
{
	const uint32_t words = pick->snapshot->n / 64 + 1;
	uint32_t k = 0;

	memset(pick->bits, 0, words * sizeof(*pick->bits));
	for (uint32_t i = 0; i < n; i++)
		pick->bits[item[i].row / 64] |= 1ull << item[i].row % 64;
	for (uint32_t word = 0; word < words; word++)
		for (uint64_t left = pick->bits[word]; left; left &= left - 1)
			item[k++].row = word * 64 + (uint32_t)__builtin_ctzll(left);
}

/* What the records after the i-th are compared by; names lie apart from them. */
static void send_for(const struct pick *pick, const struct item *item, uint32_t n, uint32_t i,
		     bool named)
{
	const struct fb_flow *flow;

	if (i + 2 * FB_AHEAD < n) {
		flow = fb_snapshot_flow(pick->snapshot, item[i + 2 * FB_AHEAD].row);
		__builtin_prefetch(&flow->first_seen);
		__builtin_prefetch(&flow->names);
		__builtin_prefetch(fb_snapshot_traffic(pick->snapshot, item[i + 2 * FB_AHEAD].row));
	}
	if (named && i + FB_AHEAD < n)
		__builtin_prefetch(fb_snapshot_flow(pick->snapshot, item[i + FB_AHEAD].row)->names);
}

/* Are the keys of a step those of a name, alone or beside the sort before it? */
static bool has_names(const struct pick *pick, struct step step)
{
	for (unsigned int i = step.sort; i < step.sort + 2 && i < pick->n_sorts; i++)
		if (pick->sort[i].field->type == FB_TYPE_TEXT)
			return true;
	return false;
}

static void take_step(const struct pick *pick, struct step step, struct item *item, uint32_t n)
{
	const bool named = has_names(pick, step);
	struct fb_flow_at at;

	if (step.sort == pick->n_sorts) {
		for (uint32_t i = 0; i < n; i++) {
			item[i].key[0] = item[i].first_seen;
			item[i].key[1] = 0;
		}
		return;
	}
	if (pick->bits && n > pick->snapshot->n / 64)
		order_items(pick, item, n);
	for (uint32_t i = 0; i < n; i++) {
		send_for(pick, item, n, i, named);
		fb_snapshot_at(pick->snapshot, item[i].row, &at);
		item[i].key[0] = at.flow->id;
		item[i].key[1] = 0;
		if (step.sort < pick->n_sorts)
			step_keys(pick, step, &at, item[i].key);
		item[i].first_seen = at.flow->first_seen;
	}
}

/*
 * Reorder so that the k first stand in front, and of those the first `low`: by the keys of this
 * step, which the items have, and what is behind them. Both bounds of a page far behind mostly lie
 * among rows that are equal so far: as long as they do they are looked for together.
 */
static void select_items(const struct pick *pick, struct step step, struct item *item, uint32_t n,
			 uint32_t low, uint32_t k)
{
	struct item *equal = NULL, kept = {.row = 0};
	uint32_t n_equal = 0, from, to;
	bool done;

	while (k && k < n) {
		find_equal(item, n, k, &from, &to);
		done = to == k || step.sort > pick->n_sorts;
		if (low < from)
			select_items(pick, step, item, from, 0, low);
		else if (low > from && done)
			select_items(pick, step, item, k, 0, low);
		if (low <= from || done)
			low = 0;
		if (done)
			break;
		step = step_behind(pick, step, item[from].key);
		item += from;
		n = to - from;
		k -= from;
		low -= low ? from : 0;
		if (!equal) {
			equal = item;
			n_equal = n;
			kept = *item;
		}
		take_step(pick, step, item, n);
	}
	if (low && low < n && k >= n)
		select_items(pick, step, item, n, 0, low);
	/* those of the first step, which all of them had */
	for (uint32_t i = 0; i < n_equal; i++)
		memcpy(equal[i].key, kept.key, sizeof(kept.key));
}

/* Items among which the page's stand from `low` to k - 1, with the keys of a step. */
struct range {
	struct item *item;
	uint32_t n, low, k;
	struct step step;
};

/*
 * Those between two keys, if a sample tells which ones are around the page: all others are passed
 * by, in one look at each. False: it did not tell. *ret_alike: they have one key.
 */
static bool bracket(struct range *range, bool *ret_alike)
{
	const uint64_t first = (uint64_t)range->low * SAMPLE / range->n;
	const uint64_t last = (uint64_t)(range->k - 1) * SAMPLE / range->n;
	struct item *item = range->item, sample[SAMPLE];
	__uint128_t low = 0, high = ~(__uint128_t)0;
	uint32_t below = 0, inside = 0;

	for (uint32_t i = 0; i < SAMPLE; i++)
		sample[i] = item[(uint64_t)i * range->n / SAMPLE];
	fb_sort(sample, SAMPLE, sizeof(*sample), compare_keys, NULL);
	if (first >= MARGIN)
		low = key_of(&sample[first - MARGIN]);
	if (last + MARGIN < SAMPLE)
		high = key_of(&sample[last + MARGIN]);
	for (uint32_t i = 0; i < range->n; i++) {
		const __uint128_t key = key_of(&item[i]);

		below += key < low;
		if (key < low || key > high)
			continue;
		if (i != inside)
			swap_items(&item[i], &item[inside]);
		inside++;
	}
	*ret_alike = low == high;
	if (below > range->low || range->k > below + inside || (inside == range->n && low != high))
		return false;
	range->n = inside;
	range->low -= below;
	range->k -= below;
	return true;
}

/* As long as samples tell, step by step; what is left is few, or in no such order. */
static void narrow(const struct pick *pick, struct range *range)
{
	bool alike;

	while (range->n >= SAMPLE * 16 && bracket(range, &alike)) {
		if (!alike)
			continue;
		range->step = step_behind(pick, range->step, range->item->key);
		take_step(pick, range->step, range->item, range->n);
	}
}

static void cut(struct pick *pick)
{
	if (pick->n <= pick->keep)
		return;
	select_items(pick, (struct step){0, 0}, pick->item, pick->n, 0, pick->keep);
	pick->n = pick->keep;
	pick->worst = pick->item[0];
	for (uint32_t i = 1; i < pick->n; i++)
		if (compare_keys(&pick->item[i], &pick->worst, NULL) > 0)
			pick->worst = pick->item[i];
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
	pick->item = fb_bulk_alloc(((size_t)pick->size + 1) * sizeof(*pick->item));
	if (pick->keep > ROOM)
		pick->bits = malloc(((size_t)snapshot->n / 64 + 1) * sizeof(*pick->bits));
	return pick->item ? 0 : -ENOMEM;
}

/* Beyond the worst of those kept; where the keys are alike it is seen when the next cut is made. */
static void add(struct pick *pick, const struct fb_flow_at *at, uint32_t row)
{
	struct item *item = &pick->item[pick->n];

	if (!pick->keep)
		return;
	if (pick->n == pick->size) {
		cut(pick);
		item = &pick->item[pick->n];
	}
	item->row = row;
	item->first_seen = at->flow->first_seen;
	step_keys(pick, (struct step){0, 0}, at, item->key);
	pick->n += !pick->cut || compare_keys(item, &pick->worst, NULL) <= 0;
}

static int flows_rows(struct fb_part *part, const struct fb_rows *rows)
{
	const struct pick *pick = part->state;
	const uint32_t named = has_names(pick, (struct step){0, 0}) ? rows->n : 0;

	for (uint32_t i = 0; i < rows->n; i++) {
		if (i + FB_AHEAD < named)
			__builtin_prefetch(rows->at[i + FB_AHEAD].flow->names);
		add(part->state, &rows->at[i], rows->row[i]);
	}
	return 0;
}

static int end_flows(struct fb_part *part)
{
	struct fb_result *result = part->ask->result;
	struct pick *pick = part->state;
	struct range range = {.item = pick->item, .n = pick->n, .low = pick->from};

	if (pick->n <= pick->from)
		return 0;
	range.k = pick->n < pick->keep ? pick->n : pick->keep;
	narrow(pick, &range);
	select_items(pick, range.step, range.item, range.n, range.low, range.k);
	pick->step = range.step;
	result->n = range.k - range.low;
	fb_sort(range.item + range.low, result->n, sizeof(*range.item), compare_items, pick);
	result->rows = malloc(result->n * sizeof(*result->rows));
	if (!result->rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < result->n; i++)
		result->rows[i] = range.item[range.low + i].row;
	return 0;
}

static void fini_flows(struct fb_part *part)
{
	struct pick *pick = part->state;

	if (pick) {
		fb_bulk_free(pick->item);
		free(pick->bits);
	}
	free(pick);
}

const struct fb_part_ops fb_part_flows = {true, begin_flows, flows_rows, end_flows, fini_flows};
