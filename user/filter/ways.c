/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of a filter, multiplied out: `or` puts lists together, `and` joins each with each. */
#include "filter/ways.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter_priv.h"

#define NOT_SO (-EDOM)

struct list {
	struct fb_way *way; /* owned */
	unsigned int n, size;
};

static void fini(struct list *list)
{
	free(list->way);
}

#define _cleanup_list_ __attribute__((__cleanup__(fini)))

static int add(struct list *list, const struct fb_way *way)
{
	struct fb_way *grown;

	if (list->n == FB_WAYS)
		return NOT_SO;
	if (list->n == list->size) {
		list->size = list->size ? list->size * 2 : 4;
		grown = realloc(list->way, list->size * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		list->way = grown;
	}
	list->way[list->n++] = *way;
	return 0;
}

/* --- one value -------------------------------------------------------------------------------- */

static bool is_about_name(const struct fb_node *node)
{
	return node->field[0]->id == FB_FIELD_dst_host || node->field[0]->id == FB_FIELD_sni;
}

static bool is_known_name(const char *name, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.-_";

	for (size_t i = 0; i < len; i++)
		if (!name[i] || !strchr(plain, name[i]))
			return false;
	return len > 0 && len <= FB_NAME_MAX;
}

/* "example.com" by `=`, by `:` with all below it, "*.example.com" by `~` those alone. */
static int read_name(const struct fb_filter *filter, const struct fb_node *node,
		     const struct fb_operand *operand, struct fb_way *way)
{
	const char *name = filter->text + operand->text;
	size_t len = operand->text_len;

	way->name_how = FB_WAY_IS | (node->suffix ? FB_WAY_BELOW : 0);
	if (node->op == FB_OP_LIKE) {
		if (len < 3 || strncmp(name, "*.", 2) != 0)
			return NOT_SO;
		name += 2;
		len -= 2;
		way->name_how = FB_WAY_BELOW;
	} else if (len > 1 && name[len - 1] == '.') {
		len--;
	}
	if (!is_known_name(name, len) || name[len - 1] == '.')
		return NOT_SO;
	way->name = name;
	way->name_len = (uint8_t)len;
	way->name_any = node->field[0]->id == FB_FIELD_dst_host;
	return 0;
}

static int read_end(const struct fb_node *node, const struct fb_operand *operand,
		    struct fb_way *way)
{
	const bool dst = node->field[0]->end == FB_END_DST;
	struct fb_way_end *end = &way->end[dst];

	way->client = node->n_fields == 1;
	if (node->field[0]->type == FB_TYPE_IP) {
		memcpy(end->from, operand->from, 16);
		memcpy(end->to, operand->to, 16);
		end->family = operand->family;
		return 0;
	}
	if (!operand->low) /* what has no ports has none of number 0, and others may */
		return NOT_SO;
	end->has_port = true;
	end->low = (uint16_t)operand->low;
	end->high = (uint16_t)operand->high;
	return 0;
}

/* Of the fields that packets show; of either end, those of the flow itself come first. */
static bool is_about_end(const struct fb_node *node)
{
	switch (node->field[0]->id) {
	case FB_FIELD_src_ip:
	case FB_FIELD_dst_ip:
	case FB_FIELD_src_port:
	case FB_FIELD_dst_port:
		return true;
	default:
		return false;
	}
}

static int read_value(const struct fb_filter *filter, const struct fb_node *node,
		      const struct fb_operand *operand, struct fb_way *way)
{
	*way = (struct fb_way){.proto = -1};
	if (is_about_name(node))
		return read_name(filter, node, operand, way);
	if (node->field[0]->id == FB_FIELD_proto && node->number) {
		way->proto = (int16_t)operand->low;
		return 0;
	}
	return is_about_end(node) ? read_end(node, operand, way) : NOT_SO;
}

static int read_term(const struct fb_filter *filter, const struct fb_node *node, struct list *list)
{
	struct fb_way way;
	int r = 0;

	if (node->op != FB_OP_EQ && !(node->op == FB_OP_LIKE && is_about_name(node)))
		return NOT_SO;
	for (unsigned int i = 0; i < node->n_values && r == 0; i++) {
		r = read_value(filter, node, &filter->value[node->first + i], &way);
		if (r == 0)
			r = add(list, &way);
	}
	return r;
}

/* --- and -------------------------------------------------------------------------------------- */

/* False: both cannot be. */
static bool join_ends(struct fb_way_end *end, const struct fb_way_end *other)
{
	if (other->family && !end->family) {
		memcpy(end->from, other->from, 16);
		memcpy(end->to, other->to, 16);
		end->family = other->family;
	} else if (other->family) {
		if (memcmp(other->from, end->from, 16) > 0)
			memcpy(end->from, other->from, 16);
		if (memcmp(other->to, end->to, 16) < 0)
			memcpy(end->to, other->to, 16);
		if (end->family != other->family || memcmp(end->from, end->to, 16) > 0)
			return false;
	}
	if (!other->has_port)
		return true;
	if (!end->has_port || other->low > end->low)
		end->low = other->low;
	if (!end->has_port || other->high < end->high)
		end->high = other->high;
	end->has_port = true;
	return end->low <= end->high;
}

static bool has_ends(const struct fb_way *way)
{
	return way->end[0].family || way->end[0].has_port || way->end[1].family ||
	       way->end[1].has_port;
}

static bool same_family(const struct fb_way *way)
{
	return !way->end[0].family || !way->end[1].family ||
	       way->end[0].family == way->end[1].family;
}

/* Two names, of which one may be below the other, are for others to compare. */
static int add_joined(struct list *list, const struct fb_way *a, const struct fb_way *b,
		      bool turned)
{
	struct fb_way way = *a;

	if (a->name_how && b->name_how)
		return NOT_SO;
	if ((a->proto >= 0 && b->proto >= 0 && a->proto != b->proto) ||
	    !join_ends(&way.end[0], &b->end[turned]) || !join_ends(&way.end[1], &b->end[!turned]) ||
	    !same_family(&way))
		return 0;
	way.client = a->client || b->client;
	way.proto = a->proto >= 0 ? a->proto : b->proto;
	if (b->name_how) {
		way.name = b->name;
		way.name_len = b->name_len;
		way.name_how = b->name_how;
		way.name_any = b->name_any;
	}
	return add(list, &way);
}

/* Where which end is which is open, it is tried both ways; end 0 is the client's who says so. */
static int add_both(struct list *list, const struct fb_way *a, const struct fb_way *b)
{
	const struct fb_way *first = b->client ? b : a, *second = b->client ? a : b;
	int r = add_joined(list, first, second, false);

	if (r == 0 && !(a->client && b->client) && has_ends(a) && has_ends(b))
		r = add_joined(list, first, second, true);
	return r;
}

static int read_node(const struct fb_filter *filter, uint16_t number, struct list *list);

static int read_and(const struct fb_filter *filter, const struct fb_node *node, struct list *list)
{
	_cleanup_list_ struct list left = {0}, right = {0};
	int r = read_node(filter, node->left, &left);

	if (r == 0)
		r = read_node(filter, node->right, &right);
	for (unsigned int i = 0; i < left.n && r == 0; i++)
		for (unsigned int k = 0; k < right.n && r == 0; k++)
			r = add_both(list, &left.way[i], &right.way[k]);
	return r;
}

static int read_node(const struct fb_filter *filter, uint16_t number, struct list *list)
{
	const struct fb_node *node = &filter->node[number];
	int r;

	switch (node->kind) {
	case FB_NODE_TERM:
		return read_term(filter, node, list);
	case FB_NODE_AND:
		return read_and(filter, node, list);
	case FB_NODE_OR:
		r = read_node(filter, node->left, list);
		return r < 0 ? r : read_node(filter, node->right, list);
	default:
		return NOT_SO;
	}
}

int fb_filter_ways(const struct fb_filter *filter, struct fb_way ways[static FB_WAYS])
{
	_cleanup_list_ struct list list = {0};
	int r = filter ? read_node(filter, filter->root, &list) : NOT_SO;

	if (r < 0)
		return r == NOT_SO ? 0 : r;
	if (list.n)
		memcpy(ways, list.way, list.n * sizeof(*ways));
	return (int)list.n;
}

static bool is_plain(const struct fb_node *node)
{
	if (node->kind == FB_NODE_AND || node->kind == FB_NODE_OR)
		return true;
	return node->kind == FB_NODE_TERM && (node->op == FB_OP_EQ || node->op == FB_OP_LIKE) &&
	       (is_about_name(node) || is_about_end(node) || node->field[0]->id == FB_FIELD_proto);
}

bool fb_filter_is_plain(const struct fb_filter *filter, bool *ret_named)
{
	*ret_named = false;
	for (unsigned int i = 0; i < filter->n_nodes; i++) {
		const struct fb_node *node = &filter->node[i];

		if (!is_plain(node))
			return false;
		*ret_named |= node->kind == FB_NODE_TERM && is_about_name(node);
	}
	return filter->n_nodes > 0;
}

bool fb_filter_is_lists(const struct fb_filter *filter)
{
	const struct fb_node *node = &filter->node[filter->root];

	return filter->n_nodes == 1 && node->kind == FB_NODE_TERM && node->op == FB_OP_EQ &&
	       node->n_fields == 1 && node->field[0]->id == FB_FIELD_list;
}

bool fb_filter_has_list(const struct fb_filter *filter, const char *name)
{
	const struct fb_node *node = &filter->node[filter->root];

	for (unsigned int i = 0; fb_filter_is_lists(filter) && i < node->n_values; i++) {
		const struct fb_operand *operand = &filter->value[node->first + i];

		if (fb_filter_text_is(name, filter->text + operand->text, operand->text_len,
				      node->suffix))
			return true;
	}
	return false;
}
