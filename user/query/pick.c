/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of one page, picked from a pass over all: what can still be on it stands in a buffer,
 * cut back to the best each time that it is full. Most rows lose by one comparison of two numbers
 * against the worst that was kept; they may come in any order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "query/query_priv.h"
#include "util/bulk.h"
#include "util/select.h"

#define SAMPLE 127
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
	bool cut; /* `worst` is the last of those kept */
};

/* The next `n` bytes as a number, in the order of strcasecmp; zeros behind the end. */
static uint64_t text_key(const char **text, unsigned int n)
{
	uint64_t key = 0;

	for (; n && **text; n--, ++*text) {
		const unsigned char c = (unsigned char)**text;

		key = key << 8 | (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	return n < 8 ? key << 8 * n : 0;
}

/* Seven bytes, and eight more. The last byte is 0 at its end. */
static void text_keys(const char *text, uint64_t key[2])
{
	key[0] = text_key(&text, 7) + 1;
	key[1] = text_key(&text, 8);
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

static void step_keys(const struct pick *pick, struct step step, const struct fb_flow_at *at,
		      uint64_t key[2])
{
	uint64_t second[2];

	value_keys(&pick->sort[step.sort], step.part, at, key);
	if (is_wide(pick->sort[step.sort].field) || step.sort + 1 == pick->n_sorts)
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
	if (!is_wide(sort->field)) {
		step.sort++;
		step.sort += step.sort < pick->n_sorts && !is_wide(pick->sort[step.sort].field);
		return step;
	}
	if (sort->field->type == FB_TYPE_IP)
		more = !step.part && (key[0] ^ turned) >> 63;
	else if (sort->field->type == FB_TYPE_ENDPOINT)
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

static int compare_keys(const void *a_, const void *b_, void *unused)
{
	const struct item *a = a_, *b = b_;
	const int i = a->key[0] == b->key[0];

	(void)unused;
	return (a->key[i] > b->key[i]) - (a->key[i] < b->key[i]);
}

static int compare_items(const void *a_, const void *b_, void *pick_)
{
	const struct pick *pick = pick_;
	const struct item *a = a_, *b = b_;
	const int order = compare_keys(a, b, NULL);

	if (order)
		return order;
	return compare_rows(pick, step_behind(pick, (struct step){0, 0}, a->key).sort, a->row,
			    b->row);
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

/* What the records after the i-th are compared by: names lie apart from them. */
static void send_for(const struct pick *pick, const struct item *item, uint32_t n, uint32_t i)
{
	if (i + 2 * FB_AHEAD < n)
		fb_snapshot_send_for(pick->snapshot, item[i + 2 * FB_AHEAD].row);
	if (i + FB_AHEAD < n)
		__builtin_prefetch(fb_snapshot_flow(pick->snapshot, item[i + FB_AHEAD].row)->names);
}

static void take_step(const struct pick *pick, struct step step, struct item *item, uint32_t n)
{
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
		send_for(pick, item, n, i);
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

static int flows_rows(struct fb_part *part, const uint32_t *rows, uint32_t n)
{
	const struct pick *pick = part->state;
	const uint32_t named = pick->sort[0].field->type == FB_TYPE_TEXT ? n : 0;
	struct fb_flow_at at;

	for (uint32_t i = 0; i < n; i++) {
		if (i + FB_AHEAD < named)
			__builtin_prefetch(
				fb_snapshot_flow(part->snapshot, rows[i + FB_AHEAD])->names);
		fb_snapshot_at(part->snapshot, rows[i], &at);
		add(part->state, &at, rows[i]);
	}
	return 0;
}

static int end_flows(struct fb_part *part)
{
	struct fb_result *result = part->ask->result;
	struct pick *pick = part->state;
	uint32_t kept;

	if (pick->n <= pick->from)
		return 0;
	kept = pick->n < pick->keep ? pick->n : pick->keep;
	select_items(pick, (struct step){0, 0}, pick->item, pick->n, pick->from, kept);
	result->n = kept - pick->from;
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

	if (pick) {
		free(pick->item);
		free(pick->bits);
	}
	free(pick);
}

const struct fb_part_ops fb_part_flows = {true, begin_flows, flows_rows, end_flows, fini_flows};
