/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence to be handed over: files in a compressed tar archive, the last of which, SHA256SUMS, has
 * the digest of each of the others as sha256sum -c reads them. Made in the state folder, in files
 * without a name that are gone with whoever made them. One thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FB_EVIDENCE_BYTES (4ull << 30) /* of all files together, at most */

struct fb_evidence;

/* `folder` has room for it. 0 or -errno. */
int fb_evidence_new(int folder, int64_t now_ms, struct fb_evidence **ret_evidence);
/* NULL is fine. */
void fb_evidence_free(struct fb_evidence *evidence);
void fb_evidence_freep(struct fb_evidence **evidence);
#define _cleanup_evidence_ __attribute__((__cleanup__(fb_evidence_freep)))

/* The next file begins; `name` is static. Then its bytes, in any pieces. */
int fb_evidence_begin(struct fb_evidence *evidence, const char *name);
/* 0; -EFBIG: over FB_EVIDENCE_BYTES; -ENOSPC and others of the disk. */
int fb_evidence_write(struct fb_evidence *evidence, const void *data, size_t len);
int fb_evidence_end(struct fb_evidence *evidence);

/* The archive is whole: where it can be read from its beginning, the caller's; or -errno. */
int fb_evidence_finish(struct fb_evidence *evidence, uint64_t *ret_bytes);
