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

static void write_xdp(struct fb_json *json, const struct fb_link_status *link)
{
	fb_json_kv_object(json, "xdp");
	fb_json_kv_str(json, "state", link->xdp ? "on" : link->no_xdp[0] ? "refused" : "off");
	fb_json_kv_str(json, "reason", link->no_xdp[0] ? link->no_xdp : NULL);
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
	write_xdp(json, link);
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

void fb_status_write_exports(struct fb_json *json, const struct fb_status *status)
{
	fb_json_array(json);
	for (unsigned int i = 0; i < status->n_exports; i++) {
		const struct fb_export_status *export = &status->exports[i];

		fb_json_object(json);
		fb_json_kv_str(json, "kind", export->kind);
		fb_json_kv_str(json, "target", export->target);
#define X(name, loss, help) fb_json_kv_u64(json, #name, export->name);
		FB_EXPORT_COUNTERS(X)
#undef X
		fb_json_kv_u64(json, "queue_bytes", export->queue_bytes);
		fb_json_kv_str(json, "error", *export->error ? export->error : NULL);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

static void write_limits(struct fb_json *json, const struct fb_history_limits *limits)
{
	static const char *const names[FB_HISTORY_N_LIMITED] = {"flows_s", "seconds_s", "minutes_s",
								"hours_s"};

	fb_json_kv_object(json, "keeps");
	for (int i = 0; i < FB_HISTORY_N_LIMITED; i++)
		fb_json_kv_u64(json, names[i], limits->of[i].seconds);
	fb_json_kv_u64(json, "bytes", limits->bytes);
	fb_json_end(json, '}');
}

static void write_moment(struct fb_json *json, const char *name, int64_t ms)
{
	if (ms) {
		fb_json_kv_time(json, name, ms);
		return;
	}
	fb_json_key(json, name);
	fb_json_null(json);
}

/* What each kind holds, of how much it may, and what it gave way to last. */
static void write_kinds(struct fb_json *json, const struct fb_historian_state *now)
{
	static const char *const cuts[] = {NULL, "age", "size"};

	fb_json_kv_array(json, "kinds");
	for (int i = 0; i < FB_HISTORY_KINDS; i++) {
		const struct fb_history_held *held = &now->kind[i];

		fb_json_object(json);
		fb_json_kv_str(json, "kind", fb_history_kinds[i]);
		fb_json_kv_u64(json, "bytes", held->bytes);
		write_moment(json, "since", held->since_ms);
		if (i < FB_HISTORY_N_LIMITED) {
			fb_json_kv_u64(json, "bytes_max", now->limits.of[i].bytes);
			fb_json_kv_u64(json, "age_max_s", now->limits.of[i].seconds);
		}
		fb_json_kv_str(json, "cut", cuts[held->cut]);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

void fb_status_write_history(struct fb_json *json, const struct fb_history_status *history)
{
	const struct fb_historian_state *now = &history->now;
	const char *reason = history->on ? now->error : history->reason;

	fb_json_object(json);
	fb_json_kv_bool(json, "on", history->on);
	fb_json_kv_bool(json, "works", history->on && now->works);
	fb_json_kv_str(json, "reason", *reason ? reason : NULL);
	write_moment(json, "reason_at", now->error_ms);
	if (history->on) {
		write_moment(json, "since", now->since_ms);
		write_moment(json, "written", now->written_ms);
		fb_json_kv_u64(json, "rows", now->kept_rows);
		fb_json_kv_u64(json, "bytes", now->bytes);
		fb_json_kv_u64(json, "free_bytes", now->free_bytes);
		fb_json_kv_u64(json, "waiting", history->waiting);
		fb_json_kv_u64(json, "room", history->room);
		fb_json_kv_u64(json, "clock_steps", now->clock_steps);
		write_limits(json, &now->limits);
		write_kinds(json, now);
	}
	fb_json_end(json, '}');
}

static void write_share(struct fb_json *json, const char *key, uint64_t part, uint64_t all)
{
	fb_json_key(json, key);
	if (all)
		fb_json_num(json, 100.0 * (double)part / (double)all, 1);
	else
		fb_json_null(json);
}

void fb_status_write_judge(struct fb_json *json, const struct fb_judge_status *judge)
{
	fb_json_object(json);
	fb_json_kv_bool(json, "on", judge->on);
	fb_json_kv_u64(json, "took_us", judge->took_us);
	fb_json_kv_bool(json, "abstains", judge->abstains);
	fb_json_kv_u64(json, "flows", judge->hour.flows);
	write_share(json, "agreement", judge->hour.same, judge->hour.flows);
	write_share(json, "agreement_side", judge->hour.side, judge->hour.flows);
	fb_json_kv_object(json, "tables");
	for (unsigned int i = 0; judge->on && i < FB_JUDGE_TABLE_COUNT; i++) {
		const struct fb_judge_table_state *table = &judge->table[i];

		fb_json_kv_object(json, table->name);
		fb_json_kv_u64(json, "used", table->used);
		fb_json_kv_u64(json, "max", table->max);
		fb_json_kv_u64(json, "evicted", table->evicted);
		fb_json_kv_str(json, "help", table->help);
		fb_json_end(json, '}');
	}
	fb_json_end(json, '}');
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
