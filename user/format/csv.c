/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of cells; see the header. */
#include "format/csv.h"

#include <stdint.h>
#include <string.h>

#include "flow/value.h"

static bool is_formula(char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

static bool needs_quotes(unsigned char c)
{
	const uint64_t low = 1ull << '\n' | 1ull << '\r' | 1ull << '"' | 1ull << ',';

	return c < 64 && low >> c & 1;
}

static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (needs_quotes((unsigned char)text[i]))
			return false;
	return !len || !is_formula(text[0]);
}

void fb_csv_cell(struct fb_buf *buf, const char *text, size_t len)
{
	if (is_plain(text, len)) {
		fb_buf_add(buf, text, len);
		return;
	}
	fb_buf_addc(buf, '"');
	if (is_formula(text[0]))
		fb_buf_addc(buf, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			fb_buf_addc(buf, '"');
		fb_buf_addc(buf, text[i]);
	}
	fb_buf_addc(buf, '"');
}

void fb_csv_header(struct fb_buf *buf, const struct fb_field *const *fields, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (i)
			fb_buf_addc(buf, ',');
		fb_buf_adds(buf, fields[i]->name);
	}
	fb_buf_add(buf, "\r\n", 2);
}

/* Ours, so that it needs no quotes; a list of several does, for its commas. */
static bool is_word(const struct fb_field *field)
{
	return (field->word && !field->item) || field->type == FB_TYPE_ID;
}

/* Digits and nothing else, what most cells are. */
static bool is_number(const struct fb_field *field)
{
	return field->type != FB_TYPE_IP && field->type != FB_TYPE_BOOL &&
	       field->type != FB_TYPE_TIME;
}

static void add_commas(struct fb_buf *buf, unsigned int n)
{
	static const char commas[] = ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,";

	for (; n > FB_BUF_SHORT; n -= FB_BUF_SHORT)
		fb_buf_add_short(buf, commas, FB_BUF_SHORT);
	fb_buf_add_short(buf, commas, n);
}

void fb_csv_row(struct fb_buf *buf, const struct fb_flow_at *at,
		const struct fb_field *const *fields, unsigned int n)
{
	unsigned int commas = 0; /* that were not written yet: many cells are empty */
	struct fb_value value;

	for (unsigned int i = 0; i < n; i++, commas++) {
		fb_field_get(fields[i], at, &value);
		if (!value.known)
			continue;
		add_commas(buf, commas);
		commas = 0;
		if (value.text && is_word(fields[i]))
			fb_buf_adds(buf, value.text);
		else if (value.text)
			fb_csv_cell(buf, value.text, strlen(value.text));
		else if (is_number(fields[i]))
			fb_buf_add_decimal(buf, value.num, fields[i]->decimals);
		else
			fb_value_write_text(buf, fields[i], &value);
	}
	add_commas(buf, n ? commas - 1 : 0);
	fb_buf_add(buf, "\r\n", 2);
}
