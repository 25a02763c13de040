/* SPDX-License-Identifier: BSD-2-Clause */
/* Events that every stream gets; see the header. */
#include "live/events.h"

#include <inttypes.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/incidentjson.h"
#include "api/pastwindows.h"
#include "api/status_json.h"
#include "api/summary.h"
#include "api/screened.h"
#include "engine/engine.h"
#include "engine/incidentbook.h"
#include "engine/journal.h"
#include "engine/status.h"
#include "flow/snapshot.h"
#include "past/windows.h"
#include "util/clock.h"
#include "util/cleanup.h"

#define LOG_BATCH      16
#define WINDOW_BATCH   60
#define INCIDENT_BATCH 8

static void begin_event(struct fb_json *json, struct fb_buf *buf, const char *name)
{
	fb_buf_addf(buf, "event: %s\ndata: ", name);
	fb_json_init(json, buf);
}

static void make_monitor(struct fb_events *events, const struct fb_snapshot *snapshot)
{
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;

	if (!status)
		return;
	fb_engine_status(events->api->engine, status);
	events->monitored = 1;
	for (unsigned int i = 0; i < status->n_links; i++)
		events->monitored = events->monitored * 31 + status->links[i].ifindex * 4u +
				    status->links[i].state + 1;
	begin_event(&json, &buf, "monitor_status");
	fb_json_object(&json);
	fb_monitor_write(&json, status, snapshot);
	fb_json_end(&json, '}');
	fb_buf_adds(&buf, "\n\n");
	events->monitor = fb_chunk_new(&buf);
}

void fb_events_make(struct fb_events *events, struct fb_api *api, struct fb_snapshot *snapshot)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_json json;

	events->api = api;
	events->epoch = snapshot->epoch;
	make_monitor(events, snapshot);
	fb_buf_adds(&buf, "event: summary\ndata: {\"server_time\":");
	fb_json_init(&json, &buf);
	fb_json_time(&json, fb_wall_ms());
	fb_buf_addc(&buf, ',');
	if (fb_summary_write(api, snapshot, &buf))
		return;
	fb_buf_adds(&buf, "}\n\n");
	events->summary = fb_chunk_new(&buf);
}

static void deliver_log(struct fb_client *client, struct fb_journal *journal)
{
	struct fb_journal_entry entries[LOG_BATCH];
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_chunk *chunk;
	unsigned int n = fb_journal_read(journal, client->log_seq, entries, LOG_BATCH);

	if (!n)
		return;
	for (unsigned int i = 0; i < n; i++) {
		struct fb_json json;

		fb_buf_addf(&buf,
			    "id: %016" PRIx64 "-%" PRIu64 "\nevent: log\ndata: ", client->hub_boot,
			    entries[i].seq);
		fb_json_init(&json, &buf);
		fb_journal_write(&json, &entries[i]);
		fb_buf_adds(&buf, "\n\n");
	}
	chunk = fb_chunk_new(&buf);
	if (fb_client_add(client, chunk))
		client->log_seq = entries[n - 1].seq;
	fb_chunk_put(chunk);
}

/* Windows that closed: each an event of its own, or for a client that is new all in one. */
static void write_closed(struct fb_buf *buf, const struct fb_window *list, unsigned int n,
			 bool is_new)
{
	struct fb_json json;

	if (is_new) {
		begin_event(&json, buf, "batch_history");
		fb_json_object(&json);
		fb_json_kv_array(&json, "items");
	}
	for (unsigned int i = 0; i < n; i++) {
		if (!is_new)
			begin_event(&json, buf, "batch_results");
		fb_window_write(&json, &list[i]);
		if (!is_new)
			fb_buf_adds(buf, "\n\n");
	}
	if (is_new) {
		fb_json_end(&json, ']');
		fb_json_end(&json, '}');
		fb_buf_adds(buf, "\n\n");
	}
}

static void write_begun(struct fb_buf *buf, uint64_t id, int64_t start_ms, uint32_t seconds)
{
	struct fb_json json;

	begin_event(&json, buf, "batch_start");
	fb_json_object(&json);
	fb_json_kv_u64(&json, "id", id);
	fb_json_kv_u64(&json, "batch_id", id);
	fb_json_kv_time(&json, "start_time", start_ms);
	fb_json_kv_u64(&json, "duration_s", seconds);
	fb_json_end(&json, '}');
	fb_buf_adds(buf, "\n\n");
}

/* What closed since, and the window that fills now; a client that is new gets them all. */
static void deliver_windows(struct fb_client *client, const struct fb_api *api)
{
	struct fb_windows *windows = fb_engine_windows(api->engine);
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	_cleanup_free_ struct fb_window *list = NULL;
	struct fb_chunk *chunk;
	int64_t start_ms;
	uint64_t id, after;
	unsigned int n;

	fb_windows_current(windows, &id, &start_ms);
	if (!id || id == client->window)
		return;
	/* A client that was away long asks the list for the rest. */
	after = client->window ? client->window - 1 : 0;
	if (id > WINDOW_BATCH + 1 && after < id - 1 - WINDOW_BATCH)
		after = id - 1 - WINDOW_BATCH;
	list = calloc(WINDOW_BATCH, sizeof(*list));
	n = list ? fb_windows_read(windows, after, list, WINDOW_BATCH) : 0;
	for (unsigned int i = 0; i < n; i++)
		fb_told_window(api, &list[i], client->anonymised);
	write_closed(&buf, list, n, !client->window);
	write_begun(&buf, id, start_ms, fb_windows_seconds(windows));
	chunk = fb_chunk_new(&buf);
	if (fb_client_add(client, chunk))
		client->window = id;
	fb_chunk_put(chunk);
}

/* What happened since it came: what there was before, it asks for. */
static void deliver_incidents(struct fb_client *client, struct fb_incidentbook *book)
{
	const uint64_t after = client->incident ? client->incident - 1 : UINT64_MAX;
	struct fb_incident_item list[INCIDENT_BATCH];
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_chunk *chunk;
	uint64_t last;
	const unsigned int n = fb_incidentbook_news(book, after, list, INCIDENT_BATCH, &last);

	if (!n) {
		client->incident = last + 1;
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		struct fb_json json;

		begin_event(&json, &buf, "incident");
		fb_incident_write_news(&json, &list[i]);
		fb_buf_adds(&buf, "\n\n");
	}
	chunk = fb_chunk_new(&buf);
	if (fb_client_add(client, chunk))
		client->incident = list[n - 1].seq + 1;
	fb_chunk_put(chunk);
}

void fb_events_deliver(const struct fb_events *events, struct fb_client *client, bool tick)
{
	if (events->summary && (tick || !client->greeted))
		client->greeted = fb_client_add(client, events->summary);
	if (!events->api)
		return;
	if (client->monitor != events->monitored && fb_client_add(client, events->monitor))
		client->monitor = events->monitored;
	if (!client->anonymised) { /* sentences, which name hosts */
		deliver_log(client, fb_engine_journal(events->api->engine));
		deliver_incidents(client, fb_engine_incidents(events->api->engine));
	}
	deliver_windows(client, events->api);
}

void fb_events_fini(struct fb_events *events)
{
	fb_chunk_put(events->summary);
	fb_chunk_put(events->monitor);
	events->summary = events->monitor = NULL;
}

void fb_events_hello(struct fb_client *client, struct fb_api *api, bool may_act)
{
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	struct fb_chunk *chunk;
	struct fb_json json;

	if (!status)
		return;
	fb_engine_status(api->engine, status);
	fb_buf_addf(&buf, "retry: 2000\nid: %016" PRIx64 "-%" PRIu64 "\nevent: hello\ndata: ",
		    api->boot_id, client->log_seq);
	fb_json_init(&json, &buf);
	fb_json_object(&json);
	fb_json_kv_str(&json, "sid", client->sid);
	fb_json_key(&json, "boot_id");
	fb_json_strf(&json, "%016" PRIx64, api->boot_id);
	fb_json_kv_str(&json, "version", FLOWBPF_VERSION);
	fb_json_kv_u64(&json, "interval_ms", 1000);
	fb_json_kv_time(&json, "server_time", fb_wall_ms());
	fb_json_key(&json, "interfaces");
	fb_status_write_links(&json, status);
	fb_json_kv_object(&json, "caps");
	fb_json_key(&json, "conntrack");
	if (status->conntrack.available)
		fb_json_bool(&json, true);
	else
		fb_json_str(&json, status->conntrack.reason);
	fb_json_kv_bool(&json, "act", may_act);
	fb_json_kv_bool(&json, "series", true);
	fb_json_kv_bool(&json, "windows", true);
	fb_json_kv_bool(&json, "history", api->past != NULL);
	fb_json_end(&json, '}');
	fb_json_end(&json, '}');
	fb_buf_adds(&buf, "\n\n");
	chunk = fb_chunk_new(&buf);
	fb_client_add(client, chunk);
	fb_chunk_put(chunk);
}
