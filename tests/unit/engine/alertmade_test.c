/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine store policy filter format flow proto util
/* Rules of alerts that are made while it runs: beside those of the config and the ready ones, over
 * a restart, what is refused; a rule in its words and back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/alertmade.h"
#include "util/cleanup.h"

static char path[64];
static int folder;
static struct fb_alertmade made;
static struct fb_alert_rules *rules;

static void start(void)
{
	static const char *const config[] = {"wan: disk > 50 unless conntrack", "losses: off"};

	assert_int_equal(fb_alertmade_init(&made), 0);
	assert_int_equal(fb_alert_texts_copy(config, 2, &made.config), 0);
	fb_alertmade_load(&made, folder);
}

static int fresh(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/flowbpf-alertmade-XXXXXX");
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
	rules = calloc(1, sizeof(*rules));
	start();
	return folder < 0 || !rules;
}

static int gone(void **state)
{
	(void)state;
	fb_alertmade_fini(&made);
	free(rules);
	unlinkat(folder, "alert.rules", 0);
	unlinkat(folder, "alert.rules.old", 0);
	close(folder);
	return rmdir(path);
}

static int edit(enum fb_alert_edit_kind kind, const char *name, const char *text)
{
	struct fb_alert_edit one = {.kind = kind};

	snprintf(one.name, sizeof(one.name), "%s", name);
	snprintf(one.text, sizeof(one.text), "%s", text);
	return fb_alertmade_edit(&made, &one);
}

/* "made disk", "off ready disk", "none" */
static void is(const char *name, const char *wanted)
{
	const struct fb_alert_rule *rule;
	const struct fb_alert_off *off;
	char text[FB_ALERT_RULE_TEXT + 32];

	assert_int_equal(fb_alertmade_rules(&made, rules, NULL), 0);
	rule = fb_alert_rules_find(rules, name);
	off = fb_alert_rules_find_off(rules, name);
	if (rule)
		snprintf(text, sizeof(text), "%s %s", fb_alert_source_name(rule->source),
			 rule->text);
	else
		snprintf(text, sizeof(text), "%s%s", off ? "off " : "none",
			 off ? fb_alert_source_name(off->source) : "");
	assert_string_equal(text, wanted);
	fb_alert_rules_fini(rules);
}

static void restart(void)
{
	fb_alertmade_fini(&made);
	start();
}

static void outlives_a_restart(void **state)
{
	(void)state;
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "up", "rate > 5mbit by src.ip"), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "held", "flows > 5"), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_OFF, "held", ""), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_OFF, "disk", ""), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_CHANGE, "new-device", "new-device severity critical"),
			 0);
	restart();
	is("up", "made rate > 5mbit by src.ip");
	is("held", "off made");
	is("disk", "off ready");
	is("new-device", "made new-device severity critical");
	assert_int_equal(edit(FB_ALERT_EDIT_CHANGE, "held", "flows > 6"), 0);
	is("held", "off made");
	assert_int_equal(edit(FB_ALERT_EDIT_ON, "held", ""), 0);
	is("held", "made flows > 6");
	assert_int_equal(edit(FB_ALERT_EDIT_ON, "disk", ""), 0);
	is("disk", "ready disk > 90 for 1m severity warning");
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "new-device", ""), 0);
	is("new-device", "ready new-device severity info");
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "up", ""), 0);
	restart();
	is("up", "none");
}

static void refuses(void **state)
{
	(void)state;
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "wan", "flows > 5"), -EROFS);
	assert_int_equal(edit(FB_ALERT_EDIT_CHANGE, "wan", "flows > 5"), -EROFS);
	assert_int_equal(edit(FB_ALERT_EDIT_OFF, "wan", ""), -EROFS);
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "wan", ""), -EROFS);
	assert_int_equal(edit(FB_ALERT_EDIT_ON, "losses", ""), -EROFS);
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "disk", "flows > 5"), -EEXIST);
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "disk", ""), -ENOTUNIQ);
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "nobody", ""), -ENODATA);
	assert_int_equal(edit(FB_ALERT_EDIT_CHANGE, "nobody", "flows > 5"), -ENODATA);
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "bad", "flows > many"), -EINVAL);
	assert_int_equal(edit(FB_ALERT_EDIT_OFF, "conntrack", ""), -EMLINK); /* wan needs it */
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "a", "flows > 5 unless b"), -EDESTADDRREQ);
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "b", "flows > 9"), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "b", "flows > 9"), -EEXIST);
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "a", "flows > 5 unless b"), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_CHANGE, "b", "flows > 9 unless a"), -EDESTADDRREQ);
	assert_int_equal(edit(FB_ALERT_EDIT_CHANGE, "a", "flows > 5 unless a"), -EDESTADDRREQ);
	is("a", "made flows > 5 unless b");
	assert_int_equal(edit(FB_ALERT_EDIT_OFF, "b", ""), -EMLINK);
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "b", ""), -EMLINK);
	is("b", "made flows > 9");
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "a", ""), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "b", ""), 0);
	assert_int_equal(made.n, 0);
}

/* The config may say what was made before: it stands, and what it left without its other waits. */
static void gives_way_to_the_config(void **state)
{
	static const char *const config[] = {"b: disk > 50", "disk: off"};
	const struct fb_alert_off *off;

	(void)state;
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "b", "flows > 9"), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "c", "flows > 9 unless wan"), 0);
	fb_alert_texts_fini(&made.config);
	assert_int_equal(fb_alert_texts_copy(config, 2, &made.config), 0);
	is("b", "config disk > 50");
	is("c", "off made");
	assert_int_equal(fb_alertmade_rules(&made, rules, NULL), 0);
	off = fb_alert_rules_find_off(rules, "c");
	assert_int_equal(off->error, -EDESTADDRREQ);
	assert_non_null(strstr(off->why.text, "no rule wan"));
	assert_int_equal(fb_alert_rules_find_off(rules, "b")->error, -EROFS);
	fb_alert_rules_fini(rules);
	/* what is broken already keeps nobody from mending it */
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "d", "flows > 1"), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_REMOVE, "b", ""), 0);
	assert_int_equal(edit(FB_ALERT_EDIT_CHANGE, "c", "flows > 9 unless d"), 0);
	is("c", "made flows > 9 unless d");
}

static void is_bounded(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < FB_ALERT_MADE_MOST; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		assert_int_equal(edit(FB_ALERT_EDIT_ADD, name, "flows > 5"), 0);
	}
	assert_int_equal(edit(FB_ALERT_EDIT_ADD, "more", "flows > 5"), -ENOSPC);
	restart();
	assert_int_equal(made.n, FB_ALERT_MADE_MOST);
	for (int i = 0; i < FB_ALERT_MADE_MOST; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		assert_int_equal(edit(FB_ALERT_EDIT_OFF, name, ""), 0);
	}
}

static void leaves_a_torn_file_beside(void **state)
{
	static const char text[] = "flowbpf alert rules 1\nup\ton\tflows > 5\nbad line\nend 2\n";
	int fd = openat(folder, "alert.rules", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	restart();
	is("up", "made flows > 5");
	assert_int_equal(faccessat(folder, "alert.rules.old", F_OK, 0), 0);
}

static void goes_to_words_and_back(void **state)
{
	static const char *const texts[] = {
		("dst.port=443 or dst.name~\"a|b\" | rate > 50mbit by src.ip for 5m window 1m "
		 "severity critical repeat 1h quiet 22:00-07:00 unless wan"),
		"new by tls.sni",
		"conntrack < 5",
		"down for 5s",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char copy[256];
		struct fb_alert_words words;
		_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

		snprintf(copy, sizeof(copy), "%s", texts[i]);
		fb_alert_words_split(copy, &words);
		assert_null(words.odd);
		assert_int_equal(fb_alert_words_join(&words, &buf), -1);
		fb_buf_addc(&buf, '\0');
		assert_string_equal(buf.data, texts[i]);
	}
}

static void keeps_words_apart(void **state)
{
	const struct fb_alert_words words = {
		.word = {[FB_ALERT_WORD_MEASURE] = "flows",
			 [FB_ALERT_WORD_FOR] = "5m severity critical"}};
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	assert_int_equal(fb_alert_words_join(&words, &buf), FB_ALERT_WORD_FOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(outlives_a_restart, fresh, gone),
		cmocka_unit_test_setup_teardown(refuses, fresh, gone),
		cmocka_unit_test_setup_teardown(gives_way_to_the_config, fresh, gone),
		cmocka_unit_test_setup_teardown(is_bounded, fresh, gone),
		cmocka_unit_test_setup_teardown(leaves_a_torn_file_beside, fresh, gone),
		cmocka_unit_test(goes_to_words_and_back),
		cmocka_unit_test(keeps_words_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
