// link: proto util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as the body of a ClientHello and of a ServerHello: a name lies within, or is absent. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/idn.h"
#include "proto/ja4.h"
#include "proto/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct fb_tls_text *text, const uint8_t *data, size_t size)
{
	char name[256], unicode[1024];
	bool mixed;
	int n;

	if (!text->at)
		return;
	if (text->at < data || text->at + text->len > data + size)
		abort();
	n = fb_name_text(text->at, text->len, name, sizeof(name));
	if (n > 0 && strlen(name) != (size_t)n)
		abort();
	if (n > 0 &&
	    fb_idn_text(name, (size_t)n, unicode, sizeof(unicode), &mixed) >= (int)sizeof(unicode))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fb_client_hello hello;
	struct fb_server_hello answer;
	char ja4[FB_JA4_TEXT];

	for (int dtls = 0; dtls < 2; dtls++) {
		if (fb_client_hello_parse(data, size, dtls, &hello) < 0)
			continue;
		check_text(&hello.sni, data, size);
		for (unsigned int i = 0; i < hello.n_alpn; i++)
			check_text(&hello.alpn[i], data, size);
		fb_ja4(&hello, dtls ? FB_JA4_DTLS : FB_JA4_TCP, ja4);
		if (strlen(ja4) != FB_JA4_TEXT - 1)
			abort();
	}
	fb_server_hello_parse(data, size, &answer);
	return 0;
}
