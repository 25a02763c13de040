/* SPDX-License-Identifier: BSD-2-Clause */
// link: store proto util
/* The record of acts: its chain over files and runs, and that no way to tamper with it is missed.
 */
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

#include "proto/crypto.h"
#include "store/auditcheck.h"
#include "store/auditfiles.h"
#include "store/auditlog.h"
#include "util/cleanup.h"
#include "util/file.h"

#define BIG 1000000

static char path[64];
static int folder = -1;

static int fresh(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/flowbpf-audit-XXXXXX");
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
	return folder < 0;
}

static int gone(void **state)
{
	char file[200];
	struct fb_auditfiles files;
	char name[FB_AUDIT_ROTATED_NAME];

	(void)state;
	fb_auditfiles_list(folder, &files);
	for (unsigned int i = 0; i < files.n; i++) {
		fb_auditfiles_name(files.first[i], name);
		unlinkat(folder, name, 0);
	}
	unlinkat(folder, FB_AUDIT_NAME, 0);
	unlinkat(folder, FB_AUDIT_HEAD, 0);
	snprintf(file, sizeof(file), "%s/elsewhere", path);
	unlink(file);
	close(folder);
	return rmdir(path);
}

/* A run of the daemon that records `n` acts; what it said at its start. */
static const char *record(unsigned int n, size_t file_max)
{
	static struct fb_why why;
	struct fb_auditlog log;

	why.text[0] = '\0';
	assert_true(fb_auditlog_open(&log, folder, file_max, &why) >= 0);
	for (unsigned int i = 0; i < n; i++) {
		_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
		char object[80];

		snprintf(object, sizeof(object), "{\"act\":\"forget\",\"reason\":\"the %u. one\"}",
			 i);
		assert_int_equal(fb_auditlog_add(&log, object, &line), 0);
		assert_int_equal(fb_auditlog_flush(&log), 0);
	}
	fb_auditlog_close(&log);
	return why.text;
}

/* "" or what is wrong first. */
static const char *verify(void)
{
	static struct fb_auditcheck check;
	static struct fb_audit_head head;
	const int r = fb_auditcheck_head(folder, &head);
	bool whole;

	fb_auditcheck_begin(&check, r == 0 ? &head : NULL);
	whole = fb_auditcheck_folder(&check, folder);
	assert_int_equal(whole, !*check.broken.text);
	return check.broken.text;
}

static char *slurp(const char *name, size_t *len)
{
	char *text;
	const int fd = openat(folder, name, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fb_file_read(fd, BIG, &text, len), 0);
	close(fd);
	return text;
}

static void spit(const char *name, const char *text, size_t len)
{
	const int fd = openat(folder, name, O_WRONLY | O_TRUNC | O_CREAT, 0600);

	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

/* Where line `n` of a text begins, from 0. */
static char *line_of(char *text, unsigned int n)
{
	while (n--)
		text = strchr(text, '\n') + 1;
	return text;
}

static void test_chain(void **state)
{
	_cleanup_free_ char *text = NULL;
	uint8_t digest[FB_SHA256_LEN];
	char hex[65], *second;
	size_t len;

	(void)state;
	assert_string_equal(record(2, BIG), "");
	assert_string_equal(record(2, BIG), "");
	assert_string_equal(verify(), "");
	text = slurp(FB_AUDIT_NAME, &len);
	second = line_of(text, 1);
	fb_sha256(text, (size_t)(second - text - 1), digest); /* as sha256sum would */
	for (unsigned int i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_memory_equal(second, "{\"seq\":2,\"prev\":\"", 17);
	assert_memory_equal(second + 17, hex, 64);
	assert_memory_equal(line_of(text, 3), "{\"seq\":4,", 9);
}

/* Each byte of the record, and of its head. */
static void test_each_byte(void **state)
{
	static const char *const files[] = {FB_AUDIT_NAME, FB_AUDIT_HEAD};

	(void)state;
	record(5, BIG);
	for (unsigned int f = 0; f < 2; f++) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		text = slurp(files[f], &len);
		for (size_t i = 0; i < len; i++) {
			text[i] ^= 1;
			spit(files[f], text, len);
			/* a head that is none is told by who asks for it; as none it vouches for
			 * nothing */
			if (f == 0)
				assert_string_not_equal(verify(), "");
			else if (fb_auditcheck_head(folder, &(struct fb_audit_head){0}) == 0 &&
				 i < len - 3) /* "first" may be less than is there */
				assert_string_not_equal(verify(), "");
			text[i] ^= 1;
		}
		spit(files[f], text, len);
		assert_string_equal(verify(), "");
	}
}

static void test_names_what_was_changed(void **state)
{
	_cleanup_free_ char *text = NULL;
	char wanted[120];
	size_t len;

	(void)state;
	record(6, BIG);
	text = slurp(FB_AUDIT_NAME, &len);
	for (unsigned int n = 0; n < 6; n++) {
		char *at = strstr(line_of(text, n), "the ") + 1;

		*at = 'H';
		spit(FB_AUDIT_NAME, text, len);
		snprintf(wanted, sizeof(wanted), "audit.ndjson:%u: line %u %s", n + 1, n + 1,
			 n < 5 ? "was changed" : "is another than the head tells");
		assert_string_equal(verify(), wanted);
		*at = 'h';
	}
}

static void cut(const char *text, size_t len, unsigned int from, unsigned int n)
{
	_cleanup_free_ char *copy = strndup(text, len);
	char *start = line_of(copy, from), *end = line_of(start, n);

	memmove(start, end, strlen(end) + 1);
	spit(FB_AUDIT_NAME, copy, strlen(copy));
}

static void test_lines_cut_out(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	(void)state;
	record(6, BIG);
	text = slurp(FB_AUDIT_NAME, &len);
	cut(text, len, 0, 1);
	assert_string_equal(verify(),
			    "audit.ndjson:1: it begins with line 2, lines 1 to 1 are missing");
	cut(text, len, 2, 1);
	assert_string_equal(verify(), "audit.ndjson:3: lines 3 to 3 were cut out before this one");
	cut(text, len, 1, 3);
	assert_string_equal(verify(), "audit.ndjson:2: lines 2 to 4 were cut out before this one");
	cut(text, len, 4, 2);
	assert_string_equal(verify(), "audit.ndjson:4: it ends here, lines 5 to 6 were cut off");
	cut(text, len, 0, 6);
	assert_string_not_equal(verify(), "");
	unlinkat(folder, FB_AUDIT_NAME, 0);
	assert_string_not_equal(verify(), "");
	spit(FB_AUDIT_NAME, text, len - 7);
	assert_string_equal(verify(),
			    "audit.ndjson:6: this line has no end: it was cut or changed");
	/* without a head the end cannot be seen, and only that */
	unlinkat(folder, FB_AUDIT_HEAD, 0);
	cut(text, len, 4, 2);
	assert_string_equal(verify(), "");
}

static void test_lines_moved(void **state)
{
	_cleanup_free_ char *text = NULL;
	char moved[4000];
	size_t len;

	(void)state;
	record(6, BIG);
	text = slurp(FB_AUDIT_NAME, &len);
	for (unsigned int a = 0; a < 5; a++) { /* a and the one behind it */
		const char *first = line_of(text, a), *second = line_of(text, a + 1),
			   *rest = line_of(text, a + 2);

		snprintf(moved, sizeof(moved), "%.*s%.*s%.*s%s", (int)(first - text), text,
			 (int)(rest - second), second, (int)(second - first), first, rest);
		spit(FB_AUDIT_NAME, moved, len);
		assert_string_not_equal(verify(), "");
		if (a)
			assert_non_null(strstr(verify(), "exchanged"));
	}
	/* one once more */
	snprintf(moved, sizeof(moved), "%.*s%s", (int)(line_of(text, 3) - text), text,
		 line_of(text, 2));
	spit(FB_AUDIT_NAME, moved, strlen(moved));
	assert_non_null(strstr(verify(), "moved or put in"));
}

/* All written anew, head and all: that shows by a head that was kept elsewhere, alone. */
static void test_all_anew(void **state)
{
	struct fb_audit_head kept, head;
	struct fb_auditcheck check;

	(void)state;
	record(4, BIG);
	assert_int_equal(fb_auditcheck_head(folder, &kept), 0);
	unlinkat(folder, FB_AUDIT_NAME, 0);
	unlinkat(folder, FB_AUDIT_HEAD, 0);
	record(3, BIG);
	record(3, BIG);
	assert_string_equal(verify(), "");
	assert_int_equal(fb_auditcheck_head(folder, &head), 0);
	fb_auditcheck_begin(&check, &kept);
	assert_false(fb_auditcheck_folder(&check, folder));
	assert_string_equal(check.broken.text,
			    "audit.ndjson:4: line 4 is another than the head tells");
}

static void test_rotation(void **state)
{
	struct fb_auditfiles files;
	char name[FB_AUDIT_ROTATED_NAME];
	_cleanup_free_ char *text = NULL;
	size_t len;

	(void)state;
	record(50, 600);
	record(50, 600); /* the second run goes on, also where a file had just become full */
	assert_int_equal(fb_auditfiles_list(folder, &files), 0);
	assert_int_equal(files.n, FB_AUDITLOG_FILES - 1);
	assert_true(files.first[0] > 1);
	assert_string_equal(verify(), "");

	fb_auditfiles_name(files.first[5], name);
	text = slurp(name, &len);
	unlinkat(folder, name, 0);
	assert_non_null(strstr(verify(), "were cut out before this one"));
	spit(name, text, len);
	assert_string_equal(verify(), "");
	text[70] ^= 1;
	spit(name, text, len);
	assert_non_null(strstr(verify(), name));
	text[70] ^= 1;
	spit(name, text, len);

	fb_auditfiles_name(files.first[0], name);
	unlinkat(folder, name, 0);
	assert_non_null(strstr(verify(), "are missing"));
}

/* A crash: a line that was cut, a head that is one behind. */
static void test_crash(void **state)
{
	_cleanup_free_ char *text = NULL, *head = NULL;
	size_t len, head_len;

	(void)state;
	record(3, BIG);
	head = slurp(FB_AUDIT_HEAD, &head_len);
	record(1, BIG);
	spit(FB_AUDIT_HEAD, head, head_len);
	assert_string_equal(verify(), "");
	text = slurp(FB_AUDIT_NAME, &len);
	text = realloc(text, len + 9);
	memcpy(text + len, "{\"seq\":5,", 9);
	spit(FB_AUDIT_NAME, text, len + 9);
	assert_string_equal(record(1, BIG), "");
	assert_string_equal(verify(), "");
}

/* What was done between two runs is said, and does not heal. */
static void test_between_runs(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	(void)state;
	record(4, BIG);
	text = slurp(FB_AUDIT_NAME, &len);
	cut(text, len, 2, 2);
	assert_non_null(strstr(record(1, BIG), "ends before line 4"));
	assert_string_equal(verify(), "audit.ndjson:3: lines 3 to 4 were cut out before this one");
	unlinkat(folder, FB_AUDIT_HEAD, 0);
	assert_non_null(strstr(record(0, BIG), "has no audit.head"));
}

static void test_cannot_write(void **state)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	struct fb_auditlog log;
	struct fb_why why;
	int r = 0;

	(void)state;
	assert_int_equal(fb_auditlog_open(&log, folder, BIG, &why), 0);
	close(log.fd);
	log.fd = open("/dev/full", O_WRONLY);
	unlinkat(folder, FB_AUDIT_NAME, 0);
	mkdirat(folder, FB_AUDIT_NAME, 0700);
	while (r == 0 && line.len < 3 * FB_AUDITLOG_WAITING) {
		r = fb_auditlog_add(&log, "{\"act\":\"forget\",\"reason\":\"none\"}", &line);
		if (line.len % 64 == 0)
			assert_true(fb_auditlog_flush(&log) < 0);
	}
	assert_int_equal(r, -ENOSPC); /* no more than that waits */
	unlinkat(folder, FB_AUDIT_NAME, AT_REMOVEDIR);
	assert_int_equal(fb_auditlog_flush(&log), 0); /* nothing of it is lost */
	fb_auditlog_close(&log);
	assert_string_equal(verify(), "");
}

/* Taken away while we run: what comes then is in a file again, and the rest is missed. */
static void test_taken_away(void **state)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	struct fb_auditlog log;
	struct fb_why why;

	(void)state;
	assert_int_equal(fb_auditlog_open(&log, folder, BIG, &why), 0);
	assert_int_equal(fb_auditlog_add(&log, "{\"act\":\"a\"}", &line), 0);
	assert_int_equal(fb_auditlog_flush(&log), 0);
	renameat(folder, FB_AUDIT_NAME, folder, "elsewhere");
	assert_int_equal(fb_auditlog_add(&log, "{\"act\":\"b\"}", &line), 0);
	assert_int_equal(fb_auditlog_flush(&log), 0);
	fb_auditlog_close(&log);
	assert_string_equal(verify(),
			    "audit.ndjson:1: it begins with line 2, lines 1 to 1 are missing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_chain),	  TEST(test_each_byte),	  TEST(test_names_what_was_changed),
		TEST(test_lines_cut_out), TEST(test_lines_moved), TEST(test_all_anew),
		TEST(test_rotation),	  TEST(test_crash),	  TEST(test_between_runs),
		TEST(test_cannot_write),  TEST(test_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
