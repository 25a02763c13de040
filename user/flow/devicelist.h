/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices that flows lead to, by number, as a snapshot shows them: whole and immutable, another
 * list whenever one of them is called otherwise. One allocation, texts of vendors aside.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/mac.h"

#define FB_DEVICES_MOST	 4096	/* kept at most */
#define FB_DEVICE_NUMBER 0x3fff /* the bits that a flow has for one's number */

_Static_assert(FB_DEVICES_MOST <= FB_DEVICE_NUMBER, "their numbers fit");

struct fb_devicelist_entry {
	char mac[FB_MAC_STRLEN]; /* "02:00:00:00:00:01"; empty: no device has the number */
	const char *name;	 /* label, name or MAC; NULL: several hosts are behind the MAC */
	const char *vendor;	 /* NULL: not known */
};

struct fb_devicelist {
	uint32_t n;			    /* numbers 1 .. n */
	struct fb_devicelist_entry entry[]; /* of number i at i - 1; the names behind them */
};

/* NULL: no device has the number, which may be 0; nor has any where `list` is NULL. */
static inline const struct fb_devicelist_entry *fb_devicelist_get(const struct fb_devicelist *list,
								  uint32_t number)
{
	const struct fb_devicelist_entry *entry =
		list && number && number <= list->n ? &list->entry[number - 1] : NULL;

	return entry && *entry->mac ? entry : NULL;
}
