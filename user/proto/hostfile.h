/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that say what addresses are called: hosts files, and the lease files of dnsmasq, of ISC's
 * dhcpd and of Kea. Which one it is stands in its first lines. Names are bytes of strangers and
 * are told as text (proto/name.h). Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB_HOSTFILE_FOREVER INT64_MAX

struct fb_hostfile_entry {
	uint8_t addr[16]; /* as in fb_key */
	uint8_t family;
	const char *name; /* NULL: a lease that is over, or without a name */
	size_t len;
	int64_t ends; /* s since 1970, or FB_HOSTFILE_FOREVER */
};

typedef void (*fb_hostfile_fn)(void *ctx, const struct fb_hostfile_entry *entry);

/* By the first line that says something. */
bool fb_hostfile_is_leases(const char *text);

/*
 * Tell all entries in order: in lease files the last one of an address holds, in hosts files the
 * first. `text` has a NUL at `len`, and is changed.
 */
void fb_hostfile_parse(char *text, size_t len, fb_hostfile_fn fn, void *ctx);
