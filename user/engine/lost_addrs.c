/* SPDX-License-Identifier: BSD-2-Clause */
/* Levels, not edges: what an interface is now is compared with what it was at the last look. */
#include "engine/lost_addrs.h"

#include <stdio.h>
#include <string.h>

/* --- one address ------------------------------------------------------------------------------ */

static void lose(struct fb_lost_addr *addr, enum fb_loss loss, const char *link, uint64_t now_ns)
{
	if (addr->loss == FB_LOSS_NONE) {
		addr->due_ns = now_ns + FB_LOST_SETTLE_NS;
		addr->told = false;
		snprintf(addr->link, sizeof(addr->link), "%s", link);
	}
	if (addr->loss <= FB_LOSS_CARRIER)
		addr->loss = loss;
}

/* The last one takes its place. */
static void drop(struct fb_lost_addrs *addrs, struct fb_lost_addr *addr)
{
	*addr = addrs->addr[--addrs->n];
}

static struct fb_lost_addr *find(struct fb_lost_addrs *addrs, const struct fb_netdev_addr *addr)
{
	for (unsigned int i = 0; i < addrs->n; i++) {
		struct fb_lost_addr *own = &addrs->addr[i];

		if (own->ifindex == addr->ifindex && own->family == addr->family &&
		    !memcmp(own->addr, addr->addr, sizeof(own->addr)))
			return own;
	}
	return NULL;
}

static int link_at(const struct fb_lost_addrs *addrs, uint32_t ifindex)
{
	for (unsigned int i = 0; i < addrs->n_links; i++)
		if (addrs->link[i].ifindex == ifindex)
			return (int)i;
	return -1;
}

static void came(struct fb_lost_addrs *addrs, const struct fb_netdev_addr *addr, int link,
		 uint64_t now_ns)
{
	struct fb_lost_addr *own = find(addrs, addr);

	if (!own && addrs->n == FB_LOST_ADDRS_MAX)
		return;
	if (!own)
		own = &addrs->addr[addrs->n++];
	*own = (struct fb_lost_addr){.ifindex = addr->ifindex, .family = addr->family};
	memcpy(own->addr, addr->addr, sizeof(own->addr));
	if (link >= 0 && !addrs->link[link].running)
		lose(own, FB_LOSS_CARRIER, addrs->link[link].name, now_ns);
}

void fb_lost_addrs_addr(struct fb_lost_addrs *addrs, const struct fb_netdev_addr *addr, bool gone,
			uint64_t now_ns)
{
	const int link = link_at(addrs, addr->ifindex);
	struct fb_lost_addr *own;

	if (!gone) {
		came(addrs, addr, link, now_ns);
		return;
	}
	own = find(addrs, addr);
	if (!own)
		return;
	if (own->loss == FB_LOSS_NONE && link < 0)
		drop(addrs, own); /* of an interface that is none of ours */
	else if (own->told)
		drop(addrs, own);
	else
		lose(own, FB_LOSS_ADDR, link < 0 ? "" : addrs->link[link].name, now_ns);
}

/* --- interfaces ------------------------------------------------------------------------------- */

static bool is_there(const struct fb_link_slot *slot)
{
	return slot->state == FB_LINK_ATTACHED || slot->state == FB_LINK_DETACHED;
}

static const struct fb_link_slot *slot_of(const struct fb_links *links, uint32_t ifindex)
{
	for (unsigned int i = 0; i < links->n; i++)
		if (links->slots[i].attach.ifindex == ifindex && is_there(&links->slots[i]))
			return &links->slots[i];
	return NULL;
}

static void lose_all(struct fb_lost_addrs *addrs, unsigned int link, enum fb_loss loss,
		     uint64_t now_ns)
{
	for (unsigned int i = addrs->n; i-- > 0;) {
		struct fb_lost_addr *addr = &addrs->addr[i];

		if (addr->ifindex != addrs->link[link].ifindex)
			continue;
		if (addr->told && loss == FB_LOSS_LINK)
			drop(addrs, addr);
		else
			lose(addr, loss, addrs->link[link].name, now_ns);
	}
}

static void carrier_is_back(struct fb_lost_addrs *addrs, uint32_t ifindex)
{
	for (unsigned int i = 0; i < addrs->n; i++)
		if (addrs->addr[i].ifindex == ifindex && addrs->addr[i].loss == FB_LOSS_CARRIER)
			addrs->addr[i].loss = FB_LOSS_NONE;
}

static void look(struct fb_lost_addrs *addrs, unsigned int link, const struct fb_link_slot *slot,
		 uint64_t now_ns)
{
	memcpy(addrs->link[link].name, slot->name, sizeof(slot->name));
	if (addrs->link[link].running && !slot->running)
		lose_all(addrs, link, FB_LOSS_CARRIER, now_ns);
	else if (!addrs->link[link].running && slot->running)
		carrier_is_back(addrs, slot->attach.ifindex);
	addrs->link[link].running = slot->running;
}

static void add_link(struct fb_lost_addrs *addrs, const struct fb_link_slot *slot)
{
	const unsigned int at = addrs->n_links++;

	addrs->link[at].ifindex = slot->attach.ifindex;
	addrs->link[at].running = slot->running;
	memcpy(addrs->link[at].name, slot->name, sizeof(slot->name));
}

void fb_lost_addrs_links(struct fb_lost_addrs *addrs, const struct fb_links *links, uint64_t now_ns)
{
	for (unsigned int i = addrs->n_links; i-- > 0;) {
		const struct fb_link_slot *slot = slot_of(links, addrs->link[i].ifindex);

		if (slot) {
			look(addrs, i, slot, now_ns);
			continue;
		}
		lose_all(addrs, i, FB_LOSS_LINK, now_ns);
		addrs->link[i] = addrs->link[--addrs->n_links];
	}
	for (unsigned int i = 0; i < links->n; i++) {
		const struct fb_link_slot *slot = &links->slots[i];

		if (is_there(slot) && link_at(addrs, slot->attach.ifindex) < 0)
			add_link(addrs, slot);
	}
}

/* --- what is lost ----------------------------------------------------------------------------- */

static bool is_elsewhere(const struct fb_lost_addrs *addrs, const struct fb_lost_addr *lost)
{
	for (unsigned int i = 0; i < addrs->n; i++) {
		const struct fb_lost_addr *other = &addrs->addr[i];

		if (other->loss == FB_LOSS_NONE && other->family == lost->family &&
		    !memcmp(other->addr, lost->addr, sizeof(lost->addr)))
			return true;
	}
	return false;
}

bool fb_lost_addrs_next(struct fb_lost_addrs *addrs, uint64_t now_ns, struct fb_lost_addr *ret_lost)
{
	for (unsigned int i = addrs->n; i-- > 0;) {
		struct fb_lost_addr *addr = &addrs->addr[i];

		if (addr->loss == FB_LOSS_NONE || addr->told || now_ns < addr->due_ns)
			continue;
		*ret_lost = *addr;
		addr->told = true;
		if (addr->loss != FB_LOSS_CARRIER)
			drop(addrs, addr);
		if (!is_elsewhere(addrs, ret_lost))
			return true;
	}
	return false;
}

void fb_lost_addr_say(const struct fb_lost_addr *lost, char *text, size_t size)
{
	static const char *const what[] = {
		[FB_LOSS_NONE] = "is there",
		[FB_LOSS_CARRIER] = "lost its carrier",
		[FB_LOSS_ADDR] = "lost the address",
		[FB_LOSS_LINK] = "is gone",
	};

	snprintf(text, size, "%s %s", lost->link, what[lost->loss]);
}
