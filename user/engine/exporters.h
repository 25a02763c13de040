/* SPDX-License-Identifier: BSD-2-Clause */
/* The exporters that were asked for, as consumers. Used by the engine's thread; warns. */
#pragma once

#include "engine/consumers.h"
#include "engine/status.h"
#include "fleet/fleetsink.h"
#include "sink/export.h"
#include "sink/totals.h"
#include "util/why.h"

/* All borrowed. Outputs as sink/lines.h has them. */
struct fb_exporters_opts {
	const char *const *eve, *const *ndjson;
	unsigned int n_eve, n_ndjson;
	uint32_t rotate_mb, rotate_keep; /* of files; 0 MB: never */
	const char *const *ipfix;	 /* as sink/collector.h has them */
	unsigned int n_ipfix;
	const char *ipfix_ca; /* NULL: the system's */
	bool ipfix_uniflow;
	uint32_t ipfix_active_s, ipfix_idle_s;
	struct fb_fleetsink_opts fleet; /* no URLs: none; its books are given here */
};

/* What they tell of the daemon; any thread. */
struct fb_exporters_told {
	void (*totals)(void *ctx, struct fb_sink_totals *ret_totals);
	void (*books)(void *ctx, struct fb_fleet_books *ret_books);
	void *ctx;
};

struct fb_exporters {
	struct fb_anonymise anonymise[FB_ANONYMISE_COUNT];
	unsigned int n;
	struct fb_export {
		const char *kind, *target;
		const struct fb_consumer_ops *ops;
		void *ctx;
		const struct fb_export_counters *counters;
		void (*free)(void *ctx);
		void (*reopen)(void *ctx); /* NULL: it has no file */
		/* Why it waits, and what is to be told once; NULL: its errno says all. */
		void (*why)(void *ctx, struct fb_why *ret_why);
		bool (*news)(void *ctx, struct fb_why *ret_why);
		bool away; /* that was told */
	} list[FB_STATUS_EXPORTS];
	struct fb_fleetsink *fleet; /* one of these; NULL: none */
};

/* -errno with a sentence. */
int fb_exporters_open(struct fb_exporters *exporters, const struct fb_exporters_opts *opts,
		      const struct fb_anonymise anonymise[static FB_ANONYMISE_COUNT],
		      const struct fb_exporters_told *told, struct fb_consumers *consumers,
		      struct fb_why *why);
/* As the user that we stay, before the first tick: the state's folder, -1: there is none. */
int fb_exporters_use(struct fb_exporters *exporters, int folder, struct fb_why *why);
/* When the consumers are closed. A zeroed one is fine. */
void fb_exporters_close(struct fb_exporters *exporters);

/* Consumers did not open: if it was one of these, the sentence says which. Gives `r` on. */
int fb_exporters_blame(const struct fb_exporters *exporters, int r, struct fb_why *why);

/* SIGHUP: files may have been moved away. */
void fb_exporters_reopen(const struct fb_exporters *exporters);

/* Into the status, once a tick; tells in the log who went away and came back. */
void fb_exporters_status(struct fb_exporters *exporters, struct fb_status *status);
