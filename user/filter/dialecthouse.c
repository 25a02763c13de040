/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClickHouse, from 18.16 on, which has no functions of ours and binds no parameters: values stand
 * in the statement. Whatever is not a letter or a digit is written as \xHH there, and patterns are
 * matched in hex, so that no text can be anything but text. What functions of ours say of a value
 * is said here by those of the server, byte for byte (tests/fleet/filters_test.c holds both to it).
 */
#include "filter/sql.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "filter/filter_priv.h"
#include "util/addr.h"

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* --- literals -------------------------------------------------------------------------------- */

static void add_chars(struct fb_where *where, struct fb_where_text text, bool small)
{
	for (uint16_t i = 0; i < text.len; i++) {
		const char c = (char)(small ? lower(text.text[i]) : text.text[i]);

		if (is_plain(c))
			fb_buf_addc(&where->text, c);
		else
			fb_buf_addf(&where->text, "\\x%02X", (unsigned char)c);
	}
}

/* 'before' 'text' in small letters. */
static void put_small(struct fb_where *where, const char *before, struct fb_where_text text)
{
	fb_buf_addf(&where->text, "'%s", before);
	add_chars(where, text, true);
	fb_where_adds(where, "'");
}

static void put_param(struct fb_where *where, const struct fb_where_param *param)
{
	if (param->kind == FB_WHERE_NUM) {
		fb_buf_addf(&where->text, "%" PRId64, param->num);
		return;
	}
	fb_where_adds(where, "'");
	add_chars(where, (struct fb_where_text){param->text, param->len}, false);
	fb_where_adds(where, "'");
}

static void put_bits(struct fb_where *where, const struct fb_field *field, uint64_t mask)
{
	fb_where_adds(where, "bitAnd(");
	fb_where_column(where, field->id);
	fb_buf_addf(&where->text, ",%" PRIu64 ")", mask);
}

/* --- addresses: 16 bytes, IPv4 as ::ffff:0:0/96, "::" where there is none --------------------- */

static void put_between(struct fb_where *where, enum fb_field_id id, const char *from,
			const char *to)
{
	fb_where_column(where, id);
	fb_buf_addf(&where->text, " BETWEEN IPv6StringToNum('%s') AND IPv6StringToNum('%s')", from,
		    to);
}

static void put_is_addr(struct fb_where *where, enum fb_field_id id)
{
	if (fb_fields[id].always) {
		fb_where_adds(where, "1");
		return;
	}
	fb_where_column(where, id);
	fb_where_adds(where, " != IPv6StringToNum('::')");
}

static void put_addrs(struct fb_where *where, enum fb_field_id id, const uint8_t from[static 16],
		      const uint8_t to[static 16], uint8_t family)
{
	char low[FB_ADDR_STRLEN], high[FB_ADDR_STRLEN];

	fb_where_adds(where, "(");
	put_between(where, id, fb_addr_format(from, FB_IPV6, low),
		    fb_addr_format(to, FB_IPV6, high));
	if (family == FB_IPV6) {
		fb_where_adds(where, " AND NOT (");
		put_between(where, id, "::ffff:0.0.0.0", "::ffff:255.255.255.255");
		fb_where_adds(where, ")");
	}
	fb_where_adds(where, " AND ");
	put_is_addr(where, id);
	fb_where_adds(where, ")");
}

/* --- a field's value as the text that filters look at ----------------------------------------- */

static void put_around(struct fb_where *where, const char *before, enum fb_field_id id,
		       const char *behind)
{
	fb_where_adds(where, before);
	fb_where_column(where, id);
	fb_where_adds(where, behind);
}

static void put_addr_text(struct fb_where *where, enum fb_field_id id)
{
	put_around(where, "replaceRegexpOne(IPv6NumToString(", id,
		   "),'^::ffff:([0-9]+\\\\.)','\\\\1')");
}

static void put_id_text(struct fb_where *where, enum fb_field_id id)
{
	put_around(where, "concat(substring('0000000000000000',1,16-length(hex(", id, "))),lower(");
	put_around(where, "hex(", id, ")))");
}

static void put_time_text(struct fb_where *where, enum fb_field_id id)
{
	put_around(where, "concat(replaceOne(toString(toDateTime(intDiv(coalesce(", id,
		   ",0),1000),'UTC')),' ','T'),'.',");
	put_around(where, "substring(toString(1000+coalesce(", id, ",0)%1000),2,3),'Z')");
}

static void put_decimal_text(struct fb_where *where, const struct fb_field *field)
{
	unsigned int power = 1;

	for (unsigned int i = 0; i < field->decimals; i++)
		power *= 10;
	put_around(where, "concat(toString(intDiv(coalesce(", field->id, "");
	fb_buf_addf(&where->text, ",0),%u)),'.',", power);
	fb_buf_addf(&where->text, "substring(toString(%u+coalesce(", power);
	fb_where_column(where, field->id);
	fb_buf_addf(&where->text, ",0)%%%u),2,%u))", power, field->decimals);
}

static bool is_text(const struct fb_field *field)
{
	return field->type == FB_TYPE_TEXT || field->type == FB_TYPE_ENUM;
}

static void put_text(struct fb_where *where, const struct fb_field *field)
{
	if (field->item)
		put_around(where, "arrayStringConcat(", field->id, ",',')");
	else if (is_text(field))
		fb_where_column(where, field->id);
	else if (field->type == FB_TYPE_IP)
		put_addr_text(where, field->id);
	else if (field->id == FB_FIELD_id)
		put_id_text(where, field->id);
	else if (field->type == FB_TYPE_BOOL)
		put_around(where, "if(coalesce(", field->id, ",0),'true','false')");
	else if (field->type == FB_TYPE_TIME)
		put_time_text(where, field->id);
	else if (field->decimals)
		put_decimal_text(where, field);
	else
		put_around(where, "toString(coalesce(", field->id, ",0))");
}

static void put_known(struct fb_where *where, const struct fb_field *field)
{
	if (field->item)
		put_around(where, "notEmpty(", field->id, ")");
	else if (is_text(field))
		put_around(where, "", field->id, " != ''");
	else if (field->type == FB_TYPE_IP)
		put_is_addr(where, field->id);
	else
		put_around(where, "isNotNull(", field->id, ")");
}

/* --- is -------------------------------------------------------------------------------------- */

static void put_text_after(struct fb_where *where, const char *before, const struct fb_field *field,
			   const char *behind)
{
	fb_where_adds(where, before);
	put_text(where, field);
	fb_where_adds(where, behind);
}

/* "https (YouTube)" is https, and it is YouTube: before the first " (", or behind it. */
static void put_service(struct fb_where *where, const struct fb_field *field,
			struct fb_where_text value)
{
	const unsigned int len = value.len;

	put_text_after(where, " OR (position(", field, ",' (')");
	fb_buf_addf(&where->text, " = %u", len + 1);
	put_text_after(where, " AND startsWith(lower(", field, "),");
	put_small(where, "", value);
	put_text_after(where, ")) OR (position(lower(", field, "),");
	put_small(where, " (", value);
	put_text_after(where, ") = position(", field, ",' (')");
	put_text_after(where, " AND position(", field, ",' (') > 0");
	put_text_after(where, " AND toInt64(length(", field, ")) = ");
	put_text_after(where, "toInt64(position(", field, ",' ('))");
	fb_buf_addf(&where->text, "+%u)", len + 2);
}

static void put_is(struct fb_where *where, const struct fb_field *field, struct fb_where_text value,
		   bool suffix)
{
	struct fb_where_text name = value;

	name.len -= name.len > 1 && name.text[name.len - 1] == '.';
	fb_where_adds(where, "(");
	put_known(where, field);
	put_text_after(where, " AND (lower(", field, ") = ");
	put_small(where, "", name);
	if (suffix) {
		put_text_after(where, " OR endsWith(lower(", field, "),");
		put_small(where, ".", name);
		fb_where_adds(where, ")");
	}
	put_service(where, field, value);
	fb_where_adds(where, "))");
}

/* --- like ------------------------------------------------------------------------------------ */

/* In hex each byte is two characters, so that `?` is one byte, whatever it is part of. */
static void put_glob(struct fb_where *where, struct fb_where_text pattern)
{
	fb_where_adds(where, "'^");
	for (uint16_t i = 0; i < pattern.len; i++)
		if (pattern.text[i] == '*')
			fb_where_adds(where, "(?:..)*");
		else if (pattern.text[i] == '?')
			fb_where_adds(where, "..");
		else
			fb_buf_addf(&where->text, "%02X", (unsigned char)lower(pattern.text[i]));
	fb_where_adds(where, "$'");
}

/* How a condition on a text begins and ends: around it. */
static void begin_like(struct fb_where *where, struct fb_where_text pattern)
{
	fb_where_adds(where, fb_filter_is_glob(pattern.text, pattern.len) ? "match(hex(lower("
									  : "(position(lower(");
}

static void end_like(struct fb_where *where, struct fb_where_text pattern)
{
	if (fb_filter_is_glob(pattern.text, pattern.len)) {
		fb_where_adds(where, ")),");
		put_glob(where, pattern);
		fb_where_adds(where, ")");
		return;
	}
	fb_where_adds(where, "),");
	put_small(where, "", pattern);
	fb_where_adds(where, pattern.len ? ") > 0)" : ") >= 0)");
}

static void put_like(struct fb_where *where, const struct fb_field *field,
		     struct fb_where_text pattern)
{
	fb_where_adds(where, "(");
	put_known(where, field);
	fb_where_adds(where, " AND ");
	begin_like(where, pattern);
	put_text(where, field);
	end_like(where, pattern);
	fb_where_adds(where, ")");
}

/* "192.0.2.1:443", "[2001:db8::1]:443"; the address alone where there is no port. */
static void put_end_text(struct fb_where *where, enum fb_field_id ip, enum fb_field_id port)
{
	fb_where_adds(where, "multiIf(coalesce(");
	fb_where_column(where, port);
	fb_where_adds(where, ",0) = 0,");
	put_addr_text(where, ip);
	fb_where_adds(where, ",position(");
	put_addr_text(where, ip);
	fb_where_adds(where, ",':') = 0,concat(");
	put_addr_text(where, ip);
	put_around(where, ",':',toString(coalesce(", port, ",0))),concat('[',");
	put_addr_text(where, ip);
	put_around(where, ",']:',toString(coalesce(", port, ",0))))");
}

static void put_end_like(struct fb_where *where, enum fb_field_id ip, enum fb_field_id port,
			 struct fb_where_text pattern)
{
	fb_where_adds(where, "(");
	put_is_addr(where, ip);
	fb_where_adds(where, " AND ");
	begin_like(where, pattern);
	put_end_text(where, ip, port);
	end_like(where, pattern);
	fb_where_adds(where, ")");
}

const struct fb_where_dialect fb_where_clickhouse = {
	put_param, put_bits, put_addrs, put_is, put_like, put_end_like, true,
};
