/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which addresses are one device's: those that its link knows by one MAC. A name that is known of
 * one of them is then a name of all. A MAC with more than 16 addresses of a family in a day is a
 * router, or somebody who plays many: its addresses are strangers to each other, and two of IPv4
 * always are (a relay, a bridge of virtual hosts, a proxy of ARP). Bounded, each MAC with a share.
 * Used by one thread (the engine).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fb_devices;

#define FB_DEVICES_ADDRS 16384
#define FB_DEVICE_FAMILY 16 /* addresses of one family that one device has, at most */

/* X(name, loss, help) */
#define FB_DEVICES_COUNTERS(X)                                                                     \
	X(devices_addrs, false, "addresses that were tied to the device that has them")            \
	X(devices_moved, false, "addresses that another device has now")                           \
	X(devices_replaced, true, "addresses whose device was forgotten: it has more than most")

struct fb_devices_counters {
#define X(name, loss, help) uint64_t name;
	FB_DEVICES_COUNTERS(X)
#undef X
};

int fb_devices_new(struct fb_devices **ret_devices);
void fb_devices_free(struct fb_devices *devices);

struct fb_devices_fact {
	uint64_t time;
	const uint8_t *mac;  /* 6 bytes */
	const uint8_t *addr; /* 16 bytes as in fb_key */
	uint8_t family;
	uint32_t link;	    /* ifindex, in a capture VLAN; 0: not known */
	uint32_t silent_ms; /* that it was last heard of before `time` */
	bool sure;	    /* ARP or ND say so; else it sent from there, or ... */
	bool leased;	    /* ... got it by DHCP */
};

/* The MAC is one interface's: not empty, not a group's. */
bool fb_devices_is_device(const uint8_t mac[static 6]);

/*
 * The device has the address. True: until now it was another's; both are sure of it. What
 * is no host's address or no device's MAC is left aside; an address that two devices on two links
 * have in one hour is neither's.
 */
bool fb_devices_tie(struct fb_devices *devices, const struct fb_devices_fact *fact);

/*
 * The other addresses of the device that has this one, the newest first: *at is 0 to begin. False:
 * no more, or none are known.
 */
bool fb_devices_next(const struct fb_devices *devices, const uint8_t addr[static 16],
		     uint8_t family, uint32_t *at, const uint8_t **ret_addr, uint8_t *ret_family);

struct fb_devices_holder {
	const uint8_t *mac; /* until the next call that changes something */
	uint64_t since;	    /* ns: another device had the address before that; 0: none known */
};

/* Who has exactly this address, by ARP, ND or DHCP; false: not known, or several have it. */
bool fb_devices_holder(const struct fb_devices *devices, const uint8_t addr[static 16],
		       uint8_t family, struct fb_devices_holder *ret_holder);

/* False: so many addresses are its that it stands for several hosts. */
bool fb_devices_is_one(const struct fb_devices *devices, const uint8_t mac[static 6]);

/* It has none of its addresses any more. */
void fb_devices_forget(struct fb_devices *devices, const uint8_t mac[static 6]);

/* Another number whenever a device got or lost one of several addresses. */
uint64_t fb_devices_version(const struct fb_devices *devices);
void fb_devices_counters(const struct fb_devices *devices,
			 struct fb_devices_counters *ret_counters);
