/* SPDX-License-Identifier: BSD-2-Clause */
// link: store past flow util
/* What others do to the file under the writer, and who may read it. */
#include "unit/keeping.h"

#include <sys/stat.h>

static void path_of(const struct keeping *keeping, const char *suffix, char path[static 300])
{
	snprintf(path, 300, "%s/" FB_HISTORY_NAME "%s", keeping->folder, suffix);
}

static void write_letter(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs("a letter to somebody, and no database", file);
	fclose(file);
}

static void flow_ends(struct keeping *keeping, uint64_t born)
{
	keeping_begin(keeping, 0, born);
	keeping_move(keeping, 0, FB_UP, 100);
	keeping_end(keeping, 0);
}

/* The tick that sees it tells of it once, the same tick goes to the new file. */
static void assert_told(struct keeping *keeping, const char *words)
{
	struct fb_historian_state now;

	assert_int_equal(keeping_tick(keeping), -EAGAIN);
	fb_historian_state(keeping->historian, &now);
	if (!strstr(now.error, words))
		fail_msg("%s", now.error);
	assert_false(now.works);
}

static void test_a_file_that_is_taken_away_is_begun_again(void **state)
{
	static const char *const takes[] = {"", "-wal"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct keeping *keeping = keeping_new(8);
		struct fb_historian_state now;
		char path[300];

		flow_ends(keeping, 1);
		keeping_pass(keeping, 3);
		path_of(keeping, takes[i], path);
		assert_int_equal(unlink(path), 0);
		flow_ends(keeping, 2);
		assert_told(keeping,
			    i ? "lost its log of writes: nothing is missing"
			      : "was deleted: 1 rows of flows are lost with it, a new one");
		assert_int_equal(
			fb_historian_tick(keeping->historian, &keeping->fake->snapshot, NULL, 0),
			0);
		assert_int_equal(keeping_ask(keeping, "SELECT count(*) FROM flow"), i ? 2 : 1);
		fb_historian_state(keeping->historian, &now);
		assert_true(now.works);
		assert_int_equal(now.taken_away, !i);
		keeping->fake->snapshot.n_ended = 0;
		keeping_pass(keeping, 3);
		keeping_free(keeping);
	}
}

static void test_another_file_in_its_place_is_judged_as_at_the_start(void **state)
{
	struct keeping *ours = keeping_new(8), *other = keeping_new(8);
	_cleanup_sqldb_ sqlite3 *db = NULL;
	struct fb_historian_state now;
	char path[300], from[300];

	(void)state;
	flow_ends(other, 1);
	keeping_pass(other, 1);
	keeping_close(other);
	path_of(other, "", from);
	assert_int_equal(fb_sql_open(from, SQLITE_OPEN_READWRITE, &db), 0);
	assert_int_equal(fb_sql_run(db, "UPDATE meta SET value = 'another' WHERE key = 'owner'"),
			 0);
	fb_sql_closep(&db);
	flow_ends(ours, 1);
	keeping_pass(ours, 1);
	path_of(ours, "", path);
	assert_int_equal(rename(from, path), 0);
	assert_told(ours, "history of another machine");
	assert_int_equal(keeping_ask(ours, "SELECT count(*) FROM meta WHERE value = 'another'"), 1);
	assert_int_equal(keeping_tick(ours), -EAGAIN);
	assert_int_equal(keeping_ask(ours, "SELECT count(*) FROM flow"), 1);
	assert_int_equal(unlink(path), 0);
	sleep(6); /* it is looked for again after some seconds */
	assert_int_equal(keeping_tick(ours), 0);
	path_of(ours, ".new", from);
	write_letter(from);
	assert_int_equal(rename(from, path), 0);
	assert_told(ours, "history.db.old-1");
	assert_int_equal(keeping_tick(ours), 0);
	fb_historian_state(ours->historian, &now);
	assert_int_equal(now.taken_away, 2);
	keeping_open(other);
	keeping_free(other);
	keeping_free(ours);
}

static void test_nobody_else_may_read_it(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	const mode_t before = umask(0);
	struct keeping *keeping = keeping_new(8);
	char path[300];
	struct stat st;

	(void)state;
	for (int round = 0; round < 2; round++) {
		flow_ends(keeping, 1);
		keeping_pass(keeping, 1);
		for (int i = 0; i < 3; i++) {
			path_of(keeping, suffixes[i], path);
			assert_int_equal(stat(path, &st), 0);
			assert_int_equal(st.st_mode & 0777, 0600);
		}
		keeping_close(keeping);
		path_of(keeping, "", path);
		assert_int_equal(chmod(path, 0666), 0);
		keeping_open(keeping);
	}
	umask(before);
	keeping_free(keeping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_that_is_taken_away_is_begun_again),
		cmocka_unit_test(test_another_file_in_its_place_is_judged_as_at_the_start),
		cmocka_unit_test(test_nobody_else_may_read_it),
	};

	return cmocka_run_group_tests_name("historyfile", tests, NULL, NULL);
}
