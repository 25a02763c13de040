/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pin directory: names of maps and links in a bpf file system, and the check that what is
 * pinned there is of this layout. Nothing pinned is ever removed but by fb_pin_remove.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <flowbpf/row.h>

#include "util/why.h"

struct bpf_map;

/*
 * Make the directory, or look what is in it: returns 1 if a whole set of this layout is pinned, 0
 * if nothing is, -EPROTO for anything else, with the reason.
 */
int fb_pin_open(const char *dir, struct fb_why *why);

/* Let the map use the pinned one; -EPROTO if type, sizes or flags differ. */
int fb_pin_adopt_map(const char *dir, struct bpf_map *map, struct fb_why *why);

/* Pin a map; then, last, the mark that the set is whole. */
int fb_pin_map(const char *dir, const struct bpf_map *map, struct fb_why *why);
int fb_pin_finish(const char *dir, struct fb_why *why);

/* Links of an interface that are pinned. */
enum fb_pin_link {
	FB_PIN_INGRESS = FB_HOOK_INGRESS,
	FB_PIN_EGRESS = FB_HOOK_EGRESS,
	FB_PIN_XDP,
	FB_PIN_LINKS
};

/* The path of one of them; 0 or -ENAMETOOLONG. */
int fb_pin_link_path(const char *dir, uint32_t ifindex, enum fb_pin_link link, char to[PATH_MAX]);

/* Remove everything pinned in `dir`, which detaches pinned links; -ENOENT: nothing of ours there.
 */
int fb_pin_remove(const char *dir, struct fb_why *why);
