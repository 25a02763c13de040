/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the operator said of a connection: fine, or not. It is the last word on those of the same
 * client, server, port and protocol, until it is taken back; and it teaches the second judge, by
 * FB_TEACHING_FLOWS flows in the cells of that connection, which are half as many after
 * FB_TEACHING_HALF_MS. Rules do not learn. Times are the caller's. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow/person.h"
#include "policy/blob.h"
#include "policy/learned.h"
#include "util/index.h"

#define FB_TEACHINGS	    4096 /* at most; more are refused, until some were taken back */
#define FB_TEACHING_FLOWS   5
#define FB_TEACHING_HALF_MS 2592000000ULL /* 30 days */

/* Whose connections it is about: addresses as in struct fb_key, the port in host order. */
struct fb_teaching_ends {
	uint8_t client[16], server[16];
	uint16_t port;
	uint8_t proto;
};

struct fb_teaching {
	uint32_t id; /* 1, 2, ...; never given twice */
	bool deny;
	int64_t time_ms; /* since 1970 */
	struct fb_teaching_ends ends;
	struct fb_learned_steps steps;
};

struct fb_teachings {
	struct fb_teaching *list; /* by id */
	struct fb_index by_ends;
	unsigned int n;
	uint32_t last_id;
};

/* 0 or -ENOMEM. */
int fb_teachings_init(struct fb_teachings *teachings);
void fb_teachings_fini(struct fb_teachings *teachings);

/*
 * Its id is given here; what was said of the same ends before is forgotten. 0; -ENOSPC: there are
 * FB_TEACHINGS; -ENOMEM.
 */
int fb_teachings_add(struct fb_teachings *teachings, const struct fb_teaching *teaching,
		     uint32_t *ret_id);
/* 0 or -ENOENT. */
int fb_teachings_undo(struct fb_teachings *teachings, uint32_t id);

/* Those of connections of these addresses go; how many, or -ENOMEM. */
int fb_teachings_erase(struct fb_teachings *teachings, const struct fb_person *who);

/* What was said of such connections; NULL: nothing. Until the next change. */
const struct fb_teaching *fb_teachings_find(const struct fb_teachings *teachings,
					    const struct fb_teaching_ends *ends);

/* Have `learned` know what is left of them now: after a change, and once a day. */
void fb_teachings_apply(const struct fb_teachings *teachings, struct fb_learned *learned,
			int64_t now_ms);

/* --- over a restart --------------------------------------------------------------------------- */

void fb_teachings_write(const struct fb_teachings *teachings, struct fb_buf *buf);
/* In place of those that are there, which stay if it fails. 0, -EBADMSG, -ENOMEM. */
int fb_teachings_read(struct fb_teachings *teachings, struct fb_blob *blob);
