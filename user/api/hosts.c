/* SPDX-License-Identifier: BSD-2-Clause */
/* Every address that takes part in flows, and all about one of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/list_json.h"
#include "api/params.h"
#include "api/paststamp.h"
#include "api/routes.h"
#include "api/toplists.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "past/series.h"
#include "query/query.h"
#include "util/addr.h"
#include "util/cleanup.h"

#define SERIES_SECONDS 300

/* Without the braces. */
static void write_host(struct fb_json *json, const struct fb_snapshot *snapshot,
		       const struct fb_host *host)
{
	char text[FB_ADDR_STRLEN];

	fb_json_kv_str(json, "ip", fb_addr_format(host->addr, host->family, text));
	fb_json_kv_str(json, "host", host->name ? host->name->text : NULL);
	fb_json_kv_str(json, "host_from",
		       host->name ? fb_name_source_name(host->name->source) : NULL);
	fb_json_kv_str(json, "scope", host->internal ? "internal" : "external");
	fb_json_kv_u64(json, "flows", host->flows);
	fb_json_kv_u64(json, "active", host->active);
	fb_json_kv_u64(json, "closed", host->flows - host->active);
	fb_json_kv_u64(json, "peers", host->peers);
	fb_write_ends(json, "bytes", host->bytes, 1);
	fb_write_ends(json, "packets", host->packets, 1);
	fb_write_ends(json, "rate_bps", host->rate, 8);
	fb_json_kv_time(json, "first_seen", fb_snapshot_wall_ms(snapshot, host->first_seen));
	fb_json_kv_time(json, "last_seen", fb_snapshot_wall_ms(snapshot, host->last_seen));
}

static void write_hosts(struct fb_json *json, const struct fb_snapshot *snapshot,
			const struct fb_host *hosts, uint32_t n)
{
	fb_json_kv_array(json, "items");
	for (uint32_t i = 0; i < n; i++) {
		fb_json_object(json);
		write_host(json, snapshot, &hosts[i]);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

int fb_api_hosts(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(fb_params_fini) struct fb_params spec = {.n_columns = 0};
	const struct fb_query *query = &spec.query;
	_cleanup_free_ struct fb_host *hosts = NULL;
	struct fb_json *json;
	uint64_t total;
	uint32_t n;

	if (!fb_params_read(req, snapshot->wall_ms, &spec) || !fb_params_place(req, &spec.query))
		return 0;
	if (fb_query_hosts(snapshot, query, &hosts, &n, &total))
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	write_hosts(json, snapshot, hosts, n);
	fb_write_page(json, query, snapshot->epoch, total, total, n);
	fb_past_write_stamp(json, req);
	fb_json_end(json, '}');
	return 0;
}

/*
 * The host in the list of all flows that have its address at an end: no host has more of them, so
 * it stands on the first page.
 */
static int find_host(struct fb_snapshot *snapshot, const char *text, const uint8_t addr[static 16],
		     struct fb_host **ret_hosts, const struct fb_host **ret_host)
{
	struct fb_params_texts texts = {.ip = text, .live = "both"};
	_cleanup_(fb_params_fini) struct fb_params spec = {.n_columns = 0};
	struct fb_params_error error;
	uint64_t total;
	uint32_t n = 0;
	int r;

	r = fb_params_parse(&texts, &spec, &error);
	spec.query.limit = FB_QUERY_LIMIT;
	if (!r)
		r = fb_query_hosts(snapshot, &spec.query, ret_hosts, &n, &total);
	for (uint32_t i = 0; !r && i < n; i++) {
		if (memcmp((*ret_hosts)[i].addr, addr, 16) != 0)
			continue;
		*ret_host = &(*ret_hosts)[i];
		return 0;
	}
	return r ? r : -ENOENT;
}

/* The biggest values of a field, of the flows that have the host at an end. */
static int write_lists(struct fb_json *json, struct fb_snapshot *snapshot, const char *addr)
{
	const struct fb_toplist lists[] = {
		{"services", "ip", FB_FIELD_service},
		{"names", "dst.ip", FB_FIELD_dst_host},
		{"servers", "src.ip", FB_FIELD_dst_ip},
		{"clients", "dst.ip", FB_FIELD_src_ip},
	};

	return fb_toplists_write(json, snapshot, lists, sizeof(lists) / sizeof(*lists), addr);
}

/* Rates are kept of the busiest hosts; null for the others. */
static void write_series(struct fb_json *json, struct fb_series *series, const char *addr)
{
	struct fb_series_answer answer;
	bool found = false;

	fb_json_key(json, "series");
	if (fb_series_read(series, FB_SERIES_HOST, SERIES_SECONDS, &answer) < 0) {
		fb_json_null(json);
		return;
	}
	for (unsigned int i = 0; i < answer.n_lines && !found; i++) {
		found = !strcmp(answer.line[i].key, addr);
		if (!found)
			continue;
		fb_json_object(json);
		fb_json_kv_u64(json, "step_s", answer.step_s);
		fb_json_kv_time(json, "start", answer.start_ms);
		fb_write_points(json, "up", answer.line[i].up, answer.n);
		fb_write_points(json, "down", answer.line[i].down, answer.n);
		fb_json_end(json, '}');
	}
	if (!found)
		fb_json_null(json);
	fb_series_answer_fini(&answer);
}

int fb_api_host(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_free_ struct fb_host *hosts = NULL;
	const struct fb_host *host = NULL;
	char text[FB_ADDR_STRLEN];
	uint8_t addr[16], family;
	struct fb_json *json;
	int r = -ENOENT;

	if (!fb_addr_parse_host(req->path_args[0], addr, &family)) {
		fb_addr_format(addr, family, text);
		r = find_host(snapshot, text, addr, &hosts, &host);
	}
	if (r == -ENOENT) {
		fb_reply_problem(req, 404, "no-such-host", "no flow has this address");
		return 0;
	}
	if (r)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	write_host(json, snapshot, host);
	r = write_lists(json, snapshot, text);
	if (fb_past_of(req) || req->anonymised)
		fb_json_kv_str(json, "series", NULL);
	else
		write_series(json, fb_engine_series(api->engine), text);
	fb_json_end(json, '}');
	return r;
}
