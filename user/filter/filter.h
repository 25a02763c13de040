/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter language, the only one: search box, URL, REST, CLI.
 *   proto=tcp and (dport=443 or dport in (8443, 9000-9010)) and not dst~"*.example.com" bytes>10MB
 *   first_seen>-5m and duration>90s and last_seen=2026-11-21T01:20:00Z..now
 * Compiled once to a bounded program, evaluated per flow without allocation.
 */
#pragma once

#include "flow/snapshot.h"
#include "util/buf.h"
#include "util/json.h"

#define FB_FILTER_BYTES 4096
#define FB_FILTER_DEPTH 32
#define FB_FILTER_TERMS 256

struct fb_filter;

struct fb_filter_error {
	unsigned int offset, length; /* of the offending part, in bytes */
	char detail[160];
	char suggestion[64]; /* empty: none */
};

/*
 * 0; -EINVAL with the error filled in; -ENOMEM. An empty or NULL text matches everything.
 */
int fb_filter_compile(const char *text, struct fb_filter **ret_filter,
		      struct fb_filter_error *ret_error);
/* The free text of a search box: every word must match somewhere; never fails to parse. */
int fb_filter_search(const char *words, struct fb_filter **ret_filter);
/* Both must match; takes ownership of both, NULL matches everything. NULL if memory is short. */
struct fb_filter *fb_filter_and(struct fb_filter *a, struct fb_filter *b);

void fb_filter_free(struct fb_filter *filter);
void fb_filter_freep(struct fb_filter **filter);
#define _cleanup_filter_ __attribute__((__cleanup__(fb_filter_freep)))

/* Does it look at texts, which stand beside the flows? Then they may be fetched before. */
bool fb_filter_reads_names(const struct fb_filter *filter);

/* NULL filter: true. Any number of threads at once. */
bool fb_filter_match(const struct fb_filter *filter, const struct fb_flow_at *at);

/* The canonical text: parses to the same filter. */
void fb_filter_print(const struct fb_filter *filter, struct fb_buf *buf);

/* 0 or -ENOMEM. */
int fb_filter_copy(const struct fb_filter *filter, struct fb_filter **ret_copy);

/* Do both say the same in the same words? */
bool fb_filter_same(const struct fb_filter *a, const struct fb_filter *b);

#define FB_FILTER_CHOICES 32

struct fb_filter_choice {
	char text[64];
	const char *kind; /* "field", "operator", "value", "word" */
	const char *help;
};

/* What may stand at byte `pos` of `text`; *ret_start .. *ret_end is what a choice replaces. */
unsigned int fb_filter_complete(const char *text, unsigned int pos, unsigned int *ret_start,
				unsigned int *ret_end,
				struct fb_filter_choice choices[static FB_FILTER_CHOICES]);
