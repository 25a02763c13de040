/* SPDX-License-Identifier: BSD-2-Clause */
/* The biggest values of a field; see the header. */
#include "query/axis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "query/query_priv.h"
#include "util/cleanup.h"
#include "util/select.h"

struct share {
	struct fb_value_key key;
	uint32_t place;
	uint64_t weight;
};

static struct share *share_at(const struct fb_axis *axis, uint32_t number)
{
	return (struct share *)axis->values.item + number;
}

uint64_t fb_axis_weight(const struct fb_flow_at *at, enum fb_metric metric)
{
	const struct fb_traffic *traffic = at->traffic;

	return fb_metric_of(metric, 1, traffic->bytes[0] + traffic->bytes[1], fb_flow_rates(at));
}

static int collect(struct fb_axis *axis, const struct fb_cross *cross)
{
	const struct fb_snapshot *snapshot = axis->values.snapshot;
	struct fb_value_key key;
	struct fb_flow_at at;
	uint64_t hash;
	uint32_t pos = 0, number;
	bool is_new;

	while (fb_query_next(snapshot, cross->query, &pos, &at)) {
		fb_values_key(&axis->values, pos - 1, &key, &hash);
		number = fb_values_add(&axis->values, &key, hash, &is_new);
		if (number == FB_NONE)
			return -ENOMEM;
		share_at(axis, number)->weight += fb_axis_weight(&at, cross->metric);
	}
	return 0;
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

	if (!order)
		return -ENOMEM;
	axis->more = n > max;
	axis->n = axis->more ? max - 1 : n;
	for (uint32_t i = 0; i < n; i++) {
		order[i] = i;
		share_at(axis, i)->place = axis->n;
	}
	fb_select(order, n, sizeof(*order), axis->n, compare_shares, axis);
	fb_sort(order, axis->n, sizeof(*order), compare_shares, axis);
	for (unsigned int place = 0; place < axis->n; place++) {
		axis->item[place] = order[place];
		share_at(axis, order[place])->place = place;
	}
	return 0;
}

int fb_axis_init(struct fb_axis *axis, const struct fb_snapshot *snapshot,
		 const struct fb_cross *cross, const struct fb_field *field, unsigned int max)
{
	int r = fb_values_init(&axis->values, snapshot, field, sizeof(struct share));

	if (r == 0)
		r = collect(axis, cross);
	return r < 0 ? r : give_places(axis, max);
}

void fb_axis_fini(struct fb_axis *axis)
{
	fb_values_fini(&axis->values);
}

unsigned int fb_axis_place(const struct fb_axis *axis, uint32_t row)
{
	struct fb_value_key key;
	uint64_t hash;
	uint32_t number;

	fb_values_key(&axis->values, row, &key, &hash);
	number = fb_values_find(&axis->values, &key, hash);
	return number == FB_NONE ? axis->n : share_at(axis, number)->place;
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
