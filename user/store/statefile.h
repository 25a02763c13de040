/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file in the state folder: read whole at the start, replaced whole now and then by a thread, for
 * a disk may take its time. Used by one other thread (the engine).
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/why.h"

struct fb_statefile {
	const char *name; /* static; `about` too, what it holds: "the names of the last run" */
	const char *about;
	pthread_t writer;
	bool writing;
	atomic_bool written;
	int folder, result; /* of the writer, when it is done */
	int error;	    /* of the last writing: the disk takes none; 0: it did */
	uint64_t retry_ns;  /* not before: the disk did not take it */
	char *text;	    /* what is being written */
	size_t len;
};

/*
 * A text may be written now: the last one is, and the disk refused none a moment ago; `at_once`
 * waits for the first and goes over the second. What came to nothing sets `*unsaved`.
 */
bool fb_statefile_is_ready(struct fb_statefile *file, bool at_once, bool *unsaved);
/*
 * What the last writing came to, which is waited for; 0 where there was none. That the disk takes
 * none any more is in the log once, and once more when it does.
 */
int fb_statefile_finish(struct fb_statefile *file);
/* Begin to write `text`, which is freed; when it is ready. 0 or -errno. */
int fb_statefile_write(struct fb_statefile *file, int folder, char *text, size_t len);
/* Write it at once, after what is being written. 0 or -errno, which is in the log. */
int fb_statefile_replace(struct fb_statefile *file, int folder, const char *text, size_t len);

/* The file whole, to be freed. 0, -ENOENT, or -errno with a sentence: what is there stays as
 * NAME.old.
 */
int fb_statefile_read(const struct fb_statefile *file, int folder, char **ret_data, size_t *ret_len,
		      struct fb_why *why);
/* What is there is none of ours, "is torn": it stays as NAME.old. Returns `error`, and a sentence.
 */
int fb_statefile_refuse(const struct fb_statefile *file, int folder, struct fb_why *why, int error,
			const char *what);

/* --- lines ------------------------------------------------------------------------------------ */

/* The word at *at, which then is behind the blank that ends it; NULL: there is none. */
char *fb_statefile_word(char **at);
/* All of the text is a number; a word is one. */
bool fb_statefile_number(const char *text, int64_t *ret_number);
bool fb_statefile_take_number(char **at, int64_t *ret_number);

/* Takes a line, which it may cut up; false: it is none of this file. */
typedef bool (*fb_statefile_fn)(void *ctx, char *line);

/* Does the file that is there begin like this? Then it is to be loaded by this header. */
bool fb_statefile_begins(const struct fb_statefile *file, int folder, const char *header);

/*
 * Have the lines behind `header` taken. -ENOENT: there is no file; -errno with a sentence: it
 * cannot be read, is in another form, or (-EBADMSG) a line is wrong or the last does not say how
 * many they are, and those before it were taken: what was there stays as NAME.old.
 */
int fb_statefile_load(const struct fb_statefile *file, int folder, const char *header,
		      fb_statefile_fn take, void *ctx, struct fb_why *why);
