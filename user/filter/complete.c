/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be typed next: fields where a term begins, operators behind a field, values behind it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "filter/filter_priv.h"

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

/* Of the types whose values are not in a list: some to begin with. */
static const struct {
	enum fb_type type;
	const char *text, *help;
} samples[] = {
	{FB_TYPE_TIME, "-5m", "five minutes ago; goes along with the clock"},
	{FB_TYPE_TIME, "-1h", "an hour ago"},
	{FB_TYPE_TIME, "now", "this moment"},
	{FB_TYPE_DURATION, "10s", "ten seconds"},
	{FB_TYPE_DURATION, "5m", "five minutes"},
	{FB_TYPE_DURATION, "1h", "an hour"},
	{FB_TYPE_BYTES, "1MB", "a million bytes"},
	{FB_TYPE_BYTES, "1GB", "a thousand million bytes"},
	{FB_TYPE_RATE, "1Mbit", "a million bits a second"},
	{FB_TYPE_SHARE, "1%", "one in a hundred"},
	{FB_TYPE_SHARE, "5%", "one in twenty"},
	{FB_TYPE_BOOL, "true", "it is so"},
	{FB_TYPE_BOOL, "false", "it is not"},
};

static void offer_values(struct choices *choices, const struct fb_field *field)
{
	static const uint8_t protos[] = {1, 6, 17, 58, 132};
	const char *word;
	char buf[4];

	for (unsigned int i = 0; (word = fb_field_word(field, i)); i++)
		offer(choices, word, "value", field->help);
	if (field->id == FB_FIELD_proto)
		for (size_t i = 0; i < sizeof(protos); i++)
			offer(choices, fb_proto_name(protos[i], buf), "value", field->help);
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		if (samples[i].type == field->type)
			offer(choices, samples[i].text, "value", samples[i].help);
}

static void offer_operators(struct choices *choices, const struct fb_field *field)
{
	const bool ordered = field->type != FB_TYPE_IP && field->type != FB_TYPE_ENDPOINT &&
			     field->type != FB_TYPE_TEXT && field->type != FB_TYPE_ENUM &&
			     field->type != FB_TYPE_ID;

	offer(choices, "=", "operator", "is");
	offer(choices, "!=", "operator", "is not");
	offer(choices, "~", "operator", "contains, or matches with * and ?");
	if (ordered) {
		offer(choices, "<", "operator", "less than");
		offer(choices, ">", "operator", "more than");
	}
	offer(choices, " in (", "operator", "one of a list");
	if (field->type == FB_TYPE_INT && !field->unit)
		offer(choices, " & ", "operator", "only the bits of a mask: & 0xff = 0x10");
}

static void offer_fields(struct choices *choices)
{
	offer(choices, "ip", "field", "either end's address");
	offer(choices, "port", "field", "either end's port");
	offer(choices, "device", "field", "either end's device");
	offer(choices, "mac", "field", "either end's MAC");
	offer(choices, "vendor", "field", "either end's vendor");
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++)
		if (fb_fields[i].filterable)
			offer(choices, fb_fields[i].name, "field", fb_fields[i].help);
	offer(choices, "and", "word", "both must match");
	offer(choices, "or", "word", "one must match");
	offer(choices, "not", "word", "must not match");
}

/* Back over spaces and the word before them; where that begins. */
static size_t word_before(const char *text, size_t end, size_t *ret_len)
{
	size_t start;

	while (end > 0 && isspace((unsigned char)text[end - 1]))
		end--;
	for (start = end; start > 0 && is_name_byte(text[start - 1]);)
		start--;
	*ret_len = end - start;
	return start;
}

/* The field whose list, "in (a, b", the byte before `end` is in; or NULL. */
static const struct fb_field *field_of_list(const char *text, size_t end)
{
	size_t len, at;

	while (end > 0 && !strchr("()", text[end - 1]))
		end--;
	if (end == 0 || text[end - 1] != '(')
		return NULL;
	at = word_before(text, end - 1, &len);
	if (len != 2 || strncasecmp(text + at, "in", 2) != 0)
		return NULL;
	at = word_before(text, at, &len);
	if (len == 3 && strncasecmp(text + at, "not", 3) == 0)
		at = word_before(text, at, &len);
	return len > 0 ? fb_field_find(text + at, len) : NULL;
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
	field = name_end < start ? fb_field_find(text + name, name_end - name)
				 : field_of_list(text, start);
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
