/* SPDX-License-Identifier: BSD-2-Clause */
#include "api/fleethealth.h"

#include <inttypes.h>
#include <unistd.h>

#include "api/api.h"
#include "fleet/fleetwatch.h"
#include "http/reply.h"
#include "util/clock.h"

void fb_api_write_list(struct fb_json *json, const struct fb_api_list *list)
{
	if (list->write) {
		list->write(list->ctx, json);
		return;
	}
	fb_json_array(json);
	fb_json_end(json, ']');
}

static void write_clickhouse(struct fb_json *json, const struct fb_fleetwatch_state *state)
{
	fb_json_kv_object(json, "clickhouse");
	fb_json_kv_bool(json, "reachable", state->reachable);
	fb_json_kv_time(json, "since", state->since_ms);
	fb_json_kv_time(json, "looked", state->looked_ms);
	fb_json_kv_str(json, "server", state->server);
	fb_json_kv_str(json, "error", *state->error ? state->error : NULL);
	fb_json_end(json, '}');
}

/* A process of its own, that may be older than what its API is told by. */
static void write_process(struct fb_json *json, const struct fb_api *api,
			  const struct fb_fleetwatch_state *state)
{
	fb_json_kv_str(json, "version", FLOWBPF_VERSION);
	fb_json_kv_time(json, "started", state->started_ms);
	fb_json_kv_u64(json, "uptime_s", state->uptime_ms / 1000);
	fb_json_kv_u64(json, "pid", (uint64_t)getpid());
	fb_json_kv_u64(json, "uid", getuid());
	fb_json_key(json, "boot_id");
	fb_json_strf(json, "%016" PRIx64, api->boot_id);
}

int fb_fleethealth_write(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_fleetwatch_state state;
	struct fb_json *json = fb_reply_json(req);

	fb_fleetwatch_state(api->watch, &state);
	fb_json_object(json);
	fb_json_kv_str(json, "status", state.reachable ? "ok" : "down");
	fb_json_kv_array(json, "reasons");
	if (!state.reachable)
		fb_json_strf(json, "ClickHouse does not answer: %s", state.error);
	fb_json_end(json, ']');
	fb_json_kv_bool(json, "hub", true);
	write_clickhouse(json, &state);
	fb_json_key(json, "sensors");
	fb_api_write_list(json, &api->sensors);
	fb_json_kv_object(json, "counters");
	fb_api_write_counters(json, api);
	fb_json_end(json, '}');
	write_process(json, api, &state);
	fb_json_end(json, '}');
	if (!state.reachable)
		req->reply.status = 503;
	return 0;
}
