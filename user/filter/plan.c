/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is run of a filter: tests that know where to go on after yes and after no, as a packet
 * filter has them, so that NOT costs nothing and nothing is called again for depth. Terms about the
 * same fields become one set, in lists by `or` as they are, by `and` where they are negated: sixty
 * ports are one look into a bitmap. In each list what is cheap comes first; no test changes
 * anything, so their order is free.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter_priv.h"
#include "util/cleanup.h"
#include "util/select.h"

#define ACCEPT	UINT16_MAX
#define REJECT	(UINT16_MAX - 1)
#define BITMAPS 8 /* of a filter; sets beyond are searched */
#define OCTETS	8 /* of a filter; addresses that are like others are written out */
#define SMALL	65536
#define NO_BITS UINT8_MAX

enum kind { TERM, WORD, NUMBERS, ADDRS, LIKE };

struct test {
	uint8_t kind;
	uint8_t bits;	   /* the set's bitmap or the patterns' octets; NO_BITS: none */
	uint16_t node;	   /* whose fields, of a set the first one's */
	uint16_t first, n; /* ranges of a set, or patterns */
	uint16_t yes, no;
};

struct range {
	uint64_t low, high;
	uint8_t from[16], to[16]; /* of addresses, instead */
	uint8_t family;
};

struct bitmap {
	uint64_t word[SMALL / 64];
};

struct fb_plan {
	uint16_t start, n_tests, n_ranges, n_bitmaps, n_patterns, n_octets;
	struct range *range;	    /* behind the tests */
	struct fb_pattern *pattern; /* behind the ranges */
	struct bitmap *bitmap;	    /* owned */
	struct fb_octets *octets;   /* owned */
	struct test test[];
};

/* --- running --------------------------------------------------------------------------------- */

static bool in_numbers(const struct fb_plan *plan, const struct test *test, uint64_t num)
{
	const struct range *range = plan->range + test->first;
	uint16_t low = 0, high = test->n;

	if (test->bits != NO_BITS)
		return num < SMALL && plan->bitmap[test->bits].word[num / 64] >> num % 64 & 1;
	while (low < high) {
		const uint16_t middle = (uint16_t)((low + high) / 2);

		if (range[middle].high < num)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	return low < test->n && range[low].low <= num;
}

/* < 0: all of the range is before the address. */
static int compare_addr(const struct range *range, const uint8_t *bound, uint8_t family,
			const uint8_t *addr)
{
	return range->family != family ? range->family - family : memcmp(bound, addr, 16);
}

static bool in_addrs(const struct fb_plan *plan, const struct test *test,
		     const struct fb_value *value)
{
	const struct range *range = plan->range + test->first;
	uint16_t low = 0, high = test->n;

	while (low < high) {
		const uint16_t middle = (uint16_t)((low + high) / 2);

		if (compare_addr(&range[middle], range[middle].to, value->family, value->addr) < 0)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	return low < test->n &&
	       compare_addr(&range[low], range[low].from, value->family, value->addr) <= 0;
}

static bool is_in(const struct fb_plan *plan, const struct test *test, const struct fb_field *field,
		  const struct fb_value *value)
{
	switch (test->kind) {
	case NUMBERS:
		return in_numbers(plan, test, value->num);
	case ADDRS:
		return in_addrs(plan, test, value);
	default:
		if (test->bits != NO_BITS && value->family == FB_IPV4)
			return fb_octets_match(&plan->octets[test->bits], value->addr + 12);
		return fb_filter_value_like(field, value, plan->pattern + test->first, test->n);
	}
}

static bool in_set(const struct fb_filter *filter, const struct test *test,
		   const struct fb_flow_at *at)
{
	const struct fb_node *node = &filter->node[test->node];
	struct fb_value value;

	for (unsigned int f = 0; f < node->n_fields; f++) {
		fb_field_get(node->field[f], at, &value);
		if (value.known && is_in(filter->plan, test, node->field[f], &value))
			return true;
	}
	return false;
}

static bool run(const struct fb_filter *filter, const struct test *test,
		const struct fb_flow_at *at)
{
	const struct fb_node *node = &filter->node[test->node];
	const struct fb_operand *word;

	switch (test->kind) {
	case TERM:
		return fb_filter_term_has(filter, node, at);
	case WORD:
		word = &filter->value[node->first];
		return fb_filter_word_matches(word, filter->text + word->text, at);
	default:
		return in_set(filter, test, at);
	}
}

bool fb_filter_reads_names(const struct fb_filter *filter)
{
	for (uint16_t i = 0; filter && i < filter->plan->n_tests; i++) {
		const struct test *test = &filter->plan->test[i];

		if (test->kind == WORD || filter->node[test->node].field[0]->type == FB_TYPE_TEXT)
			return true;
	}
	return false;
}

bool fb_filter_match(const struct fb_filter *filter, const struct fb_flow_at *at)
{
	uint16_t i = filter ? filter->plan->start : ACCEPT;

	while (i < REJECT) {
		const struct test *test = &filter->plan->test[i];

		i = run(filter, test, at) ? test->yes : test->no;
	}
	return i == ACCEPT;
}

/* --- making ---------------------------------------------------------------------------------- */

/* One of a list by `and` or `or`. */
struct item {
	uint16_t node;
	bool negated, joined; /* into the set of one before it */
	uint32_t cost;
};

struct maker {
	const struct fb_filter *filter;
	struct fb_plan *plan;
	struct item item[FB_FILTER_NODES]; /* the lists that are being made, one behind the other */
	uint16_t n_items;
};

static bool is_negated(const struct fb_node *node)
{
	return node->kind == FB_NODE_NOT ||
	       (node->kind == FB_NODE_TERM && (node->op == FB_OP_NE || node->op == FB_OP_UNLIKE));
}

static bool is_fixed(const struct fb_operand *operand)
{
	return !operand->mask && !operand->low_ago && !operand->high_ago;
}

/* The kind of set that a term is; TERM: none. */
static enum kind set_of(const struct fb_filter *filter, const struct fb_node *node)
{
	const struct fb_field *field = node->field[0];

	if (node->kind != FB_NODE_TERM)
		return TERM;
	if (node->op == FB_OP_LIKE || node->op == FB_OP_UNLIKE)
		return LIKE;
	if (field->type == FB_TYPE_ENDPOINT)
		return TERM;
	if (field->type == FB_TYPE_IP)
		return ADDRS;
	if (field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM || field->type == FB_TYPE_ID)
		return node->number ? NUMBERS : TERM;
	for (uint16_t i = 0; i < node->n_values; i++)
		if (!is_fixed(&filter->value[node->first + i]))
			return TERM;
	return NUMBERS;
}

static bool same_fields(const struct fb_node *a, const struct fb_node *b)
{
	return a->n_fields == b->n_fields &&
	       !memcmp(a->field, b->field, a->n_fields * sizeof(*a->field));
}

static uint32_t cost_of_term(const struct fb_filter *filter, const struct fb_node *node)
{
	const struct fb_field *field = node->field[0];
	const bool like = node->op == FB_OP_LIKE || node->op == FB_OP_UNLIKE;
	uint32_t cost = field->item || field->type == FB_TYPE_ENDPOINT ? 32 : like ? 8 : 4;

	switch (set_of(filter, node)) {
	case NUMBERS:
		return node->n_fields;
	case ADDRS:
		return 2u * node->n_fields;
	default:
		if (like && field->type != FB_TYPE_TEXT && field->type != FB_TYPE_ENUM)
			cost += 16; /* its text is made first */
		return cost * node->n_fields + 2u * node->n_values;
	}
}

static uint32_t cost_of(const struct fb_filter *filter, uint16_t number)
{
	const struct fb_node *node = &filter->node[number];

	switch (node->kind) {
	case FB_NODE_NOT:
		return cost_of(filter, node->left);
	case FB_NODE_AND:
	case FB_NODE_OR:
		return cost_of(filter, node->left) + cost_of(filter, node->right);
	case FB_NODE_WORD:
		return 64;
	default:
		return cost_of_term(filter, node);
	}
}

/* What a number has to be, as a range; false: none is. */
static bool range_of(enum fb_op op, const struct fb_operand *operand, struct range *range)
{
	const uint64_t low = operand->low, high = operand->high;

	switch (op) {
	case FB_OP_LT:
		*range = (struct range){.low = 0, .high = low - 1};
		return low > 0;
	case FB_OP_LE:
		*range = (struct range){.low = 0, .high = high};
		return true;
	case FB_OP_GT:
		*range = (struct range){.low = high + 1, .high = UINT64_MAX};
		return high < UINT64_MAX;
	case FB_OP_GE:
		*range = (struct range){.low = low, .high = UINT64_MAX};
		return true;
	default:
		*range = (struct range){.low = low, .high = high};
		memcpy(range->from, operand->from, 16);
		memcpy(range->to, operand->to, 16);
		range->family = operand->family;
		return low <= high && memcmp(operand->from, operand->to, 16) <= 0;
	}
}

static void add_ranges(struct maker *maker, const struct fb_node *node)
{
	struct fb_plan *plan = maker->plan;

	for (uint16_t i = 0; i < node->n_values; i++)
		plan->n_ranges += range_of(node->op, &maker->filter->value[node->first + i],
					   &plan->range[plan->n_ranges]);
}

/* Either-end names stand for fields of one type. */
static void add_patterns(struct maker *maker, const struct fb_node *node)
{
	struct fb_plan *plan = maker->plan;

	for (uint16_t i = 0; i < node->n_values; i++) {
		plan->pattern[plan->n_patterns] =
			fb_filter_pattern(maker->filter, &maker->filter->value[node->first + i]);
		plan->n_patterns +=
			fb_filter_may_be_like(node->field[0], &plan->pattern[plan->n_patterns]);
	}
}

static int by_number(const void *a_, const void *b_, void *unused)
{
	const struct range *a = a_, *b = b_;

	(void)unused;
	return (a->low > b->low) - (a->low < b->low);
}

static int by_addr(const void *a_, const void *b_, void *unused)
{
	const struct range *a = a_, *b = b_;

	(void)unused;
	return compare_addr(a, a->from, b->family, b->from);
}

/* Does b, which begins no earlier, begin within a? Then a is made to reach as far as both. */
static bool merge(enum kind kind, struct range *a, const struct range *b)
{
	if (kind == NUMBERS) {
		if (b->low > a->high)
			return false;
		a->high = b->high > a->high ? b->high : a->high;
		return true;
	}
	if (a->family != b->family || memcmp(b->from, a->to, 16) > 0)
		return false;
	if (memcmp(b->to, a->to, 16) > 0)
		memcpy(a->to, b->to, 16);
	return true;
}

/* In order, and none touches another, so that their ends are in order, too. */
static void tidy(struct fb_plan *plan, struct test *test)
{
	struct range *range = plan->range + test->first;
	uint16_t n = 0;

	test->n = (uint16_t)(plan->n_ranges - test->first);
	fb_sort(range, test->n, sizeof(*range), test->kind == NUMBERS ? by_number : by_addr, NULL);
	for (uint16_t i = 0; i < test->n; i++)
		if (!n || !merge(test->kind, &range[n - 1], &range[i]))
			range[n++] = range[i];
	test->n = n;
	plan->n_ranges = (uint16_t)(test->first + n);
}

static void make_bitmap(struct fb_plan *plan, struct test *test)
{
	const struct range *range = plan->range + test->first;
	struct bitmap *bitmap;

	if (test->kind != NUMBERS || test->n < 2 || range[test->n - 1].high >= SMALL ||
	    plan->n_bitmaps == BITMAPS)
		return;
	if (!plan->bitmap)
		plan->bitmap = calloc(BITMAPS, sizeof(*plan->bitmap));
	if (!plan->bitmap)
		return; /* it is searched instead */
	test->bits = (uint8_t)plan->n_bitmaps;
	bitmap = &plan->bitmap[plan->n_bitmaps++];
	for (uint16_t i = 0; i < test->n; i++)
		for (uint64_t k = range[i].low; k <= range[i].high; k++)
			bitmap->word[k / 64] |= 1ull << k % 64;
}

/* Patterns of addresses; one that is not for octets, and there are none for the others either. */
static void make_octets(struct fb_plan *plan, const struct fb_field *field, struct test *test)
{
	struct fb_octets *octets;

	if (field->type != FB_TYPE_IP || !test->n || plan->n_octets == OCTETS)
		return;
	if (!plan->octets)
		plan->octets = calloc(OCTETS, sizeof(*plan->octets));
	if (!plan->octets)
		return; /* it goes by their texts as well */
	octets = &plan->octets[plan->n_octets];
	*octets = (struct fb_octets){.n = 0};
	for (uint16_t i = 0; i < test->n; i++)
		if (!fb_octets_add(octets, &plan->pattern[test->first + i]))
			return;
	test->bits = (uint8_t)plan->n_octets++;
}

/* What a set or a list of patterns is made of: a term, and the n - 1 items that were joined to it.
 */
static void fill(struct maker *maker, struct test *test, const struct item *item, uint16_t n)
{
	const struct fb_node *first = &maker->filter->node[item->node];
	struct fb_plan *plan = maker->plan;

	test->first = test->kind == LIKE ? plan->n_patterns : plan->n_ranges;
	for (uint16_t i = 0; i < n; i++) {
		const struct fb_node *node = &maker->filter->node[item[i].node];

		if (i && (!item[i].joined || item[i].negated != item->negated ||
			  set_of(maker->filter, node) != (enum kind)test->kind ||
			  !same_fields(first, node)))
			continue;
		if (test->kind == LIKE)
			add_patterns(maker, node);
		else
			add_ranges(maker, node);
	}
	if (test->kind == LIKE) {
		test->n = (uint16_t)(plan->n_patterns - test->first);
		make_octets(plan, first->field[0], test);
		return;
	}
	tidy(plan, test);
	make_bitmap(plan, test);
}

/* A term, with those of the n items from `first` on that were joined to it, or a word. */
static uint16_t emit(struct maker *maker, const struct item *item, uint16_t n, uint16_t yes,
		     uint16_t no)
{
	const struct fb_filter *filter = maker->filter;
	const struct fb_node *node = &filter->node[item->node];
	struct fb_plan *plan = maker->plan;
	struct test *test = &plan->test[plan->n_tests];

	*test = (struct test){.kind = node->kind == FB_NODE_WORD ? WORD : set_of(filter, node),
			      .bits = NO_BITS,
			      .node = item->node,
			      .yes = item->negated ? no : yes,
			      .no = item->negated ? yes : no};
	if (test->kind == NUMBERS || test->kind == ADDRS || test->kind == LIKE)
		fill(maker, test, item, n);
	if (test->kind == LIKE && !test->n)
		return test->no; /* nothing is ever like them */
	return plan->n_tests++;
}

/* All that stands in the list of `kind` that begins with this node. */
static void collect(struct maker *maker, enum fb_node_kind kind, uint16_t number, bool negated)
{
	const struct fb_node *node = &maker->filter->node[number];
	enum fb_node_kind is = node->kind;

	if (is == FB_NODE_NOT) {
		collect(maker, kind, node->left, !negated);
		return;
	}
	if (negated && (is == FB_NODE_AND || is == FB_NODE_OR))
		is = is == FB_NODE_AND ? FB_NODE_OR : FB_NODE_AND;
	if (is == kind) {
		collect(maker, kind, node->left, negated);
		collect(maker, kind, node->right, negated);
		return;
	}
	maker->item[maker->n_items++] = (struct item){.node = number,
						      .negated = negated != is_negated(node),
						      .cost = cost_of(maker->filter, number)};
}

/* Terms of a list that say the same of the same fields: those behind the first are joined to it. */
static void join(const struct fb_filter *filter, struct item *item, uint16_t n, bool negated)
{
	for (uint16_t i = 0; i < n; i++) {
		const struct fb_node *node = &filter->node[item[i].node];
		const enum kind kind = set_of(filter, node);

		for (uint16_t k = (uint16_t)(i + 1); k < n; k++) {
			const struct fb_node *other = &filter->node[item[k].node];

			if (kind == TERM || item[i].joined || item[i].negated != negated)
				break;
			item[k].joined |= item[k].negated == negated &&
					  set_of(filter, other) == kind && same_fields(node, other);
		}
	}
}

static int by_cost(const void *a_, const void *b_, void *unused)
{
	const struct item *a = a_, *b = b_;

	(void)unused;
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

/* Tests of the node, from the last to the first, for each has to know where to go on. */
static uint16_t generate(struct maker *maker, uint16_t number, bool negated, uint16_t yes,
			 uint16_t no)
{
	const struct fb_node *node = &maker->filter->node[number];
	const uint16_t from = maker->n_items;
	struct item *item = maker->item + from;
	enum fb_node_kind kind;
	uint16_t n, entry;

	while (node->kind == FB_NODE_NOT) {
		negated = !negated;
		node = &maker->filter->node[node->left];
	}
	number = (uint16_t)(node - maker->filter->node);
	kind = node->kind == FB_NODE_OR || node->kind == FB_NODE_AND
		       ? (node->kind == FB_NODE_OR) != negated ? FB_NODE_OR : FB_NODE_AND
		       : FB_NODE_AND;
	collect(maker, kind, number, negated);
	n = (uint16_t)(maker->n_items - from);
	fb_sort(item, n, sizeof(*item), by_cost, NULL);
	join(maker->filter, item, n, kind == FB_NODE_AND);
	entry = kind == FB_NODE_AND ? yes : no; /* where all of it was gone through */
	for (uint16_t i = n; i-- > 0;) {
		const enum fb_node_kind is = maker->filter->node[item[i].node].kind;
		const uint16_t on_yes = kind == FB_NODE_AND ? entry : yes;
		const uint16_t on_no = kind == FB_NODE_AND ? no : entry;

		if (item[i].joined)
			continue;
		entry = is == FB_NODE_AND || is == FB_NODE_OR
				? generate(maker, item[i].node, item[i].negated, on_yes, on_no)
				: emit(maker, &item[i], (uint16_t)(n - i), on_yes, on_no);
	}
	maker->n_items = from;
	return entry;
}

void fb_filter_plan_free(struct fb_plan *plan)
{
	if (plan) {
		free(plan->bitmap);
		free(plan->octets);
	}
	free(plan);
}

int fb_filter_plan(struct fb_filter *filter)
{
	_cleanup_free_ struct maker *maker = malloc(sizeof(*maker));
	const size_t tests = filter->n_nodes * sizeof(struct test);
	struct fb_plan *plan =
		malloc(sizeof(*plan) + tests + 8 +
		       filter->n_values * (sizeof(struct range) + sizeof(struct fb_pattern)));

	fb_filter_plan_free(TAKE_PTR(filter->plan));
	if (!maker || !plan) {
		free(plan);
		return -ENOMEM;
	}
	*plan = (struct fb_plan){.start = ACCEPT};
	plan->range = (struct range *)((char *)plan + (sizeof(*plan) + tests + 7) / 8 * 8);
	plan->pattern = (struct fb_pattern *)(plan->range + filter->n_values);
	maker->filter = filter;
	maker->plan = plan;
	maker->n_items = 0;
	plan->start = generate(maker, filter->root, false, ACCEPT, REJECT);
	filter->plan = plan;
	return 0;
}
