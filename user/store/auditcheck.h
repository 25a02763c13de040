/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the record of acts as it was written? It finds what was changed, cut out, put in, moved or
 * cut off, as long as who did it did not write all that follows anew, and the head with it. Against
 * that stands only a head that was kept elsewhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/auditline.h"
#include "util/why.h"

/* Where a line stands. */
struct fb_audit_place {
	char file[256];
	uint64_t line; /* of the file, from 1 */
};

struct fb_auditcheck {
	const struct fb_audit_head *head; /* that the lines must lead to; NULL: not known */
	uint64_t lines;
	struct fb_audit_link first, last;
	struct fb_audit_place at, last_at; /* what is read, and the last line */
	struct fb_audit_gap {
		bool is;
		struct fb_audit_link before, behind;
		struct fb_audit_place before_at, behind_at;
	} gap; /* the last line does not follow; the next one tells which of both is wrong */
	bool head_seen;
	struct fb_why broken; /* the first break; empty: none so far */
};

void fb_auditcheck_begin(struct fb_auditcheck *check, const struct fb_audit_head *head);
/* The next file. False: it is broken. */
bool fb_auditcheck_text(struct fb_auditcheck *check, const char *file, const char *text,
			size_t len);
/* There is no more. False: it is broken. */
bool fb_auditcheck_end(struct fb_auditcheck *check);

/* All files of the state folder; false: `broken` says why, also of a file that cannot be read. */
bool fb_auditcheck_folder(struct fb_auditcheck *check, int folder);

/* The head that stands in the folder. 0, -errno, -EBADMSG: it is none. */
int fb_auditcheck_head(int folder, struct fb_audit_head *ret_head);
