/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes of passwords, by libcrypt: made as yescrypt, and held against what crypt(3) knows. */
#pragma once

#include <stdbool.h>

#define FB_PASSHASH_MAX	  128 /* characters of one */
#define FB_PASSWORD_LEAST 10
#define FB_PASSWORD_MOST  128 /* bytes */

/* "$x$": it is meant as one, right or not. A token never begins like that. */
bool fb_passhash_is_marked(const char *text);

/* It is one, whole, of a kind that is not broken (yescrypt, gost-yescrypt, scrypt, bcrypt, SHA),
 * and is tried in a second or two. */
bool fb_passhash_is_one(const char *text);

/* A new one of `password`, with a salt from the kernel. 0, -errno. */
int fb_passhash_make(const char *password, char ret_hash[static FB_PASSHASH_MAX + 1]);

/* Is `hash` of this password? Takes a tenth of a second and 16 MB by design; any thread. */
bool fb_passhash_is_of(const char *hash, const char *password);
