/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `~`: patterns against the texts of values. A list over a million flows asks it of each, so a text
 * is made once for all patterns of its field, and a pattern that no such value can have is known
 * before.
 */
#include <string.h>

#include "filter/filter_priv.h"
#include "flow/value.h"

/* The program's locale is C: letters of ASCII alone have another case. */
static inline unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* `*` and `?`, without regard to case; a pattern without either may stand anywhere. */
static bool glob(const char *pattern, size_t len, const char *text)
{
	const char *star = NULL, *back = NULL, *end = pattern + len, *p = pattern;

	while (*text) {
		if (p < end && (*p == '?' || lower(*p) == lower(*text))) {
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

/* The first byte is looked for first: most texts do not have it, or not twice. */
static bool contains(const char *text, const char *part, size_t len)
{
	const unsigned char first = len ? lower(*part) : 0;

	for (; *text && len; text++) {
		size_t i = 1;

		if (lower(*text) != first)
			continue;
		while (i < len && lower(text[i]) == lower(part[i]))
			i++;
		if (i == len)
			return true;
	}
	return !len;
}

bool fb_filter_is_glob(const char *pattern, size_t len)
{
	return memchr(pattern, '*', len) || memchr(pattern, '?', len);
}

bool fb_filter_text_like(const char *text, const char *pattern, size_t len)
{
	return fb_filter_is_glob(pattern, len) ? glob(pattern, len, text)
					       : contains(text, pattern, len);
}

struct fb_pattern fb_filter_pattern(const struct fb_filter *filter,
				    const struct fb_operand *operand)
{
	const char *text = filter->text + operand->text;

	return (struct fb_pattern){text, operand->text_len,
				   fb_filter_is_glob(text, operand->text_len)};
}

static bool is_whole_number(const struct fb_field *field)
{
	return field->type != FB_TYPE_BOOL && field->type != FB_TYPE_TIME && !field->decimals;
}

bool fb_filter_may_be_like(const struct fb_field *field, const struct fb_pattern *pattern)
{
	const char *of_which =
		field->type == FB_TYPE_IP ? "0123456789abcdefABCDEF:.*?" : "0123456789*?";

	if (field->item || (field->type != FB_TYPE_IP && field->type != FB_TYPE_PORT))
		return true;
	for (size_t i = 0; i < pattern->len; i++)
		if (!pattern->text[i] || !strchr(of_which, pattern->text[i]))
			return false;
	if (pattern->glob || field->type == FB_TYPE_IP)
		return pattern->glob || pattern->len <= FB_ADDR_STRLEN;
	return pattern->len < 5 || (pattern->len == 5 && memcmp(pattern->text, "65535", 5) <= 0);
}

/* The text of an address or a whole number, which needs no memory; NULL: that of others does. */
static const char *plain_text(const struct fb_field *field, const struct fb_value *value,
			      char room[static FB_ADDR_STRLEN])
{
	char *out = room + FB_ADDR_STRLEN - 1;
	uint64_t rest = value->num;

	if (value->text)
		return value->text;
	if (field->type == FB_TYPE_IP)
		return fb_addr_format(value->addr, value->family, room);
	if (!is_whole_number(field))
		return NULL;
	*out = '\0';
	do
		*--out = (char)('0' + rest % 10);
	while (rest /= 10);
	return out;
}

static bool text_like(const char *text, const struct fb_pattern *pattern, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (pattern[i].glob ? glob(pattern[i].text, pattern[i].len, text)
				    : contains(text, pattern[i].text, pattern[i].len))
			return true;
	return false;
}

/* The text of a moment, a truth or a fraction. */
static bool written_like(const struct fb_field *field, const struct fb_value *value,
			 const struct fb_pattern *pattern, unsigned int n)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	fb_value_write_text(&buf, field, value);
	fb_buf_addc(&buf, '\0');
	return !buf.error && text_like(buf.data, pattern, n);
}

bool fb_filter_value_like(const struct fb_field *field, const struct fb_value *value,
			  const struct fb_pattern *pattern, unsigned int n)
{
	char room[FB_ADDR_STRLEN];
	const char *text = plain_text(field, value, room);

	return text ? text_like(text, pattern, n) : written_like(field, value, pattern, n);
}
