/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules as others are told of them, from any thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/rulebook.h"
#include "kernel/xdp.h"

/* CLOCK_BOOTTIME of a tick of the kernel half; 0: of none. */
static uint64_t tick_boot_ns(const struct fb_rulebook *book, uint64_t ticks)
{
	const int64_t later = (int64_t)(ticks - book->moment.ticks);

	return ticks ? book->moment.ns + (uint64_t)(later * (int64_t)book->core->tick_ns) : 0;
}

/* What XDP dropped by the rule is the rule's, too. */
static void add_xdp(const struct fb_rulebook *book, struct fb_rule_told *told)
{
	struct fb_rule_entry *count = &told->count;
	struct fb_xdp_count xdp;
	uint64_t first, last;

	if (fb_xdp_count(book->core->bpf, told->rule.number, &xdp) < 0 || !xdp.packets)
		return;
	first = tick_boot_ns(book, xdp.first);
	last = tick_boot_ns(book, xdp.last);
	told->xdp_packets = xdp.packets;
	told->xdp_bytes = xdp.bytes;
	count->packets += xdp.packets;
	count->bytes += xdp.bytes;
	count->hits += xdp.packets;
	if (!count->first || first < count->first)
		count->first = first;
	if (last > count->last)
		count->last = last;
}

void fb_rulebook_error(struct fb_rulebook *book, char *text, size_t size)
{
	pthread_mutex_lock(&book->lock);
	snprintf(text, size, "%s", book->rules.error);
	pthread_mutex_unlock(&book->lock);
}

int fb_rulebook_exceptions(struct fb_rulebook *book, struct fb_filter *list[static FB_RULES_OPEN],
			   unsigned int *ret_n)
{
	int r = 0;

	*ret_n = 0;
	pthread_mutex_lock(&book->lock);
	for (unsigned int i = 0; r == 0 && i < book->rules.n; i++)
		if (book->rules.rule[i].verb == FB_RULE_ALLOW) {
			r = fb_filter_copy(book->rules.rule[i].filter, &list[*ret_n]);
			*ret_n += r == 0;
		}
	pthread_mutex_unlock(&book->lock);
	return r;
}

int fb_rulebook_list(struct fb_rulebook *book, struct fb_rule_told **ret_list)
{
	struct fb_rule_told *list;
	unsigned int n;

	pthread_mutex_lock(&book->lock);
	n = book->rules.n;
	list = calloc(n + 1, sizeof(*list));
	for (unsigned int i = 0; list && i < n; i++) {
		list[i].rule = book->rules.rule[i];
		list[i].rule.filter = NULL;
		list[i].count = book->verdicts->rule[list[i].rule.number];
		add_xdp(book, &list[i]);
		list[i].boot_ns = book->moment.ns;
		list[i].wall_ms = book->moment_ms;
	}
	pthread_mutex_unlock(&book->lock);
	if (!list)
		return -ENOMEM;
	*ret_list = list;
	return (int)n;
}
