/* SPDX-License-Identifier: BSD-2-Clause */
/* The streaming JSON writer; see the header. */
#include "util/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/utf8.h"

void fb_json_init(struct fb_json *json, struct fb_buf *buf)
{
	*json = (struct fb_json){.buf = buf};
}

/* The comma in front of a value or key, where one belongs. */
static void lead(struct fb_json *json)
{
	uint32_t bit = 1u << json->depth;

	if (json->keyed) {
		json->keyed = false;
		return;
	}
	if (json->comma & bit)
		fb_buf_addc(json->buf, ',');
	json->comma |= bit;
}

static void begin(struct fb_json *json, char bracket)
{
	lead(json);
	fb_buf_addc(json->buf, bracket);
	assert(json->depth + 1 < FB_JSON_DEPTH);
	json->depth++;
	json->comma &= ~(1u << json->depth);
}

void fb_json_object(struct fb_json *json)
{
	begin(json, '{');
}

void fb_json_array(struct fb_json *json)
{
	begin(json, '[');
}

void fb_json_end(struct fb_json *json, char bracket)
{
	assert(json->depth > 0);
	json->depth--;
	fb_buf_addc(json->buf, bracket);
}

static void escape_control(struct fb_buf *buf, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[] = "\bb\ff\nn\rr\tt";
	const char *letter = c ? memchr(letters, c, sizeof(letters) - 1) : NULL;
	char out[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	if (letter && (letter - letters) % 2 == 0) {
		out[1] = letter[1];
		fb_buf_add(buf, out, 2);
	} else {
		fb_buf_add(buf, out, 6);
	}
}

/* What may stand in a string as it is, one byte a character. */
static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<';
}

/* Are these eight bytes? A no may be wrong: then they are looked at one by one. */
static bool plain_eight(const unsigned char *p)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t word, bad;

	memcpy(&word, p, sizeof(word));
	bad = word | (word + ones) | (word - ones * 0x20) | ((word ^ ones * '"') - ones) |
	      ((word ^ ones * '\\') - ones) | ((word ^ ones * '<') - ones);
	return !(bad & ones << 7);
}

void fb_json_escape(struct fb_buf *buf, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;

	while (p < end) {
		const unsigned char *from = p;
		uint32_t code = 0;
		size_t n;

		while (end - p >= 8 && plain_eight(p))
			p += 8;
		while (p < end && plain(*p))
			p++;
		fb_buf_add(buf, from, (size_t)(p - from));
		if (p == end)
			break;
		n = fb_utf8_decode(p, (size_t)(end - p), &code);
		if (!n) {
			fb_buf_adds(buf, "\xef\xbf\xbd");
			n = 1;
		} else if (*p == '"' || *p == '\\') {
			fb_buf_addc(buf, '\\');
			fb_buf_addc(buf, (char)*p);
		} else if (n == 1) {
			escape_control(buf, *p);
		} else if (code == 0x2028 || code == 0x2029) {
			fb_buf_addf(buf, "\\u%04x", code);
		} else {
			fb_buf_add(buf, p, n);
		}
		p += n;
	}
}

void fb_json_key(struct fb_json *json, const char *key)
{
	lead(json);
	fb_buf_addc(json->buf, '"');
	fb_json_escape(json->buf, key, strlen(key));
	fb_buf_add(json->buf, "\":", 2);
	json->keyed = true;
}

void fb_json_raw_key(struct fb_json *json, const char key[static FB_BUF_SHORT + 1], size_t len)
{
	const uint32_t bit = 1u << json->depth;
	const bool first = !(json->comma & bit);

	json->comma |= bit;
	fb_buf_add_short(json->buf, key + first, len - first);
	json->keyed = true;
}

void fb_json_strn(struct fb_json *json, const char *text, size_t len)
{
	lead(json);
	fb_buf_addc(json->buf, '"');
	fb_json_escape(json->buf, text, len);
	fb_buf_addc(json->buf, '"');
}

void fb_json_str(struct fb_json *json, const char *text)
{
	if (text)
		fb_json_strn(json, text, strlen(text));
	else
		fb_json_null(json);
}

void fb_json_strf(struct fb_json *json, const char *fmt, ...)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	fb_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	if (text.error)
		json->buf->error = text.error;
	fb_json_strn(json, text.data ? text.data : "", text.len);
}

void fb_json_u64(struct fb_json *json, uint64_t value)
{
	lead(json);
	fb_buf_addu(json->buf, value);
}

void fb_json_decimal(struct fb_json *json, uint64_t value, unsigned int decimals)
{
	lead(json);
	fb_buf_add_decimal(json->buf, value, decimals);
}

void fb_json_num(struct fb_json *json, double value, int decimals)
{
	char text[340];
	int n;

	lead(json);
	if (!isfinite(value)) {
		fb_buf_adds(json->buf, "null");
		return;
	}
	n = snprintf(text, sizeof(text), "%.*f", decimals, value);
	for (int i = 0; i < n; i++) /* a locale may have made it a comma */
		if (text[i] == ',')
			text[i] = '.';
	fb_buf_adds(json->buf, text);
}

void fb_json_double(struct fb_json *json, double value)
{
	char text[32];

	if (value >= 0 && value < 0x1p64 && value == (double)(uint64_t)value) {
		fb_json_u64(json, (uint64_t)value);
		return;
	}
	if (value == nearbyint(value) || !isfinite(value)) {
		fb_json_num(json, value, 0);
		return;
	}
	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	lead(json);
	fb_buf_adds(json->buf, text);
}

void fb_json_bool(struct fb_json *json, bool value)
{
	lead(json);
	fb_buf_adds(json->buf, value ? "true" : "false");
}

void fb_json_null(struct fb_json *json)
{
	lead(json);
	fb_buf_adds(json->buf, "null");
}

/* The day of the proleptic Gregorian calendar, `days` after 1970-01-01 (>= 0), as by Hinnant. */
static void civil(uint32_t days, uint32_t *ret_year, uint32_t *ret_month, uint32_t *ret_day)
{
	const uint32_t shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
	const uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	const uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	const uint32_t month = (5 * of_year + 2) / 153;

	*ret_day = of_year - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = year + era * 400 + (*ret_month <= 2);
}

/* `n` digits and what stands behind them; returns the end. */
static char *put_digits(char *out, uint32_t value, unsigned int n, char behind)
{
	for (unsigned int i = n; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
	out[n] = behind;
	return out + n + 1;
}

const char *fb_json_format_time(int64_t ms, char buf[static FB_TIME_STRLEN])
{
	const uint64_t seconds = (uint64_t)ms / 1000;
	const uint32_t of_day = (uint32_t)(seconds % 86400);
	uint32_t year, month, day;
	char *out = buf;

	if (ms < 0 || seconds > 253402300799) {
		memcpy(buf, "1970-01-01T00:00:00.000Z", FB_TIME_STRLEN);
		return buf;
	}
	civil((uint32_t)(seconds / 86400), &year, &month, &day);
	out = put_digits(out, year, 4, '-');
	out = put_digits(out, month, 2, '-');
	out = put_digits(out, day, 2, 'T');
	out = put_digits(out, of_day / 3600, 2, ':');
	out = put_digits(out, of_day / 60 % 60, 2, ':');
	out = put_digits(out, of_day % 60, 2, '.');
	put_digits(out, (uint32_t)(ms % 1000), 3, 'Z');
	buf[FB_TIME_STRLEN - 1] = '\0';
	return buf;
}

void fb_json_time(struct fb_json *json, int64_t ms)
{
	char text[FB_TIME_STRLEN];

	fb_json_str(json, fb_json_format_time(ms, text));
}

void fb_json_kv_str(struct fb_json *json, const char *key, const char *text)
{
	fb_json_key(json, key);
	fb_json_str(json, text);
}

void fb_json_kv_u64(struct fb_json *json, const char *key, uint64_t value)
{
	fb_json_key(json, key);
	fb_json_u64(json, value);
}

void fb_json_kv_bool(struct fb_json *json, const char *key, bool value)
{
	fb_json_key(json, key);
	fb_json_bool(json, value);
}

void fb_json_kv_time(struct fb_json *json, const char *key, int64_t ms)
{
	fb_json_key(json, key);
	fb_json_time(json, ms);
}

void fb_json_kv_object(struct fb_json *json, const char *key)
{
	fb_json_key(json, key);
	fb_json_object(json);
}

void fb_json_kv_array(struct fb_json *json, const char *key)
{
	fb_json_key(json, key);
	fb_json_array(json);
}
