/* SPDX-License-Identifier: BSD-2-Clause */
/* Terms that a flow has to fulfil; see the header. */
#include "filter/needs.h"

#include <string.h>

#include "filter/filter_priv.h"

struct maker {
	const struct fb_filter *filter;
	const bool *kept;
	struct fb_need *need;
	unsigned int n, groups;
};

static bool read_operand(const struct maker *maker, const struct fb_node *node,
			 const struct fb_field *field, const struct fb_operand *operand,
			 struct fb_need *need)
{
	*need = (struct fb_need){.field = field, .group = maker->groups};
	need->text = maker->filter->text + operand->text;
	need->len = operand->text_len;
	if (node->op == FB_OP_LIKE)
		need->how = FB_NEED_LIKE;
	else if (field->type == FB_TYPE_TEXT)
		need->how = node->suffix ? FB_NEED_BELOW : FB_NEED_IS;
	else if (field->type == FB_TYPE_IP)
		need->how = FB_NEED_ADDR;
	else
		need->how = FB_NEED_NUMBER;
	memcpy(need->addr, operand->from, 16);
	need->family = operand->family;
	need->num = operand->low;
	if (need->how == FB_NEED_LIKE)
		return field->type == FB_TYPE_TEXT;
	return need->how == FB_NEED_ADDR     ? !memcmp(operand->from, operand->to, 16)
	       : need->how == FB_NEED_NUMBER ? operand->low == operand->high && !operand->mask
					     : true;
}

/* All of a term's values, or none of them. */
static bool add_term(struct maker *maker, const struct fb_node *node)
{
	for (unsigned int f = 0; f < node->n_fields; f++) {
		const struct fb_field *field = node->field[f];

		if (!maker->kept[field->id] || field->item || node->number ||
		    (node->op != FB_OP_EQ && node->op != FB_OP_LIKE))
			return false;
		for (unsigned int i = 0; i < node->n_values; i++) {
			if (maker->n == FB_NEEDS ||
			    !read_operand(maker, node, field,
					  &maker->filter->value[node->first + i],
					  &maker->need[maker->n]))
				return false;
			maker->n++;
		}
	}
	return true;
}

/* One group of what stands in a node: of an `or`, of both sides. */
static bool add_group(struct maker *maker, uint16_t number)
{
	const struct fb_node *node = &maker->filter->node[number];

	switch (node->kind) {
	case FB_NODE_TERM:
		return add_term(maker, node);
	case FB_NODE_OR:
		return add_group(maker, node->left) && add_group(maker, node->right);
	default:
		return false;
	}
}

static void collect(struct maker *maker, uint16_t number)
{
	const struct fb_node *node = &maker->filter->node[number];
	const unsigned int n = maker->n;

	if (node->kind == FB_NODE_AND) {
		collect(maker, node->left);
		collect(maker, node->right);
	} else if (add_group(maker, number)) {
		maker->groups++;
	} else {
		maker->n = n;
	}
}

unsigned int fb_filter_needs(const struct fb_filter *filter, const bool kept[static FB_FIELD_COUNT],
			     struct fb_need needs[static FB_NEEDS])
{
	struct maker maker = {.filter = filter, .kept = kept, .need = needs};

	if (filter)
		collect(&maker, filter->root);
	return maker.n;
}
