/* SPDX-License-Identifier: BSD-2-Clause */
/* Matching flows, and the biggest values of a field among them; see the header. */
#include "query/axis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "query/query_priv.h"
#include "util/bulk.h"
#include "util/cleanup.h"
#include "util/select.h"

int fb_matching_init(struct fb_matching *matching, const struct fb_snapshot *snapshot,
		     const struct fb_cross *cross)
{
	struct fb_flow_at at;
	uint32_t pos = 0;

	*matching = (struct fb_matching){.snapshot = snapshot, .metric = cross->metric};
	matching->row = fb_bulk_alloc(((size_t)snapshot->n + 1) * sizeof(*matching->row));
	if (!matching->row)
		return -ENOMEM;
	while (fb_query_next(snapshot, cross->query, &pos, &at))
		matching->row[matching->n++] = pos - 1;
	return 0;
}

void fb_matching_fini(struct fb_matching *matching)
{
	free(matching->row);
}

uint64_t fb_matching_weight(const struct fb_matching *matching, uint32_t i)
{
	struct fb_flow_at at;

	if (matching->metric == FB_METRIC_COUNT)
		return 1;
	fb_snapshot_at(matching->snapshot, matching->row[i], &at);
	return fb_metric_of(matching->metric, 1, at.traffic->bytes[0] + at.traffic->bytes[1],
			    fb_flow_rates(&at));
}

struct share {
	struct fb_value_key key;
	uint64_t weight;
};

static struct share *share_at(const struct fb_axis *axis, uint32_t number)
{
	return (struct share *)axis->values.item + number;
}

/* In steps, so that memory is on its way while the rest of a chunk is looked at. */
static int collect_chunk(struct fb_axis *axis, const struct fb_matching *matching, uint32_t from,
			 uint32_t n)
{
	struct fb_value_key key[FB_CHUNK];
	uint64_t hash[FB_CHUNK];
	bool is_new;

	for (uint32_t i = 0; i < n; i++) {
		fb_values_key(&axis->values, matching->row[from + i], &key[i], &hash[i]);
		fb_values_prefetch(&axis->values, hash[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		fb_values_prefetch_item(&axis->values, hash[i]);
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t number = fb_values_add(&axis->values, &key[i], hash[i], &is_new);

		if (number == FB_NONE)
			return -ENOMEM;
		axis->value_of[from + i] = number;
		share_at(axis, number)->weight += fb_matching_weight(matching, from + i);
	}
	return 0;
}

static int collect(struct fb_axis *axis, const struct fb_matching *matching)
{
	int r = 0;

	axis->value_of = fb_bulk_alloc(((size_t)matching->n + 1) * sizeof(*axis->value_of));
	if (!axis->value_of)
		return -ENOMEM;
	for (uint32_t from = 0; r == 0 && from < matching->n; from += FB_CHUNK)
		r = collect_chunk(axis, matching, from,
				  matching->n - from < FB_CHUNK ? matching->n - from : FB_CHUNK);
	return r;
}

/* Numbers of shares: the heaviest first, then that whose flow stands first. */
static int compare_shares(const void *a_, const void *b_, void *axis)
{
	const struct share *a = share_at(axis, *(const uint32_t *)a_);
	const struct share *b = share_at(axis, *(const uint32_t *)b_);

	if (a->weight != b->weight)
		return a->weight < b->weight ? 1 : -1;
	return (a->key.row > b->key.row) - (a->key.row < b->key.row);
}

static int give_places(struct fb_axis *axis, unsigned int max)
{
	const uint32_t n = axis->values.n;
	_cleanup_free_ uint32_t *order = malloc((n + 1) * sizeof(*order));

	axis->place_of = malloc((size_t)n + 1);
	if (!order || !axis->place_of)
		return -ENOMEM;
	axis->more = n > max;
	axis->n = axis->more ? max - 1 : n;
	for (uint32_t i = 0; i < n; i++) {
		order[i] = i;
		axis->place_of[i] = (uint8_t)axis->n;
	}
	fb_select(order, n, sizeof(*order), axis->n, compare_shares, axis);
	fb_sort(order, axis->n, sizeof(*order), compare_shares, axis);
	for (unsigned int place = 0; place < axis->n; place++) {
		axis->item[place] = order[place];
		axis->place_of[order[place]] = (uint8_t)place;
	}
	return 0;
}

int fb_axis_init(struct fb_axis *axis, const struct fb_matching *matching,
		 const struct fb_field *field, unsigned int max)
{
	int r = fb_values_init(&axis->values, matching->snapshot, field, sizeof(struct share));

	if (r == 0)
		r = collect(axis, matching);
	return r < 0 ? r : give_places(axis, max);
}

void fb_axis_fini(struct fb_axis *axis)
{
	fb_values_fini(&axis->values);
	free(axis->value_of);
	free(axis->place_of);
}

void fb_axis_text(const struct fb_axis *axis, unsigned int place, char *text, size_t size)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	const struct fb_value_key *key;
	struct fb_value value;
	struct fb_flow_at at;
	size_t len = 0;

	if (place == axis->n) {
		memcpy(text, "other", sizeof("other"));
		return;
	}
	key = &share_at(axis, axis->item[place])->key;
	if (fb_value_is_known(key)) {
		fb_snapshot_at(axis->values.snapshot, key->row, &at);
		fb_field_get(axis->values.field, &at, &value);
		fb_value_write_text(&buf, axis->values.field, &value);
		if (!buf.error && buf.data)
			len = buf.len < size ? buf.len : size - 1;
	}
	if (len)
		memcpy(text, buf.data, len);
	text[len] = '\0';
}

bool fb_axis_addr(const struct fb_axis *axis, unsigned int place, struct fb_value *ret_value)
{
	const struct fb_value_key *key = &share_at(axis, axis->item[place])->key;
	struct fb_flow_at at;

	if (axis->values.field->type != FB_TYPE_IP || !fb_value_is_known(key))
		return false;
	fb_snapshot_at(axis->values.snapshot, key->row, &at);
	fb_field_get(axis->values.field, &at, ret_value);
	return ret_value->known;
}
