/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Punycode: basic letters, '-', then numbers in a base of 36 with a moving threshold, each the
 * distance to the next insertion (RFC 3492 6.2).
 */
#include "util/idn.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX 63
#define PREFIX	  4

/* Scripts as bits; what is in no range is not decoded. */
enum {
	COMMON = 0, /* digits and hyphens go with any script */
	LATIN = 1 << 0,
	GREEK = 1 << 1,
	CYRILLIC = 1 << 2,
	ARMENIAN = 1 << 3,
	HEBREW = 1 << 4,
	ARABIC = 1 << 5,
	INDIC = 1 << 6,
	THAI = 1 << 7,
	GEORGIAN = 1 << 8,
	HANGUL = 1 << 9,
	KANA = 1 << 10,
	BOPOMOFO = 1 << 11,
	HAN = 1 << 12,
	ETHIOPIC = 1 << 13,
	OTHER = 1 << 14,
};

static const struct {
	uint32_t from, to;
	unsigned int script;
} ranges[] = {
	{'-', '-', COMMON},	    {'0', '9', COMMON},		{'_', '_', COMMON},
	{'A', 'Z', LATIN},	    {'a', 'z', LATIN},		{0xb7, 0xb7, COMMON},
	{0xdf, 0xf6, LATIN},	    {0xf8, 0x24f, LATIN},	{0x250, 0x2af, LATIN},
	{0x300, 0x36f, COMMON},	    {0x370, 0x3ff, GREEK},	{0x400, 0x52f, CYRILLIC},
	{0x531, 0x58a, ARMENIAN},   {0x591, 0x5f4, HEBREW},	{0x620, 0x6dc, ARABIC},
	{0x6de, 0x6ff, ARABIC},	    {0x750, 0x77f, ARABIC},	{0x900, 0xdff, INDIC},
	{0xe01, 0xe5b, THAI},	    {0xe80, 0xfff, OTHER},	{0x1000, 0x109f, OTHER},
	{0x10a0, 0x10ff, GEORGIAN}, {0x1200, 0x139f, ETHIOPIC}, {0x1780, 0x17b3, OTHER},
	{0x17b6, 0x17dd, OTHER},    {0x1e00, 0x1eff, LATIN},	{0x1f00, 0x1fff, GREEK},
	{0x3005, 0x3007, HAN},	    {0x3041, 0x309f, KANA},	{0x30a0, 0x30ff, KANA},
	{0x3105, 0x312f, BOPOMOFO}, {0x3400, 0x9fff, HAN},	{0xac00, 0xd7a3, HANGUL},
	{0x20000, 0x323af, HAN},
};

/* Mixtures that people write. */
static const unsigned int usual[] = {
	LATIN | HAN | KANA,
	LATIN | HAN | BOPOMOFO,
	LATIN | HAN | HANGUL,
};

static bool find_script(uint32_t letter, unsigned int *ret_script)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (letter >= ranges[i].from && letter <= ranges[i].to) {
			*ret_script = ranges[i].script;
			return true;
		}
	return false;
}

static bool is_mixed(unsigned int scripts)
{
	if ((scripts & (scripts - 1)) == 0)
		return false;
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if ((scripts & ~usual[i]) == 0)
			return false;
	return true;
}

static int digit_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / 700 : delta / 2;
	for (delta += delta / points; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

/* One number of the tail; false: it is cut or too large. */
static bool take_number(const char *text, size_t len, size_t *at, uint32_t bias, uint32_t *value)
{
	uint64_t weight = 1, sum = *value;

	for (uint32_t k = 36;; k += 36) {
		const int digit = *at < len ? digit_of(text[(*at)++]) : -1;
		const uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;

		if (digit < 0)
			return false;
		sum += (uint64_t)digit * weight;
		if (sum > 0x7fffffff)
			return false;
		*value = (uint32_t)sum;
		if ((uint32_t)digit < t)
			return true;
		weight *= 36 - t;
		if (weight > 0x7fffffff)
			return false;
	}
}

/* The letters of a label behind "xn--"; how many, or -EBADMSG. */
static int decode(const char *text, size_t len, uint32_t letters[static LABEL_MAX])
{
	uint32_t letter = 128, i = 0, bias = 72, n = 0;
	size_t at = 0;

	for (size_t k = len; k > 0; k--)
		if (text[k - 1] == '-') {
			for (; n < k - 1; n++)
				letters[n] =
					(uint8_t)(text[n] >= 'A' && text[n] <= 'Z' ? text[n] | 0x20
										   : text[n]);
			at = k;
			break;
		}
	while (at < len) {
		const uint32_t before = i;

		if (n == LABEL_MAX || !take_number(text, len, &at, bias, &i))
			return -EBADMSG;
		bias = adapt(i - before, n + 1, before == 0);
		letter += i / (n + 1);
		i %= n + 1;
		if (letter > 0x10ffff)
			return -EBADMSG;
		memmove(&letters[i + 1], &letters[i], (n - i) * sizeof(*letters));
		letters[i++] = letter;
		n++;
	}
	return (int)n;
}

static size_t put_utf8(char *text, uint32_t letter)
{
	size_t n = letter < 0x80 ? 1 : letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; letter >>= 6)
		text[i] = (char)(0x80 | (letter & 0x3f));
	text[0] = (char)(lead[n] | letter);
	return n;
}

/* Write one label; the length, or negative. */
static int put_label(const char *label, size_t len, char *text, size_t room, bool *mixed)
{
	uint32_t letters[LABEL_MAX];
	unsigned int scripts = 0, script = 0;
	size_t at = 0;
	int n;

	if (len <= PREFIX || len > LABEL_MAX || strncasecmp(label, "xn--", PREFIX) != 0) {
		if (len >= room)
			return -E2BIG;
		memcpy(text, label, len);
		return (int)len;
	}
	n = decode(label + PREFIX, len - PREFIX, letters);
	for (int i = 0; i < n; i++) {
		if (!find_script(letters[i], &script))
			return -EBADMSG;
		if (at + 4 >= room)
			return -E2BIG;
		scripts |= script;
		at += put_utf8(text + at, letters[i]);
	}
	*mixed |= is_mixed(scripts);
	return n < 0 ? n : (int)at;
}

int fb_idn_text(const char *name, size_t len, char *text, size_t room, bool *ret_mixed)
{
	bool found = false, mixed = false;
	size_t out = 0;

	for (size_t at = 0; at < len;) {
		const char *dot = memchr(name + at, '.', len - at);
		const size_t n = dot ? (size_t)(dot - (name + at)) : len - at;
		int r = put_label(name + at, n, text + out, room - out, &mixed);

		if (r < 0)
			return r;
		found |= n > PREFIX && strncasecmp(name + at, "xn--", PREFIX) == 0;
		out += (size_t)r;
		at += n;
		if (dot) {
			if (out + 1 >= room)
				return -E2BIG;
			text[out++] = '.';
			at++;
		}
	}
	if (out >= room)
		return -E2BIG;
	text[out] = '\0';
	*ret_mixed = mixed;
	return found ? (int)out : 0;
}
