/* SPDX-License-Identifier: BSD-2-Clause */
/* Two or more fields against each other: the matrix and the paths. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "query/query_priv.h"
#include "util/scope.h"
#include "flow/value.h"

static uint64_t weigh(const struct fb_flow_at *at, enum fb_metric metric)
{
	const struct fb_traffic *traffic = at->traffic;

	return metric == FB_METRIC_COUNT   ? 1
	       : metric == FB_METRIC_BYTES ? traffic->bytes[0] + traffic->bytes[1]
					   : fb_flow_rates(at);
}

/* The text of a value, cut to `size`. */
static void value_text(const struct fb_field *field, const struct fb_value *value, char *text,
		       size_t size)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	size_t len;

	fb_value_write_text(&buf, field, value);
	len = buf.error || !buf.data ? 0 : buf.len < size ? buf.len : size - 1;
	if (len)
		memcpy(text, buf.data, len);
	text[len] = '\0';
}

/* The biggest values of one field, with a node each; all others share the last. */
struct dim {
	const struct fb_field *field;
	uint64_t hash[FB_MATRIX_SIDE];
	uint32_t row[FB_MATRIX_SIDE];
	bool known[FB_MATRIX_SIDE];
	unsigned int n, max;
	bool more; /* there are others */
	struct fb_index index;
};

static void dim_fini(struct dim *dim)
{
	fb_index_fini(&dim->index);
}

struct by_metric {
	enum fb_metric metric;
};

static uint64_t agg_weight(const struct fb_agg *agg, enum fb_metric metric)
{
	return metric == FB_METRIC_COUNT   ? agg->flows
	       : metric == FB_METRIC_BYTES ? agg->bytes[0] + agg->bytes[1]
					   : agg->rate[0] + agg->rate[1];
}

static int compare_aggs(const void *a_, const void *b_, void *by_)
{
	const struct by_metric *by = by_;
	const struct fb_agg *a = a_, *b = b_;
	uint64_t x = agg_weight(a, by->metric), y = agg_weight(b, by->metric);

	if (x != y)
		return x < y ? 1 : -1;
	return (a->row > b->row) - (a->row < b->row);
}

static int dim_init(struct dim *dim, const struct fb_snapshot *snapshot,
		    const struct fb_query *query, const struct fb_field *field, unsigned int max,
		    enum fb_metric metric)
{
	_cleanup_aggs_ struct fb_aggs aggs = {0};
	struct by_metric by = {metric};
	int r = fb_aggs_init(&aggs);

	*dim = (struct dim){.field = field, .max = max};
	if (r == 0)
		r = fb_index_init(&dim->index);
	if (r == 0)
		r = fb_aggs_collect(&aggs, snapshot, query, field);
	if (r < 0)
		return r;
	qsort_r(aggs.agg, aggs.n, sizeof(*aggs.agg), compare_aggs, &by);
	dim->more = aggs.n > max;
	for (uint32_t i = 0; i < aggs.n && dim->n < (dim->more ? max - 1 : max); i++) {
		dim->hash[dim->n] = aggs.agg[i].hash;
		dim->row[dim->n] = aggs.agg[i].row;
		dim->known[dim->n] = aggs.agg[i].known;
		if (fb_index_add(&dim->index, aggs.agg[i].hash, dim->n) < 0)
			return -ENOMEM;
		dim->n++;
	}
	return 0;
}

static unsigned int dim_place(const struct dim *dim, const struct fb_flow_at *at)
{
	struct fb_value value;
	struct fb_index_it it;
	uint64_t hash;
	uint32_t i;

	fb_field_get(dim->field, at, &value);
	hash = fb_value_hash(dim->field, &value);
	it = fb_index_begin(hash);
	while (fb_index_next(&dim->index, &it, &i))
		if (dim->hash[i] == hash)
			return i;
	return dim->n;
}

static void dim_text(const struct dim *dim, const struct fb_snapshot *snapshot, unsigned int i,
		     char *text, size_t size)
{
	struct fb_flow_at at;
	struct fb_value value;

	if (i == dim->n) {
		memcpy(text, "other", sizeof("other"));
		return;
	}
	if (!dim->known[i]) {
		text[0] = '\0';
		return;
	}
	fb_snapshot_at(snapshot, dim->row[i], &at);
	fb_field_get(dim->field, &at, &value);
	value_text(dim->field, &value, text, size);
}

int fb_query_matrix(const struct fb_snapshot *snapshot, const struct fb_query *query,
		    const struct fb_field *a, const struct fb_field *b, enum fb_metric metric,
		    struct fb_matrix **ret_matrix)
{
	_cleanup_(dim_fini) struct dim rows = {0};
	_cleanup_(dim_fini) struct dim columns = {0};
	struct fb_matrix *matrix;
	struct fb_flow_at at;
	uint32_t pos = 0;

	if (dim_init(&rows, snapshot, query, a, FB_MATRIX_SIDE, metric) < 0 ||
	    dim_init(&columns, snapshot, query, b, FB_MATRIX_SIDE, metric) < 0)
		return -ENOMEM;
	matrix = calloc(1, sizeof(*matrix));
	if (!matrix)
		return -ENOMEM;
	while (fb_query_next(snapshot, query, &pos, &at))
		matrix->cell[dim_place(&rows, &at)][dim_place(&columns, &at)] += weigh(&at, metric);
	matrix->rows = rows.n + rows.more;
	matrix->columns = columns.n + columns.more;
	for (unsigned int i = 0; i < matrix->rows; i++)
		dim_text(&rows, snapshot, i, matrix->row[i], sizeof(matrix->row[i]));
	for (unsigned int i = 0; i < matrix->columns; i++)
		dim_text(&columns, snapshot, i, matrix->column[i], sizeof(matrix->column[i]));
	*ret_matrix = matrix;
	return 0;
}

struct paths {
	struct dim dim[FB_SANKEY_DIMS];
	uint64_t value[FB_SANKEY_DIMS - 1][FB_SANKEY_NODES][FB_SANKEY_NODES];
};

static void paths_free(struct paths **paths)
{
	for (int d = 0; *paths && d < FB_SANKEY_DIMS; d++)
		dim_fini(&(*paths)->dim[d]);
	free(*paths);
}

static void count_path(struct paths *paths, struct fb_sankey *sankey, const struct fb_flow_at *at,
		       uint64_t weight)
{
	unsigned int last = 0;

	for (unsigned int d = 0; d < sankey->n_dims; d++) {
		unsigned int place = dim_place(&paths->dim[d], at);

		sankey->node[d][place].value += weight;
		if (d)
			paths->value[d - 1][last][place] += weight;
		last = place;
	}
}

static void list_links(const struct paths *paths, struct fb_sankey *sankey)
{
	for (unsigned int d = 0; d + 1 < sankey->n_dims; d++)
		for (unsigned int from = 0; from < sankey->n_nodes[d]; from++)
			for (unsigned int to = 0; to < sankey->n_nodes[d + 1]; to++)
				if (paths->value[d][from][to])
					sankey->link[sankey->n_links++] = (struct fb_sankey_link){
						(uint16_t)from, (uint16_t)to, (uint8_t)d,
						paths->value[d][from][to]};
}

int fb_query_sankey(const struct fb_snapshot *snapshot, const struct fb_query *query,
		    const struct fb_field *const *fields, unsigned int n_fields, unsigned int top,
		    enum fb_metric metric, struct fb_sankey **ret_sankey)
{
	_cleanup_(paths_free) struct paths *paths = calloc(1, sizeof(*paths));
	_cleanup_free_ struct fb_sankey *sankey = calloc(1, sizeof(*sankey));
	struct fb_flow_at at;
	uint32_t pos = 0;

	if (n_fields < 2 || n_fields > FB_SANKEY_DIMS)
		return -EINVAL;
	if (!paths || !sankey)
		return -ENOMEM;
	if (top < 1 || top > FB_SANKEY_NODES - 1)
		top = FB_SANKEY_NODES - 1;
	sankey->n_dims = n_fields;
	for (unsigned int d = 0; d < n_fields; d++)
		if (dim_init(&paths->dim[d], snapshot, query, fields[d], top + 1, metric) < 0)
			return -ENOMEM;
	while (fb_query_next(snapshot, query, &pos, &at))
		count_path(paths, sankey, &at, weigh(&at, metric));
	for (unsigned int d = 0; d < n_fields; d++) {
		const struct dim *dim = &paths->dim[d];

		sankey->n_nodes[d] = dim->n + dim->more;
		for (unsigned int i = 0; i < sankey->n_nodes[d]; i++) {
			sankey->node[d][i].other = i == dim->n;
			dim_text(dim, snapshot, i, sankey->node[d][i].key,
				 sizeof(sankey->node[d][i].key));
		}
	}
	list_links(paths, sankey);
	*ret_sankey = TAKE_PTR(sankey);
	return 0;
}
