/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/alertasked.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* By the words, as a form has them. */
static void read_words(struct fb_jsonin *in, struct fb_buf *text)
{
	struct fb_alert_words words = {.odd = NULL};
	int odd;

	for (int i = 0; i < FB_ALERT_WORD_COUNT; i++)
		fb_jsonin_str(in, fb_alert_word_names[i], &words.word[i]);
	odd = fb_alert_words_join(&words, text);
	if (odd >= 0)
		fb_jsonin_fail(in, fb_alert_word_names[odd], "is one word");
}

static bool has_words(struct fb_jsonin *in)
{
	const char *word;
	bool any = false;

	for (int i = 0; i < FB_ALERT_WORD_COUNT; i++)
		any |= fb_jsonin_str(in, fb_alert_word_names[i], &word);
	return any;
}

bool fb_alert_asked_read(struct fb_jsonin *in, const char *name, struct fb_buf *text)
{
	const char *rule = NULL;
	const bool is_text = fb_jsonin_str(in, "rule", &rule), is_words = has_words(in);

	fb_jsonin_str(in, "name", &name);
	if (is_text == is_words) {
		fb_jsonin_fail(in, "rule",
			       is_text ? "is there, and so are its words: one of both"
				       : "is missing: as attach --alert has it, or its words");
	} else if (is_text) {
		fb_buf_adds(text, rule);
	} else if (!name) {
		fb_jsonin_fail(in, "name", "is missing");
	} else {
		fb_buf_addf(text, "%s: ", name);
		read_words(in, text);
	}
	fb_buf_addc(text, '\0');
	return !fb_jsonin_error(in) && !fb_buf_error(text);
}

/* Where "unless NAME" says the name, which is the last that does. */
static void place_unless(const char *text, const struct fb_alert_rule *rule,
			 struct fb_alert_fault *fault)
{
	const char *at = NULL;

	for (const char *next = text; (next = strstr(next, "unless ")); next++)
		at = next;
	if (!at)
		return;
	at += strlen("unless ");
	at += strspn(at, " \t");
	fault->offset = (unsigned int)(at - text);
	fault->length = (unsigned int)strlen(rule->unless);
}

int fb_alert_asked_check(const char *text, const struct fb_alert_rules *others,
			 struct fb_alert_rule *ret_rule, struct fb_alert_fault *ret_fault)
{
	int r = fb_alert_rule_read(text, ret_rule, ret_fault);

	if (r < 0)
		return r;
	r = fb_alert_rules_check_unless(others, ret_rule, &ret_fault->why);
	if (r == 0)
		return 0;
	place_unless(text, ret_rule, ret_fault);
	fb_filter_free(ret_rule->filter);
	ret_rule->filter = NULL;
	return r;
}

void fb_alert_asked_write(struct fb_json *json, const char *name, const char *text)
{
	char copy[FB_ALERT_RULE_TEXT + 1];
	struct fb_alert_words words;

	snprintf(copy, sizeof(copy), "%s", text);
	fb_alert_words_split(copy, &words);
	fb_json_key(json, "rule");
	fb_json_strf(json, "%s: %s", name, text);
	fb_json_kv_object(json, "words");
	for (int i = 0; i < FB_ALERT_WORD_COUNT; i++)
		fb_json_kv_str(json, fb_alert_word_names[i], words.word[i]);
	fb_json_end(json, '}');
}
