/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses, each held by a MAC: the table of shares lists those of one. */
#include "enrich/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/addr.h"
#include "util/index.h"
#include "util/shares.h"

#define HOUR_NS (3600 * 1000000000ULL)
#define DAY_NS	(24 * HOUR_NS)

struct tie {
	uint8_t addr[16];
	uint8_t mac[6];
	uint8_t family;
	bool sure, leased;
	bool apart; /* of several devices on several links: nobody's */
	uint32_t link;
	uint64_t time;
	uint64_t since; /* another device had it before that; 0: none that is known */
};

struct fb_devices {
	struct tie tie[FB_DEVICES_ADDRS];
	struct fb_shares shares;
	struct fb_index index; /* by address */
	uint64_t version;
	struct fb_devices_counters counters;
};

int fb_devices_new(struct fb_devices **ret_devices)
{
	struct fb_devices *devices = calloc(1, sizeof(*devices));

	if (!devices)
		return -ENOMEM;
	if (fb_shares_init(&devices->shares, FB_DEVICES_ADDRS) < 0 ||
	    fb_index_init(&devices->index) < 0) {
		fb_devices_free(devices);
		return -ENOMEM;
	}
	*ret_devices = devices;
	return 0;
}

void fb_devices_free(struct fb_devices *devices)
{
	if (!devices)
		return;
	fb_shares_fini(&devices->shares);
	fb_index_fini(&devices->index);
	free(devices);
}

static uint64_t hash_of(const uint8_t addr[static 16], uint8_t family)
{
	return fb_hash(addr, 16, family);
}

static uint32_t find(const struct fb_devices *devices, const uint8_t addr[static 16],
		     uint8_t family)
{
	struct fb_index_it it = fb_index_begin(hash_of(addr, family));
	uint32_t number;

	while (fb_index_next(&devices->index, &it, &number))
		if (devices->tie[number].family == family &&
		    !memcmp(devices->tie[number].addr, addr, 16))
			return number;
	return FB_NONE;
}

bool fb_devices_is_device(const uint8_t mac[static 6])
{
	static const uint8_t none[6];

	return !(mac[0] & 1) && memcmp(mac, none, 6) != 0;
}

static void untie(struct fb_devices *devices, uint32_t number)
{
	const struct tie *tie = &devices->tie[number];

	fb_index_remove(&devices->index, hash_of(tie->addr, tie->family), number);
	fb_shares_give(&devices->shares, number);
	devices->version++;
}

static void add(struct fb_devices *devices, const struct tie *tie)
{
	uint8_t key[FB_SHARES_KEY] = {0};
	bool evicted;
	uint32_t number;

	memcpy(key, tie->mac, 6);
	number = fb_shares_take(&devices->shares, key, &evicted);
	if (number == FB_NONE)
		return;
	if (evicted) {
		const struct tie *old = &devices->tie[number];

		fb_index_remove(&devices->index, hash_of(old->addr, old->family), number);
		devices->counters.devices_replaced++;
	}
	if (fb_index_add(&devices->index, hash_of(tie->addr, tie->family), number) < 0) {
		fb_shares_give(&devices->shares, number);
		return;
	}
	devices->tie[number] = *tie;
	devices->counters.devices_addrs++;
	devices->version += fb_shares_held(&devices->shares, number) > 1;
}

/* Who asks a server for an address takes it from who did before. */
static bool may_take(const struct tie *old, const struct tie *tie)
{
	return tie->sure || (tie->leased && !old->sure);
}

/* Another device than before says that it has the address. */
static bool contest(struct fb_devices *devices, uint32_t number, struct tie *tie)
{
	struct tie *old = &devices->tie[number];
	bool was_sure;

	if (!may_take(old, tie))
		return false;
	if (old->sure && old->link && tie->link && old->link != tie->link &&
	    old->time + HOUR_NS > tie->time) {
		devices->version += !old->apart;
		old->apart = true;
		return false;
	}
	was_sure = old->sure;
	tie->since = old->sure || old->leased ? tie->time : 0;
	untie(devices, number);
	devices->counters.devices_moved += was_sure;
	add(devices, tie);
	return was_sure;
}

bool fb_devices_tie(struct fb_devices *devices, const struct fb_devices_fact *fact)
{
	struct tie tie = {.family = fact->family,
			  .sure = fact->sure,
			  .leased = fact->leased,
			  .link = fact->link,
			  .time = fact->time};
	uint32_t number;

	if (!fb_devices_is_device(fact->mac) || !fb_addr_is_host(fact->addr, fact->family))
		return false;
	memcpy(tie.mac, fact->mac, 6);
	memcpy(tie.addr, fact->addr, 16);
	number = find(devices, fact->addr, fact->family);
	if (number == FB_NONE) {
		add(devices, &tie);
		return false;
	}
	if (memcmp(devices->tie[number].mac, fact->mac, 6) != 0)
		return contest(devices, number, &tie);
	devices->tie[number].time = fact->time;
	devices->tie[number].sure |= fact->sure;
	devices->tie[number].leased |= fact->leased;
	if (fact->link)
		devices->tie[number].link = fact->link;
	fb_shares_renew(&devices->shares, number);
	return false;
}

/* Who holds so many of a family is no device; `newest` is the newest that it has. */
static bool is_one(const struct fb_devices *devices, uint32_t newest)
{
	const uint64_t now = devices->tie[newest].time;
	unsigned int n[2] = {0};

	for (uint32_t i = newest; i != FB_NONE; i = fb_shares_older(&devices->shares, i)) {
		const struct tie *tie = &devices->tie[i];

		if (tie->time + DAY_NS > now && ++n[tie->family == 4] > FB_DEVICE_FAMILY)
			return false;
	}
	return true;
}

bool fb_devices_next(const struct fb_devices *devices, const uint8_t addr[static 16],
		     uint8_t family, uint32_t *at, const uint8_t **ret_addr, uint8_t *ret_family)
{
	const uint32_t number = *at ? FB_NONE : find(devices, addr, family);
	uint32_t next = *at ? fb_shares_older(&devices->shares, *at - 1) : FB_NONE;

	if (number != FB_NONE && fb_shares_held(&devices->shares, number) > 1 &&
	    !devices->tie[number].apart &&
	    is_one(devices, fb_shares_newest(&devices->shares, number)))
		next = fb_shares_newest(&devices->shares, number);
	for (; next != FB_NONE; next = fb_shares_older(&devices->shares, next)) {
		const struct tie *tie = &devices->tie[next];

		/* IPv6 gives a host many addresses; several of IPv4 are more often several hosts */
		if (tie->apart ||
		    (tie->family == family && (family == 4 || !memcmp(tie->addr, addr, 16))))
			continue;
		*at = next + 1;
		*ret_addr = tie->addr;
		*ret_family = tie->family;
		return true;
	}
	return false;
}

bool fb_devices_holder(const struct fb_devices *devices, const uint8_t addr[static 16],
		       uint8_t family, struct fb_devices_holder *ret_holder)
{
	const uint32_t number = find(devices, addr, family);
	const struct tie *tie = number == FB_NONE ? NULL : &devices->tie[number];

	if (!tie || tie->apart || !(tie->sure || tie->leased))
		return false;
	*ret_holder = (struct fb_devices_holder){.mac = tie->mac, .since = tie->since};
	return true;
}

static uint32_t newest_of(const struct fb_devices *devices, const uint8_t mac[static 6])
{
	uint8_t key[FB_SHARES_KEY] = {0};

	memcpy(key, mac, 6);
	return fb_shares_newest_of(&devices->shares, key);
}

bool fb_devices_is_one(const struct fb_devices *devices, const uint8_t mac[static 6])
{
	const uint32_t newest = newest_of(devices, mac);

	return newest == FB_NONE || is_one(devices, newest);
}

void fb_devices_forget(struct fb_devices *devices, const uint8_t mac[static 6])
{
	uint32_t number;

	while ((number = newest_of(devices, mac)) != FB_NONE)
		untie(devices, number);
}

uint64_t fb_devices_version(const struct fb_devices *devices)
{
	return devices->version;
}

void fb_devices_counters(const struct fb_devices *devices, struct fb_devices_counters *ret_counters)
{
	*ret_counters = devices->counters;
}
