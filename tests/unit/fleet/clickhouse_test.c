/* SPDX-License-Identifier: BSD-2-Clause */
// link: fleet fetch sink util
/*
 * What becomes of a batch by what a server answers: a peer of the test's own says what no server
 * says on demand. Servers that are away, another one that takes it, with the same bytes each time.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/clickhouse.h"

/* --- the peer --------------------------------------------------------------------------------- */

struct peer {
	int listener;
	uint16_t port;
	pthread_t thread;
	unsigned int status, code; /* of inserts; status 0: it hangs up in mid-answer */
	char request[8192];	   /* the last insert, head and body */
	size_t len;
	unsigned int inserts;
};

static bool is_whole(const struct peer *peer)
{
	const char *body = memmem(peer->request, peer->len, "\r\n\r\n", 4);
	const char *length = memmem(peer->request, peer->len, "Content-Length: ", 16);

	return body && length &&
	       peer->len - (size_t)(body + 4 - peer->request) >= strtoul(length + 16, NULL, 10);
}

static void answer(struct peer *peer, int fd)
{
	const bool insert = memmem(peer->request, peer->len, "INSERT", 6) != NULL;
	char body[128] = "18.16.1\n", head[200];

	if (insert && !peer->status)
		return;
	if (insert && peer->code)
		snprintf(body, sizeof(body), "Code: %u, e.displayText() = DB::Exception: so it is",
			 peer->code);
	snprintf(head, sizeof(head), "HTTP/1.1 %u x\r\nContent-Length: %zu\r\n\r\n%s",
		 insert ? peer->status : 200, strlen(body), body);
	(void)!write(fd, head, strlen(head));
	peer->inserts += insert;
}

static void *serve(void *ctx)
{
	struct peer *peer = ctx;
	int fd;

	while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
		ssize_t n;

		peer->len = 0;
		do {
			n = read(fd, peer->request + peer->len, sizeof(peer->request) - peer->len);
			peer->len += n > 0 ? (size_t)n : 0;
		} while (n > 0 && !is_whole(peer));
		answer(peer, fd);
		close(fd);
	}
	return NULL;
}

static void peer_start(struct peer *peer, unsigned int status, unsigned int code)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	*peer = (struct peer){.status = status, .code = code};
	peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(peer->listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(peer->listener, 8), 0);
	assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&at, &len), 0);
	peer->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

static void peer_stop(struct peer *peer)
{
	shutdown(peer->listener, SHUT_RDWR);
	pthread_join(peer->thread, NULL);
	close(peer->listener);
}

/* --- tests ------------------------------------------------------------------------------------ */

static const struct fb_clickhouse_insert insert = {
	.into = "flows_local (a,b)", .id = 0xabcdef, .data = "x\0y", .len = 3};

static enum fb_outlet_end insert_into(uint16_t port, struct fb_why *why)
{
	struct fb_clickhouse *clickhouse;
	struct fb_clickhouse_opts opts = {0};
	enum fb_outlet_end end;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/net", port);
	opts.urls = url;
	assert_int_equal(fb_clickhouse_new(&opts, &clickhouse, why), 0);
	assert_string_equal(fb_clickhouse_database(clickhouse), "net");
	end = fb_clickhouse_insert(clickhouse, &insert, why);
	fb_clickhouse_free(clickhouse);
	return end;
}

static void test_answers(void **state)
{
	static const struct {
		unsigned int status, code;
		enum fb_outlet_end end;
		const char *why;
	} cases[] = {
		{200, 0, FB_OUTLET_TAKEN, ""},
		{400, 0, FB_OUTLET_REFUSED, "answers 400"},
		{400, 27, FB_OUTLET_REFUSED, "so it is"},
		{500, 33, FB_OUTLET_REFUSED, "so it is"},
		{404, 60, FB_OUTLET_NOT_NOW, "flowbpf fleet init"},
		{400, 16, FB_OUTLET_NOT_NOW, "flowbpf fleet init"},
		{401, 193, FB_OUTLET_NOT_NOW, "--clickhouse-login"},
		{403, 516, FB_OUTLET_NOT_NOW, "--clickhouse-login"},
		{500, 242, FB_OUTLET_NOT_NOW, "so it is"},
		{500, 252, FB_OUTLET_NOT_NOW, "so it is"},
		{429, 0, FB_OUTLET_NOT_NOW, "answers 429"},
		{500, 216, FB_OUTLET_UNSURE, "so it is"}, /* it still works at it */
		{502, 0, FB_OUTLET_UNSURE, "answers 502"},
		{0, 0, FB_OUTLET_UNSURE, "127.0.0.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_why why = {""};
		struct peer peer;

		peer_start(&peer, cases[i].status, cases[i].code);
		assert_int_equal(insert_into(peer.port, &why), cases[i].end);
		peer_stop(&peer);
		if (!strstr(why.text, cases[i].why))
			fail_msg("%u %u: %s", cases[i].status, cases[i].code, why.text);
	}
}

static bool has(const struct peer *peer, const char *text)
{
	return memmem(peer->request, peer->len, text, strlen(text)) != NULL;
}

static void test_request(void **state)
{
	struct fb_why why = {""};
	struct peer peer;

	(void)state;
	peer_start(&peer, 200, 0);
	assert_int_equal(insert_into(peer.port, &why), FB_OUTLET_TAKEN);
	peer_stop(&peer);
	assert_true(has(&peer, "POST /?query_id=flowbpf-0000000000abcdef&query=INSERT%20INTO%20net."
			       "flows_local%20(a,b)%20FORMAT%20RowBinary HTTP/1.1\r\n"));
	assert_true(has(&peer, "Content-Encoding: gzip\r\n"));
	assert_false(has(&peer, "X-ClickHouse-User"));
	assert_memory_equal(peer.request + peer.len - 7, "\r\n\r\nx\0y", 7);
}

/* One that is away, then one that is there. */
static void test_failover(void **state)
{
	struct fb_clickhouse *clickhouse;
	struct fb_clickhouse_opts opts = {0};
	struct peer away, there;
	struct fb_why why = {""};
	char urls[128];

	(void)state;
	peer_start(&away, 200, 0);
	peer_start(&there, 200, 0);
	snprintf(urls, sizeof(urls), "http://127.0.0.1:%u,http://127.0.0.1:%u", away.port,
		 there.port);
	peer_stop(&away);
	opts.urls = urls;
	assert_int_equal(fb_clickhouse_new(&opts, &clickhouse, &why), 0);
	assert_int_equal(fb_clickhouse_n(clickhouse), 2);
	assert_int_equal(fb_clickhouse_insert(clickhouse, &insert, &why), FB_OUTLET_NOT_NOW);
	fb_clickhouse_next(clickhouse);
	assert_int_equal(fb_clickhouse_insert(clickhouse, &insert, &why), FB_OUTLET_TAKEN);
	assert_int_equal(there.inserts, 1);
	fb_clickhouse_next(clickhouse);
	assert_int_equal(fb_clickhouse_insert(clickhouse, &insert, &why), FB_OUTLET_NOT_NOW);
	fb_clickhouse_free(clickhouse);
	peer_stop(&there);
}

static void test_login(void **state)
{
	struct fb_clickhouse *clickhouse;
	char path[] = "/tmp/clickhouse-login.XXXXXX", url[64];
	const int fd = mkstemp(path);
	struct fb_clickhouse_opts opts = {.urls = url, .login = path};
	struct fb_why why = {""};
	struct peer peer;

	(void)state;
	peer_start(&peer, 200, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer.port);
	assert_int_equal(write(fd, "who\nsecret\n", 11), 11);
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_true(fb_clickhouse_new(&opts, &clickhouse, &why) < 0);
	assert_non_null(strstr(why.text, "chmod 600"));
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(fb_clickhouse_new(&opts, &clickhouse, &why), 0);
	assert_int_equal(fb_clickhouse_insert(clickhouse, &insert, &why), FB_OUTLET_TAKEN);
	fb_clickhouse_free(clickhouse);
	peer_stop(&peer);
	assert_true(has(&peer, "X-ClickHouse-User: who\r\n"));
	assert_true(has(&peer, "X-ClickHouse-Key: secret\r\n"));
	/* a header that goes on in the next one */
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, "w\ro\nx", 5, 0), 5);
	assert_int_equal(fb_clickhouse_new(&opts, &clickhouse, &why), 0);
	fb_clickhouse_free(clickhouse);
	assert_int_equal(pwrite(fd, "w o\nx", 5, 0), 5);
	assert_true(fb_clickhouse_new(&opts, &clickhouse, &why) < 0);
	close(fd);
	unlink(path);
}

static void test_urls(void **state)
{
	static const char *const wrong[] = {
		"",
		"ch",
		"ftp://ch:1",
		"http://u:p@ch:1",
		"http://",
		"http://:8123",
		"http://ch:0",
		"http://ch:99999",
		"http://[::1]:x",
		"http://ch:1/a b",
		"http://ch:1/d23456789d123456789d123456789d123456789d123456789d123456789d1234",
		"http://ch:1/1a",
		"http://ch:1/a;b",
		"http://ch:1/a/b",
		"http://ch:1?x",
		"http://a,http://b,http://c,http://d,http://e,http://f,http://g,http://h,http://i",
	};
	struct fb_clickhouse *clickhouse;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const struct fb_clickhouse_opts opts = {.urls = wrong[i]};
		struct fb_why why = {""};

		if (fb_clickhouse_new(&opts, &clickhouse, &why) >= 0 || !*why.text)
			fail_msg("%s", wrong[i]);
		assert_null(strstr(why.text, "u:p@"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),	 cmocka_unit_test(test_request),
		cmocka_unit_test(test_failover), cmocka_unit_test(test_login),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
