/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/alertbook.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "engine/alertbook_priv.h"
#include "engine/status.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#define HEADER	  "flowbpf alerts 1\n"
#define ALL_TICKS 5 /* between looks at all that live */
#define WAITS_MS  60000

/* --- life ------------------------------------------------------------------------------------- */

int fb_alertbook_open(struct fb_alertbook **ret_book, const struct fb_alertbook_opts *opts,
		      struct fb_why *why)
{
	struct fb_alertbook *book = calloc(1, sizeof(*book));
	struct utsname name;
	int r = 0;

	if (book)
		book->now = calloc(1, sizeof(*book->now));
	if (!book || !book->now) {
		free(book);
		return fb_why_set(why, -ENOMEM, "not enough memory");
	}
	book->folder = -1;
	book->status = opts->status;
	book->status_ctx = opts->status_ctx;
	book->file = (struct fb_statefile){.name = "alerts", .about = "the alerts of the last run"};
	pthread_mutex_init(&book->lock, NULL);
	fb_numberset_init(&book->devices, 4 * FB_DEVICES_MOST);
	r = fb_alertmade_init(&book->made);
	snprintf(book->host, sizeof(book->host), "%s", uname(&name) == 0 ? name.nodename : "");
	if (r == 0)
		r = fb_alert_texts_copy(opts->rules, opts->n_rules, &book->made.config);
	if (r < 0)
		fb_why_set(why, r, "not enough memory");
	if (r == 0)
		r = fb_alertnext_begin(book, why);
	if (r == 0)
		r = fb_courier_new(opts->senders, opts->n_senders, &book->courier, why);
	if (r < 0) {
		fb_alertbook_close(book);
		return r;
	}
	*ret_book = book;
	return 0;
}

static void save(struct fb_alertbook *book, bool at_once)
{
	struct fb_buf text = FB_BUF_INIT;
	unsigned int n = 0;
	size_t len;
	char *lines;

	if (book->folder < 0 || !fb_statefile_is_ready(&book->file, at_once, &book->life.changed) ||
	    !book->life.changed)
		return;
	fb_buf_adds(&text, HEADER);
	pthread_mutex_lock(&book->lock);
	book->life.changed = false;
	fb_alertlife_write(&book->life, &text);
	pthread_mutex_unlock(&book->lock);
	for (size_t i = strlen(HEADER); i < text.len; i++)
		n += text.data[i] == '\n';
	fb_buf_addf(&text, "end %u\n", n);
	lines = fb_buf_take(&text, &len);
	if (!lines || fb_statefile_write(&book->file, book->folder, lines, len) < 0)
		book->life.changed = true;
}

void fb_alertbook_close(struct fb_alertbook *book)
{
	if (!book)
		return;
	save(book, true);
	fb_statefile_finish(&book->file);
	fb_courier_free(book->courier);
	fb_alertmade_fini(&book->made);
	if (book->folder >= 0)
		close(book->folder);
	for (unsigned int i = 0; i < FB_ALERT_RULES; i++)
		fb_alertlook_free(book->look[i]);
	fb_alert_rules_fini(&book->rules);
	fb_alertnext_free(book->next);
	fb_numberset_fini(&book->devices);
	pthread_mutex_destroy(&book->lock);
	free(book->now);
	free(book);
}

/* --- the last run ----------------------------------------------------------------------------- */

static void make_moment(const struct fb_alertbook *book, uint64_t ns, int64_t wall_ms,
			struct fb_alert_moment *ret_moment)
{
	const time_t now = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&now, &tm);
	*ret_moment = (struct fb_alert_moment){.ns = ns,
					       .wall_ms = wall_ms,
					       .minute = tm.tm_hour * 60 + tm.tm_min,
					       .links_down = book->links_down};
}

static bool take_line(void *ctx, char *line)
{
	struct fb_alertbook *book = ctx;
	struct fb_alert_moment moment;

	make_moment(book, fb_clock_ns(CLOCK_BOOTTIME), fb_wall_ms(), &moment);
	return fb_alertlife_read(&book->life, line, &moment);
}

/* --- a tick ----------------------------------------------------------------------------------- */

static void tell(void *ctx, const struct fb_alert *alert, enum fb_alarm_kind kind, uint32_t others)
{
	struct fb_alertbook *book = ctx;
	struct fb_alarm alarm = {.id = alert->id,
				 .kind = kind,
				 .severity = alert->severity,
				 .since_ms = alert->since_ms,
				 .time_ms = fb_wall_ms(),
				 .others = others};
	_cleanup_buf_ struct fb_buf title = FB_BUF_INIT;

	memcpy(alarm.rule, alert->rule, sizeof(alarm.rule));
	memcpy(alarm.key, alert->key, sizeof(alarm.key));
	memcpy(alarm.sentence, alert->sentence, sizeof(alarm.sentence));
	memcpy(alarm.host, book->host, sizeof(alarm.host));
	fb_alarm_title(&alarm, &title);
	fb_buf_addc(&title, '\0');
	if (!fb_buf_error(&title))
		fb_log(alert->severity == FB_SEVERITY_INFO || kind == FB_ALARM_RESOLVED
			       ? FB_LOG_INFO
			       : FB_LOG_WARN,
		       "alert", "%s", title.data);
	fb_courier_add(book->courier, &alarm);
}

int fb_alertbook_start(struct fb_alertbook *book, int folder)
{
	struct fb_why why = {""};
	int r = 0;

	/* others close theirs before the last alert is written */
	book->folder = folder >= 0 ? fcntl(folder, F_DUPFD_CLOEXEC, 0) : -1;
	folder = book->folder;
	if (folder >= 0)
		r = fb_statefile_load(&book->file, folder, HEADER, take_line, book, &why);
	if (r < 0 && r != -ENOENT)
		fb_warn("alert", "%s", why.text);
	fb_alertmade_load(&book->made, folder);
	r = book->made.n ? fb_alertnext_begin(book, &why) : 0;
	if (r == 0)
		r = fb_courier_start(book->courier, folder);
	if (r == 0)
		fb_alertlife_adopt(&book->life, &book->rules, fb_wall_ms(), tell, book);
	return r;
}

static void look_at_rule(struct fb_alertbook *book, unsigned int i,
			 const struct fb_snapshot *snapshot, const struct fb_alert_moment *moment)
{
	const struct fb_alert_rule *rule = &book->rules.rule[i];
	const bool all = book->ticks % ALL_TICKS == 0;

	if (book->look[i])
		fb_alertlook_feed(book->look[i], snapshot, all);
	pthread_mutex_lock(&book->lock);
	fb_alertlife_begin(&book->life);
	fb_alertlooks_see(book, i, snapshot, moment);
	fb_alertlife_settle(&book->life, rule, moment, tell, book);
	pthread_mutex_unlock(&book->lock);
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_alertbook *book = ctx;
	struct fb_alert_moment moment;
	uint64_t left_out = 0;

	book->status(book->status_ctx, book->now);
	pthread_mutex_lock(&book->lock);
	fb_alertnext_take(book, snapshot, tell);
	pthread_mutex_unlock(&book->lock);
	fb_alertlooks_note(book, snapshot, losses);
	make_moment(book, snapshot->now_ns, snapshot->wall_ms, &moment);
	for (unsigned int i = 0; i < book->rules.n; i++) {
		look_at_rule(book, i, snapshot, &moment);
		left_out += book->look[i] ? fb_alertlook_left_out(book->look[i]) : 0;
	}
	pthread_mutex_lock(&book->lock);
	book->keys_left_out = left_out;
	fb_alertlife_forget(&book->life, snapshot->wall_ms);
	pthread_mutex_unlock(&book->lock);
	save(book, false);
	book->ticks++;
	return 0;
}

const struct fb_consumer_ops fb_alertbook_consumer = {
	.name = "alerts",
	.queue = FB_ALERTBOOK_QUEUE,
	.tick = tick,
};

/* --- others ----------------------------------------------------------------------------------- */

struct fb_alertlife *fb_alertbook_copy(struct fb_alertbook *book)
{
	struct fb_alertlife *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	pthread_mutex_lock(&book->lock);
	*copy = book->life;
	pthread_mutex_unlock(&book->lock);
	return copy;
}

void fb_alertbook_rules(struct fb_alertbook *book, struct fb_alert_rules *ret_rules)
{
	pthread_mutex_lock(&book->lock);
	*ret_rules = book->next ? *fb_alertnext_rules(book->next) : book->rules;
	pthread_mutex_unlock(&book->lock);
	for (unsigned int i = 0; i < ret_rules->n; i++)
		ret_rules->rule[i].filter = NULL;
}

int fb_alertbook_silence(struct fb_alertbook *book, const struct fb_alert_silence *silence)
{
	int r;

	pthread_mutex_lock(&book->lock);
	r = fb_alertlife_silence(&book->life, silence);
	pthread_mutex_unlock(&book->lock);
	return r;
}

unsigned int fb_alertbook_erase(struct fb_alertbook *book, const struct fb_person *who)
{
	unsigned int n;

	pthread_mutex_lock(&book->lock);
	n = fb_alertlife_erase(&book->life, who);
	pthread_mutex_unlock(&book->lock);
	return n;
}

void fb_alertbook_keep(struct fb_alertbook *book)
{
	fb_alertmade_tick(&book->made);
}

int fb_alertbook_test(struct fb_alertbook *book, const char *sender)
{
	struct fb_alarm alarm = {.kind = FB_ALARM_TEST,
				 .severity = FB_SEVERITY_CRITICAL,
				 .rule = "test",
				 .sentence = "somebody asked whether messages come through",
				 .since_ms = fb_wall_ms(),
				 .time_ms = fb_wall_ms()};

	memcpy(alarm.host, book->host, sizeof(alarm.host));
	return fb_courier_add_to(book->courier, sender, &alarm);
}

static void add_courier(struct fb_alertbook *book,
			void (*add)(void *ctx, const char *name, const char *help, uint64_t value,
				    bool loss),
			struct fb_status *status)
{
	struct fb_courier_state states[FB_SENDERS];
	const unsigned int n = fb_courier_states(book->courier, states);
	struct fb_courier_counters sum = fb_courier_gone(book->courier);

	for (unsigned int i = 0; i < n; i++) {
#define X(name, loss, help) sum.name += states[i].counters.name;
		FB_COURIER_COUNTERS(X)
#undef X
		if (*states[i].error && fb_wall_ms() - states[i].error_ms > WAITS_MS)
			fb_status_degrade(status, "alerts do not reach %s, %u wait: %.80s",
					  states[i].name, states[i].waiting, states[i].error);
	}
#define X(name, loss, help) add(status, "alerts_" #name, help, sum.name, loss);
	FB_COURIER_COUNTERS(X)
#undef X
}

void fb_alertbook_health(struct fb_alertbook *book,
			 void (*add)(void *ctx, const char *name, const char *help, uint64_t value,
				     bool loss),
			 struct fb_status *status)
{
	struct fb_alertlife_counters counters;
	uint64_t left_out;

	pthread_mutex_lock(&book->lock);
	counters = book->life.counters;
	left_out = book->keys_left_out;
	pthread_mutex_unlock(&book->lock);
#define X(name, loss, help) add(status, "alerts_" #name, help, counters.name, loss);
	FB_ALERTLIFE_COUNTERS(X)
#undef X
	add(status, "alerts_left_out",
	    "flows that found no room among the 1,024 values of an alert rule", left_out, true);
	if (book->made.file.error)
		fb_status_degrade(status, "rules of alerts that were made are not written: %s",
				  strerror(-book->made.file.error));
	add_courier(book, add, status);
}
