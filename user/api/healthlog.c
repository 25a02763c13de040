/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon knows of itself: health with every counter, and its log. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/fleethealth.h"
#include "api/previews.h"
#include "api/routes.h"
#include "api/status_json.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "engine/geobook.h"
#include "engine/journal.h"
#include "engine/listbook.h"
#include "engine/status.h"
#include "http/counters.h"
#include "http/reply.h"
#include "http/server.h"
#include "past/series.h"
#include "store/pastpool.h"
#include "util/cleanup.h"

void fb_api_write_counters(struct fb_json *json, const struct fb_api *api)
{
	struct fb_http_counters *http = fb_http_counters(api->http);
	struct fb_pastpool_counters past;
	unsigned int open;
	uint64_t deadlines;

	fb_http_connections(api->http, &open, &deadlines);
#define X(name, help)                                                                              \
	fb_status_write_counter(json, "http_" #name, help, atomic_load(&http->name), false);
	FB_HTTP_COUNTERS(X)
#undef X
	fb_status_write_counter(json, "http_connections", "connections open now", open, false);
	fb_status_write_counter(json, "http_deadlines",
				"connections cut at a deadline, idle ones among them", deadlines,
				false);
	fb_status_write_counter(json, "http_streams", "live streams open now",
				atomic_load(&http->streams), false);
	if (!api->past)
		return;
	fb_pastpool_counters(api->past, &past);
#define X(name, loss, help) fb_status_write_counter(json, "history_" #name, help, past.name, loss);
	FB_PASTPOOL_COUNTERS(X)
#undef X
}

static void write_counters(struct fb_json *json, const struct fb_api *api,
			   const struct fb_status *status)
{
	struct fb_previews_counters previews;

	fb_json_object(json);
	fb_status_write_counters(json, status);
	fb_previews_counters(api->previews, &previews);
#define X(name, help) fb_status_write_counter(json, "previews_" #name, help, previews.name, false);
	FB_PREVIEWS_COUNTERS(X)
#undef X
	fb_api_write_counters(json, api);
	fb_json_end(json, '}');
}

/* What is only waited for is no fault. */
static const char *judge(const struct fb_status *status)
{
	unsigned int attached = 0, lost = 0;

	for (unsigned int i = 0; i < status->n_links; i++) {
		const enum fb_link_state state = status->links[i].state;

		attached += state == FB_LINK_ATTACHED;
		lost += state == FB_LINK_GONE || state == FB_LINK_DETACHED;
	}
	if (!attached && (lost || !status->waits_for[0]))
		return "down";
	return status->n_degraded || lost ? "degraded" : "ok";
}

static void write_reasons(struct fb_json *json, const struct fb_status *status)
{
	fb_json_array(json);
	for (unsigned int i = 0; i < status->n_degraded; i++)
		fb_json_str(json, status->degraded[i]);
	for (unsigned int i = 0; i < status->n_links; i++)
		if (status->links[i].state == FB_LINK_GONE ||
		    status->links[i].state == FB_LINK_DETACHED)
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
	fb_json_kv_u64(json, "age_ms", status->age_ms);
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

/* What is kept of the past, in bytes. */
static void write_memory(struct fb_json *json, const struct fb_api *api)
{
	uint64_t max, used = fb_series_memory(fb_engine_series(api->engine), &max);

	fb_json_kv_object(json, "memory");
	write_fill(json, "series", used, max);
	fb_json_end(json, '}');
}

/* What is looked for: where it is not, a null of a flow means nothing. */
static void write_knows(struct fb_json *json, const struct fb_api *api,
			const struct fb_status *status)
{
	fb_json_kv_object(json, "knows");
	fb_json_kv_bool(json, "owner", status->owner);
	fb_json_kv_str(json, "owner_lack", *status->owner_lack ? status->owner_lack : NULL);
	fb_json_kv_bool(json, "quality", status->quality);
	fb_json_kv_bool(json, "places", fb_geobook_known(fb_engine_geo(api->engine)));
	fb_json_kv_bool(json, "lists", fb_listbook_known(fb_engine_lists(api->engine)));
	fb_json_end(json, '}');
}

int fb_api_health(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));
	struct fb_json *json;
	const char *verdict;

	if (api->is_hub)
		return fb_fleethealth_write(req);
	if (!status)
		return -ENOMEM;
	fb_engine_status(api->engine, status);
	fb_told_status(status, req->anonymised);
	verdict = judge(status);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_str(json, "status", verdict);
	fb_json_key(json, "reasons");
	write_reasons(json, status);
	fb_json_kv_bool(json, "panic", status->panic);
	fb_json_key(json, "counters");
	write_counters(json, api, status);
	fb_json_kv_object(json, "maps");
	write_fill(json, "fb_flows", status->rows_used, status->rows_max);
	write_fill(json, "fb_names", status->names_used, status->names_max);
	fb_json_end(json, '}');
	write_memory(json, api);
	fb_json_kv_str(json, "waits_for", status->waits_for[0] ? status->waits_for : NULL);
	fb_json_key(json, "interfaces");
	fb_status_write_links(json, status);
	write_programs(json, status);
	fb_json_kv_object(json, "ring");
	fb_json_kv_u64(json, "bytes", status->ring_bytes);
	fb_json_kv_u64(json, "lost", status->counters[FB_STAT_ring_full].value);
	fb_json_end(json, '}');
	fb_json_key(json, "conntrack");
	fb_status_write_conntrack(json, status);
	fb_json_key(json, "exports");
	fb_status_write_exports(json, status);
	fb_json_kv_str(json, "sensor", *status->sensor ? status->sensor : NULL);
	fb_json_kv_str(json, "sensor_name", *status->sensor ? status->sensor_name : NULL);
	fb_json_key(json, "history");
	fb_status_write_history(json, &status->history);
	fb_json_key(json, "judge");
	fb_status_write_judge(json, &status->judge);
	write_knows(json, api, status);
	write_times(json, status);
	fb_json_end(json, '}');
	if (!strcmp(verdict, "down"))
		req->reply.status = 503;
	return 0;
}

int fb_api_log(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_journal_entry *entries = NULL;
	struct fb_json *json;
	uint64_t since, last;
	unsigned int n;

	if (!fb_param_u64(req, "since", 0, INT64_MAX, 0, &since))
		return 0;
	entries = calloc(FB_JOURNAL_ENTRIES, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	n = fb_journal_read(fb_engine_journal(api->engine), since, entries, FB_JOURNAL_ENTRIES);
	last = n ? entries[n - 1].seq : since;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++)
		fb_journal_write(json, &entries[i]);
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "last", last);
	fb_json_end(json, '}');
	return 0;
}
