/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past flow util
/*
 * A writer of the history is killed 200 times at random moments, three of four while it writes and
 * takes away what is too much, else while it opens: the file is whole each time, and has the last
 * end that was told as written.
 */
#include "unit/keeping.h"

#include <signal.h>
#include <sys/wait.h>

#define KILLS	200
#define ENDS	40 /* a tick */
#define MOST_US 25000

/* Tells by the pipe which flow was written last. */
static void write_until_killed(struct keeping *keeping, int pipe, uint64_t born)
{
	keeping_open(keeping);
	for (;;) {
		for (uint32_t i = 0; i < ENDS; i++) {
			keeping_begin(keeping, i, born++);
			keeping_move(keeping, i, FB_UP, 100);
			keeping_end(keeping, i);
		}
		keeping_pass(keeping, 1);
		born--;
		if (write(pipe, &born, sizeof(born)) != sizeof(born))
			_exit(2);
		born++;
	}
}

/* At once, or where it is to write. Returns the last flow that it told of; 0: of none. */
static uint64_t run_and_kill(struct keeping *keeping, uint64_t born, bool writes, unsigned int us)
{
	uint64_t last = 0;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		write_until_killed(keeping, ends[1], born);
	}
	close(ends[1]);
	if (writes)
		assert_int_equal(read(ends[0], &last, sizeof(last)), sizeof(last));
	usleep(us);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(ends[0], &born, sizeof(born)) == sizeof(born))
		last = born;
	close(ends[0]);
	return last;
}

static void check(struct keeping *keeping, uint64_t last)
{
	char sql[100];

	assert_int_equal(
		keeping_ask(keeping,
			    "SELECT integrity_check = 'ok' FROM pragma_integrity_check LIMIT 1"),
		1);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM flow WHERE id >> 26 = %llu",
		 (unsigned long long)last);
	assert_int_equal(keeping_ask(keeping, sql), last ? 1 : 0);
}

static void test_kills(void **state)
{
	struct keeping *keeping = keeping_new(ENDS);
	unsigned int seed = 20261129, wrote = 0;
	uint64_t born = 1, last;

	(void)state;
	keeping_close(keeping);
	keeping->limits.bytes = 1 << 20;
	for (int i = 0; i < KILLS; i++) {
		last = run_and_kill(keeping, born, i % 4, (unsigned int)rand_r(&seed) % MOST_US);
		check(keeping, last);
		wrote += last != 0;
		born += 100000;
	}
	print_message("# %u of %u wrote before they were killed\n", wrote, KILLS);
	assert_true(wrote >= KILLS * 3 / 4);
	keeping_open(keeping);
	assert_string_equal(keeping->why.text, "");
	keeping_free(keeping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kills)};

	return cmocka_run_group_tests_name("historykill", tests, NULL, NULL);
}
