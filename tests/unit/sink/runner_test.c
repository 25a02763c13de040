/* SPDX-License-Identifier: BSD-2-Clause */
/* A command gets what it is given and no more, and says how it ended, whatever it does. */
// link: sink kernel util
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink/runner.h"

static char folder[] = "/tmp/runner.XXXXXX", program[64], out[64];

static void write_program(const char *text, mode_t mode)
{
	FILE *file;

	unlink(program);
	file = fopen(program, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	fclose(file);
	assert_int_equal(chmod(program, mode), 0);
}

static const char *read_out(void)
{
	static char text[4096];
	FILE *file = fopen(out, "r");
	const size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[n] = '\0';
	return text;
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chmod(folder, 0777))
		return -1;
	snprintf(program, sizeof(program), "%s/program", folder);
	snprintf(out, sizeof(out), "%s/out", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(program);
	unlink(out);
	return rmdir(folder);
}

static int start(struct fb_runner *runner, struct fb_why *why)
{
	char *argv[] = {program, out, "a \"b'; $(id)", NULL};

	return fb_runner_start(argv, NULL, runner, why);
}

static int run(const char *text, const char *input, struct fb_why *why)
{
	struct fb_runner runner = {.fd = -1};
	int r;

	write_program(text, 0755);
	assert_int_equal(start(&runner, why), 0);
	r = fb_runner_run(&runner, input, strlen(input), why);
	fb_runner_stop(&runner);
	return r;
}

static void reads_what_it_is_told(void **state)
{
	struct fb_why why;

	(void)state;
	assert_int_equal(run("cat >\"$1\"; echo \"$#|$2\" >>\"$1\"", "{\"a\":1}\n", &why), 0);
	assert_string_equal(read_out(), "{\"a\":1}\n2|a \"b'; $(id)\n");
	unlink(out);
}

/* Nobody, with no environment, no descriptor, no way to more rights. */
static void has_no_rights(void **state)
{
	struct fb_why why;
	const int leak = open("/etc/passwd", O_RDONLY);

	(void)state;
	assert_int_equal(
		run("{ id -un; id -G; env | cut -d= -f1 | sort | tr '\\n' ' '; echo; "
		    "ls /proc/self/fd | tr '\\n' ' '; echo; pwd; "
		    "grep -E '^(NoNewPrivs|CapEff|CapPrm|CapInh):' /proc/self/status; } >\"$1\"",
		    "", &why),
		0);
	if (geteuid() == 0) {
		assert_int_equal(strncmp(read_out(), "nobody\n65534\n", 13), 0);
		assert_non_null(strstr(read_out(), "CapPrm:\t0000000000000000"));
		assert_non_null(strstr(read_out(), "CapEff:\t0000000000000000"));
	}
	assert_non_null(strstr(read_out(), "\nLC_ALL PATH PWD \n0 1 2 3 \n/\n"));
	assert_non_null(strstr(read_out(), "NoNewPrivs:\t1"));
	close(leak);
	unlink(out);
}

static void says_how_it_ended(void **state)
{
	struct fb_why why;

	(void)state;
	assert_int_equal(run("exit 3", "", &why), -EAGAIN);
	assert_string_equal(why.text, "it ended with 3");
	assert_int_equal(run("kill -SEGV $$", "", &why), -EAGAIN);
	assert_string_equal(why.text, "it ended by signal 11");
	/* what it does not read is no matter */
	assert_int_equal(run("sleep 600 & sleep 600", "{}", &why), -ETIMEDOUT);
	assert_string_equal(why.text, "it did not end within 10 s and was killed");
}

static pid_t stray(void)
{
	const pid_t pid = (pid_t)strtol(read_out(), NULL, 10);

	unlink(out);
	return pid;
}

/* Whatever it started, and wherever that hid, is gone when its end is told. */
static void leaves_nothing_behind(void **state)
{
	struct fb_why why;

	(void)state;
	assert_int_equal(run("sleep 600 & echo $! >\"$1\"", "", &why), 0);
	assert_int_equal(kill(stray(), 0), -1);
	assert_int_equal(run("setsid sh -c 'echo $$ >\"$1\"; exec sleep 600' x \"$1\" & "
			     "until [ -s \"$1\" ]; do :; done; exit 4",
			     "", &why),
			 -EAGAIN);
	assert_string_equal(why.text, "it ended with 4");
	assert_int_equal(kill(stray(), 0), -1);
}

/* What the daemon does with signals is no matter of the command's. */
static void has_signals_as_usual(void **state)
{
	const unsigned long long of_libc = 3ull << 31; /* 32 and 33, which nobody else can set */
	unsigned long long blocked, ignored;
	struct fb_why why;
	sigset_t all, before;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run("grep -E '^Sig(Ign|Blk)' /proc/self/status >\"$1\"", "", &why), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sscanf(read_out(), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & ~of_libc, 0);
	unlink(out);
}

/* Of the time of a processor only a command has a bound: its process is there for months. */
static void has_no_end_of_its_own(void **state)
{
	struct fb_why why;
	struct rlimit usual;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CPU, &usual), 0);
	if (usual.rlim_cur != RLIM_INFINITY)
		skip();
	assert_int_equal(
		run("grep '^Max cpu' /proc/$PPID/limits | tr -s ' ' | cut -d' ' -f4 >\"$1\"", "",
		    &why),
		0);
	assert_string_equal(read_out(), "unlimited\n");
	unlink(out);
}

static void goes_on_when_its_program_went(void **state)
{
	struct fb_runner runner = {.fd = -1};
	struct fb_why why;

	(void)state;
	write_program("exit 0", 0755);
	assert_int_equal(start(&runner, &why), 0);
	assert_int_equal(fb_runner_run(&runner, "x", 1, &why), 0);
	unlink(program);
	assert_int_equal(fb_runner_run(&runner, "x", 1, &why), -ENOENT);
	write_program("exit 0", 0755);
	assert_int_equal(fb_runner_run(&runner, "x", 1, &why), 0);
	fb_runner_stop(&runner);
}

static void refuses_what_others_may_write(void **state)
{
	struct fb_runner runner = {.fd = -1};
	struct fb_why why;
	char *argv[] = {"true", NULL};

	(void)state;
	write_program("exit 0", 0777);
	assert_int_equal(start(&runner, &why), -EPERM);
	assert_non_null(strstr(why.text, "may be written by others"));
	write_program("exit 0", 0644);
	assert_int_equal(start(&runner, &why), -EACCES);
	unlink(program);
	assert_int_equal(start(&runner, &why), -ENOENT);
	assert_int_equal(fb_runner_start(argv, NULL, &runner, &why), -EINVAL);
	argv[0] = "/bin/true";
	assert_int_equal(fb_runner_start(argv, "no-such-user", &runner, &why),
			 geteuid() == 0 ? -ENOENT : 0);
	fb_runner_stop(&runner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_is_told),
		cmocka_unit_test(has_no_rights),
		cmocka_unit_test(says_how_it_ended),
		cmocka_unit_test(leaves_nothing_behind),
		cmocka_unit_test(has_signals_as_usual),
		cmocka_unit_test(has_no_end_of_its_own),
		cmocka_unit_test(goes_on_when_its_program_went),
		cmocka_unit_test(refuses_what_others_may_write),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
