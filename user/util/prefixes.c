/* SPDX-License-Identifier: BSD-2-Clause */
/* Two sorted arrays: of IPv4 address and bits are one number, of IPv6 one string of bytes. */
#include "util/prefixes.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/select.h"

#define MOST (UINT32_MAX / 4) /* of a family: numbers of both fit */

struct v6 {
	uint8_t addr[16], bits;
};

struct fb_prefixes {
	uint64_t *v4; /* address << 8 | bits */
	struct v6 *v6;
	uint32_t n4, n6, room4, room6;
};

int fb_prefixes_new(struct fb_prefixes **ret_prefixes)
{
	*ret_prefixes = calloc(1, sizeof(**ret_prefixes));
	return *ret_prefixes ? 0 : -ENOMEM;
}

void fb_prefixes_free(struct fb_prefixes *prefixes)
{
	if (!prefixes)
		return;
	free(prefixes->v4);
	free(prefixes->v6);
	free(prefixes);
}

static uint64_t key4(const struct fb_cidr *net)
{
	uint32_t addr;

	memcpy(&addr, net->addr + 12, sizeof(addr));
	return (uint64_t)be32toh(addr) << 8 | net->bits;
}

static struct v6 key6(const struct fb_cidr *net)
{
	struct v6 key = {.bits = net->bits};

	memcpy(key.addr, net->addr, sizeof(key.addr));
	return key;
}

static int make_room(void **items, uint32_t n, uint32_t *room, size_t size)
{
	const uint32_t wanted = *room ? *room * 2 : 64;
	void *more;

	if (n < *room)
		return 0;
	if (n == MOST)
		return -ENOSPC;
	more = reallocarray(*items, wanted, size);
	if (!more)
		return -ENOMEM;
	*items = more;
	*room = wanted;
	return 0;
}

int fb_prefixes_add(struct fb_prefixes *prefixes, const struct fb_cidr *net)
{
	int r;

	if (net->family == 4) {
		r = make_room((void **)&prefixes->v4, prefixes->n4, &prefixes->room4,
			      sizeof(*prefixes->v4));
		if (r == 0)
			prefixes->v4[prefixes->n4++] = key4(net);
		return r;
	}
	r = make_room((void **)&prefixes->v6, prefixes->n6, &prefixes->room6,
		      sizeof(*prefixes->v6));
	if (r == 0)
		prefixes->v6[prefixes->n6++] = key6(net);
	return r;
}

static int compare4(const void *a, const void *b, void *ctx)
{
	const uint64_t *x = a, *y = b;

	(void)ctx;
	return *x < *y ? -1 : *x > *y;
}

static int compare6(const void *a, const void *b, void *ctx)
{
	(void)ctx;
	return memcmp(a, b, sizeof(struct v6));
}

/* How many are left of those in order when each is there once. */
static uint32_t make_unique(void *items, uint32_t n, size_t size)
{
	char *item = items;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (kept && !memcmp(item + (kept - 1) * size, item + i * size, size))
			continue;
		if (kept != i)
			memcpy(item + kept * size, item + i * size, size);
		kept++;
	}
	return kept;
}

void fb_prefixes_close(struct fb_prefixes *prefixes)
{
	fb_sort(prefixes->v4, prefixes->n4, sizeof(*prefixes->v4), compare4, NULL);
	fb_sort(prefixes->v6, prefixes->n6, sizeof(*prefixes->v6), compare6, NULL);
	prefixes->n4 = make_unique(prefixes->v4, prefixes->n4, sizeof(*prefixes->v4));
	prefixes->n6 = make_unique(prefixes->v6, prefixes->n6, sizeof(*prefixes->v6));
}

uint32_t fb_prefixes_count(const struct fb_prefixes *prefixes)
{
	return prefixes->n4 + prefixes->n6;
}

void fb_prefixes_at(const struct fb_prefixes *prefixes, uint32_t number, struct fb_cidr *ret_net)
{
	const struct v6 *v6;
	uint32_t addr;

	if (number < prefixes->n4) {
		*ret_net = (struct fb_cidr){.addr = {[10] = 0xff, [11] = 0xff},
					    .family = 4,
					    .bits = (uint8_t)prefixes->v4[number]};
		addr = htobe32((uint32_t)(prefixes->v4[number] >> 8));
		memcpy(ret_net->addr + 12, &addr, sizeof(addr));
		return;
	}
	v6 = &prefixes->v6[number - prefixes->n4];
	*ret_net = (struct fb_cidr){.family = 6, .bits = v6->bits};
	memcpy(ret_net->addr, v6->addr, sizeof(v6->addr));
}

static uint32_t seek(const void *items, uint32_t n, size_t size, const void *key,
		     fb_compare_fn *compare)
{
	uint32_t from = 0, to = n;

	while (from < to) {
		const uint32_t middle = from + (to - from) / 2;

		if (compare((const char *)items + middle * size, key, NULL) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

uint32_t fb_prefixes_seek(const struct fb_prefixes *prefixes, const struct fb_cidr *net)
{
	const uint64_t v4 = key4(net);
	const struct v6 v6 = key6(net);

	if (net->family == 4)
		return seek(prefixes->v4, prefixes->n4, sizeof(v4), &v4, compare4);
	return prefixes->n4 + seek(prefixes->v6, prefixes->n6, sizeof(v6), &v6, compare6);
}

uint32_t fb_prefixes_find(const struct fb_prefixes *prefixes, const struct fb_cidr *net)
{
	const uint32_t at = fb_prefixes_seek(prefixes, net);
	struct fb_cidr there;

	if (at == fb_prefixes_count(prefixes))
		return FB_PREFIXES_NONE;
	fb_prefixes_at(prefixes, at, &there);
	return there.family == net->family && there.bits == net->bits &&
			       !memcmp(there.addr, net->addr, sizeof(there.addr))
		       ? at
		       : FB_PREFIXES_NONE;
}
