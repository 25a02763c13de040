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
#include "util/why.h"
#include "util/addr.h"

struct fb_act;
struct fb_devicebook;
struct fb_ends;
struct fb_engine;
struct fb_forget;
struct fb_geobook;
struct fb_ifbook;
struct fb_listbook;
struct fb_listenbook;
struct fb_journal;
struct fb_peers;
struct fb_series;
struct fb_snapshot;
struct fb_windows;

struct fb_engine_opts {
	const char *const *interfaces; /* at least one */
	unsigned int n_interfaces;
	const struct fb_cidr *internal; /* besides the private ranges; may be NULL */
	unsigned int n_internal;
	uint32_t max_flows;	  /* rows of the kernel's table */
	uint32_t closed_flows;	  /* closed flows kept, at most */
	uint32_t closed_seconds;  /* ... and for how long */
	const char *verifier_log; /* where its log goes if the kernel refuses a program, or NULL */
	const char *pin_dir; /* bpffs folder to pin to and adopt from; NULL: nothing outlives us */
	bool quality;	     /* measure TCP connections */
	bool conntrack;	     /* merge with the conntrack table */
	bool owner;	     /* know the processes of local sockets */
	bool forget_on_loss; /* ... and delete what uses an address that an interface lost */
	const char *const *hosts_files; /* besides the usual ones; borrowed for good */
	unsigned int n_hosts_files;
	const char *const *geo; /* databases of places; none: the usual ones; "none": no places */
	unsigned int n_geo;
	const char *const *lists, *const *exceptions; /* NAME=FILE or NAME=URL */
	unsigned int n_lists, n_exceptions;
	const char *state_dir; /* where names outlive a restart; NULL: they do not */
	bool state_needed;     /* without it nothing starts; else it is said, and nothing kept */
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

/* --- from any thread ------------------------------------------------------------------------- */

/* The newest snapshot, to be given back by fb_snapshot_put; never NULL after fb_engine_new. */
struct fb_snapshot *fb_engine_snapshot(struct fb_engine *engine);

/* A copy of the newest status, and how old it is. */
void fb_engine_status(struct fb_engine *engine, struct fb_status *ret_status);

struct fb_journal *fb_engine_journal(struct fb_engine *engine);

/* What is kept of the past; never NULL after fb_engine_new. */
struct fb_series *fb_engine_series(struct fb_engine *engine);
struct fb_windows *fb_engine_windows(struct fb_engine *engine);
struct fb_peers *fb_engine_peers(struct fb_engine *engine);
struct fb_ends *fb_engine_ends(struct fb_engine *engine);

/* What says where addresses are; never NULL. */
struct fb_geobook *fb_engine_geo(struct fb_engine *engine);
struct fb_listbook *fb_engine_lists(struct fb_engine *engine);

/* The devices of the networks here; never NULL. */
struct fb_devicebook *fb_engine_devices(struct fb_engine *engine);

/* All interfaces of this machine; never NULL. */
struct fb_ifbook *fb_engine_interfaces(struct fb_engine *engine);

/* Sockets that wait for others here; never NULL. */
struct fb_listenbook *fb_engine_listeners(struct fb_engine *engine);

/*
 * Perform and record an act: 0 or more, -ENOENT (no such flow), -ESRCH (it has no conntrack entry
 * any more), -EOPNOTSUPP (no conntrack here), -EINPROGRESS (begun), -EBUSY (too much is asked for
 * at once), -ETIMEDOUT. Waits for the engine's thread.
 */
int fb_engine_act(struct fb_engine *engine, const struct fb_act *act);

/* Deletions in line and the last ones that ended (engine/forget.h), to be put by the caller. */
unsigned int fb_engine_forgets(struct fb_engine *engine, struct fb_forget **ret_list);

/* --- in the engine's thread ------------------------------------------------------------------- */

/*
 * FB_ACT_RELOAD, performed and recorded at once. What may change while it runs: `internal`,
 * `n_internal` and `closed_seconds` of the options.
 */
int fb_engine_reload(struct fb_engine *engine, const struct fb_act *act);

/* --- before fb_engine_run -------------------------------------------------------------------- */

/* Call `fn` in the engine's thread after each tick's snapshot is there; it must not block. */
void fb_engine_on_tick(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx);

/* Call `fn` in the engine's thread for each SIGHUP. */
void fb_engine_on_hangup(struct fb_engine *engine, void (*fn)(void *ctx), void *ctx);
