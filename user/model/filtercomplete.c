/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be typed next: fields where a term begins, operators behind a field, values behind it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "model/filter_priv.h"

struct choices {
	struct fb_filter_choice *choice;
	unsigned int n;
	const char *prefix;
	size_t len;
};

static void offer(struct choices *choices, const char *text, const char *kind, const char *help)
{
	if (choices->n == FB_FILTER_CHOICES ||
	    strncasecmp(text, choices->prefix, choices->len) != 0)
		return;
	snprintf(choices->choice[choices->n].text, sizeof(choices->choice[0].text), "%s", text);
	choices->choice[choices->n].kind = kind;
	choices->choice[choices->n++].help = help;
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

static void offer_values(struct choices *choices, const struct fb_field *field)
{
	char buf[4];

	if (strcmp(field->name, "state") == 0)
		for (unsigned int i = 1; i < FB_STATE_COUNT; i++)
			offer(choices, fb_state_name(i), "value", field->help);
	if (strcmp(field->name, "scope") == 0)
		for (unsigned int i = 0; i < FB_SCOPE_COUNT; i++)
			offer(choices, fb_scope_name(i), "value", field->help);
	if (strcmp(field->name, "direction") == 0)
		for (unsigned int i = 0; i < FB_DIRECTION_COUNT; i++)
			offer(choices, fb_direction_name(i), "value", field->help);
	if (strcmp(field->name, "l7") == 0)
		for (unsigned int i = 1; i < FB_L7_COUNT; i++)
			offer(choices, fb_l7_name(i), "value", field->help);
	if (strcmp(field->name, "proto") == 0)
		for (unsigned int i = 0; i < 256; i++)
			if (i == 1 || i == 6 || i == 17 || i == 58 || i == 132)
				offer(choices, fb_proto_name((uint8_t)i, buf), "value",
				      field->help);
}

static void offer_operators(struct choices *choices, const struct fb_field *field)
{
	const bool ordered = field->type != FB_TYPE_IP && field->type != FB_TYPE_TEXT &&
			     field->type != FB_TYPE_ENUM && field->type != FB_TYPE_ID;

	offer(choices, "=", "operator", "is");
	offer(choices, "!=", "operator", "is not");
	offer(choices, "~", "operator", "contains, or matches with * and ?");
	if (ordered) {
		offer(choices, "<", "operator", "less than");
		offer(choices, ">", "operator", "more than");
	}
	offer(choices, " in (", "operator", "one of a list");
}

static void offer_fields(struct choices *choices)
{
	offer(choices, "ip", "field", "either end's address");
	offer(choices, "port", "field", "either end's port");
	for (unsigned int i = 0; i < fb_n_fields; i++)
		if (fb_fields[i].filterable)
			offer(choices, fb_fields[i].name, "field", fb_fields[i].help);
	offer(choices, "and", "word", "both must match");
	offer(choices, "or", "word", "one must match");
	offer(choices, "not", "word", "must not match");
}

unsigned int fb_filter_complete(const char *text, unsigned int pos, unsigned int *ret_start,
				unsigned int *ret_end,
				struct fb_filter_choice choices[static FB_FILTER_CHOICES])
{
	const size_t len = strlen(text);
	struct choices list = {.choice = choices};
	const struct fb_field *field;
	size_t start, name_end, name;

	if (pos > len)
		pos = (unsigned int)len;
	start = pos;
	while (start > 0 && is_name_byte(text[start - 1]))
		start--;
	*ret_start = (unsigned int)start;
	*ret_end = pos;
	list.prefix = text + start;
	list.len = pos - start;

	name_end = start;
	while (name_end > 0 && strchr("=<>~!:", text[name_end - 1]))
		name_end--;
	name = name_end;
	while (name > 0 && is_name_byte(text[name - 1]))
		name--;
	field = name_end < start ? fb_field_find(text + name, name_end - name) : NULL;
	if (field) {
		offer_values(&list, field);
		return list.n;
	}
	field = list.len > 0 ? fb_field_find(list.prefix, list.len) : NULL;
	if (field && start + list.len == pos) {
		*ret_start = pos;
		list.prefix = text + pos;
		list.len = 0;
		offer_operators(&list, field);
		return list.n;
	}
	offer_fields(&list);
	return list.n;
}
