/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expr := and { ("or"|"||") and }  and := not { ["and"|"&&"] not }  not := ["not"|"!"|"-"] prim
 * prim := "(" expr ")" | bits op value | bits ["not"] "in" "(" value { "," value } ")" | word
 * bits := field [ "&" mask ]  and without an operator a mask asks for any of its bits
 * op := = == != < <= > >= ~ !~ :  values may be ranges: "a-b" (numbers, addresses), "a..b"
 * (moments). A word that is a prefix or a range of addresses is "ip=" of it.
 */
#include <ctype.h>
#include <stdarg.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter/filter_priv.h"
#include "util/cleanup.h"

struct parser {
	const char *start, *at;
	unsigned int depth;
	struct fb_filter *filter;
	struct fb_filter_error *error;
};

static const struct {
	const char *text;
	enum fb_op op;
} ops[] = {
	{"==", FB_OP_EQ},     {"!=", FB_OP_NE}, {"<=", FB_OP_LE}, {">=", FB_OP_GE},
	{"!~", FB_OP_UNLIKE}, {"=", FB_OP_EQ},	{"<", FB_OP_LT},  {">", FB_OP_GT},
	{"~", FB_OP_LIKE},    {":", FB_OP_EQ},
};

__attribute__((format(printf, 4, 5))) static int fail(struct parser *parser, const char *from,
						      size_t len, const char *fmt, ...)
{
	va_list args;

	if (!parser->error || parser->error->detail[0])
		return -EINVAL; /* the first error is the one to tell */
	parser->error->offset = (unsigned int)(from - parser->start);
	parser->error->length = (unsigned int)len;
	va_start(args, fmt);
	vsnprintf(parser->error->detail, sizeof(parser->error->detail), fmt, args);
	va_end(args);
	return -EINVAL;
}

/* To the error that was just told. */
static int suggest(struct parser *parser, const char *word)
{
	if (word && parser->error)
		snprintf(parser->error->suggestion, sizeof(parser->error->suggestion), "%s", word);
	return -EINVAL;
}

static void skip_space(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static bool is_word_byte(char c)
{
	return c && !isspace((unsigned char)c) && !strchr("()=<>~!,:\"", c);
}

static bool is_sign(const char *at)
{
	return (at[0] == '&' || at[0] == '|') && at[1] == at[0];
}

/* Bytes of a word; addresses and masks have colons, so values take those too. */
static size_t word_len(const char *at, bool value)
{
	size_t n = 0;

	while ((is_word_byte(at[n]) && !is_sign(at + n)) || (value && at[n] == ':'))
		n++;
	return n;
}

static bool take_keyword(struct parser *parser, const char *word)
{
	const size_t n = strlen(word);

	skip_space(parser);
	if (strncasecmp(parser->at, word, n) != 0 || is_word_byte(parser->at[n]) ||
	    strchr("=<>~:", parser->at[n] ? parser->at[n] : ' '))
		return false;
	parser->at += n;
	return true;
}

static bool take_join(struct parser *parser, const char *word, const char *sign)
{
	if (take_keyword(parser, word))
		return true;
	if (strncmp(parser->at, sign, 2) != 0)
		return false;
	parser->at += 2;
	return true;
}

static int new_node(struct parser *parser, enum fb_node_kind kind, uint16_t *ret_number)
{
	struct fb_filter *filter = parser->filter;

	if (filter->n_nodes == FB_FILTER_NODES)
		return fail(parser, parser->at, 0, "too many terms, %d at most", FB_FILTER_TERMS);
	*ret_number = filter->n_nodes++;
	filter->node[*ret_number] = (struct fb_node){.kind = kind};
	return 0;
}

/* --- values ---------------------------------------------------------------------------------- */

struct text {
	const char *at;
	size_t len;
	char buf[256];
};

/* A quoted text or a word. */
static int take_text(struct parser *parser, struct text *text)
{
	const char *from;

	skip_space(parser);
	from = parser->at;
	text->at = from;
	if (*from != '"') {
		text->len = word_len(from, true);
		if (text->len == 0)
			return fail(parser, from, *from != 0, "%s",
				    *from == ',' ? "several values are written: field in (a, b)"
						 : "a value is missing here");
		if (text->len >= sizeof(text->buf))
			return fail(parser, from, text->len, "this value is too long");
		memcpy(text->buf, from, text->len);
		parser->at += text->len;
	} else {
		text->len = 0;
		for (parser->at++; *parser->at != '"'; parser->at++) {
			if (*parser->at == '\\' && parser->at[1])
				parser->at++;
			if (!*parser->at)
				return fail(parser, from, 1, "this quote is not closed");
			if (text->len + 1 >= sizeof(text->buf))
				return fail(parser, from, 1, "this value is too long");
			text->buf[text->len++] = *parser->at;
		}
		parser->at++;
	}
	text->buf[text->len] = '\0';
	return 0;
}

static bool is_text(const struct fb_field *field)
{
	return field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM ||
	       field->type == FB_TYPE_ID;
}

/* A word of a list: the nearest is suggested for one that is not in it. */
static int take_listed(struct parser *parser, struct fb_node *node, struct text *text,
		       struct fb_operand *operand)
{
	struct fb_filter_error wrong = {.suggestion = ""};
	int r;

	if (node->field[0]->type != FB_TYPE_ENUM || (node->op != FB_OP_EQ && node->op != FB_OP_NE))
		return 0;
	r = fb_filter_check_word(node->field[0], text->buf, sizeof(text->buf), &operand->low,
				 &wrong);
	if (r < 0) {
		fail(parser, text->at, (size_t)(parser->at - text->at), "%s", wrong.detail);
		return suggest(parser, wrong.suggestion);
	}
	operand->high = operand->low;
	node->number = r == 0;
	text->len = strlen(text->buf);
	return 0;
}

/* "1 %", as it is written to be read. */
static void take_percent(struct parser *parser, struct text *text)
{
	const size_t n = strspn(parser->at, " ");

	if (n && parser->at[n] == '%' && text->len + 1 < sizeof(text->buf)) {
		memcpy(text->buf + text->len++, "%", 2);
		parser->at += n + 1;
	}
}

static int take_value(struct parser *parser, struct fb_node *node)
{
	const struct fb_field *field = node->field[0];
	struct fb_operand operand = {0};
	struct text text;
	int r = take_text(parser, &text);

	if (r == 0)
		r = take_listed(parser, node, &text, &operand);
	if (r < 0)
		return r;
	if (field->type == FB_TYPE_SHARE)
		take_percent(parser, &text);
	if (fb_filter_keep_text(parser->filter, text.buf, text.len, &operand) < 0)
		return fail(parser, text.at, text.len, "too many values");
	if (node->op != FB_OP_LIKE && node->op != FB_OP_UNLIKE && !is_text(field))
		r = fb_operand_parse(node, text.buf, &operand);
	if (r < 0)
		return fail(parser, text.at, (size_t)(parser->at - text.at),
			    "\"%.40s\" is no value for %s, which is %s", text.buf, node->name,
			    fb_operand_example(field));
	if (operand.mask && operand.low == operand.high && operand.low & ~operand.mask)
		return fail(parser, text.at, (size_t)(parser->at - text.at),
			    "this value has bits that the mask 0x%" PRIx64 " leaves out",
			    operand.mask);
	parser->filter->value[parser->filter->n_values++] = operand;
	node->n_values++;
	return 0;
}

/* --- terms ----------------------------------------------------------------------------------- */

static int take_list(struct parser *parser, struct fb_node *node)
{
	const char *from;
	int r;

	skip_space(parser);
	from = parser->at;
	if (*parser->at != '(')
		return fail(parser, from, *from != 0, "a list in parentheses is missing here");
	node->list = true;
	do {
		parser->at++;
		r = take_value(parser, node);
		if (r < 0)
			return r;
		skip_space(parser);
	} while (*parser->at == ',');
	if (*parser->at != ')')
		return fail(parser, from, (size_t)(parser->at - from),
			    "this list is not closed by a parenthesis");
	parser->at++;
	return 0;
}

static bool take_op(struct parser *parser, struct fb_node *node)
{
	skip_space(parser);
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		const size_t n = strlen(ops[i].text);

		if (strncmp(parser->at, ops[i].text, n) != 0)
			continue;
		parser->at += n;
		node->op = ops[i].op;
		node->suffix = *ops[i].text == ':';
		return true;
	}
	return false;
}

static int check_order(struct parser *parser, const struct fb_node *node, const char *from,
		       size_t len)
{
	const bool ordered = node->op >= FB_OP_LT && node->op <= FB_OP_GE;

	if (ordered && (is_text(node->field[0]) || node->field[0]->type == FB_TYPE_IP ||
			node->field[0]->type == FB_TYPE_ENDPOINT))
		return fail(parser, from, len, "%s has no order: use =, != or ~", node->name);
	return 0;
}

static int unknown_field(struct parser *parser, const char *from, size_t len)
{
	fail(parser, from, len, "there is no field \"%.*s\"", (int)(len > 40 ? 40 : len), from);
	return suggest(parser, fb_field_suggest(from, len));
}

/* "10.0.0.0/8" is no part of any text: the addresses in it are meant. */
static bool is_network(const char *word)
{
	const struct fb_node node = {.field = {&fb_fields[FB_FIELD_src_ip]}};
	struct fb_operand skip = {0};
	const size_t len = strlen(word);
	char text[80];

	if (len >= sizeof(text) || !strpbrk(word, "/-"))
		return false;
	memcpy(text, word, len + 1);
	return fb_operand_parse(&node, text, &skip) == 0;
}

static int take_word(struct parser *parser, struct fb_node *node)
{
	struct fb_filter *filter = parser->filter;
	const char *from = parser->at;
	struct fb_operand operand = {0};
	struct text text;
	int r = take_text(parser, &text);

	if (r < 0)
		return r;
	if (*from != '"' && is_network(text.buf)) {
		parser->at = from;
		fb_filter_find_fields("ip", 2, node);
		return take_value(parser, node);
	}
	if (fb_filter_keep_text(filter, text.buf, text.len, &operand) < 0)
		return fail(parser, text.at, text.len, "too many values");
	node->kind = FB_NODE_WORD;
	node->n_values = 1;
	filter->value[filter->n_values++] = operand;
	return 0;
}

/* "in", or "not in", behind a field; behind another word only with its list. */
static bool take_in(struct parser *parser, bool known, bool *ret_negated)
{
	const char *from = parser->at;
	bool in;

	*ret_negated = take_keyword(parser, "not");
	in = take_keyword(parser, "in");
	skip_space(parser);
	if (in && (*parser->at == '(' || (known && !*ret_negated)))
		return true;
	parser->at = from;
	return false;
}

/* What is negated twice is said plainly, so that its text reads back as the same filter. */
static int negate(struct parser *parser, uint16_t *number)
{
	const uint16_t inner = *number;
	int r;

	if (parser->filter->node[inner].kind == FB_NODE_NOT) {
		*number = parser->filter->node[inner].left;
		parser->filter->n_nodes = inner; /* the last that was made */
		return 0;
	}
	r = new_node(parser, FB_NODE_NOT, number);
	if (r == 0)
		parser->filter->node[*number].left = inner;
	return r;
}

/* "& 0xff" behind a number's name; nothing is taken where there is none. */
static int take_mask(struct parser *parser, struct fb_node *node)
{
	struct fb_operand mask = {0};
	struct text text;
	int r;

	skip_space(parser);
	if (*parser->at != '&' || is_sign(parser->at))
		return 0;
	if (node->field[0]->type != FB_TYPE_INT)
		return fail(parser, parser->at, 1, "%s has no bits for a mask", node->name);
	parser->at++;
	r = take_text(parser, &text);
	if (r == 0 && (fb_operand_parse(node, text.buf, &mask) < 0 || mask.mask || !mask.low ||
		       mask.low != mask.high))
		r = fail(parser, text.at, text.len, "a mask such as 0xff is missing here");
	node->mask = mask.low;
	return r;
}

/* A mask alone: any bit of it. */
static int any_bit(struct parser *parser, struct fb_node *node)
{
	struct fb_operand none = {.mask = node->mask};

	node->op = FB_OP_GT; /* not "!=": what has no mark has none of its bits */
	if (fb_filter_keep_text(parser->filter, "0", 1, &none) < 0)
		return fail(parser, parser->at, 0, "too many values");
	parser->filter->value[parser->filter->n_values++] = none;
	node->n_values = 1;
	return 0;
}

/* Bytes of what may be a field's name: a mask may stand close behind it. */
static size_t name_len(const char *at)
{
	const size_t len = word_len(at, false);
	const char *mask = memchr(at, '&', len);

	return mask && fb_field_find(at, (size_t)(mask - at)) ? (size_t)(mask - at) : len;
}

static int take_term(struct parser *parser, uint16_t *ret_number)
{
	struct fb_node *node;
	const char *from = parser->at;
	const size_t len = name_len(from);
	bool known, op, negated;
	int r = new_node(parser, FB_NODE_TERM, ret_number);

	if (r < 0)
		return r;
	node = &parser->filter->node[*ret_number];
	node->first = parser->filter->n_values;
	known = len > 0 && fb_filter_find_fields(from, len, node);
	parser->at += len;
	r = known ? take_mask(parser, node) : 0;
	if (r < 0)
		return r;
	if (len > 0 && take_in(parser, known, &negated)) {
		if (!known)
			return unknown_field(parser, from, len);
		r = take_list(parser, node);
		return r < 0 || !negated ? r : negate(parser, ret_number);
	}
	op = len > 0 && take_op(parser, node);
	if (op && known) {
		r = check_order(parser, node, from, len);
		return r < 0 ? r : take_value(parser, node);
	}
	if (node->mask)
		return any_bit(parser, node);
	parser->at = from;
	/* "fe80::1" and "10.0.0.1:443" are words, "scr=1" is a misspelt field */
	if (op && from[len] != ':')
		return unknown_field(parser, from, len);
	return take_word(parser, node);
}

static int take_expr(struct parser *parser, uint16_t *ret_number);

static int take_prim(struct parser *parser, uint16_t *ret_number)
{
	const char *from;
	int r;

	skip_space(parser);
	from = parser->at;
	if (*from != '(')
		return take_term(parser, ret_number);
	if (++parser->depth > FB_FILTER_DEPTH)
		return fail(parser, from, 1, "nested too deeply, %d levels at most",
			    FB_FILTER_DEPTH);
	parser->at++;
	r = take_expr(parser, ret_number);
	if (r < 0)
		return r;
	skip_space(parser);
	if (*parser->at != ')')
		return fail(parser, from, 1, "this parenthesis is not closed");
	parser->at++;
	parser->depth--;
	return 0;
}

static int take_not(struct parser *parser, uint16_t *ret_number)
{
	bool negated = false;
	int r;

	skip_space(parser);
	while (take_keyword(parser, "not") ||
	       (*parser->at == '!' && parser->at[1] != '=' && parser->at[1] != '~' &&
		parser->at++) ||
	       (*parser->at == '-' && is_word_byte(parser->at[1]) && parser->at++)) {
		negated = !negated;
		skip_space(parser);
	}
	r = take_prim(parser, ret_number);
	return r < 0 || !negated ? r : negate(parser, ret_number);
}

static int join(struct parser *parser, enum fb_node_kind kind, uint16_t left, uint16_t right,
		uint16_t *ret_number)
{
	int r = new_node(parser, kind, ret_number);

	if (r == 0) {
		parser->filter->node[*ret_number].left = left;
		parser->filter->node[*ret_number].right = right;
	}
	return r;
}

/* True where another operand of an `and` begins, with or without the word. */
static bool more_operands(struct parser *parser)
{
	const char *from = parser->at;
	bool or_follows;

	skip_space(parser);
	if (!*parser->at || *parser->at == ')')
		return false;
	or_follows = take_join(parser, "or", "||");
	if (or_follows)
		parser->at = from;
	return !or_follows;
}

static int take_and(struct parser *parser, uint16_t *ret_number)
{
	int r = take_not(parser, ret_number);

	while (r == 0 && more_operands(parser)) {
		const uint16_t left = *ret_number;
		uint16_t right;

		take_join(parser, "and", "&&");
		r = take_not(parser, &right);
		if (r == 0)
			r = join(parser, FB_NODE_AND, left, right, ret_number);
	}
	return r;
}

static int take_expr(struct parser *parser, uint16_t *ret_number)
{
	int r = take_and(parser, ret_number);

	while (r == 0 && take_join(parser, "or", "||")) {
		const uint16_t left = *ret_number;
		uint16_t right;

		r = take_and(parser, &right);
		if (r == 0)
			r = join(parser, FB_NODE_OR, left, right, ret_number);
	}
	return r;
}

int fb_filter_compile(const char *text, struct fb_filter **ret_filter,
		      struct fb_filter_error *ret_error)
{
	struct parser parser = {.start = text, .at = text, .error = ret_error};
	_cleanup_filter_ struct fb_filter *filter = NULL;
	int r;

	memset(ret_error, 0, sizeof(*ret_error));
	*ret_filter = NULL;
	if (!text || strspn(text, " \t\r\n") == strlen(text))
		return 0;
	if (strlen(text) > FB_FILTER_BYTES)
		return fail(&parser, text, strlen(text), "too long, %d bytes at most",
			    FB_FILTER_BYTES);
	filter = calloc(1, sizeof(*filter));
	if (!filter)
		return -ENOMEM;
	parser.filter = filter;
	r = take_expr(&parser, &filter->root);
	skip_space(&parser);
	if (r == 0 && *parser.at)
		r = fail(&parser, parser.at, 1, "nothing can be made of this \"%c\"",
			 isprint((unsigned char)*parser.at) ? *parser.at : '?');
	if (r == 0)
		r = fb_filter_prepare(filter);
	if (r == 0)
		*ret_filter = TAKE_PTR(filter);
	return r;
}
