/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/incidentbook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/addr.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/log.h"

#define AGE_TICKS  10
#define SAVE_TICKS 60
#define LINES	   5 /* of the log, a tick; all of them are in the list */

/* --- news, with the lock held ----------------------------------------------------------------- */

static void say(struct fb_incidentbook *book, const struct fb_incident *incident,
		enum fb_incident_news what)
{
	char host[FB_ADDR_STRLEN];

	if (what == FB_INCIDENT_CLOSED || ++book->logged > LINES)
		return;
	fb_addr_format(incident->host.addr, incident->host.family, host);
	fb_log(incident->severity == FB_RISK_HIGH ? FB_LOG_WARN : FB_LOG_INFO, "incident",
	       "%s of %s: %s", fb_judge_kind_name(incident->kind), host, incident->sentence);
}

static void take_news(void *ctx, const struct fb_incident *incident, enum fb_incident_news what)
{
	struct fb_incidentbook *book = ctx;
	struct fb_incident_item *item = &book->news[book->last_news % FB_INCIDENT_NEWS];

	item->seq = ++book->last_news;
	item->what = what;
	item->incident = *incident;
	say(book, incident, what);
}

/* --- life ------------------------------------------------------------------------------------- */

int fb_incidentbook_new(struct fb_incidentbook **ret_book)
{
	struct fb_incidentbook *book = calloc(1, sizeof(*book));

	if (!book)
		return -ENOMEM;
	book->folder = -1;
	book->file = (struct fb_statefile){.name = "incidents",
					   .about = "the incidents of the last run"};
	pthread_mutex_init(&book->lock, NULL);
	if (fb_incidents_init(&book->incidents) < 0) {
		fb_incidentbook_free(book);
		return -ENOMEM;
	}
	book->incidents.to.news = take_news;
	book->incidents.to.news_ctx = book;
	*ret_book = book;
	return 0;
}

static int load(struct fb_incidentbook *book, struct fb_why *why)
{
	_cleanup_free_ char *text = NULL;
	struct fb_why inner = {""};
	size_t len;
	int r = fb_statefile_read(&book->file, book->folder, &text, &len, why);

	if (r < 0)
		return r;
	pthread_mutex_lock(&book->lock);
	r = fb_incidents_read(&book->incidents, text, len, &inner);
	pthread_mutex_unlock(&book->lock);
	return r < 0 ? fb_statefile_refuse(&book->file, book->folder, why, r, inner.text) : 0;
}

void fb_incidentbook_start(struct fb_incidentbook *book, int folder)
{
	struct fb_why why = {""};

	/* others close theirs before the last one is written */
	book->folder = folder >= 0 ? fcntl(folder, F_DUPFD_CLOEXEC, 0) : -1;
	if (book->folder >= 0 && load(book, &why) < 0 && *why.text)
		fb_warn("incident", "%s", why.text);
}

static int begin_write(struct fb_incidentbook *book)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	size_t len;
	char *bytes;

	pthread_mutex_lock(&book->lock);
	book->incidents.changed = book->asked = false;
	fb_incidents_write(&book->incidents, &text);
	pthread_mutex_unlock(&book->lock);
	bytes = fb_buf_error(&text) ? NULL : fb_buf_take(&text, &len);
	return bytes ? fb_statefile_write(&book->file, book->folder, bytes, len) : -ENOMEM;
}

static void save(struct fb_incidentbook *book, bool at_once)
{
	if (book->folder >= 0 &&
	    fb_statefile_is_ready(&book->file, at_once, &book->incidents.changed) &&
	    book->incidents.changed && begin_write(book) < 0)
		book->incidents.changed = true;
}

void fb_incidentbook_free(struct fb_incidentbook *book)
{
	if (!book)
		return;
	save(book, true);
	fb_statefile_finish(&book->file);
	if (book->folder >= 0)
		close(book->folder);
	fb_incidents_fini(&book->incidents);
	pthread_mutex_destroy(&book->lock);
	free(book);
}

/* --- the engine's thread ---------------------------------------------------------------------- */

void fb_incidentbook_tell(void *book_, const struct fb_judged *flow,
			  const struct fb_judgement *judgement, uint64_t flow_id)
{
	struct fb_incidentbook *book = book_;

	if (judgement->risk < FB_RISK_MEDIUM_LEAST)
		return;
	pthread_mutex_lock(&book->lock);
	fb_incidents_tell(&book->incidents, flow, judgement, flow_id, fb_wall_ms());
	pthread_mutex_unlock(&book->lock);
}

void fb_incidentbook_tick(struct fb_incidentbook *book, int64_t wall_ms)
{
	if (book->logged > LINES)
		fb_warn("incident", "%u more; flowbpf incidents lists them", book->logged - LINES);
	book->logged = 0;
	book->ticks++;
	if (book->ticks % AGE_TICKS == 0) {
		pthread_mutex_lock(&book->lock);
		fb_incidents_age(&book->incidents, wall_ms);
		pthread_mutex_unlock(&book->lock);
	}
	if (book->ticks % SAVE_TICKS == 0 || book->asked)
		save(book, false);
}

unsigned int fb_incidentbook_erase(struct fb_incidentbook *book, const struct fb_person *who)
{
	unsigned int n;

	pthread_mutex_lock(&book->lock);
	n = fb_incidents_erase(&book->incidents, who);
	for (unsigned int i = 0; i < FB_INCIDENT_NEWS; i++) {
		struct fb_incident *incident = &book->news[i].incident;

		if (fb_person_has_addr(who, incident->host.addr, incident->host.family) ||
		    fb_person_has_addr(who, incident->peer.addr, incident->peer.family) ||
		    fb_person_is_in(who, incident->sentence))
			memset(&book->news[i], 0, sizeof(book->news[i]));
	}
	pthread_mutex_unlock(&book->lock);
	book->asked |= n > 0;
	return n;
}

/* --- any thread ------------------------------------------------------------------------------- */

static uint32_t silenced_by(const struct fb_incidents *incidents,
			    const struct fb_incident *incident, int64_t wall_ms)
{
	const struct fb_incident_silence *silence =
		fb_incidents_silence_of(incidents, incident, wall_ms);

	return silence ? silence->id : 0;
}

uint32_t fb_incidentbook_list(struct fb_incidentbook *book, const struct fb_incident_ask *ask,
			      struct fb_incident *list, uint32_t *silenced, uint32_t *ret_total)
{
	uint32_t n;

	pthread_mutex_lock(&book->lock);
	n = fb_incidents_list(&book->incidents, ask, list, ret_total);
	for (uint32_t i = 0; i < n; i++)
		silenced[i] = silenced_by(&book->incidents, &list[i], ask->wall_ms);
	pthread_mutex_unlock(&book->lock);
	return n;
}

void fb_incidentbook_count(struct fb_incidentbook *book, uint32_t ret_open[static 3])
{
	struct fb_incident_ask ask = {.kind = -1, .wall_ms = fb_wall_ms()};

	pthread_mutex_lock(&book->lock);
	for (int least = FB_RISK_HIGH; least >= FB_RISK_LOW; least--) {
		ask.least = (uint8_t)least;
		fb_incidents_list(&book->incidents, &ask, NULL, &ret_open[least]);
	}
	pthread_mutex_unlock(&book->lock);
	ret_open[FB_RISK_LOW] -= ret_open[FB_RISK_MEDIUM];
	ret_open[FB_RISK_MEDIUM] -= ret_open[FB_RISK_HIGH];
}

unsigned int fb_incidentbook_silences(struct fb_incidentbook *book,
				      struct fb_incident_silence list[static FB_INCIDENT_SILENCES])
{
	unsigned int n;

	pthread_mutex_lock(&book->lock);
	n = book->incidents.n_silences;
	memcpy(list, book->incidents.silence, n * sizeof(*list));
	pthread_mutex_unlock(&book->lock);
	return n;
}

int fb_incidentbook_hide(struct fb_incidentbook *book, const struct fb_incident_silence *silence)
{
	uint32_t id = 0;
	int r;

	pthread_mutex_lock(&book->lock);
	r = fb_incidents_hide(&book->incidents, silence, &id);
	book->asked |= r == 0;
	pthread_mutex_unlock(&book->lock);
	return r < 0 ? r : (int)id;
}

int fb_incidentbook_show(struct fb_incidentbook *book, uint32_t id)
{
	int r;

	pthread_mutex_lock(&book->lock);
	r = fb_incidents_show(&book->incidents, id);
	book->asked |= r == 0;
	pthread_mutex_unlock(&book->lock);
	return r;
}

unsigned int fb_incidentbook_news(struct fb_incidentbook *book, uint64_t after,
				  struct fb_incident_item *list, unsigned int max,
				  uint64_t *ret_last)
{
	unsigned int n = 0;

	pthread_mutex_lock(&book->lock);
	*ret_last = book->last_news;
	if (after < book->last_news && book->last_news - after > FB_INCIDENT_NEWS)
		after = book->last_news - FB_INCIDENT_NEWS;
	for (; after < book->last_news && n < max; after++)
		if (book->news[after % FB_INCIDENT_NEWS].seq) /* else it was erased */
			list[n++] = book->news[after % FB_INCIDENT_NEWS];
	pthread_mutex_unlock(&book->lock);
	return n;
}

void fb_incidentbook_health(struct fb_incidentbook *book,
			    void (*add)(void *ctx, const char *name, const char *help,
					uint64_t value, bool loss),
			    struct fb_status *status)
{
	struct fb_incidents_counters counters;

	pthread_mutex_lock(&book->lock);
	counters = book->incidents.counters;
	pthread_mutex_unlock(&book->lock);
#define X(name, loss, help) add(status, #name, help, counters.name, loss);
	FB_INCIDENTS_COUNTERS(X)
#undef X
}
