/* SPDX-License-Identifier: BSD-2-Clause */
/* Top lists, matrices, paths and hosts: what the snapshot is asked for, written down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/dimensions.h"
#include "api/list_json.h"
#include "api/params.h"
#include "api/paststamp.h"
#include "api/routes.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/addr.h"
#include "util/cleanup.h"

static bool read_metric(struct fb_request *req, enum fb_metric *ret_metric)
{
	static const char *const words[] = {"count", "bytes", "rate", NULL};
	unsigned int metric;

	if (!fb_param_enum(req, "metric", words, FB_METRIC_COUNT, &metric))
		return false;
	*ret_metric = (enum fb_metric)metric;
	return true;
}

/* What a key is called: the name of an address, the service of a port. */
static void write_label(struct fb_json *json, const struct fb_field *field,
			const struct fb_top *top)
{
	struct fb_value label = {.known = false};

	if (top->label) {
		fb_json_kv_str(json, "label", top->label->text);
		return;
	}
	if (field->label_by && field->type != FB_TYPE_IP)
		fb_field_get(&fb_fields[field->label_by], &top->first, &label);
	fb_json_kv_str(json, "label", label.known ? label.text : NULL);
}

static void write_tops(struct fb_json *json, const struct fb_field *field, const struct fb_top *top,
		       uint32_t n)
{
	fb_json_kv_array(json, "items");
	for (uint32_t i = 0; i < n; i++) {
		fb_json_object(json);
		fb_json_key(json, "key");
		fb_write_value(json, field, &top[i].first);
		write_label(json, field, &top[i]);
		fb_json_kv_u64(json, "count", top[i].count);
		fb_json_kv_u64(json, "bytes", top[i].bytes);
		fb_json_kv_u64(json, "rate_bps", top[i].rate * 8);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

int fb_api_aggregate(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(fb_params_fini) struct fb_params spec = {.n_columns = 0};
	const struct fb_field *field = fb_dimension_find(req->path_args[0]);
	_cleanup_(fb_ask_fini) struct fb_ask ask = {.kind = FB_ASK_TOP, .query = &spec.query};
	struct fb_json *json;
	bool source_port;

	if (!field) {
		fb_dimension_reply_none(req);
		return 0;
	}
	if (!fb_params_top_n(req, &ask.n, &source_port) || !read_metric(req, &ask.metric) ||
	    !fb_params_read(req, snapshot->wall_ms, &spec))
		return 0;
	if (field->id == FB_FIELD_dst_port && source_port)
		field = &fb_fields[FB_FIELD_src_port];
	ask.field = field;
	if (fb_query_ask(snapshot, &ask, 1))
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	write_tops(json, field, ask.top, ask.n_top);
	fb_json_kv_u64(json, "total", ask.total);
	fb_past_write_stamp(json, req);
	fb_json_end(json, '}');
	return 0;
}

static void write_matrix(struct fb_json *json, const struct fb_matrix *matrix)
{
	fb_json_kv_array(json, "rows");
	for (uint32_t i = 0; i < matrix->rows; i++)
		fb_json_str(json, matrix->row[i]);
	fb_json_end(json, ']');
	fb_json_kv_array(json, "columns");
	for (uint32_t i = 0; i < matrix->columns; i++)
		fb_json_str(json, matrix->column[i]);
	fb_json_end(json, ']');
	fb_json_kv_array(json, "cells");
	for (uint32_t i = 0; i < matrix->rows; i++) {
		fb_json_array(json);
		for (uint32_t k = 0; k < matrix->columns; k++)
			fb_json_u64(json, matrix->cell[i][k]);
		fb_json_end(json, ']');
	}
	fb_json_end(json, ']');
}

int fb_api_matrix(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(fb_params_fini) struct fb_params spec = {.n_columns = 0};
	struct fb_cross cross = {.query = &spec.query,
				 .field = {fb_dimension_find(req->path_args[0]),
					   fb_dimension_find(req->path_args[1])},
				 .n_fields = 2};
	_cleanup_free_ struct fb_matrix *matrix = NULL;
	struct fb_json *json;

	if (!cross.field[0] || !cross.field[1]) {
		fb_dimension_reply_none(req);
		return 0;
	}
	if (!read_metric(req, &cross.metric) || !fb_params_read(req, snapshot->wall_ms, &spec))
		return 0;
	if (fb_query_matrix(snapshot, &cross, &matrix))
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	write_matrix(json, matrix);
	fb_past_write_stamp(json, req);
	fb_json_end(json, '}');
	return 0;
}

static void write_sankey(struct fb_json *json, const struct fb_sankey *sankey,
			 const struct fb_field *const *fields)
{
	unsigned int base[FB_SANKEY_DIMS + 1] = {0};

	fb_json_kv_array(json, "nodes");
	for (unsigned int d = 0; d < sankey->n_dims; d++) {
		base[d + 1] = base[d] + sankey->n_nodes[d];
		for (unsigned int i = 0; i < sankey->n_nodes[d]; i++) {
			const struct fb_sankey_node *node = &sankey->node[d][i];

			fb_json_object(json);
			fb_json_kv_str(json, "key", node->other ? NULL : node->key);
			fb_json_kv_str(json, "label", *node->label ? node->label : NULL);
			fb_json_kv_str(json, "dim", fields[d]->name);
			fb_json_kv_u64(json, "layer", d);
			fb_json_kv_bool(json, "other", node->other);
			fb_json_kv_u64(json, "value", node->value);
			fb_json_end(json, '}');
		}
	}
	fb_json_end(json, ']');
	fb_json_kv_array(json, "links");
	for (unsigned int i = 0; i < sankey->n_links; i++) {
		const struct fb_sankey_link *link = &sankey->link[i];

		fb_json_object(json);
		fb_json_kv_u64(json, "source", base[link->dim] + link->from);
		fb_json_kv_u64(json, "target", base[link->dim + 1] + link->to);
		fb_json_kv_u64(json, "value", link->value);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

int fb_api_sankey(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(fb_params_fini) struct fb_params spec = {.n_columns = 0};
	struct fb_cross cross = {.query = &spec.query};
	_cleanup_free_ struct fb_sankey *sankey = NULL;
	struct fb_json *json;
	uint64_t top;

	if (!fb_dimensions_read(req, cross.field, &cross.n_fields) ||
	    !read_metric(req, &cross.metric) ||
	    !fb_param_u64(req, "top_n", 1, FB_SANKEY_NODES - 1, 15, &top) ||
	    !fb_params_read(req, snapshot->wall_ms, &spec))
		return 0;
	cross.top = (unsigned int)top;
	if (fb_query_sankey(snapshot, &cross, &sankey))
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	write_sankey(json, sankey, cross.field);
	fb_past_write_stamp(json, req);
	fb_json_end(json, '}');
	return 0;
}
