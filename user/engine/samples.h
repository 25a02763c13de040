/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Payload samples through the inspector to the table, the name cache and, for bpftool, fb_names.
 * Used by the engine's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "enrich/pipeline.h"
#include "enrich/inspect.h"
#include "enrich/ration.h"
#include "flow/dnslog.h"
#include "kernel/rowmap.h"
#include "table/table.h"

#define FB_SAMPLES_QUOTES 512

/* An ICMP error, kept until the scan has told of the flow that it quotes. */
struct fb_samples_quote {
	struct fb_tuple tuple;
	uint32_t seq;
	uint8_t type, code;
};

struct fb_samples {
	struct fb_inspect *inspect;
	struct fb_table *table; /* borrowed, as the others */
	struct fb_rowmap *rows;
	struct fb_pipeline *pipeline;
	/* The flow of a row has this name from here on, of a hello or a request; may be NULL. */
	void (*named)(void *ctx, uint32_t slot);
	void *named_ctx;
	uint64_t names_failed; /* names that fb_names had no room for */
	struct fb_samples_quote quote[FB_SAMPLES_QUOTES];
	unsigned int n_quotes;
	struct fb_dnslog *dns;	    /* of this tick; NULL: nothing yet */
	struct fb_ration dns_bytes; /* of it; no limit: nobody wants it */
	uint64_t dns_untold;	    /* messages that it had no room for */
	uint64_t quotes_lost; /* ICMP errors of no flow that is known, or too many in one tick */
};

/* `ns_per_second`: CPU for samples; 0: no limit. `dns`: messages of DNS are kept for exporters. */
int fb_samples_init(struct fb_samples *samples, struct fb_table *table, struct fb_rowmap *rows,
		    struct fb_pipeline *pipeline, uint64_t ns_per_second, bool dns);
void fb_samples_fini(struct fb_samples *samples);

/* It was on its way when all of its flow was known: nothing is to be learned from it. */
bool fb_samples_is_late(const struct fb_samples *samples, const struct fb_event *event);

/* Is there time for this sample? (fb_inspect_may) */
bool fb_samples_may(struct fb_samples *samples, const struct fb_event *event);

void fb_samples_feed(struct fb_samples *samples, const struct fb_event *event,
		     const uint8_t *payload);
/* The messages of DNS since the last time; the caller's, from malloc. NULL: none. */
struct fb_dnslog *fb_samples_take_dns(struct fb_samples *samples);

void fb_samples_tick(struct fb_samples *samples, uint64_t now_ns);

/* What the samples of this second really took. */
void fb_samples_charge(struct fb_samples *samples, uint64_t ns);

/* The counters of the inspector and of what is kept here. */
void fb_samples_counters(const struct fb_samples *samples, fb_counter_fn add, void *ctx);
