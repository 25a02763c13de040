/* SPDX-License-Identifier: BSD-2-Clause */
/* The paths of conntrack dashboards, in their shapes: {"success":true,"data":...}. */
#include "api/compat/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/list_json.h"
#include "api/params.h"
#include "api/routes.h"
#include "api/summary.h"
#include "flow/facts.h"
#include "flow/value.h"
#include "http/reply.h"
#include "query/query.h"
#include "util/addr.h"
#include "util/cleanup.h"

static struct fb_json *begin(struct fb_request *req)
{
	struct fb_json *json = fb_reply_json(req);

	fb_json_object(json);
	fb_json_kv_bool(json, "success", true);
	return json;
}

static void write_port(struct fb_json *json, const char *key, const struct fb_flow *flow,
		       uint16_t port)
{
	fb_json_key(json, key);
	if (flow->src_port || flow->dst_port)
		fb_json_u64(json, port);
	else
		fb_json_null(json);
}

/* A number that only conntrack knows. */
static void write_ct(struct fb_json *json, const char *key, const struct fb_flow *flow,
		     uint64_t value)
{
	fb_json_key(json, key);
	if (flow->flags & FB_FLOW_CONNTRACK)
		fb_json_u64(json, value);
	else
		fb_json_null(json);
}

void fb_alias_write_field(struct fb_json *json, const char *key, enum fb_field_id id,
			  const struct fb_flow_at *at)
{
	const struct fb_field *field = &fb_fields[id];
	struct fb_value value;

	fb_field_get(field, at, &value);
	fb_json_key(json, key);
	fb_value_write_json(json, field, &value);
}

void fb_alias_write_connection(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	bool ct = flow->flags & FB_FLOW_CONNTRACK;
	bool assured = ct && (flow->ct_status & FB_IPS_ASSURED);
	bool replied = flow->ct_status & FB_IPS_SEEN_REPLY;
	char text[FB_ADDR_STRLEN];
	char proto[16];

	fb_json_object(json);
	fb_json_key(json, "id");
	fb_json_strf(json, "%016llx", (unsigned long long)flow->id);
	fb_json_kv_str(json, "protocol", fb_proto_upper(flow->proto, proto));
	fb_json_kv_str(json, "state", fb_state_name(flow->state));
	fb_json_kv_str(json, "src", fb_addr_format(flow->src, flow->family, text));
	fb_json_kv_str(json, "dst", fb_addr_format(flow->dst, flow->family, text));
	write_port(json, "sport", flow, flow->src_port);
	write_port(json, "dport", flow, flow->dst_port);
	write_ct(json, "mark", flow, flow->ct_mark);
	fb_json_key(json, "use"); /* a count of references inside the kernel, not told by netlink */
	fb_json_null(json);
	fb_json_kv_array(json, "flags");
	if (assured)
		fb_json_str(json, "ASSURED");
	if (ct && !replied)
		fb_json_str(json, "UNREPLIED");
	fb_json_end(json, ']');
	fb_json_kv_bool(json, "assured", assured);
	fb_json_kv_bool(json, "unreplied", ct && !replied);
	fb_alias_write_field(json, "timeout", FB_FIELD_timeout, at);
	fb_write_host(json, "host", flow);
	fb_alias_write_field(json, "bytes_sent", FB_FIELD_bytes_up, at);
	fb_alias_write_field(json, "bytes_received", FB_FIELD_bytes_down, at);
	fb_alias_write_field(json, "packets_sent", FB_FIELD_packets_up, at);
	fb_alias_write_field(json, "packets_received", FB_FIELD_packets_down, at);
	fb_json_end(json, '}');
}

enum top_kind {
	TOP_SOURCE,
	TOP_DESTINATION,
	TOP_DPORT,
	TOP_SPORT,
};

static int write_top(struct fb_json *json, struct fb_snapshot *snapshot, enum top_kind kind,
		     uint32_t n)
{
	static const enum fb_field_id fields[] = {FB_FIELD_src_ip, FB_FIELD_dst_ip,
						  FB_FIELD_dst_port, FB_FIELD_src_port};
	struct fb_query query;
	_cleanup_(fb_ask_fini) struct fb_ask ask = {
		.kind = FB_ASK_TOP,
		.query = &query,
		.field = &fb_fields[fields[kind]],
		.metric = FB_METRIC_COUNT,
		.n = n,
	};
	char text[FB_ADDR_STRLEN];
	int r;

	fb_query_init(&query);
	r = fb_query_ask(snapshot, &ask, 1);
	fb_json_array(json);
	for (uint32_t i = 0; i < ask.n_top; i++) {
		const struct fb_flow *flow = ask.top[i].first.flow;

		fb_json_object(json);
		if (kind == TOP_SOURCE || kind == TOP_DESTINATION)
			fb_json_kv_str(json, "ip",
				       fb_addr_format(kind == TOP_SOURCE ? flow->src : flow->dst,
						      flow->family, text));
		else
			fb_json_kv_u64(json, "port",
				       kind == TOP_DPORT ? flow->dst_port : flow->src_port);
		fb_json_kv_u64(json, "count", ask.top[i].count);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
	return r;
}

static int reply_top(struct fb_request *req, enum top_kind kind)
{
	struct fb_snapshot *snapshot = req->edition;
	bool source_port;
	struct fb_json *json;
	uint32_t n;

	if (!fb_params_top_n(req, &n, &source_port))
		return 0;
	if (kind == TOP_DPORT && source_port)
		kind = TOP_SPORT;
	json = begin(req);
	fb_json_key(json, "data");
	if (write_top(json, snapshot, kind, n))
		return -ENOMEM;
	fb_json_end(json, '}');
	return 0;
}

int fb_api_alias_sources(struct fb_request *req)
{
	return reply_top(req, TOP_SOURCE);
}

int fb_api_alias_destinations(struct fb_request *req)
{
	return reply_top(req, TOP_DESTINATION);
}

int fb_api_alias_ports(struct fb_request *req)
{
	return reply_top(req, TOP_DPORT);
}

static int reply_summary(struct fb_request *req,
			 void (*write)(struct fb_json *json, const struct fb_summary *summary))
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_free_ struct fb_summary *summary = NULL;
	struct fb_json *json;

	if (fb_query_summary(snapshot, &summary))
		return -ENOMEM;
	json = begin(req);
	fb_json_key(json, "data");
	write(json, summary);
	fb_json_end(json, '}');
	return 0;
}

int fb_api_alias_protocols(struct fb_request *req)
{
	return reply_summary(req, fb_summary_write_protocols);
}

int fb_api_alias_states(struct fb_request *req)
{
	return reply_summary(req, fb_summary_write_states);
}

int fb_api_alias_matrix(struct fb_request *req)
{
	return reply_summary(req, fb_summary_write_matrix);
}

static int write_all(struct fb_json *json, struct fb_snapshot *snapshot,
		     const struct fb_summary *summary)
{
	static const char *const keys[] = {"top_source_ips", "top_destination_ips",
					   "top_destination_ports", "top_source_ports"};
	int r = 0;

	fb_json_kv_u64(json, "total_connections", snapshot->live);
	fb_json_key(json, "by_protocol");
	fb_summary_write_protocols(json, summary);
	fb_json_key(json, "by_state");
	fb_summary_write_states(json, summary);
	for (unsigned int kind = TOP_SOURCE; !r && kind <= TOP_SPORT; kind++) {
		fb_json_key(json, keys[kind]);
		r = write_top(json, snapshot, (enum top_kind)kind, 10);
	}
	fb_json_key(json, "protocol_state_matrix");
	fb_summary_write_matrix(json, summary);
	fb_json_kv_time(json, "timestamp", snapshot->wall_ms);
	return r;
}

int fb_api_alias_summary(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_free_ struct fb_summary *summary = NULL;
	struct fb_json *json;

	if (fb_query_summary(snapshot, &summary))
		return -ENOMEM;
	json = begin(req);
	fb_json_kv_object(json, "data");
	if (write_all(json, snapshot, summary))
		return -ENOMEM;
	fb_json_end(json, '}');
	fb_json_end(json, '}');
	return 0;
}
