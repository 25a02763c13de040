/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClientHello and ServerHello (RFC 8446 4.1, RFC 5246 7.4.1) as one contiguous handshake message.
 * A name is whole and right, or absent: any length that does not add up refuses the message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_TLS_CLIENT_HELLO 1
#define FB_TLS_SERVER_HELLO 2

#define FB_TLS_HELLO_MAX    16384 /* bytes of a ClientHello's body; longer ones are refused */
#define FB_TLS_CIPHERS	    (FB_TLS_HELLO_MAX / 2) /* so none of a list is left out */
#define FB_TLS_EXTENSIONS   (FB_TLS_HELLO_MAX / 4)
#define FB_TLS_SIGALGS	    (FB_TLS_HELLO_MAX / 2)
#define FB_TLS_GROUPS	    12 /* the first ones */
#define FB_TLS_ALPNS	    64
#define FB_TLS_NAME_MAX	    255

struct fb_tls_text {
	const uint8_t *at; /* in the message */
	uint8_t len;
};

struct fb_client_hello {
	bool dtls;
	uint16_t legacy_version;
	uint16_t version;	/* highest offered, GREASE aside */
	struct fb_tls_text sni; /* at NULL: none */
	struct fb_tls_text alpn[FB_TLS_ALPNS];
	uint16_t n_alpn;
	bool alpn_cut;		       /* there were more */
	uint16_t group[FB_TLS_GROUPS]; /* offered, GREASE aside */
	uint16_t n_groups;
	bool pq_offered;
	bool ech, esni, has_sni;		     /* the extension is there, whatever it holds */
	uint16_t n_ciphers, n_extensions, n_sigalgs; /* GREASE aside */
	uint16_t cipher[FB_TLS_CIPHERS], extension[FB_TLS_EXTENSIONS], sigalg[FB_TLS_SIGALGS];
};

struct fb_server_hello {
	uint16_t version, cipher;
	uint16_t group; /* 0: not told */
	bool retry;	/* a HelloRetryRequest: another ClientHello follows */
};

/*
 * Parse the body of a handshake message, behind its header. 0, or -EBADMSG. The texts point into
 * `body`.
 */
int fb_client_hello_parse(const uint8_t *body, size_t len, bool dtls,
			  struct fb_client_hello *ret_hello);
int fb_server_hello_parse(const uint8_t *body, size_t len, struct fb_server_hello *ret_hello);

/* RFC 8701 */
static inline bool fb_tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}
