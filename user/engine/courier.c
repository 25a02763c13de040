/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/courier_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#define HEADER	      "flowbpf alerts.spool 1\n"
#define SAVE_AGAIN_MS 1000 /* what the disk refused */

/* --- ways ------------------------------------------------------------------------------------- */

static void free_way(struct fb_courier_way *way)
{
	if (!way)
		return;
	fb_sender_free(way->sender);
	free(way->queue);
	free(way);
}

static void free_ways(struct fb_courier_ways *ways)
{
	for (unsigned int i = 0; ways && i < ways->n; i++)
		free_way(ways->way[i]);
	free(ways);
}

static bool is_name_of(const struct fb_courier_way *way, const char *name)
{
	const size_t len = strlen(name);

	return !strncmp(way->text, name, len) && way->text[len] == ':';
}

/* `old`: it is written as that one, whose sender goes on. */
static int new_way(const char *text, const struct fb_courier_way *old,
		   struct fb_courier_way **ret_way, struct fb_why *why)
{
	struct fb_courier_way *way = calloc(1, sizeof(*way));
	int r = 0;

	*ret_way = way;
	if (way && !old)
		way->queue = calloc(FB_COURIER_QUEUE, sizeof(*way->queue));
	if (!way || (!old && !way->queue))
		return fb_why_set(why, -ENOMEM, "not enough memory");
	if (!old)
		r = fb_sender_new(text, &way->sender, why);
	if (r < 0)
		return r;
	snprintf(way->text, sizeof(way->text), "%s", text);
	if (way->sender)
		way->tokens = fb_sender_rate(way->sender) * 1000ull;
	return 0;
}

static const struct fb_courier_way *find_text(const struct fb_courier *courier, const char *text)
{
	for (unsigned int i = 0; i < courier->n; i++)
		if (!strcmp(courier->way[i]->text, text))
			return courier->way[i];
	return NULL;
}

static int check_names(const struct fb_courier_ways *ways, struct fb_why *why)
{
	for (unsigned int i = 0; i < ways->n; i++)
		for (unsigned int k = 0; k < i; k++) {
			const char *a = ways->way[i]->text, *b = ways->way[k]->text;
			const size_t len = strcspn(a, ":");

			if (!strncmp(a, b, len + 1))
				return fb_why_set(why, -EINVAL, "sender %.*s is there twice",
						  (int)len, a);
		}
	return 0;
}

static int new_ways(const struct fb_courier *courier, const char *const *senders, unsigned int n,
		    struct fb_courier_ways **ret_ways, struct fb_why *why)
{
	struct fb_courier_ways *ways = n <= FB_SENDERS ? calloc(1, sizeof(*ways)) : NULL;
	int r = 0;

	if (!ways)
		return n > FB_SENDERS ? fb_why_set(why, -EINVAL, "there can be %d senders at most",
						   FB_SENDERS)
				      : fb_why_set(why, -ENOMEM, "not enough memory");
	for (unsigned int i = 0; i < n && r == 0; i++)
		r = new_way(senders[i], find_text(courier, senders[i]), &ways->way[ways->n++], why);
	if (r == 0)
		r = check_names(ways, why);
	if (r == 0)
		*ret_ways = ways;
	else
		free_ways(ways);
	return r;
}

static void count_gone(struct fb_courier *courier, const struct fb_courier_way *way)
{
#define X(name, loss, help) courier->gone.name += way->counters.name;
	FB_COURIER_COUNTERS(X)
#undef X
	courier->gone.dropped += way->n;
	if (way->n)
		fb_warn("alert", "sender %s is no more: %u messages that waited for it are dropped",
			fb_sender_name(way->sender), way->n);
}

/* What waits for a sender of the same name waits for the new one. */
static void succeed(struct fb_courier_way *way, struct fb_courier_way *old)
{
	struct fb_sender *sender = way->sender ? way->sender : TAKE_PTR(old->sender);
	struct fb_courier_way both = *old;

	free(way->queue);
	memcpy(both.text, way->text, sizeof(both.text));
	both.sender = sender;
	if (old->sender)
		both.next_ms = both.wait_ms = 0;
	old->queue = NULL;
	*way = both;
}

/* By the thread, or before there is one; with the lock held. */
void fb_courier_take_over(struct fb_courier *courier)
{
	struct fb_courier_ways *next = TAKE_PTR(courier->next);

	if (!next)
		return;
	for (unsigned int i = 0; i < courier->n; i++) {
		struct fb_courier_way *old = courier->way[i];
		unsigned int k = 0;

		while (k < next->n && !is_name_of(next->way[k], fb_sender_name(old->sender)))
			k++;
		if (k < next->n)
			succeed(next->way[k], old);
		else
			count_gone(courier, old);
		free_way(old);
	}
	memcpy(courier->way, next->way, sizeof(courier->way));
	courier->n = next->n;
	for (unsigned int i = 0; i < courier->n; i++)
		courier->way[i]->courier = courier;
	courier->unsaved = true;
	free(next);
}

int fb_courier_new(const char *const *senders, unsigned int n, struct fb_courier **ret_courier,
		   struct fb_why *why)
{
	struct fb_courier *courier = calloc(1, sizeof(*courier));
	pthread_condattr_t attr;
	int r;

	if (!courier)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	courier->folder = -1;
	courier->spool = (struct fb_statefile){.name = "alerts.spool",
					       .about = "the alerts that were not sent yet"};
	pthread_mutex_init(&courier->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&courier->wake, &attr);
	pthread_condattr_destroy(&attr);
	r = new_ways(courier, senders, n, &courier->next, why);
	if (r < 0) {
		fb_courier_free(courier);
		return r;
	}
	fb_courier_take_over(courier);
	*ret_courier = courier;
	return 0;
}

/* --- queues, with the lock held --------------------------------------------------------------- */

void fb_courier_drop_first(struct fb_courier_way *way)
{
	way->first = (way->first + 1) % FB_COURIER_QUEUE;
	way->n--;
	way->head_no++;
}

static void add(struct fb_courier *courier, struct fb_courier_way *way,
		const struct fb_alarm *alarm)
{
	way->counters.queued++;
	if (way->n == FB_COURIER_QUEUE) {
		fb_courier_drop_first(way);
		way->counters.dropped++;
	}
	way->queue[(way->first + way->n++) % FB_COURIER_QUEUE] = *alarm;
	courier->unsaved = true;
}

void fb_courier_add(struct fb_courier *courier, const struct fb_alarm *alarm)
{
	pthread_mutex_lock(&courier->lock);
	for (unsigned int i = 0; i < courier->n; i++)
		if (alarm->severity >= fb_sender_least(courier->way[i]->sender))
			add(courier, courier->way[i], alarm);
	pthread_cond_signal(&courier->wake);
	pthread_mutex_unlock(&courier->lock);
}

static struct fb_courier_way *find(struct fb_courier *courier, const char *name)
{
	for (unsigned int i = 0; i < courier->n; i++)
		if (!strcmp(fb_sender_name(courier->way[i]->sender), name))
			return courier->way[i];
	return NULL;
}

int fb_courier_add_to(struct fb_courier *courier, const char *sender, const struct fb_alarm *alarm)
{
	struct fb_courier_way *way;
	int r = -ENOENT;

	pthread_mutex_lock(&courier->lock);
	way = find(courier, sender);
	if (way) {
		add(courier, way, alarm);
		way->next_ms = 0; /* who asks wants to know now */
		r = (int)(way->counters.queued & INT32_MAX);
		pthread_cond_signal(&courier->wake);
	}
	pthread_mutex_unlock(&courier->lock);
	return r;
}

struct fb_courier_counters fb_courier_gone(struct fb_courier *courier)
{
	struct fb_courier_counters gone;

	pthread_mutex_lock(&courier->lock);
	gone = courier->gone;
	pthread_mutex_unlock(&courier->lock);
	return gone;
}

unsigned int fb_courier_states(struct fb_courier *courier,
			       struct fb_courier_state states[static FB_SENDERS])
{
	unsigned int n;

	pthread_mutex_lock(&courier->lock);
	n = courier->n;
	for (unsigned int i = 0; i < n; i++) {
		const struct fb_courier_way *way = courier->way[i];

		states[i] = (struct fb_courier_state){
			.kind = fb_sender_kind(way->sender),
			.counters = way->counters,
			.waiting = way->n,
			.error_ms = way->error_ms,
		};
		snprintf(states[i].name, sizeof(states[i].name), "%s", fb_sender_name(way->sender));
		memcpy(states[i].error, way->error, sizeof(way->error));
	}
	pthread_mutex_unlock(&courier->lock);
	return n;
}

/* --- the spool -------------------------------------------------------------------------------- */

static unsigned int write_way(const struct fb_courier_way *way, struct fb_buf *text)
{
	for (unsigned int i = 0; i < way->n; i++) {
		fb_buf_addf(text, "%s ", fb_sender_name(way->sender));
		fb_alarm_write(&way->queue[(way->first + i) % FB_COURIER_QUEUE], text);
		fb_buf_addc(text, '\n');
	}
	return way->n;
}

/* Before any of it is sent: a crash has a message sent twice and never not at all. */
void fb_courier_save(struct fb_courier *courier)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	unsigned int n = 0;
	int r;

	if (courier->folder < 0)
		courier->unsaved = false;
	if (!courier->unsaved || (fb_monotonic_ms() < courier->save_ms && !courier->ending))
		return;
	fb_buf_adds(&text, HEADER);
	for (unsigned int i = 0; i < courier->n; i++)
		n += write_way(courier->way[i], &text);
	fb_buf_addf(&text, "end %u\n", n);
	courier->unsaved = false;
	pthread_mutex_unlock(&courier->lock);
	r = fb_buf_error(&text);
	if (r == 0)
		r = fb_statefile_replace(&courier->spool, courier->folder, text.data, text.len);
	pthread_mutex_lock(&courier->lock);
	courier->unsaved |= r < 0;
	courier->save_ms = r < 0 ? fb_monotonic_ms() + SAVE_AGAIN_MS : 0;
}

/* Of a sender that is no more: it is left out. */
static bool take_line(void *ctx, char *line)
{
	struct fb_courier *courier = ctx;
	const char *name = fb_statefile_word(&line);
	struct fb_courier_way *way = name ? find(courier, name) : NULL;
	struct fb_alarm alarm;

	if (!name || fb_alarm_read(line, strlen(line), &alarm) < 0)
		return false;
	if (way)
		add(courier, way, &alarm);
	return true;
}

static void load(struct fb_courier *courier)
{
	struct fb_why why = {""};
	int r;

	if (courier->folder < 0)
		return;
	r = fb_statefile_load(&courier->spool, courier->folder, HEADER, take_line, courier, &why);
	if (r < 0 && r != -ENOENT)
		fb_warn("alert", "%s", why.text);
}

static int start_thread(struct fb_courier *courier)
{
	const int r = -pthread_create(&courier->thread, NULL, fb_courier_run, courier);

	courier->started = r == 0;
	return r;
}

int fb_courier_start(struct fb_courier *courier, int folder)
{
	courier->folder = folder;
	if (!courier->n)
		return 0;
	load(courier);
	return start_thread(courier);
}

int fb_courier_change(struct fb_courier *courier, const char *const *senders, unsigned int n,
		      struct fb_why *why)
{
	struct fb_courier_ways *ways, *before;
	int r = 0;

	pthread_mutex_lock(&courier->lock);
	before = TAKE_PTR(courier->next); /* nobody took it over yet */
	r = new_ways(courier, senders, n, &ways, why);
	courier->next = r == 0 ? ways : before;
	pthread_cond_signal(&courier->wake);
	pthread_mutex_unlock(&courier->lock);
	if (r == 0)
		free_ways(before);
	if (r == 0 && n && !courier->started)
		r = start_thread(courier);
	return r;
}

void fb_courier_free(struct fb_courier *courier)
{
	if (!courier)
		return;
	pthread_mutex_lock(&courier->lock);
	courier->ending = true;
	for (unsigned int i = 0; i < courier->n; i++)
		fb_sender_stop(courier->way[i]->sender);
	pthread_cond_signal(&courier->wake);
	pthread_mutex_unlock(&courier->lock);
	if (courier->started)
		pthread_join(courier->thread, NULL);
	for (unsigned int i = 0; i < FB_SENDERS; i++)
		free_way(courier->way[i]);
	free_ways(courier->next);
	pthread_cond_destroy(&courier->wake);
	pthread_mutex_destroy(&courier->lock);
	free(courier);
}
