/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's heart: the one thread that writes the flow table. It wires kernel facts to the
 * table, makes a snapshot each tick and performs what the API asks for.
 *
 * Order of life: fb_engine_new (loads and attaches, needs root) -> the caller binds its sockets ->
 * fb_engine_drop_privileges -> the caller starts its threads -> fb_engine_run -> fb_engine_free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"
#include "policy/anonymise.h"
#include "store/erased.h"
#include "store/historylimits.h"
#include "util/why.h"
#include "util/addr.h"

struct fb_act;
struct fb_alertbook;
struct fb_auditor;
struct fb_automationbook;
struct fb_devicebook;
struct fb_ends;
struct fb_engine;
struct fb_exporters_opts;
struct fb_field;
struct fb_frame;
struct fb_flow_at;
struct fb_forget;
struct fb_geobook;
struct fb_ifbook;
struct fb_incidentbook;
struct fb_listbook;
struct fb_listenbook;
struct fb_nevers;
struct fb_journal;
struct fb_judgebook;
struct fb_judgement;
struct fb_peers;
struct fb_replay_stats;
struct fb_rulebook;
struct fb_series;
struct fb_snapshot;
struct fb_tally;
struct fb_windows;

/* Shown in place of interfaces. */
struct fb_engine_capture {
	const char *name;  /* the frames' interface is called so */
	uint64_t start_ns; /* of its first frame; since the epoch */
	bool decap;	   /* count the innermost flow of tunnels */
};

struct fb_engine_opts {
	struct fb_anonymise anonymise[FB_ANONYMISE_COUNT];
	const char *const *interfaces; /* at least one */
	unsigned int n_interfaces;
	const struct fb_engine_capture *capture; /* instead; copied; NULL: none */
	const struct fb_cidr *internal;		 /* besides the private ranges; may be NULL */
	unsigned int n_internal;
	const struct fb_cidr *trusted; /* no act touches them; copied; may be NULL */
	unsigned int n_trusted;
	uint32_t max_flows;	  /* rows of the kernel's table */
	uint32_t closed_flows;	  /* closed flows kept, at most */
	uint32_t closed_seconds;  /* ... and for how long */
	uint32_t window_s;	  /* how long a window is, 1 .. FB_WINDOW_MOST_S */
	const char *verifier_log; /* where its log goes if the kernel refuses a program, or NULL */
	const char *pin_dir; /* bpffs folder to pin to and adopt from; NULL: nothing outlives us */
	bool xdp;	     /* drop what rules shut out by XDP, where that can be had */
	uint32_t flood_rate; /* unfinished handshakes a second to an address; 0: as many as come */
	bool quality;	     /* measure TCP connections */
	bool judge;	     /* judge flows */
	bool conntrack;	     /* merge with the conntrack table */
	bool owner;	     /* know the processes of local sockets */
	bool forget_on_loss; /* ... and delete what uses an address that an interface lost */
	const char *const *hosts_files; /* besides the usual ones; borrowed for good */
	unsigned int n_hosts_files;
	const char *const *geo; /* databases of places; none: the usual ones; "none": no places */
	unsigned int n_geo;
	const char *const *lists, *const *exceptions; /* NAME=FILE or NAME=URL */
	unsigned int n_lists, n_exceptions;
	const struct fb_field *const *tops; /* whose bytes are counted for /metrics; at most 4 */
	unsigned int n_tops;
	const struct fb_exporters_opts *exporters;  /* NULL: none */
	const char *const *alerts, *const *senders; /* engine/alertbook.h */
	unsigned int n_alerts, n_senders;
	const char *state_dir;		  /* where names outlive a restart; NULL: they do not */
	struct fb_history_limits history; /* of what is kept there; no bytes: nothing is */
	bool state_needed; /* without it nothing starts; else it is said, and nothing kept */
};

/*
 * Load, attach and read the first state. On failure nothing stays attached, `why` holds one
 * sentence for the user and -errno is returned. The options are copied.
 */
int fb_engine_new(const struct fb_engine_opts *opts, struct fb_engine **ret_engine,
		  struct fb_why *why);

/* Detach and free; NULL is fine. After every reader has put its snapshot. */
void fb_engine_free(struct fb_engine *engine);

/* Become an unprivileged user with CAP_NET_ADMIN only; before any other thread exists. */
int fb_engine_drop_privileges(struct fb_engine *engine, struct fb_why *why);

/* Run in the calling thread until SIGINT or SIGTERM; 0 or -errno. */
int fb_engine_run(struct fb_engine *engine);

/*
 * Of a capture, before fb_engine_run: each frame as it comes, whose time is now for the whole
 * process; then its end, and time stands still. 0, -EINTR: SIGINT or SIGTERM came; or -errno:
 * frames cannot be fed.
 */
int fb_engine_feed(struct fb_engine *engine, const struct fb_frame *frame);
int fb_engine_feed_end(struct fb_engine *engine);
/* What became of the frames. */
void fb_engine_fed(const struct fb_engine *engine, struct fb_replay_stats *ret_fed);

/* --- from any thread ------------------------------------------------------------------------- */

/* The newest snapshot, to be given back by fb_snapshot_put; never NULL after fb_engine_new. */
struct fb_snapshot *fb_engine_snapshot(struct fb_engine *engine);

/* A copy of the newest status, and how old it is. */
void fb_engine_status(struct fb_engine *engine, struct fb_status *ret_status);

/* What lesser roles are to be told; the key that prefixes are made others by. After
 * fb_engine_drop_privileges. */
struct fb_anonymise fb_engine_anonymise_askers(const struct fb_engine *engine);
void fb_engine_anonymise_key(const struct fb_engine *engine,
			     uint8_t ret_key[static FB_CRYPTOPAN_KEY]);

struct fb_journal *fb_engine_journal(struct fb_engine *engine);

/* What is kept of the past; never NULL after fb_engine_new. */
struct fb_series *fb_engine_series(struct fb_engine *engine);
struct fb_windows *fb_engine_windows(struct fb_engine *engine);
struct fb_peers *fb_engine_peers(struct fb_engine *engine);
/* The folder that history stands in; NULL: none is kept. */
const char *fb_engine_history_dir(const struct fb_engine *engine);
struct fb_ends *fb_engine_ends(struct fb_engine *engine);
struct fb_tally *fb_engine_tally(struct fb_engine *engine);

/* What says where addresses are; never NULL. */
struct fb_geobook *fb_engine_geo(struct fb_engine *engine);
struct fb_listbook *fb_engine_lists(struct fb_engine *engine);

/* The devices of the networks here; never NULL. */
struct fb_devicebook *fb_engine_devices(struct fb_engine *engine);

/* All interfaces of this machine; never NULL. */
struct fb_judgebook *fb_engine_judge(struct fb_engine *engine);
/* As fb_judgebook_explain. */
bool fb_engine_explain(struct fb_engine *engine, const struct fb_flow_at *at,
		       struct fb_judgement *ret_judgement);
struct fb_ifbook *fb_engine_interfaces(struct fb_engine *engine);

/* What acts may never touch; never NULL. */
struct fb_nevers *fb_engine_nevers(struct fb_engine *engine);

/* The rules in force; never NULL. */
struct fb_rulebook *fb_engine_rules(struct fb_engine *engine);

/* What the judge's flows come to; never NULL. */
struct fb_incidentbook *fb_engine_incidents(struct fb_engine *engine);

/* What may be done with nobody who asks, and what was; never NULL. */
struct fb_automationbook *fb_engine_automation(struct fb_engine *engine);

/* Rules of alerts and what they found; never NULL. */
struct fb_alertbook *fb_engine_alerts(struct fb_engine *engine);

/* Sockets that wait for others here; never NULL. */
struct fb_listenbook *fb_engine_listeners(struct fb_engine *engine);

/*
 * Perform and record an act: 0 or more, -ENOENT (no such flow), -ESRCH (it has no conntrack entry
 * any more), -EOPNOTSUPP (no conntrack here), -EINPROGRESS (begun), -EBUSY (too much is asked for
 * at once), -ETIMEDOUT. Waits for the engine's thread.
 */
int fb_engine_act(struct fb_engine *engine, const struct fb_act *act);

/* Put on record what is not performed: a dry run, or what was refused before it got there. */
void fb_engine_record(struct fb_engine *engine, const struct fb_act *act, const char *target,
		      int result);

/* Who has the record of acts; never NULL. */
struct fb_auditor *fb_engine_auditor(struct fb_engine *engine);

/* X(name): what is counted of one's traces in memory, and in the files that are written of it. */
#define FB_ERASED_HERE(X)                                                                          \
	X(names)                                                                                   \
	X(devices)                                                                                 \
	X(ended)                                                                                   \
	X(judged)                                                                                  \
	X(incidents)                                                                               \
	X(alerts)                                                                                  \
	X(peers)                                                                                   \
	X(listed)                                                                                  \
	X(lines)

/* The last one whose traces were erased, or counted. */
struct fb_engine_erased {
	uint32_t id; /* 1, 2, ... since the start; 0: there was none */
	bool dry_run, goes_on, has_history;
	uint32_t plain_names;	  /* that may mean something else: no line goes by them */
	struct fb_erased history; /* so far */
	struct fb_erased_here {
#define X(name) uint64_t name;
		FB_ERASED_HERE(X)
#undef X
	} here; /* zeroes of a dry run */
};

void fb_engine_erased(struct fb_engine *engine, struct fb_engine_erased *ret_erased);

/* Deletions in line and the last ones that ended (engine/forget.h), to be put by the caller. */
unsigned int fb_engine_forgets(struct fb_engine *engine, struct fb_forget **ret_list);

/* --- in the engine's thread ------------------------------------------------------------------- */

/*
 * FB_ACT_RELOAD, performed and recorded at once. What may change while it runs: `internal`,
 * `trusted`, `closed_seconds`, `alerts` and `senders` of the options. -EINVAL: what is wrong with a
 * rule or sender was logged, and nothing changed.
 */
int fb_engine_reload(struct fb_engine *engine, const struct fb_act *act);

/* --- before fb_engine_run -------------------------------------------------------------------- */

/* Call `fn` in the engine's thread after each tick's snapshot is there; it must not block. */
void fb_engine_on_tick(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx);

/* Call `fn` in the engine's thread for each SIGHUP. */
void fb_engine_on_hangup(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx);
