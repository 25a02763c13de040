/* SPDX-License-Identifier: BSD-2-Clause */
/* Deletions in line; see the header. */
#include "engine/forget.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/audit.h"
#include "util/clock.h"

#define SLICE_NS 5000000 /* some 500 entries */

int fb_forgets_init(struct fb_forgets *forgets, struct fb_ctfeed *feed, struct fb_auditor *auditor)
{
	*forgets = (struct fb_forgets){.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (forgets->event_fd < 0)
		return -errno;
	forgets->feed = feed;
	forgets->auditor = auditor;
	pthread_mutex_init(&forgets->lock, NULL);
	return 0;
}

void fb_forgets_fini(struct fb_forgets *forgets)
{
	if (!forgets->feed)
		return;
	for (unsigned int i = 0; i < FB_FORGETS_MAX; i++)
		fb_forget_put(forgets->list[i]);
	pthread_mutex_destroy(&forgets->lock);
	close(forgets->event_fd);
	*forgets = (struct fb_forgets){.feed = NULL};
}

int fb_forgets_fd(const struct fb_forgets *forgets)
{
	return forgets->event_fd;
}

/* The one whose turn it is, or NULL. */
static struct fb_forget *first_in_line(const struct fb_forgets *forgets)
{
	for (uint32_t i = FB_FORGETS_MAX; i-- > 0;) {
		struct fb_forget *forget =
			forgets->taken > i ? forgets->list[(forgets->taken - i) % FB_FORGETS_MAX]
					   : NULL;

		if (forget && !forget->ended)
			return forget;
	}
	return NULL;
}

/* One entry, or one flow's: -ENODATA when there is no more. */
static int step(struct fb_forgets *forgets, struct fb_forget *forget)
{
	if (forget->family)
		return fb_ctfeed_forget_using(forgets->feed, forget->addr, forget->family,
					      &forget->pos);
	if (forget->pos == forget->n)
		return -ENODATA;
	if (forget->act.kind == FB_ACT_KILL_MANY)
		return forgets->kill(forgets->kill_ctx, forget->ids[forget->pos++],
				     &forget->act.actor);
	return fb_ctfeed_forget(forgets->feed, forget->ids[forget->pos++]);
}

static void work(struct fb_forgets *forgets, struct fb_forget *forget, uint64_t until_ns)
{
	while (fb_monotonic_ns() < until_ns) {
		int r = step(forgets, forget);

		if (r == -ENODATA) {
			forget->ended = true;
			return;
		}
		if (r >= 0)
			forget->done++;
		else if (r == -ESRCH || r == -ENOENT || r == -ENOTCONN)
			forget->gone++;
		else
			forget->failed++;
	}
}

void fb_forgets_run(struct fb_forgets *forgets)
{
	struct fb_forget *forget = first_in_line(forgets);
	uint64_t count;

	if (forget) {
		work(forgets, forget, fb_monotonic_ns() + SLICE_NS);
		if (forget->ended)
			fb_audit_write(forgets->auditor, &forget->act, forget->about,
				       (int)forget->done);
		return;
	}
	if (read(forgets->event_fd, &count, sizeof(count)) < 0)
		return; /* it was empty already */
}

bool fb_forgets_is_full(const struct fb_forgets *forgets)
{
	const struct fb_forget *oldest = forgets->list[(forgets->taken + 1) % FB_FORGETS_MAX];

	return oldest && !oldest->ended;
}

static int put_in_line(struct fb_forgets *forgets, struct fb_forget *forget)
{
	const uint32_t at = (forgets->taken + 1) % FB_FORGETS_MAX;
	struct fb_forget *oldest = forgets->list[at];

	if (fb_forgets_is_full(forgets))
		return -EBUSY;
	pthread_mutex_lock(&forgets->lock);
	forgets->list[at] = fb_forget_get(forget);
	forget->number = ++forgets->taken;
	pthread_mutex_unlock(&forgets->lock);
	fb_forget_put(oldest);
	return 0;
}

int fb_forgets_take(struct fb_forgets *forgets, const struct fb_act *act)
{
	struct fb_forget *forget = act->target.many;
	const uint64_t one = 1;
	int r;

	if (!forgets->feed->ct && act->kind == FB_ACT_FORGET_MANY)
		return -EOPNOTSUPP;
	forget->act = *act;
	r = put_in_line(forgets, forget);
	if (r < 0)
		return r;
	if (first_in_line(forgets) == forget)
		work(forgets, forget, fb_monotonic_ns() + SLICE_NS);
	if (forget->ended)
		return (int)forget->done;
	return write(forgets->event_fd, &one, sizeof(one)) < 0 ? -errno : -EINPROGRESS;
}

unsigned int fb_forgets_list(struct fb_forgets *forgets,
			     struct fb_forget *ret_list[static FB_FORGETS_MAX])
{
	unsigned int n = 0;

	pthread_mutex_lock(&forgets->lock);
	for (uint32_t number = forgets->taken; number && n < FB_FORGETS_MAX; number--)
		ret_list[n++] = fb_forget_get(forgets->list[number % FB_FORGETS_MAX]);
	pthread_mutex_unlock(&forgets->lock);
	return n;
}
