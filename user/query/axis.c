/* SPDX-License-Identifier: BSD-2-Clause */
/* Matching flows, and the biggest values of a field among them; see the header. */
#include "query/axis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/past.h"
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
	return fb_metric_of(metric, fb_flow_at_flows(at),
			    at->traffic->bytes[0] + at->traffic->bytes[1],
			    metric == FB_METRIC_RATE ? fb_flow_rates(at) : 0);
}

static int begin_axis(struct fb_crossing *crossing, unsigned int d)
{
	const size_t n = (size_t)crossing->snapshot->n + 1;
	const struct fb_field *field = crossing->field[d];
	struct fb_axis *axis = &crossing->axis[d];

	axis->by_addr = fb_addrs_are_of(field);
	if (axis->by_addr)
		fb_addrs_init(&axis->addrs, crossing->snapshot, field);
	if (axis->by_addr && !crossing->is_ipv4)
		crossing->is_ipv4 = fb_bulk_alloc(n * sizeof(*crossing->is_ipv4));
	if (axis->by_addr && !crossing->is_ipv4)
		return -ENOMEM;
	axis->value_of = fb_bulk_alloc(n * sizeof(*axis->value_of));
	return axis->value_of ? fb_values_init(&axis->values, crossing->snapshot, field,
					       sizeof(struct share))
			      : -ENOMEM;
}

static int give_room(struct fb_crossing *crossing)
{
	const size_t n = (size_t)crossing->snapshot->n + 1;
	int r = 0;

	crossing->weight = fb_bulk_alloc(n * sizeof(*crossing->weight));
	if (!crossing->weight)
		return -ENOMEM;
	for (unsigned int d = 0; r == 0 && d < crossing->n_axes; d++)
		r = begin_axis(crossing, d);
	return r;
}

static int take_values(struct fb_axis *axis, const struct fb_rows *rows, const uint64_t *weight,
		       uint32_t *ret_number)
{
	if (fb_values_number(&axis->values, rows, ret_number) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < rows->n; i++)
		share_at(axis, ret_number[i])->weight += weight[i];
	return 0;
}

/* IPv4 addresses by themselves, others as values. */
static int take_addrs(struct fb_crossing *crossing, struct fb_axis *axis,
		      const struct fb_rows *rows)
{
	const uint64_t *weight = crossing->weight + crossing->n;
	uint32_t *value_of = axis->value_of + crossing->n;
	bool *is_ipv4 = crossing->is_ipv4 + crossing->n;
	uint32_t place[FB_CHUNK], number[FB_CHUNK];
	uint64_t other_weight[FB_CHUNK];
	struct fb_rows other;

	if (fb_addrs_take(&axis->addrs, rows, weight, value_of, place, &other) < 0)
		return -ENOMEM;
	memset(is_ipv4, true, rows->n);
	for (uint32_t i = 0; i < other.n; i++) {
		is_ipv4[place[i]] = false;
		other_weight[i] = weight[place[i]];
	}
	if (other.n && take_values(axis, &other, other_weight, number) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < other.n; i++)
		value_of[place[i]] = number[i];
	return 0;
}

/* All axes of a few flows, while these are at hand. */
static int take_flows(struct fb_crossing *crossing, const struct fb_rows *rows)
{
	int r = 0;

	for (unsigned int d = 0; r == 0 && d < crossing->n_axes; d++) {
		struct fb_axis *axis = &crossing->axis[d];

		r = axis->by_addr ? take_addrs(crossing, axis, rows)
				  : take_values(axis, rows, crossing->weight + crossing->n,
						axis->value_of + crossing->n);
	}
	crossing->n += rows->n;
	return r;
}

static int collect(struct fb_crossing *crossing, const struct fb_cross *cross)
{
	_cleanup_(fb_taking_fini) struct fb_taking taking;
	struct fb_rows rows;

	fb_taking_begin(&taking, crossing->snapshot, cross->query);
	for (uint32_t from = 0; from < crossing->snapshot->n; from += FB_CHUNK) {
		fb_taking_rows(&taking, from, &rows);
		for (uint32_t i = 0; i < rows.n; i++)
			crossing->weight[crossing->n + i] = weight_of(cross->metric, &rows.at[i]);
		if (take_flows(crossing, &rows) < 0)
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

/* Behind the values, where they are found by number: the heaviest of the addresses. */
static int append_addrs(struct fb_axis *axis, unsigned int max, uint32_t *ret_total)
{
	struct fb_addr_sum sum[2 * FB_AXIS_MAX];
	const int n = fb_addrs_first(&axis->addrs, max, false, sum, ret_total);

	for (int i = 0; i < n; i++) {
		const struct share share = {
			{.num = sum[i].word, .row = sum[i].row, .kind = FB_IPV4}, sum[i].weight};

		if (fb_values_append(&axis->values, &share) < 0)
			return -ENOMEM;
	}
	return n < 0 ? n : 0;
}

/* The places of addresses, by their words. */
static void index_addrs(struct fb_axis *axis, uint32_t first)
{
	for (unsigned int place = 0; place < axis->n; place++) {
		uint32_t i;

		if (axis->item[place] < first)
			continue;
		axis->word[place] = (uint32_t)share_at(axis, axis->item[place])->key.num;
		for (i = axis->word[place] % FB_AXIS_SLOTS; axis->slot[i];)
			i = (i + 1) % FB_AXIS_SLOTS;
		axis->slot[i] = (uint8_t)(place + 1);
	}
}

static int give_places(struct fb_axis *axis, unsigned int max)
{
	const uint32_t others = axis->values.n;
	uint32_t room[2 * FB_AXIS_MAX], addrs = 0;
	struct fb_best best;

	if (axis->by_addr && append_addrs(axis, max, &addrs) < 0)
		return -ENOMEM;
	axis->place_of = malloc((size_t)axis->values.n + 1);
	if (!axis->place_of)
		return -ENOMEM;
	axis->more = others + addrs > max;
	axis->n = axis->more ? max - 1 : others + addrs;
	memset(axis->place_of, (int)axis->n, axis->values.n);
	fb_best_begin(&best, room, axis->n);
	for (uint32_t i = 0; i < axis->values.n; i++)
		fb_best_add(&best, &i, sizeof(i), compare_shares, axis);
	fb_best_end(&best, sizeof(*room), compare_shares, axis);
	for (unsigned int place = 0; place < axis->n; place++) {
		axis->item[place] = room[place];
		axis->place_of[room[place]] = (uint8_t)place;
	}
	index_addrs(axis, axis->by_addr ? others : axis->values.n);
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
		fb_addrs_fini(&crossing->axis[d].addrs);
		fb_bulk_free(crossing->axis[d].value_of);
		free(crossing->axis[d].place_of);
	}
	fb_bulk_free(crossing->weight);
	fb_bulk_free(crossing->is_ipv4);
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
