/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/alertwords.h"

#include <string.h>

#include "util/words.h"

const char *const fb_alert_word_names[FB_ALERT_WORD_COUNT] = {
#define X(id, name) [FB_ALERT_WORD_##id] = name,
	FB_ALERT_WORDS(X)
#undef X
};

/* Without blanks around it; NULL: nothing is left. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t", text[len - 1]))
		text[--len] = '\0';
	return len ? text : NULL;
}

static bool is_than(const char *rest)
{
	rest += strspn(rest, " \t");
	return (*rest == '>' || *rest == '<') && (!rest[1] || strchr(" \t", rest[1]));
}

static int find_clause(const char *word)
{
	for (int i = FB_ALERT_WORD_BY; i < FB_ALERT_WORD_COUNT; i++)
		if (!strcmp(fb_alert_word_names[i], word))
			return i;
	return -1;
}

/* Pairs of words; the first that is none, or that was there, ends it. */
static void split_clauses(char *rest, struct fb_alert_words *words)
{
	char *word;

	while ((word = fb_word_take(&rest))) {
		const int i = find_clause(word);

		if (i < 0 || words->word[i]) {
			words->odd = word;
			return;
		}
		words->word[i] = fb_word_take(&rest);
		if (!words->word[i])
			words->word[i] = word + strlen(word); /* empty, and where it ought to be */
	}
}

void fb_alert_words_split(char *text, struct fb_alert_words *ret_words)
{
	char *bar = strrchr(text, '|'), *rest = bar ? bar + 1 : text;

	*ret_words = (struct fb_alert_words){.odd = NULL};
	if (bar) {
		*bar = '\0';
		ret_words->word[FB_ALERT_WORD_FILTER] = trim(text);
	}
	ret_words->word[FB_ALERT_WORD_MEASURE] = fb_word_take(&rest);
	if (!rest)
		return;
	if (is_than(rest)) {
		ret_words->word[FB_ALERT_WORD_THAN] = fb_word_take(&rest);
		ret_words->word[FB_ALERT_WORD_LIMIT] = fb_word_take(&rest);
	}
	split_clauses(rest, ret_words);
}

int fb_alert_words_join(const struct fb_alert_words *words, struct fb_buf *buf)
{
	const char *filter = words->word[FB_ALERT_WORD_FILTER];

	if (filter && *filter)
		fb_buf_addf(buf, "%s | ", filter);
	for (int i = FB_ALERT_WORD_MEASURE; i < FB_ALERT_WORD_COUNT; i++) {
		const char *word = words->word[i];

		if (!word || !*word)
			continue;
		if (strpbrk(word, " \t|"))
			return i;
		if (i > FB_ALERT_WORD_MEASURE)
			fb_buf_addc(buf, ' ');
		if (i >= FB_ALERT_WORD_BY)
			fb_buf_addf(buf, "%s ", fb_alert_word_names[i]);
		fb_buf_adds(buf, word);
	}
	return -1;
}
