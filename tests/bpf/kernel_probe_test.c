/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/* The doctor's table: complete, in words, and right about a user without rights. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "kernel/probe.h"

struct seen {
	unsigned int n, bad, empty;
	enum fb_probe_state tcx, capabilities, interface;
	int print;
	struct fb_probe conntrack;
};

static void take(void *ctx, const struct fb_probe *probe)
{
	struct seen *seen = ctx;

	if (seen->print)
		print_message("%-20s %-5s %-28s %s%s%s\n", probe->name,
			      fb_probe_state_name(probe->state), probe->value, probe->sentence,
			      probe->fix[0] ? " -> " : "", probe->fix);
	seen->n++;
	seen->bad += probe->state == FB_PROBE_BAD;
	seen->empty += !probe->value[0] || !probe->sentence[0];
	if (strcmp(probe->name, "TCX") == 0)
		seen->tcx = probe->state;
	if (strcmp(probe->name, "capabilities") == 0)
		seen->capabilities = probe->state;
	if (strcmp(probe->name, "conntrack") == 0)
		seen->conntrack = *probe;
	if (strcmp(probe->name, "interface") == 0)
		seen->interface = probe->state;
}

static void test_root(void **state)
{
	struct seen seen = {.print = 1};

	(void)state;
	assert_int_equal(fb_probe_run("lo", take, &seen), 0);
	assert_int_equal(seen.n, 33);
	assert_int_equal(seen.bad, 0);
	assert_int_equal(seen.empty, 0);
	/* Linux 6.1 has none, and works. */
	assert_in_range(seen.tcx, FB_PROBE_OK, FB_PROBE_WARN);
	assert_int_equal(seen.capabilities, FB_PROBE_OK);
}

static void test_no_interface(void **state)
{
	struct seen without = {0}, unknown = {0};

	(void)state;
	fb_probe_run(NULL, take, &without);
	assert_int_equal(without.n, 27);
	assert_int_equal(fb_probe_run("no-such-if", take, &unknown), 1);
	assert_int_equal(unknown.interface, FB_PROBE_BAD);
}

/* The command that a line gives does what the line asks for. */
static void test_fix_of_conntrack(void **state)
{
	struct seen before = {0}, after = {0};

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(system("ip link set lo up"), 0);
	fb_probe_run(NULL, take, &before);
	assert_int_equal(before.conntrack.state, FB_PROBE_WARN);
	assert_int_equal(system(before.conntrack.fix), 0);
	assert_int_equal(system("ping -q -c 1 127.0.0.1 >/dev/null"), 0);
	fb_probe_run(NULL, take, &after);
	assert_int_equal(after.conntrack.state, FB_PROBE_OK);
}

static void test_user_without_rights(void **state)
{
	int status = 0;

	(void)state;
	if (fork() == 0) {
		struct seen seen = {0};

		if (setresuid(65534, 65534, 65534) < 0)
			_exit(1);
		fb_probe_run("lo", take, &seen);
		_exit(seen.n == 33 && seen.capabilities == FB_PROBE_BAD && seen.empty == 0 ? 42
											   : 2);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(WEXITSTATUS(status), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_no_interface),
		cmocka_unit_test(test_user_without_rights),
		cmocka_unit_test(test_fix_of_conntrack),
	};

	if (geteuid() != 0) {
		print_message("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
