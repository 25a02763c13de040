/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge keeps over a restart, as bytes: a header with a version, a length and a hash of
 * all that follows, so that a torn, a foreign and a newer file are told from a whole one; then
 * numbers of a fixed width, least byte first. Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/why.h"

#define FB_BLOB_MOST (16 << 20) /* bytes; what is longer is none of ours */

/* --- writing: begin, add, end; a lack of memory is fb_buf_error's ----------------------------- */

void fb_blob_begin(struct fb_buf *buf);
void fb_blob_add(struct fb_buf *buf, uint64_t number, unsigned int bytes);
/* Of fb_blob_begin's: what stands behind the header is counted and hashed. */
void fb_blob_end(struct fb_buf *buf);

/* --- reading ---------------------------------------------------------------------------------- */

struct fb_blob {
	const uint8_t *at, *end; /* the caller's bytes */
	bool short_of;		 /* more was taken than there was: all such numbers were 0 */
};

/* 0; -EBADMSG or -EPROTONOSUPPORT (of another version) with a sentence. */
int fb_blob_open(const void *data, size_t len, struct fb_blob *ret_blob, struct fb_why *why);
uint64_t fb_blob_take(struct fb_blob *blob, unsigned int bytes);
void fb_blob_take_bytes(struct fb_blob *blob, uint8_t *to, size_t n);
/* All was taken, and nothing beyond. */
bool fb_blob_is_done(const struct fb_blob *blob);
