/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/rollupspan.h"

struct span {
	const struct fb_rollup_kept *kept;
	struct fb_rollup_stretch *list;
	unsigned int n;
};

static int64_t floor_to(int64_t time, unsigned int step)
{
	return time - time % step;
}

static int64_t ceil_to(int64_t time, unsigned int step)
{
	return floor_to(time + step - 1, step);
}

static void add(struct span *span, unsigned int level, int64_t since, int64_t until)
{
	const unsigned int step = fb_rollup_steps[level];
	const struct fb_rollup_kept *kept = &span->kept[level];
	/* an edge that finer buckets no longer have is rounded outwards */
	const bool finer =
		level > 0 && span->kept[level - 1].to && span->kept[level - 1].from <= since;
	int64_t from = finer ? ceil_to(since, step) : floor_to(since, step);
	int64_t to = level > 0 ? floor_to(until, step) : ceil_to(until, step);

	if (until <= since)
		return;
	if (to > kept->to)
		to = kept->to;
	if (to <= from) {
		if (level > 0)
			add(span, level - 1, since, until);
		return;
	}
	if (level > 0 && from > since)
		add(span, level - 1, since, from);
	span->list[span->n++] = (struct fb_rollup_stretch){step, from, to};
	if (level > 0)
		add(span, level - 1, to, until);
}

unsigned int fb_rollup_span(const struct fb_rollup_kept kept[static FB_ROLLUP_STEPS],
			    unsigned int most, int64_t since, int64_t until,
			    struct fb_rollup_stretch list[static FB_ROLLUP_STRETCHES])
{
	struct span span = {.kept = kept, .list = list};
	unsigned int level = FB_ROLLUP_STEPS - 1;

	while (level > 0 && fb_rollup_steps[level] > most)
		level--;
	add(&span, level, since, until);
	return span.n;
}
