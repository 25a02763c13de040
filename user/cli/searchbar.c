/* SPDX-License-Identifier: BSD-2-Clause */
/* A bar for questions to history; see the header. */
#include "cli/searchbar.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/daemon.h"
#include "cli/progress.h"
#include "util/clock.h"
#include "util/jsontree.h"

#define EVERY_NS 200000000 /* an answer that comes at once has no bar */

/* The share of ours that is done, 0 to 1; below 0: the daemon has no such question. */
static double ask(const struct fb_searchbar *bar, uint64_t *ret_rows)
{
	struct fb_daemon daemon = {.socket = bar->socket};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	const struct fb_jsontree *item;

	if (fb_daemon_get(&daemon, "/api/v1/searches", &body, &answer))
		return -1;
	item = fb_jsontree_first(fb_jsontree_get(answer, "items"));
	for (; item; item = fb_jsontree_next(item)) {
		if (strcmp(fb_jsontree_str(fb_jsontree_get(item, "search")), bar->name) != 0)
			continue;
		*ret_rows = fb_jsontree_u64(fb_jsontree_get(item, "rows"));
		return fb_jsontree_number(fb_jsontree_get(item, "share"));
	}
	return -1;
}

static void *run(void *bar_)
{
	struct fb_searchbar *bar = bar_;
	struct fb_progress progress = {.unit = "rows"};
	const struct timespec wait = {.tv_nsec = EVERY_NS};
	uint64_t rows = 0;

	while (nanosleep(&wait, NULL) == 0 && !atomic_load(&bar->over)) {
		const double share = ask(bar, &rows);

		if (share >= 0 && !atomic_load(&bar->over))
			fb_progress_show(&progress, (int)(share * 100), rows);
	}
	fb_progress_end(&progress);
	return NULL;
}

void fb_searchbar_begin(struct fb_searchbar *bar, const char *socket)
{
	if (!isatty(STDERR_FILENO))
		return;
	bar->socket = socket;
	snprintf(bar->name, sizeof(bar->name), "%d.%llx", (int)getpid(),
		 (unsigned long long)fb_monotonic_ns() & 0xffffff);
	bar->started = pthread_create(&bar->thread, NULL, run, bar) == 0;
	if (!bar->started)
		bar->name[0] = '\0';
}

void fb_searchbar_end(struct fb_searchbar *bar)
{
	atomic_store(&bar->over, true);
	if (bar->started)
		pthread_join(bar->thread, NULL);
	bar->started = false;
}
