/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of the networks here, each by its MAC: what it is called, since when it is known, its
 * addresses, what it sent and got. A device is there once it has an inside address of its own.
 *
 * Bounded. Where no room is left, one that is known for less than a day makes room, of those first
 * one that never talked, the one that was not seen for longest; then one that was not seen for a
 * week; never one that an operator labelled.
 * Its number rests a minute, so a flood of made-up MACs takes few places, and those from each
 * other. Written by one thread (the engine); fb_inventory_copy may be called by any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/name.h>

#include "flow/devicelist.h"
#include "flow/person.h"

struct fb_devices;
struct fb_devices_fact;
struct fb_hostnames;
struct fb_inventory;
struct fb_vendors;

#define FB_INVENTORY_ADDRS 16 /* of a device, the newest */
#define FB_INVENTORY_HOURS 24
#define FB_INVENTORY_LABEL 64 /* bytes of a label, at most */

/* X(id): what operators may draw a device as. */
#define FB_DEVICE_ICONS(X)                                                                         \
	X(computer)                                                                                \
	X(laptop)                                                                                  \
	X(phone)                                                                                   \
	X(tablet)                                                                                  \
	X(tv)                                                                                      \
	X(speaker)                                                                                 \
	X(console)                                                                                 \
	X(printer)                                                                                 \
	X(camera)                                                                                  \
	X(sensor)                                                                                  \
	X(server)                                                                                  \
	X(router)

/* X(name, loss, help) */
#define FB_INVENTORY_COUNTERS(X)                                                                   \
	X(devices_new, false, "devices seen for the first time")                                   \
	X(devices_dropped, true, "devices forgotten to make room: known for short, or long gone")  \
	X(devices_no_room, true, "times that a device was not taken up: no room")

struct fb_inventory_counters {
#define X(name, loss, help) uint64_t name;
	FB_INVENTORY_COUNTERS(X)
#undef X
};

/* Times in ms since 1970; bytes by enum fb_dir, [FB_UP] is what the device sent. */
struct fb_inventory_device {
	uint8_t mac[6];
	bool used;
	bool one;   /* else so many addresses are its that it stands for several hosts */
	bool fresh; /* nobody was told of it yet */
	uint8_t icon, name_source; /* 1 + number among the icons; enum fb_name_source; 0: none */
	uint8_t n_addrs;
	char label[FB_INVENTORY_LABEL + 1];
	char name[FB_NAME_MAX + 1]; /* the best of its addresses; empty: none, or they disagree */
	const char *vendor;	    /* as long as the inventory; NULL: not known */
	int64_t first_ms, last_ms;
	int32_t day;			       /* by the local calendar, yyyymmdd: that of ... */
	uint64_t today[2], total[2], moved[2]; /* moved: in ... */
	uint64_t tick;			       /* ... the last tick that it moved in */
	int64_t hour;			       /* since 1970: the last one that `hours` knows */
	uint64_t hours[FB_INVENTORY_HOURS];    /* bytes, both ways: of hour h at h % 24 */
	uint64_t free_ns;		       /* not used: its number rests until then */
	struct fb_inventory_addr {
		uint8_t addr[16], family;
		int64_t last_ms;
	} addr[FB_INVENTORY_ADDRS]; /* in no order */
};

/* 0 or -ENOMEM. */
int fb_inventory_new(struct fb_inventory **ret_inventory);
void fb_inventory_free(struct fb_inventory *inventory);
/* Who MACs are given to, before the first device is there; they are the inventory's from then. */
void fb_inventory_use_vendors(struct fb_inventory *inventory, struct fb_vendors *vendors);

struct fb_inventory_clock {
	uint64_t ns;	      /* CLOCK_BOOTTIME */
	int64_t wall_ms;      /* since 1970 */
	int32_t day;	      /* by the local calendar, yyyymmdd */
	uint64_t interval_ns; /* of the tick that was counted last; 0: none was */
};

/* Once a tick. */
void fb_inventory_tick(struct fb_inventory *inventory, const struct fb_inventory_clock *clock);

/*
 * Take a device up. Its number; 0: there is no room. True in *ret_dropped: for that another one was
 * forgotten, whose MAC stands in `dropped`.
 */
uint32_t fb_inventory_add(struct fb_inventory *inventory, const uint8_t mac[static 6],
			  uint8_t dropped[static 6], bool *ret_dropped);
/* Its number; 0: it is not there. */
uint32_t fb_inventory_number(const struct fb_inventory *inventory, const uint8_t mac[static 6]);
bool fb_inventory_has(const struct fb_inventory *inventory, uint32_t number);

/* It was heard of with this address, then or some time before. */
void fb_inventory_see(struct fb_inventory *inventory, uint32_t number,
		      const struct fb_devices_fact *fact);
/* The address is another's from now on. */
void fb_inventory_left(struct fb_inventory *inventory, uint32_t number,
		       const uint8_t addr[static 16], uint8_t family);
/* It sent (FB_UP) or got so many bytes in this tick; all of that are counted. */
void fb_inventory_count(struct fb_inventory *inventory, uint32_t number, int dir, int64_t bytes);
void fb_inventory_counted(struct fb_inventory *inventory, uint64_t interval_ns);

/* A label: characters that can be seen, no blank first or last, FB_INVENTORY_LABEL bytes; or empty.
 */
bool fb_inventory_is_label(const char *label);
/* What operators call it: `icon` as in the device; an empty label and no icon take it back.
 * -ENOENT. */
int fb_inventory_label(struct fb_inventory *inventory, const uint8_t mac[static 6],
		       const char *label, uint8_t icon);

/*
 * Forget the device of this MAC, and these addresses of others: one that has none left goes, too,
 * but for those that an operator labelled. Of each that went its MAC is told; how many did.
 */
unsigned int fb_inventory_erase(struct fb_inventory *inventory, const struct fb_person *who,
				void (*gone)(void *ctx, const uint8_t mac[static 6]), void *ctx);

/* What an earlier run kept; -ENOSPC, -EEXIST. */
int fb_inventory_restore(struct fb_inventory *inventory, const struct fb_inventory_device *device);

/* One after the other, *pos from 0 on; NULL: no more. The writer's thread. */
const struct fb_inventory_device *fb_inventory_next(const struct fb_inventory *inventory,
						    uint32_t *pos);
/* One that nobody was told of, who then is; false: there is none. */
bool fb_inventory_next_fresh(struct fb_inventory *inventory,
			     struct fb_inventory_device *ret_device);

/* Learn what all of them are called: the best name of their addresses. */
void fb_inventory_name(struct fb_inventory *inventory, const struct fb_devices *devices,
		       const struct fb_hostnames *hosts);
/* All of them as flows show them, to be freed; NULL: memory is short. */
struct fb_devicelist *fb_inventory_list(const struct fb_inventory *inventory);

/* Another number whenever an address is new to a device, or left one. */
uint64_t fb_inventory_version(const struct fb_inventory *inventory);
/* Another number whenever fb_inventory_list would be another one. */
uint64_t fb_inventory_texts(const struct fb_inventory *inventory);
void fb_inventory_counters(const struct fb_inventory *inventory,
			   struct fb_inventory_counters *ret_counters);

/* --- any thread ------------------------------------------------------------------------------ */

/* Bytes of the hour that was so many, 0 to 23, before the last one that it knows. */
uint64_t fb_inventory_hour(const struct fb_inventory_device *device, unsigned int ago);

/* Copies of all, as they are now, to be freed, and that moment. 0 or -ENOMEM. */
int fb_inventory_copy(struct fb_inventory *inventory, struct fb_inventory_device **ret_list,
		      uint32_t *ret_n, struct fb_inventory_clock *ret_clock);

/* NULL for 0, and for a number out of range; 0 for no such name. */
const char *fb_device_icon_name(unsigned int icon);
uint8_t fb_device_icon(const char *name);
