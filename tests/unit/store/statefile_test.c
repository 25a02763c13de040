/* SPDX-License-Identifier: BSD-2-Clause */
// link: store util
/* A text that the disk does not take is wanted still, not tried at once, and told once. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/statefile.h"

static char folder_path[] = "/tmp/fb-statefile.XXXXXX";

/* Without its folder "in" there is no place for it. */
static struct fb_statefile file = {.name = "in/text", .about = "a text"};

static int write_some(int folder)
{
	return fb_statefile_write(&file, folder, strdup("some\n"), 5);
}

static void wait_written(void)
{
	while (file.writing && !atomic_load(&file.written))
		usleep(1000);
}

static void refused_waits(void **state)
{
	const int folder = open(folder_path, O_RDONLY | O_DIRECTORY);
	bool unsaved = false;

	(void)state;
	assert_true(fb_statefile_is_ready(&file, false, &unsaved));
	assert_int_equal(write_some(folder), 0);
	wait_written();
	assert_false(fb_statefile_is_ready(&file, false, &unsaved));
	assert_true(unsaved);
	unsaved = false;
	assert_false(fb_statefile_is_ready(&file, false, &unsaved)); /* not before its time */
	assert_false(unsaved);
	assert_true(fb_statefile_is_ready(&file, true, &unsaved)); /* a last word goes over that */
	close(folder);
}

static void taken_goes_on(void **state)
{
	const int folder = open(folder_path, O_RDONLY | O_DIRECTORY);
	bool unsaved = false;

	(void)state;
	assert_int_equal(mkdirat(folder, "in", 0700), 0);
	assert_int_equal(write_some(folder), 0);
	wait_written();
	assert_true(fb_statefile_is_ready(&file, false, &unsaved));
	assert_false(unsaved || file.error);
	assert_int_equal(fb_statefile_replace(&file, folder, "other\n", 6), 0);
	assert_int_equal(unlinkat(folder, "in/text", 0), 0);
	assert_int_equal(unlinkat(folder, "in", AT_REMOVEDIR), 0);
	assert_true(fb_statefile_replace(&file, folder, "other\n", 6) < 0);
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_waits),
		cmocka_unit_test(taken_goes_on),
	};
	int r;

	assert_non_null(mkdtemp(folder_path));
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder_path);
	return r;
}
