/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon knows of itself: made once a tick by the engine thread, copied out for readers.
 * Every loss has a counter here; /api/v1/health, `flowbpf status` and the page show the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flowbpf/link.h>
#include <flowbpf/stats.h>

#include "store/historystate.h"

#include "kernel/xdp.h"
#include "policy/judge.h"
#include "sink/export.h"

#define FB_STATUS_LINKS	   (FB_LINK_MAX - 1) /* interfaces attached at once, at most */
#define FB_STATUS_COUNTERS 192		     /* named counters, at most */
#define FB_STATUS_EXPORTS  8
#define FB_STATUS_REASON   160	/* bytes of a sentence for a user */
#define FB_STATUS_STALE_MS 3000 /* a tick a second: older than that is a fault to be told */

enum fb_link_state {
	FB_LINK_ATTACHED, /* counting */
	FB_LINK_GONE,	  /* the interface was deleted; attached again when it comes back */
	FB_LINK_WAITING,  /* it was never there yet; attached when it comes */
	FB_LINK_DETACHED, /* somebody took our program off; attached again at the next check */
};

struct fb_link_status {
	char name[16]; /* as now; follows a rename */
	uint32_t ifindex;
	uint16_t link;
	bool loopback;
	bool running;	/* up, with a carrier */
	uint32_t mtu;	/* bytes */
	uint32_t speed; /* Mbit/s, 0 unknown */
	enum fb_link_state state;
	char hook[8];		       /* "tcx" or "clsact" */
	bool xdp;		       /* XDP drops here, too */
	char no_xdp[FB_XDP_WHY];       /* why not; empty: it does, or nobody asked */
	char reason[FB_STATUS_REASON]; /* why it is not attached; empty if it is */
	struct fb_stats stats[2];      /* by enum fb_hook, summed over CPUs */
	uint64_t pps[2];	       /* over the last tick, by hook */
	uint64_t bytes_per_s[2];
	uint64_t row_packets[2]; /* by hook: what the rows count, live and ended */
	uint64_t row_bytes[2];
	uint64_t queue_dropped; /* packets of its own queue (qdisc), behind where we count */
};

struct fb_counter {
	const char *name; /* static; snake_case, as in /api/v1/health */
	const char *help; /* static; one line */
	uint64_t value;
	bool loss; /* counts what ought to have been kept and was not */
};

#define FB_TICK_BUCKETS 12

extern const uint32_t fb_tick_bounds[FB_TICK_BUCKETS]; /* us, ascending */

/* What all ticks took; `bucket`: those that took more than the bound before, and not this one. */
struct fb_tick_times {
	uint64_t n, sum_us, bucket[FB_TICK_BUCKETS];
};

struct fb_conntrack_status {
	bool available;
	char reason[FB_STATUS_REASON]; /* why not; empty if available */
	uint64_t entries, max;	       /* the kernel's table */
	uint64_t overruns, resyncs;
	bool resyncing;
};

struct fb_program_status {
	const char *name;		 /* static */
	uint32_t id;			 /* as bpftool shows it */
	uint64_t run_count, run_time_ns; /* 0 unless kernel.bpf_stats_enabled */
};

/* One exporter. */
struct fb_export_status {
	const char *kind, *target; /* as the operator gave it */
#define X(name, loss, help) uint64_t name;
	FB_EXPORT_COUNTERS(X)
#undef X
	uint64_t queue_bytes;
	char error[256]; /* why it waits; empty: it does not */
};

struct fb_history_status {
	bool on;		       /* there is a history, whether it can be written or not */
	char reason[FB_STATUS_REASON]; /* why there is none; empty: it was not wanted, or is on */
	unsigned int waiting, room;    /* ticks before its writer */
	struct fb_historian_state now; /* if it is on */
};

struct fb_judge_status {
	bool on;
	uint32_t took_us; /* between the last two ticks */
	struct fb_judge_table_state table[FB_JUDGE_TABLE_COUNT];
	struct fb_agreement_counts hour; /* the last one */
	bool abstains;			 /* the second judge */
};

struct fb_status {
	uint64_t epoch; /* of the snapshot made by the same tick */
	uint64_t boot_id;
	int64_t started_ms; /* wall clock, ms since 1970 */
	uint64_t uptime_ms;
	int pid;
	unsigned int uid;
	char kernel[65];

	unsigned int n_links;
	struct fb_link_status links[FB_STATUS_LINKS];
	char waits_for[FB_STATUS_REASON]; /* names and patterns of interfaces; empty: none */

	unsigned int n_counters;
	struct fb_counter
		counters[FB_STATUS_COUNTERS]; /* the kernel half's first, by enum fb_stat */

	char sensor[33], sensor_name[65]; /* of a fleet; empty: of none */

	unsigned int n_exports;
	struct fb_export_status exports[FB_STATUS_EXPORTS];

	unsigned int n_programs;
	struct fb_program_status programs[2]; /* by enum fb_hook, where there are two */
	bool programs_timed;		      /* the kernel measures what they take */

	uint64_t rows_used, rows_max;
	uint64_t names_used, names_max;
	uint64_t ring_bytes;
	struct fb_conntrack_status conntrack;
	struct fb_history_status history;
	struct fb_judge_status judge;
	bool owner, quality;		   /* are looked for */
	char owner_lack[FB_STATUS_REASON]; /* what could not be had of owners; empty: nothing */

	uint32_t tick_us, tick_p50_us, tick_p99_us; /* time of the engine's tick, last 256 */
	struct fb_tick_times ticks;		    /* since the start */
	uint64_t memory;			    /* resident, bytes; of a tick before */
	uint64_t made_ns;			    /* when the tick made this, CLOCK_MONOTONIC */
	uint64_t age_ms;			    /* of it, when it was asked for */
	char degraded[6][FB_STATUS_REASON];	    /* sentences; n_degraded of them */
	unsigned int n_degraded;
	bool panic; /* no verdict is in force */
};

/* Add a reason why not all is well. */
__attribute__((format(printf, 2, 3))) void fb_status_degrade(struct fb_status *status,
							     const char *fmt, ...);

/* How old it is, and whether that is too old: told to who asks, since a stuck tick cannot. */
void fb_status_age(struct fb_status *status, uint64_t now_ns);

/* Of anything, since the start; 0: nothing was lost. */
uint64_t fb_status_losses(const struct fb_status *status);
