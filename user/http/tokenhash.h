/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands for a token in a file: its SHA-256. Of one that was drawn at random a single round is
 * enough: there is nothing to guess it from. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define FB_TOKENHASH_LEN 64 /* hexadecimal digits */

/* False: the library cannot; `ret_hash` is empty then. */
bool fb_tokenhash_make(const char *text, size_t len, char ret_hash[static FB_TOKENHASH_LEN + 1]);
