/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/courier.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/statefile.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#define HEADER	      "flowbpf alerts.spool 1\n"
#define FIRST_WAIT_MS 2000   /* before a message is tried again; doubled ... */
#define LAST_WAIT_MS  600000 /* ... up to this */
#define GIVE_UP_MS    86400000ll
#define MINUTE_MS     60000

struct way {
	struct fb_sender *sender;
	char text[FB_SENDER_TEXT + FB_ALARM_NAME + 2]; /* as it was written */
	struct fb_alarm *queue;			       /* [FB_COURIER_QUEUE]; the oldest at first */
	unsigned int first, n;
	uint64_t head_no;	   /* of the message at first: another one when it is dropped */
	uint64_t next_ms, wait_ms; /* CLOCK_MONOTONIC */
	uint64_t tokens;	   /* thousandths of a message that may be sent now */
	uint64_t tokens_ms;	   /* as of then */
	struct fb_courier_counters counters;
	char error[160];
	int64_t error_ms;
};

/* What comes in their place, when the thread is between two messages. */
struct ways {
	struct way *way[FB_SENDERS]; /* owned; without a sender: that of the name goes on */
	unsigned int n;
};

struct fb_courier {
	struct way *way[FB_SENDERS]; /* owned; the thread alone changes which */
	unsigned int n;
	int folder;
	pthread_t thread;
	bool started;
	struct fb_statefile spool; /* the thread's own */

	pthread_mutex_t lock; /* protects the ways' queues and what they count, and: */
	pthread_cond_t wake;
	bool ending, unsaved;
	struct ways *next;		 /* NULL: nothing changes */
	struct fb_courier_counters gone; /* of senders that are no more */
};

/* --- ways ------------------------------------------------------------------------------------- */

static void free_way(struct way *way)
{
	if (!way)
		return;
	fb_sender_free(way->sender);
	free(way->queue);
	free(way);
}

static void free_ways(struct ways *ways)
{
	for (unsigned int i = 0; ways && i < ways->n; i++)
		free_way(ways->way[i]);
	free(ways);
}

static bool is_name_of(const struct way *way, const char *name)
{
	const size_t len = strlen(name);

	return !strncmp(way->text, name, len) && way->text[len] == ':';
}

/* `old`: it is written as that one, whose sender goes on. */
static int new_way(const char *text, const struct way *old, struct way **ret_way,
		   struct fb_why *why)
{
	struct way *way = calloc(1, sizeof(*way));
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

static const struct way *find_text(const struct fb_courier *courier, const char *text)
{
	for (unsigned int i = 0; i < courier->n; i++)
		if (!strcmp(courier->way[i]->text, text))
			return courier->way[i];
	return NULL;
}

static int check_names(const struct ways *ways, struct fb_why *why)
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
		    struct ways **ret_ways, struct fb_why *why)
{
	struct ways *ways = n <= FB_SENDERS ? calloc(1, sizeof(*ways)) : NULL;
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

static void count_gone(struct fb_courier *courier, const struct way *way)
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
static void succeed(struct way *way, struct way *old)
{
	struct fb_sender *sender = way->sender ? way->sender : TAKE_PTR(old->sender);
	struct way both = *old;

	free(way->queue);
	memcpy(both.text, way->text, sizeof(both.text));
	both.sender = sender;
	if (old->sender)
		both.next_ms = both.wait_ms = 0;
	old->queue = NULL;
	*way = both;
}

/* By the thread, or before there is one; with the lock held. */
static void take_over(struct fb_courier *courier)
{
	struct ways *next = TAKE_PTR(courier->next);

	if (!next)
		return;
	for (unsigned int i = 0; i < courier->n; i++) {
		struct way *old = courier->way[i];
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
	take_over(courier);
	*ret_courier = courier;
	return 0;
}

/* --- queues, with the lock held --------------------------------------------------------------- */

static void drop_first(struct way *way)
{
	way->first = (way->first + 1) % FB_COURIER_QUEUE;
	way->n--;
	way->head_no++;
}

static void add(struct fb_courier *courier, struct way *way, const struct fb_alarm *alarm)
{
	way->counters.queued++;
	if (way->n == FB_COURIER_QUEUE) {
		drop_first(way);
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

static struct way *find(struct fb_courier *courier, const char *name)
{
	for (unsigned int i = 0; i < courier->n; i++)
		if (!strcmp(fb_sender_name(courier->way[i]->sender), name))
			return courier->way[i];
	return NULL;
}

int fb_courier_add_to(struct fb_courier *courier, const char *sender, const struct fb_alarm *alarm)
{
	struct way *way;
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
		const struct way *way = courier->way[i];

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

static unsigned int write_way(const struct way *way, struct fb_buf *text)
{
	for (unsigned int i = 0; i < way->n; i++) {
		fb_buf_addf(text, "%s ", fb_sender_name(way->sender));
		fb_alarm_write(&way->queue[(way->first + i) % FB_COURIER_QUEUE], text);
		fb_buf_addc(text, '\n');
	}
	return way->n;
}

/* Before any of it is sent: a crash has a message sent twice and never not at all. */
static void save(struct fb_courier *courier)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	unsigned int n = 0;
	int r;

	if (courier->folder < 0)
		courier->unsaved = false;
	if (!courier->unsaved)
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
}

/* Of a sender that is no more: it is left out. */
static bool take_line(void *ctx, char *line)
{
	struct fb_courier *courier = ctx;
	const char *name = fb_statefile_word(&line);
	struct way *way = name ? find(courier, name) : NULL;
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

/* --- the thread ------------------------------------------------------------------------------- */

static void fill_tokens(struct way *way, uint64_t now_ms)
{
	const uint64_t rate = fb_sender_rate(way->sender) * 1000ull;
	const uint64_t more = way->tokens_ms ? (now_ms - way->tokens_ms) * rate / MINUTE_MS : 0;

	way->tokens = way->tokens + more < rate ? way->tokens + more : rate;
	if (more || !way->tokens_ms)
		way->tokens_ms = now_ms;
}

/* When its first message may be sent; UINT64_MAX: it has none. */
static uint64_t due_ms(struct way *way, uint64_t now_ms)
{
	const unsigned int rate = fb_sender_rate(way->sender);
	uint64_t due = way->next_ms;

	if (!way->n)
		return UINT64_MAX;
	fill_tokens(way, now_ms);
	if (way->tokens < 1000 && due < now_ms + MINUTE_MS / rate)
		due = now_ms + MINUTE_MS / rate;
	return due;
}

static void tell(struct way *way, int r, const char *why)
{
	const char *name = fb_sender_name(way->sender);

	if (r == -EREMOTEIO)
		fb_warn("alert", "sender %s: a message was refused: %s", name, why);
	else if (r < 0 && !*way->error)
		fb_warn("alert", "sender %s waits: %s", name, why);
	else if (r == 0 && *way->error)
		fb_info("alert", "sender %s goes on", name);
}

static void note_failure(struct way *way, uint64_t now_ms, const char *why)
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

static void note(struct way *way, uint64_t head_no, const struct fb_alarm *alarm, int r,
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
	drop_first(way);
}

/* With the lock held, which is given back while it is sent. */
static void send_first(struct fb_courier *courier, struct way *way)
{
	const struct fb_alarm alarm = way->queue[way->first];
	const uint64_t head_no = way->head_no;
	struct fb_why why = {""};
	int r;

	way->tokens = way->tokens > 1000 ? way->tokens - 1000 : 0;
	pthread_mutex_unlock(&courier->lock);
	r = fb_sender_send(way->sender, &alarm, &why);
	pthread_mutex_lock(&courier->lock);
	note(way, head_no, &alarm, r, why.text);
	courier->unsaved = true;
}

/* Send what is due, one of each sender; when the next is, in ms. */
static uint64_t send_some(struct fb_courier *courier)
{
	uint64_t next = UINT64_MAX, now = fb_monotonic_ms();

	for (unsigned int i = 0; i < courier->n && !courier->ending; i++) {
		struct way *way = courier->way[i];
		uint64_t due = due_ms(way, now);

		if (due <= now) {
			send_first(courier, way);
			now = fb_monotonic_ms();
			due = due_ms(way, now);
		}
		next = due < next ? due : next;
	}
	return next == UINT64_MAX ? UINT64_MAX : next > now ? next - now : 0;
}

static void *run(void *ctx)
{
	struct fb_courier *courier = ctx;

	pthread_mutex_lock(&courier->lock);
	while (!courier->ending) {
		uint64_t wait;
		struct timespec until;

		take_over(courier);
		save(courier);
		wait = send_some(courier);
		save(courier);
		if (courier->ending || courier->unsaved || courier->next || !wait)
			continue;
		until = fb_monotonic_in_ms(wait < MINUTE_MS ? wait : MINUTE_MS);
		if (wait == UINT64_MAX)
			pthread_cond_wait(&courier->wake, &courier->lock);
		else
			pthread_cond_timedwait(&courier->wake, &courier->lock, &until);
	}
	save(courier);
	pthread_mutex_unlock(&courier->lock);
	return NULL;
}

static int start_thread(struct fb_courier *courier)
{
	const int r = -pthread_create(&courier->thread, NULL, run, courier);

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
	struct ways *ways, *before;
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
