/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters, evaluated and printed. Depth is bounded by the parser, so recursion is. */
#include "model/filter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/filter_priv.h"

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
	for (; strlen(text) >= len; text++)
		if (strncasecmp(text, part, len) == 0)
			return true;
	return false;
}

static bool text_like(const char *text, const char *pattern, size_t len)
{
	if (memchr(pattern, '*', len) || memchr(pattern, '?', len))
		return glob(pattern, len, text);
	return contains(text, pattern, len);
}

static bool text_is(const char *text, const char *value, size_t len, bool suffix)
{
	const size_t n = strlen(text);

	if (n == len)
		return strncasecmp(text, value, len) == 0;
	return suffix && n > len && text[n - len - 1] == '.' &&
	       strncasecmp(text + n - len, value, len) == 0;
}

static bool operand_matches(const struct fb_filter *filter, const struct fb_node *node,
			    const struct fb_field *field, const struct fb_value *value,
			    const struct fb_operand *operand)
{
	const char *text = filter->text + operand->text;
	struct fb_buf buf = {0};
	bool like;

	if (node->op == FB_OP_LIKE || node->op == FB_OP_UNLIKE) {
		if (value->text)
			return text_like(value->text, text, operand->text_len);
		fb_field_write_text(&buf, field, value);
		like = buf.data && text_like(buf.data, text, operand->text_len);
		fb_buf_fini(&buf);
		return like;
	}
	if (field->type == FB_TYPE_IP)
		return value->family == operand->family &&
		       memcmp(value->addr, operand->from, 16) >= 0 &&
		       memcmp(value->addr, operand->to, 16) <= 0;
	if (field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM || field->type == FB_TYPE_ID)
		return value->text && text_is(value->text, text, operand->text_len, node->suffix);
	switch (node->op) {
	case FB_OP_LT:
		return value->num < operand->low;
	case FB_OP_LE:
		return value->num <= operand->high;
	case FB_OP_GT:
		return value->num > operand->high;
	case FB_OP_GE:
		return value->num >= operand->low;
	default:
		return value->num >= operand->low && value->num <= operand->high;
	}
}

static bool term_matches(const struct fb_filter *filter, const struct fb_node *node,
			 const struct fb_flow_at *at)
{
	const bool negated = node->op == FB_OP_NE || node->op == FB_OP_UNLIKE;

	for (unsigned int f = 0; f < node->n_fields; f++) {
		struct fb_value value;

		fb_field_get(node->field[f], at, &value);
		for (unsigned int i = 0; value.known && i < node->n_values; i++)
			if (operand_matches(filter, node, node->field[f], &value,
					    &filter->value[node->first + i]))
				return !negated;
	}
	return negated;
}

/* A bare word: part of an address, a name, a service, a state or a protocol, or a whole port. */
static bool word_matches(const char *word, size_t len, const struct fb_flow_at *at)
{
	static const char *const texts[] = {"dst.host", "src.host", "service", "state",
					    "proto",	"l7",	    "tls.sni"};
	static const char *const addrs[] = {"src.ip", "dst.ip"};
	static const char *const ports[] = {"src.port", "dst.port"};
	struct fb_value value;
	char number[8];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		fb_field_get(fb_field_find(texts[i], strlen(texts[i])), at, &value);
		if (value.known && value.text && text_like(value.text, word, len))
			return true;
	}
	for (size_t i = 0; i < 2; i++) {
		char text[FB_ADDR_STRLEN];

		fb_field_get(fb_field_find(addrs[i], strlen(addrs[i])), at, &value);
		if (value.known &&
		    text_like(fb_addr_format(value.addr, value.family, text), word, len))
			return true;
		fb_field_get(fb_field_find(ports[i], strlen(ports[i])), at, &value);
		snprintf(number, sizeof(number), "%u", (unsigned int)value.num);
		if (value.known && strlen(number) == len && strncmp(number, word, len) == 0)
			return true;
	}
	return false;
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
		return word_matches(filter->text + word->text, word->text_len, at);
	default:
		return term_matches(filter, node, at);
	}
}

bool fb_filter_match(const struct fb_filter *filter, const struct fb_flow_at *at)
{
	return !filter || node_matches(filter, filter->root, at);
}

/* --- parts ----------------------------------------------------------------------------------- */

/* The nodes that are joined by `and` at the top, left to right; at most `max`. */
static unsigned int collect_parts(const struct fb_filter *filter, uint16_t number, uint16_t *parts,
				  unsigned int n, unsigned int max)
{
	const struct fb_node *node = &filter->node[number];

	if (node->kind == FB_NODE_AND) {
		n = collect_parts(filter, node->left, parts, n, max);
		return collect_parts(filter, node->right, parts, n, max);
	}
	if (n < max)
		parts[n++] = number;
	return n;
}

unsigned int fb_filter_n_parts(const struct fb_filter *filter)
{
	uint16_t parts[FB_FILTER_TERMS];

	return filter ? collect_parts(filter, filter->root, parts, 0, FB_FILTER_TERMS) : 0;
}

static uint16_t part_node(const struct fb_filter *filter, unsigned int part)
{
	uint16_t parts[FB_FILTER_TERMS];

	return part < collect_parts(filter, filter->root, parts, 0, FB_FILTER_TERMS) ? parts[part]
										     : 0;
}

bool fb_filter_match_part(const struct fb_filter *filter, unsigned int part,
			  const struct fb_flow_at *at)
{
	return node_matches(filter, part_node(filter, part), at);
}

/* --- printing -------------------------------------------------------------------------------- */

static const char *const op_texts[] = {
	[FB_OP_EQ] = "=", [FB_OP_NE] = "!=", [FB_OP_LT] = "<",	 [FB_OP_LE] = "<=",
	[FB_OP_GT] = ">", [FB_OP_GE] = ">=", [FB_OP_LIKE] = "~", [FB_OP_UNLIKE] = "!~",
};

static void put(struct fb_buf *buf, const char *text)
{
	fb_buf_add(buf, text, strlen(text));
}

/* Quoted where it would read as something else. */
static void put_text(struct fb_buf *buf, const char *text, size_t len)
{
	bool plain = len > 0;

	for (size_t i = 0; i < len; i++)
		plain &= isalnum((unsigned char)text[i]) || strchr("._:/-*?@%+", text[i]);
	if (plain) {
		fb_buf_add(buf, text, len);
		return;
	}
	put(buf, "\"");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			put(buf, "\\");
		fb_buf_add(buf, &text[i], 1);
	}
	put(buf, "\"");
}

static void print_values(const struct fb_filter *filter, const struct fb_node *node,
			 struct fb_buf *buf)
{
	for (unsigned int i = 0; i < node->n_values; i++) {
		const struct fb_operand *value = &filter->value[node->first + i];

		if (i > 0)
			put(buf, ", ");
		put_text(buf, filter->text + value->text, value->text_len);
	}
}

static void print_node(const struct fb_filter *filter, uint16_t number, struct fb_buf *buf)
{
	const struct fb_node *node = &filter->node[number];

	switch (node->kind) {
	case FB_NODE_AND:
	case FB_NODE_OR:
		put(buf, "(");
		print_node(filter, node->left, buf);
		put(buf, node->kind == FB_NODE_AND ? " and " : " or ");
		print_node(filter, node->right, buf);
		put(buf, ")");
		break;
	case FB_NODE_NOT:
		put(buf, "not ");
		print_node(filter, node->left, buf);
		break;
	case FB_NODE_WORD:
		print_values(filter, node, buf);
		break;
	default:
		if (node->list && node->op == FB_OP_NE)
			put(buf, "not ");
		put(buf, node->name);
		put(buf, node->list ? " in (" : node->suffix ? ":" : op_texts[node->op]);
		print_values(filter, node, buf);
		put(buf, node->list ? ")" : "");
	}
}

/* The outermost parentheses say nothing. */
static void print_top(const struct fb_filter *filter, uint16_t number, struct fb_buf *buf)
{
	const struct fb_node *node = &filter->node[number];

	if (node->kind != FB_NODE_AND) {
		print_node(filter, number, buf);
		return;
	}
	print_top(filter, node->left, buf);
	put(buf, " and ");
	print_top(filter, node->right, buf);
}

void fb_filter_print(const struct fb_filter *filter, struct fb_buf *buf)
{
	if (filter)
		print_top(filter, filter->root, buf);
}

void fb_filter_print_part(const struct fb_filter *filter, unsigned int part, struct fb_buf *buf)
{
	print_node(filter, part_node(filter, part), buf);
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
