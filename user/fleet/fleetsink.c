/* SPDX-License-Identifier: BSD-2-Clause */
#include "fleet/fleetsink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fleet/clickhouseoutlet.h"
#include "fleet/fleetbatch.h"
#include "fleet/fleetsender.h"
#include "fleet/kafka.h"
#include "fleet/sensorid.h"
#include "util/clock.h"

#define QUEUE	  32
#define BEAT_NS	  10000000000ull
#define PART_NS	  60000000000ull /* a flow that lasts is told as often */
#define SWEEPS	  15		 /* ticks for a look at all records */
#define LAST_MS	  2000		 /* when we end */
#define WORD_MOST 128		 /* bytes of a site or a tag */
#define BIT_ENDED 0

struct fb_fleetsink {
	struct fb_fleetsink_opts opts;
	char id[FB_SENSOR_ID], name[65];
	atomic_bool stop;
	struct fb_clickhouse *clickhouse; /* or ... */
	struct fb_kafka *kafka;
	struct fb_clickhouseoutlet to_clickhouse;
	struct fb_diskspool *spool;
	struct fb_fleetsender *sender;
	struct fb_export_counters counters;
	struct fb_told *told;
	struct fb_snapshot *last; /* what there is when we end */
	struct fb_fleetbatch batch[FB_FLEET_TABLE_COUNT];
	struct fb_buf row;
	uint64_t told_packets, told_bytes, run, beat_ns;
	uint32_t sweep;
};

/* --- its life --------------------------------------------------------------------------------- */

static bool is_tag(const char *text)
{
	const char *equal = strchr(text, '=');

	return equal && equal != text && strlen(text) <= WORD_MOST;
}

static int check_words(const struct fb_fleetsink_opts *opts, struct fb_why *why)
{
	if (opts->site && strlen(opts->site) > WORD_MOST)
		return fb_why_set(why, -EINVAL, "--site takes %d bytes at most", WORD_MOST);
	for (unsigned int i = 0; i < opts->n_tags; i++)
		if (!is_tag(opts->tags[i]))
			return fb_why_set(why, -EINVAL,
					  "--tag takes NAME=VALUE of %d bytes at most, not "
					  "\"%.100s\"",
					  WORD_MOST, opts->tags[i]);
	return 0;
}

static int open_way(struct fb_fleetsink *sink, struct fb_why *why)
{
	const struct fb_clickhouse_opts clickhouse = {sink->opts.urls, sink->opts.login,
						      sink->opts.ca, &sink->stop};
	const struct fb_kafka_opts kafka = {sink->opts.brokers, sink->opts.topic, sink->opts.config,
					    &sink->stop};

	if (sink->opts.urls && sink->opts.brokers)
		return fb_why_set(why, -EINVAL, "--clickhouse and --kafka do not go together");
	return sink->opts.brokers ? fb_kafka_new(&kafka, &sink->kafka, why)
				  : fb_clickhouse_new(&clickhouse, &sink->clickhouse, why);
}

int fb_fleetsink_new(const struct fb_fleetsink_opts *opts, struct fb_fleetsink **ret_sink,
		     struct fb_why *why)
{
	struct fb_fleetsink *sink = calloc(1, sizeof(*sink));
	int r;

	if (!sink)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	sink->opts = *opts;
	if (opts->name)
		snprintf(sink->name, sizeof(sink->name), "%s", opts->name);
	else
		(void)!gethostname(sink->name, sizeof(sink->name) - 1);
	r = check_words(opts, why);
	if (r == 0)
		r = open_way(sink, why);
	if (r < 0) {
		fb_fleetsink_free(sink);
		return r;
	}
	*ret_sink = sink;
	return 0;
}

void fb_fleetsink_free(struct fb_fleetsink *sink)
{
	if (!sink)
		return;
	fb_clickhouse_free(sink->clickhouse);
	fb_kafka_free(sink->kafka);
	free(sink);
}

static int open_sink(void *ctx)
{
	struct fb_fleetsink *sink = ctx;
	int r = fb_told_new(&sink->told);

	for (int i = 0; r == 0 && i < FB_FLEET_TABLE_COUNT; i++)
		r = fb_fleetbatch_init(&sink->batch[i], (enum fb_fleet_table)i,
				       sink->kafka ? FB_FLEETBATCH_FEW : FB_FLEETBATCH_ROWS);
	return r;
}

static void close_sink(void *ctx)
{
	struct fb_fleetsink *sink = ctx;

	fb_fleetsender_stop(sink->sender, 0);
	sink->sender = NULL;
	fb_diskspool_close(sink->spool);
	sink->spool = NULL;
	fb_snapshot_put(sink->last);
	fb_told_free(sink->told);
	for (int i = 0; i < FB_FLEET_TABLE_COUNT; i++)
		fb_fleetbatch_fini(&sink->batch[i]);
	fb_buf_fini(&sink->row);
}

/* Of an earlier run. */
static void count_what_waits(struct fb_fleetsink *sink)
{
	struct fb_diskspool_state state;
	uint64_t rows;

	fb_diskspool_state(sink->spool, &state);
	rows = state.rows;
	for (int i = 0; i < FB_DISKSPOOL_REASON_COUNT; i++)
		rows += state.lost[i].rows;
	atomic_fetch_add(&sink->counters.records, rows);
	fb_fleetsender_count(sink->spool, &sink->counters);
}

/* Threads are made as who we stay. */
static int start_sender(struct fb_fleetsink *sink, struct fb_why *why)
{
	struct fb_outlet outlet;
	int r = sink->kafka ? fb_kafka_start(sink->kafka, why) : 0;

	if (r < 0)
		return r;
	sink->to_clickhouse = (struct fb_clickhouseoutlet){sink->clickhouse, sink->id};
	outlet = sink->kafka ? fb_kafka_outlet(sink->kafka)
			     : fb_clickhouseoutlet(&sink->to_clickhouse);
	r = fb_fleetsender_start(&outlet, sink->spool, &sink->stop, &sink->counters, &sink->sender);
	return r < 0 ? fb_why_set(why, r, "cannot start a thread: %s", strerror(-r)) : 0;
}

int fb_fleetsink_use(struct fb_fleetsink *sink, int folder, struct fb_why *why)
{
	int told, r;

	if (folder < 0)
		return fb_why_set(why, -EINVAL,
				  "a fleet's sensor needs a folder for who it is and for what "
				  "waits: give it --state DIR");
	told = fb_sensorid(folder, sink->id, why);
	if (told < 0)
		return told;
	r = fb_diskspool_open(folder, FB_FLEETSINK_FOLDER, sink->opts.spool_bytes, &sink->spool,
			      why);
	if (r < 0)
		return r;
	count_what_waits(sink);
	r = start_sender(sink, why);
	return r < 0 ? r : told;
}

/* --- what others may ask ---------------------------------------------------------------------- */

const struct fb_export_counters *fb_fleetsink_counters(const struct fb_fleetsink *sink)
{
	return &sink->counters;
}

void fb_fleetsink_why(struct fb_fleetsink *sink, struct fb_why *ret_why)
{
	*ret_why = (struct fb_why){""};
	if (sink->sender)
		fb_fleetsender_why(sink->sender, ret_why);
}

bool fb_fleetsink_news(struct fb_fleetsink *sink, struct fb_why *ret_why)
{
	return sink->sender && fb_fleetsender_news(sink->sender, ret_why);
}

const char *fb_fleetsink_id(const struct fb_fleetsink *sink)
{
	return sink->id;
}

const char *fb_fleetsink_name(const struct fb_fleetsink *sink)
{
	return sink->name;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Of a row of this moment, which then has to follow. */
static struct fb_fleet_head begin_row(struct fb_fleetsink *sink, enum fb_fleet_table table,
				      uint64_t ms)
{
	fb_buf_clear(&sink->row);
	return (struct fb_fleet_head){
		.time = ms,
		.sensor = sink->name,
		.sensor_id = sink->id,
		.site = sink->opts.site,
		.tags = {sink->opts.n_tags, sink->opts.tags},
		.run = sink->run,
		.batch = fb_fleetbatch_begin(&sink->batch[table], sink->spool, ms),
	};
}

static void end_row(struct fb_fleetsink *sink, enum fb_fleet_table table, uint64_t packets,
		    uint64_t bytes)
{
	fb_fleetbatch_add(&sink->batch[table], &sink->row, packets, bytes);
	fb_fleetbatch_close(&sink->batch[table], sink->spool, false);
	atomic_fetch_add(&sink->counters.records, 1);
}

static void tell_part(struct fb_fleetsink *sink, const struct fb_flow_at *at,
		      const struct fb_told_part *part)
{
	const struct fb_fleet_head head =
		begin_row(sink, FB_FLEET_TABLE_FLOWS, (uint64_t)at->snapshot->wall_ms);
	const uint64_t packets = part->packets[FB_UP] + part->packets[FB_DOWN];
	const uint64_t bytes = part->bytes[FB_UP] + part->bytes[FB_DOWN];

	fb_told_mark(sink->told, at);
	fb_fleet_write_flow(&sink->row, &head, at, part, at->flow->closed != FB_CLOSED_NOT);
	end_row(sink, FB_FLEET_TABLE_FLOWS, packets, bytes);
	sink->told_packets += packets;
	sink->told_bytes += bytes;
}

/* That it ended is told, too, where nothing moved since the last part. */
static void tell_end(struct fb_fleetsink *sink, const struct fb_flow_at *at)
{
	struct fb_told_part part;
	const bool moved = fb_told_part(sink->told, at, &part);

	if (fb_told_once(sink->told, at, BIT_ENDED) || moved)
		tell_part(sink, at, &part);
}

/* What lasts, and what ended without our being told, for the tick was dropped. */
static void tell_due(struct fb_fleetsink *sink, const struct fb_flow_at *at)
{
	struct fb_told_part part;

	if (at->flow->closed) {
		if (at->snapshot->now_ns - at->flow->closed_at > PART_NS)
			tell_end(sink, at);
	} else if (fb_told_part(sink->told, at, &part) &&
		   at->snapshot->now_ns - part.since_ns >= PART_NS) {
		tell_part(sink, at, &part);
	}
}

static void sweep(struct fb_fleetsink *sink, const struct fb_snapshot *snapshot)
{
	const uint32_t step = snapshot->n / SWEEPS + 1, first = sink->sweep++ % SWEEPS * step;
	struct fb_flow_at at;

	for (uint32_t i = first; i < first + step && i < snapshot->n; i++)
		if (fb_snapshot_at(snapshot, i, &at))
			tell_due(sink, &at);
}

/* --- how the sensor fares --------------------------------------------------------------------- */

static void add_spool(struct fb_fleetsink *sink, struct fb_fleet_beat *beat, uint64_t now_ms)
{
	struct fb_diskspool_state state;

	fb_diskspool_state(sink->spool, &state);
	for (int i = 0; i < FB_DISKSPOOL_REASON_COUNT; i++) {
		beat->lost_packets += state.lost[i].packets;
		beat->lost_bytes += state.lost[i].bytes;
		beat->rows_dropped += state.lost[i].rows;
	}
	beat->spool_bytes = state.bytes;
	beat->spool_batches = state.batches;
	beat->lag_ms = state.oldest_ms && now_ms > state.oldest_ms ? now_ms - state.oldest_ms : 0;
}

/* Of all rows that were made before `ms`. */
static void tell_beat(struct fb_fleetsink *sink, const struct fb_snapshot *snapshot, uint64_t ms)
{
	struct fb_fleet_books books = {0};
	struct fb_fleet_head head;
	struct fb_fleet_beat beat;

	sink->opts.books(sink->opts.books_ctx, &books);
	beat = (struct fb_fleet_beat){
		.version = FLOWBPF_VERSION,
		.uptime_ms = books.uptime_ms,
		.rx_packets = books.rx_packets,
		.rx_bytes = books.rx_bytes,
		.tx_packets = books.tx_packets,
		.tx_bytes = books.tx_bytes,
		.flow_packets = books.flow_packets,
		.flow_bytes = books.flow_bytes,
		.told_packets = sink->told_packets,
		.told_bytes = sink->told_bytes,
		.rows = atomic_load(&sink->counters.records),
		.rows_sent = atomic_load(&sink->counters.sent),
		.losses = {books.n_losses, books.loss},
		.loss_counts = {books.n_losses, books.loss_count},
	};
	add_spool(sink, &beat, ms);
	sink->run = books.started_ms;
	head = begin_row(sink, FB_FLEET_TABLE_SENSORS, ms);
	fb_fleet_write_sensor(&sink->row, &head, &beat);
	end_row(sink, FB_FLEET_TABLE_SENSORS, 0, 0);
	sink->beat_ns = snapshot->now_ns + BEAT_NS;
}

/* --- a tick ----------------------------------------------------------------------------------- */

static void close_batches(struct fb_fleetsink *sink, bool now)
{
	for (int i = 0; i < FB_FLEET_TABLE_COUNT; i++)
		fb_fleetbatch_close(&sink->batch[i], sink->spool, now);
	fb_fleetsender_count(sink->spool, &sink->counters);
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_fleetsink *sink = ctx;
	struct fb_flow_at at;
	int r = fb_told_begin(sink->told, snapshot);

	(void)losses;
	if (r < 0)
		return r;
	fb_snapshot_put(sink->last);
	sink->last = fb_snapshot_get(snapshot);
	if (snapshot->now_ns >= sink->beat_ns)
		tell_beat(sink, snapshot, (uint64_t)snapshot->wall_ms);
	for (uint32_t i = 0; i < snapshot->n_ended; i++)
		if (fb_snapshot_at(snapshot, snapshot->ended[i], &at))
			tell_end(sink, &at);
	sweep(sink, snapshot);
	close_batches(sink, false);
	return 0;
}

/* What goes on without us is told as it is now; and last how we fared. */
static void flush(void *ctx)
{
	struct fb_fleetsink *sink = ctx;
	struct fb_told_part part;
	struct fb_flow_at at;

	for (uint32_t i = 0; sink->last && i < sink->last->n; i++)
		if (!fb_snapshot_at(sink->last, i, &at))
			continue;
		else if (at.flow->closed)
			tell_end(sink, &at);
		else if (fb_told_part(sink->told, &at, &part))
			tell_part(sink, &at, &part);
	if (sink->last) {
		close_batches(sink, true);
		tell_beat(sink, sink->last, (uint64_t)sink->last->wall_ms + 1);
	}
	close_batches(sink, true);
	fb_fleetsender_stop(sink->sender, LAST_MS);
	sink->sender = NULL;
}

const struct fb_consumer_ops fb_fleetsink_consumer = {
	.name = "fleet",
	.queue = QUEUE,
	.open = open_sink,
	.tick = tick,
	.flush = flush,
	.close = close_sink,
};
