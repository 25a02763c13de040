/* SPDX-License-Identifier: BSD-2-Clause */
// link: http util
/* Which connections are local, asked of the sockets themselves; versions of the HTTP library. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/conn.h"
#include "http/library.h"

static void unix_sockets_are_local(void **state)
{
	struct fb_conns conns;
	struct fb_conn *conn;
	int pair[2];

	(void)state;
	fb_conns_init(&conns);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	conn = fb_conn_new(&conns, pair[0], true);
	assert_non_null(conn);
	assert_true(conn->local);
	assert_false(conn->tls);
	fb_conns_fini(&conns);
	close(pair[0]);
	close(pair[1]);
}

static void others_are_not(void **state)
{
	const int families[] = {AF_INET, AF_INET6};
	struct fb_conns conns;

	(void)state;
	fb_conns_init(&conns);
	for (int i = 0; i < 2; i++) {
		int fd = socket(families[i], SOCK_STREAM, 0);
		struct fb_conn *conn = fb_conn_new(&conns, fd, i == 0);

		assert_non_null(conn);
		assert_false(conn->local);
		assert_int_equal(conn->tls, i == 0);
		close(fd);
	}
	assert_int_equal(conns.n, 2);
	assert_non_null(fb_conn_new(&conns, -1, false));
	assert_false(conns.first->local); /* what cannot be asked has no rights */
	fb_conns_fini(&conns);
}

static void versions_compare_by_number(void **state)
{
	(void)state;
	assert_false(fb_library_at_least("0.9.76", 0, 9, 77));
	assert_false(fb_library_at_least("0.9.8", 0, 9, 77));
	assert_false(fb_library_at_least("0.8.100", 0, 9, 77));
	assert_true(fb_library_at_least("0.9.77", 0, 9, 77));
	assert_true(fb_library_at_least("0.9.100", 0, 9, 77));
	assert_true(fb_library_at_least("0.10.0", 0, 9, 77));
	assert_true(fb_library_at_least("1.0", 0, 9, 77));
	assert_true(fb_library_at_least("1.0.1", 0, 9, 77));
	assert_true(fb_library_at_least("10.0.1-rc1", 0, 9, 77));
	assert_false(fb_library_at_least("", 0, 9, 77));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unix_sockets_are_local),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(versions_compare_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
