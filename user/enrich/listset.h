/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a list names: addresses by ranges, domains and fingerprints by keyed hashes of 64 bits, so
 * that a million entries take 20 to 56 MB and no text is kept (what matched is a part of what was
 * looked up). Immutable and counted: any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/addr.h"
#include "util/prefixes.h"
#include "util/why.h"

#define FB_LIST_BYTES	(256u * 1024 * 1024) /* of one file, at most */
#define FB_LIST_ENTRIES (4u * 1024 * 1024)   /* likewise */

struct fb_listset;

struct fb_listset_facts {
	uint64_t addresses, domains, ja4;  /* entries */
	uint64_t bad_lines, refused;	   /* skipped: no entries; entries that hold our own */
	uint64_t first_bad, first_refused; /* line numbers; 0: none */
	char licence[96];		   /* as a comment of its head says; may be empty */
};

/* An entry may not hold one of these. */
struct fb_listset_own {
	const struct fb_cidr *prefix; /* borrowed during the call */
	unsigned int n;
};

/* All of it is read from `fd`, which stays the caller's. -errno with a sentence. */
int fb_listset_read(int fd, const struct fb_listset_own *own, struct fb_listset **ret_set,
		    struct fb_why *why);

struct fb_listset *fb_listset_ref(struct fb_listset *set);
/* NULL is fine. */
void fb_listset_unref(struct fb_listset *set);

void fb_listset_facts(const struct fb_listset *set, struct fb_listset_facts *ret_facts);

/* The narrowest prefix that holds `addr`, which is as in struct fb_key. */
bool fb_listset_find_addr(const struct fb_listset *set, const uint8_t addr[static 16],
			  uint8_t family, struct fb_cidr *ret_prefix);
/* The part of `name`, which is in lower case, that the list has; NULL: none. */
const char *fb_listset_find_name(const struct fb_listset *set, const char *name);
/* Its prefixes as they stand in it, in order. Lives as long as the set. */
const struct fb_prefixes *fb_listset_prefixes(const struct fb_listset *set);
/* Has it each address of this prefix? */
bool fb_listset_covers(const struct fb_listset *set, const struct fb_cidr *net);
bool fb_listset_has_ja4(const struct fb_listset *set, const char *ja4);
