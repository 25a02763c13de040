/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of log lines. */
#include "engine/journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/cleanup.h"

struct fb_journal {
	pthread_mutex_t lock; /* protects all below */
	uint64_t next_seq;
	struct fb_journal_entry entries[FB_JOURNAL_ENTRIES]; /* entry of seq s is at s % size */
};

int fb_journal_new(struct fb_journal **ret_journal)
{
	_cleanup_free_ struct fb_journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return -ENOMEM;
	pthread_mutex_init(&journal->lock, NULL);
	journal->next_seq = 1;
	*ret_journal = TAKE_PTR(journal);
	return 0;
}

void fb_journal_free(struct fb_journal *journal)
{
	if (!journal)
		return;
	pthread_mutex_destroy(&journal->lock);
	free(journal);
}

static void keep_fields(char *to, const struct fb_log_field *fields)
{
	size_t len = 0;

	for (; fields && fields->key; fields++) {
		const size_t key = strlen(fields->key) + 1, value = strlen(fields->value) + 1;

		if (value == 1 || len + key + value >= FB_JOURNAL_FIELDS)
			continue;
		memcpy(to + len, fields->key, key);
		memcpy(to + len + key, fields->value, value);
		len += key + value;
	}
	to[len] = '\0';
}

void fb_journal_add(void *ctx, enum fb_log_level level, const char *component, const char *message,
		    const struct fb_log_field *fields)
{
	struct fb_journal *journal = ctx;
	struct fb_journal_entry *entry;
	const int64_t now_ms = fb_wall_ms();

	pthread_mutex_lock(&journal->lock);
	entry = &journal->entries[journal->next_seq % FB_JOURNAL_ENTRIES];
	entry->seq = journal->next_seq++;
	entry->time_ms = now_ms;
	entry->level = level;
	snprintf(entry->component, sizeof(entry->component), "%s", component);
	snprintf(entry->message, sizeof(entry->message), "%s", message);
	keep_fields(entry->fields, fields);
	pthread_mutex_unlock(&journal->lock);
}

unsigned int fb_journal_read(struct fb_journal *journal, uint64_t after,
			     struct fb_journal_entry *entries, unsigned int max)
{
	unsigned int n = 0;
	uint64_t seq;

	pthread_mutex_lock(&journal->lock);
	seq = journal->next_seq > FB_JOURNAL_ENTRIES ? journal->next_seq - FB_JOURNAL_ENTRIES : 1;
	if (seq <= after)
		seq = after + 1;
	for (; seq < journal->next_seq && n < max; seq++)
		entries[n++] = journal->entries[seq % FB_JOURNAL_ENTRIES];
	pthread_mutex_unlock(&journal->lock);
	return n;
}

static bool is_named(const struct fb_journal_entry *entry, const struct fb_person *who)
{
	const char *value;
	bool is = fb_person_is_in(who, entry->message);

	for (const char *key = fb_journal_field(entry, NULL, &value); key && !is;
	     key = fb_journal_field(entry, key, &value))
		is = fb_person_is_in(who, value);
	return is;
}

/* Its number stays: who follows the log counts on it. */
static void take_out(struct fb_journal_entry *entry)
{
	memset(entry->message, 0, sizeof(entry->message));
	memset(entry->fields, 0, sizeof(entry->fields));
	snprintf(entry->component, sizeof(entry->component), "log");
	snprintf(entry->message, sizeof(entry->message), "a line that was erased");
}

unsigned int fb_journal_erase(struct fb_journal *journal, const struct fb_person *who)
{
	unsigned int n = 0;

	pthread_mutex_lock(&journal->lock);
	for (unsigned int i = 0; i < FB_JOURNAL_ENTRIES; i++) {
		if (!journal->entries[i].seq || !is_named(&journal->entries[i], who))
			continue;
		take_out(&journal->entries[i]);
		n++;
	}
	pthread_mutex_unlock(&journal->lock);
	return n;
}
