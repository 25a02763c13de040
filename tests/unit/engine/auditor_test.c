/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine store policy filter flow proto util
/* Acts on record: in order, whole, over a restart, hostile texts, a disk that takes nothing. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/audit.h"
#include "engine/auditor.h"
#include "store/auditcheck.h"
#include "util/clock.h"
#include "util/fmt.h"
#include "util/jsontree.h"
#include "util/log.h"

static char path[64];
static int folder;

static int fresh(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/flowbpf-auditor-XXXXXX");
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
	return folder < 0;
}

static int gone(void **state)
{
	(void)state;
	unlinkat(folder, "audit.ndjson", 0);
	unlinkat(folder, "audit.head", 0);
	close(folder);
	return rmdir(path);
}

static struct fb_auditor *begin(int where)
{
	struct fb_auditor *auditor;

	assert_int_equal(fb_auditor_new(&auditor), 0);
	assert_int_equal(fb_auditor_start(auditor, where), 0);
	return auditor;
}

static void forget(struct fb_auditor *auditor, uint64_t id, const char *reason, int result)
{
	struct fb_act act = {.kind = FB_ACT_FORGET,
			     .target.flow_id = id,
			     .actor = {.by = FB_ACT_BY_CLI, .role = "operator", .user = "uid 0"}};

	snprintf(act.reason, sizeof(act.reason), "%s", reason);
	fb_audit_write(auditor, &act, "10.0.0.5:40000 > 192.0.2.1:443 tcp", result);
}

/* Its lines as a list, once the last of them has number `seq`. */
static struct fb_jsontree *read_lines(struct fb_auditor *auditor, uint64_t seq, uint64_t after,
				      int64_t since_ms)
{
	struct fb_buf lines = FB_BUF_INIT;
	struct fb_auditor_state now;
	struct fb_jsontree *tree;

	for (unsigned int i = 0; i < 2000; i++) {
		fb_auditor_state(auditor, &now);
		if (now.head.last.seq >= seq)
			break;
		nanosleep(&(struct timespec){.tv_nsec = 5 * 1000000}, NULL);
	}
	assert_int_equal(now.head.last.seq, seq);
	fb_buf_adds(&lines, "{\"items\":[");
	fb_auditor_read(auditor, after, since_ms, &lines);
	fb_buf_adds(&lines, "]}");
	assert_int_equal(fb_jsontree_parse(lines.data, lines.len, &tree), 0);
	fb_buf_fini(&lines);
	return tree;
}

static unsigned int count(const struct fb_jsontree *tree)
{
	const struct fb_jsontree *at = fb_jsontree_first(fb_jsontree_get(tree, "items"));
	unsigned int n = 0;

	for (; at; at = fb_jsontree_next(at))
		n++;
	return n;
}

static const char *text(const struct fb_jsontree *tree, const char *key)
{
	return fb_jsontree_str(
		fb_jsontree_get(fb_jsontree_first(fb_jsontree_get(tree, "items")), key));
}

static void verify(uint64_t lines)
{
	struct fb_auditcheck check;
	struct fb_audit_head head;

	assert_int_equal(fb_auditcheck_head(folder, &head), 0);
	fb_auditcheck_begin(&check, &head);
	if (!fb_auditcheck_folder(&check, folder))
		fail_msg("%s", check.broken.text);
	assert_int_equal(check.lines, lines);
}

static void test_on_record(void **state)
{
	struct fb_auditor *auditor = begin(folder);
	_cleanup_jsontree_ struct fb_jsontree *tree = NULL;

	(void)state;
	forget(auditor, 0xab, "stale mapping", 0);
	tree = read_lines(auditor, 1, 0, 0);
	assert_string_equal(text(tree, "act"), "forget");
	assert_string_equal(text(tree, "target"), "10.0.0.5:40000 > 192.0.2.1:443 tcp");
	assert_string_equal(text(tree, "flow"), "00000000000000ab");
	assert_string_equal(text(tree, "user"), "uid 0");
	assert_string_equal(text(tree, "role"), "operator");
	assert_string_equal(text(tree, "by"), "cli");
	assert_string_equal(text(tree, "reason"), "stale mapping");
	assert_string_equal(text(tree, "result"), "done");
	fb_auditor_free(auditor);
	verify(1);
}

/* A rule is over by itself, or for good; and may be taken back, unless it was refused. */
static void test_rule(void **state)
{
	struct fb_auditor *auditor = begin(folder);
	struct fb_act act = {.kind = FB_ACT_RULE_ADD, .target.rule.seconds = 3600};
	_cleanup_jsontree_ struct fb_jsontree *hour = NULL, *good = NULL, *refused = NULL;
	int64_t made, until;
	uint64_t span;

	(void)state;
	fb_audit_write(auditor, &act, "block 192.0.2.7, for 3600 s", 12);
	hour = read_lines(auditor, 1, 0, 0);
	assert_string_equal(text(hour, "undo"), "flowbpf undo 12");
	assert_int_equal(fb_fmt_parse_time(text(hour, "time"), &made, &span), 0);
	assert_int_equal(fb_fmt_parse_time(text(hour, "expires"), &until, &span), 0);
	assert_int_equal(until - made, 3600 * 1000);
	act.target.rule.seconds = 0;
	fb_audit_write(auditor, &act, "block 192.0.2.7, for good", 13);
	good = read_lines(auditor, 2, 1, 0);
	assert_string_equal(text(good, "expires"), "");
	assert_string_equal(text(good, "undo"), "flowbpf undo 13");
	act.target.rule.seconds = 3600;
	fb_audit_write(auditor, &act, "block 127.0.0.1, for 3600 s", -FB_ACT_REFUSED - 1);
	refused = read_lines(auditor, 3, 2, 0);
	assert_string_equal(text(refused, "expires"), "");
	assert_string_equal(text(refused, "undo"), "");
	fb_auditor_free(auditor);
}

/* What somebody types stays one line, and text. */
static void test_hostile_reason(void **state)
{
	static const char reason[] = "\"}\n{\"seq\":9,\"prev\":\"\xff\x01</script>\xe2\x80\xae";
	struct fb_auditor *auditor = begin(folder);
	_cleanup_jsontree_ struct fb_jsontree *tree = NULL;

	(void)state;
	forget(auditor, 1, reason, 0);
	forget(auditor, 1, reason, -2);
	tree = read_lines(auditor, 2, 0, 0);
	assert_int_equal(count(tree), 2);
	assert_memory_equal(text(tree, "reason"), "\"}\n{\"seq\":9", 11);
	fb_auditor_free(auditor);
	verify(2);
}

static void test_restart(void **state)
{
	struct fb_auditor *auditor = begin(folder);

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		forget(auditor, i, "first run", 0);
	fb_auditor_free(auditor); /* what waits is written */
	verify(100);
	auditor = begin(folder);
	forget(auditor, 1, "second run", 0);
	{
		_cleanup_jsontree_ struct fb_jsontree *all = read_lines(auditor, 101, 0, 0);
		_cleanup_jsontree_ struct fb_jsontree *last = read_lines(auditor, 101, 100, 0);
		_cleanup_jsontree_ struct fb_jsontree *later =
			read_lines(auditor, 101, 0, fb_wall_ms() + 60000);

		assert_int_equal(count(all), 101);
		assert_int_equal(count(last), 1);
		assert_string_equal(text(last, "reason"), "second run");
		assert_int_equal(count(later), 0);
	}
	fb_auditor_free(auditor);
	verify(101);
}

/* More than memory shows: the newest. */
static void test_more_than_shown(void **state)
{
	struct fb_auditor *auditor = begin(-1);
	_cleanup_jsontree_ struct fb_jsontree *tree = NULL;

	(void)state;
	for (unsigned int i = 1; i <= FB_AUDITOR_SHOWN + 50; i++) {
		forget(auditor, i, "", 0);
		if (i % 100 == 0)
			fb_jsontree_freep(&(struct fb_jsontree *){read_lines(auditor, i, i, 0)});
	}
	tree = read_lines(auditor, FB_AUDITOR_SHOWN + 50, 0, 0);
	assert_int_equal(count(tree), FB_AUDITOR_SHOWN);
	assert_string_equal(text(tree, "flow"), "0000000000000033");
	fb_auditor_free(auditor);
}

/* Nobody waits for it, it is told, and counted, and on record once the disk is well. */
static void test_disk_takes_nothing(void **state)
{
	struct fb_auditor_state now;
	struct fb_auditor *auditor;

	(void)state;
	mkdirat(folder, "audit.ndjson", 0700);
	auditor = begin(folder);
	for (unsigned int i = 0; i < FB_AUDITOR_QUEUE + 10; i++)
		forget(auditor, i, "", 0);
	for (unsigned int i = 0; i < 2000; i++) {
		fb_auditor_state(auditor, &now);
		if (now.counters.failures)
			break;
		nanosleep(&(struct timespec){.tv_nsec = 5 * 1000000}, NULL);
	}
	assert_true(now.counters.failures > 0);
	assert_string_not_equal(now.failing, "");
	assert_int_equal(now.counters.lost, 10);
	assert_int_equal(now.counters.acts, FB_AUDITOR_QUEUE + 10);
	unlinkat(folder, "audit.ndjson", AT_REMOVEDIR);
	fb_auditor_free(auditor);     /* tries once more */
	verify(FB_AUDITOR_QUEUE + 1); /* ... and what was lost is told in the record */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rule),    TEST(test_on_record),	TEST(test_hostile_reason),
		TEST(test_restart), TEST(test_more_than_shown), TEST(test_disk_takes_nothing),
	};

	fb_log_set_level(FB_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
