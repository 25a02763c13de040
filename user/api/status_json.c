/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's state as JSON; see the header. */
#include "api/status_json.h"

#include <string.h>

#include "engine/journal.h"
#include "engine/status.h"
#include "flow/snapshot.h"

/* Packets and bytes that no row counts, by cause: with the rows' they make up what was seen. */
static void write_causes(struct fb_json *json, const struct fb_stats *stats)
{
	static const struct {
		const char *name;
		bool conserved;
	} causes[] = {
#define X(name, conserved, loss, help) {#name, conserved},
		FB_STATS(X)
#undef X
	};

	for (unsigned int i = 0; i < FB_STAT_COUNT; i++) {
		if (!causes[i].conserved)
			continue;
		fb_json_kv_object(json, causes[i].name);
		fb_json_kv_u64(json, "packets", stats->packets[i]);
		fb_json_kv_u64(json, "bytes", stats->bytes[i]);
		fb_json_end(json, '}');
	}
}

static const char *const hooks[] = {"rx", "tx"};

/* {"rx":..,"tx":..} */
static void write_hooks(struct fb_json *json, const char *key, uint64_t rx, uint64_t tx)
{
	fb_json_kv_object(json, key);
	fb_json_kv_u64(json, hooks[0], rx);
	fb_json_kv_u64(json, hooks[1], tx);
	fb_json_end(json, '}');
}

static void write_link(struct fb_json *json, const struct fb_link_status *link)
{
	static const char *const states[] = {
		[FB_LINK_ATTACHED] = "attached",
		[FB_LINK_GONE] = "gone",
		[FB_LINK_WAITING] = "waiting",
		[FB_LINK_DETACHED] = "detached",
	};
	const struct fb_stats *rx = &link->stats[0], *tx = &link->stats[1];

	fb_json_object(json);
	fb_json_kv_str(json, "name", link->name);
	fb_json_kv_u64(json, "ifindex", link->ifindex);
	fb_json_kv_str(json, "hook", link->hook);
	fb_json_kv_str(json, "state", states[link->state]);
	fb_json_kv_str(json, "reason", link->reason[0] ? link->reason : NULL);
	write_hooks(json, "rate_bps", link->bytes_per_s[0] * 8, link->bytes_per_s[1] * 8);
	write_hooks(json, "pps", link->pps[0], link->pps[1]);
	write_hooks(json, "packets", rx->packets[FB_STAT_seen], tx->packets[FB_STAT_seen]);
	write_hooks(json, "bytes", rx->bytes[FB_STAT_seen], tx->bytes[FB_STAT_seen]);
	write_hooks(json, "row_packets", link->row_packets[0], link->row_packets[1]);
	write_hooks(json, "row_bytes", link->row_bytes[0], link->row_bytes[1]);
	fb_json_kv_u64(json, "queue_dropped", link->queue_dropped);
	fb_json_kv_object(json, "causes");
	for (int hook = 0; hook < 2; hook++) {
		fb_json_kv_object(json, hooks[hook]);
		write_causes(json, &link->stats[hook]);
		fb_json_end(json, '}');
	}
	fb_json_end(json, '}');
	fb_json_end(json, '}');
}

void fb_status_write_links(struct fb_json *json, const struct fb_status *status)
{
	fb_json_array(json);
	for (unsigned int i = 0; i < status->n_links; i++)
		write_link(json, &status->links[i]);
	fb_json_end(json, ']');
}

void fb_status_write_conntrack(struct fb_json *json, const struct fb_status *status)
{
	const struct fb_conntrack_status *ct = &status->conntrack;

	fb_json_object(json);
	fb_json_kv_bool(json, "available", ct->available);
	fb_json_kv_str(json, "reason", ct->reason[0] ? ct->reason : NULL);
	fb_json_kv_u64(json, "entries", ct->entries);
	fb_json_kv_u64(json, "max", ct->max);
	fb_json_kv_u64(json, "overruns", ct->overruns);
	fb_json_kv_u64(json, "resyncs", ct->resyncs);
	fb_json_kv_bool(json, "resyncing", ct->resyncing);
	fb_json_end(json, '}');
}

void fb_status_write_losses(struct fb_json *json, const struct fb_status *status)
{
	fb_json_object(json);
	for (unsigned int i = 0; i < status->n_counters; i++)
		if (status->counters[i].loss)
			fb_json_kv_u64(json, status->counters[i].name, status->counters[i].value);
	fb_json_end(json, '}');
}

void fb_status_write_counter(struct fb_json *json, const char *name, const char *help,
			     uint64_t value, bool loss)
{
	fb_json_kv_object(json, name);
	fb_json_kv_u64(json, "value", value);
	fb_json_kv_bool(json, "loss", loss);
	fb_json_kv_str(json, "help", help);
	fb_json_end(json, '}');
}

void fb_status_write_counters(struct fb_json *json, const struct fb_status *status)
{
	for (unsigned int i = 0; i < status->n_counters; i++)
		fb_status_write_counter(json, status->counters[i].name, status->counters[i].help,
					status->counters[i].value, status->counters[i].loss);
}

static void write_log_fields(struct fb_json *json, const struct fb_journal_entry *entry)
{
	const char *value, *key = fb_journal_field(entry, NULL, &value);

	if (!key)
		return;
	fb_json_kv_object(json, "fields");
	for (; key; key = fb_journal_field(entry, key, &value))
		fb_json_kv_str(json, key, value);
	fb_json_end(json, '}');
}

void fb_journal_write(struct fb_json *json, const struct fb_journal_entry *entry)
{
	fb_json_object(json);
	fb_json_kv_u64(json, "seq", entry->seq);
	fb_json_kv_time(json, "time", entry->time_ms);
	fb_json_kv_str(json, "level", fb_log_level_name(entry->level));
	fb_json_kv_str(json, "component", entry->component);
	fb_json_kv_str(json, "message", entry->message);
	write_log_fields(json, entry);
	fb_json_end(json, '}');
}

void fb_monitor_write(struct fb_json *json, const struct fb_status *status,
		      const struct fb_snapshot *snapshot)
{
	unsigned int attached = 0;

	fb_json_kv_array(json, "interfaces");
	for (unsigned int i = 0; i < status->n_links; i++) {
		fb_json_str(json, status->links[i].name);
		attached += status->links[i].state == FB_LINK_ATTACHED;
	}
	fb_json_end(json, ']');
	fb_json_kv_str(json, "monitor_status", attached ? "running" : "stopped");
	fb_json_kv_u64(json, "active_flows", snapshot->live);
	fb_json_kv_time(json, "timestamp", snapshot->wall_ms);
}
