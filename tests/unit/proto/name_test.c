/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto util
/* Names as text, in Unicode, and where they stand in DNS, HTTP and DHCP. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/dhcp.h"
#include "proto/dns.h"
#include "proto/http.h"
#include "util/idn.h"
#include "proto/name.h"

static void test_text(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(fb_name_text((const uint8_t *)"a-b.c", 5, text, sizeof(text)), 5);
	assert_string_equal(text, "a-b.c");
	assert_int_equal(fb_name_text((const uint8_t *)"\x7f \\", 3, text, sizeof(text)), 12);
	assert_string_equal(text, "\\x7f\\x20\\x5c");
	assert_int_equal(fb_name_text((const uint8_t *)"0123456789abcdef", 16, text, sizeof(text)),
			 -E2BIG);
	assert_int_equal(fb_name_text((const uint8_t *)"0123456789abcde", 15, text, sizeof(text)),
			 15);
	assert_int_equal(fb_name_text((const uint8_t *)"\1\1\1\1", 4, text, sizeof(text)), -E2BIG);
}

/* One name has one spelling; what is an address, or nothing, is no name. */
static void test_host_names(void **state)
{
	static const struct {
		const char *bytes, *text;
		bool address;
	} cases[] = {
		{"WWW.Example.COM", "www.example.com", false},
		{"www.example.com.", "www.example.com", false},
		{"Pc", "pc", false},
		{"12345", "12345", false},
		{"1.2.3.4.in-addr.arpa", "1.2.3.4.in-addr.arpa", false},
		{"fe80.example", "fe80.example", false},
		{"\xc4\x80.X", "\\xc4\\x80.x", false},
		{"", "", false},
		{".", "", false},
		{"[", "[", false},
		{"140.82.121.4", "140.82.121.4", true},
		{"127.1", "127.1", true},
		{"[2001:DB8::1]", "[2001:db8::1]", true},
		{"2001:db8::1", "2001:db8::1", true},
		{"[fe80::1%25eth0]", "[fe80::1%25eth0]", true},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1", true},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const size_t len = strlen(cases[i].bytes);
		const int n =
			fb_name_host((const uint8_t *)cases[i].bytes, len, text, sizeof(text));

		assert_int_equal(n, strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
		assert_int_equal(fb_name_is_address(text, (size_t)n), cases[i].address);
	}
	assert_int_equal(fb_name_host((const uint8_t *)"0123456789", 10, text, 10), -E2BIG);
	assert_int_equal(fb_name_host((const uint8_t *)"ABCDEFGHI.", 10, text, 10), 9);
}

static void test_idn(void **state)
{
	static const struct {
		const char *name, *text;
		bool mixed;
	} cases[] = {
		{"www.xn--mnich-kva.com", "www.m\xc3\xbcnich.com", false},
		{"XN--BCHER-KVA.example",
		 "b\xc3\xbc"
		 "cher.example",
		 false},
		/* "paypal" with a Cyrillic a; all of it Cyrillic; Han, kana and Latin together */
		{"xn--pypal-4ve.com", "p\xd0\xb0ypal.com", true},
		{"xn--80ak6aa92e.com", "\xd0\xb0\xd1\x80\xd1\x80\xd3\x8f\xd0\xb5.com", false},
		{"xn--wgv71a119e.jp", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.jp", false},
	};
	static const char *const bad[] = {"xn--a-\xff", "xn--99999999999", "xn--0",
					  "xn--abc-99zzz9999"};
	char text[300];
	bool mixed;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(fb_idn_text(cases[i].name, strlen(cases[i].name), text,
					     sizeof(text), &mixed),
				 strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
		assert_int_equal(mixed, cases[i].mixed);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(fb_idn_text(bad[i], strlen(bad[i]), text, sizeof(text), &mixed) < 0);
	assert_int_equal(fb_idn_text("plain.org", 9, text, sizeof(text), &mixed), 0);
	assert_int_equal(fb_idn_text("www.xn--mnich-kva.com", 21, text, 8, &mixed), -E2BIG);
	/* a direction mark (U+202E), a control (U+0080), a picture: the library would give them */
	assert_int_equal(fb_idn_text("xn--ab-h4t.com", 14, text, sizeof(text), &mixed), -EBADMSG);
	assert_int_equal(fb_idn_text("xn--a", 5, text, sizeof(text), &mixed), -EBADMSG);
	assert_int_equal(fb_idn_text("xn--ls8h.la", 11, text, sizeof(text), &mixed), -EBADMSG);
}

struct found {
	unsigned int n;
	char owner[8][256];
	uint8_t last[8], family[8];
	uint32_t ttl[8];
};

static void on_addr(void *ctx, const struct fb_dns_addr *addr)
{
	struct found *found = ctx;

	assert_true(found->n < 8);
	strcpy(found->owner[found->n], addr->name ? addr->name->text : "-");
	found->last[found->n] = addr->bytes[15];
	found->family[found->n] = addr->family;
	found->ttl[found->n++] = addr->ttl;
}

static void test_dns(void **state)
{
	static const uint8_t message[] =
		"\0\1\x81\x80\0\1\0\4\0\0\0\0"
		"\1a\1b\0\0\1\0\1"			   /* 12: a.b A */
		"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1" /* A */
		"\xc0\x0c\0\x1c\0\1\0\0\0\x3d\0\x10\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2" /* AAAA */
		"\xc0\x0e\0\5\0\1\0\0\0\x3c\0\2\xc0\x0c" /* b CNAME */
		"\xc0\x0c\0\x41\0\1\0\0\0\x3e\0\x1f\0\1\0\0\4\0\4\xc0\0\2\3\0\6\0\x10"
		"\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\4"; /* HTTPS: hints */
	static const uint8_t loop[] = "\0\1\x81\x80\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1";
	const size_t len = sizeof(message) - 1;
	struct found found = {0};
	struct fb_dns dns;

	(void)state;
	assert_int_equal(fb_dns_parse(message, len, on_addr, &found, &dns), 0);
	assert_true(dns.response && dns.has_question);
	assert_string_equal(dns.question.text, "a.b");
	assert_int_equal(found.n, 4);
	for (unsigned int i = 0; i < 4; i++) {
		assert_string_equal(found.owner[i], "a.b");
		assert_int_equal(found.last[i], i + 1);
		assert_int_equal(found.family[i], i == 0 || i == 2 ? 4 : 6);
	}
	assert_int_equal(found.ttl[3], 0x3e);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		assert_non_null(exact);
		memcpy(exact, message, cut);
		memset(&found, 0, sizeof(found));
		assert_int_equal(fb_dns_parse(exact, cut, on_addr, &found, &dns),
				 cut < 21 ? -EBADMSG : 0);
		free(exact);
	}
	assert_int_equal(fb_dns_parse(loop, sizeof(loop) - 1, on_addr, &found, &dns), -EBADMSG);
}

#define CNAME(owner, target) owner "\0\5\0\1\0\0\0\x3c\0\3\1" target "\0"
#define A(owner, last)	     owner "\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2" last
static const struct {
	const char *what, *bytes;
	size_t len;
	unsigned int n;
	const char *names[3];
} chains[] = {
#define CASE(what, text, n, ...)                                                                   \
	{                                                                                          \
		what, text, sizeof(text) - 1, n,                                                   \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
	CASE("in order",
	     "\0\1\x81\x80\0\1\0\3\0\0\0\0\1q\0\0\1\0\1" CNAME("\1q\0", "c") CNAME("\1c\0", "d")
		     A("\1d\0", "\1"),
	     1, "q"),
	CASE("out of order, in other letters",
	     "\0\1\x81\x80\0\1\0\3\0\0\0\0\1q\0\0\1\0\1" A("\1d\0", "\1") CNAME("\1C\0", "d")
		     CNAME("\1Q\0", "c"),
	     1, "q"),
	CASE("a mail server's address is not the domain's",
	     "\0\1\x81\x80\0\1\0\1\0\1\0\1\1q\0\0\xf\0\1"
	     "\1q\0\0\xf\0\1\0\0\0\x3c\0\5\0\1\1m\0"
	     "\1q\0\0\2\0\1\0\0\0\x3c\0\3\1n\0" A("\1m\0", "\1"),
	     1, "-"),
	CASE("a name server's neither, behind the authority",
	     "\0\1\x81\x80\0\1\0\1\0\1\0\1\1q\0\0\1\0\1" A(
		     "\1q\0", "\1") "\1q\0\0\2\0\1\0\0\0\x3c\0\3\1n\0" A("\1n\0", "\2"),
	     2, "q", "-"),
	CASE("a service at a port, with a hint and another name",
	     "\0\1\x81\x80\0\1\0\1\0\0\0\1\5_8443\6_https\1q\0\0\x41\0\1"
	     "\5_8443\6_https\1q\0\0\x41\0\1\0\0\0\x3c\0\x0d\0\1\1t\0\0\4\0\4\xc0\0\2\7" A("\1t\0",
											   "\1"),
	     2, "q", "q"),
	CASE("a CNAME in the authority section is none",
	     "\0\1\x81\x80\0\1\0\0\0\1\0\1\1q\0\0\1\0\1" CNAME("\1q\0", "c") A("\1c\0", "\1"), 1,
	     "-"),
	CASE("a loop of CNAMEs",
	     "\0\1\x81\x80\0\1\0\3\0\0\0\0\1q\0\0\1\0\1" CNAME("\1q\0", "c") CNAME("\1c\0", "q")
		     A("\1c\0", "\1"),
	     1, "q"),
	CASE("of another class than the Internet's",
	     "\0\1\x81\x80\0\1\0\1\0\0\0\0\1q\0\0\1\0\3"
	     "\1q\0\0\1\0\3\0\0\0\x3c\0\4\xc0\0\2\1",
	     0, NULL),
};

/* A part of a message that goes on: CNAMEs in any order, services, and addresses of others. */
static void test_dns_chain(void **state)
{
	struct found found;
	struct fb_dns dns;

	(void)state;
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++) {
		memset(&found, 0, sizeof(found));
		assert_int_equal(fb_dns_parse((const uint8_t *)chains[i].bytes, chains[i].len,
					      on_addr, &found, &dns),
				 0);
		if (found.n != chains[i].n)
			print_message("# %s\n", chains[i].what);
		assert_int_equal(found.n, chains[i].n);
		for (unsigned int k = 0; k < found.n; k++)
			assert_string_equal(found.owner[k], chains[i].names[k]);
	}
}

static void host(const char *stream, enum fb_http_result result, const char *want)
{
	struct fb_http_scan whole = {0}, pieces = {0};
	struct fb_http_host got;

	enum fb_http_result by_piece = FB_HTTP_MORE;

	assert_int_equal(fb_http_scan(&whole, (const uint8_t *)stream, strlen(stream), &got),
			 result);
	for (size_t n = 0; n <= strlen(stream) && by_piece == FB_HTTP_MORE; n++)
		by_piece = fb_http_scan(&pieces, (const uint8_t *)stream, n, &got);
	assert_int_equal(by_piece, result);
	if (result == FB_HTTP_FOUND) {
		assert_int_equal(got.len, strlen(want));
		assert_memory_equal(got.at, want, got.len);
	}
}

static void test_http(void **state)
{
	(void)state;
	host("", FB_HTTP_MORE, NULL);
	host("RPC_IN_DATA /rpc HTTP/1.1\r\nHost: a.b\r\n", FB_HTTP_FOUND, "a.b");
	host("VERSION-CONTROL / HTTP/1.1\r\nHost: a.b\r\n", FB_HTTP_FOUND, "a.b");
	host("UNLO", FB_HTTP_MORE, NULL);
	host("EHLO mail\r\nHost: a.b\r\n", FB_HTTP_NONE, NULL);
	host("get / HTTP/1.1\r\nHost: a.b\r\n", FB_HTTP_NONE, NULL);
	host("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", FB_HTTP_NONE, NULL);
	host("GE", FB_HTTP_MORE, NULL);
	host("GET / HTTP/1.1\r\nHost: a.b\r", FB_HTTP_MORE, NULL);
	host("GET / HTTP/1.1\r\nX: y\r\nhost:a.b:80\r\n", FB_HTTP_FOUND, "a.b");
	host("GET / HTTP/1.0\nHOST: \t[::1]:80 \n", FB_HTTP_FOUND, "[::1]");
	host("GET / HTTP/1.0\nHost: 2001:db8::1\n", FB_HTTP_FOUND, "2001:db8::1");
	host("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n", FB_HTTP_FOUND, "x");
	host("GET / HTTP/1.1\r\n\r\nHost: a.b\r\n", FB_HTTP_NONE, NULL);
	host("GET / HTTP/1.1\r\nHost: \r\n", FB_HTTP_NONE, NULL);
	host("GET /\r\nHost: a.b\r\n", FB_HTTP_NONE, NULL);
	host("HTTP/1.1 200 OK\r\nHost: a.b\r\n", FB_HTTP_NONE, NULL);
}

/* As host bytes: what a header of another protocol may not pass for. */
static void test_dns_header(void **state)
{
	static const struct {
		const char *bytes;
		size_t whole;
		bool is;
	} cases[] = {
		{"\0\7\1\0\0\1\0\0\0\0\0\0", 28, true},	  /* a question */
		{"\0\7\1\0\0\1\0\0\0\0\0\1", 28, true},	  /* .. with an OPT */
		{"\0\0\x84\0\0\0\0\2\0\0\0\0", 80, true}, /* mDNS: nobody asks */
		{"\0\0\0\0\0\0\0\0\0\0\0\0", 80, false},  /* zeros */
		{"\0\7\1\0\0\1\0\0\0\0\0\x9", 28, false}, /* more than there is room for */
		{"\1\0\1\x5c\3\3ABCDEF", 0x1603, false},  /* TLS, behind 16 03 */
		{"\1\0\0\1\0\0\3\3ABCD", 0x1603, false},
		{"-2.0-OpenSSH", 0x5353, false},
		{"T / HTTP/1.1", 0x4745, false},
		{"\xc3\0\0\0\1\x8hgfedcb", 1200, false}, /* QUIC */
		{"\x16\xfe\xfd\0\0\0\0\0\0\0\0\1", 200, false},
		{"\x16\1\0\0\0\0\0\0\0\0\0\1", 200, false},
		{"\1\1\6\0\x12\x34\x56\x78\0\0\x80\0", 300, false}, /* DHCP */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const uint8_t *bytes = (const uint8_t *)cases[i].bytes;

		if (fb_dns_looks_like(bytes, 12, cases[i].whole) != cases[i].is)
			fail_msg("case %zu", i);
		assert_false(fb_dns_looks_like(bytes, 11, cases[i].whole));
	}
}

static void test_dhcp(void **state)
{
	static uint8_t message[300] = {
		[0] = 1, [4] = 1, [12] = 10, [15] = 8, [16] = 10, [19] = 9, [28] = 2, [33] = 7};
	static const uint8_t options[] = "\x63\x82\x53\x63\0\x32\4\x0a\0\0\3\x35\1\5\x0c\2pc"
					 "\x33\4\0\0\x0e\x10\x36\4\x0a\0\0\1\xff";
	struct fb_dhcp dhcp;

	(void)state;
	memcpy(message + 236, options, sizeof(options) - 1);
	assert_int_equal(fb_dhcp_parse(message, 236 + sizeof(options) - 1, &dhcp), 0);
	assert_int_equal(dhcp.type, 5);
	assert_false(dhcp.reply);
	assert_int_equal(dhcp.assigned[3], 9);
	assert_int_equal(dhcp.current[3], 8);
	assert_int_equal(dhcp.requested[3], 3);
	assert_int_equal(dhcp.server[3], 1);
	assert_int_equal(dhcp.lease, 3600);
	assert_int_equal(dhcp.host_len, 2);
	assert_memory_equal(dhcp.host, "pc", 2);
	assert_int_equal(dhcp.mac[5], 7);
	assert_true(fb_dhcp_looks_like(message, 240));
	assert_false(fb_dhcp_looks_like(message, 239));
	assert_int_equal(fb_dhcp_parse(message, 236 + 16, &dhcp), -EBADMSG);
	assert_int_equal(fb_dhcp_parse(message, 239, &dhcp), -EBADMSG);
	/* a whole name (option 81) as text and as labels; what ends with NULs */
	memcpy(message + 240, "\x51\7\0\0\0pc.x\xff", 10);
	assert_int_equal(fb_dhcp_parse(message, 250, &dhcp), 0);
	assert_int_equal(dhcp.host_len, 4);
	assert_memory_equal(dhcp.host, "pc.x", 4);
	memcpy(message + 240, "\x51\x9\4\0\0\2pc\1x\0\xff", 12);
	assert_int_equal(fb_dhcp_parse(message, 252, &dhcp), 0);
	assert_int_equal(dhcp.host_len, 2);
	assert_memory_equal(dhcp.host, "pc", 2);
	memcpy(message + 240, "\x51\4\4\0\0\x9\x0c\4pc\0\0\xff", 13);
	assert_int_equal(fb_dhcp_parse(message, 253, &dhcp), 0);
	assert_int_equal(dhcp.host_len, 2);
	message[236] = 0;
	assert_int_equal(fb_dhcp_parse(message, sizeof(message), &dhcp), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	   cmocka_unit_test(test_idn),
		cmocka_unit_test(test_dns),	   cmocka_unit_test(test_dns_chain),
		cmocka_unit_test(test_http),	   cmocka_unit_test(test_dhcp),
		cmocka_unit_test(test_host_names), cmocka_unit_test(test_dns_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
