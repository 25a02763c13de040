/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/historybook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/log.h"

void fb_historybook_open(struct fb_historybook *book, const char *folder,
			 const struct fb_history_limits *limits, bool goes_on,
			 struct fb_journal *journal, struct fb_windows *windows,
			 uint64_t *ret_window)
{
	_cleanup_free_ struct fb_window *list = calloc(FB_WINDOWS, sizeof(*list));
	struct fb_why why = {""};
	unsigned int n = 0;
	int r;

	book->journal = journal;
	snprintf(book->folder, sizeof(book->folder), "%s", folder);
	r = list ? fb_historian_new(book->folder, limits, goes_on, &book->historian) : -ENOMEM;
	if (r == 0)
		r = fb_historian_open(book->historian, list, FB_WINDOWS, &n, &why);
	if (r == -EPERM || r == -EPROTONOSUPPORT || r == -ENOMEM) {
		snprintf(book->reason, sizeof(book->reason), "%.199s",
			 *why.text ? why.text : strerror(-r));
		fb_historybook_close(book);
	}
	if (*why.text)
		fb_warn("history", "%s%s", why.text, r < 0 ? ": flows are not kept" : "");
	book->works = r == 0;
	fb_windows_restore(windows, list, n);
	*ret_window = n ? list[n - 1].id : 0;
}

void fb_historybook_close(struct fb_historybook *book)
{
	fb_historian_free(book->historian);
	book->historian = NULL;
}

int fb_historybook_erase(struct fb_historybook *book, const struct fb_person *who, bool dry_run,
			 uint64_t from_ns)
{
	return book->historian ? fb_historian_erase(book->historian, who, dry_run, from_ns)
			       : -EOPNOTSUPP;
}

bool fb_historybook_erased(struct fb_historybook *book, struct fb_erased *ret_counts)
{
	*ret_counts = (struct fb_erased){.flows = 0};
	return book->historian && fb_historian_erased(book->historian, ret_counts);
}

/* --- the writer's thread ---------------------------------------------------------------------- */

/* The lines that go with this tick, the same each time that it is tried. */
static void read_lines(struct fb_historybook *book, const struct fb_snapshot *snapshot)
{
	if (book->epoch == snapshot->epoch)
		return;
	book->epoch = snapshot->epoch;
	book->n = fb_journal_read(book->journal, book->seq, book->line, FB_HISTORYBOOK_LINES);
	if (book->n && book->line[0].seq > book->seq + 1)
		fb_historian_lost(book->historian, 0, book->line[0].seq - book->seq - 1);
}

static unsigned int make_events(const struct fb_historybook *book,
				struct fb_history_event events[static FB_HISTORYBOOK_LINES])
{
	for (unsigned int i = 0; i < book->n; i++) {
		const struct fb_journal_entry *line = &book->line[i];

		events[i] = (struct fb_history_event){
			.time_ms = line->time_ms,
			.level = fb_log_level_name(line->level),
			.component = line->component,
			.message = line->message,
			.fields = line->fields,
			.is_act = !strcmp(line->component, "act"),
		};
	}
	return book->n;
}

/* Once when it begins, once when it is over. */
static void say(struct fb_historybook *book, bool works)
{
	struct fb_historian_state state;

	if (works == book->works)
		return;
	book->works = works;
	fb_historian_state(book->historian, &state);
	if (works)
		fb_info("history", "the history is written again");
	else
		fb_warn("history", "%s: it is tried again, flows are shown as before", state.error);
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_historybook *book = ctx;
	struct fb_history_event events[FB_HISTORYBOOK_LINES];
	int r;

	(void)losses;
	if (!book->historian)
		return 0;
	if (!book->without_lines)
		read_lines(book, snapshot);
	r = fb_historian_tick(book->historian, snapshot, events, make_events(book, events));
	if (r == 0 && book->n)
		book->seq = book->line[book->n - 1].seq;
	say(book, r == 0);
	return r;
}

static int window(void *ctx, const struct fb_window *closed)
{
	struct fb_historybook *book = ctx;

	return book->historian ? fb_historian_window(book->historian, closed) : 0;
}

static void flush(void *ctx)
{
	struct fb_historybook *book = ctx;

	if (book->historian)
		fb_historian_flush(book->historian);
}

/* The engine's thread. */
static void dropped(void *ctx, const struct fb_snapshot *snapshot)
{
	struct fb_historybook *book = ctx;

	if (book->historian)
		fb_historian_lost(book->historian, snapshot->n_ended, 0);
}

const struct fb_consumer_ops fb_historybook_consumer = {
	.name = "history",
	.queue = FB_HISTORYBOOK_QUEUE,
	.tick = tick,
	.dropped = dropped,
	.window = window,
	.flush = flush,
};
