/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rule of alerts in its parts, as they are written, and put together again: what a form has of
 * the text. Whether they say something that there is, policy/alertrule.h knows. Pure functions.
 */
#pragma once

#include <stdbool.h>

#include "util/buf.h"

/* X(id, name), in the order in which they stand in the text */
#define FB_ALERT_WORDS(X)                                                                          \
	X(FILTER, "filter")                                                                        \
	X(MEASURE, "measure")                                                                      \
	X(THAN, "than")                                                                            \
	X(LIMIT, "limit")                                                                          \
	X(BY, "by")                                                                                \
	X(FOR, "for")                                                                              \
	X(WINDOW, "window")                                                                        \
	X(SEVERITY, "severity")                                                                    \
	X(REPEAT, "repeat")                                                                        \
	X(QUIET, "quiet")                                                                          \
	X(UNLESS, "unless")

enum fb_alert_word {
#define X(id, name) FB_ALERT_WORD_##id,
	FB_ALERT_WORDS(X)
#undef X
		FB_ALERT_WORD_COUNT
};

struct fb_alert_words {
	const char *word[FB_ALERT_WORD_COUNT]; /* NULL: it has none of it */
	const char *odd; /* where it stops being a rule; NULL: all of it was taken */
};

extern const char *const fb_alert_word_names[FB_ALERT_WORD_COUNT];

/* Cut up `text`, a rule without its name; the words are parts of it. */
void fb_alert_words_split(char *text, struct fb_alert_words *ret_words);
/* The other way. A word with blanks in it (but the filter) is not what it says: its number; -1:
 * none. */
int fb_alert_words_join(const struct fb_alert_words *words, struct fb_buf *buf);
