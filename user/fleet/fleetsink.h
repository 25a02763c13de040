/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows to ClickHouse, or to Kafka before it, for whoever has more sensors than one: each when it
 * ended, long ones in parts that add up, what is live when we end; and every ten seconds how the
 * sensor fares. A thread makes batches of it, which wait on the disk, another one sends them:
 * nobody waits for a server.
 */
#pragma once

#include "fleet/fleetrow.h"
#include "flow/consumer.h"
#include "sink/export.h"
#include "util/why.h"

/* What the daemon counts, since its start. */
struct fb_fleet_books {
	uint64_t started_ms, uptime_ms;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t flow_packets, flow_bytes;
	unsigned int n_losses;
	const char *loss[FB_FLEET_LOSSES]; /* static */
	uint64_t loss_count[FB_FLEET_LOSSES];
};

/* All borrowed. */
struct fb_fleetsink_opts {
	const char *urls, *login, *ca;	      /* as clickhouse.h has them; or ... */
	const char *brokers, *topic, *config; /* ... as kafka.h has them */
	const char *name, *site;	      /* NULL: the host's, none */
	const char *const *tags;	      /* "name=value" */
	unsigned int n_tags;
	uint64_t spool_bytes;
	/* Any thread. */
	void (*books)(void *ctx, struct fb_fleet_books *ret_books);
	void *books_ctx;
};

static inline bool fb_fleetsink_is_asked(const struct fb_fleetsink_opts *opts)
{
	return opts->urls || opts->brokers;
}

#define FB_FLEETSINK_FOLDER "fleet" /* in the state: what waits */

struct fb_fleetsink;

/* While root. -errno with a sentence. */
int fb_fleetsink_new(const struct fb_fleetsink_opts *opts, struct fb_fleetsink **ret_sink,
		     struct fb_why *why);
/* NULL is fine. */
void fb_fleetsink_free(struct fb_fleetsink *sink);

/*
 * Before its first tick, as the user that it stays: what waits is kept in that folder of the state,
 * and so is who this sensor is. 0; 1 with a sentence to be told; -errno with a sentence.
 */
int fb_fleetsink_use(struct fb_fleetsink *sink, int folder, struct fb_why *why);

/* Feeds one, its context. */
extern const struct fb_consumer_ops fb_fleetsink_consumer;

const struct fb_export_counters *fb_fleetsink_counters(const struct fb_fleetsink *sink);
/* As of fleetsender.h. */
void fb_fleetsink_why(struct fb_fleetsink *sink, struct fb_why *ret_why);
bool fb_fleetsink_news(struct fb_fleetsink *sink, struct fb_why *ret_why);

/* "" before fb_fleetsink_use. */
const char *fb_fleetsink_id(const struct fb_fleetsink *sink);
const char *fb_fleetsink_name(const struct fb_fleetsink *sink);
