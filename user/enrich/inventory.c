/* SPDX-License-Identifier: BSD-2-Clause */
/* A device's number is its place in the table, plus one. */
#include "enrich/inventory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/devices.h"
#include "enrich/hostnames.h"
#include "enrich/vendors.h"
#include "flow/flow.h"
#include "util/addr.h"
#include "util/index.h"
#include "util/mac.h"

#define HOUR_MS (3600 * 1000)
#define DAY_MS	(24ll * HOUR_MS)
#define WEEK_MS (7 * DAY_MS)
#define REST_NS (60 * 1000000000ull)
#define RESTING 256 /* numbers, at most */

struct fb_inventory {
	pthread_mutex_t lock; /* of `device`, `fresh` and `clock`, against fb_inventory_copy */
	struct fb_inventory_device device[FB_DEVICES_MOST];
	struct fb_index index; /* of devices, by MAC */
	struct fb_inventory_clock clock;
	struct fb_vendors *vendors;
	uint64_t tick, interval_ns, version, texts;
	uint32_t n;			      /* numbers that were ever used */
	uint32_t n_fresh;		      /* devices that nobody was told of */
	uint32_t resting[RESTING], n_resting; /* places, the first to come back at [0] */
	struct fb_inventory_counters counters;
};

int fb_inventory_new(struct fb_inventory **ret_inventory)
{
	struct fb_inventory *inventory = calloc(1, sizeof(*inventory));

	if (!inventory)
		return -ENOMEM;
	pthread_mutex_init(&inventory->lock, NULL);
	if (fb_index_init(&inventory->index) < 0) {
		fb_inventory_free(inventory);
		return -ENOMEM;
	}
	*ret_inventory = inventory;
	return 0;
}

void fb_inventory_free(struct fb_inventory *inventory)
{
	if (!inventory)
		return;
	fb_vendors_free(inventory->vendors);
	fb_index_fini(&inventory->index);
	pthread_mutex_destroy(&inventory->lock);
	free(inventory);
}

void fb_inventory_use_vendors(struct fb_inventory *inventory, struct fb_vendors *vendors)
{
	inventory->vendors = vendors;
}

void fb_inventory_tick(struct fb_inventory *inventory, const struct fb_inventory_clock *clock)
{
	pthread_mutex_lock(&inventory->lock);
	inventory->clock = *clock;
	pthread_mutex_unlock(&inventory->lock);
}

void fb_inventory_counted(struct fb_inventory *inventory, uint64_t interval_ns)
{
	pthread_mutex_lock(&inventory->lock);
	inventory->interval_ns = interval_ns;
	inventory->tick++;
	pthread_mutex_unlock(&inventory->lock);
}

/* --- finding --------------------------------------------------------------------------------- */

static uint64_t hash_of(const uint8_t mac[static 6])
{
	return fb_hash(mac, 6, 0);
}

uint32_t fb_inventory_number(const struct fb_inventory *inventory, const uint8_t mac[static 6])
{
	struct fb_index_it it = fb_index_begin(hash_of(mac));
	uint32_t place;

	while (fb_index_next(&inventory->index, &it, &place))
		if (!memcmp(inventory->device[place].mac, mac, 6))
			return place + 1;
	return 0;
}

bool fb_inventory_has(const struct fb_inventory *inventory, uint32_t number)
{
	return number && number <= inventory->n && inventory->device[number - 1].used;
}

const struct fb_inventory_device *fb_inventory_next(const struct fb_inventory *inventory,
						    uint32_t *pos)
{
	while (*pos < inventory->n) {
		const struct fb_inventory_device *device = &inventory->device[(*pos)++];

		if (device->used)
			return device;
	}
	return NULL;
}

/* --- coming and going ------------------------------------------------------------------------ */

static bool is_labelled(const struct fb_inventory_device *device)
{
	return *device->label || device->icon;
}

static bool is_young(const struct fb_inventory *inventory, const struct fb_inventory_device *device)
{
	return device->first_ms + DAY_MS > inventory->clock.wall_ms;
}

/* To make up a MAC is cheap; to talk by it, less so. */
static bool is_silent(const struct fb_inventory_device *device)
{
	return !device->total[FB_UP] && !device->total[FB_DOWN];
}

/* `a` makes room before `b`. */
static bool goes_before(const struct fb_inventory *inventory, const struct fb_inventory_device *a,
			const struct fb_inventory_device *b)
{
	const bool young = is_young(inventory, a), silent = is_silent(a);

	if (young != is_young(inventory, b))
		return young;
	return silent != is_silent(b) ? silent : a->last_ms < b->last_ms;
}

/* Who makes room; FB_NONE: nobody has to. */
static uint32_t choose(const struct fb_inventory *inventory)
{
	uint32_t out = FB_NONE;

	for (uint32_t i = 0; i < inventory->n; i++) {
		const struct fb_inventory_device *device = &inventory->device[i];

		if (device->used && !is_labelled(device) &&
		    (is_young(inventory, device) ||
		     device->last_ms + WEEK_MS < inventory->clock.wall_ms) &&
		    (out == FB_NONE || goes_before(inventory, device, &inventory->device[out])))
			out = i;
	}
	return out;
}

static void drop(struct fb_inventory *inventory, uint32_t place)
{
	struct fb_inventory_device *device = &inventory->device[place];

	fb_index_remove(&inventory->index, hash_of(device->mac), place);
	inventory->n_fresh -= device->fresh;
	*device = (struct fb_inventory_device){.free_ns = inventory->clock.ns + REST_NS};
	/* where too many rest, the number is given to nobody any more */
	if (inventory->n_resting < RESTING)
		inventory->resting[inventory->n_resting++] = place;
	inventory->counters.devices_dropped++;
	inventory->version++;
	inventory->texts++;
}

/* Flows have had the time to lose the number that rested. */
static uint32_t take_place(struct fb_inventory *inventory)
{
	uint32_t place;

	if (inventory->n < FB_DEVICES_MOST)
		return inventory->n++;
	place = inventory->n_resting ? inventory->resting[0] : FB_NONE;
	if (place == FB_NONE || inventory->device[place].free_ns > inventory->clock.ns)
		return FB_NONE;
	memmove(inventory->resting, inventory->resting + 1,
		--inventory->n_resting * sizeof(*inventory->resting));
	return place;
}

/* A place for the MAC; NULL: there is none, or memory is short. */
static struct fb_inventory_device *begin(struct fb_inventory *inventory,
					 const uint8_t mac[static 6])
{
	const uint32_t place = take_place(inventory);
	struct fb_inventory_device *device = place == FB_NONE ? NULL : &inventory->device[place];

	if (!device || fb_index_add(&inventory->index, hash_of(mac), place) < 0)
		return NULL;
	*device = (struct fb_inventory_device){.used = true, .one = true};
	memcpy(device->mac, mac, 6);
	inventory->texts++;
	return device;
}

static const char *vendor_of(const struct fb_inventory *inventory, const uint8_t mac[static 6])
{
	return fb_vendors_find(inventory->vendors, mac);
}

static uint32_t take_up(struct fb_inventory *inventory, const uint8_t mac[static 6])
{
	struct fb_inventory_device *device = begin(inventory, mac);

	if (!device)
		return 0;
	device->vendor = vendor_of(inventory, mac);
	device->first_ms = device->last_ms = inventory->clock.wall_ms;
	device->fresh = true;
	inventory->n_fresh++;
	inventory->counters.devices_new++;
	return (uint32_t)(device - inventory->device) + 1;
}

uint32_t fb_inventory_add(struct fb_inventory *inventory, const uint8_t mac[static 6],
			  uint8_t dropped[static 6], bool *ret_dropped)
{
	uint32_t number, out;

	pthread_mutex_lock(&inventory->lock);
	number = take_up(inventory, mac);
	out = number || inventory->n_resting == RESTING ? FB_NONE : choose(inventory);
	inventory->counters.devices_no_room += !number;
	*ret_dropped = out != FB_NONE;
	if (*ret_dropped) {
		memcpy(dropped, inventory->device[out].mac, 6);
		drop(inventory, out);
	}
	pthread_mutex_unlock(&inventory->lock);
	return number;
}

int fb_inventory_restore(struct fb_inventory *inventory, const struct fb_inventory_device *kept)
{
	struct fb_inventory_device *device;
	int r = fb_inventory_number(inventory, kept->mac) ? -EEXIST : 0;

	pthread_mutex_lock(&inventory->lock);
	device = r == 0 ? begin(inventory, kept->mac) : NULL;
	if (device) {
		*device = *kept;
		device->used = device->one = true;
		device->fresh = false;
		device->vendor = vendor_of(inventory, kept->mac);
		inventory->version++;
	} else if (r == 0) {
		r = -ENOSPC;
	}
	pthread_mutex_unlock(&inventory->lock);
	return r;
}

/* Addresses of it that are theirs; true: there were some. */
static bool take_addresses(struct fb_inventory_device *device, const struct fb_person *who)
{
	const unsigned int before = device->n_addrs;

	for (unsigned int i = 0; i < device->n_addrs;) {
		if (!fb_person_has_addr(who, device->addr[i].addr, device->addr[i].family)) {
			i++;
			continue;
		}
		device->addr[i] = device->addr[--device->n_addrs];
		memset(&device->addr[device->n_addrs], 0, sizeof(device->addr[0]));
	}
	return device->n_addrs != before;
}

static bool is_to_go(struct fb_inventory *inventory, uint32_t place, const struct fb_person *who)
{
	struct fb_inventory_device *device = &inventory->device[place];
	const bool other = !fb_person_has_mac(who, device->mac);

	if (!device->used || (other && !take_addresses(device, who)))
		return false;
	inventory->version++;
	return !other || (!device->n_addrs && !is_labelled(device));
}

unsigned int fb_inventory_erase(struct fb_inventory *inventory, const struct fb_person *who,
				void (*gone)(void *ctx, const uint8_t mac[static 6]), void *ctx)
{
	unsigned int n = 0;

	pthread_mutex_lock(&inventory->lock);
	for (uint32_t i = 0; i < inventory->n; i++) {
		if (!is_to_go(inventory, i, who))
			continue;
		gone(ctx, inventory->device[i].mac);
		drop(inventory, i);
		inventory->counters.devices_dropped--; /* nobody lost it */
		n++;
	}
	pthread_mutex_unlock(&inventory->lock);
	return n;
}

bool fb_inventory_next_fresh(struct fb_inventory *inventory, struct fb_inventory_device *ret_device)
{
	for (uint32_t i = 0; inventory->n_fresh && i < inventory->n; i++) {
		if (!inventory->device[i].fresh)
			continue;
		inventory->device[i].fresh = false;
		inventory->n_fresh--;
		*ret_device = inventory->device[i];
		return true;
	}
	return false;
}

/* --- what is seen ---------------------------------------------------------------------------- */

static struct fb_inventory_addr *find_addr(struct fb_inventory_device *device, const uint8_t *addr,
					   uint8_t family)
{
	for (unsigned int i = 0; i < device->n_addrs; i++)
		if (device->addr[i].family == family && !memcmp(device->addr[i].addr, addr, 16))
			return &device->addr[i];
	return NULL;
}

/* Of many the one that was not seen for longest makes room. */
static struct fb_inventory_addr *add_addr(struct fb_inventory_device *device, const uint8_t *addr,
					  uint8_t family)
{
	struct fb_inventory_addr *at = device->addr;

	if (device->n_addrs < FB_INVENTORY_ADDRS)
		at = &device->addr[device->n_addrs++];
	else
		for (unsigned int i = 1; i < FB_INVENTORY_ADDRS; i++)
			if (device->addr[i].last_ms < at->last_ms)
				at = &device->addr[i];
	memcpy(at->addr, addr, 16);
	at->family = family;
	return at;
}

/* Who was heard just now was, however the clock was set since the time before. */
static void renew(int64_t *last_ms, int64_t heard_ms, bool now)
{
	if (now || heard_ms > *last_ms)
		*last_ms = heard_ms;
}

void fb_inventory_see(struct fb_inventory *inventory, uint32_t number,
		      const struct fb_devices_fact *fact)
{
	struct fb_inventory_device *device = &inventory->device[number - 1];
	struct fb_inventory_addr *at;
	int64_t heard_ms;

	pthread_mutex_lock(&inventory->lock);
	heard_ms = inventory->clock.wall_ms - fact->silent_ms;
	at = find_addr(device, fact->addr, fact->family);
	if (!at) {
		at = add_addr(device, fact->addr, fact->family);
		at->last_ms = heard_ms;
		inventory->version++;
	}
	renew(&at->last_ms, heard_ms, !fact->silent_ms);
	renew(&device->last_ms, heard_ms, !fact->silent_ms);
	pthread_mutex_unlock(&inventory->lock);
}

void fb_inventory_left(struct fb_inventory *inventory, uint32_t number,
		       const uint8_t addr[static 16], uint8_t family)
{
	struct fb_inventory_device *device = &inventory->device[number - 1];
	struct fb_inventory_addr *at = find_addr(device, addr, family);

	if (!at)
		return;
	pthread_mutex_lock(&inventory->lock);
	*at = device->addr[--device->n_addrs];
	inventory->version++;
	pthread_mutex_unlock(&inventory->lock);
}

/* What is of a day or an hour that is over is no more. */
static void turn(struct fb_inventory_device *device, const struct fb_inventory_clock *clock)
{
	const int64_t hour = clock->wall_ms / HOUR_MS;

	if (device->day != clock->day)
		memset(device->today, 0, sizeof(device->today));
	device->day = clock->day;
	if (hour < device->hour || hour - device->hour >= FB_INVENTORY_HOURS)
		memset(device->hours, 0, sizeof(device->hours));
	else
		while (device->hour < hour)
			device->hours[++device->hour % FB_INVENTORY_HOURS] = 0;
	device->hour = hour;
}

void fb_inventory_count(struct fb_inventory *inventory, uint32_t number, int dir, int64_t bytes)
{
	struct fb_inventory_device *device = &inventory->device[number - 1];
	const uint64_t n = bytes > 0 ? (uint64_t)bytes : 0;

	pthread_mutex_lock(&inventory->lock);
	turn(device, &inventory->clock);
	if (device->tick != inventory->tick + 1)
		memset(device->moved, 0, sizeof(device->moved));
	device->tick = inventory->tick + 1;
	device->today[dir] += n;
	device->total[dir] += n;
	device->moved[dir] += n;
	device->hours[device->hour % FB_INVENTORY_HOURS] += n;
	if (dir == FB_UP && n)
		device->last_ms = inventory->clock.wall_ms;
	pthread_mutex_unlock(&inventory->lock);
}

int fb_inventory_label(struct fb_inventory *inventory, const uint8_t mac[static 6],
		       const char *label, uint8_t icon)
{
	const uint32_t number = fb_inventory_number(inventory, mac);
	struct fb_inventory_device *device;

	if (!number)
		return -ENOENT;
	device = &inventory->device[number - 1];
	pthread_mutex_lock(&inventory->lock);
	memset(device->label, 0, sizeof(device->label));
	memcpy(device->label, label, strnlen(label, FB_INVENTORY_LABEL));
	device->icon = icon;
	inventory->texts++;
	pthread_mutex_unlock(&inventory->lock);
	return 0;
}

/* --- what they are called -------------------------------------------------------------------- */

/*
 * The best name of its addresses; none where two of IPv4 are called otherwise by sources as good:
 * those are more often two hosts.
 */
static void find_name(const struct fb_inventory_device *device, const struct fb_hostnames *hosts,
		      struct fb_hostname *best)
{
	struct fb_hostname name;
	bool differ = false;

	*best = (struct fb_hostname){.text = NULL};
	for (unsigned int i = 0; i < device->n_addrs; i++) {
		if (!fb_hostnames_find(hosts, device->addr[i].addr, device->addr[i].family, &name))
			continue;
		differ |= best->text && best->family == 4 && name.family == 4 &&
			  strcmp(best->text, name.text) != 0;
		if (!best->text || fb_name_rank(name.source) < fb_name_rank(best->source))
			*best = name;
	}
	if (differ)
		*best = (struct fb_hostname){.text = NULL};
}

static bool take_name(struct fb_inventory_device *device, const char *text, uint8_t source,
		      bool one)
{
	if (!strcmp(device->name, text) && device->name_source == source && device->one == one)
		return false;
	memset(device->name, 0, sizeof(device->name));
	memcpy(device->name, text, strnlen(text, FB_NAME_MAX));
	device->name_source = source;
	device->one = one;
	return true;
}

void fb_inventory_name(struct fb_inventory *inventory, const struct fb_devices *devices,
		       const struct fb_hostnames *hosts)
{
	pthread_mutex_lock(&inventory->lock);
	for (uint32_t i = 0; i < inventory->n; i++) {
		struct fb_inventory_device *device = &inventory->device[i];
		struct fb_hostname name = {.text = NULL};
		bool one;

		if (!device->used)
			continue;
		one = fb_devices_is_one(devices, device->mac);
		if (one)
			find_name(device, hosts, &name);
		inventory->texts += take_name(device, name.text ? name.text : "", name.source, one);
	}
	pthread_mutex_unlock(&inventory->lock);
}

/* NULL: nobody knows which of the hosts behind it is meant. */
static const char *called(const struct fb_inventory_device *device, const char *mac)
{
	return *device->label  ? device->label
	       : !device->one  ? NULL
	       : *device->name ? device->name
			       : mac;
}

struct fb_devicelist *fb_inventory_list(const struct fb_inventory *inventory)
{
	const size_t head =
		sizeof(struct fb_devicelist) + inventory->n * sizeof(struct fb_devicelist_entry);
	struct fb_devicelist *list;
	size_t texts = 0;
	char *at;

	for (uint32_t i = 0; i < inventory->n; i++)
		texts += FB_MAC_STRLEN + strlen(inventory->device[i].label) +
			 strlen(inventory->device[i].name);
	list = calloc(1, head + texts);
	if (!list)
		return NULL;
	list->n = inventory->n;
	at = (char *)list + head;
	for (uint32_t i = 0; i < list->n; i++) {
		const struct fb_inventory_device *device = &inventory->device[i];
		struct fb_devicelist_entry *entry = &list->entry[i];
		const char *name;
		size_t len;

		if (!device->used)
			continue;
		name = called(device, fb_mac_format(device->mac, entry->mac));
		entry->vendor = device->vendor;
		if (!name || name == entry->mac) {
			entry->name = name;
			continue;
		}
		len = strlen(name) + 1;
		entry->name = memcpy(at, name, len);
		at += len;
	}
	return list;
}

/* --- for others ------------------------------------------------------------------------------ */

uint64_t fb_inventory_version(const struct fb_inventory *inventory)
{
	return inventory->version;
}

uint64_t fb_inventory_texts(const struct fb_inventory *inventory)
{
	return inventory->texts;
}

void fb_inventory_counters(const struct fb_inventory *inventory,
			   struct fb_inventory_counters *ret_counters)
{
	*ret_counters = inventory->counters;
}

/* A clock that nobody has set yet counts hours from 0. */
uint64_t fb_inventory_hour(const struct fb_inventory_device *device, unsigned int ago)
{
	return device->hours[(device->hour + FB_INVENTORY_HOURS - ago) % FB_INVENTORY_HOURS];
}

int fb_inventory_copy(struct fb_inventory *inventory, struct fb_inventory_device **ret_list,
		      uint32_t *ret_n, struct fb_inventory_clock *ret_clock)
{
	struct fb_inventory_device *list;
	uint32_t n = 0;

	pthread_mutex_lock(&inventory->lock);
	list = malloc(((size_t)inventory->n + 1) * sizeof(*list));
	for (uint32_t i = 0; list && i < inventory->n; i++) {
		if (!inventory->device[i].used)
			continue;
		list[n] = inventory->device[i];
		if (list[n].tick < inventory->tick)
			memset(list[n].moved, 0, sizeof(list[n].moved));
		turn(&list[n++], &inventory->clock);
	}
	*ret_clock = inventory->clock;
	ret_clock->interval_ns = inventory->interval_ns;
	pthread_mutex_unlock(&inventory->lock);
	if (!list)
		return -ENOMEM;
	*ret_list = list;
	*ret_n = n;
	return 0;
}
