/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JA4 = a _ b _ c
 *   a: transport, version, d or i (SNI there or not), ciphers, extensions, ALPN's first and last
 *   b: sha256 of the ciphers, sorted; c: of the extensions but SNI and ALPN, sorted, _ sigalgs
 * Values are four hexadecimal digits, joined by commas; hashes are cut to twelve.
 */
#include "proto/ja4.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/crypto.h"
#include "util/select.h"

#define EXT_SERVER_NAME 0
#define EXT_ALPN	16

#define LIST_TEXT	((FB_TLS_EXTENSIONS + FB_TLS_SIGALGS + 2) * 5)

static const struct {
	uint16_t version;
	const char *text;
} versions[] = {
	{0x0304, "13"}, {0x0303, "12"}, {0x0302, "11"}, {0x0301, "10"}, {0x0300, "s3"},
	{0x0002, "s2"}, {0xfeff, "d1"}, {0xfefd, "d2"}, {0xfefc, "d3"},
};

static const char digits[] = "0123456789abcdef";

static const char *version_text(uint16_t version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (versions[i].version == version)
			return versions[i].text;
	return "00";
}

static int ascending(const void *a, const void *b, void *ctx)
{
	(void)ctx;
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* ASCII whatever the locale says. */
static bool is_alnum(uint8_t byte)
{
	return byte < 0x80 && isalnum(byte);
}

static void alpn_text(const struct fb_client_hello *hello, char text[static 3])
{
	const struct fb_tls_text *alpn = &hello->alpn[0];
	uint8_t first, last;

	memcpy(text, "00", 3);
	if (hello->n_alpn == 0 || alpn->len == 0)
		return;
	first = alpn->at[0];
	last = alpn->at[alpn->len - 1];
	if (is_alnum(first) && is_alnum(last)) {
		text[0] = (char)first;
		text[1] = (char)last;
	} else {
		text[0] = digits[first >> 4];
		text[1] = digits[last & 15];
	}
}

static size_t put_list(char *text, const uint16_t *list, unsigned int n)
{
	char *at = text;

	for (unsigned int i = 0; i < n; i++) {
		if (i > 0)
			*at++ = ',';
		for (int shift = 12; shift >= 0; shift -= 4)
			*at++ = digits[list[i] >> shift & 15];
	}
	return (size_t)(at - text);
}

static void put_hash(char ret_text[static 13], const char *list, size_t len)
{
	uint8_t digest[FB_SHA256_LEN];

	if (len == 0) {
		memcpy(ret_text, "000000000000", 13);
		return;
	}
	fb_sha256(list, len, digest);
	for (unsigned int i = 0; i < 12; i++)
		ret_text[i] = digits[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
	ret_text[12] = '\0';
}

static void hash_ciphers(const struct fb_client_hello *hello, char ret_text[static 13])
{
	uint16_t sorted[FB_TLS_CIPHERS];
	char list[LIST_TEXT];

	memcpy(sorted, hello->cipher, hello->n_ciphers * sizeof(*sorted));
	fb_sort(sorted, hello->n_ciphers, sizeof(*sorted), ascending, NULL);
	put_hash(ret_text, list, put_list(list, sorted, hello->n_ciphers));
}

static void hash_extensions(const struct fb_client_hello *hello, char ret_text[static 13])
{
	uint16_t sorted[FB_TLS_EXTENSIONS];
	char list[LIST_TEXT];
	unsigned int n = 0;
	size_t len;

	for (unsigned int i = 0; i < hello->n_extensions; i++)
		if (hello->extension[i] != EXT_SERVER_NAME && hello->extension[i] != EXT_ALPN)
			sorted[n++] = hello->extension[i];
	fb_sort(sorted, n, sizeof(*sorted), ascending, NULL);
	len = put_list(list, sorted, n);
	if (len > 0 && hello->n_sigalgs > 0) {
		list[len++] = '_';
		len += put_list(list + len, hello->sigalg, hello->n_sigalgs);
	}
	put_hash(ret_text, list, len);
}

static unsigned int two_digits(unsigned int n)
{
	return n < 99 ? n : 99;
}

void fb_ja4(const struct fb_client_hello *hello, enum fb_ja4_transport transport,
	    char ret_text[static FB_JA4_TEXT])
{
	char alpn[3], ciphers[13], extensions[13];

	alpn_text(hello, alpn);
	hash_ciphers(hello, ciphers);
	hash_extensions(hello, extensions);
	snprintf(ret_text, FB_JA4_TEXT, "%c%s%c%02u%02u%s_%s_%s", transport,
		 version_text(hello->version), hello->has_sni ? 'd' : 'i',
		 two_digits(hello->n_ciphers), two_digits(hello->n_extensions), alpn, ciphers,
		 extensions);
}
