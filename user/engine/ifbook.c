/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/ifbook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/qdisc.h"

#define TRIES 3 /* interfaces that come and go while the kernel lists them */
#define FIRST 16

/* --- reading ---------------------------------------------------------------------------------- */

static struct fb_ifbook_entry *find(const struct fb_ifbook_set *set, uint32_t ifindex)
{
	for (unsigned int i = 0; i < set->n; i++)
		if (set->ifindex[i] == ifindex)
			return &set->entry[i];
	return NULL;
}

static struct fb_ifbook_entry *add(struct fb_ifbook_set *set, uint32_t ifindex)
{
	if (set->n == set->cap && set->cap < FB_IFBOOK_MOST) {
		const unsigned int cap = set->cap ? set->cap * 2 : FIRST;
		struct fb_ifbook_entry *entry = realloc(set->entry, cap * sizeof(*entry));

		if (entry) {
			set->entry = entry;
			set->cap = cap;
		}
	}
	if (set->n == set->cap) {
		set->left_out++;
		return NULL;
	}
	set->ifindex[set->n] = ifindex;
	return &set->entry[set->n++];
}

static void on_link(void *ctx, const struct fb_netdev_link *link)
{
	struct fb_ifbook *book = ctx;
	struct fb_ifbook_entry *entry = find(&book->fresh, link->ifindex);

	if (!entry)
		entry = add(&book->fresh, link->ifindex);
	if (entry)
		*entry = (struct fb_ifbook_entry){.link = *link};
}

static void on_addr(void *ctx, const struct fb_netdev_addr *addr)
{
	struct fb_ifbook_entry *entry = find(&((struct fb_ifbook *)ctx)->fresh, addr->ifindex);

	if (entry && entry->n_addrs < FB_IFBOOK_ADDRS)
		entry->addr[entry->n_addrs++] = *addr;
	else if (entry)
		entry->more_addrs++;
}

static void on_qdisc(void *ctx, const struct fb_qdisc *qdisc)
{
	struct fb_ifbook_entry *entry = find(&((struct fb_ifbook *)ctx)->fresh, qdisc->ifindex);

	if (!entry)
		return;
	entry->queue_known = true;
	entry->queue_dropped = qdisc->drops;
}

static int read_all(struct fb_ifbook *book)
{
	static const struct fb_netdev_ops ops = {.link = on_link, .addr = on_addr};
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		book->fresh.n = book->fresh.left_out = 0;
		r = fb_netdev_dump(&ops, book);
	}
	if (r == 0)
		fb_qdisc_roots(on_qdisc, book);
	return r;
}

/* --- what is made of it ----------------------------------------------------------------------- */

/* The counters in the order of struct fb_ifbook_rates. */
static void pick(const struct rtnl_link_stats64 *stats, uint64_t picked[4][FB_IFBOOK_WAYS])
{
	const uint64_t all[4][FB_IFBOOK_WAYS] = {
		{stats->rx_bytes, stats->tx_bytes},
		{stats->rx_packets, stats->tx_packets},
		{stats->rx_errors, stats->tx_errors},
		{stats->rx_dropped, stats->tx_dropped},
	};

	memcpy(picked, all, sizeof(all));
}

/* From one reading to the next, `elapsed_ns` later; unknown where a counter went back. */
static void rate(const struct rtnl_link_stats64 *before, const struct rtnl_link_stats64 *after,
		 uint64_t elapsed_ns, struct fb_ifbook_rates *ret_rates)
{
	struct fb_ifbook_rates rates = {.known = elapsed_ns > 0};
	double *const to[4] = {rates.bytes, rates.packets, rates.errors, rates.dropped};
	uint64_t was[4][FB_IFBOOK_WAYS], is[4][FB_IFBOOK_WAYS];

	*ret_rates = (struct fb_ifbook_rates){0};
	pick(before, was);
	pick(after, is);
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int way = 0; way < FB_IFBOOK_WAYS; way++) {
			/* Another interface of its number, or a driver that began again. */
			if (is[i][way] < was[i][way] || !rates.known)
				return;
			to[i][way] = (double)(is[i][way] - was[i][way]) * 1e9 / (double)elapsed_ns;
		}
	*ret_rates = rates;
}

static void keep_recent(struct fb_ifbook_entry *entry, const struct fb_ifbook_entry *old)
{
	const unsigned int full = old->n_recent == FB_IFBOOK_RECENT, n = old->n_recent - full;

	for (unsigned int way = 0; way < FB_IFBOOK_WAYS; way++) {
		memcpy(entry->recent[way], old->recent[way] + full, n * sizeof(float));
		entry->recent[way][n] = (float)entry->rates.bytes[way];
	}
	entry->n_recent = n + 1;
}

static bool is_as_it_was(const struct fb_netdev_link *link, const struct fb_netdev_link *old)
{
	return link->up == old->up && link->running == old->running &&
	       strcmp(link->name, old->name) == 0;
}

/* Drivers are slow to ask: those of what changed, and one each tick. */
static void complete(struct fb_ifbook *book, unsigned int i, uint64_t elapsed_ns)
{
	struct fb_ifbook_entry *entry = &book->fresh.entry[i];
	const struct fb_ifbook_entry *old = find(&book->shown, entry->link.ifindex);

	if (old)
		rate(&old->link.stats, &entry->link.stats, elapsed_ns, &entry->rates);
	if (entry->rates.known)
		keep_recent(entry, old);
	if (old && i != book->turn && is_as_it_was(&entry->link, &old->link))
		entry->hardware = old->hardware;
	else
		fb_netdev_hardware(book->netdev, entry->link.name, &entry->hardware);
}

int fb_ifbook_tick(struct fb_ifbook *book, uint64_t now_ns, int64_t wall_ms)
{
	struct fb_ifbook_set *fresh = &book->fresh, old;
	const int r = read_all(book);

	if (r < 0)
		return r;
	book->turn = book->turn + 1 < fresh->n ? book->turn + 1 : 0;
	for (unsigned int i = 0; i < fresh->n; i++)
		complete(book, i, book->shown.read_ns ? now_ns - book->shown.read_ns : 0);
	fresh->read_ns = now_ns;
	fresh->read_ms = wall_ms;
	pthread_mutex_lock(&book->lock);
	old = book->shown;
	book->shown = *fresh;
	pthread_mutex_unlock(&book->lock);
	*fresh = old;
	return 0;
}

/* --- life, and any thread --------------------------------------------------------------------- */

void fb_ifbook_open(struct fb_ifbook *book, const struct fb_netdev *netdev)
{
	*book = (struct fb_ifbook){.netdev = netdev, .open = true};
	pthread_mutex_init(&book->lock, NULL);
}

void fb_ifbook_close(struct fb_ifbook *book)
{
	if (!book->open)
		return;
	free(book->fresh.entry);
	free(book->shown.entry);
	pthread_mutex_destroy(&book->lock);
	*book = (struct fb_ifbook){0};
}

int fb_ifbook_list(struct fb_ifbook *book, struct fb_ifbook_list *ret_list)
{
	struct fb_ifbook_list list = {0};
	size_t size;

	pthread_mutex_lock(&book->lock);
	size = book->shown.n * sizeof(*list.entry);
	list = (struct fb_ifbook_list){
		.entry = malloc(size + 1),
		.n = book->shown.n,
		.left_out = book->shown.left_out,
		.read_ms = book->shown.read_ms,
	};
	if (list.entry && size)
		memcpy(list.entry, book->shown.entry, size);
	pthread_mutex_unlock(&book->lock);
	if (!list.entry)
		return -ENOMEM;
	*ret_list = list;
	return 0;
}
