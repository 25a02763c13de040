/* SPDX-License-Identifier: BSD-2-Clause */
// link: store flow proto util
/* An archive of evidence is read by tar and holds against sha256sum, whatever its files have. */
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
#include <sys/sendfile.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/evidence.h"

static char root[] = "/tmp/flowbpf-evidence-XXXXXX";
static int folder;

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0;
}

static int remove_folder(void **state)
{
	char command[100];

	(void)state;
	close(folder);
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void write_lines(struct fb_evidence *evidence, const char *name, int n)
{
	char line[64];

	assert_int_equal(fb_evidence_begin(evidence, name), 0);
	for (int i = 0; i < n; i++) {
		const int len = snprintf(line, sizeof(line), "{\"n\":%d}\n", i);

		assert_int_equal(fb_evidence_write(evidence, line, (size_t)len), 0);
	}
	assert_int_equal(fb_evidence_end(evidence), 0);
}

static void save(int fd, uint64_t bytes, const char *name)
{
	const int to = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(to >= 0);
	assert_int_equal(sendfile(to, fd, NULL, bytes + 1), bytes);
	close(to);
	close(fd);
}

static void test_others_read_it(void **state)
{
	struct fb_evidence *evidence;
	char command[300];
	uint64_t bytes;
	int fd;

	(void)state;
	assert_int_equal(fb_evidence_new(folder, 1700000000000, &evidence), 0);
	write_lines(evidence, "about.json", 1);
	write_lines(evidence, "flows.ndjson", 200000);
	write_lines(evidence, "windows.ndjson", 0);
	fd = fb_evidence_finish(evidence, &bytes);
	assert_true(fd >= 0);
	fb_evidence_free(evidence);
	save(fd, bytes, "e.tar.gz");
	assert_true(bytes < 1000000);
	snprintf(command, sizeof(command),
		 "cd %s && tar xzf e.tar.gz && sha256sum -c --quiet SHA256SUMS && "
		 "test \"$(wc -l <flows.ndjson)\" = 200000 && test ! -s windows.ndjson && "
		 "test \"$(wc -l <SHA256SUMS)\" = 3 && ! ls *.tmp 2>/dev/null",
		 root);
	assert_int_equal(system(command), 0);
}

/* The same files of the same moment are the same archive. */
static void test_it_is_the_same_each_time(void **state)
{
	char command[100];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct fb_evidence *evidence;
		uint64_t bytes;
		int fd;

		assert_int_equal(fb_evidence_new(folder, 1700000000000 + i, &evidence), 0);
		write_lines(evidence, "flows.ndjson", 100);
		fd = fb_evidence_finish(evidence, &bytes);
		assert_true(fd >= 0);
		fb_evidence_free(evidence);
		save(fd, bytes, i ? "b.tar.gz" : "a.tar.gz");
	}
	snprintf(command, sizeof(command), "cmp %s/a.tar.gz %s/b.tar.gz", root, root);
	assert_int_equal(system(command), 0);
}

static void test_it_has_a_bound(void **state)
{
	struct fb_evidence *evidence;

	(void)state;
	assert_int_equal(fb_evidence_new(folder, 0, &evidence), 0);
	assert_int_equal(fb_evidence_begin(evidence, "flows.ndjson"), 0);
	assert_int_equal(fb_evidence_write(evidence, "", FB_EVIDENCE_BYTES + 1), -EFBIG);
	fb_evidence_free(evidence);
}

static void test_a_folder_that_is_none(void **state)
{
	struct fb_evidence *evidence;

	(void)state;
	assert_int_equal(fb_evidence_new(-1, 0, &evidence), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others_read_it),
		cmocka_unit_test(test_it_is_the_same_each_time),
		cmocka_unit_test(test_it_has_a_bound),
		cmocka_unit_test(test_a_folder_that_is_none),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
