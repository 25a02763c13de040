/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel half, loaded: programs, maps, the two clocks and the self counters.
 * Used by one thread (the engine). Nothing of it stays in the kernel after the process ends, but
 * what `pin` asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flowbpf/batch.h>
#include <flowbpf/key.h>
#include <flowbpf/knobs.h>
#include <flowbpf/row.h>
#include <flowbpf/stats.h>

#include "kernel/maps.h"
#include "util/why.h"

struct bpf_object;
struct fb_bpf;

struct fb_bpf_opts {
	struct fb_knobs knobs;	  /* numbers that are 0: the default; hint_sets is not asked */
	uint32_t ring_bytes;	  /* 0: the default; rounded up to a power of two */
	const char *pin;	  /* directory in a bpf file system, or NULL: nothing outlives us */
	const char *verifier_log; /* file for the verifier's log when it refuses, or NULL */
};

enum fb_prog {
	FB_PROG_INGRESS,
	FB_PROG_EGRESS,
	FB_PROG_CLOCK,
	FB_PROG_BATCH,
	FB_PROG_REPLAY,
	FB_PROG_POKE,
	FB_PROG_LIMIT,
	FB_PROG_COUNT
};

/* One moment on the kernel half's two clocks. */
struct fb_moment {
	uint64_t ticks; /* as fb_row.last_seen */
	uint64_t ns;	/* as fb_row.first_seen: CLOCK_BOOTTIME */
};

struct fb_prog_info {
	const char *name;
	uint32_t id;
	uint32_t verified_insns; /* instructions the verifier walked; 0 where the kernel hides it */
	uint64_t run_cnt;	 /* 0 unless kernel.bpf_stats_enabled */
	uint64_t run_time_ns;
};

/*
 * Load everything, or adopt the maps pinned in opts->pin. Pinned maps of another layout, or other
 * sizes or knobs, are refused with the reason and stay untouched (-EPROTO).
 */
int fb_bpf_new(const struct fb_bpf_opts *opts, struct fb_bpf **ret_bpf, struct fb_why *why);
void fb_bpf_free(struct fb_bpf *bpf);

/* True if maps of an earlier run were adopted: rows hold live flows already. */
bool fb_bpf_adopted(const struct fb_bpf *bpf);

/* The pin directory, or NULL. */
const char *fb_bpf_pin(const struct fb_bpf *bpf);

/* File descriptors; they belong to `bpf`. */
int fb_bpf_prog_fd(const struct fb_bpf *bpf, enum fb_prog prog);
/* Another object, not loaded yet, works by the maps and knobs of this one. 0 or -errno. */
int fb_bpf_lend(const struct fb_bpf *bpf, struct bpf_object *object);

int fb_bpf_map_fd(const struct fb_bpf *bpf, enum fb_map map);
uint32_t fb_bpf_map_size(const struct fb_bpf *bpf, enum fb_map map); /* entries, ring: bytes */

/* Does the kernel measure what programs take (kernel.bpf_stats_enabled)? */
bool fb_bpf_is_timed(void);
int fb_bpf_prog_info(const struct fb_bpf *bpf, enum fb_prog prog, struct fb_prog_info *ret_info);

/* Read both clocks at one moment: ns = moment.ns + (ticks - moment.ticks) * ns per tick. */
int fb_bpf_clock(struct fb_bpf *bpf, struct fb_moment *ret_moment);

/*
 * Do it to `n` slots, FB_BATCH_MAX at most, by one system call. FB_BATCH_TAKE writes what it took
 * to `slots`. How many it was done to, or -errno: then to none.
 */
int fb_bpf_batch(struct fb_bpf *bpf, enum fb_batch_what what, uint32_t *slots, uint32_t n);

/* Loaded for replay: FB_FRAMES frames to be filled in, and the first `n` run through the program.
 */
struct fb_frame_slot *fb_bpf_frames(const struct fb_bpf *bpf);
int fb_bpf_replay(struct fb_bpf *bpf, uint32_t ifindex, uint32_t n);

/*
 * A frame comes in by this interface, from and to whom its addresses tell: 0, -EHOSTUNREACH: nobody
 * is known there.
 */
int fb_bpf_poke(const struct fb_bpf *bpf, uint32_t ifindex, const void *frame, size_t len);

/* A link's number is another interface's from here on: its self counters begin anew. */
int fb_bpf_stats_clear(struct fb_bpf *bpf, uint16_t link);

/* Self counters of one link (0: packets of no link of ours) and hook, summed over all CPUs. */
int fb_bpf_stats(const struct fb_bpf *bpf, uint16_t link, enum fb_hook hook,
		 struct fb_stats *ret_stats);
