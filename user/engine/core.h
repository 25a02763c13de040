/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a live interface and a replayed capture share: the kernel half, its rows and samples, and
 * the flow table that they fill. Used by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "enrich/pipeline.h"
#include "engine/drain.h"
#include "engine/ownerbook.h"
#include "engine/samples.h"
#include "engine/reclaim.h"
#include "kernel/bpf.h"
#include "kernel/ring.h"
#include "kernel/rowmap.h"
#include "table/table.h"

struct fb_judgebook;

struct fb_core_opts {
	struct fb_bpf_opts bpf;
	const struct fb_cidr *internal; /* borrowed; may be NULL */
	unsigned int n_internal;
	uint32_t closed_flows, closed_seconds; /* as in fb_table_opts */
	bool keep_all;			       /* replay: nothing ages */
	bool dns;			       /* messages of DNS go into snapshots */
	bool judged;			       /* fb_core.judgebook is set before the first tick */
};

struct fb_core {
	struct fb_bpf *bpf;
	struct fb_rowmap rows;
	struct fb_ring *ring;	/* of replay, which reads it after each frame; ... */
	struct fb_drain *drain; /* ... else a thread does */
	struct fb_reclaim reclaim;
	struct fb_pipeline pipeline;
	struct fb_samples samples;
	struct fb_table *table;
	struct fb_ownerbook owners;	/* off in replay */
	struct fb_judgebook *judgebook; /* borrowed; NULL: nothing is judged */
	uint32_t *evictions;		/* [EVICTIONS_MAX] */
	uint8_t *named;			/* [rows.max] the row has an entry of fb_names; ... */
	uint32_t n_names;		/* ... and how many do */
	uint64_t device_texts;		/* version by which the table calls devices */
	uint64_t sampling_ns;		/* CPU spent on samples since the last tick */
	bool replay;
	uint64_t tick_ns;	 /* length of the kernel half's tick */
	struct fb_moment moment; /* both clocks at the begin of this tick */
};

/* Load and wire everything; nothing is attached yet. `why` holds one sentence on failure. */
int fb_core_init(struct fb_core *core, const struct fb_core_opts *opts, struct fb_why *why);
void fb_core_fini(struct fb_core *core);

/* Other blocks that are inside, for all flows, and another time for which closed ones are kept. */
int fb_core_change(struct fb_core *core, const struct fb_cidr *internal, unsigned int n,
		   uint32_t closed_seconds);

/* Empty the ring by a thread from here on; in replay not to be called. 0 or -errno. */
int fb_core_start(struct fb_core *core);

/* Hand out samples that wait, for at most 50 ms; in replay all of them. */
void fb_core_sample(struct fb_core *core);

/* One tick: read rows that moved, age, make a snapshot (NULL when memory is short). */
struct fb_snapshot *fb_core_tick(struct fb_core *core, int64_t wall_ms);

/*
 * Between two ticks: some milliseconds of what they left for it, rows that go back and flows that
 * are described or dropped. Whether there is more; what is left then the next tick does.
 */
bool fb_core_work(struct fb_core *core);

/*
 * Now, on the clock of the kernel half: CLOCK_BOOTTIME, and not ours where there are time
 * namespaces.
 */
uint64_t fb_core_now(struct fb_core *core);

/*
 * Have the next tick read every row, moved or not: in a capture whose frames are out of order, a
 * packet may come without a row's time moving on.
 */
void fb_core_read_all(struct fb_core *core);
