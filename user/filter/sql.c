/* SPDX-License-Identifier: BSD-2-Clause */
/* Terms and words as SQL; see the header. Mirrors term.c, like.c and word.c, case by case. */
#include "filter/sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter/filter_priv.h"

struct maker {
	const struct fb_filter *filter;
	const struct fb_where_dialect *dialect;
	uint64_t now_ms;
	struct fb_where *where;
	struct fb_filter_error *error;
};

static void add(const struct maker *maker, const char *text)
{
	fb_buf_adds(&maker->where->text, text);
}

/* Numbers are kept with a sign, and none of them needs the last bit. */
static void put_num(const struct maker *maker, uint64_t num)
{
	fb_where_put_num(maker->where, maker->dialect, num > INT64_MAX ? INT64_MAX : (int64_t)num);
}

static struct fb_where_text text_of(const struct maker *maker, const struct fb_operand *operand)
{
	return (struct fb_where_text){maker->filter->text + operand->text, operand->text_len};
}

static void put_column(const struct maker *maker, enum fb_field_id id)
{
	fb_where_column(maker->where, id);
}

/* --- values ---------------------------------------------------------------------------------- */

static void put_addrs(const struct maker *maker, enum fb_field_id id,
		      const struct fb_operand *operand)
{
	maker->dialect->put_addrs(maker->where, id, operand->from, operand->to, operand->family);
}

/* The columns that an endpoint is made of. */
static void ends_of(const struct fb_field *field, enum fb_field_id *ret_ip,
		    enum fb_field_id *ret_port)
{
	const bool src = field->id == FB_FIELD_nat_src;

	*ret_ip = src ? FB_FIELD_nat_src_ip : FB_FIELD_nat_dst_ip;
	*ret_port = src ? FB_FIELD_nat_src_port : FB_FIELD_nat_dst_port;
}

static void put_endpoint(const struct maker *maker, const struct fb_field *field,
			 const struct fb_operand *operand)
{
	enum fb_field_id ip, port;

	ends_of(field, &ip, &port);
	put_addrs(maker, ip, operand);
	add(maker, " AND coalesce(");
	put_column(maker, port);
	add(maker, ",0) BETWEEN ");
	put_num(maker, operand->low);
	add(maker, " AND ");
	put_num(maker, operand->high);
}

static uint64_t moment(const struct maker *maker, uint64_t ms, bool ago)
{
	if (!ago)
		return ms;
	return ms < maker->now_ms ? maker->now_ms - ms : 0;
}

static void put_number(const struct maker *maker, const struct fb_node *node,
		       const struct fb_field *field, const struct fb_operand *operand)
{
	static const char *const ops[] = {
		[FB_OP_LT] = " < ", [FB_OP_LE] = " <= ", [FB_OP_GT] = " > ", [FB_OP_GE] = " >= "};
	const uint64_t low = moment(maker, operand->low, operand->low_ago);
	const uint64_t high = moment(maker, operand->high, operand->high_ago);
	const bool ordered = node->op >= FB_OP_LT && node->op <= FB_OP_GE;

	if (operand->mask)
		maker->dialect->put_bits(maker->where, field, operand->mask);
	else
		put_column(maker, field->id);
	if (ordered) {
		add(maker, ops[node->op]);
		put_num(maker, node->op == FB_OP_LT || node->op == FB_OP_GE ? low : high);
		return;
	}
	add(maker, " BETWEEN ");
	put_num(maker, low);
	add(maker, " AND ");
	put_num(maker, high);
}

/* A word of a closed list, which databases keep as its number or as it is. */
static void put_word_of(const struct maker *maker, unsigned int number, const char *word)
{
	if (maker->dialect->words)
		fb_buf_addf(&maker->where->text, "'%s'", word);
	else
		fb_buf_addu(&maker->where->text, number);
}

/* Those that the pattern takes are known here. */
static void put_words_like(const struct maker *maker, const struct fb_field *field,
			   const struct fb_pattern *pattern)
{
	const char *word, *before = " IN (";

	add(maker, "(");
	for (unsigned int i = 0; (word = fb_field_word(field, i)); i++) {
		if (!fb_filter_text_like(word, pattern->text, pattern->len))
			continue;
		if (*before == ' ')
			put_column(maker, field->id);
		add(maker, before);
		put_word_of(maker, i + field->first_word, word);
		before = ",";
	}
	add(maker, *before == ' ' ? "0)" : "))");
}

static void put_pattern(const struct maker *maker, const struct fb_field *field,
			const struct fb_operand *operand)
{
	const struct fb_pattern pattern = fb_filter_pattern(maker->filter, operand);
	const struct fb_where_text text = text_of(maker, operand);
	enum fb_field_id ip, port;

	if (!fb_filter_may_be_like(field, &pattern)) {
		add(maker, "0");
	} else if (field->word && !field->item) {
		put_words_like(maker, field, &pattern);
	} else if (field->type == FB_TYPE_ENDPOINT) {
		ends_of(field, &ip, &port);
		maker->dialect->put_end_like(maker->where, ip, port, text);
	} else {
		maker->dialect->put_like(maker->where, field, text);
	}
}

static void put_equal(const struct maker *maker, const struct fb_node *node,
		      const struct fb_field *field, const struct fb_operand *operand)
{
	const struct fb_where_text text = text_of(maker, operand);
	const struct fb_where_param name = {
		.kind = FB_WHERE_TEXT, .text = text.text, .len = text.len};

	if (!node->number) {
		maker->dialect->put_is(maker->where, field, text, node->suffix);
		return;
	}
	put_column(maker, field->id);
	add(maker, " = ");
	if (field->word)
		put_word_of(maker, (unsigned int)operand->low,
			    field->word((unsigned int)operand->low));
	else /* a protocol, by the name that it has here */
		maker->dialect->put_param(maker->where, &name);
}

static void put_value(const struct maker *maker, const struct fb_node *node,
		      const struct fb_field *field, const struct fb_operand *operand)
{
	if (node->op == FB_OP_LIKE || node->op == FB_OP_UNLIKE)
		put_pattern(maker, field, operand);
	else if (field->type == FB_TYPE_ENDPOINT)
		put_endpoint(maker, field, operand);
	else if (field->type == FB_TYPE_IP)
		put_addrs(maker, field->id, operand);
	else if (field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM ||
		 field->type == FB_TYPE_ID)
		put_equal(maker, node, field, operand);
	else
		put_number(maker, node, field, operand);
}

/* --- nodes ----------------------------------------------------------------------------------- */

static int put_term(const struct maker *maker, const struct fb_node *node)
{
	const bool negated = node->op == FB_OP_NE || node->op == FB_OP_UNLIKE;

	add(maker, negated ? "NOT coalesce((" : "coalesce((");
	for (unsigned int f = 0; f < node->n_fields; f++) {
		if (!fb_where_expression(node->field[f]))
			return fb_where_refuse(node->field[f], maker->error);
		for (unsigned int i = 0; i < node->n_values; i++) {
			add(maker, f || i ? ") OR (" : "");
			put_value(maker, node, node->field[f],
				  &maker->filter->value[node->first + i]);
		}
	}
	add(maker, "),0)");
	return 0;
}

static void put_port(const struct maker *maker, enum fb_field_id id, uint64_t port)
{
	put_column(maker, id);
	add(maker, " = ");
	put_num(maker, port);
	add(maker, " OR ");
}

/* One of those of a list whose bits are set. */
static void put_bit_words(const struct maker *maker, enum fb_field_id id, uint64_t bits,
			  unsigned int n, const char *(*word)(unsigned int number))
{
	bool any = false;

	for (unsigned int k = 0; k < n; k++) {
		if (!(bits & 1ull << k))
			continue;
		if (!any)
			put_column(maker, id);
		add(maker, any ? "," : " IN (");
		put_word_of(maker, k, word(k));
		any = true;
	}
	add(maker, any ? ")" : "0");
}

static void put_protos(const struct maker *maker, const struct fb_operand *operand)
{
	bool any = false;
	char number[4];

	for (unsigned int k = 0; k < 256; k++) {
		if (!((k < 128 ? operand->from : operand->to)[k % 128 / 8] & (1 << k % 8)))
			continue;
		if (!any)
			put_column(maker, FB_FIELD_proto);
		fb_buf_addf(&maker->where->text, any ? ",'%s'" : " IN ('%s'",
			    fb_proto_name((uint8_t)k, number));
		any = true;
	}
	add(maker, any ? ")" : "0");
}

/* The states, application protocols and protocols that a word is part of. */
static void put_word_lists(const struct maker *maker, const struct fb_operand *operand)
{
	put_bit_words(maker, FB_FIELD_state, operand->low & UINT32_MAX, FB_STATE_COUNT,
		      fb_state_name);
	add(maker, " OR ");
	put_bit_words(maker, FB_FIELD_l7, operand->low >> 32, FB_L7_COUNT, fb_l7_name);
	add(maker, " OR ");
	put_protos(maker, operand);
}

/* Of flow->names those that a field has: what was asked of a resolver stands in no column. */
static void put_word(const struct maker *maker, const struct fb_operand *operand)
{
	static const enum fb_field_id names[] = {FB_FIELD_dst_host, FB_FIELD_sni, FB_FIELD_src_host,
						 FB_FIELD_service};
	static const enum fb_field_id ends[][2] = {{FB_FIELD_src_ip, FB_FIELD_src_port},
						   {FB_FIELD_dst_ip, FB_FIELD_dst_port},
						   {FB_FIELD_nat_src_ip, FB_FIELD_nat_src_port},
						   {FB_FIELD_nat_dst_ip, FB_FIELD_nat_dst_port}};
	const struct fb_where_text word = text_of(maker, operand);

	add(maker, "coalesce(");
	for (unsigned int i = 0; i < 4 && operand->high <= UINT16_MAX; i++)
		put_port(maker, ends[i][1], operand->high);
	put_word_lists(maker, operand);
	for (unsigned int i = 0; i < 4; i++) {
		add(maker, " OR ");
		maker->dialect->put_like(maker->where, &fb_fields[names[i]], word);
	}
	for (unsigned int i = 0; i < 4 && operand->family; i++) {
		add(maker, " OR ");
		maker->dialect->put_like(maker->where, &fb_fields[ends[i][0]], word);
		if (!memchr(word.text, ':', word.len))
			continue;
		add(maker, " OR ");
		maker->dialect->put_end_like(maker->where, ends[i][0], ends[i][1], word);
	}
	add(maker, ",0)");
}

static int put_node(const struct maker *maker, uint16_t number)
{
	const struct fb_node *node = &maker->filter->node[number];
	int r = 0;

	add(maker, "(");
	switch (node->kind) {
	case FB_NODE_TERM:
		r = put_term(maker, node);
		break;
	case FB_NODE_WORD:
		put_word(maker, &maker->filter->value[node->first]);
		break;
	case FB_NODE_NOT:
		add(maker, "NOT ");
		r = put_node(maker, node->left);
		break;
	default:
		r = put_node(maker, node->left);
		add(maker, node->kind == FB_NODE_AND ? " AND " : " OR ");
		if (r == 0)
			r = put_node(maker, node->right);
	}
	add(maker, ")");
	return r;
}

int fb_filter_sql(const struct fb_filter *filter, const struct fb_where_dialect *dialect,
		  int64_t now_ms, struct fb_where *where, struct fb_filter_error *ret_error)
{
	const struct maker maker = {filter, dialect, (uint64_t)now_ms, where, ret_error};
	int r = 0;

	if (filter)
		r = put_node(&maker, filter->root);
	else
		add(&maker, "(1)");
	return r < 0 ? r : fb_buf_error(&where->text);
}

bool fb_filter_column_is(const struct fb_value *value, const char *text, size_t len, bool suffix)
{
	return value->known && value->text && fb_filter_text_is(value->text, text, len, suffix);
}

bool fb_filter_column_like(const struct fb_field *field, const struct fb_value *value,
			   const char *pattern, size_t len)
{
	const struct fb_pattern one = {pattern, (uint16_t)len, fb_filter_is_glob(pattern, len)};

	return value->known && fb_filter_value_like(field, value, &one, 1);
}
