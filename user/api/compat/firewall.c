/* SPDX-License-Identifier: BSD-2-Clause */
/* The paths of router pages and network monitors, by interface, in their shapes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flowbpf/row.h>

#include "api/api.h"
#include "api/compat/connections.h"
#include "api/list_json.h"
#include "api/routes.h"
#include "api/status_json.h"
#include "api/summary.h"
#include "engine/engine.h"
#include "engine/status.h"
#include "http/reply.h"
#include "query/query.h"
#include "util/addr.h"
#include "util/fmt.h"
#include "util/cleanup.h"
#include "util/select.h"

/* A copy to be freed; NULL when memory is short. */
static struct fb_status *get_status(const struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_status *status = malloc(sizeof(*status));

	if (status)
		fb_engine_status(api->engine, status);
	return status;
}

/* An interface by name or index; "0" is all of them. */
static bool find_link(struct fb_request *req, const struct fb_status *status, uint16_t *ret_link)
{
	const char *text = req->path_args[0];
	char number[16];

	*ret_link = 0;
	if (!strcmp(text, "0"))
		return true;
	for (unsigned int i = 0; i < status->n_links; i++) {
		snprintf(number, sizeof(number), "%" PRIu32, status->links[i].ifindex);
		if (strcmp(status->links[i].name, text) != 0 && strcmp(number, text) != 0)
			continue;
		*ret_link = status->links[i].link;
		return true;
	}
	fb_reply_problem(req, 404, "no-such-interface",
			 "no such interface is attached; 0 stands for all");
	return false;
}

static bool is_on(const struct fb_flow *flow, uint16_t link)
{
	if (!link || flow->link == link)
		return true;
	for (unsigned int i = 0; flow->links && i < flow->links->n; i++)
		if (flow->links->link[i].link == link)
			return true;
	return false;
}

/* Live, on that interface and, if wanted, from inside to outside. */
static bool is_wanted(const struct fb_flow *flow, uint16_t link, bool outbound)
{
	return fb_flow_is_live(flow) && is_on(flow, link) &&
	       (!outbound || flow->scope == FB_SCOPE_INTERNAL_EXTERNAL);
}

static const char *sni(const struct fb_flow *flow)
{
	for (unsigned int i = 0; flow->names && i < flow->names->n; i++) {
		uint8_t source = flow->names->name[i].source;

		if (source == FB_NAME_SNI || source == FB_NAME_QUIC || source == FB_NAME_ECH)
			return flow->names->name[i].text;
	}
	return NULL;
}

static void write_human(struct fb_json *json, const char *key, enum fb_field_id id,
			const struct fb_flow_at *at)
{
	char human[FB_FMT_STRLEN];
	struct fb_value value;

	fb_field_get(&fb_fields[id], at, &value);
	fb_json_kv_str(json, key, value.known ? fb_fmt_bytes(value.num, human) : NULL);
}

static void write_connection(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	uint64_t end = flow->closed_at ? flow->closed_at : at->snapshot->now_ns;
	char text[FB_ADDR_STRLEN], human[FB_FMT_STRLEN], proto[16];

	fb_json_object(json);
	fb_json_key(json, "id");
	fb_json_strf(json, "%016" PRIx64, flow->id);
	fb_json_kv_str(json, "src_ip", fb_addr_format(flow->src, flow->family, text));
	fb_json_kv_str(json, "src_hostname", fb_flow_src_host(flow));
	fb_json_kv_str(json, "dst_ip", fb_addr_format(flow->dst, flow->family, text));
	fb_write_host(json, "dst_hostname", flow);
	fb_json_kv_str(json, "service", flow->service);
	fb_json_key(json, "protocol");
	if (flow->dst_port)
		fb_json_strf(json, "%s/%u", fb_proto_upper(flow->proto, proto), flow->dst_port);
	else
		fb_json_str(json, fb_proto_upper(flow->proto, proto));
	fb_alias_write_field(json, "upload_bytes", FB_FIELD_bytes_up, at);
	fb_alias_write_field(json, "download_bytes", FB_FIELD_bytes_down, at);
	fb_alias_write_field(json, "total_bytes", FB_FIELD_bytes, at);
	write_human(json, "upload_human", FB_FIELD_bytes_up, at);
	write_human(json, "download_human", FB_FIELD_bytes_down, at);
	fb_json_kv_str(
		json, "duration",
		fb_fmt_duration(end > flow->first_seen ? (end - flow->first_seen) / 1000000 : 0,
				human));
	fb_json_kv_str(json, "sni", sni(flow));
	fb_json_end(json, '}');
}

struct picked {
	struct fb_flow_at *flows; /* most bytes first */
	uint32_t n;
	uint64_t bytes[2];
};

static int by_bytes(const void *a, const void *b, void *ctx)
{
	const struct fb_traffic *x = ((const struct fb_flow_at *)a)->traffic;
	const struct fb_traffic *y = ((const struct fb_flow_at *)b)->traffic;
	uint64_t p = x->bytes[FB_UP] + x->bytes[FB_DOWN], q = y->bytes[FB_UP] + y->bytes[FB_DOWN];

	(void)ctx;
	return (p < q) - (p > q);
}

static int by_source(const void *a, const void *b, void *ctx)
{
	const struct fb_flow *x = ((const struct fb_flow_at *)a)->flow;
	const struct fb_flow *y = ((const struct fb_flow_at *)b)->flow;
	int order = memcmp(x->src, y->src, 16);

	(void)ctx;
	return order ? order : x->family - y->family;
}

static bool pick(const struct fb_snapshot *snapshot, uint16_t link, bool outbound,
		 struct picked *ret_picked)
{
	struct fb_flow_at at;

	*ret_picked = (struct picked){.flows = calloc(snapshot->live + 1, sizeof(at))};
	if (!ret_picked->flows)
		return false;
	for (uint32_t i = 0; i < snapshot->n && ret_picked->n < snapshot->live; i++) {
		if (!fb_snapshot_at(snapshot, i, &at) || !is_wanted(at.flow, link, outbound))
			continue;
		ret_picked->flows[ret_picked->n++] = at;
		for (int dir = 0; dir < 2; dir++)
			ret_picked->bytes[dir] += at.traffic->bytes[dir];
	}
	fb_sort(ret_picked->flows, ret_picked->n, sizeof(at), by_bytes, NULL);
	return true;
}

/* Reorders the flows. */
static void write_grouped(struct fb_json *json, struct picked *picked)
{
	char text[FB_ADDR_STRLEN];

	fb_sort(picked->flows, picked->n, sizeof(*picked->flows), by_source, NULL);
	fb_json_kv_object(json, "grouped");
	for (uint32_t i = 0, from; i < picked->n;) {
		const struct fb_flow *flow = picked->flows[i].flow;
		uint64_t bytes[2] = {0, 0};

		for (from = i;
		     i < picked->n && !by_source(&picked->flows[from], &picked->flows[i], NULL);
		     i++)
			for (int dir = 0; dir < 2; dir++)
				bytes[dir] += picked->flows[i].traffic->bytes[dir];
		fb_json_kv_object(json, fb_addr_format(flow->src, flow->family, text));
		fb_json_kv_u64(json, "connections", i - from);
		fb_json_kv_u64(json, "upload", bytes[FB_UP]);
		fb_json_kv_u64(json, "download", bytes[FB_DOWN]);
		fb_json_end(json, '}');
	}
	fb_json_end(json, '}');
}

static void write_picked(struct fb_json *json, struct picked *picked, int64_t wall_ms)
{
	char human[FB_FMT_STRLEN];

	fb_json_kv_object(json, "data");
	fb_json_kv_array(json, "connections");
	for (uint32_t i = 0; i < picked->n; i++)
		write_connection(json, &picked->flows[i]);
	fb_json_end(json, ']');
	write_grouped(json, picked);
	fb_json_kv_u64(json, "total_count", picked->n);
	fb_json_kv_u64(json, "total_upload", picked->bytes[FB_UP]);
	fb_json_kv_u64(json, "total_download", picked->bytes[FB_DOWN]);
	fb_json_kv_str(json, "total_upload_human", fb_fmt_bytes(picked->bytes[FB_UP], human));
	fb_json_kv_str(json, "total_download_human", fb_fmt_bytes(picked->bytes[FB_DOWN], human));
	fb_json_kv_time(json, "timestamp", wall_ms);
	fb_json_end(json, '}');
}

static int reply_connections(struct fb_request *req, bool outbound)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_free_ struct fb_status *status = get_status(req);
	struct picked picked;
	struct fb_json *json;
	uint16_t link;

	if (!status)
		return -ENOMEM;
	if (!find_link(req, status, &link))
		return 0;
	if (!pick(snapshot, link, outbound, &picked))
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_bool(json, "success", true);
	write_picked(json, &picked, snapshot->wall_ms);
	fb_json_kv_time(json, "timestamp", snapshot->wall_ms);
	fb_json_end(json, '}');
	free(picked.flows);
	return 0;
}

int fb_api_alias_firewall(struct fb_request *req)
{
	return reply_connections(req, true);
}

int fb_api_alias_of_interface(struct fb_request *req)
{
	return reply_connections(req, false);
}

int fb_api_alias_count(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_free_ struct fb_status *status = get_status(req);
	struct fb_json *json;
	struct fb_flow_at at;
	uint64_t n = 0;
	uint16_t link;

	if (!status)
		return -ENOMEM;
	if (!find_link(req, status, &link))
		return 0;
	for (uint32_t i = 0; i < snapshot->n; i++)
		n += fb_snapshot_at(snapshot, i, &at) && is_wanted(at.flow, link, false);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_bool(json, "success", true);
	fb_json_kv_u64(json, "count", n);
	fb_json_kv_time(json, "timestamp", snapshot->wall_ms);
	fb_json_end(json, '}');
	return 0;
}

int fb_api_alias_status(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(api->engine);
	_cleanup_free_ struct fb_status *status = get_status(req);
	struct fb_json *json;

	if (!status)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_bool(json, "success", true);
	fb_monitor_write(json, status, snapshot);
	fb_json_end(json, '}');
	return 0;
}
