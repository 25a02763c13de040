/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces through their lives. */
#include "engine/links.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/log.h"

static struct fb_link_slot *slot_by_ifindex(struct fb_links *links, uint32_t ifindex)
{
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].state != FB_LINK_GONE &&
		    links->slots[i].attach.ifindex == ifindex)
			return &links->slots[i];
	return NULL;
}

static struct fb_link_slot *gone_slot_by_name(struct fb_links *links, const char *name)
{
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].state == FB_LINK_GONE &&
		    strcmp(links->slots[i].name, name) == 0)
			return &links->slots[i];
	return NULL;
}

static void learn(struct fb_links *links, struct fb_link_slot *slot,
		  const struct fb_netdev_link *dev)
{
	slot->running = dev->up && dev->running;
	slot->mtu = dev->mtu;
	slot->speed = fb_netdev_speed(links->netdev, dev->name);
}

static int attach_slot(struct fb_links *links, struct fb_link_slot *slot,
		       const struct fb_netdev_link *dev, struct fb_why *why)
{
	int r = fb_attach_start(&slot->attach, links->bpf, dev->ifindex, slot->number, why);

	if (r < 0)
		return r;
	learn(links, slot, dev);
	slot->state = FB_LINK_ATTACHED;
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

/* An interface is there: one of ours under a new name, or one that we wait for. */
static void on_link(void *ctx, const struct fb_netdev_link *dev)
{
	struct fb_links *links = ctx;
	struct fb_link_slot *slot = slot_by_ifindex(links, dev->ifindex);
	struct fb_why why = {""};

	if (slot && strcmp(slot->name, dev->name) != 0) {
		fb_info("attach", "%s: is now named %s", slot->name, dev->name);
		snprintf(slot->name, sizeof(slot->name), "%s", dev->name);
	}
	if (slot)
		learn(links, slot, dev);
	slot = slot ? NULL : gone_slot_by_name(links, dev->name);
	if (slot && attach_slot(links, slot, dev, &why) < 0 &&
	    strcmp(slot->reason, why.text) != 0) {
		snprintf(slot->reason, sizeof(slot->reason), "%.*s", FB_STATUS_REASON - 1,
			 why.text);
		fb_warn("attach", "%s", why.text);
	}
}

static void on_link_gone(void *ctx, uint32_t ifindex, const char *name)
{
	struct fb_link_slot *slot = slot_by_ifindex(ctx, ifindex);

	(void)name;
	if (slot)
		lose_slot(slot, FB_LINK_GONE, "the interface is gone; waiting for one of its name");
}

static void on_addr(void *ctx, const struct fb_netdev_addr *addr)
{
	struct fb_links *links = ctx;

	if (links->own_addr)
		links->own_addr(links->ctx, addr->addr, addr->family, false);
}

static void on_addr_gone(void *ctx, const struct fb_netdev_addr *addr)
{
	struct fb_links *links = ctx;

	if (links->own_addr)
		links->own_addr(links->ctx, addr->addr, addr->family, true);
}

static void on_neighbour(void *ctx, const struct fb_netdev_neighbour *neighbour)
{
	struct fb_links *links = ctx;

	if (links->neighbour)
		links->neighbour(links->ctx, neighbour);
}

static bool is_taken(const struct fb_links *links, uint16_t number)
{
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].number == number)
			return true;
	return false;
}

/* Adopted rows carry the number of the earlier run; a new interface gets the lowest free one. */
static uint16_t choose_number(const struct fb_links *links, uint32_t ifindex)
{
	uint16_t number = fb_attach_known_link(links->bpf, ifindex);

	if (number != 0 && !is_taken(links, number))
		return number;
	for (number = 1; is_taken(links, number); number++)
		;
	return number;
}

static int add_slot(struct fb_links *links, const char *name, struct fb_why *why)
{
	struct fb_link_slot *slot = &links->slots[links->n];
	struct fb_netdev_link dev;
	int r = fb_netdev_link_by_name(links->netdev, name, &dev);

	if (r < 0)
		return fb_why_set(why, r, "there is no interface \"%s\"; `ip link` lists them",
				  name);
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].attach.ifindex == dev.ifindex)
			return fb_why_set(why, -EINVAL, "interface %s is named twice", name);

	snprintf(slot->name, sizeof(slot->name), "%s", dev.name);
	slot->number = choose_number(links, dev.ifindex);
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
	for (unsigned int i = 0; i < n && r == 0; i++)
		r = add_slot(links, names[i], why);
	if (r < 0)
		fb_links_fini(links, false);
	return r;
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

int fb_links_list(struct fb_links *links)
{
	return fb_netdev_list(links->netdev);
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
	struct fb_why why = {""};

	if (fb_netdev_link_by_name(links->netdev, slot->name, &dev) < 0)
		return;
	if (attach_slot(links, slot, &dev, &why) < 0)
		snprintf(slot->reason, sizeof(slot->reason), "%.*s", FB_STATUS_REASON - 1,
			 why.text);
}

void fb_links_check(struct fb_links *links)
{
	for (unsigned int i = 0; i < links->n; i++) {
		struct fb_link_slot *slot = &links->slots[i];
		int r = slot->state == FB_LINK_ATTACHED ? fb_attach_check(&slot->attach) : 0;

		if (r == -ESTALE)
			lose_slot(slot, FB_LINK_DETACHED, "somebody took our program off");
		else if (r == -ENODEV)
			lose_slot(slot, FB_LINK_GONE,
				  "the interface is gone; waiting for one of its name");
		if (slot->state != FB_LINK_ATTACHED)
			reattach(links, slot);
	}
}
