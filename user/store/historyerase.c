/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/historyerase.h"

#include <errno.h>

#include "util/cleanup.h"
#include "util/clock.h"

#define WORK_NS (FB_NS_PER_S / 5 * 2) /* of a second */

void fb_historyerase_init(struct fb_historyerase *erase)
{
	*erase = (struct fb_historyerase){.now = NULL};
	pthread_mutex_init(&erase->lock, NULL);
}

void fb_historyerase_fini(struct fb_historyerase *erase)
{
	fb_erasure_free(erase->now);
	fb_erasure_free(erase->next);
	pthread_mutex_destroy(&erase->lock);
}

int fb_historyerase_ask(struct fb_historyerase *erase, const struct fb_person *who, bool dry_run,
			uint64_t from_ns)
{
	struct fb_erasure *erasure;
	int r = fb_erasure_new(who, dry_run, &erasure);

	if (r < 0)
		return r;
	pthread_mutex_lock(&erase->lock);
	r = erase->goes_on ? -EBUSY : 0;
	if (r == 0) {
		erase->next = TAKE_PTR(erasure);
		erase->next_from_ns = from_ns;
		erase->goes_on = true;
		erase->counts = (struct fb_erased){.flows = 0};
	}
	pthread_mutex_unlock(&erase->lock);
	fb_erasure_free(erasure);
	return r;
}

bool fb_historyerase_told(struct fb_historyerase *erase, struct fb_erased *ret_counts)
{
	bool goes_on;

	pthread_mutex_lock(&erase->lock);
	*ret_counts = erase->counts;
	goes_on = erase->goes_on;
	pthread_mutex_unlock(&erase->lock);
	return goes_on;
}

void fb_historyerase_restart(struct fb_historyerase *erase)
{
	if (erase->now)
		fb_erasure_restart(erase->now);
}

static void take_next(struct fb_historyerase *erase)
{
	pthread_mutex_lock(&erase->lock);
	if (erase->next) {
		erase->now = TAKE_PTR(erase->next);
		erase->from_ns = erase->next_from_ns;
	}
	pthread_mutex_unlock(&erase->lock);
}

/* What the disk does not take now it may take after the next tick. */
void fb_historyerase_work(struct fb_historyerase *erase, const struct fb_erasure_in *in,
			  uint64_t now_ns)
{
	const uint64_t until_ns = fb_monotonic_ns() + WORK_NS;
	int r = 1;

	take_next(erase);
	if (!erase->now || now_ns < erase->from_ns)
		return;
	while (r > 0 && fb_monotonic_ns() < until_ns)
		r = fb_erasure_step(erase->now, in);
	pthread_mutex_lock(&erase->lock);
	erase->counts = *fb_erasure_counts(erase->now);
	erase->goes_on = r != 0;
	pthread_mutex_unlock(&erase->lock);
	if (r != 0)
		return;
	fb_erasure_free(erase->now);
	erase->now = NULL;
}
