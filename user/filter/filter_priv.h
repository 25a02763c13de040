/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter from inside: parse.c makes nodes, plan.c what is run of them, term.c, like.c and
 * word.c look at one flow, print.c prints.
 */
#pragma once

#include "flow/fields.h"
#include "filter/filter.h"
#include "util/addr.h"

enum fb_node_kind { FB_NODE_AND, FB_NODE_OR, FB_NODE_NOT, FB_NODE_TERM, FB_NODE_WORD };

enum fb_op { FB_OP_EQ, FB_OP_NE, FB_OP_LT, FB_OP_LE, FB_OP_GT, FB_OP_GE, FB_OP_LIKE, FB_OP_UNLIKE };

#define FB_TERM_FIELDS 4 /* either-end names stand for two fields or more */

/*
 * One value of a term: a range of numbers, of addresses (of an endpoint: with a range of ports), or
 * a text. Of a bare word: `low` has a bit
 * for each state (and from bit 32 on for each l7) whose name it is part of, `high` is the port that
 * it is, `from` and `to` have a bit for each protocol; `family` is set if it may be in an address.
 */
struct fb_operand {
	uint64_t low, high;
	uint64_t mask; /* bits of a number that are compared; 0: all */
	uint8_t from[16], to[16];
	uint8_t family;
	bool low_ago, high_ago;	 /* of moments: ms back from now, whenever that is */
	uint16_t text, text_len; /* in fb_filter.text, as it was written */
};

struct fb_node {
	enum fb_node_kind kind;
	uint16_t left, right; /* of AND, OR; left of NOT */
	enum fb_op op;
	bool suffix; /* field:value on names: that domain and those below it */
	bool list;   /* in (...) */
	bool number; /* words of a closed list, compared by their numbers */
	uint8_t n_fields;
	uint64_t mask;	  /* name & mask: that of each value; 0: none */
	const char *name; /* as printed */
	const char *bare; /* what a bare number is, if the field's unit does not say it; or NULL */
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
	struct fb_plan *plan; /* owned */
};

/* A text with `*` and `?` in it, or that is part of another; without regard to case. */
struct fb_pattern {
	const char *text; /* in fb_filter.text */
	uint16_t len;
	bool glob;
};

/* Patterns of IPv4 addresses, by the numbers that addresses are made of; all zero: none. */
struct fb_octets {
	uint64_t begin, end; /* bits of the patterns' first and last parts */
	uint64_t part[256];  /* by number: the parts that it may stand for */
	unsigned int n;	     /* parts in all */
};

/* False: it is not of that kind, or there is no room. */
bool fb_octets_add(struct fb_octets *octets, const struct fb_pattern *pattern);

static inline bool fb_octets_match(const struct fb_octets *octets, const uint8_t addr[static 4])
{
	uint64_t state = 0, all = 0;

	for (int i = 0; i < 4; i++) {
		state = (state << 1 | octets->begin) & octets->part[addr[i]];
		all |= state;
	}
	return all & octets->end;
}

struct fb_pattern fb_filter_pattern(const struct fb_filter *filter,
				    const struct fb_operand *operand);
/* False: no value of the field is ever written so. */
bool fb_filter_may_be_like(const struct fb_field *field, const struct fb_pattern *pattern);
/* Is the value, which is known, like one of n patterns? */
bool fb_filter_value_like(const struct fb_field *field, const struct fb_value *value,
			  const struct fb_pattern *pattern, unsigned int n);
/* `pattern` with `*` and `?`, or a part of the text; without regard to case. */
bool fb_filter_text_like(const char *text, const char *pattern, size_t len);

bool fb_filter_is_glob(const char *pattern, size_t len);
/* Is the text that value, or with `suffix` a name below it? "https (YouTube)" is https, too. */
bool fb_filter_text_is(const char *text, const char *value, size_t len, bool suffix);

/* Keep a value's text beside the filter. -ENOSPC: there is no room for one more. */
int fb_filter_keep_text(struct fb_filter *filter, const char *text, size_t len,
			struct fb_operand *operand);

/* The fields that a term of this name is about; false: there are none. */
bool fb_filter_find_fields(const char *name, size_t len, struct fb_node *node);

/* Has a field of the term one of its values (no `~`)? Whether it is negated is not looked at. */
bool fb_filter_term_has(const struct fb_filter *filter, const struct fb_node *node,
			const struct fb_flow_at *at);
bool fb_filter_word_matches(const struct fb_operand *operand, const char *word,
			    const struct fb_flow_at *at);

/* Make all bare words ready for matching, and the plan, once the filter is whole. 0 or -ENOMEM. */
int fb_filter_prepare(struct fb_filter *filter);
void fb_filter_plan_free(struct fb_plan *plan);
/* The plan alone, in place of one that is there. 0 or -ENOMEM. */
int fb_filter_plan(struct fb_filter *filter);

/*
 * Of a closed list: the number of `text`, and a protocol's number becomes its name; 0. FB_NO_LIST:
 * the field's words are not in a list. -EINVAL: `error` tells, but not where.
 */
#define FB_NO_LIST 1
int fb_filter_check_word(const struct fb_field *field, char *text, size_t size,
			 uint64_t *ret_number, struct fb_filter_error *error);

/*
 * A number, a moment, an address, an endpoint or a range of them; `text` is written to. 0 or
 * -errno.
 */
int fb_operand_parse(const struct fb_node *node, char *text, struct fb_operand *operand);
/* What a value of the field looks like, for the sentence that refuses one. */
const char *fb_operand_example(const struct fb_field *field);
