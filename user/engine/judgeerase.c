/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is to be forgotten by the judge. */
#include "engine/judgebook.h"
#include "engine/judgestate.h"

static int forget_teachings(struct fb_judgebook *book, const struct fb_person *who, int64_t now_ms)
{
	int r;

	pthread_mutex_lock(&book->lock);
	r = fb_teachings_erase(&book->teachings, who);
	if (r > 0)
		fb_teachings_apply(&book->teachings, book->learned, now_ms);
	pthread_mutex_unlock(&book->lock);
	return r > 0 ? r : 0;
}

unsigned int fb_judgebook_erase(struct fb_judgebook *book, const struct fb_person *who,
				int64_t now_ms)
{
	unsigned int n;

	if (!book->judge)
		return 0;
	n = (unsigned int)forget_teachings(book, who, now_ms);
	for (unsigned int i = 0; i < who->n_addrs; i++)
		n += fb_baseline_erase(fb_judge_baseline(book->judge), who->addr[i].addr);
	fb_judgestate_changed(book->state);
	return n;
}
