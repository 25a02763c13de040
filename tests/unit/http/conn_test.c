// link: http util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines of connections: who is late is cut, who is not is not. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/conn.h"

static struct fb_conns conns;
static struct fb_conn *conn;
static int ends[2];

static int set_up(void **state)
{
	(void)state;
	fb_conns_init(&conns);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return -1;
	conn = fb_conn_new(&conns, ends[0], false);
	return conn ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fb_conns_fini(&conns);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void cuts_who_is_late(void **state)
{
	char byte;

	(void)state;
	conn->since_ms -= 11000;
	fb_conn_sent(conn, 256 * 1024); /* four seconds' worth */
	fb_conns_sweep(&conns);
	assert_false(fb_conn_is_cut(conn));
	fb_conn_phase(conn, FB_PHASE_REPLY);
	conn->since_ms -= 11000;
	fb_conns_sweep(&conns);
	assert_true(fb_conn_is_cut(conn));
	assert_int_equal(conns.deadlines, 1);
	assert_int_equal(read(ends[1], &byte, 1), 0);
	fb_conns_sweep(&conns);
	fb_conn_timed_out(conn);
	assert_int_equal(conns.deadlines, 1);
}

static void lets_streams_be(void **state)
{
	(void)state;
	fb_conn_phase(conn, FB_PHASE_STREAM);
	conn->since_ms -= 3600000;
	fb_conns_sweep(&conns);
	assert_false(fb_conn_is_cut(conn));
}

static void *sweep(void *ctx)
{
	fb_conns_sweep(ctx);
	return NULL;
}

/* A phase that begins while the sweep waits for the lock is younger than the sweep. */
static void spares_who_has_just_begun(void **state)
{
	pthread_t thread;

	(void)state;
	pthread_mutex_lock(&conns.lock);
	assert_int_equal(pthread_create(&thread, NULL, sweep, &conns), 0);
	usleep(100000);
	conn->since_ms = fb_conn_now_ms();
	pthread_mutex_unlock(&conns.lock);
	pthread_join(thread, NULL);
	assert_false(fb_conn_is_cut(conn));
	assert_int_equal(conns.deadlines, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cuts_who_is_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lets_streams_be, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spares_who_has_just_begun, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
