/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of addresses, and an index of it. */
#include "enrich/holders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/index.h"

struct fb_holders {
	struct holder {
		uint64_t since;
		uint8_t addr[16], family;
	} holder[FB_HOLDERS_MAX];
	uint64_t n; /* ever */
	struct fb_index index;
};

int fb_holders_new(struct fb_holders **ret_holders)
{
	struct fb_holders *holders = calloc(1, sizeof(*holders));

	if (!holders)
		return -ENOMEM;
	if (fb_index_init(&holders->index) < 0) {
		fb_holders_free(holders);
		return -ENOMEM;
	}
	*ret_holders = holders;
	return 0;
}

void fb_holders_free(struct fb_holders *holders)
{
	if (!holders)
		return;
	fb_index_fini(&holders->index);
	free(holders);
}

static uint32_t find(const struct fb_holders *holders, const uint8_t *addr, uint8_t family)
{
	struct fb_index_it it = fb_index_begin(fb_hash(addr, 16, family));
	uint32_t number;

	while (fb_index_next(&holders->index, &it, &number))
		if (holders->holder[number].family == family &&
		    !memcmp(holders->holder[number].addr, addr, 16))
			return number;
	return FB_NONE;
}

void fb_holders_left(struct fb_holders *holders, const uint8_t addr[static 16], uint8_t family,
		     uint64_t time)
{
	uint32_t number = find(holders, addr, family);
	struct holder *holder;

	if (number != FB_NONE) {
		if (holders->holder[number].since < time)
			holders->holder[number].since = time;
		return;
	}
	number = (uint32_t)(holders->n % FB_HOLDERS_MAX);
	holder = &holders->holder[number];
	if (holder->family)
		fb_index_remove(&holders->index, fb_hash(holder->addr, 16, holder->family), number);
	*holder = (struct holder){.since = time};
	if (fb_index_add(&holders->index, fb_hash(addr, 16, family), number) < 0)
		return;
	memcpy(holder->addr, addr, 16);
	holder->family = family;
	holders->n++;
}

uint64_t fb_holders_since(const struct fb_holders *holders, const uint8_t addr[static 16],
			  uint8_t family)
{
	const uint32_t number = find(holders, addr, family);

	return number == FB_NONE ? 0 : holders->holder[number].since;
}
