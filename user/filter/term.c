/* SPDX-License-Identifier: BSD-2-Clause */
/* One term against one flow: texts, numbers, addresses; patterns are in like.c. */
#include <string.h>
#include <strings.h>

#include "filter/filter_priv.h"

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

bool fb_filter_text_is(const char *text, const char *value, size_t len, bool suffix)
{
	return text_is(text, value, len, suffix) || service_is(text, value, len);
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
		       fb_filter_text_is(value->text, text, operand->text_len, node->suffix);
	return number_matches(node, at, value->num, operand);
}

bool fb_filter_term_has(const struct fb_filter *filter, const struct fb_node *node,
			const struct fb_flow_at *at)
{
	struct fb_value value;

	for (unsigned int f = 0; f < node->n_fields; f++) {
		fb_field_get(node->field[f], at, &value);
		for (unsigned int i = 0; value.known && i < node->n_values; i++)
			if (operand_matches(filter, node, at, node->field[f], &value,
					    &filter->value[node->first + i]))
				return true;
	}
	return false;
}
