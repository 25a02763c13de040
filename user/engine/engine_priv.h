/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine from inside: engine.c (life), loop_sources.c (what wakes it), perform.c (acts),
 * readers.c. */
#pragma once

#include <pthread.h>

#include "engine/acts.h"
#include "engine/alertbook.h"
#include "engine/auditor.h"
#include "engine/automationbook.h"
#include "engine/capturefeed.h"
#include "engine/consumers.h"
#include "engine/core.h"
#include "engine/ctfeed.h"
#include "engine/devicebook.h"
#include "engine/engine.h"
#include "engine/exporters.h"
#include "engine/forget.h"
#include "engine/geobook.h"
#include "engine/health.h"
#include "engine/historybook.h"
#include "engine/hostbook.h"
#include "engine/ifbook.h"
#include "engine/judgebook.h"
#include "engine/incidentbook.h"
#include "engine/listenbook.h"
#include "engine/journal.h"
#include "engine/kills.h"
#include "engine/links.h"
#include "engine/listbook.h"
#include "engine/lost_addrs.h"
#include "engine/rulebook.h"
#include "engine/self.h"
#include "engine/watch.h"
#include "past/ends.h"
#include "past/peers.h"
#include "past/series.h"
#include "past/tally.h"
#include "past/windows.h"
#include "util/loop.h"

struct fb_engine {
	struct fb_loop *loop;
	struct fb_journal *journal;
	struct fb_core core;
	struct fb_judgebook judgebook;
	struct fb_xdp xdp;
	struct fb_links links;
	struct fb_ctfeed ct;
	struct fb_hostbook hostbook;
	struct fb_historybook historybook;
	char state_dir[200];
	struct fb_anonymise anonymise[FB_ANONYMISE_COUNT];
	uint8_t anonymise_key[FB_CRYPTOPAN_KEY];
	struct fb_history_limits history; /* no bytes: none is wanted */
	struct fb_devicebook devicebook;
	struct fb_ifbook ifbook;
	struct fb_listenbook listenbook;
	struct fb_geobook geobook;
	struct fb_listbook listbook;
	struct fb_watch watch; /* of both */
	struct fb_auditor *auditor;
	struct fb_acts *acts;
	struct fb_forgets forgets;
	struct fb_nevers nevers;
	struct fb_kills kills;
	struct fb_rulebook rulebook;
	struct fb_lost_addrs *lost; /* NULL: what uses lost addresses stays */
	struct fb_health health;
	struct fb_self self;
	struct fb_series *series;
	struct fb_windows *windows;
	struct fb_peers *peers;
	struct fb_ends *ends;
	struct fb_tally *tally;
	struct fb_consumers consumers;
	struct fb_exporters exporters;
	struct fb_alertbook *alertbook;
	struct fb_incidentbook *incidentbook;
	struct fb_automationbook *automationbook;
	uint64_t window_told; /* the last that consumers were told of */
	unsigned int ticks;
	bool core_up, links_up;
	struct fb_capturefeed feed; /* of a capture: */
	bool is_capture;
	uint64_t frames;		/* that were fed */
	struct fb_engine_erased erased; /* under the lock below, */
	bool erasing;			/* ... too: its file is there; written by this thread */
	bool ran;			/* a start that failed leaves nothing pinned */

	void (*on_tick)(void *ctx);
	void *on_tick_ctx;
	void (*on_hangup)(void *ctx);
	void *on_hangup_ctx;

	pthread_mutex_t lock; /* protects what readers take: */
	struct fb_snapshot *snapshot;
	struct fb_status status;
};

/* loop_sources.c: add all that wakes the engine's thread to its loop. */
int fb_engine_wire(struct fb_engine *engine);
/* Read the table's rows and make the first snapshot and status. */
void fb_engine_first_tick(struct fb_engine *engine);
/* Interfaces that changed, and the names that they have now. */
void fb_engine_read_links(struct fb_engine *engine);

/* Show what the core and all else are now; the snapshot is taken over, NULL: memory is short. */
void fb_engine_publish(struct fb_engine *engine, struct fb_snapshot *snapshot);
void fb_engine_tell(struct fb_engine *engine, struct fb_snapshot *snapshot);

/* machine.c: attach, and be told of what is attached; who listens already. -errno with a sentence.
 */
int fb_engine_start_links(struct fb_engine *engine, const struct fb_engine_opts *opts,
			  struct fb_why *why);
void fb_engine_read_listeners(struct fb_engine *engine);

/* captured.c: in place of links. -errno with a sentence. */
int fb_engine_open_capture(struct fb_engine *engine, const struct fb_engine_capture *capture,
			   struct fb_why *why);
/* Once a second, when all is fed: time stands still. */
int fb_engine_stand_still(void *engine, uint32_t events);

/* anonymising.c: before anybody is told of a flow. */
int fb_engine_open_key(struct fb_engine *engine, struct fb_why *why);

/* exporttold.c: for exporters, the context being the engine; any thread. */
void fb_engine_totals(void *engine, struct fb_sink_totals *ret_totals);
void fb_engine_books(void *engine, struct fb_fleet_books *ret_books);

/* perform.c: delete the conntrack entries that use addresses which are lost. */
void fb_engine_forget_lost(struct fb_engine *engine);
/* perform.c: put on record that somebody else turned the verdicts off, or on. */
void fb_engine_notice_panic(struct fb_engine *engine);
/* perform.c: end rules whose time is over, or that nobody confirmed in it. */
void fb_engine_end_rules(struct fb_engine *engine);
/* automate.c: what both judges were sure of since the last tick. */
void fb_engine_automate(struct fb_engine *engine);
/* erase.c: FB_ACT_ERASE. 0, -EINPROGRESS: the history follows; -EBUSY: that of another one does. */
int fb_engine_erase(struct fb_engine *engine, const struct fb_act *act, char *target);
/* ... once all books are open: go on with that which the last run did not end. */
void fb_engine_resume_erasure(struct fb_engine *engine);
/* ... each tick: its file goes when the history is done. */
void fb_engine_end_erasure(struct fb_engine *engine);
/* End a flow; for the list of deletions, the context being the engine. */
int fb_engine_kill(void *engine, uint64_t flow_id, const struct fb_actor *actor);
/* ... has the form of fb_act_fn, the context being the engine. */
int fb_engine_perform(void *engine, const struct fb_act *act, char target[static FB_ACT_TARGET]);
