/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces through their lives. */
#include "engine/links.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "kernel/lock.h"
#include "kernel/qdisc.h"
#include "kernel/shaper.h"
#include "util/clock.h"
#include "util/log.h"

/* Until a number is given again: what its last packets counted has been folded by then. */
#define UNUSED_NS (3 * FB_NS_PER_S)

static struct fb_link_slot *slot_by_ifindex(struct fb_links *links, uint32_t ifindex)
{
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].attach.ifindex == ifindex &&
		    links->slots[i].state != FB_LINK_GONE)
			return &links->slots[i];
	return NULL;
}

static struct fb_link_slot *lost_slot_by_name(struct fb_links *links, const char *name)
{
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].state != FB_LINK_ATTACHED &&
		    strcmp(links->slots[i].name, name) == 0)
			return &links->slots[i];
	return NULL;
}

bool fb_links_is_pattern(const char *name)
{
	return strpbrk(name, "*?[");
}

/* Each packet on the loopback is seen on another interface too, or is nobody's business. */
static bool is_wanted(const struct fb_links *links, const struct fb_netdev_link *dev)
{
	if (fb_shaper_is_name(dev->name))
		return false; /* the queue of limits: what passes it is counted where it came from
			       */
	for (unsigned int i = 0; i < links->n_wanted; i++)
		if (!dev->loopback && fb_links_is_pattern(links->wanted[i]) &&
		    fnmatch(links->wanted[i], dev->name, 0) == 0)
			return true;
	return false;
}

static void learn(struct fb_links *links, struct fb_link_slot *slot,
		  const struct fb_netdev_link *dev)
{
	struct fb_netdev_hardware hardware;

	fb_netdev_hardware(links->netdev, dev->name, &hardware);
	slot->running = dev->up && dev->running;
	slot->mtu = dev->mtu;
	slot->speed = hardware.speed;
}

static int attach_slot(struct fb_links *links, struct fb_link_slot *slot,
		       const struct fb_netdev_link *dev, struct fb_why *why)
{
	int r = fb_attach_start(&slot->attach, links->bpf, dev->ifindex, slot->number, why);

	if (r < 0)
		return r;
	learn(links, slot, dev);
	slot->state = FB_LINK_ATTACHED;
	slot->queue_known = false;
	slot->reason[0] = '\0';
	fb_info("attach", "%s: attached by %s, interface index %u", slot->name,
		fb_attach_kind_name(slot->attach.kind), dev->ifindex);
	return 0;
}

static void lose_slot(struct fb_link_slot *slot, enum fb_link_state state, const char *reason)
{
	fb_attach_stop(&slot->attach, false);
	slot->running = slot->running && state != FB_LINK_GONE;
	slot->state = state;
	snprintf(slot->reason, sizeof(slot->reason), "%s", reason);
	fb_warn("attach", "%s: %s", slot->name, reason);
}

static bool is_taken(const struct fb_links *links, uint16_t number)
{
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].number == number)
			return true;
	return false;
}

/* The longest unused, but those that rows `but` have; 0: there is none. */
static uint16_t longest_unused(const struct fb_links *links, const bool *but)
{
	uint16_t best = 0;

	for (uint16_t number = 1; number < FB_LINK_MAX; number++)
		if (!but[number] && !is_taken(links, number) &&
		    (!best || links->unused_ns[number] < links->unused_ns[best]))
			best = number;
	return best;
}

/*
 * One that was never used, else one that no row has: a row would count for the new interface, and
 * its flow be shown there. 0: none is free yet.
 */
static uint16_t free_number(const struct fb_links *links, uint64_t now)
{
	bool rows[FB_LINK_MAX] = {false};
	const uint16_t oldest = longest_unused(links, rows);
	uint16_t best;

	if (!oldest || !links->unused_ns[oldest])
		return oldest;
	if (links->in_rows)
		links->in_rows(links->ctx, rows);
	best = longest_unused(links, rows);
	if (!best && links->retire)
		links->retire(links->ctx, oldest);
	return best && now >= links->unused_ns[best] + UNUSED_NS ? best : 0;
}

/* Adopted rows carry the number of the earlier run; a new interface gets a free one. */
static uint16_t choose_number(struct fb_links *links, uint32_t ifindex)
{
	uint16_t number = fb_attach_known_link(links->bpf, ifindex);

	if (number != 0 && !is_taken(links, number))
		return number;
	number = free_number(links, fb_monotonic_ns());
	if (number && links->unused_ns[number]) {
		fb_bpf_stats_clear(links->bpf, number);
		if (links->renumbered)
			links->renumbered(links->ctx, number);
		links->unused_ns[number] = 0;
	}
	return number;
}

/* A place for one more; NULL: there is none. It is taken by links->n++. */
static struct fb_link_slot *new_slot(struct fb_links *links, const char *name, uint32_t ifindex)
{
	struct fb_link_slot *slot = &links->slots[links->n];
	const uint16_t number = links->n < FB_STATUS_LINKS ? choose_number(links, ifindex) : 0;

	if (!number)
		return NULL;
	*slot = (struct fb_link_slot){.number = number};
	snprintf(slot->name, sizeof(slot->name), "%s", name);
	return slot;
}

/* What a pattern brought leaves its place; what it counted stays in the sums. */
static void drop_slot(struct fb_links *links, struct fb_link_slot *slot)
{
	struct fb_stats stats;

	for (int hook = 0; hook < 2; hook++) {
		if (fb_bpf_stats(links->bpf, slot->number, (enum fb_hook)hook, &stats) < 0)
			continue;
		for (unsigned int i = 0; i < FB_STAT_COUNT; i++) {
			links->past.packets[i] += stats.packets[i];
			links->past.bytes[i] += stats.bytes[i];
		}
	}
	links->past_queue += slot->queue_dropped;
	links->unused_ns[slot->number] = fb_monotonic_ns();
	links->n--;
	memmove(slot, slot + 1, (size_t)(&links->slots[links->n] - slot) * sizeof(links->slots[0]));
}

/* What a pattern matches has come. One that another instance holds waits until that one ends. */
static void take_in(struct fb_links *links, const struct fb_netdev_link *dev)
{
	struct fb_link_slot *slot = new_slot(links, dev->name, dev->ifindex);
	struct fb_why why = {""};
	int r;

	if (!slot) {
		if (!links->crowded)
			fb_warn("attach", "%s: waits, for %u interfaces are attached", dev->name,
				links->n);
		links->crowded = true;
		links->crowded_out++;
		return;
	}
	slot->by_pattern = true;
	r = attach_slot(links, slot, dev, &why);
	if (r == 0 || r == -EBUSY)
		links->n++;
	if (r == 0)
		return;
	snprintf(slot->reason, sizeof(slot->reason), "%.*s", FB_STATUS_REASON - 1, why.text);
	slot->state = FB_LINK_DETACHED;
	fb_log(r == -EBUSY ? FB_LOG_WARN : FB_LOG_DEBUG, "attach", "%s", why.text);
}

/* Again for one that has lost its program, or had none yet. */
static void attach_again(struct fb_links *links, struct fb_link_slot *slot,
			 const struct fb_netdev_link *dev)
{
	struct fb_why why = {""};

	if (attach_slot(links, slot, dev, &why) == 0 || strcmp(slot->reason, why.text) == 0)
		return;
	snprintf(slot->reason, sizeof(slot->reason), "%.*s", FB_STATUS_REASON - 1, why.text);
	fb_warn("attach", "%s", why.text);
}

/* An interface is there: one of ours under a new name, or one that we wait for. */
static void on_link(void *ctx, const struct fb_netdev_link *dev)
{
	struct fb_links *links = ctx;
	struct fb_link_slot *slot = slot_by_ifindex(links, dev->ifindex), *lost;

	if (links->device)
		links->device(links->ctx, dev, false);
	if (slot && strcmp(slot->name, dev->name) != 0) {
		fb_info("attach", "%s: is now named %s", slot->name, dev->name);
		snprintf(slot->name, sizeof(slot->name), "%s", dev->name);
	}
	if (slot) {
		learn(links, slot, dev);
		return;
	}
	lost = lost_slot_by_name(links, dev->name);
	if (lost)
		attach_again(links, lost, dev);
	else if (is_wanted(links, dev))
		take_in(links, dev);
}

static void lose(struct fb_links *links, struct fb_link_slot *slot)
{
	if (!slot->by_pattern) {
		lose_slot(slot, FB_LINK_GONE, "the interface is gone; waiting for one of its name");
		return;
	}
	fb_info("attach", "%s: the interface is gone", slot->name);
	fb_attach_stop(&slot->attach, false);
	drop_slot(links, slot);
}

static void on_link_gone(void *ctx, uint32_t ifindex, const char *name)
{
	const struct fb_netdev_link gone = {.ifindex = ifindex};
	struct fb_link_slot *slot = slot_by_ifindex(ctx, ifindex);
	struct fb_links *links = ctx;

	(void)name;
	if (links->device)
		links->device(links->ctx, &gone, true);
	if (slot)
		lose(ctx, slot);
}

static void on_addr(void *ctx, const struct fb_netdev_addr *addr)
{
	struct fb_links *links = ctx;

	if (links->addr)
		links->addr(links->ctx, addr, false);
}

static void on_addr_gone(void *ctx, const struct fb_netdev_addr *addr)
{
	struct fb_links *links = ctx;

	if (links->addr)
		links->addr(links->ctx, addr, true);
}

static void on_neighbour(void *ctx, const struct fb_netdev_neighbour *neighbour)
{
	struct fb_links *links = ctx;

	if (links->neighbour)
		links->neighbour(links->ctx, neighbour);
}

/* One that is not there yet has its place and number from now on. */
static int await(struct fb_links *links, const char *name, struct fb_why *why)
{
	struct fb_link_slot *slot = new_slot(links, name, 0);

	if (!slot)
		return fb_why_set(why, -E2BIG, "%s: too many interfaces", name);
	slot->state = FB_LINK_WAITING;
	snprintf(slot->reason, sizeof(slot->reason), "it is not there yet; waiting for it");
	links->n++;
	return 0;
}

static int add_named(struct fb_links *links, const char *name, struct fb_why *why)
{
	struct fb_link_slot *slot;
	struct fb_netdev_link dev;
	int r = fb_netdev_link_by_name(links->netdev, name, &dev);

	if (r < 0)
		return await(links, name, why);
	slot = slot_by_ifindex(links, dev.ifindex);
	if (slot)
		return fb_why_set(why, -EINVAL, "interface %s is named twice", name);
	slot = new_slot(links, dev.name, dev.ifindex);
	if (!slot)
		return fb_why_set(why, -E2BIG, "%s: too many interfaces", name);
	slot->loopback = dev.loopback;
	r = attach_slot(links, slot, &dev, why);
	if (r == 0)
		links->n++;
	return r;
}

int fb_links_init(struct fb_links *links, struct fb_bpf *bpf, const char *const *names,
		  unsigned int n, struct fb_why *why)
{
	static const struct fb_netdev_ops ops = {
		.link = on_link,
		.link_gone = on_link_gone,
		.addr = on_addr,
		.addr_gone = on_addr_gone,
		.neighbour = on_neighbour,
	};
	int r;

	*links = (struct fb_links){.bpf = bpf};
	if (n > FB_STATUS_LINKS)
		return fb_why_set(why, -E2BIG, "%u interfaces are too many, %d at most", n,
				  FB_STATUS_LINKS);
	r = fb_netdev_new(&ops, links, &links->netdev);
	if (r < 0)
		return fb_why_set(why, r, "cannot follow interfaces by rtnetlink: %s",
				  strerror(-r));
	for (unsigned int i = 0; i < n && r == 0; i++) {
		links->wanted[links->n_wanted++] = names[i];
		fb_lock_want(names[i]);
		if (!fb_links_is_pattern(names[i]))
			r = add_named(links, names[i], why);
	}
	if (r < 0)
		fb_links_fini(links, false);
	return r;
}

void fb_links_waits(const struct fb_links *links, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < links->n_wanted && len < size; i++) {
		const char *name = links->wanted[i];
		bool waits = fb_links_is_pattern(name);

		for (unsigned int k = 0; k < links->n && !waits; k++)
			waits = (links->slots[k].state == FB_LINK_GONE ||
				 links->slots[k].state == FB_LINK_WAITING) &&
				strcmp(links->slots[k].name, name) == 0;
		if (waits)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "",
						name);
	}
}

void fb_links_fini(struct fb_links *links, bool keep_pinned)
{
	for (unsigned int i = 0; i < links->n; i++) {
		struct fb_link_slot *slot = &links->slots[i];
		const bool keep = keep_pinned || slot->attach.adopted;

		if (slot->state != FB_LINK_ATTACHED)
			continue;
		fb_info("attach", "%s: %s", slot->name,
			keep && fb_bpf_pin(links->bpf) ? "goes on counting, pinned" : "detached");
		fb_attach_stop(&slot->attach, keep);
	}
	links->n = 0;
	fb_netdev_free(links->netdev);
	links->netdev = NULL;
}

/* Counts that were there before us are not counted; a queue in its place counts from zero. */
static void on_qdisc(void *ctx, const struct fb_qdisc *qdisc)
{
	struct fb_link_slot *slot = slot_by_ifindex(ctx, qdisc->ifindex);

	if (!slot)
		return;
	if (!slot->queue_known)
		slot->queue_last = qdisc->drops;
	else if (slot->queue_handle != qdisc->handle)
		slot->queue_last = 0;
	slot->queue_known = true;
	slot->queue_handle = qdisc->handle;
	slot->queue_dropped += qdisc->drops - slot->queue_last;
	slot->queue_last = qdisc->drops;
}

int fb_links_list(struct fb_links *links)
{
	int r = fb_netdev_list(links->netdev);

	fb_qdisc_roots(on_qdisc, links);
	return r;
}

int fb_links_fd(const struct fb_links *links)
{
	return fb_netdev_fd(links->netdev);
}

int fb_links_read(struct fb_links *links)
{
	return fb_netdev_read(links->netdev);
}

static void reattach(struct fb_links *links, struct fb_link_slot *slot)
{
	struct fb_netdev_link dev;

	if (fb_netdev_link_by_name(links->netdev, slot->name, &dev) == 0)
		attach_again(links, slot, &dev);
	else if (slot->by_pattern)
		drop_slot(links, slot);
}

static void check_slot(struct fb_links *links, struct fb_link_slot *slot)
{
	const bool by_pattern = slot->by_pattern;
	int r = slot->state == FB_LINK_ATTACHED ? fb_attach_check(&slot->attach) : 0;

	if (r == -ENODEV) {
		lose(links, slot);
		if (by_pattern)
			return; /* another one has its place now */
	} else if (r == -ESTALE) {
		lose_slot(slot, FB_LINK_DETACHED, "somebody took our program off");
	}
	if (slot->state != FB_LINK_ATTACHED)
		reattach(links, slot);
}

void fb_links_check(struct fb_links *links)
{
	/* Backwards: one that leaves its place moves those behind it. */
	for (unsigned int i = links->n; i-- > 0;)
		check_slot(links, &links->slots[i]);
	if (links->crowded && links->n < FB_STATUS_LINKS) {
		links->crowded = false;
		fb_netdev_list(links->netdev);
	}
	fb_qdisc_roots(on_qdisc, links);
}
