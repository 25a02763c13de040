/* SPDX-License-Identifier: BSD-2-Clause */
/* What detectors share: reasons, and who was there lately. */
#include "policy/look.h"

#include <string.h>

void fb_look_say(struct fb_look *look, enum fb_judge_kind kind, unsigned int form,
		 unsigned int points, uint64_t a, uint64_t b)
{
	struct fb_judgement *judgement = look->judgement;
	unsigned int i = 0;

	if (look->judge->opts.off & (1u << kind))
		return;
	while (i < judgement->n && judgement->evidence[i].kind < kind)
		i++;
	if (i == judgement->n || judgement->evidence[i].kind != kind) {
		memmove(&judgement->evidence[i + 1], &judgement->evidence[i],
			(judgement->n - i) * sizeof(*judgement->evidence));
		judgement->n++;
	} else if (judgement->evidence[i].points >= points) {
		return;
	}
	judgement->evidence[i] = (struct fb_evidence){.kind = (uint8_t)kind,
						      .form = (uint8_t)form,
						      .points = (uint8_t)points,
						      .n = {a, b}};
}

unsigned int fb_recent_count(const struct fb_recent *recent, uint32_t now, uint32_t window)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FB_RECENT; i++)
		n += recent->at[i] && now - recent->at[i] <= window;
	return n;
}

unsigned int fb_recent_note(struct fb_recent *recent, uint64_t mark, uint32_t now, uint32_t window)
{
	unsigned int to = 0;

	for (unsigned int i = 0; i < FB_RECENT; i++) {
		if (recent->at[i] && recent->mark[i] == (uint32_t)mark) {
			to = i;
			break;
		}
		if (recent->at[i] < recent->at[to])
			to = i;
	}
	recent->mark[to] = (uint32_t)mark;
	recent->at[to] = now;
	return fb_recent_count(recent, now, window);
}
