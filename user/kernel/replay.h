/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from a capture through the same programs, by BPF_PROG_TEST_RUN: no interface is touched.
 * `bpf` was loaded with knobs.replay set. Used by one thread. FB_FRAMES frames are run by one
 * system call, then their samples are handed to the ring's callback, so none is lost.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/bpf.h"
#include "kernel/linktype.h"
#include "kernel/ring.h"

struct fb_frame {
	const uint8_t *data;
	uint32_t caplen;   /* bytes of `data` */
	uint32_t len;	   /* bytes on the wire */
	uint32_t linktype; /* enum fb_linktype */
	uint64_t ts_ns;	   /* since the epoch */
};

struct fb_replay_stats {
	uint64_t frames;      /* given */
	uint64_t fed;	      /* run through the program */
	uint64_t clipped;     /* of these: longer than the kernel takes, cut behind the headers */
	uint64_t unsupported; /* link type or link header that cannot be fed */
	uint64_t short_frame; /* shorter than a link header */
	uint64_t refused;     /* the kernel did not run the program on it */
};

struct fb_replay;

/* `ring` may be NULL. Registers loopback of this network namespace as link 1. */
int fb_replay_new(struct fb_bpf *bpf, struct fb_ring *ring, struct fb_replay **ret_replay,
		  struct fb_why *why);
void fb_replay_free(struct fb_replay *replay);

/* Feed one frame, now or with those that follow. 0 also for frames that are only counted; -errno
 * when feeding makes no sense. */
int fb_replay_feed(struct fb_replay *replay, const struct fb_frame *frame);

/* Run what waits: before its rows are looked at, and at the end. 0 or -errno. */
int fb_replay_flush(struct fb_replay *replay);

void fb_replay_stats(const struct fb_replay *replay, struct fb_replay_stats *ret_stats);
