/* SPDX-License-Identifier: BSD-2-Clause */
// link: store util
/* A key in a folder: made once, its owner's alone, and no other file is taken for it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/keyfile.h"

#define NAME "some.key"
#define SIZE 32

static char path[] = "/tmp/flowbpf-keyfile.XXXXXX";
static int folder;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(path))
		return -1;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlinkat(folder, NAME, 0);
	close(folder);
	return rmdir(path);
}

static void made_once(void **state)
{
	uint8_t first[SIZE] = {0}, again[SIZE], none[SIZE] = {0};
	struct fb_why why;
	struct stat st;

	(void)state;
	assert_int_equal(fb_keyfile_open(folder, NAME, first, SIZE, &why), 0);
	assert_memory_not_equal(first, none, SIZE);
	assert_int_equal(fstatat(folder, NAME, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, SIZE);
	assert_int_equal(fb_keyfile_open(folder, NAME, again, SIZE, &why), 0);
	assert_memory_equal(first, again, SIZE);
	/* without a folder: of this run */
	assert_int_equal(fb_keyfile_open(-1, NAME, again, SIZE, &why), 0);
	assert_memory_not_equal(first, again, SIZE);
}

static void others_may_not_read_it(void **state)
{
	uint8_t key[SIZE];
	struct fb_why why;

	(void)state;
	assert_int_equal(fchmodat(folder, NAME, 0640, 0), 0);
	assert_int_equal(fb_keyfile_open(folder, NAME, key, SIZE, &why), -EPERM);
	assert_non_null(strstr(why.text, "chmod 600"));
	assert_int_equal(fchmodat(folder, NAME, 0600, 0), 0);
	assert_int_equal(fb_keyfile_open(folder, NAME, key, SIZE, &why), 0);
}

static void another_file_is_no_key(void **state)
{
	uint8_t key[SIZE];
	struct fb_why why;
	int fd = openat(folder, NAME, O_WRONLY | O_APPEND | O_CLOEXEC);

	(void)state;
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(fb_keyfile_open(folder, NAME, key, SIZE, &why), -EINVAL);
	assert_int_equal(unlinkat(folder, NAME, 0), 0);
	assert_int_equal(symlinkat("/dev/zero", folder, NAME), 0);
	assert_int_equal(fb_keyfile_open(folder, NAME, key, SIZE, &why), -ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_once),
		cmocka_unit_test(others_may_not_read_it),
		cmocka_unit_test(another_file_is_no_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
