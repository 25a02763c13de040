/* SPDX-License-Identifier: BSD-2-Clause */
/* Matching flows, and the biggest values of a field among them; see the header. */
#include "query/axis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/value.h"
#include "query/matches.h"
#include "query/query_priv.h"
#include "util/bulk.h"
#include "util/cleanup.h"
#include "util/select.h"

struct share {
	struct fb_value_key key;
	uint64_t weight;
};

static struct share *share_at(const struct fb_axis *axis, uint32_t number)
{
	return (struct share *)axis->values.item + number;
}

static uint64_t weight_of(enum fb_metric metric, const struct fb_flow_at *at)
{
	return fb_metric_of(metric, 1, at->traffic->bytes[0] + at->traffic->bytes[1],
			    metric == FB_METRIC_RATE ? fb_flow_rates(at) : 0);
}

static int give_room(struct fb_crossing *crossing)
{
	const size_t n = (size_t)crossing->snapshot->n + 1;

	crossing->weight = fb_bulk_alloc(n * sizeof(*crossing->weight));
	if (!crossing->weight)
		return -ENOMEM;
	for (unsigned int d = 0; d < crossing->n_axes; d++) {
		struct fb_axis *axis = &crossing->axis[d];

		axis->value_of = fb_bulk_alloc(n * sizeof(*axis->value_of));
		if (!axis->value_of || fb_values_init(&axis->values, crossing->snapshot,
						      crossing->field[d], sizeof(struct share)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* All axes of a few flows, while these are at hand. */
static int take_flows(struct fb_crossing *crossing, const uint32_t *rows, uint32_t n)
{
	const uint32_t from = crossing->n;

	for (unsigned int d = 0; d < crossing->n_axes; d++) {
		struct fb_axis *axis = &crossing->axis[d];

		if (fb_values_number(&axis->values, rows, n, axis->value_of + from) < 0)
			return -ENOMEM;
		for (uint32_t i = from; i < from + n; i++)
			share_at(axis, axis->value_of[i])->weight += crossing->weight[i];
	}
	crossing->n += n;
	return 0;
}

static int collect(struct fb_crossing *crossing, const struct fb_cross *cross)
{
	_cleanup_(fb_taking_fini) struct fb_taking taking;
	uint32_t rows[FB_CHUNK];
	struct fb_flow_at at;

	fb_taking_begin(&taking, crossing->snapshot, cross->query);
	for (uint32_t from = 0; from < crossing->snapshot->n; from += FB_CHUNK) {
		const uint32_t n = fb_taking_rows(&taking, from, rows);

		for (uint32_t i = 0; i < n; i++) {
			fb_snapshot_at(crossing->snapshot, rows[i], &at);
			crossing->weight[crossing->n + i] = weight_of(cross->metric, &at);
		}
		if (take_flows(crossing, rows, n) < 0)
			return -ENOMEM;
	}
	fb_taking_end(&taking, NULL);
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
	uint32_t room[2 * FB_AXIS_MAX];
	struct fb_best best;

	axis->place_of = malloc((size_t)n + 1);
	if (!axis->place_of)
		return -ENOMEM;
	axis->more = n > max;
	axis->n = axis->more ? max - 1 : n;
	memset(axis->place_of, (int)axis->n, n);
	fb_best_begin(&best, room, axis->n);
	for (uint32_t i = 0; i < n; i++)
		fb_best_add(&best, &i, sizeof(i), compare_shares, axis);
	fb_best_end(&best, sizeof(*room), compare_shares, axis);
	for (unsigned int place = 0; place < axis->n; place++) {
		axis->item[place] = room[place];
		axis->place_of[room[place]] = (uint8_t)place;
	}
	return 0;
}

int fb_crossing_init(struct fb_crossing *crossing, const struct fb_snapshot *snapshot,
		     const struct fb_cross *cross, unsigned int max)
{
	int r;

	*crossing = (struct fb_crossing){.snapshot = snapshot, .n_axes = cross->n_fields};
	memcpy(crossing->field, cross->field, sizeof(crossing->field));
	r = give_room(crossing);
	if (r == 0)
		r = collect(crossing, cross);
	for (unsigned int d = 0; r == 0 && d < crossing->n_axes; d++)
		r = give_places(&crossing->axis[d], max);
	return r;
}

void fb_crossing_fini(struct fb_crossing *crossing)
{
	for (unsigned int d = 0; d < crossing->n_axes; d++) {
		fb_values_fini(&crossing->axis[d].values);
		free(crossing->axis[d].value_of);
		free(crossing->axis[d].place_of);
	}
	free(crossing->weight);
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
