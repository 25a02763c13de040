/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters as canonical text, which parses to the same filter. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "filter/filter_priv.h"

static const char *const op_texts[] = {
	[FB_OP_EQ] = "=", [FB_OP_NE] = "!=", [FB_OP_LT] = "<",	 [FB_OP_LE] = "<=",
	[FB_OP_GT] = ">", [FB_OP_GE] = ">=", [FB_OP_LIKE] = "~", [FB_OP_UNLIKE] = "!~",
};

static bool is_reserved(const char *text, size_t len)
{
	static const char *const words[] = {"and", "or", "not", "in"};

	for (size_t i = 0; i < 4; i++)
		if (strlen(words[i]) == len && !strncasecmp(words[i], text, len))
			return true;
	return false;
}

/* Quoted where it would read as something else; a word alone more often than a value. */
static void put_text(struct fb_buf *buf, const char *text, size_t len, bool word)
{
	const char *also = word ? "._*?" : "._*?:/-@%+";
	bool plain = len > 0 && !is_reserved(text, len);

	for (size_t i = 0; i < len; i++)
		plain &= isalnum((unsigned char)text[i]) || (text[i] && strchr(also, text[i]));
	if (plain) {
		fb_buf_add(buf, text, len);
		return;
	}
	fb_buf_addc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			fb_buf_addc(buf, '\\');
		fb_buf_addc(buf, text[i]);
	}
	fb_buf_addc(buf, '"');
}

static void print_values(const struct fb_filter *filter, const struct fb_node *node,
			 struct fb_buf *buf)
{
	for (unsigned int i = 0; i < node->n_values; i++) {
		const struct fb_operand *value = &filter->value[node->first + i];

		if (i > 0)
			fb_buf_adds(buf, ", ");
		put_text(buf, filter->text + value->text, value->text_len,
			 node->kind == FB_NODE_WORD);
	}
}

static void print_term(const struct fb_filter *filter, const struct fb_node *node,
		       struct fb_buf *buf)
{
	const char *op = node->list ? "in (" : node->suffix ? ":" : op_texts[node->op];

	fb_buf_adds(buf, node->name);
	if (node->mask)
		fb_buf_addf(buf, " & 0x%" PRIx64 " %s%s", node->mask, op, node->list ? "" : " ");
	else
		fb_buf_addf(buf, "%s%s", node->list ? " " : "", op);
	print_values(filter, node, buf);
	if (node->list)
		fb_buf_addc(buf, ')');
}

/* `above` is the kind it stands in: chains of one kind need no parentheses. */
static void print_node(const struct fb_filter *filter, uint16_t number, enum fb_node_kind above,
		       struct fb_buf *buf)
{
	const struct fb_node *node = &filter->node[number];
	bool chain = node->kind == FB_NODE_AND || node->kind == FB_NODE_OR;

	if (chain) {
		if (above != node->kind)
			fb_buf_addc(buf, '(');
		print_node(filter, node->left, node->kind, buf);
		fb_buf_adds(buf, node->kind == FB_NODE_AND ? " and " : " or ");
		print_node(filter, node->right, node->kind, buf);
		if (above != node->kind)
			fb_buf_addc(buf, ')');
	} else if (node->kind == FB_NODE_NOT) {
		fb_buf_adds(buf, "not ");
		print_node(filter, node->left, FB_NODE_NOT, buf);
	} else if (node->kind == FB_NODE_WORD) {
		print_values(filter, node, buf);
	} else {
		print_term(filter, node, buf);
	}
}

void fb_filter_print(const struct fb_filter *filter, struct fb_buf *buf)
{
	/* The outermost parentheses say nothing. */
	if (filter)
		print_node(filter, filter->root, filter->node[filter->root].kind, buf);
}
