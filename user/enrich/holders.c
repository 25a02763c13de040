/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of addresses, and an index of it. */
#include "enrich/holders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/flow.h"
#include "util/index.h"

struct fb_holders {
	struct holder {
		uint64_t since;				       /* 0: it was not given up */
		struct fb_holders_name name[FB_HOLDERS_NAMES]; /* texts owned; the newest first */
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

static void clear(struct holder *holder)
{
	for (unsigned int i = 0; i < FB_HOLDERS_NAMES; i++)
		free((char *)holder->name[i].text);
	*holder = (struct holder){0};
}

void fb_holders_free(struct fb_holders *holders)
{
	if (!holders)
		return;
	for (unsigned int i = 0; i < FB_HOLDERS_MAX; i++)
		clear(&holders->holder[i]);
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

/* The address's holder, which may be a new one; NULL: no memory. */
static struct holder *make(struct fb_holders *holders, const uint8_t *addr, uint8_t family)
{
	uint32_t number = find(holders, addr, family);
	struct holder *holder;

	if (number != FB_NONE)
		return &holders->holder[number];
	number = (uint32_t)(holders->n % FB_HOLDERS_MAX);
	holder = &holders->holder[number];
	if (holder->family)
		fb_index_remove(&holders->index, fb_hash(holder->addr, 16, holder->family), number);
	clear(holder);
	if (fb_index_add(&holders->index, fb_hash(addr, 16, family), number) < 0)
		return NULL;
	memcpy(holder->addr, addr, 16);
	holder->family = family;
	holders->n++;
	return holder;
}

void fb_holders_left(struct fb_holders *holders, const uint8_t addr[static 16], uint8_t family,
		     uint64_t time)
{
	struct holder *holder = make(holders, addr, family);

	if (holder && holder->since < time)
		holder->since = time;
}

void fb_holders_called(struct fb_holders *holders, const uint8_t addr[static 16], uint8_t family,
		       const struct fb_holders_name *name)
{
	struct holder *holder = make(holders, addr, family);
	struct fb_holders_name *newest = holder ? &holder->name[0] : NULL;
	char *text;

	/* a file that is read again may say first what was, then what is */
	if (newest && newest->text && newest->to == name->from && newest->source == name->source &&
	    !strcmp(newest->text, name->text)) {
		newest->to = name->to;
		return;
	}
	text = holder ? strdup(name->text) : NULL;
	if (!text)
		return;
	free((char *)holder->name[FB_HOLDERS_NAMES - 1].text);
	memmove(&holder->name[1], &holder->name[0],
		(FB_HOLDERS_NAMES - 1) * sizeof(holder->name[0]));
	holder->name[0] = *name;
	holder->name[0].text = text;
}

bool fb_holders_name(const struct fb_holders *holders, const uint8_t addr[static 16],
		     uint8_t family, uint64_t at_ns, struct fb_holders_name *ret_name)
{
	const uint32_t number = find(holders, addr, family);
	const struct fb_holders_name *best = NULL;

	for (unsigned int i = 0; number != FB_NONE && i < FB_HOLDERS_NAMES; i++) {
		const struct fb_holders_name *name = &holders->holder[number].name[i];

		if (name->text && name->from <= at_ns && at_ns < name->to &&
		    (!best || fb_name_rank(name->source) < fb_name_rank(best->source)))
			best = name;
	}
	if (best)
		*ret_name = *best;
	return best;
}

uint64_t fb_holders_since(const struct fb_holders *holders, const uint8_t addr[static 16],
			  uint8_t family)
{
	const uint32_t number = find(holders, addr, family);

	return number == FB_NONE ? 0 : holders->holder[number].since;
}
