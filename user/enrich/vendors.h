/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who the IEEE gave blocks of MACs to, as its lists say: oui.csv and its like (MA-L, MA-M, MA-S),
 * or oui.txt. Made by one thread; once it is, any may ask.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FB_VENDORS_MOST	  262144 /* blocks, at most */
#define FB_VENDORS_RANDOM "randomised"

struct fb_vendors;

/* 0 or -ENOMEM. */
int fb_vendors_new(struct fb_vendors **ret_vendors);
/* NULL is fine. */
void fb_vendors_free(struct fb_vendors *vendors);

/*
 * Take the blocks of a list; lines that name none are passed over. How many, -EPROTO: it is no such
 * list, -ENOMEM, -ENOSPC.
 */
int fb_vendors_read(struct fb_vendors *vendors, char *text, size_t len);
/* After the last list: only then may be asked. */
void fb_vendors_finish(struct fb_vendors *vendors);

uint32_t fb_vendors_blocks(const struct fb_vendors *vendors);

/*
 * Who it was given to; FB_VENDORS_RANDOM: to nobody, it was made up. NULL: not known. As long as
 * the vendors, which may be NULL.
 */
const char *fb_vendors_find(const struct fb_vendors *vendors, const uint8_t mac[static 6]);
