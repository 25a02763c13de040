/* SPDX-License-Identifier: BSD-2-Clause */
/* What exporters tell of the daemon itself, taken in their threads. */
#include "engine/engine_priv.h"

void fb_engine_totals(void *ctx, struct fb_sink_totals *ret_totals)
{
	struct fb_engine *engine = ctx;
	struct fb_sink_totals *sum = ret_totals;

	pthread_mutex_lock(&engine->lock);
	*sum = (struct fb_sink_totals){
		.uptime_ms = engine->status.uptime_ms,
		.losses = fb_status_losses(&engine->status),
	};
	for (unsigned int i = 0; i < 2 * engine->status.n_links; i++) {
		const struct fb_stats *stats = &engine->status.links[i / 2].stats[i % 2];

		sum->packets += stats->packets[FB_STAT_seen];
		sum->bytes += stats->bytes[FB_STAT_seen];
		sum->dropped += stats->packets[FB_STAT_map_full] + stats->packets[FB_STAT_evicted];
		sum->malformed += stats->packets[FB_STAT_malformed];
	}
	pthread_mutex_unlock(&engine->lock);
}

static void add_links(const struct fb_status *status, struct fb_fleet_books *books)
{
	for (unsigned int i = 0; i < status->n_links; i++) {
		const struct fb_link_status *link = &status->links[i];

		books->rx_packets += link->stats[FB_HOOK_INGRESS].packets[FB_STAT_seen];
		books->rx_bytes += link->stats[FB_HOOK_INGRESS].bytes[FB_STAT_seen];
		books->tx_packets += link->stats[FB_HOOK_EGRESS].packets[FB_STAT_seen];
		books->tx_bytes += link->stats[FB_HOOK_EGRESS].bytes[FB_STAT_seen];
		books->flow_packets += link->row_packets[0] + link->row_packets[1];
		books->flow_bytes += link->row_bytes[0] + link->row_bytes[1];
	}
}

void fb_engine_books(void *ctx, struct fb_fleet_books *ret_books)
{
	struct fb_engine *engine = ctx;
	const struct fb_status *status = &engine->status;

	pthread_mutex_lock(&engine->lock);
	*ret_books = (struct fb_fleet_books){
		.started_ms = (uint64_t)status->started_ms,
		.uptime_ms = status->uptime_ms,
	};
	add_links(status, ret_books);
	for (unsigned int i = 0; i < status->n_counters; i++) {
		const struct fb_counter *counter = &status->counters[i];

		if (!counter->loss || !counter->value || ret_books->n_losses == FB_FLEET_LOSSES)
			continue;
		ret_books->loss[ret_books->n_losses] = counter->name;
		ret_books->loss_count[ret_books->n_losses++] = counter->value;
	}
	pthread_mutex_unlock(&engine->lock);
}
