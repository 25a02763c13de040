/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto
/* Hellos from whole messages, records to messages, and the published rules of JA4. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/ja4.h"
#include "proto/record.h"

#include "unit/hellos.h"

static struct made made, message;
static struct fb_client_hello hello;
static char ja4[FB_JA4_TEXT];

static void print_of(const struct made_hello *want)
{
	made.n = 0;
	make_body(&made, want);
	assert_int_equal(fb_client_hello_parse(made.b, made.n, want->dtls, &hello), 0);
	fb_ja4(&hello, want->dtls ? FB_JA4_DTLS : FB_JA4_TCP, ja4);
}

static void test_fields(void **state)
{
	(void)state;
	print_of(&(struct made_hello){
		.name = "a.b", .name_len = 3, .alpn = "h2", .grease = true, .ech = true});
	assert_int_equal(hello.legacy_version, 0x0303);
	assert_int_equal(hello.version, 0x0304);
	assert_int_equal(hello.sni.len, 3);
	assert_memory_equal(hello.sni.at, "a.b", 3);
	assert_int_equal(hello.n_alpn, 1);
	assert_true(hello.pq_offered && hello.ech && !hello.esni);
	assert_int_equal(hello.group[0], 0x11ec);
	assert_int_equal(hello.n_ciphers, 3);
	assert_int_equal(hello.n_extensions, 6);
	assert_int_equal(hello.n_sigalgs, 2);
	/* cut anywhere: refused, but for a hello without extensions */
	for (size_t cut = 0; cut < made.n; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);
		int r;

		assert_non_null(exact);
		memcpy(exact, made.b, cut);
		r = fb_client_hello_parse(exact, cut, false, &hello);
		assert_true(r == -EBADMSG || (r == 0 && hello.n_extensions == 0 && !hello.sni.at));
		free(exact);
	}
}

/* The second character pair of JA4's first part for each ALPN. */
static void test_ja4_alpn(void **state)
{
	static const char *const cases[][2] = {
		{"h2", "h2"},
		{"http/1.1", "h1"},
		{"h", "hh"},
		{"\xab", "ab"},
		{"\xab\xcd", "ad"},
		{"0\xab", "3b"},
		{"1\xab\xcd"
		 "3",
		 "13"},
		{"z-", "7d"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_of(&(struct made_hello){.alpn = cases[i][0]});
		assert_memory_equal(ja4 + 8, cases[i][1], 2);
	}
	print_of(&(struct made_hello){0});
	assert_memory_equal(ja4, "t13i030300_", 11);
}

static void test_ja4_parts(void **state)
{
	/* version, random, session id; one cipher; compression */
	static const uint8_t bare[] = {0, 2, 0x13, 1, 1, 0};

	(void)state;
	made.n = 0;
	made_be(&made, 0x0303, 2);
	made_fill(&made, 1, 32);
	made_be(&made, 0, 1);
	made_put(&made, bare, sizeof(bare));
	assert_int_equal(fb_client_hello_parse(made.b, made.n, false, &hello), 0);
	fb_ja4(&hello, FB_JA4_QUIC, ja4);
	assert_memory_equal(ja4, "q12i010000_", 11);
	assert_string_equal(ja4 + 23, "_000000000000"); /* no extensions */
	/* FoxIO's example: ciphers and extensions of Chrome, sorted, with sigalgs in their order */
	{
		static const uint16_t ciphers[] = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
						   0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
						   0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
		static const uint16_t extensions[] = {
			0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
			0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015};
		static const uint16_t sigalgs[] = {0x0403, 0x0804, 0x0401, 0x0503,
						   0x0805, 0x0501, 0x0806, 0x0601};

		memset(&hello, 0, sizeof(hello));
		hello.version = 0x0304;
		hello.has_sni = true;
		hello.alpn[0] = (struct fb_tls_text){(const uint8_t *)"h2", 2};
		hello.n_alpn = 1;
		hello.n_ciphers = 15;
		hello.n_extensions = 16;
		hello.n_sigalgs = 8;
		memcpy(hello.cipher, ciphers, sizeof(ciphers));
		memcpy(hello.extension, extensions, sizeof(extensions));
		memcpy(hello.sigalg, sigalgs, sizeof(sigalgs));
		fb_ja4(&hello, FB_JA4_TCP, ja4);
		assert_string_equal(ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	}
	print_of(&(struct made_hello){.dtls = true});
	assert_memory_equal(ja4, "dd3i", 4);
	print_of(&(struct made_hello){.empty = 150});
	assert_memory_equal(ja4 + 4, "0399", 4); /* two digits at most */
}

static void test_server(void **state)
{
	struct fb_server_hello answer;
	static const uint8_t retry[] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
					0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
					0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
					0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

	(void)state;
	made.n = 0;
	make_answer(&made, 0x1303);
	assert_int_equal(fb_server_hello_parse(made.b + 4, made.n - 4, &answer), 0);
	assert_int_equal(answer.version, 0x0304);
	assert_int_equal(answer.cipher, 0x1303);
	assert_int_equal(answer.group, 0x1d);
	assert_false(answer.retry);
	memcpy(made.b + 6, retry, sizeof(retry));
	assert_int_equal(fb_server_hello_parse(made.b + 4, made.n - 4, &answer), 0);
	assert_true(answer.retry);
	for (size_t cut = 0; cut < made.n - 4; cut++)
		assert_true(fb_server_hello_parse(made.b + 4, cut, &answer) == -EBADMSG ||
			    cut == 38);
}

static void test_records(void **state)
{
	static uint8_t scratch[FB_HANDSHAKE_MAX + 4];
	const uint8_t *body;
	size_t len;

	(void)state;
	message.n = 0;
	make_message(&message, &(struct made_hello){.name = "x.y", .name_len = 3});
	for (size_t each = 1; each <= message.n; each++) {
		struct fb_record_scan scan = {0};

		made.n = 0;
		make_records(&made, message.b, message.n, each);
		for (size_t cut = 0; cut < made.n; cut += 1 + cut / 8) {
			assert_int_equal(fb_record_handshake(made.b, cut, 1, scratch, &body, &len),
					 FB_RECORD_MORE);
			assert_int_equal(
				fb_record_scan(&scan, made.b, cut, 1, scratch, &body, &len),
				FB_RECORD_MORE);
		}
		assert_int_equal(fb_record_scan(&scan, made.b, made.n, 1, scratch, &body, &len),
				 FB_RECORD_FOUND);
		assert_int_equal(len, message.n - 4);
		assert_memory_equal(body, message.b + 4, len);
		assert_int_equal(fb_record_handshake(made.b, made.n, 1, scratch, &body, &len),
				 FB_RECORD_FOUND);
		assert_int_equal(len, message.n - 4);
		assert_memory_equal(body, message.b + 4, len);
		assert_int_equal(fb_record_handshake(made.b, made.n, 2, scratch, &body, &len),
				 FB_RECORD_NONE);
	}
	assert_int_equal(fb_record_handshake((const uint8_t *)"\x16\3\1\0\4\1\0\x40\1", 9, 1,
					     scratch, &body, &len),
			 FB_RECORD_TOO_BIG);
	assert_int_equal(
		fb_record_handshake((const uint8_t *)"\x17\3\1\0\4", 5, 1, scratch, &body, &len),
		FB_RECORD_NONE);
	assert_int_equal(
		fb_record_handshake((const uint8_t *)"\x16\3\1\0\0\1", 6, 1, scratch, &body, &len),
		FB_RECORD_NONE);
	assert_int_equal(fb_record_prelude((const uint8_t *)"PROXY UNKNOWN\r\nx", 16), 15);
	assert_int_equal(
		fb_record_prelude((const uint8_t *)"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16), 28);
	assert_int_equal(fb_record_prelude((const uint8_t *)"PROXY UNKNOWN\r\n\x16", 16), 15);
	assert_int_equal(fb_record_prelude((const uint8_t *)"GET / HTTP/1.1\r\n", 16), 0);
	assert_int_equal(fb_record_behind_line((const uint8_t *)"A\r\nB\r\n\x16\3", 0, 8), 6);
	assert_int_equal(fb_record_behind_line((const uint8_t *)"A\n\x16\2\n\x16", 0, 6), 5);
	assert_int_equal(fb_record_behind_line((const uint8_t *)"A\n\x16\3\n\x16", 3, 6), 5);
	assert_int_equal(fb_record_behind_line((const uint8_t *)"GET / HTTP/1.1\r\n", 0, 16), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	  cmocka_unit_test(test_ja4_alpn),
		cmocka_unit_test(test_ja4_parts), cmocka_unit_test(test_server),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
