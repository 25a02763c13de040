/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClientHello
 *   legacy_version(2) random(32) session_id<0..32>:1 [DTLS: cookie<0..255>:1]
 *   cipher_suites<2..>:2 compression_methods<1..>:1 [extensions<..>:2]
 *     extension: type(2) data<..>:2
 *     server_name(0): list<..>:2 { type(1) name<1..>:2 }
 *     supported_groups(10): list<..>:2 { group(2) }     signature_algorithms(13): the same form
 *     ALPN(16): list<..>:2 { name<1..255>:1 }           supported_versions(43): list<..>:1 { u16 }
 * ServerHello
 *   legacy_version(2) random(32) session_id<0..32>:1 cipher_suite(2) compression(1)
 *   [extensions<..>:2]    supported_versions(43): version(2)    key_share(51): group(2) [key]
 */
#include "proto/tls.h"

#include <errno.h>
#include <string.h>

#include "proto/bytes.h"

enum {
	EXT_SERVER_NAME = 0,
	EXT_GROUPS = 10,
	EXT_SIGALGS = 13,
	EXT_ALPN = 16,
	EXT_VERSIONS = 43,
	EXT_KEY_SHARE = 51,
	EXT_ECH = 0xfe0d,
	EXT_ESNI = 0xffce,
};

#define DTLS_BEFORE_1_0 0x0100 /* of OpenSSL before there was a standard, in AnyConnect still */

static void keep(uint16_t *list, uint16_t *n, uint16_t max, uint16_t value)
{
	if (!fb_tls_is_grease(value) && *n < max)
		list[(*n)++] = value;
}

/* The first host_name. The list may be empty: servers that answer, not clients, do that. */
static bool parse_server_name(struct fb_client_hello *hello, struct fb_bytes data)
{
	struct fb_bytes list = fb_bytes_vector(&data, 2);

	hello->has_sni = true;
	while (fb_bytes_left(&list) > 0) {
		const uint8_t type = fb_bytes_u8(&list);
		const struct fb_bytes name = fb_bytes_vector(&list, 2);
		const size_t len = fb_bytes_left(&name);

		if (name.bad)
			return false;
		if (type != 0 || hello->sni.at)
			continue;
		if (len == 0 || len > FB_TLS_NAME_MAX)
			return true; /* no name rather than a part of one */
		hello->sni = (struct fb_tls_text){name.at, (uint8_t)len};
	}
	return !list.bad && !data.bad;
}

static bool parse_alpn(struct fb_client_hello *hello, struct fb_bytes data)
{
	struct fb_bytes list = fb_bytes_vector(&data, 2);

	while (fb_bytes_left(&list) > 0) {
		const struct fb_bytes name = fb_bytes_vector(&list, 1);

		if (name.bad)
			return false;
		if (hello->n_alpn < FB_TLS_ALPNS)
			hello->alpn[hello->n_alpn++] =
				(struct fb_tls_text){name.at, (uint8_t)fb_bytes_left(&name)};
		else
			hello->alpn_cut = true;
	}
	return !list.bad && !data.bad;
}

/* Groups whose first part is ML-KEM or its draft, Kyber. */
static bool is_post_quantum(uint16_t group)
{
	return (group >= 0x0200 && group <= 0x0202) || (group >= 0x11eb && group <= 0x11ed) ||
	       group == 0x6399 || group == 0x639a;
}

static bool parse_groups(struct fb_client_hello *hello, struct fb_bytes data)
{
	struct fb_bytes list = fb_bytes_vector(&data, 2);

	while (fb_bytes_left(&list) > 0) {
		const uint16_t group = fb_bytes_u16(&list);

		if (list.bad)
			return false;
		keep(hello->group, &hello->n_groups, FB_TLS_GROUPS, group);
		hello->pq_offered |= is_post_quantum(group);
	}
	return !list.bad && !data.bad;
}

static bool parse_sigalgs(struct fb_client_hello *hello, struct fb_bytes data)
{
	struct fb_bytes list = fb_bytes_vector(&data, 2);

	while (fb_bytes_left(&list) >= 2)
		keep(hello->sigalg, &hello->n_sigalgs, FB_TLS_SIGALGS, fb_bytes_u16(&list));
	return !list.bad && !data.bad;
}

/* DTLS counts downwards: 0xfefc (1.3) is newer than 0xfefd (1.2). */
static bool is_newer(bool dtls, uint16_t version, uint16_t than)
{
	return than == 0 || (dtls ? version < than : version > than);
}

static bool parse_versions(struct fb_client_hello *hello, struct fb_bytes data)
{
	struct fb_bytes list = fb_bytes_vector(&data, 1);
	uint16_t newest = 0;

	while (fb_bytes_left(&list) >= 2) {
		const uint16_t version = fb_bytes_u16(&list);

		if (!fb_tls_is_grease(version) && is_newer(hello->dtls, version, newest))
			newest = version;
	}
	if (newest)
		hello->version = newest;
	return !list.bad && !data.bad;
}

static const struct {
	uint16_t type;
	bool (*parse)(struct fb_client_hello *hello, struct fb_bytes data);
} client_extensions[] = {
	{EXT_SERVER_NAME, parse_server_name}, {EXT_GROUPS, parse_groups},
	{EXT_SIGALGS, parse_sigalgs},	      {EXT_ALPN, parse_alpn},
	{EXT_VERSIONS, parse_versions},
};

static bool parse_client_extension(struct fb_client_hello *hello, uint16_t type,
				   struct fb_bytes data)
{
	keep(hello->extension, &hello->n_extensions, FB_TLS_EXTENSIONS, type);
	hello->ech |= type == EXT_ECH;
	hello->esni |= type == EXT_ESNI;
	for (size_t i = 0; i < sizeof(client_extensions) / sizeof(*client_extensions); i++)
		if (client_extensions[i].type == type)
			return client_extensions[i].parse(hello, data);
	return true;
}

int fb_client_hello_parse(const uint8_t *body, size_t len, bool dtls,
			  struct fb_client_hello *ret_hello)
{
	struct fb_bytes in = fb_bytes(body, len), ciphers, extensions;
	struct fb_client_hello *hello = ret_hello;

	if (len > FB_TLS_HELLO_MAX)
		return -EBADMSG;
	/* The lists are long: only what is counted is ever read. */
	memset(hello, 0, offsetof(struct fb_client_hello, cipher));
	hello->dtls = dtls;
	hello->legacy_version = hello->version = fb_bytes_u16(&in);
	fb_bytes_take(&in, 32);
	fb_bytes_vector(&in, 1);
	if (dtls)
		fb_bytes_vector(&in, 1);
	ciphers = fb_bytes_vector(&in, 2);
	fb_bytes_vector(&in, 1);
	if (in.bad ||
	    !(dtls ? hello->legacy_version >> 8 == 0xfe || hello->legacy_version == DTLS_BEFORE_1_0
		   : hello->legacy_version >> 8 == 0x03))
		return -EBADMSG;
	while (fb_bytes_left(&ciphers) >= 2)
		keep(hello->cipher, &hello->n_ciphers, FB_TLS_CIPHERS, fb_bytes_u16(&ciphers));
	if (fb_bytes_left(&in) == 0)
		return 0; /* as old clients do */

	extensions = fb_bytes_vector(&in, 2);
	while (fb_bytes_left(&extensions) > 0) {
		const uint16_t type = fb_bytes_u16(&extensions);
		const struct fb_bytes data = fb_bytes_vector(&extensions, 2);

		if (data.bad || !parse_client_extension(hello, type, data))
			return -EBADMSG;
	}
	return in.bad || extensions.bad ? -EBADMSG : 0;
}

/* SHA-256 of "HelloRetryRequest", in place of the random bytes (RFC 8446 4.1.3). */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

int fb_server_hello_parse(const uint8_t *body, size_t len, struct fb_server_hello *ret_hello)
{
	struct fb_bytes in = fb_bytes(body, len), extensions;
	struct fb_server_hello hello = {0};
	const uint8_t *random;

	hello.version = fb_bytes_u16(&in);
	random = fb_bytes_take(&in, 32);
	fb_bytes_vector(&in, 1);
	hello.cipher = fb_bytes_u16(&in);
	fb_bytes_u8(&in);
	if (in.bad)
		return -EBADMSG;
	hello.retry = memcmp(random, retry_random, sizeof(retry_random)) == 0;
	extensions = fb_bytes_left(&in) ? fb_bytes_vector(&in, 2) : (struct fb_bytes){0};
	while (fb_bytes_left(&extensions) > 0) {
		const uint16_t type = fb_bytes_u16(&extensions);
		struct fb_bytes data = fb_bytes_vector(&extensions, 2);

		if (data.bad)
			return -EBADMSG;
		if (type == EXT_VERSIONS)
			hello.version = fb_bytes_u16(&data);
		else if (type == EXT_KEY_SHARE)
			hello.group = fb_bytes_u16(&data);
		if (data.bad)
			return -EBADMSG;
	}
	if (in.bad || extensions.bad)
		return -EBADMSG;
	*ret_hello = hello;
	return 0;
}
