/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at `text`: how many of its `len` (1 or more) bytes it takes, 0 if it is none. */
unsigned int fb_utf8_decode(const unsigned char *text, size_t len, uint32_t *ret_code);

/* It moves the cursor, turns the text around or cannot be seen. */
bool fb_utf8_is_hostile(uint32_t code);

/* Whole characters, none of them hostile. */
bool fb_utf8_is_plain(const char *text);
