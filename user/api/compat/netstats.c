/* SPDX-License-Identifier: BSD-2-Clause */
/* What network monitors ask for, in psutil's terms: all interfaces, and connections. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/compat/connections.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/ifbook.h"
#include "engine/listenbook.h"
#include "flow/flow.h"
#include "flow/owner.h"
#include "flow/snapshot.h"
#include "http/reply.h"
#include "util/addr.h"

static void kv_known(struct fb_json *json, const char *key, uint32_t value)
{
	fb_json_key(json, key);
	if (value)
		fb_json_u64(json, value);
	else
		fb_json_null(json);
}

static void write_interface(struct fb_json *json, const struct fb_ifbook_entry *entry)
{
	const struct rtnl_link_stats64 *stats = &entry->link.stats;

	fb_json_object(json);
	fb_json_kv_str(json, "name", entry->link.name);
	fb_json_kv_bool(json, "is_up", entry->link.up && entry->link.running);
	kv_known(json, "speed", entry->hardware.speed);
	kv_known(json, "mtu", entry->link.mtu);
	fb_json_kv_u64(json, "bytes_sent", stats->tx_bytes);
	fb_json_kv_u64(json, "bytes_recv", stats->rx_bytes);
	fb_json_kv_u64(json, "packets_sent", stats->tx_packets);
	fb_json_kv_u64(json, "packets_recv", stats->rx_packets);
	fb_json_kv_u64(json, "errin", stats->rx_errors);
	fb_json_kv_u64(json, "errout", stats->tx_errors);
	fb_json_kv_u64(json, "dropin", stats->rx_dropped);
	fb_json_kv_u64(json, "dropout", stats->tx_dropped);
	fb_json_end(json, '}');
}

static const char *socket_type(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "SOCK_STREAM";
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return "SOCK_DGRAM";
	case IPPROTO_SCTP:
		return "SOCK_SEQPACKET";
	}
	return "SOCK_RAW";
}

/* Without ports it is the address alone: port 0 is none that anybody has. */
static void write_end(struct fb_json *json, const char *key, const struct fb_flow *flow, bool src)
{
	const uint8_t *addr = src ? flow->src : flow->dst;
	const uint16_t port = src ? flow->src_port : flow->dst_port;
	char text[FB_ENDPOINT_STRLEN];

	if (flow->src_port || flow->dst_port)
		fb_endpoint_format(addr, flow->family, port, text);
	else
		fb_addr_format(addr, flow->family, text);
	fb_json_kv_str(json, key, text);
}

static void write_socket(struct fb_json *json, const struct fb_flow_at *at)
{
	const struct fb_owner *owner = fb_flow_owner(at);
	const struct fb_flow *flow = at->flow;
	const bool in = flow->direction == FB_DIRECTION_IN;

	fb_json_object(json);
	write_end(json, "local_address", flow, !in);
	write_end(json, "remote_address", flow, in);
	fb_json_kv_str(json, "status", fb_state_name(flow->state));
	kv_known(json, "pid", owner ? owner->key.pid : 0);
	fb_json_kv_str(json, "process", owner ? owner->process : NULL);
	fb_json_kv_str(json, "type", socket_type(flow->proto));
	fb_json_end(json, '}');
}

/* psutil has no other end of it. */
static void write_listener(struct fb_json *json, const struct fb_listenbook_entry *entry)
{
	const struct fb_listener *listener = &entry->listener;
	char text[FB_ENDPOINT_STRLEN];

	if (listener->proto != IPPROTO_TCP)
		return;
	fb_json_object(json);
	fb_json_kv_str(json, "local_address",
		       fb_endpoint_format(listener->addr, listener->family, listener->port, text));
	fb_json_kv_str(json, "remote_address", "");
	fb_json_kv_str(json, "status", "LISTEN");
	kv_known(json, "pid", entry->pid);
	fb_json_kv_str(json, "process", *entry->process ? entry->process : NULL);
	fb_json_kv_str(json, "type", socket_type(listener->proto));
	fb_json_end(json, '}');
}

static int write_listeners(struct fb_json *json, const struct fb_api *api)
{
	struct fb_listenbook_list list;

	if (fb_listenbook_read(fb_engine_listeners(api->engine), &list) < 0)
		return -ENOMEM;
	for (unsigned int i = 0; i < list.n; i++)
		write_listener(json, &list.entry[i]);
	free(list.entry);
	return 0;
}

static void write_totals(struct fb_json *json, const struct fb_ifbook_list *list)
{
	struct rtnl_link_stats64 sum = {0};

	for (unsigned int i = 0; i < list->n; i++) {
		const struct rtnl_link_stats64 *stats = &list->entry[i].link.stats;

		sum.tx_bytes += stats->tx_bytes;
		sum.rx_bytes += stats->rx_bytes;
		sum.tx_packets += stats->tx_packets;
		sum.rx_packets += stats->rx_packets;
	}
	fb_json_kv_u64(json, "total_bytes_sent", sum.tx_bytes);
	fb_json_kv_u64(json, "total_bytes_recv", sum.rx_bytes);
	fb_json_kv_u64(json, "packets_sent", sum.tx_packets);
	fb_json_kv_u64(json, "packets_recv", sum.rx_packets);
}

int fb_api_alias_network(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_snapshot *snapshot = req->edition;
	struct fb_ifbook_list list;
	struct fb_json *json;
	struct fb_flow_at at;
	int r;

	if (fb_ifbook_list(fb_engine_interfaces(api->engine), &list) < 0)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "interfaces");
	for (unsigned int i = 0; i < list.n; i++)
		write_interface(json, &list.entry[i]);
	fb_json_end(json, ']');
	fb_json_kv_array(json, "connections");
	for (uint32_t i = 0; i < snapshot->n; i++)
		if (fb_snapshot_at(snapshot, i, &at) && fb_flow_is_live(at.flow))
			write_socket(json, &at);
	r = write_listeners(json, api);
	fb_json_end(json, ']');
	write_totals(json, &list);
	fb_json_end(json, '}');
	free(list.entry);
	return r;
}
