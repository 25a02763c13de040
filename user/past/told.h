/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was told of each flow so far, for who tells long ones in parts that add up: a record of 56
 * bytes for each of the snapshot's, found by the flow's id at no cost. One thread.
 */
#pragma once

#include "flow/snapshot.h"

/* What moved since the last time, by enum fb_dir. */
struct fb_told_part {
	uint64_t packets[2], bytes[2];
	uint64_t since_ns; /* CLOCK_BOOTTIME: the last time, else the first packet */
	bool first;	   /* nothing of it was told before */
};

struct fb_told;

/* 0 or -ENOMEM. */
int fb_told_new(struct fb_told **ret_told);
/* NULL is fine. */
void fb_told_free(struct fb_told *told);

/* Room for the records of this snapshot; before what follows. 0 or -ENOMEM. */
int fb_told_begin(struct fb_told *told, const struct fb_snapshot *snapshot);

/*
 * What of the flow was not told yet; false: all was. Where an interface began to speak for it that
 * had counted less, nothing is taken back: what comes later counts up to it.
 */
bool fb_told_part(struct fb_told *told, const struct fb_flow_at *at, struct fb_told_part *ret_part);
/* All that it counted is told, now. */
void fb_told_mark(struct fb_told *told, const struct fb_flow_at *at);

/* True for the first time of this bit (0 .. 7) and flow. */
bool fb_told_once(struct fb_told *told, const struct fb_flow_at *at, unsigned int bit);

/* Bytes that were told and are counted no more, of all flows. */
uint64_t fb_told_excess(const struct fb_told *told);
