/* SPDX-License-Identifier: BSD-2-Clause */
/* The JA4 client fingerprint, by FoxIO's published text. Pure, any thread. */
#pragma once

#include "proto/tls.h"

#define FB_JA4_TEXT 37 /* "t13d1516h2_8daaf6152771_02713d6af862" and its NUL */

enum fb_ja4_transport {
	FB_JA4_TCP = 't',
	FB_JA4_QUIC = 'q',
	FB_JA4_DTLS = 'd',
};

/* Write the fingerprint. */
void fb_ja4(const struct fb_client_hello *hello, enum fb_ja4_transport transport,
	    char ret_text[static FB_JA4_TEXT]);
