// link: cli util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of HTTP answers, fed in pieces of every size, and framing that lies. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/body.h"
#include "util/buf.h"

static int add(void *ctx, const char *data, size_t len)
{
	fb_buf_add(ctx, data, len);
	return 0;
}

/* Feed `wire` in pieces of `step` bytes; 0 or an error, and what came out in `out`. */
static int feed(const char *head, const char *wire, size_t step, struct fb_buf *out, bool *ret_done)
{
	struct fb_body body;
	unsigned int status;
	size_t len = strlen(wire);
	int r = fb_body_init(&body, head, strlen(head), &status);

	for (size_t at = 0; !r && at < len; at += step)
		r = fb_body_feed(&body, wire + at, step < len - at ? step : len - at, add, out);
	*ret_done = body.done;
	return r;
}

#define OK "HTTP/1.1 200 OK\r\n"

static void comes_out(const char *head, const char *wire, const char *want, bool want_done)
{
	for (size_t step = 1; step <= strlen(wire); step++) {
		_cleanup_buf_ struct fb_buf out = FB_BUF_INIT;
		bool done;

		assert_int_equal(feed(head, wire, step, &out, &done), 0);
		fb_buf_addc(&out, '\0');
		assert_string_equal(out.data, want);
		assert_int_equal(done, want_done);
	}
}

static void test_framing(void **state)
{
	static const char chunked[] = OK "x: y\r\nTRANSFER-encoding:  chunked \r\n\r\n";

	(void)state;
	comes_out(OK "Content-Length: 5\r\n\r\n", "helloextra", "hello", true);
	comes_out(OK "Content-Length: 5\r\n\r\n", "hell", "hell", false);
	comes_out(OK "\r\n", "until the end", "until the end", false);
	comes_out(chunked, "5\r\nhello\r\n0A;ext=1\r\n, chunked!\r\n0\r\n\r\n", "hello, chunked!",
		  true);
	comes_out(chunked, "1\r\na\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", "a", true);
	comes_out(chunked, "5\r\nhel", "hel", false);
}

static void test_lies(void **state)
{
	static const char chunked[] = OK "Transfer-Encoding: chunked\r\n\r\n";
	struct fb_body body;
	unsigned int status;

	(void)state;
	for (const char **bad = (const char *[]){"x\r\n", "\r\n", "-1\r\n", "11111111111111111\r\n",
						 "5\r\nhelloX", NULL};
	     *bad; bad++) {
		_cleanup_buf_ struct fb_buf out = FB_BUF_INIT;
		bool done;

		assert_int_equal(feed(chunked, *bad, 1, &out, &done), -EPROTO);
	}
	for (const char **bad =
		     (const char *[]){"", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 99  x\r\n\r\n",
				      "HTTP/1.1 xyz OK\r\n\r\n", OK "Content-Length: 5x\r\n\r\n",
				      OK "Content-Length: -5\r\n\r\n",
				      OK "Transfer-Encoding: gzip\r\n\r\n", NULL};
	     *bad; bad++)
		assert_int_equal(fb_body_init(&body, *bad, strlen(*bad), &status), -EPROTO);
	assert_int_equal(fb_body_init(&body, "HTTP/1.1 204 x\r\n\r\n", 18, &status), 0);
	assert_int_equal(status, 204);
	assert_true(body.done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_framing),
		cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
