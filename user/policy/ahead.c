/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/ahead.h"

#include "policy/places.h"

static void opened(struct fb_look *look)
{
	if (look->outward && !look->icmp)
		fb_at_contacts(look);
	fb_at_clients(look);
}

static void answered(struct fb_look *look)
{
	if (look->outward && look->flow->ja4)
		fb_at_prints(look);
	if (look->flow->dst_inside)
		fb_at_served(look);
	if (!look->ok)
		fb_at_called(look);
	if (look->inward && look->failed)
		fb_at_closed(look);
}

void fb_ahead_places(struct fb_look *look)
{
	const unsigned int events = look->events;

	if (look->for_many)
		return;
	if (events & (FB_TOLD_OPENED | FB_TOLD_RESULT | FB_TOLD_ENDED))
		fb_at_firsts(look);
	if (events & (FB_TOLD_OPENED | FB_TOLD_RESULT) && look->judge->opts.learned) {
		fb_at_clients(look);
		fb_at_tries(look);
		fb_at_answering(look);
	}
	if (events & FB_TOLD_OPENED)
		opened(look);
	if (events & FB_TOLD_RESULT)
		answered(look);
	if (events & (FB_TOLD_RESULT | FB_TOLD_COUNTED) && !look->flow->packets[1])
		fb_at_floods(look);
}

void fb_ahead_items(struct fb_look *look)
{
	static const uint32_t keys_only = 1u << FB_AT_ANSWERING | 1u << FB_AT_CONTACTS |
					  1u << FB_AT_PRINTS | 1u << FB_AT_SERVED;
	const uint32_t pair = look->placed & (1u << FB_AT_PAIRS | 1u << FB_AT_FIRSTS);

	for (uint32_t left = look->placed & ~keys_only & ~pair; left; left &= left - 1)
		fb_lru_fetch(&look->place[__builtin_ctz(left)]);
	if (!pair || fb_lru_fetch(&look->place[FB_AT_PAIRS]) ||
	    fb_lru_fetch(&look->place[FB_AT_FIRSTS]))
		return;
	/* Who never met before is counted by what it tries, too. */
	if (look->events & FB_TOLD_RESULT && !look->icmp)
		fb_at_walks(look);
}

void fb_ahead_rest(struct fb_look *look)
{
	if (look->placed & 1u << FB_AT_WALKS)
		fb_lru_fetch(&look->place[FB_AT_WALKS]);
}
