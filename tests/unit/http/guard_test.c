// link: http util
/* SPDX-License-Identifier: BSD-2-Clause */
/* The guard on heads as the library leaves them: colons, CR and LF are NUL. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/guard.h"

/*
 * What libmicrohttpd 0.9.75 makes of the bytes: lines end at LF, with or without CR; a name ends
 * at the first colon; blanks in front of a value are skipped. Folded lines are not modelled, they
 * show as a line that begins with a blank.
 */
static unsigned int cut_apart(char *head, size_t len, size_t *ret_target_len,
			      struct fb_guard_header *headers)
{
	char *line = head, *end = head + len;
	unsigned int n = 0;

	while (line < end) {
		char *lf = memchr(line, '\n', (size_t)(end - line)), *p;

		assert_non_null(lf);
		*lf = '\0';
		if (lf > line && lf[-1] == '\r')
			lf[-1] = '\0';
		if (line == head) {
			char *target = strchr(line, ' '), *version = strrchr(line, ' ');

			assert_non_null(target);
			*target++ = '\0';
			*version = '\0';
			*ret_target_len = (size_t)(version - target);
		} else if (*line) {
			struct fb_guard_header *h = &headers[n++];

			p = strchr(line, ':');
			assert_non_null(p);
			*p++ = '\0';
			while (*p == ' ' || *p == '\t')
				p++;
			*h = (struct fb_guard_header){line, p, strlen(line), strlen(p)};
		}
		line = lf + 1;
	}
	return n;
}

static unsigned int judge(const char *text, size_t len)
{
	struct fb_guard_header headers[16];
	char head[512];
	size_t target_len = 0;
	unsigned int n;

	assert_true(len < sizeof(head));
	memset(head, 'Z', sizeof(head));
	memcpy(head, text, len);
	n = cut_apart(head, len, &target_len, headers);
	return fb_guard_head(head, len, target_len, headers, n).status;
}

#define HEAD(text, status) {text, sizeof(text) - 1, status}

static void judges_heads(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned int status;
	} cases[] = {
		HEAD("GET / HTTP/1.1\r\n\r\n", 0),
		HEAD("GET /x?y=z HTTP/1.1\r\nHost: a\r\n\r\n", 0),
		HEAD("GET / HTTP/1.0\r\nHost:a\r\nB:\r\nC: \t d \r\n\r\n", 0),
		HEAD("GET / HTTP/1.1\n\n", 400),
		HEAD("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
		HEAD("GET / HTTP/1.1\r\nA: b\nHost: a\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
		HEAD("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400),
		HEAD("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
		HEAD("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\nA: b\x01\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\nA: b\0\0B\0c\r\n\r\n", 400),
		HEAD("GET / HTTP/1.1\r\nA: b\0\0\r\n\r\n", 400),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (judge(cases[i].text, cases[i].len) != cases[i].status)
			fail_msg("case %zu: %s", i, cases[i].text);
}

/* No prefix of a good head and no head with a byte more is a good head. */
static void needs_the_whole_head(void **state)
{
	static const char text[] = "GET /x HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
	struct fb_guard_header headers[16];
	char head[128];
	size_t target_len, len = sizeof(text) - 1;
	unsigned int n;

	(void)state;
	memset(head, 0, sizeof(head));
	memcpy(head, text, len);
	n = cut_apart(head, len, &target_len, headers);
	assert_int_equal(fb_guard_head(head, len, target_len, headers, n).status, 0);
	assert_int_equal(fb_guard_head(head, len + 1, target_len, headers, n).status, 400);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(fb_guard_head(head, cut, target_len, headers, n).status, 400);
	assert_int_equal(fb_guard_head(head, len, target_len, headers, n - 1).status, 400);
	assert_int_equal(fb_guard_head(head, len, target_len - 1, headers, n).status, 400);
}

static unsigned int framing(const char *target, const char *const *pairs)
{
	struct fb_guard_header headers[8];
	unsigned int n = 0;

	for (; pairs[0]; pairs += 2)
		headers[n++] = (struct fb_guard_header){pairs[0], pairs[1], strlen(pairs[0]),
							strlen(pairs[1])};
	return fb_guard_framing(target, headers, n).status;
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL, NULL})

static unsigned int words(const char *method, const char *version, const char *name,
			  const char *value)
{
	const struct fb_guard_header header = {name, value, strlen(name), strlen(value)};

	return fb_guard_words(method, version, &header, 1).status;
}

static void judges_words(void **state)
{
	(void)state;
	assert_int_equal(words("GET", "HTTP/1.1", "Host", "a"), 0);
	assert_int_equal(words("BREW", "HTTP/1.0", "X-\x21", "\t \xfc\xff"), 0);
	assert_int_equal(words("GE(T", "HTTP/1.1", "Host", "a"), 400);
	assert_int_equal(words("", "HTTP/1.1", "Host", "a"), 400);
	assert_int_equal(words("GET", "HTTP/1.2", "Host", "a"), 400);
	assert_int_equal(words("GET", "HTTP/1.1 ", "Host", "a"), 400);
	assert_int_equal(words("GET", "HTTP/1.1", "Ho st", "a"), 400);
	assert_int_equal(words("GET", "HTTP/1.1", "", "a"), 400);
	assert_int_equal(words("GET", "HTTP/1.1", "Host", "\x01"), 400);
	assert_int_equal(words("GET", "HTTP/1.1", "Host", "a\nb"), 400);
	assert_int_equal(words("GET", "HTTP/1.1", "Host", "a\x7f"), 400);
}

static void judges_framing(void **state)
{
	(void)state;
	assert_int_equal(framing("/", PAIRS("host", "a")), 0);
	assert_int_equal(framing("/", PAIRS("Host", "a", "Content-Length", "2")), 0);
	assert_int_equal(framing("/", PAIRS()), 400);
	assert_int_equal(framing("/", PAIRS("Host", "a", "HOST", "a")), 400);
	assert_int_equal(framing("http://a/", PAIRS("Host", "a")), 400);
	assert_int_equal(framing("*", PAIRS("Host", "a")), 400);
	assert_int_equal(framing("/a?b=#c&d=e", PAIRS("Host", "a")), 400);
	assert_int_equal(framing("", PAIRS("Host", "a")), 400);
	assert_int_equal(framing("/a b", PAIRS("Host", "a")), 400);
	assert_int_equal(framing("/\xff", PAIRS("Host", "a")), 400);
	assert_int_equal(
		framing("/", PAIRS("Host", "a", "Content-Length", "2", "content-length", "2")),
		400);
	assert_int_equal(framing("/", PAIRS("Host", "a", "Transfer-Encoding", "chunked")), 411);
	assert_int_equal(framing("/", PAIRS("Host", "a", "Transfer-Encoding", "chunked",
					    "Content-Length", "0")),
			 400);
}

static void reads_hosts(void **state)
{
	static const struct {
		const char *value, *host;
	} cases[] = {
		{"localhost", "localhost"},
		{"LocalHost:8080", "localhost"},
		{"127.0.0.1:80", "127.0.0.1"},
		{"[::1]", "::1"},
		{"[FD00::1]:65535", "fd00::1"},
		{"router_1.lan", "router_1.lan"},
		{"", NULL},
		{":80", NULL},
		{"[]", NULL},
		{"[::1", NULL},
		{"[::1]x", NULL},
		{"::1", NULL},
		{"a:", NULL},
		{"a:0", NULL},
		{"a:65536", NULL},
		{"a:8x", NULL},
		{"a:80:80", NULL},
		{"a@b", NULL},
		{"a/b", NULL},
		{"a b", NULL},
		{"a,b", NULL},
		{"\xc3\xa9", NULL},
	};
	char host[FB_HOST_NAME_MAX + 1], longest[FB_HOST_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int r = fb_guard_host(cases[i].value, host);

		assert_int_equal(r, cases[i].host ? 0 : -EINVAL);
		if (!r)
			assert_string_equal(host, cases[i].host);
	}
	memset(longest, 'a', sizeof(longest));
	longest[FB_HOST_NAME_MAX + 1] = '\0';
	assert_int_equal(fb_guard_host(longest, host), -EINVAL);
	longest[FB_HOST_NAME_MAX] = '\0';
	assert_int_equal(fb_guard_host(longest, host), 0);
	assert_true(fb_guard_is_loopback("localhost"));
	assert_true(fb_guard_is_loopback("127.9.9.9"));
	assert_true(fb_guard_is_loopback("::1"));
	assert_false(fb_guard_is_loopback("localhost."));
	assert_false(fb_guard_is_loopback("192.0.2.1"));
	assert_false(fb_guard_is_loopback("::2"));
	assert_false(fb_guard_is_loopback("127.0.0.1.evil.example"));
}

static void decodes(void **state)
{
	static const struct {
		const char *text;
		bool plus;
		const char *want;
	} cases[] = {
		{"/a%20b", false, "/a b"},    {"/a+b", false, "/a+b"}, {"a+b%2Bc", true, "a b+c"},
		{"%c3%a9", true, "\xc3\xa9"}, {"%2e%2E", false, ".."}, {"a%2fb", true, "a/b"},
		{"/a%2fb", false, NULL},      {"%00", true, NULL},     {"%0a", true, NULL},
		{"%7f", true, NULL},	      {"%", true, NULL},       {"%4", true, NULL},
		{"%4g", true, NULL},	      {"%-1", true, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[32];
		int r;

		snprintf(text, sizeof(text), "%s", cases[i].text);
		r = fb_guard_decode(text, cases[i].plus);
		assert_int_equal(r, cases[i].want ? 0 : -EINVAL);
		if (!r)
			assert_string_equal(text, cases[i].want);
	}
}

static void knows_odd_paths(void **state)
{
	static const char *const odd[] = {"//",	   "/a//b", "/a/",  "/..",  "/../a",
					  "/a/..", "/./a",  "/a/.", "/a\\b"};
	static const char *const even[] = {"/", "/a", "/a/b", "/a..b", "/...", "/.a"};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		if (!fb_guard_odd_path(odd[i]))
			fail_msg("%s", odd[i]);
	for (size_t i = 0; i < sizeof(even) / sizeof(*even); i++)
		if (fb_guard_odd_path(even[i]))
			fail_msg("%s", even[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_heads),	   cmocka_unit_test(needs_the_whole_head),
		cmocka_unit_test(judges_words),	   cmocka_unit_test(judges_framing),
		cmocka_unit_test(reads_hosts),	   cmocka_unit_test(decodes),
		cmocka_unit_test(knows_odd_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
