/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When flows ended that are no longer kept: a link to one says so. FB_ENDS of them; the oldest of
 * the client that has most makes room. One thread feeds, any may ask.
 */
#pragma once

#include "flow/consumer.h"

#define FB_ENDS 65536

struct fb_ends;

/* 0 or -ENOMEM. */
int fb_ends_new(struct fb_ends **ret_ends);
/* NULL is fine. */
void fb_ends_free(struct fb_ends *ends);

/* Feeds them, its context. */
extern const struct fb_consumer_ops fb_ends_consumer;

/* When the flow ended, ms since 1970, and why (enum fb_closed). False: not known, or long ago. */
bool fb_ends_find(struct fb_ends *ends, uint64_t id, int64_t *ret_ms, unsigned int *ret_closed);

/* Ends that made room, since the start. */
uint64_t fb_ends_forgotten(struct fb_ends *ends);
