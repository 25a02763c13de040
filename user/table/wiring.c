/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices of this host and what stands on what. */
#include "table/wiring.h"

#include <errno.h>
#include <string.h>

#define DEPTH 8 /* devices on each other, at most: more than anybody builds */

/* A place in the stack: a device, and the tags that packets still have there. */
struct place {
	uint32_t ifindex;
	uint16_t vlan[2];
};

struct places {
	struct place at[DEPTH];
	unsigned int n;
};

static const struct fb_device *find_device(const struct fb_wiring *wiring, uint32_t ifindex)
{
	for (unsigned int i = 0; ifindex && i < wiring->n_devices; i++)
		if (wiring->device[i].ifindex == ifindex)
			return &wiring->device[i];
	return NULL;
}

int fb_wiring_device(struct fb_wiring *wiring, const struct fb_device *device, bool gone)
{
	struct fb_device *known = (struct fb_device *)find_device(wiring, device->ifindex);

	if (known && !gone && !memcmp(known, device, sizeof(*device)))
		return 0;
	wiring->version++;
	if (gone) {
		if (known)
			*known = wiring->device[--wiring->n_devices];
		return 0;
	}
	if (!known && wiring->n_devices == FB_DEVICES_MAX)
		return -ENOSPC;
	if (!known)
		known = &wiring->device[wiring->n_devices++];
	*known = *device;
	return 0;
}

int fb_wiring_net(struct fb_wiring *wiring, uint32_t ifindex, const uint8_t addr[static 16],
		  uint8_t family, uint8_t prefix, bool gone)
{
	struct fb_cidr cidr = {.family = family,
			       .bits = (uint8_t)(family == FB_IPV4 ? 96 + prefix : prefix)};
	unsigned int i = 0;

	if (cidr.bits > 128 || fb_addr_is_scoped(addr, family))
		return 0;
	for (unsigned int at = 0; at * 8 < cidr.bits; at++)
		cidr.addr[at] = addr[at];
	if (cidr.bits % 8)
		cidr.addr[cidr.bits / 8] &= (uint8_t)(0xff00 >> cidr.bits % 8);
	while (i < wiring->n_nets && (wiring->net[i].ifindex != ifindex ||
				      memcmp(&wiring->net[i].cidr, &cidr, sizeof(cidr)) != 0))
		i++;
	if (i < wiring->n_nets && gone) {
		wiring->net[i] = wiring->net[--wiring->n_nets];
		return 0;
	}
	if (i < wiring->n_nets || gone)
		return 0;
	if (i == FB_WIRING_NETS)
		return -ENOSPC;
	wiring->net[i].cidr = cidr;
	wiring->net[i].ifindex = ifindex;
	wiring->n_nets++;
	return 0;
}

void fb_wiring_link(struct fb_wiring *wiring, uint16_t link, uint32_t ifindex)
{
	if (link >= FB_LINK_MAX || wiring->ifindex[link] == ifindex)
		return;
	wiring->ifindex[link] = ifindex;
	wiring->version++;
}

static struct place place_of(const struct fb_wiring *wiring, const struct fb_where *lane)
{
	return (struct place){wiring->ifindex[lane->link % FB_LINK_MAX],
			      {lane->vlan[0], lane->vlan[1]}};
}

/* The VLAN device that takes these packets of the device below it. */
static const struct fb_device *vlan_device(const struct fb_wiring *wiring,
					   const struct place *place)
{
	for (unsigned int i = 0; place->vlan[0] && i < wiring->n_devices; i++)
		if (wiring->device[i].lower == place->ifindex &&
		    wiring->device[i].vlan == place->vlan[0])
			return &wiring->device[i];
	return NULL;
}

/* One step up: to the VLAN's device, or to the bundle or bridge that it is a member of. */
static bool step_up(const struct fb_wiring *wiring, struct place *place)
{
	const struct fb_device *next = vlan_device(wiring, place);
	const struct fb_device *own;

	if (next) {
		*place = (struct place){next->ifindex, {place->vlan[1], 0}};
		return true;
	}
	own = find_device(wiring, place->ifindex);
	next = own ? find_device(wiring, own->master) : NULL;
	if (!next || next->vrf)
		return false;
	place->ifindex = next->ifindex;
	return true;
}

/* One step down: to the device that carries this one's packets. */
static bool step_down(const struct fb_wiring *wiring, struct place *place)
{
	const struct fb_device *own = find_device(wiring, place->ifindex);

	if (!own || !own->lower)
		return false;
	if (own->vlan)
		*place = (struct place){own->lower, {own->vlan, place->vlan[0]}};
	else
		place->ifindex = own->lower;
	return true;
}

static void walk(const struct fb_wiring *wiring, const struct fb_where *lane,
		 bool (*step)(const struct fb_wiring *, struct place *), struct places *ret)
{
	struct place place = place_of(wiring, lane);

	ret->n = 0;
	if (!place.ifindex)
		return;
	do
		ret->at[ret->n++] = place;
	while (ret->n < DEPTH && step(wiring, &place));
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->ifindex == b->ifindex && a->vlan[0] == b->vlan[0] && a->vlan[1] == b->vlan[1];
}

static bool stands_on(const struct fb_wiring *wiring, const struct fb_where *upper,
		      const struct fb_where *lower)
{
	struct places down, up;

	walk(wiring, upper, step_down, &down);
	walk(wiring, lower, step_up, &up);
	for (unsigned int i = 0; i < down.n; i++)
		for (unsigned int k = 0; k < up.n; k++)
			if (same_place(&down.at[i], &up.at[k]))
				return true;
	return false;
}

bool fb_wiring_stacked(const struct fb_wiring *wiring, const struct fb_where *a,
		       const struct fb_where *b)
{
	return !fb_where_is(a, b) && (stands_on(wiring, a, b) || stands_on(wiring, b, a));
}

/* What a packet of this lane belongs to in the end: all members of a bundle have the same. */
static struct place top_of(const struct fb_wiring *wiring, const struct fb_where *lane)
{
	struct places up;

	walk(wiring, lane, step_up, &up);
	return up.n ? up.at[up.n - 1] : (struct place){0};
}

bool fb_wiring_same_net(const struct fb_wiring *wiring, const struct fb_where *a,
			const struct fb_where *b)
{
	const struct place one = top_of(wiring, a), other = top_of(wiring, b);

	return (one.ifindex && same_place(&one, &other)) || fb_wiring_stacked(wiring, a, b);
}

static uint32_t vrf_of(const struct fb_wiring *wiring, const struct fb_where *lane)
{
	const struct fb_device *top = find_device(wiring, top_of(wiring, lane).ifindex);

	return top ? top->master : 0;
}

bool fb_wiring_apart(const struct fb_wiring *wiring, const struct fb_where *a,
		     const struct fb_where *b)
{
	return vrf_of(wiring, a) != vrf_of(wiring, b);
}

bool fb_wiring_routed(const struct fb_wiring *wiring, const struct fb_where *lane)
{
	const struct place top = top_of(wiring, lane);

	for (unsigned int i = 0; top.ifindex && !top.vlan[0] && i < wiring->n_nets; i++)
		if (wiring->net[i].ifindex == top.ifindex)
			return true;
	return false;
}

bool fb_wiring_on_link(const struct fb_wiring *wiring, const struct fb_where *lane,
		       const uint8_t addr[static 16], uint8_t family)
{
	const struct place top = top_of(wiring, lane);

	for (unsigned int i = 0; top.ifindex && !top.vlan[0] && i < wiring->n_nets; i++)
		if (wiring->net[i].ifindex == top.ifindex &&
		    fb_cidr_contains(&wiring->net[i].cidr, addr, family))
			return true;
	return false;
}

bool fb_wiring_elsewhere(const struct fb_wiring *wiring, const struct fb_where *lane,
			 const uint8_t addr[static 16], uint8_t family)
{
	const uint32_t vrf = vrf_of(wiring, lane);
	bool elsewhere = false;

	for (unsigned int i = 0; i < wiring->n_nets; i++) {
		const struct fb_device *device = find_device(wiring, wiring->net[i].ifindex);

		elsewhere = elsewhere || (device && device->master == vrf &&
					  fb_cidr_contains(&wiring->net[i].cidr, addr, family));
	}
	return elsewhere && fb_wiring_routed(wiring, lane) &&
	       !fb_wiring_on_link(wiring, lane, addr, family);
}
