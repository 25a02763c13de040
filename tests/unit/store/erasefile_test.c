/* SPDX-License-Identifier: BSD-2-Clause */
// link: store flow util
/* Who is to be erased: on the disk, for nobody else to read, until it is through. */
#include <errno.h>
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

#include "store/erasefile.h"
#include "util/addr.h"

static char path[] = "/tmp/flowbpf-erasefile-XXXXXX";
static int folder;

static int open_folder(void **state)
{
	(void)state;
	folder = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return folder < 0 ? -1 : 0;
}

static int close_folder(void **state)
{
	(void)state;
	unlinkat(folder, "erasure", 0);
	unlinkat(folder, "erasure.old", 0);
	close(folder);
	return rmdir(path);
}

static struct fb_person anna(void)
{
	struct fb_person who = {.has_mac = true, .mac = {2, 0, 0, 0, 0, 9}};
	static const char *const texts[] = {"10.0.0.9", "fd00::9"};

	for (size_t i = 0; i < 2; i++) {
		uint8_t addr[16], family;

		assert_int_equal(fb_addr_parse(texts[i], addr, &family), 0);
		assert_true(fb_person_add_addr(&who, addr, family));
	}
	fb_person_add_name(&who, "Anna's phone, the old one");
	fb_person_add_name(&who, "annas-phone");
	return who;
}

static void test_it_is_as_it_was(void **state)
{
	const struct fb_person who = anna();
	struct fb_why why = {""};
	struct fb_person read;
	struct stat st;

	(void)state;
	assert_int_equal(fb_erasefile_load(folder, &read, &why), -ENOENT);
	assert_string_equal(why.text, "");
	assert_int_equal(fb_erasefile_keep(folder, &who), 0);
	assert_int_equal(fstatat(folder, "erasure", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fb_erasefile_load(folder, &read, &why), 0);
	assert_memory_equal(&read, &who, sizeof(who));
}

/* A second name of the file shows what became of its bytes. */
static void test_no_byte_of_it_is_left(void **state)
{
	const struct fb_person who = anna();
	char bytes[512] = "";
	int fd;

	(void)state;
	assert_int_equal(fb_erasefile_keep(folder, &who), 0);
	fd = openat(folder, "erasure", O_RDONLY | O_CLOEXEC);
	assert_true(pread(fd, bytes, sizeof(bytes), 0) > 0);
	assert_non_null(memmem(bytes, sizeof(bytes), "10.0.0.9", 8));
	assert_int_equal(fb_erasefile_drop(folder), 0);
	assert_int_equal(faccessat(folder, "erasure", F_OK, 0), -1);
	assert_true(pread(fd, bytes, sizeof(bytes), 0) > 0);
	close(fd);
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(fb_erasefile_drop(folder), 0);
}

static void test_what_is_torn_is_not_taken(void **state)
{
	static const char *const texts[] = {
		"flowbpf erasure 1\naddr 10.0.0.9\n", "flowbpf erasure 1\naddr 10.0.0\nend 1\n",
		"flowbpf erasure 1\nnom anna\nend 1\n", "flowbpf erasure 9\nend 0\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int fd = openat(folder, "erasure", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		struct fb_why why = {""};
		struct fb_person read;

		assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
		close(fd);
		assert_true(fb_erasefile_load(folder, &read, &why) < 0);
		assert_non_null(strstr(why.text, "erasure.old"));
		assert_int_equal(fb_erasefile_load(folder, &read, &why), -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_as_it_was),
		cmocka_unit_test(test_no_byte_of_it_is_left),
		cmocka_unit_test(test_what_is_torn_is_not_taken),
	};

	return cmocka_run_group_tests(tests, open_folder, close_folder);
}
