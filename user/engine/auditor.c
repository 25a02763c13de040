/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/auditor.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/auditlog.h"
#include "util/clock.h"
#include "util/cleanup.h"
#include "util/json.h"
#include "util/jsonin.h"
#include "util/log.h"

#define RETRY_MS 5000
/* Where the time stands in a line: behind its number, the hash, and its key. */
#define TIME_KEY "\",\"time\":\""

struct fb_auditor {
	int folder;
	pthread_t thread;
	bool started, opened;
	struct fb_auditlog log; /* the thread's own; `opened` too */

	pthread_mutex_t lock; /* protects what follows */
	pthread_cond_t wake;
	bool ending;
	unsigned int n;
	char *queue[FB_AUDITOR_QUEUE]; /* objects; the oldest first */
	uint64_t lost_told;	       /* of counters.lost, on record */
	struct fb_auditor_state state;
	char *shown[FB_AUDITOR_SHOWN]; /* line s at s % size */
	uint64_t shown_first;	       /* the oldest of them */
};

int fb_auditor_new(struct fb_auditor **ret_auditor)
{
	struct fb_auditor *auditor = calloc(1, sizeof(*auditor));
	pthread_condattr_t attr;

	if (!auditor)
		return -ENOMEM;
	auditor->folder = -1;
	auditor->log.fd = -1;
	auditor->state.head.last = fb_audit_none;
	pthread_mutex_init(&auditor->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&auditor->wake, &attr);
	pthread_condattr_destroy(&attr);
	*ret_auditor = auditor;
	return 0;
}

/* --- an act as an object ---------------------------------------------------------------------- */

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static void write_known(struct fb_json *json, const char *key, bool known, uint64_t number)
{
	fb_json_key(json, key);
	if (known)
		fb_json_u64(json, number);
	else
		fb_json_null(json);
}

static void write_preview(struct fb_json *json, const struct fb_audit_words *words)
{
	fb_json_key(json, "preview");
	if (!words->previewed) {
		fb_json_null(json);
		return;
	}
	fb_json_object(json);
	fb_json_kv_u64(json, "flows", words->flows);
	fb_json_kv_u64(json, "entries", words->entries);
	write_known(json, "hosts", words->summed, words->hosts);
	write_known(json, "bytes", words->summed, words->bytes);
	write_known(json, "past_flows", words->past, words->past_flows);
	fb_json_end(json, '}');
}

/* The time first: the lines of memory are looked through by it. */
static char *make_object(const struct fb_audit_words *words)
{
	const int64_t now_ms = fb_wall_ms();
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_json json;
	size_t len;

	fb_json_init(&json, &text);
	fb_json_object(&json);
	fb_json_kv_time(&json, "time", now_ms);
	fb_json_kv_str(&json, "act", words->act);
	fb_json_kv_str(&json, "target", or_null(words->target));
	fb_json_kv_str(&json, "flow", or_null(words->flow));
	fb_json_kv_str(&json, "user", or_null(words->user));
	fb_json_kv_str(&json, "role", or_null(words->role));
	fb_json_kv_str(&json, "peer", or_null(words->peer));
	fb_json_kv_str(&json, "by", or_null(words->by));
	fb_json_kv_bool(&json, "dry_run", words->dry_run);
	write_preview(&json, words);
	fb_json_kv_str(&json, "reason", or_null(words->reason));
	fb_json_kv_bool(&json, "ok", words->ok);
	fb_json_kv_str(&json, "result", words->result);
	write_known(&json, "count", words->counted, words->count);
	fb_json_key(&json, "expires");
	if (words->seconds)
		fb_json_time(&json, now_ms + (int64_t)words->seconds * 1000);
	else
		fb_json_null(&json);
	fb_json_kv_str(&json, "undo", words->undo);
	fb_json_end(&json, '}');
	return fb_buf_take(&text, &len);
}

void fb_auditor_add(struct fb_auditor *auditor, const struct fb_audit_words *words)
{
	char *object = make_object(words);

	pthread_mutex_lock(&auditor->lock);
	auditor->state.counters.acts++;
	if (object && auditor->n < FB_AUDITOR_QUEUE)
		auditor->queue[auditor->n++] = TAKE_PTR(object);
	else
		auditor->state.counters.lost++;
	pthread_cond_signal(&auditor->wake);
	pthread_mutex_unlock(&auditor->lock);
	free(object);
}

/* --- the newest lines, in memory -------------------------------------------------------------- */

/* Takes the line over. */
static void show(struct fb_auditor *auditor, uint64_t seq, char *line)
{
	pthread_mutex_lock(&auditor->lock);
	free(auditor->shown[seq % FB_AUDITOR_SHOWN]);
	auditor->shown[seq % FB_AUDITOR_SHOWN] = line;
	if (!auditor->shown_first)
		auditor->shown_first = seq;
	if (seq - auditor->shown_first >= FB_AUDITOR_SHOWN)
		auditor->shown_first = seq - FB_AUDITOR_SHOWN + 1;
	pthread_mutex_unlock(&auditor->lock);
}

/* A line of the last run. What is no object of ours is for "audit verify", not for readers. */
static void on_line(void *ctx, const char *line, size_t len)
{
	struct fb_auditor *auditor = ctx;
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct fb_jsonin_error error;
	struct fb_audit_link link;
	char prev[FB_AUDIT_HASH + 1], *copy;

	if (len > FB_AUDIT_LINE || !fb_auditline_read(line, len, prev, &link) ||
	    link.seq > auditor->log.head.last.seq || fb_jsonin_new(line, len, &in, &error) < 0)
		return;
	copy = strndup(line, len);
	if (copy)
		show(auditor, link.seq, copy);
}

static bool is_since(const char *line, const char *since)
{
	const char *time = strstr(line, TIME_KEY);

	return time && strncmp(time + strlen(TIME_KEY), since, FB_TIME_STRLEN - 1) >= 0;
}

void fb_auditor_read(struct fb_auditor *auditor, uint64_t after, int64_t since_ms,
		     struct fb_buf *lines)
{
	char since[FB_TIME_STRLEN];
	bool any = false;

	fb_json_format_time(since_ms, since);
	pthread_mutex_lock(&auditor->lock);
	if (after < auditor->shown_first)
		after = auditor->shown_first ? auditor->shown_first - 1 : 0;
	for (uint64_t seq = after + 1; seq <= auditor->state.head.last.seq; seq++) {
		const char *line = auditor->shown[seq % FB_AUDITOR_SHOWN];

		if (!line || !is_since(line, since))
			continue;
		fb_buf_adds(lines, any ? "," : "");
		fb_buf_adds(lines, line);
		any = true;
	}
	pthread_mutex_unlock(&auditor->lock);
}

void fb_auditor_state(struct fb_auditor *auditor, struct fb_auditor_state *ret_state)
{
	pthread_mutex_lock(&auditor->lock);
	*ret_state = auditor->state;
	pthread_mutex_unlock(&auditor->lock);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void lose(struct fb_auditor *auditor)
{
	pthread_mutex_lock(&auditor->lock);
	auditor->state.counters.lost++;
	pthread_mutex_unlock(&auditor->lock);
}

/* Takes the object over. */
static void put_on_record(struct fb_auditor *auditor, char *object_)
{
	_cleanup_free_ char *object = object_;
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	size_t len;
	char *text;

	if (!object || fb_auditlog_add(&auditor->log, object, &line) < 0) {
		lose(auditor);
		return;
	}
	text = fb_buf_take(&line, &len);
	if (text)
		show(auditor, auditor->log.head.last.seq, text);
}

/* The record speaks of itself. */
static void note(struct fb_auditor *auditor, const char *result)
{
	put_on_record(auditor, make_object(&(struct fb_audit_words){
				       .act = "audit",
				       .target = "the record of acts",
				       .result = result,
			       }));
}

static int open_log(struct fb_auditor *auditor)
{
	struct fb_why why = {""};
	int r = fb_auditlog_open(&auditor->log, auditor->folder, FB_AUDITLOG_FILE, &why);

	if (r < 0)
		return r;
	auditor->opened = true;
	fb_auditlog_each(&auditor->log, on_line, auditor);
	if (r > 0) {
		fb_warn("audit", "%s", why.text);
		note(auditor, why.text);
	}
	return 0;
}

static void tell_lost(struct fb_auditor *auditor)
{
	char text[80];
	uint64_t lost;

	pthread_mutex_lock(&auditor->lock);
	lost = auditor->state.counters.lost - auditor->lost_told;
	pthread_mutex_unlock(&auditor->lock);
	if (!lost || auditor->log.waiting.len)
		return;
	auditor->lost_told += lost;
	snprintf(text, sizeof(text), "%llu acts are not on record: the disk took none",
		 (unsigned long long)lost);
	note(auditor, text);
}

static void tell_failure(struct fb_auditor *auditor, int r)
{
	const char *why = r < 0 ? strerror(-r) : "";

	pthread_mutex_lock(&auditor->lock);
	auditor->state.counters.failures += r < 0;
	auditor->state.head = auditor->log.head;
	auditor->state.written = auditor->log.written;
	auditor->state.kept = auditor->opened && auditor->folder >= 0;
	if (r < 0 && strcmp(why, auditor->state.failing) != 0)
		fb_warn("audit", "cannot keep the record of acts: %s; it is tried again", why);
	else if (r == 0 && *auditor->state.failing)
		fb_info("audit", "the record of acts is kept again");
	snprintf(auditor->state.failing, sizeof(auditor->state.failing), "%s", why);
	pthread_mutex_unlock(&auditor->lock);
}

/* All that is in the queue, to the record and to the disk. 0 or -errno. */
static int work(struct fb_auditor *auditor)
{
	char *objects[FB_AUDITOR_QUEUE];
	unsigned int n;
	int r = auditor->opened ? 0 : open_log(auditor);

	if (r < 0)
		return r;
	pthread_mutex_lock(&auditor->lock);
	n = auditor->n;
	memcpy(objects, auditor->queue, n * sizeof(*objects));
	auditor->n = 0;
	pthread_mutex_unlock(&auditor->lock);
	tell_lost(auditor);
	for (unsigned int i = 0; i < n; i++)
		put_on_record(auditor, objects[i]);
	return fb_auditlog_flush(&auditor->log);
}

/* With the lock held: until there is something to do, or to try again. */
static void wait_for_work(struct fb_auditor *auditor, bool again)
{
	const struct timespec until = fb_monotonic_in_ms(RETRY_MS);
	int r = 0;

	while (r == 0 && !auditor->ending && (again || !auditor->n))
		r = again ? pthread_cond_timedwait(&auditor->wake, &auditor->lock, &until)
			  : pthread_cond_wait(&auditor->wake, &auditor->lock);
}

static void *run(void *ctx)
{
	struct fb_auditor *auditor = ctx;
	bool ending;
	int r;

	do {
		r = work(auditor);
		tell_failure(auditor, r);
		pthread_mutex_lock(&auditor->lock);
		wait_for_work(auditor, r < 0);
		ending = auditor->ending;
		pthread_mutex_unlock(&auditor->lock);
	} while (!ending);
	tell_failure(auditor, work(auditor));
	return NULL;
}

int fb_auditor_start(struct fb_auditor *auditor, int folder)
{
	int r;

	auditor->folder = folder;
	r = -pthread_create(&auditor->thread, NULL, run, auditor);
	auditor->started = r == 0;
	return r;
}

void fb_auditor_free(struct fb_auditor *auditor)
{
	if (!auditor)
		return;
	pthread_mutex_lock(&auditor->lock);
	auditor->ending = true;
	pthread_cond_signal(&auditor->wake);
	pthread_mutex_unlock(&auditor->lock);
	if (auditor->started)
		pthread_join(auditor->thread, NULL);
	fb_auditlog_close(&auditor->log);
	for (unsigned int i = 0; i < auditor->n; i++)
		free(auditor->queue[i]);
	for (unsigned int i = 0; i < FB_AUDITOR_SHOWN; i++)
		free(auditor->shown[i]);
	pthread_cond_destroy(&auditor->wake);
	pthread_mutex_destroy(&auditor->lock);
	free(auditor);
}
