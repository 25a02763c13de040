/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A typed reader of small JSON documents (request bodies, configuration) over cJSON. The whole
 * text must be one object, without anything behind it, and no key may come twice. A reader that
 * went wrong keeps the first error, with the key it was about, so that callers check once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_jsonin; /* the document */

struct fb_jsonin_error {
	char pointer[64]; /* "/offset", "" for the whole document */
	char detail[96];
};

/* Parse `len` bytes. 0, -EINVAL (error says why), -ENOMEM. */
int fb_jsonin_new(const char *text, size_t len, struct fb_jsonin **ret_in,
		  struct fb_jsonin_error *error);
void fb_jsonin_freep(struct fb_jsonin **in);

/*
 * Each returns true and the value when the key is there, false when it is absent or null, and
 * notes an error when it has another type or is out of range. Strings live as long as `in`.
 */
bool fb_jsonin_str(struct fb_jsonin *in, const char *key, const char **ret_text);
bool fb_jsonin_bool(struct fb_jsonin *in, const char *key, bool *ret_value);
bool fb_jsonin_u64(struct fb_jsonin *in, const char *key, uint64_t least, uint64_t most,
		   uint64_t *ret_value);
/* An array of strings: the number of items, 0 also when absent; at most `max` are taken. */
unsigned int fb_jsonin_strs(struct fb_jsonin *in, const char *key, const char **texts,
			    unsigned int max);

/* Overwrite the text of a string that was read: nobody finds it in memory any more. */
void fb_jsonin_wipe(struct fb_jsonin *in, const char *key);

/* Note an error for every key that is not in `known` (ends with NULL). */
void fb_jsonin_only(struct fb_jsonin *in, const char *const *known);

/* Note an error of the caller's own finding; the first one stands. */
void fb_jsonin_fail(struct fb_jsonin *in, const char *key, const char *detail);

/* NULL when all was well so far. */
const struct fb_jsonin_error *fb_jsonin_error(const struct fb_jsonin *in);

#define _cleanup_jsonin_ __attribute__((__cleanup__(fb_jsonin_freep)))
