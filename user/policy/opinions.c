/* SPDX-License-Identifier: BSD-2-Clause */
/* One place each, by a hash of the steps; who comes takes it. */
#include "policy/opinions.h"

#include <string.h>

#include "util/hash.h"

_Static_assert(sizeof(struct fb_learned_steps) > 8 && sizeof(struct fb_learned_steps) <= 12,
	       "twelve bytes hold them");

static struct fb_opinions_entry *entry_of(struct fb_opinions *opinions, uint64_t first,
					  uint32_t others)
{
	return &opinions->entry[fb_hash_fold(first ^ 0xa0761d6478bd642full,
					     others ^ 0xe7037ed1a0b428dbull) %
				FB_OPINIONS];
}

static void form(struct fb_opinions_entry *entry, const struct fb_learned *learned,
		 const struct fb_learned_steps *steps)
{
	struct fb_learned_place place;

	fb_learned_place(steps, &place);
	fb_learned_judge(learned, &place, &entry->opinion);
}

void fb_opinions_ask(struct fb_opinions *opinions, const struct fb_learned *learned,
		     const struct fb_learned_steps *steps, struct fb_learned_opinion *ret_opinion)
{
	const uint32_t version = fb_learned_version(learned);
	struct fb_opinions_entry *entry;
	uint32_t others = 0;
	uint64_t first;

	memcpy(&first, steps, 8);
	memcpy(&others, (const char *)steps + 8, sizeof(*steps) - 8);
	entry = entry_of(opinions, first, others);
	if (opinions->version != version)
		*opinions = (struct fb_opinions){.version = version};
	if (!entry->opinion.confidence || entry->first != first || entry->others != others) {
		entry->first = first;
		entry->others = others;
		form(entry, learned, steps);
	}
	*ret_opinion = entry->opinion;
}
