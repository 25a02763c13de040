/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last log lines, kept for the page's log and GET /api/v1/log: a ring of JOURNAL_ENTRIES, the
 * oldest dropped. All calls are safe from any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "flow/person.h"
#include "util/log.h"

#define FB_JOURNAL_ENTRIES 1024
#define FB_JOURNAL_MESSAGE 256
#define FB_JOURNAL_FIELDS  640

struct fb_journal_entry {
	uint64_t seq;	 /* 1, 2, ... since the start */
	int64_t time_ms; /* wall clock, ms since 1970 */
	enum fb_log_level level;
	char component[16];
	char message[FB_JOURNAL_MESSAGE]; /* cut at the end if longer */
	/* key, NUL, value, NUL, ..., an empty key; those that do not fit are left out */
	char fields[FB_JOURNAL_FIELDS];
};

struct fb_journal;

int fb_journal_new(struct fb_journal **ret_journal);
void fb_journal_free(struct fb_journal *journal);

/* Keep one message; has the form of fb_log_fn, ctx being the journal. */
void fb_journal_add(void *journal, enum fb_log_level level, const char *component,
		    const char *message, const struct fb_log_field *fields);

/* The field behind `last` (NULL: the first), and its value; NULL: there is no more. */
static inline const char *fb_journal_field(const struct fb_journal_entry *entry, const char *last,
					   const char **ret_value)
{
	const char *key = entry->fields;

	if (last) {
		key = last + strlen(last) + 1;
		key += strlen(key) + 1;
	}
	*ret_value = key + strlen(key) + 1;
	return *key ? key : NULL;
}

/* Lines that name them say no more than that one was taken out; returns how many. */
unsigned int fb_journal_erase(struct fb_journal *journal, const struct fb_person *who);

/* Copy up to `max` entries with seq > `after`, oldest first, into `entries`; returns how many. */
unsigned int fb_journal_read(struct fb_journal *journal, uint64_t after,
			     struct fb_journal_entry *entries, unsigned int max);
