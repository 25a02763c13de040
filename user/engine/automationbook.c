/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/automationbook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/act.h"
#include "engine/incidentbook.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#define SAVE_TICKS 10

/* With the lock of the incidents held. */
static void take_call(void *ctx, const struct fb_incident *incident, bool proven)
{
	struct fb_automationbook *book = ctx;
	struct fb_automation_call call;
	unsigned int line;

	fb_automation_call_of(incident, proven, fb_wall_ms(), &call);
	line = fb_automation_verb(&call) == FB_RULE_LIMIT;
	if (book->n_queue[line] < FB_AUTOMATION_QUEUE) {
		book->queue[line][book->n_queue[line]++] = call;
		return;
	}
	pthread_mutex_lock(&book->lock);
	book->told.counters.automation_crowded++;
	pthread_mutex_unlock(&book->lock);
}

/* --- life ------------------------------------------------------------------------------------- */

int fb_automationbook_new(struct fb_incidentbook *incidents, struct fb_automationbook **ret_book)
{
	struct fb_automationbook *book = calloc(1, sizeof(*book));

	if (!book)
		return -ENOMEM;
	book->folder = -1;
	book->file = (struct fb_statefile){.name = "automation",
					   .about = "what automation may do, and did"};
	pthread_mutex_init(&book->lock, NULL);
	if (fb_automation_log_init(&book->log) < 0) {
		fb_automationbook_free(book);
		return -ENOMEM;
	}
	incidents->incidents.to.called = take_call;
	incidents->incidents.to.called_ctx = book;
	*ret_book = book;
	return 0;
}

static int load(struct fb_automationbook *book, struct fb_why *why)
{
	_cleanup_free_ char *data = NULL;
	size_t len;
	int r = fb_statefile_read(&book->file, book->folder, &data, &len, why);

	if (r < 0)
		return r;
	pthread_mutex_lock(&book->lock);
	r = fb_automation_read(&book->log, &book->told.switches, data, len, why);
	pthread_mutex_unlock(&book->lock);
	if (r == -EBADMSG || r == -EPROTONOSUPPORT)
		r = fb_statefile_refuse(&book->file, book->folder, why, r,
					r == -EBADMSG
						? "is torn or foreign"
						: "is in a form that this version does not know");
	return r;
}

void fb_automationbook_start(struct fb_automationbook *book, int folder)
{
	struct fb_why why = {""};

	/* others close theirs before the last one is written */
	book->folder = folder >= 0 ? fcntl(folder, F_DUPFD_CLOEXEC, 0) : -1;
	if (book->folder >= 0 && load(book, &why) < 0 && *why.text)
		fb_warn("automation", "nothing is done by itself: %s", why.text);
}

static void save(struct fb_automationbook *book, bool at_once)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	size_t len;
	char *bytes;

	if (book->folder < 0 || !fb_statefile_is_ready(&book->file, at_once, &book->changed) ||
	    !book->changed)
		return;
	fb_automation_write(&book->log, &book->told.switches, &text);
	bytes = fb_buf_error(&text) ? NULL : fb_buf_take(&text, &len);
	book->changed = !bytes || fb_statefile_write(&book->file, book->folder, bytes, len) < 0;
}

void fb_automationbook_free(struct fb_automationbook *book)
{
	if (!book)
		return;
	save(book, true);
	fb_statefile_finish(&book->file);
	if (book->folder >= 0)
		close(book->folder);
	fb_automation_log_fini(&book->log);
	pthread_mutex_destroy(&book->lock);
	free(book);
}

/* --- the engine's thread, which alone changes it: it reads without the lock ------------------- */

bool fb_automationbook_next(struct fb_automationbook *book, struct fb_automation_call *ret_call)
{
	for (unsigned int line = 0; line < 2; line++) {
		while (book->n_queue[line]) {
			const struct fb_automation_call *call =
				&book->queue[line][--book->n_queue[line]];
			const bool on = fb_automationbook_seconds(book, call->kind, call->scope);

			if (fb_automation_log_holds(&book->log, call, on))
				continue;
			*ret_call = *call;
			return true;
		}
	}
	return false;
}

uint32_t fb_automationbook_seconds(const struct fb_automationbook *book, unsigned int kind,
				   unsigned int scope)
{
	return book->told.switches.seconds[kind][scope];
}

/* NULL: there was such a rule already. */
static uint64_t *counter_of(struct fb_automation_counters *counters,
			    const struct fb_automation_entry *entry)
{
	if (entry->result > 0)
		return fb_automation_verb(&entry->call) == FB_RULE_BLOCK
			       ? &counters->automation_blocks
			       : &counters->automation_limits;
	if (entry->result == -(FB_ACT_REFUSED + FB_NEVER_BUDGET))
		return &counters->automation_budget;
	if (entry->result < -FB_ACT_REFUSED)
		return &counters->automation_never;
	if (entry->result == -EEXIST)
		return NULL;
	return entry->result == -ESHUTDOWN ? &counters->automation_panic
					   : &counters->automation_failed;
}

void fb_automationbook_note(struct fb_automationbook *book, const struct fb_automation_entry *entry)
{
	uint64_t *const counter = counter_of(&book->told.counters, entry);

	pthread_mutex_lock(&book->lock);
	fb_automation_log_add(&book->log, entry);
	if (entry->on && counter)
		++*counter;
	pthread_mutex_unlock(&book->lock);
	book->changed = true;
}

void fb_automationbook_switch(struct fb_automationbook *book, unsigned int kind, unsigned int scope,
			      uint32_t seconds)
{
	pthread_mutex_lock(&book->lock);
	book->told.switches.seconds[kind][scope] = seconds;
	pthread_mutex_unlock(&book->lock);
	book->changed = true;
	book->ticks = 0; /* kept soon */
}

void fb_automationbook_tick(struct fb_automationbook *book, const struct fb_automation used[2],
			    const struct fb_automation_beside *beside, int64_t now_ms)
{
	pthread_mutex_lock(&book->lock);
	for (unsigned int i = 0; i < 2; i++)
		book->told.used[i] = fb_automation_used(&used[i], now_ms);
	book->told.beside = *beside;
	pthread_mutex_unlock(&book->lock);
	if (book->ticks++ % SAVE_TICKS == 0)
		save(book, false);
}

/* --- any thread ------------------------------------------------------------------------------- */

void fb_automationbook_tell(struct fb_automationbook *book, struct fb_automation_told *ret_told)
{
	pthread_mutex_lock(&book->lock);
	*ret_told = book->told;
	pthread_mutex_unlock(&book->lock);
}

unsigned int fb_automationbook_list(struct fb_automationbook *book,
				    const struct fb_automation_ask *ask,
				    struct fb_automation_entry *list, unsigned int max)
{
	unsigned int n;

	pthread_mutex_lock(&book->lock);
	n = fb_automation_log_list(&book->log, ask, list, max);
	pthread_mutex_unlock(&book->lock);
	return n;
}

void fb_automationbook_health(struct fb_automationbook *book,
			      void (*add)(void *ctx, const char *name, const char *help,
					  uint64_t value, bool loss),
			      struct fb_status *status)
{
	struct fb_automation_told told;

	fb_automationbook_tell(book, &told);
#define X(name, loss, help) add(status, #name, help, told.counters.name, loss);
	FB_AUTOMATION_COUNTERS(X)
#undef X
}
