/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter from inside: parse.c makes nodes, filter.c evaluates and prints them. */
#pragma once

#include "model/fields.h"
#include "model/filter.h"
#include "util/addr.h"

enum fb_node_kind { FB_NODE_AND, FB_NODE_OR, FB_NODE_NOT, FB_NODE_TERM, FB_NODE_WORD };

enum fb_op { FB_OP_EQ, FB_OP_NE, FB_OP_LT, FB_OP_LE, FB_OP_GT, FB_OP_GE, FB_OP_LIKE, FB_OP_UNLIKE };

#define FB_TERM_FIELDS 3 /* either-end names stand for two or three fields */

/* One value of a term: a range of numbers, of addresses, or a text. */
struct fb_operand {
	uint64_t low, high;	  /* numbers, as the field's */
	uint8_t from[16], to[16]; /* addresses */
	uint8_t family;
	uint16_t text, text_len; /* in fb_filter.text, as it was written */
};

struct fb_node {
	enum fb_node_kind kind;
	uint16_t left, right; /* of AND, OR; left of NOT */
	enum fb_op op;
	bool suffix; /* field:value on names: that domain and those below it */
	bool list;   /* in (...) */
	uint8_t n_fields;
	const char *name; /* as printed */
	const struct fb_field *field[FB_TERM_FIELDS];
	uint16_t first, n_values;
};

#define FB_FILTER_NODES (FB_FILTER_TERMS * 4)

struct fb_filter {
	uint16_t n_nodes, n_values, root;
	uint16_t n_text;
	struct fb_node node[FB_FILTER_NODES];
	struct fb_operand value[FB_FILTER_TERMS * 2];
	char text[FB_FILTER_BYTES + 1];
};
