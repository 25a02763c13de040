/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a text, and how near a misspelt one is to a known one. */
#pragma once

#include <stddef.h>

#define FB_WORD_MAX 46 /* bytes of a word whose edits are counted */
#define FB_WORD_FAR 99

/* Edits from `a` to `b`, whatever the case: insert, delete, change, swap of neighbours. */
unsigned int fb_word_distance(const char *a, size_t a_len, const char *b);

/* The next word of `*rest`, which is cut there and goes on behind it; NULL: there is none. */
char *fb_word_take(char **rest);
