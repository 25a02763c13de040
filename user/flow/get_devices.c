/* SPDX-License-Identifier: BSD-2-Clause */
/* Which device of the networks here is behind an address. */
#include <stddef.h>

#include "flow/devicelist.h"
#include "flow/getters.h"

#define TEXT(id, end, member)                                                                      \
	GET(id)                                                                                    \
	{                                                                                          \
		const struct fb_devicelist_entry *entry =                                          \
			fb_devicelist_get(at->snapshot->devices, FLOW->end##_device);              \
                                                                                                   \
		fb_set_text(value, entry ? entry->member : NULL);                                  \
	}

TEXT(src_device, src, name)
TEXT(src_mac, src, mac)
TEXT(src_vendor, src, vendor)
TEXT(dst_device, dst, name)
TEXT(dst_mac, dst, mac)
TEXT(dst_vendor, dst, vendor)
