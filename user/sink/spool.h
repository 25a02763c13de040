/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages that wait for a receiver, in memory and first come first served. It has a size; what
 * finds no room is the caller's to count. Each message stands in one piece. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_spool {
	char *data;
	size_t size, head, tail, used; /* bytes, with the messages' heads */
};

/* 0 or -ENOMEM; memory is used as messages come. */
int fb_spool_init(struct fb_spool *spool, size_t size);
/* A zeroed one is fine. */
void fb_spool_fini(struct fb_spool *spool);

/* `records`: how many of them the message has. False: there is no room. */
bool fb_spool_add(struct fb_spool *spool, const void *data, size_t len, uint32_t records);

/* The first message; NULL: there is none. */
const char *fb_spool_first(struct fb_spool *spool, size_t *ret_len, uint32_t *ret_records);
void fb_spool_drop_first(struct fb_spool *spool);
