/* SPDX-License-Identifier: BSD-2-Clause */
/* MAC addresses as text. Pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FB_MAC_STRLEN 18

/* "02:00:00:00:00:01"; returns `text`. */
const char *fb_mac_format(const uint8_t mac[static 6], char text[static FB_MAC_STRLEN]);

/* Six pairs of hexadecimal digits, ":" or "-" between them, in any case. 0 or -EINVAL. */
int fb_mac_parse(const char *text, uint8_t ret_mac[static 6]);

/* Given by nobody: the device, or who set it up, made it up. */
static inline bool fb_mac_is_local(const uint8_t mac[static 6])
{
	return mac[0] & 2;
}
