/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices outlive a restart: the file `devices` in the state folder, one line a device, one an
 * address of it. Times in ms since 1970, bytes, hours since 1970, the last hour first. Used by the
 * engine's thread.
 *
 *	flowbpf devices 1
 *	since 1795881600000
 *	device 02:00:00:00:00:01 FIRST LAST SENT GOT DAY SENT GOT HOUR BYTES,BYTES,... ICON LABEL
 *	address 192.168.1.50 LAST
 *	end 3
 */
#pragma once

#include "enrich/inventory.h"
#include "store/statefile.h"

struct fb_devicestate {
	struct fb_statefile file;
	int folder;	  /* borrowed; -1: nothing is kept */
	int64_t since_ms; /* the first run of all began */
	uint64_t next_ns;
	bool wanted; /* it is to be written when the disk takes it */
};

/* Nothing is read yet; `folder` is that of fb_hoststate, and stays open for as long. */
void fb_devicestate_init(struct fb_devicestate *state, int folder, int64_t wall_ms);

/* How many devices it took from the file; else as fb_hoststate_load. */
int fb_devicestate_load(struct fb_devicestate *state, struct fb_inventory *inventory,
			struct fb_why *why);

/* Save a minute after the last time or `at_once`, as soon as the disk takes it. */
void fb_devicestate_tick(struct fb_devicestate *state, const struct fb_inventory *inventory,
			 uint64_t now_ns, bool at_once);

/* Save a last time, and wait for it. 0 or -errno. */
int fb_devicestate_close(struct fb_devicestate *state, const struct fb_inventory *inventory);
