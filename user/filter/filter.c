/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters, compared and joined. */
#include "filter/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter_priv.h"
#include "util/cleanup.h"

void fb_filter_free(struct fb_filter *filter)
{
	if (filter)
		fb_filter_plan_free(filter->plan);
	free(filter);
}

void fb_filter_freep(struct fb_filter **filter)
{
	fb_filter_free(*filter);
}

/* Members one by one, for what stands between them is not set. */
static bool same_node(const struct fb_node *a, const struct fb_node *b)
{
	return a->kind == b->kind && a->left == b->left && a->right == b->right && a->op == b->op &&
	       a->suffix == b->suffix && a->number == b->number && a->name == b->name &&
	       a->mask == b->mask && a->first == b->first && a->n_values == b->n_values;
}

static bool same_operand(const struct fb_operand *a, const struct fb_operand *b)
{
	return a->low == b->low && a->high == b->high && a->mask == b->mask &&
	       a->family == b->family && a->low_ago == b->low_ago && a->high_ago == b->high_ago &&
	       a->text == b->text && a->text_len == b->text_len &&
	       !memcmp(a->from, b->from, sizeof(a->from)) && !memcmp(a->to, b->to, sizeof(a->to));
}

bool fb_filter_same(const struct fb_filter *a, const struct fb_filter *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->n_nodes != b->n_nodes || a->n_values != b->n_values ||
	    a->root != b->root || a->n_text != b->n_text ||
	    memcmp(a->text, b->text, a->n_text) != 0)
		return false;
	for (uint16_t i = 0; i < a->n_nodes; i++)
		if (!same_node(&a->node[i], &b->node[i]))
			return false;
	for (uint16_t i = 0; i < a->n_values; i++)
		if (!same_operand(&a->value[i], &b->value[i]))
			return false;
	return true;
}

int fb_filter_copy(const struct fb_filter *filter, struct fb_filter **ret_copy)
{
	_cleanup_filter_ struct fb_filter *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *filter;
	copy->plan = NULL;
	if (fb_filter_plan(copy) < 0)
		return -ENOMEM;
	*ret_copy = TAKE_PTR(copy);
	return 0;
}

int fb_filter_keep_text(struct fb_filter *filter, const char *text, size_t len,
			struct fb_operand *operand)
{
	if (filter->n_values == FB_FILTER_TERMS * 2 || filter->n_text + len > FB_FILTER_BYTES)
		return -ENOSPC;
	operand->text = filter->n_text;
	operand->text_len = (uint16_t)len;
	memcpy(filter->text + filter->n_text, text, len);
	filter->n_text = (uint16_t)(filter->n_text + len);
	return 0;
}

/* --- joining --------------------------------------------------------------------------------- */

/* Append b's nodes to a's. NULL when together they are beyond the bounds. */
static struct fb_filter *append(struct fb_filter *a, const struct fb_filter *b)
{
	const uint16_t nodes = a->n_nodes, values = a->n_values, text = a->n_text;

	if (nodes + b->n_nodes + 1 > FB_FILTER_NODES || text + b->n_text > FB_FILTER_BYTES ||
	    values + b->n_values > FB_FILTER_TERMS * 2)
		return NULL;
	memcpy(a->text + text, b->text, b->n_text);
	a->n_text = (uint16_t)(text + b->n_text);
	for (uint16_t i = 0; i < b->n_values; i++) {
		a->value[values + i] = b->value[i];
		a->value[values + i].text = (uint16_t)(b->value[i].text + text);
	}
	for (uint16_t i = 0; i < b->n_nodes; i++) {
		struct fb_node *node = &a->node[nodes + i];

		*node = b->node[i];
		node->left = (uint16_t)(node->left + nodes);
		node->right = (uint16_t)(node->right + nodes);
		node->first = (uint16_t)(node->first + values);
	}
	a->n_values = (uint16_t)(values + b->n_values);
	a->n_nodes = (uint16_t)(nodes + b->n_nodes);
	a->node[a->n_nodes] = (struct fb_node){
		.kind = FB_NODE_AND,
		.left = a->root,
		.right = (uint16_t)(b->root + nodes),
	};
	a->root = a->n_nodes++;
	return a;
}

struct fb_filter *fb_filter_and(struct fb_filter *a, struct fb_filter *b)
{
	struct fb_filter *both;

	if (!a || !b)
		return a ? a : b;
	both = append(a, b);
	fb_filter_free(b);
	if (both && fb_filter_plan(both) == 0)
		return both;
	fb_filter_free(a);
	return NULL;
}
