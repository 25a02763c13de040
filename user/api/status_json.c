/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon knows of itself: health with every counter, log, help of the problem types. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_priv.h"
#include "api/handlers.h"
#include "live/hub.h"
#include "http/reply.h"
#include "http/route.h"
#include "engine/engine.h"
#include "engine/journal.h"
#include "past/series.h"
#include "util/scope.h"

/* Packets and bytes that no row counts, by cause: with the rows' they make up what was seen. */
static void write_causes(struct fb_json *json, const struct fb_stats *stats)
{
	static const struct {
		const char *name;
		bool conserved;
	} causes[] = {
#define X(name, conserved, help) {#name, conserved},
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

void fb_status_write_links(struct fb_json *json, const struct fb_status *status)
{
	static const char *const states[] = {
		[FB_LINK_ATTACHED] = "attached",
		[FB_LINK_GONE] = "gone",
		[FB_LINK_DETACHED] = "detached",
	};
	static const char *const hooks[] = {"rx", "tx"};

	fb_json_array(json);
	for (unsigned int i = 0; i < status->n_links; i++) {
		const struct fb_link_status *link = &status->links[i];

		fb_json_object(json);
		fb_json_kv_str(json, "name", link->name);
		fb_json_kv_u64(json, "ifindex", link->ifindex);
		fb_json_kv_str(json, "hook", link->hook);
		fb_json_kv_str(json, "state", states[link->state]);
		fb_json_kv_str(json, "reason", link->reason[0] ? link->reason : NULL);
		fb_json_kv_object(json, "rate_bps");
		for (int hook = 0; hook < 2; hook++)
			fb_json_kv_u64(json, hooks[hook], link->bytes_per_s[hook] * 8);
		fb_json_end(json, '}');
		fb_json_kv_object(json, "pps");
		for (int hook = 0; hook < 2; hook++)
			fb_json_kv_u64(json, hooks[hook], link->pps[hook]);
		fb_json_end(json, '}');
		fb_json_kv_object(json, "packets");
		for (int hook = 0; hook < 2; hook++)
			fb_json_kv_u64(json, hooks[hook], link->stats[hook].packets[FB_STAT_seen]);
		fb_json_end(json, '}');
		fb_json_kv_object(json, "bytes");
		for (int hook = 0; hook < 2; hook++)
			fb_json_kv_u64(json, hooks[hook], link->stats[hook].bytes[FB_STAT_seen]);
		fb_json_end(json, '}');
		fb_json_kv_object(json, "row_packets");
		for (int hook = 0; hook < 2; hook++)
			fb_json_kv_u64(json, hooks[hook], link->row_packets[hook]);
		fb_json_end(json, '}');
		fb_json_kv_object(json, "row_bytes");
		for (int hook = 0; hook < 2; hook++)
			fb_json_kv_u64(json, hooks[hook], link->row_bytes[hook]);
		fb_json_end(json, '}');
		fb_json_kv_object(json, "causes");
		for (int hook = 0; hook < 2; hook++) {
			fb_json_kv_object(json, hooks[hook]);
			write_causes(json, &link->stats[hook]);
			fb_json_end(json, '}');
		}
		fb_json_end(json, '}');
		fb_json_end(json, '}');
	}
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

static void write_counter(struct fb_json *json, const char *name, const char *help, uint64_t value,
			  bool loss)
{
	fb_json_kv_object(json, name);
	fb_json_kv_u64(json, "value", value);
	fb_json_kv_bool(json, "loss", loss);
	fb_json_kv_str(json, "help", help);
	fb_json_end(json, '}');
}

/* Packets that no row counts, by cause, summed over links and hooks. */
static uint64_t sum_stat(const struct fb_status *status, unsigned int stat)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < status->n_links; i++)
		for (int hook = 0; hook < 2; hook++)
			sum += status->links[i].stats[hook].packets[stat];
	return sum;
}

static bool has_counter(const struct fb_status *status, const char *name)
{
	for (unsigned int i = 0; i < status->n_counters; i++)
		if (!strcmp(status->counters[i].name, name))
			return true;
	return false;
}

static const struct {
	const char *name, *help;
	bool conserved;
} stats[] = {
#define X(name, conserved, help) {#name, help, conserved},
	FB_STATS(X)
#undef X
};

void fb_status_write_losses(struct fb_json *json, const struct fb_status *status)
{
	fb_json_object(json);
	for (unsigned int i = 0; i < FB_STAT_COUNT; i++)
		if (stats[i].conserved || i == FB_STAT_ring_full || i == FB_STAT_names_full)
			fb_json_kv_u64(json, stats[i].name, sum_stat(status, i));
	for (unsigned int i = 0; i < status->n_counters; i++) {
		bool again = false;

		for (unsigned int k = 0; k < FB_STAT_COUNT; k++)
			again |= !strcmp(stats[k].name, status->counters[i].name);
		if (status->counters[i].loss && !again)
			fb_json_kv_u64(json, status->counters[i].name, status->counters[i].value);
	}
	fb_json_end(json, '}');
}

static void write_counters(struct fb_json *json, struct fb_api *api, const struct fb_status *status)
{
	fb_json_object(json);
	for (unsigned int i = 0; i < FB_STAT_COUNT; i++)
		if (!has_counter(status, stats[i].name))
			write_counter(json, stats[i].name, stats[i].help, sum_stat(status, i),
				      stats[i].conserved || i == FB_STAT_ring_full);
	for (unsigned int i = 0; i < status->n_counters; i++)
		write_counter(json, status->counters[i].name, status->counters[i].help,
			      status->counters[i].value, status->counters[i].loss);
#define X(name, help)                                                                              \
	write_counter(json, "http_" #name, help, atomic_load(&api->counters.name), false);
	FB_API_COUNTERS(X)
#undef X
	pthread_mutex_lock(&api->conns.lock);
	write_counter(json, "http_connections", "connections open now", api->conns.n, false);
	write_counter(json, "http_deadlines", "connections cut at a deadline, idle ones among them",
		      api->conns.deadlines, false);
	pthread_mutex_unlock(&api->conns.lock);
	write_counter(json, "http_streams", "live streams open now", fb_hub_clients(api->hub),
		      false);
	fb_json_end(json, '}');
}

static const char *judge(const struct fb_status *status)
{
	unsigned int attached = 0;

	for (unsigned int i = 0; i < status->n_links; i++)
		attached += status->links[i].state == FB_LINK_ATTACHED;
	if (!attached)
		return "down";
	return status->n_degraded || attached < status->n_links ? "degraded" : "ok";
}

static void write_reasons(struct fb_json *json, const struct fb_status *status)
{
	fb_json_array(json);
	for (unsigned int i = 0; i < status->n_degraded; i++)
		fb_json_str(json, status->degraded[i]);
	for (unsigned int i = 0; i < status->n_links; i++)
		if (status->links[i].state != FB_LINK_ATTACHED)
			fb_json_strf(json, "%s is not counted: %s", status->links[i].name,
				     status->links[i].reason[0] ? status->links[i].reason
								: "not attached");
	fb_json_end(json, ']');
}

static void write_fill(struct fb_json *json, const char *name, uint64_t used, uint64_t max)
{
	fb_json_kv_object(json, name);
	fb_json_kv_u64(json, "used", used);
	fb_json_kv_u64(json, "max", max);
	fb_json_end(json, '}');
}

/* ns_per_run: what a run costs on average, null where the kernel keeps no statistics. */
static void write_programs(struct fb_json *json, const struct fb_status *status)
{
	fb_json_kv_array(json, "programs");
	for (unsigned int i = 0; i < status->n_programs; i++) {
		const struct fb_program_status *program = &status->programs[i];

		fb_json_object(json);
		fb_json_kv_str(json, "name", program->name);
		fb_json_kv_u64(json, "id", program->id);
		fb_json_kv_u64(json, "runs", program->run_count);
		fb_json_key(json, "ns_per_run");
		if (program->run_count)
			fb_json_num(json, (double)program->run_time_ns / (double)program->run_count,
				    1);
		else
			fb_json_null(json);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

static void write_times(struct fb_json *json, const struct fb_status *status)
{
	fb_json_kv_object(json, "tick");
	fb_json_kv_u64(json, "last_us", status->tick_us);
	fb_json_kv_u64(json, "p50_us", status->tick_p50_us);
	fb_json_kv_u64(json, "p99_us", status->tick_p99_us);
	fb_json_end(json, '}');
	fb_json_kv_str(json, "version", FLOWBPF_VERSION);
	fb_json_kv_str(json, "kernel", status->kernel);
	fb_json_kv_time(json, "started", status->started_ms);
	fb_json_kv_u64(json, "uptime_s", status->uptime_ms / 1000);
	fb_json_kv_u64(json, "pid", (uint64_t)status->pid);
	fb_json_kv_u64(json, "uid", status->uid);
	fb_json_key(json, "boot_id");
	fb_json_strf(json, "%016" PRIx64, status->boot_id);
	fb_json_kv_u64(json, "epoch", status->epoch);
}

struct fb_status *fb_status_get(struct fb_api_request *req)
{
	struct fb_status *status = malloc(sizeof(*status));

	if (status)
		fb_engine_status(req->api->engine, status);
	else
		fb_reply_problem(req, 500, "out-of-memory", "memory is short");
	return status;
}

/* What is kept of the past, in bytes. */
static void write_memory(struct fb_json *json, struct fb_api *api)
{
	uint64_t max, used = fb_series_memory(fb_engine_series(api->engine), &max);

	fb_json_kv_object(json, "memory");
	write_fill(json, "series", used, max);
	fb_json_end(json, '}');
}

void fb_api_health(struct fb_api_request *req)
{
	_cleanup_free_ struct fb_status *status = fb_status_get(req);
	struct fb_json *json;
	const char *verdict;

	if (!status)
		return;
	verdict = judge(status);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_str(json, "status", verdict);
	fb_json_key(json, "reasons");
	write_reasons(json, status);
	fb_json_key(json, "counters");
	write_counters(json, req->api, status);
	fb_json_kv_object(json, "maps");
	write_fill(json, "fb_flows", status->rows_used, status->rows_max);
	write_fill(json, "fb_names", status->names_used, status->names_max);
	fb_json_end(json, '}');
	write_memory(json, req->api);
	fb_json_key(json, "interfaces");
	fb_status_write_links(json, status);
	write_programs(json, status);
	fb_json_kv_object(json, "ring");
	fb_json_kv_u64(json, "bytes", status->ring_bytes);
	fb_json_kv_u64(json, "lost", sum_stat(status, FB_STAT_ring_full));
	fb_json_end(json, '}');
	fb_json_key(json, "conntrack");
	fb_status_write_conntrack(json, status);
	write_times(json, status);
	fb_json_end(json, '}');
	if (!strcmp(verdict, "down"))
		req->reply.status = 503;
}

void fb_journal_write(struct fb_json *json, const struct fb_journal_entry *entry)
{
	fb_json_object(json);
	fb_json_kv_u64(json, "seq", entry->seq);
	fb_json_kv_time(json, "time", entry->time_ms);
	fb_json_kv_str(json, "level", fb_log_level_name(entry->level));
	fb_json_kv_str(json, "component", entry->component);
	fb_json_kv_str(json, "message", entry->message);
	fb_json_end(json, '}');
}

void fb_api_log(struct fb_api_request *req)
{
	_cleanup_free_ struct fb_journal_entry *entries = NULL;
	struct fb_json *json;
	uint64_t since, last;
	unsigned int n;

	if (!fb_param_u64(req, "since", 0, INT64_MAX, 0, &since))
		return;
	entries = calloc(FB_JOURNAL_ENTRIES, sizeof(*entries));
	if (!entries) {
		fb_reply_problem(req, 500, "out-of-memory", "memory is short");
		return;
	}
	n = fb_journal_read(fb_engine_journal(req->api->engine), since, entries,
			    FB_JOURNAL_ENTRIES);
	last = n ? entries[n - 1].seq : since;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++)
		fb_journal_write(json, &entries[i]);
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "last", last);
	fb_json_end(json, '}');
}
