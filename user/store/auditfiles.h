/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of the record of acts in the state folder, in the order of their lines. */
#pragma once

#include <stdint.h>

#define FB_AUDIT_NAME "audit.ndjson" /* that is written to */
#define FB_AUDIT_HEAD "audit.head"

/* What was rotated: "audit-000000000017.ndjson" begins with line 17. */
#define FB_AUDIT_ROTATED_NAME 32
#define FB_AUDIT_ROTATED_MAX  64

struct fb_auditfiles {
	unsigned int n;
	uint64_t first[FB_AUDIT_ROTATED_MAX]; /* ascending */
};

void fb_auditfiles_name(uint64_t first, char name[static FB_AUDIT_ROTATED_NAME]);

/* 0 or -errno. Of more than there is room for the newest. */
int fb_auditfiles_list(int folder, struct fb_auditfiles *ret_files);
