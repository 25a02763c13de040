/* SPDX-License-Identifier: BSD-2-Clause */
/* A line that is typed: UTF-8, bounded, edited as in a shell. No terminal in here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_PROMPT_BYTES 1024

struct fb_prompt {
	char text[FB_PROMPT_BYTES + 1];
	size_t len, at; /* the cursor, in bytes */
};

/* `text` cut to what fits, with the cursor behind it. */
void fb_prompt_set(struct fb_prompt *prompt, const char *text);

/* True if the key changed the text or moved the cursor; another one is not the line's. */
bool fb_prompt_key(struct fb_prompt *prompt, uint32_t key);

/* `text` in place of the bytes from `start` to `end`, the cursor behind it. */
void fb_prompt_replace(struct fb_prompt *prompt, size_t start, size_t end, const char *text);
