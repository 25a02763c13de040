/* SPDX-License-Identifier: BSD-2-Clause */
/* From the values of one field to those of the next. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/axis.h"
#include "query/labels.h"
#include "util/cleanup.h"

struct paths {
	struct fb_crossing crossing;
	uint64_t value[FB_SANKEY_DIMS - 1][FB_SANKEY_NODES][FB_SANKEY_NODES];
};

static void paths_free(struct paths **paths)
{
	if (!*paths)
		return;
	fb_crossing_fini(&(*paths)->crossing);
	free(*paths);
}

/* Some flows, an axis after the other. */
static void count_paths(struct paths *paths, uint32_t from, uint32_t n)
{
	const uint64_t *weight = paths->crossing.weight + from;
	uint8_t place[2][FB_CHUNK];

	fb_axis_places(&paths->crossing, 0, from, n, place[0]);
	for (unsigned int d = 1; d < paths->crossing.n_axes; d++) {
		const uint8_t *last = place[!(d % 2)], *now = place[d % 2];

		fb_axis_places(&paths->crossing, d, from, n, place[d % 2]);
		for (uint32_t i = 0; i < n; i++)
			paths->value[d - 1][last[i]][now[i]] += weight[i];
	}
}

/* All that goes to a node; from it, of the first ones. */
static uint64_t value_of(const struct paths *paths, unsigned int d, unsigned int node)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < FB_SANKEY_NODES; i++)
		value += d ? paths->value[d - 1][i][node] : paths->value[0][node][i];
	return value;
}

static void list_nodes(const struct paths *paths, struct fb_sankey *sankey)
{
	for (unsigned int d = 0; d < sankey->n_dims; d++) {
		const struct fb_axis *axis = &paths->crossing.axis[d];

		sankey->n_nodes[d] = axis->n + axis->more;
		for (unsigned int i = 0; i < sankey->n_nodes[d]; i++) {
			sankey->node[d][i].other = i == axis->n;
			sankey->node[d][i].value = value_of(paths, d, i);
			fb_axis_text(axis, i, sankey->node[d][i].key,
				     sizeof(sankey->node[d][i].key));
		}
	}
}

/* Nodes that are addresses have a name beside them. */
static int name_nodes(const struct paths *paths, const struct fb_snapshot *snapshot,
		      struct fb_sankey *sankey)
{
	_cleanup_(fb_labels_fini) struct fb_labels labels;
	int r = fb_labels_init(&labels);
	struct fb_value value;

	for (unsigned int d = 0; d < sankey->n_dims; d++)
		for (unsigned int i = 0; r == 0 && i < paths->crossing.axis[d].n; i++)
			if (fb_axis_addr(&paths->crossing.axis[d], i, &value))
				r = fb_labels_want(&labels, value.addr, value.family);
	if (r < 0)
		return r;
	fb_labels_read(&labels, snapshot);
	for (unsigned int d = 0; d < sankey->n_dims; d++)
		for (unsigned int i = 0; i < paths->crossing.axis[d].n; i++) {
			const struct fb_flow_name *name =
				fb_axis_addr(&paths->crossing.axis[d], i, &value)
					? fb_labels_find(&labels, value.addr, value.family)
					: NULL;

			snprintf(sankey->node[d][i].label, sizeof(sankey->node[d][i].label), "%s",
				 name ? name->text : "");
		}
	return 0;
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

int fb_query_sankey(const struct fb_snapshot *snapshot, const struct fb_cross *cross,
		    struct fb_sankey **ret_sankey)
{
	_cleanup_(paths_free) struct paths *paths = calloc(1, sizeof(*paths));
	_cleanup_free_ struct fb_sankey *sankey = calloc(1, sizeof(*sankey));
	unsigned int top = cross->top;

	if (cross->n_fields < 2 || cross->n_fields > FB_SANKEY_DIMS)
		return -EINVAL;
	if (!paths || !sankey)
		return -ENOMEM;
	if (top < 1 || top > FB_SANKEY_NODES - 1)
		top = FB_SANKEY_NODES - 1;
	sankey->n_dims = cross->n_fields;
	if (fb_crossing_init(&paths->crossing, snapshot, cross, top + 1) < 0)
		return -ENOMEM;
	for (uint32_t from = 0; from < paths->crossing.n; from += FB_CHUNK) {
		const uint32_t left = paths->crossing.n - from;

		count_paths(paths, from, left < FB_CHUNK ? left : FB_CHUNK);
	}
	list_nodes(paths, sankey);
	list_links(paths, sankey);
	if (name_nodes(paths, snapshot, sankey) < 0)
		return -ENOMEM;
	*ret_sankey = TAKE_PTR(sankey);
	return 0;
}
