/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/rowjson.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "util/json.h"

#define MS_PER_DAY 86400000ll
#define DATE_CHARS 10 /* "2026-12-01" */
#define ITEMS_MOST 65536

struct reader {
	const uint8_t *at;
	size_t left;
	bool torn;
};

/* So many bytes; NULL: there are not as many. */
static const uint8_t *take(struct reader *in, uint64_t n)
{
	const uint8_t *bytes = in->at;

	if (n > in->left) {
		in->torn = true;
		return NULL;
	}
	in->at += n;
	in->left -= n;
	return bytes;
}

static uint64_t take_number(struct reader *in, unsigned int bytes)
{
	const uint8_t *from = take(in, bytes);
	uint64_t number = 0;

	for (unsigned int i = bytes; from && i-- > 0;)
		number = number << 8 | from[i];
	return number;
}

static uint64_t take_length(struct reader *in)
{
	uint64_t length = 0;
	unsigned int shift = 0;
	const uint8_t *byte;

	do {
		byte = shift < 64 ? take(in, 1) : NULL;
		if (!byte) {
			in->torn = true;
			return 0;
		}
		length |= (uint64_t)(*byte & 0x7f) << shift;
		shift += 7;
	} while (*byte & 0x80);
	return length;
}

/* --- values, with their keys unless they are nothing, or null --------------------------------- */

static void put_number(struct fb_json *json, const struct fb_fleet_column *column, uint64_t number)
{
	if (number || column->null)
		fb_json_kv_u64(json, column->name, number);
}

static void put_date(struct fb_json *json, const char *key, uint64_t days)
{
	char text[FB_TIME_STRLEN];

	fb_json_key(json, key);
	fb_json_strn(json, fb_json_format_time((int64_t)days * MS_PER_DAY, text), DATE_CHARS);
}

static void put_real(struct fb_json *json, const struct fb_fleet_column *column, uint64_t bits)
{
	double number;

	memcpy(&number, &bits, sizeof(number));
	if (!bits && !column->null)
		return;
	fb_json_key(json, column->name);
	fb_json_double(json, number);
}

static void put_addr(struct fb_json *json, const char *key, struct reader *in)
{
	static const uint8_t none[16];
	const uint8_t *addr = take(in, sizeof(none));
	char text[INET6_ADDRSTRLEN];

	if (addr && memcmp(addr, none, sizeof(none)) != 0)
		fb_json_kv_str(json, key, inet_ntop(AF_INET6, addr, text, sizeof(text)));
}

static void put_text(struct fb_json *json, const char *key, struct reader *in)
{
	const uint64_t len = take_length(in);
	const uint8_t *text = take(in, len);

	if (!text || !len)
		return;
	fb_json_key(json, key);
	fb_json_strn(json, (const char *)text, len);
}

static void put_item(struct fb_json *json, enum fb_fleet_type type, struct reader *in)
{
	uint64_t len;
	const uint8_t *text;

	if (type == FB_FLEET_COUNTS) {
		fb_json_u64(json, take_number(in, 8));
		return;
	}
	len = take_length(in);
	text = take(in, len);
	if (text)
		fb_json_strn(json, (const char *)text, len);
}

static void put_list(struct fb_json *json, const struct fb_fleet_column *column, struct reader *in)
{
	const uint64_t n = take_length(in);

	in->torn |= n > ITEMS_MOST;
	if (!n)
		return;
	fb_json_kv_array(json, column->name);
	for (uint64_t i = 0; i < n && !in->torn; i++)
		put_item(json, column->type, in);
	fb_json_end(json, ']');
}

static void put_column(struct fb_json *json, const struct fb_fleet_column *column,
		       struct reader *in)
{
	if (column->null && take_number(in, 1))
		return;
	switch (column->type) {
	case FB_FLEET_DATE:
		put_date(json, column->name, take_number(in, fb_fleet_bytes_of(column->type)));
		break;
	case FB_FLEET_REAL:
		put_real(json, column, take_number(in, 8));
		break;
	case FB_FLEET_ADDR:
		put_addr(json, column->name, in);
		break;
	case FB_FLEET_WORD:
	case FB_FLEET_TEXT:
		put_text(json, column->name, in);
		break;
	case FB_FLEET_WORDS:
	case FB_FLEET_COUNTS:
		put_list(json, column, in);
		break;
	default:
		put_number(json, column, take_number(in, fb_fleet_bytes_of(column->type)));
	}
}

size_t fb_rowjson(enum fb_fleet_table table, const char *data, size_t len, struct fb_buf *buf)
{
	struct reader in = {(const uint8_t *)data, len, false};
	struct fb_fleet_column column;
	struct fb_json json;

	fb_json_init(&json, buf);
	fb_json_object(&json);
	for (unsigned int i = 0; !in.torn && fb_fleet_column(table, i, &column); i++)
		put_column(&json, &column, &in);
	fb_json_end(&json, '}');
	return in.torn ? 0 : len - in.left;
}
