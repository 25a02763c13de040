/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters, evaluated and printed. Depth is bounded by the parser, so recursion is. */
#include "filter/filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter/filter_priv.h"
#include "flow/value.h"

void fb_filter_free(struct fb_filter *filter)
{
	free(filter);
}

void fb_filter_freep(struct fb_filter **filter)
{
	free(*filter);
}

/* --- matching -------------------------------------------------------------------------------- */

/* `*` and `?`, without regard to case; a pattern without either may stand anywhere. */
static bool glob(const char *pattern, size_t len, const char *text)
{
	const char *star = NULL, *back = NULL, *end = pattern + len, *p = pattern;

	while (*text) {
		if (p < end &&
		    (*p == '?' || tolower((unsigned char)*p) == tolower((unsigned char)*text))) {
			p++;
			text++;
		} else if (p < end && *p == '*') {
			star = p++;
			back = text;
		} else if (star) {
			p = star + 1;
			text = ++back;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

static bool contains(const char *text, const char *part, size_t len)
{
	int first = len ? tolower((unsigned char)*part) : 0;

	for (; *text && len; text++)
		if (tolower((unsigned char)*text) == first && strncasecmp(text, part, len) == 0)
			return true;
	return !len;
}

bool fb_filter_text_like(const char *text, const char *pattern, size_t len)
{
	if (memchr(pattern, '*', len) || memchr(pattern, '?', len))
		return glob(pattern, len, text);
	return contains(text, pattern, len);
}

/* Names are kept without the dot at their end, which who looks for one may write. */
static bool text_is(const char *text, const char *value, size_t len, bool suffix)
{
	const size_t n = strlen(text);

	len -= len > 1 && value[len - 1] == '.';
	if (n == len)
		return strncasecmp(text, value, len) == 0;
	return suffix && n > len && text[n - len - 1] == '.' &&
	       strncasecmp(text + n - len, value, len) == 0;
}

/* "https (YouTube)" is https, and it is YouTube. */
static bool service_is(const char *text, const char *value, size_t len)
{
	const char *app = strstr(text, " (");

	if (!app)
		return false;
	return ((size_t)(app - text) == len && !strncasecmp(text, value, len)) ||
	       (strlen(app) == len + 3 && !strncasecmp(app + 2, value, len));
}

static bool number_matches(const struct fb_node *node, const struct fb_flow_at *at, uint64_t num,
			   const struct fb_operand *operand)
{
	const uint64_t now = (uint64_t)at->snapshot->wall_ms;
	uint64_t low = operand->low, high = operand->high;

	if (operand->mask)
		num &= operand->mask;
	if (operand->low_ago)
		low = low < now ? now - low : 0;
	if (operand->high_ago)
		high = high < now ? now - high : 0;
	switch (node->op) {
	case FB_OP_LT:
		return num < low;
	case FB_OP_LE:
		return num <= high;
	case FB_OP_GT:
		return num > high;
	case FB_OP_GE:
		return num >= low;
	default:
		return num >= low && num <= high;
	}
}

static bool operand_matches(const struct fb_filter *filter, const struct fb_node *node,
			    const struct fb_flow_at *at, const struct fb_field *field,
			    const struct fb_value *value, const struct fb_operand *operand)
{
	const char *text = filter->text + operand->text;
	struct fb_buf buf = FB_BUF_INIT;
	bool like;

	if (node->op == FB_OP_LIKE || node->op == FB_OP_UNLIKE) {
		if (value->text)
			return fb_filter_text_like(value->text, text, operand->text_len);
		fb_value_write_text(&buf, field, value);
		fb_buf_addc(&buf, '\0');
		like = !buf.error && fb_filter_text_like(buf.data, text, operand->text_len);
		fb_buf_fini(&buf);
		return like;
	}
	if (field->type == FB_TYPE_ENDPOINT &&
	    (value->num < operand->low || value->num > operand->high))
		return false;
	if (field->type == FB_TYPE_IP || field->type == FB_TYPE_ENDPOINT)
		return value->family == operand->family &&
		       memcmp(value->addr, operand->from, 16) >= 0 &&
		       memcmp(value->addr, operand->to, 16) <= 0;
	if (node->number)
		return value->num == operand->low;
	if (field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM || field->type == FB_TYPE_ID)
		return value->text &&
		       (text_is(value->text, text, operand->text_len, node->suffix) ||
			service_is(value->text, text, operand->text_len));
	return number_matches(node, at, value->num, operand);
}

static bool term_matches(const struct fb_filter *filter, const struct fb_node *node,
			 const struct fb_flow_at *at)
{
	const bool negated = node->op == FB_OP_NE || node->op == FB_OP_UNLIKE;

	for (unsigned int f = 0; f < node->n_fields; f++) {
		struct fb_value value;

		fb_field_get(node->field[f], at, &value);
		for (unsigned int i = 0; value.known && i < node->n_values; i++)
			if (operand_matches(filter, node, at, node->field[f], &value,
					    &filter->value[node->first + i]))
				return !negated;
	}
	return negated;
}

static bool node_matches(const struct fb_filter *filter, uint16_t number,
			 const struct fb_flow_at *at)
{
	const struct fb_node *node = &filter->node[number];
	const struct fb_operand *word;

	switch (node->kind) {
	case FB_NODE_AND:
		return node_matches(filter, node->left, at) &&
		       node_matches(filter, node->right, at);
	case FB_NODE_OR:
		return node_matches(filter, node->left, at) ||
		       node_matches(filter, node->right, at);
	case FB_NODE_NOT:
		return !node_matches(filter, node->left, at);
	case FB_NODE_WORD:
		word = &filter->value[node->first];
		return fb_filter_word_matches(word, filter->text + word->text, at);
	default:
		return term_matches(filter, node, at);
	}
}

bool fb_filter_match(const struct fb_filter *filter, const struct fb_flow_at *at)
{
	return !filter || node_matches(filter, filter->root, at);
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
	if (!both)
		fb_filter_free(a);
	return both;
}
