/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages on their way: which is due, by whom it goes, what became of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/courier_priv.h"
#include "util/clock.h"
#include "util/log.h"

#define FIRST_WAIT_MS 2000   /* before a message is tried again; doubled ... */
#define LAST_WAIT_MS  600000 /* ... up to this */
#define GIVE_UP_MS    86400000ll
#define MINUTE_MS     60000

static void fill_tokens(struct fb_courier_way *way, uint64_t now_ms)
{
	const uint64_t rate = fb_sender_rate(way->sender) * 1000ull;
	const uint64_t more = way->tokens_ms ? (now_ms - way->tokens_ms) * rate / MINUTE_MS : 0;

	way->tokens = way->tokens + more < rate ? way->tokens + more : rate;
	if (more || !way->tokens_ms)
		way->tokens_ms = now_ms;
}

/* When its first message may be sent; UINT64_MAX: it has none. */
static uint64_t due_ms(struct fb_courier_way *way, uint64_t now_ms)
{
	const unsigned int rate = fb_sender_rate(way->sender);
	uint64_t due = way->next_ms;

	if (!way->n || way->sending)
		return UINT64_MAX;
	fill_tokens(way, now_ms);
	if (way->tokens < 1000 && due < now_ms + MINUTE_MS / rate)
		due = now_ms + MINUTE_MS / rate;
	return due;
}

static void tell(struct fb_courier_way *way, int r, const char *why)
{
	const char *name = fb_sender_name(way->sender);

	if (r == -EREMOTEIO)
		fb_warn("alert", "sender %s: a message was refused: %s", name, why);
	else if (r < 0 && !*way->error)
		fb_warn("alert", "sender %s waits: %s", name, why);
	else if (r == 0 && *way->error)
		fb_info("alert", "sender %s goes on", name);
}

static void note_failure(struct fb_courier_way *way, uint64_t now_ms, const char *why)
{
	way->counters.retries++;
	way->wait_ms = way->wait_ms ? way->wait_ms * 2 : FIRST_WAIT_MS;
	if (way->wait_ms > LAST_WAIT_MS)
		way->wait_ms = LAST_WAIT_MS;
	way->next_ms = now_ms + way->wait_ms;
	if (!*way->error)
		way->error_ms = fb_wall_ms();
	snprintf(way->error, sizeof(way->error), "%.150s", why);
}

static void note(struct fb_courier_way *way, uint64_t head_no, const struct fb_alarm *alarm, int r,
		 const char *why)
{
	const bool old = fb_wall_ms() - alarm->time_ms > GIVE_UP_MS;

	tell(way, r, why);
	if (r < 0 && r != -EREMOTEIO)
		note_failure(way, fb_monotonic_ms(), why);
	if (r == 0 || r == -EREMOTEIO) {
		way->next_ms = way->wait_ms = 0;
		way->error[0] = '\0';
	}
	/* it made room for another one meanwhile: that was counted */
	if (way->head_no != head_no || (r < 0 && r != -EREMOTEIO && !old))
		return;
	way->counters.sent += r == 0;
	way->counters.refused += r == -EREMOTEIO;
	way->counters.dropped += r < 0 && r != -EREMOTEIO;
	fb_courier_drop_first(way);
}

/* An errand: the way stays as long as it is out. */
static void *send_first(void *ctx)
{
	struct fb_courier_way *way = ctx;
	struct fb_courier *courier = way->courier;
	struct fb_why why = {""};
	struct fb_alarm alarm;
	uint64_t head_no;
	int r;

	pthread_mutex_lock(&courier->lock);
	alarm = way->queue[way->first];
	head_no = way->head_no;
	pthread_mutex_unlock(&courier->lock);
	r = fb_sender_send(way->sender, &alarm, &why);
	pthread_mutex_lock(&courier->lock);
	note(way, head_no, &alarm, r, why.text);
	way->back = courier->unsaved = true;
	pthread_cond_signal(&courier->wake);
	pthread_mutex_unlock(&courier->lock);
	return NULL;
}

static void send_out(struct fb_courier_way *way)
{
	const int r = -pthread_create(&way->errand, NULL, send_first, way);

	way->sending = r == 0;
	way->tokens = way->tokens > 1000 ? way->tokens - 1000 : 0;
	if (r < 0) {
		tell(way, r, strerror(-r));
		note_failure(way, fb_monotonic_ms(), strerror(-r));
	}
}

/* Those that are back have given the lock back for good. False: some are out. */
static bool all_are_back(struct fb_courier *courier)
{
	bool all = true;

	for (unsigned int i = 0; i < courier->n; i++) {
		struct fb_courier_way *way = courier->way[i];

		if (way->back)
			pthread_join(way->errand, NULL);
		way->sending &= !way->back;
		way->back = false;
		all &= !way->sending;
	}
	return all;
}

static bool sends(const struct fb_courier *courier)
{
	return !courier->ending && !courier->next;
}

/* What is due, one of each sender. */
static void send_some(struct fb_courier *courier)
{
	const uint64_t now_ms = fb_monotonic_ms();

	for (unsigned int i = 0; i < courier->n && sends(courier); i++)
		if (due_ms(courier->way[i], now_ms) <= now_ms)
			send_out(courier->way[i]);
}

/* In how many ms there is something to do, if nobody wakes us. */
static uint64_t idle_ms(struct fb_courier *courier)
{
	const uint64_t now_ms = fb_monotonic_ms();
	uint64_t next_ms = courier->unsaved ? courier->save_ms : now_ms + MINUTE_MS;
	bool out = false;

	for (unsigned int i = 0; i < courier->n; i++) {
		struct fb_courier_way *way = courier->way[i];
		const uint64_t due = sends(courier) ? due_ms(way, now_ms) : UINT64_MAX;

		if (way->back)
			return 0;
		out |= way->sending;
		next_ms = due < next_ms ? due : next_ms;
	}
	if (!sends(courier) && !out)
		return 0;
	return next_ms > now_ms ? next_ms - now_ms : 0;
}

void *fb_courier_run(void *ctx)
{
	struct fb_courier *courier = ctx;
	bool home;

	pthread_mutex_lock(&courier->lock);
	while (home = all_are_back(courier), !home || !courier->ending) {
		struct timespec until;
		uint64_t wait;

		if (home)
			fb_courier_take_over(courier);
		fb_courier_save(courier);
		if (!courier->unsaved || courier->save_ms) /* else more came meanwhile */
			send_some(courier);
		wait = idle_ms(courier);
		until = fb_monotonic_in_ms(wait);
		if (wait)
			pthread_cond_timedwait(&courier->wake, &courier->lock, &until);
	}
	fb_courier_save(courier);
	pthread_mutex_unlock(&courier->lock);
	return NULL;
}
