/* SPDX-License-Identifier: BSD-2-Clause */
// link: format flow util
/* Alarms in every form, with the worst that a stranger could be called. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/alarm.h"
#include "util/jsontree.h"

/* Lines, headers, the end of a mail, CEF, Slack, markdown, HTML, JSON, bidi, broken UTF-8. */
#define HOSTILE                                                                                    \
	"a\r\nBcc: x@y\r\n.\r\nDATA|b=c\\d <!channel> *b* [l](http://e) </script>\"\x01\xe2\x80\xae\xff"

static struct fb_alarm hostile(void)
{
	struct fb_alarm alarm = {.id = 0x0123456789abcdefull,
				 .kind = FB_ALARM_FIRING,
				 .severity = FB_SEVERITY_WARNING,
				 .rule = "uploads",
				 .key = HOSTILE,
				 .sentence = HOSTILE " rate 9",
				 .host = "gw",
				 .since_ms = 1795224011201,
				 .time_ms = 1795224071201,
				 .others = 3};

	return alarm;
}

static char *take(struct fb_buf *buf)
{
	size_t len;
	char *text = fb_buf_take(buf, &len);

	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	return text;
}

/* One line, and nothing in it that a terminal or a log takes for more than text. */
static void assert_line(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20)
			fail_msg("a control character in %s", text);
}

static void is_a_title(void **state)
{
	const struct fb_alarm alarm = hostile();
	struct fb_buf buf = FB_BUF_INIT;
	char *text;

	(void)state;
	fb_alarm_title(&alarm, &buf);
	text = take(&buf);
	assert_line(text);
	assert_non_null(strstr(text, "[warning] uploads a  Bcc: x@y  .  DATA|b=c"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_non_null(strstr(text, "(and 3 more of this rule)"));
	free(text);
}

static void is_read_back(void **state)
{
	const struct fb_alarm alarm = hostile();
	struct fb_buf buf = FB_BUF_INIT;
	struct fb_alarm read;
	char *text;

	(void)state;
	fb_alarm_write(&alarm, &buf);
	text = take(&buf);
	assert_line(text);
	assert_int_equal(fb_alarm_read(text, strlen(text), &read), 0);
	assert_true(read.id == alarm.id && read.since_ms == alarm.since_ms &&
		    read.time_ms == alarm.time_ms && read.others == 3);
	assert_int_equal(read.severity, alarm.severity);
	assert_string_equal(read.rule, alarm.rule);
	/* but for what is no UTF-8 */
	assert_memory_equal(read.key, alarm.key, strlen(alarm.key) - 1);
	free(text);
	assert_int_equal(fb_alarm_read("{}", 2, &read), -EINVAL);
	assert_int_equal(fb_alarm_read("[", 1, &read), -EINVAL);
}

static void is_cef(void **state)
{
	const struct fb_alarm alarm = hostile();
	struct fb_buf buf = FB_BUF_INIT;
	char *text, *at;
	unsigned int bars = 0;

	(void)state;
	fb_alarm_cef(&alarm, &buf);
	text = take(&buf);
	assert_line(text);
	assert_non_null(strstr(text, "|uploads|a  Bcc: x@y  .  DATA\\|b=c\\\\d"));
	assert_non_null(strstr(text, "|6|rt=1795224071201 start=1795224011201 "));
	assert_non_null(strstr(text, " cs1=a  Bcc: x@y  .  DATA|b\\=c\\\\d"));
	assert_non_null(strstr(text, " cnt=4"));
	/* seven heads, whatever is in them */
	for (at = text; (at = strchr(at, '|')) && at < strstr(text, "|6|rt="); at++)
		bars += at[-1] != '\\';
	assert_int_equal(bars, 5);
	assert_null(strstr(text, "\xe2\x80\xae"));
	free(text);
}

static struct fb_jsontree *parse(const char *text)
{
	struct fb_jsontree *tree;

	assert_int_equal(fb_jsontree_parse(text, strlen(text), &tree), 0);
	return tree;
}

static void is_eve(void **state)
{
	const struct fb_alarm alarm = hostile();
	struct fb_buf buf = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *tree = NULL;
	char *text;

	(void)state;
	fb_alarm_eve(&alarm, &buf);
	text = take(&buf);
	assert_line(text);
	tree = parse(text);
	assert_string_equal(fb_jsontree_str(fb_jsontree_get(tree, "event_type")), "alert");
	assert_true(fb_jsontree_u64(fb_jsontree_get(tree, "alert.severity")) == 2);
	assert_string_equal(fb_jsontree_str(fb_jsontree_get(tree, "flowbpf.rule")), "uploads");
	free(text);
}

static void hooks_are_text(void **state)
{
	static const struct {
		const char *name, *path; /* where the title stands as it is */
	} hooks[] = {
		{"teams", NULL}, {"matrix", "body"}, {"telegram", "text"},   {"sms", "text"},
		{"slack", NULL}, {"json", NULL},     {"alertmanager", NULL},
	};
	const struct fb_alarm alarm = hostile();
	struct fb_buf buf = FB_BUF_INIT, title = FB_BUF_INIT;
	char *whole;

	(void)state;
	fb_alarm_title(&alarm, &title);
	whole = take(&title);
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		_cleanup_jsontree_ struct fb_jsontree *tree = NULL;
		enum fb_alarm_hook hook;
		char *text;

		assert_true(fb_alarm_hook_find(hooks[i].name, &hook));
		assert_string_equal(fb_alarm_hook_type(hook), "application/json");
		fb_alarm_hook_write(hook, &alarm, "42", &buf);
		text = take(&buf);
		assert_line(text);
		tree = parse(text);
		if (hooks[i].path)
			assert_string_equal(fb_jsontree_str(fb_jsontree_get(tree, hooks[i].path)),
					    whole);
		free(text);
	}
	free(whole);
}

/* What a form takes for markup is not asked for, or escaped. */
static void hooks_have_no_markup(void **state)
{
	const struct fb_alarm alarm = hostile();
	struct fb_buf buf = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *tree = NULL;
	const struct fb_jsontree *block;
	char *text;

	(void)state;
	fb_alarm_hook_write(FB_ALARM_HOOK_slack, &alarm, "", &buf);
	text = take(&buf);
	tree = parse(text);
	assert_null(strchr(fb_jsontree_str(fb_jsontree_get(tree, "text")), '<'));
	assert_non_null(strstr(fb_jsontree_str(fb_jsontree_get(tree, "text")), "&lt;!channel&gt;"));
	block = fb_jsontree_first(fb_jsontree_get(tree, "blocks"));
	assert_string_equal(fb_jsontree_str(fb_jsontree_get(block, "text.type")), "plain_text");
	free(text);
	fb_alarm_hook_write(FB_ALARM_HOOK_telegram, &alarm, "42", &buf);
	text = take(&buf);
	assert_null(strstr(text, "parse_mode"));
	free(text);
	fb_alarm_hook_write(FB_ALARM_HOOK_matrix, &alarm, "", &buf);
	text = take(&buf);
	assert_null(strstr(text, "formatted_body"));
	free(text);
	fb_alarm_hook_write(FB_ALARM_HOOK_teams, &alarm, "", &buf);
	text = take(&buf);
	assert_non_null(strstr(text, "\"type\":\"TextRun\""));
	assert_null(strstr(text, "\"TextBlock\""));
	free(text);
	fb_alarm_hook_write(FB_ALARM_HOOK_ntfy, &alarm, "", &buf);
	text = take(&buf);
	assert_line(text);
	free(text);
}

static void alertmanager_tells_ends(void **state)
{
	struct fb_alarm alarm = hostile();
	struct fb_buf buf = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *firing = NULL, *resolved = NULL;
	const struct fb_jsontree *one;
	char *text;

	(void)state;
	fb_alarm_hook_write(FB_ALARM_HOOK_alertmanager, &alarm, "", &buf);
	text = take(&buf);
	firing = parse(text);
	free(text);
	one = fb_jsontree_first(firing);
	assert_string_equal(fb_jsontree_str(fb_jsontree_get(one, "labels.alertname")), "uploads");
	assert_string_equal(fb_jsontree_str(fb_jsontree_get(one, "startsAt")),
			    "2026-11-21T01:20:11.201Z");
	assert_null(fb_jsontree_get(one, "endsAt"));
	alarm.kind = FB_ALARM_RESOLVED;
	fb_alarm_hook_write(FB_ALARM_HOOK_alertmanager, &alarm, "", &buf);
	text = take(&buf);
	resolved = parse(text);
	free(text);
	assert_non_null(fb_jsontree_get(fb_jsontree_first(resolved), "endsAt"));
}

static void is_a_mail(void **state)
{
	struct fb_alarm alarm = hostile();
	struct fb_buf buf = FB_BUF_INIT;
	char *text, *body;

	(void)state;
	for (unsigned int i = 0; i < 30; i++) /* long, of characters of three bytes */
		memcpy(alarm.sentence + 3 * i, "\xe2\x82\xac", 3);
	alarm.sentence[90] = '\0';
	fb_alarm_mail(&alarm, "gw@example.net", "a@example.net,\r\n b@example.net", &buf);
	text = take(&buf);
	body = strstr(text, "\r\n\r\n");
	assert_non_null(body);
	assert_null(strstr(text, "Bcc"));
	assert_null(strstr(text, "DATA"));
	assert_non_null(strstr(text, "\r\nSubject: =?UTF-8?B?"));
	assert_non_null(strstr(text, "From: gw@example.net\r\n"));
	for (const char *line = text; *line; line = strstr(line, "\r\n") + 2) {
		const char *stop = strstr(line, "\r\n");

		assert_non_null(stop);
		assert_true(stop - line <= 78);
		assert_true(*line != '.');
		for (const char *at = line; at < stop; at++)
			assert_true(*at >= 0x20 && *at < 0x7f);
	}
	free(text);
}

static void cuts_at_characters(void **state)
{
	char small[8];

	(void)state;
	fb_alarm_clean(small, sizeof(small), "abcde\xe2\x82\xac");
	assert_string_equal(small, "abcde");
	fb_alarm_clean(small, sizeof(small), "a\tb\x7f");
	assert_string_equal(small, "a b ");
	fb_alarm_clean(small, sizeof(small), "\xe2\x82");
	assert_string_equal(small, "\xef\xbf\xbd\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_title),
		cmocka_unit_test(is_read_back),
		cmocka_unit_test(is_cef),
		cmocka_unit_test(is_eve),
		cmocka_unit_test(hooks_are_text),
		cmocka_unit_test(hooks_have_no_markup),
		cmocka_unit_test(is_a_mail),
		cmocka_unit_test(alertmanager_tells_ends),
		cmocka_unit_test(cuts_at_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
