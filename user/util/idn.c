/* SPDX-License-Identifier: BSD-2-Clause */
/* libidn2 decodes a label; which letters may be shown, and which mixtures warn, is decided here. */
#include "util/idn.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <idn2.h>

#include "util/cleanup.h"

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

static bool is_encoded(const char *label, size_t len)
{
	return len > PREFIX && len <= LABEL_MAX && !strncasecmp(label, "xn--", PREFIX);
}

/* All letters printable ones; adds their scripts. */
static bool add_scripts(const uint32_t *letters, unsigned int *scripts)
{
	unsigned int script;

	for (; *letters; letters++) {
		if (!find_script(*letters, &script))
			return false;
		*scripts |= script;
	}
	return true;
}

/* Write one encoded label as UTF-8; the length, or negative. */
static int decode(const char *label, size_t len, char *text, size_t room, bool *mixed)
{
	_cleanup_free_ uint32_t *letters = NULL;
	_cleanup_free_ char *unicode = NULL;
	char ascii[LABEL_MAX + 1] = "";
	unsigned int scripts = 0;
	size_t n;

	for (size_t i = 0; i < len; i++)
		ascii[i] = (char)(label[i] >= 'A' && label[i] <= 'Z' ? label[i] | 0x20 : label[i]);
	/* it gives any code point, controls too: which of them may be shown is for us to say */
	if (idn2_to_unicode_8z4z(ascii, &letters, 0) || idn2_to_unicode_8z8z(ascii, &unicode, 0) ||
	    !add_scripts(letters, &scripts))
		return -EBADMSG;
	n = strlen(unicode);
	if (n >= room)
		return -E2BIG;
	memcpy(text, unicode, n);
	*mixed |= is_mixed(scripts);
	return (int)n;
}

/* Write one label; the length, or negative. */
static int put_label(const char *label, size_t len, char *text, size_t room, bool *mixed)
{
	if (is_encoded(label, len))
		return decode(label, len, text, room, mixed);
	if (len >= room)
		return -E2BIG;
	memcpy(text, label, len);
	return (int)len;
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
