/* SPDX-License-Identifier: BSD-2-Clause */
/* Two lists in order, side by side. */
#include "engine/listspared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/select.h"

static int compare(const void *a, const void *b, void *ctx)
{
	(void)ctx;
	return memcmp(a, b, sizeof(struct fb_cidr));
}

static void add(struct fb_listspared *spared, const uint8_t addr[static 16], uint8_t family)
{
	struct fb_cidr *net = &spared->net[spared->n];

	if (!family || spared->n == FB_LISTSPARED)
		return;
	spared->n++;
	*net = (struct fb_cidr){.family = family, .bits = 128};
	memcpy(net->addr, addr, sizeof(net->addr));
}

static void add_all(struct fb_listspared *spared, const struct fb_never_addr *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		add(spared, list[i].addr, list[i].family);
}

static void collect(const struct fb_never_facts *never, struct fb_listspared *spared)
{
	spared->n = 0;
	add_all(spared, never->own, never->n_own);
	add_all(spared, never->gateway, never->n_gateways);
	add_all(spared, never->resolver, never->n_resolvers);
	add_all(spared, never->clock, never->n_clocks);
	add_all(spared, never->peer, never->n_peers);
	add_all(spared, never->guest, never->n_guests);
	for (unsigned int i = 0; i < never->n_before; i++)
		add(spared, never->before[i].addr, never->before[i].family);
	add(spared, never->asker.addr, never->asker.family);
	fb_sort(spared->net, spared->n, sizeof(*spared->net), compare, NULL);
}

int fb_listspared_update(struct fb_listspared *spared, const struct fb_never_facts *never,
			 fb_listspared_fn fn, void *ctx)
{
	_cleanup_free_ struct fb_listspared *now = malloc(sizeof(*now));
	unsigned int i = 0, k = 0;

	if (!now)
		return -ENOMEM;
	collect(never, now);
	while (i < now->n || k < spared->n) {
		const int order = i == now->n	   ? 1
				  : k == spared->n ? -1
						   : compare(&now->net[i], &spared->net[k], NULL);

		if (order)
			fn(ctx, order < 0 ? &now->net[i] : &spared->net[k]);
		i += order <= 0;
		k += order >= 0;
	}
	memcpy(spared->net, now->net, now->n * sizeof(*now->net));
	spared->n = now->n;
	return 0;
}
