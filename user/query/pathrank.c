/* SPDX-License-Identifier: BSD-2-Clause */
/* The worst paths; see the header. */
#include "query/pathrank.h"

#include <errno.h>
#include <stdlib.h>

#include "query/labels.h"
#include "query/matches.h"
#include "query/values.h"
#include "util/bulk.h"
#include "util/cleanup.h"
#include "util/select.h"

/* What is known of a value of the field; the key comes first. */
struct group {
	struct fb_value_key key;
	uint32_t n, at; /* its samples: how many, and where they begin once they stand by group */
	uint32_t rank;	/* the bigger, the worse */
	uint32_t again; /* of the packets that were sent */
	uint64_t sent;
};

struct sample {
	uint32_t group, row;
	uint32_t latency, jitter; /* 0: not known */
};

struct ranking {
	const struct fb_snapshot *snapshot;
	const struct fb_paths_query *query;
	struct fb_paths *paths;
	struct fb_values groups;
	struct sample *sample; /* [n], as they came */
	uint32_t n;
	uint32_t *by_group; /* their numbers, by group */
	uint32_t *scratch;
};

static struct group *group_at(const struct ranking *ranking, uint32_t i)
{
	return (struct group *)ranking->groups.item + i;
}

/* --- what is measured ------------------------------------------------------------------------- */

static void add_sums(struct fb_path_sums *sums, const struct fb_traffic *traffic,
		     const struct fb_flow_quality *quality)
{
	sums->flows++;
	for (int dir = 0; dir < 2; dir++) {
		sums->bytes += traffic->bytes[dir];
		sums->packets[dir] += traffic->packets[dir];
		sums->retrans[dir] += quality->count[dir].retrans;
		sums->reordered[dir] += quality->count[dir].reordered;
		sums->zero_windows[dir] += quality->count[dir].zero_windows;
	}
}

/* Of the half that the field is at the end of, or of both. */
static uint32_t latency_of(const struct ranking *ranking, const struct fb_flow_quality *quality)
{
	const uint32_t up = quality->delay[FB_UP].min, down = quality->delay[FB_DOWN].min;

	if (ranking->query->by->end == FB_END_DST)
		return up;
	if (ranking->query->by->end == FB_END_SRC)
		return down;
	return up && down ? up + down : 0;
}

static uint32_t jitter_of(const struct ranking *ranking, const struct fb_flow_quality *quality)
{
	const uint32_t up = quality->delay[FB_UP].jitter, down = quality->delay[FB_DOWN].jitter;

	if (ranking->query->by->end == FB_END_DST)
		return up;
	if (ranking->query->by->end == FB_END_SRC)
		return down;
	return up > down ? up : down;
}

static void measure(struct fb_paths *paths, const struct fb_flow_at *at,
		    const struct fb_flow_quality *quality)
{
	struct fb_meter *meter = paths->meter;
	struct fb_value loss = {.known = false};

	if (quality->count[FB_UP].retrans || quality->count[FB_DOWN].retrans)
		fb_field_get(&fb_fields[FB_FIELD_loss], at, &loss);
	fb_meter_add(&meter[FB_PATH_LOSS], loss.known ? (uint32_t)loss.num : 0);
	fb_meter_add(&meter[FB_PATH_LATENCY_UP], quality->delay[FB_UP].min);
	fb_meter_add(&meter[FB_PATH_LATENCY_DOWN], quality->delay[FB_DOWN].min);
	fb_meter_add(&meter[FB_PATH_JITTER],
		     quality->delay[FB_UP].jitter > quality->delay[FB_DOWN].jitter
			     ? quality->delay[FB_UP].jitter
			     : quality->delay[FB_DOWN].jitter);
	add_sums(&paths->sums, at->traffic, quality);
}

static void measure_waits(struct fb_paths *paths, const struct fb_flow *flow)
{
	const struct fb_flow_answers *answers = fb_flow_answers(flow);

	fb_meter_add(&paths->meter[FB_PATH_HANDSHAKE], flow->rtt_ns / 1000);
	if (flow->tls)
		fb_meter_add(&paths->meter[FB_PATH_TLS], flow->tls->hello_us);
	if (answers)
		fb_meter_add(&paths->meter[FB_PATH_DNS], (uint32_t)(answers->sum_us / answers->n));
}

static void take_flow(struct ranking *ranking, uint32_t row, const struct fb_traffic *traffic,
		      const struct fb_flow_quality *quality, uint32_t number)
{
	struct group *group = group_at(ranking, number);

	group->n++;
	group->sent += traffic->packets[0] + traffic->packets[1];
	group->again += quality->count[0].retrans + quality->count[1].retrans;
	ranking->sample[ranking->n++] = (struct sample){number, row, latency_of(ranking, quality),
							jitter_of(ranking, quality)};
}

static int take_chunk(struct ranking *ranking, const struct fb_rows *rows)
{
	const struct fb_flow_quality *quality[FB_CHUNK];
	struct fb_rows measured = {.n = 0};
	uint32_t number[FB_CHUNK];

	ranking->paths->flows += rows->n;
	for (uint32_t i = 0; i < rows->n; i++) {
		const struct fb_flow_quality *of =
			fb_snapshot_quality(ranking->snapshot, rows->row[i]);

		measure_waits(ranking->paths, rows->at[i].flow);
		if (!of)
			continue;
		measure(ranking->paths, &rows->at[i], of);
		quality[measured.n] = of;
		fb_rows_add(&measured, rows->row[i], &rows->at[i]);
	}
	if (fb_values_number(&ranking->groups, &measured, number) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < measured.n; i++)
		take_flow(ranking, measured.row[i], measured.at[i].traffic, quality[i], number[i]);
	return 0;
}

static int collect(struct ranking *ranking)
{
	_cleanup_(fb_taking_fini) struct fb_taking taking;
	struct fb_rows rows;

	fb_taking_begin(&taking, ranking->snapshot, ranking->query->query);
	for (uint32_t from = 0; from < ranking->snapshot->n; from += FB_CHUNK) {
		fb_taking_rows(&taking, from, &rows);
		if (take_chunk(ranking, &rows) < 0)
			return -ENOMEM;
	}
	fb_taking_end(&taking, NULL);
	return 0;
}

/* --- the worst -------------------------------------------------------------------------------- */

static void sort_samples(struct ranking *ranking)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < ranking->groups.n; i++) {
		group_at(ranking, i)->at = at;
		at += group_at(ranking, i)->n;
		group_at(ranking, i)->n = 0;
	}
	for (uint32_t i = 0; i < ranking->n; i++) {
		struct group *group = group_at(ranking, ranking->sample[i].group);

		ranking->by_group[group->at + group->n++] = i;
	}
}

static struct fb_spread spread_of(const struct ranking *ranking, const struct group *group,
				  enum fb_path_worst what)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < group->n; i++) {
		const struct sample *sample = &ranking->sample[ranking->by_group[group->at + i]];
		const uint32_t value = what == FB_PATH_BY_JITTER ? sample->jitter : sample->latency;

		if (value)
			ranking->scratch[n++] = value;
	}
	return fb_spread_of(ranking->scratch, n);
}

/* In parts of a million of what both ends sent. */
static uint32_t loss_of(const struct group *group)
{
	return group->again < group->sent
		       ? (uint32_t)((double)group->again * 1e6 / (double)group->sent)
		       : 1000000;
}

static uint32_t rank_of(const struct ranking *ranking, const struct group *group)
{
	if (ranking->query->worst == FB_PATH_BY_LOSS)
		return loss_of(group);
	return spread_of(ranking, group, ranking->query->worst).p[FB_P90];
}

static int compare_groups(const void *a_, const void *b_, void *ctx)
{
	const struct group *a = *(struct group *const *)a_, *b = *(struct group *const *)b_;

	(void)ctx;
	if (a->rank != b->rank)
		return a->rank < b->rank ? 1 : -1;
	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	return (a->key.row > b->key.row) - (a->key.row < b->key.row);
}

/* Of the group's own flows: the name of its address, if it is one. */
static int tell_group(struct ranking *ranking, const struct group *group, struct fb_path_group *to)
{
	_cleanup_(fb_labels_fini) struct fb_labels labels;
	const struct fb_field *by = ranking->query->by;
	struct fb_value value = {.known = false};
	uint32_t number[2];
	int r = fb_labels_init(&labels);

	fb_snapshot_at(ranking->snapshot, group->key.row, &to->first);
	if (by->type == FB_TYPE_IP)
		fb_field_get(by, &to->first, &value);
	if (r == 0 && value.known)
		r = fb_labels_want(&labels, value.addr, value.family);
	for (uint32_t i = 0; r == 0 && i < group->n; i++) {
		const uint32_t row = ranking->sample[ranking->by_group[group->at + i]].row;
		struct fb_flow_at at;

		fb_snapshot_at(ranking->snapshot, row, &at);
		add_sums(&to->sums, at.traffic, fb_snapshot_quality(ranking->snapshot, row));
		if (value.known)
			fb_labels_see(&labels, &at, number);
	}
	if (value.known)
		to->label = fb_labels_find(&labels, value.addr, value.family);
	to->latency = spread_of(ranking, group, FB_PATH_BY_LATENCY);
	to->jitter = spread_of(ranking, group, FB_PATH_BY_JITTER);
	return r;
}

static int choose(struct ranking *ranking)
{
	struct fb_paths *paths = ranking->paths;
	const uint32_t k =
		ranking->query->n < ranking->groups.n ? ranking->query->n : ranking->groups.n;
	_cleanup_free_ struct group **order = malloc((2 * (size_t)k + 1) * sizeof(*order));
	struct fb_best best;

	paths->group = calloc((size_t)k + 1, sizeof(*paths->group));
	if (!order || !paths->group)
		return -ENOMEM;
	fb_best_begin(&best, order, k);
	for (uint32_t i = 0; i < ranking->groups.n; i++) {
		struct group *group = group_at(ranking, i);

		if (!fb_value_is_known(&group->key))
			continue;
		paths->n_groups++;
		group->rank = rank_of(ranking, group);
		fb_best_add(&best, &group, sizeof(group), compare_groups, NULL);
	}
	paths->n = fb_best_end(&best, sizeof(*order), compare_groups, NULL);
	for (uint32_t i = 0; i < paths->n; i++)
		if (tell_group(ranking, order[i], &paths->group[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int run(struct ranking *ranking)
{
	const size_t n = (size_t)ranking->snapshot->n + 1;

	ranking->paths = calloc(1, sizeof(*ranking->paths));
	ranking->sample = fb_bulk_alloc(n * sizeof(*ranking->sample));
	if (fb_values_init(&ranking->groups, ranking->snapshot, ranking->query->by,
			   sizeof(struct group)) < 0 ||
	    !ranking->paths || !ranking->sample || collect(ranking) < 0)
		return -ENOMEM;
	ranking->by_group = fb_bulk_alloc(n * sizeof(*ranking->by_group));
	ranking->scratch = fb_bulk_alloc(n * sizeof(*ranking->scratch));
	if (!ranking->by_group || !ranking->scratch)
		return -ENOMEM;
	sort_samples(ranking);
	return choose(ranking);
}

int fb_query_paths(const struct fb_snapshot *snapshot, const struct fb_paths_query *query,
		   struct fb_paths **ret_paths)
{
	struct ranking ranking = {.snapshot = snapshot, .query = query};
	const int r = run(&ranking);

	fb_values_fini(&ranking.groups);
	fb_bulk_free(ranking.sample);
	fb_bulk_free(ranking.by_group);
	fb_bulk_free(ranking.scratch);
	if (r < 0)
		fb_paths_free(ranking.paths);
	else
		*ret_paths = ranking.paths;
	return r;
}

void fb_paths_free(struct fb_paths *paths)
{
	if (!paths)
		return;
	free(paths->group);
	free(paths);
}

void fb_paths_freep(struct fb_paths **paths)
{
	fb_paths_free(*paths);
}
