/* SPDX-License-Identifier: BSD-2-Clause */
/* Values by hash, and by themselves; see the header. */
#include "query/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "util/bulk.h"
#include "util/permute.h"

#define FIRST_ITEMS 64
#define AHEAD	    8	  /* records that a name is on its way before it is looked at */
#define MANY	    65536 /* from here on it is asked how many more may come */

/* Beside the families of addresses. */
enum { UNKNOWN, NUMBER, TEXT };

int fb_values_init(struct fb_values *values, const struct fb_snapshot *snapshot,
		   const struct fb_field *field, size_t item_size)
{
	*values = (struct fb_values){
		.snapshot = snapshot, .field = field, .unknown = FB_NONE, .item_size = item_size};
	return fb_index_init(&values->index) < 0 ? -ENOMEM : fb_index_init(&values->index4);
}

void fb_values_fini(struct fb_values *values)
{
	fb_bulk_free(values->item);
	free(values->small);
	fb_index_fini(&values->index);
	fb_index_fini(&values->index4);
}

bool fb_value_is_known(const struct fb_value_key *key)
{
	return key->kind != UNKNOWN;
}

/* Texts that many flows share are interned: a few are known by where they stand. */
static unsigned int memo_place(const char *text)
{
	return ((uintptr_t)text >> 3 ^ (uintptr_t)text >> 9) % FB_VALUE_MEMOS;
}

static struct fb_value_memo *memo_of(struct fb_values *values, const char *text)
{
	return &values->memo[memo_place(text)];
}

/* The key of what a record has, and its hash. */
static void make_key(const struct fb_value *value, uint32_t row, struct fb_value_key *ret_key,
		     uint64_t *ret_hash)
{
	*ret_key = (struct fb_value_key){.row = row};
	*ret_hash = 0;
	if (!value->known)
		return;
	if (value->addr && !value->text) { /* an endpoint is more than its address */
		memcpy(ret_key->addr, value->addr, 16);
		ret_key->kind = value->family;
		*ret_hash = fb_hash_addr(value->addr, value->family);
	} else if (value->text) {
		ret_key->text = value->text == value->buf ? NULL : value->text;
		ret_key->kind = TEXT;
		*ret_hash = fb_hash(value->text, strlen(value->text), TEXT);
	} else {
		ret_key->num = value->num;
		ret_key->kind = NUMBER;
		*ret_hash = fb_hash_number(value->num, NUMBER);
	}
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

/* Once many came, room is made for as many as the records until `row` say that there are. */
static int grow(struct fb_values *values, struct fb_index *index, uint32_t row)
{
	const uint64_t rows = values->snapshot->n, guess = rows * values->n / (row + 1ull);
	uint64_t size = values->size ? values->size * 2ull : FIRST_ITEMS;
	void *larger;

	if (values->n >= MANY && guess > size)
		size = guess + guess / 64;
	larger =
		fb_bulk_grow(values->item, values->n * values->item_size, size * values->item_size);
	if (!larger)
		return -ENOMEM;
	values->item = larger;
	values->size = (uint32_t)size;
	return values->n < MANY ? 0 : fb_index_reserve(index, values->size);
}

/* One that was not there: the next number. */
static uint32_t append(struct fb_values *values, struct fb_index *index, uint64_t hash,
		       const struct fb_value_key *key)
{
	if (values->n == values->size && grow(values, index, key->row) < 0)
		return FB_NONE;
	if (fb_index_add(index, hash, values->n) < 0)
		return FB_NONE;
	memset(item_at(values, values->n), 0, values->item_size);
	memcpy(item_at(values, values->n), key, sizeof(*key));
	return values->n++;
}

int fb_values_append(struct fb_values *values, const void *item)
{
	const struct fb_value_key *key = item;

	if (values->n == values->size && grow(values, &values->index, key->row) < 0)
		return -ENOMEM;
	memcpy(item_at(values, values->n++), item, values->item_size);
	return 0;
}

static uint32_t add(struct fb_values *values, const struct fb_value_key *key, uint64_t hash)
{
	uint32_t number = find(values, key, hash);

	if (number != FB_NONE)
		return number;
	number = append(values, &values->index, hash, key);
	if (key->kind == UNKNOWN)
		values->unknown = number;
	else if (key->kind == NUMBER && values->small && key->num < FB_VALUE_SMALL)
		values->small[key->num] = number;
	return number;
}

static void prefetch_item(const struct fb_values *values, uint64_t hash)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	if (fb_index_next(&values->index, &it, &number))
		__builtin_prefetch(item_at(values, number), 1);
}

/* A text is looked at, too, where it is not known by where it stands. */
static void prefetch_text(const struct fb_values *values, uint64_t hash)
{
	struct fb_index_it it = fb_index_begin(hash);
	uint32_t number;

	if (fb_index_next(&values->index, &it, &number))
		__builtin_prefetch(((struct fb_value_key *)item_at(values, number))->text);
}

/* --- a batch of records ----------------------------------------------------------------------- */

/* What is not numbered yet, by what it is found; memory is on its way to the rest meanwhile. */
struct batch {
	uint32_t n, n_addrs;
	struct fb_value_key key[FB_CHUNK];
	uint64_t hash[FB_CHUNK];
	struct {
		const uint8_t *addr;
		uint32_t hash, place; /* among the batch's records */
	} addr[FB_CHUNK];	      /* IPv4 */
};

/* Names of hosts stand anywhere; services are few. */
static bool is_name(const struct fb_field *field)
{
	return field->type == FB_TYPE_TEXT && field->id != FB_FIELD_service;
}

static void put_addr(const struct fb_values *values, struct batch *batch, const uint8_t *addr,
		     uint32_t place)
{
	uint32_t word;

	memcpy(&word, addr + 12, sizeof(word));
	word = fb_permute(word);
	fb_index_prefetch(&values->index4, word);
	batch->addr[batch->n_addrs].addr = addr;
	batch->addr[batch->n_addrs].hash = word;
	batch->addr[batch->n_addrs++].place = place;
}

/* FB_NONE: it has to be looked for. */
static uint32_t small_number(struct fb_values *values, uint64_t num)
{
	const size_t size = FB_VALUE_SMALL * sizeof(*values->small);

	if (num >= FB_VALUE_SMALL)
		return FB_NONE;
	if (!values->small) {
		values->small = malloc(size);
		if (!values->small)
			return FB_NONE;
		memset(values->small, 0xff, size);
	}
	return values->small[num];
}

/* By what is at hand: FB_NONE where it was put into the batch. */
static uint32_t see_value(struct fb_values *values, struct batch *batch,
			  const struct fb_value *value, uint32_t row, uint32_t place)
{
	uint32_t number = FB_NONE;

	if (!value->known) {
		number = values->unknown;
	} else if (value->text) {
		if (memo_of(values, value->text)->text == value->text)
			return memo_of(values, value->text)->number;
	} else if (!value->addr) {
		number = small_number(values, value->num);
	} else if (value->family == FB_IPV4) {
		put_addr(values, batch, value->addr, place);
		return FB_NONE;
	}
	if (number != FB_NONE)
		return number;
	make_key(value, row, &batch->key[batch->n], &batch->hash[batch->n]);
	fb_index_prefetch(&values->index, batch->hash[batch->n++]);
	return FB_NONE;
}

/* What the fields asked for most have, by a look at each flow; FB_NONE where it takes more. */
static void see_at_hand(const struct fb_values *values, const struct fb_rows *rows,
			uint32_t *ret_number)
{
	const enum fb_field_id id = values->field->id;

	for (uint32_t i = 0; id == FB_FIELD_service && i < rows->n; i++) {
		const char *service = rows->at[i].flow->service;
		const struct fb_value_memo *memo = &values->memo[memo_place(service)];

		ret_number[i] = service && memo->text == service ? memo->number : FB_NONE;
	}
	for (uint32_t i = 0; id == FB_FIELD_dst_host && i < rows->n; i++)
		ret_number[i] = rows->at[i].flow->names ? FB_NONE : values->unknown;
	for (uint32_t i = 0; id == FB_FIELD_dst_port && values->small && i < rows->n; i++)
		ret_number[i] = rows->at[i].flow->dst_port
					? values->small[rows->at[i].flow->dst_port]
					: FB_NONE;
}

static void see_records(struct fb_values *values, struct batch *batch, const struct fb_rows *rows,
			uint32_t *ret_number)
{
	const uint32_t named = is_name(values->field) ? rows->n : 0;
	struct fb_value value;

	memset(ret_number, 0xff, rows->n * sizeof(*ret_number));
	if (!values->snapshot->past) /* whose names stand elsewhere */
		see_at_hand(values, rows, ret_number);
	for (uint32_t i = 0; i < rows->n; i++) {
		if (i + AHEAD < named)
			__builtin_prefetch(rows->at[i + AHEAD].flow->names);
		if (ret_number[i] != FB_NONE)
			continue;
		fb_field_get(values->field, &rows->at[i], &value);
		ret_number[i] = see_value(values, batch, &value, rows->row[i], i);
	}
}

/* The same of an end of each flow, which every flow has. */
static void see_ends(struct fb_values *values, struct batch *batch, const struct fb_rows *rows,
		     uint32_t *ret_number)
{
	const bool is_src = values->field->id == FB_FIELD_src_ip;
	struct fb_value value = {.known = true};

	for (uint32_t i = 0; i < rows->n; i++) {
		const struct fb_flow *flow = rows->at[i].flow;

		value.addr = is_src ? flow->src : flow->dst;
		value.family = flow->family;
		ret_number[i] = see_value(values, batch, &value, rows->row[i], i);
	}
}

static int number_addrs(struct fb_values *values, const struct batch *batch,
			const struct fb_rows *rows, uint32_t *number)
{
	for (uint32_t i = 0; i < batch->n_addrs; i++) {
		const uint32_t place = batch->addr[i].place;
		struct fb_index_it it = fb_index_begin(batch->addr[i].hash);

		if (!fb_index_next(&values->index4, &it, &number[place])) {
			struct fb_value_key key = {.row = rows->row[place], .kind = FB_IPV4};

			memcpy(key.addr, batch->addr[i].addr, sizeof(key.addr));
			number[place] = append(values, &values->index4, batch->addr[i].hash, &key);
			if (number[place] == FB_NONE)
				return -ENOMEM;
		}
		__builtin_prefetch(item_at(values, number[place]), 1); /* the caller counts there */
	}
	return 0;
}

/* Addresses have their numbers; what is FB_NONE so far, in turn by the other keys. */
static int number_keys(struct fb_values *values, const struct batch *batch, uint32_t n,
		       uint32_t *number)
{
	const struct fb_value_key *key = batch->key;
	const uint64_t *hash = batch->hash;

	for (uint32_t i = 0; i < n; i++) {
		if (number[i] != FB_NONE)
			continue;
		number[i] = add(values, key, *hash++);
		if (number[i] == FB_NONE)
			return -ENOMEM;
		if (key->kind == TEXT && key->text)
			*memo_of(values, key->text) = (struct fb_value_memo){key->text, number[i]};
		key++;
	}
	return 0;
}

static int number_batch(struct fb_values *values, const struct batch *batch,
			const struct fb_rows *rows, uint32_t *ret_number)
{
	for (uint32_t i = 0; i < batch->n; i++)
		prefetch_item(values, batch->hash[i]);
	for (uint32_t i = 0; i < batch->n; i++)
		if (batch->key[i].kind == TEXT)
			prefetch_text(values, batch->hash[i]);
	if (number_addrs(values, batch, rows, ret_number) < 0)
		return -ENOMEM;
	return batch->n ? number_keys(values, batch, rows->n, ret_number) : 0;
}

int fb_values_number(struct fb_values *values, const struct fb_rows *rows, uint32_t *ret_number)
{
	const enum fb_field_id id = values->field->id;
	struct batch batch;

	batch.n = batch.n_addrs = 0;
	if (id == FB_FIELD_src_ip || id == FB_FIELD_dst_ip)
		see_ends(values, &batch, rows, ret_number);
	else
		see_records(values, &batch, rows, ret_number);
	return number_batch(values, &batch, rows, ret_number);
}

int fb_values_number_pairs(struct fb_values *values, const struct fb_rows *rows,
			   const uint32_t *first, const uint32_t *second, uint32_t *ret_number)
{
	struct batch batch;

	batch.n = rows->n;
	batch.n_addrs = 0;
	for (uint32_t i = 0; i < rows->n; i++) {
		const uint64_t pair = (uint64_t)first[i] << 32 | second[i];

		batch.key[i] =
			(struct fb_value_key){.num = pair, .row = rows->row[i], .kind = NUMBER};
		batch.hash[i] = fb_hash_number(pair, NUMBER);
		fb_index_prefetch(&values->index, batch.hash[i]);
		ret_number[i] = FB_NONE;
	}
	return number_batch(values, &batch, rows, ret_number);
}

int fb_values_compare(const struct fb_values *values, const struct fb_value_key *a,
		      const struct fb_value_key *b)
{
	struct fb_value value_a, value_b;
	struct fb_flow_at at;
	int order;

	if (a->kind != b->kind || a->kind == UNKNOWN)
		return (a->kind > b->kind) - (a->kind < b->kind);
	if (a->kind == NUMBER)
		return (a->num > b->num) - (a->num < b->num);
	if (a->kind == FB_IPV4) {
		order = memcmp(a->addr + 12, b->addr + 12, 4); /* the rest is alike */
		return (order > 0) - (order < 0);
	}
	if (a->kind != TEXT) {
		order = memcmp(a->addr, b->addr, 16);
		return (order > 0) - (order < 0);
	}
	fb_snapshot_at(values->snapshot, a->row, &at);
	fb_field_get(values->field, &at, &value_a);
	fb_snapshot_at(values->snapshot, b->row, &at);
	fb_field_get(values->field, &at, &value_b);
	return fb_value_compare(values->field, &value_a, &value_b);
}
