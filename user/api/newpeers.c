/* SPDX-License-Identifier: BSD-2-Clause */
/* Destinations that are new to a host, newest first. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "flow/flow.h"
#include "http/reply.h"
#include "past/peers.h"
#include "util/addr.h"
#include "util/cleanup.h"

static void write_end(struct fb_json *json, const char *key, const uint8_t *addr, uint8_t family,
		      const char *host, const uint16_t *port)
{
	char text[FB_ADDR_STRLEN];

	fb_json_kv_object(json, key);
	fb_json_kv_str(json, "ip", fb_addr_format(addr, family, text));
	if (port)
		fb_json_kv_u64(json, "port", *port);
	fb_json_kv_str(json, "host", *host ? host : NULL);
	fb_json_end(json, '}');
}

static void write_peer(struct fb_json *json, const struct fb_new_peer *peer)
{
	char number[4];

	fb_json_object(json);
	fb_json_kv_time(json, "time", peer->time_ms);
	fb_json_key(json, "flow");
	fb_json_strf(json, "%016" PRIx64, peer->flow);
	write_end(json, "src", peer->src, peer->family, peer->src_host, NULL);
	write_end(json, "dst", peer->dst, peer->family, peer->dst_host, &peer->port);
	fb_json_kv_str(json, "proto", fb_proto_name(peer->proto, number));
	fb_json_kv_str(json, "service", peer->service);
	fb_json_end(json, '}');
}

int fb_api_new_destinations(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_peers *peers = fb_engine_peers(api->engine);
	_cleanup_free_ struct fb_new_peer *list = calloc(FB_PEERS_NEW, sizeof(*list));
	struct fb_json *json = fb_reply_json(req);
	struct fb_peers_counts counts;
	unsigned int n;

	if (!list)
		return -ENOMEM;
	n = fb_peers_read(peers, list);
	fb_peers_counts(peers, &counts);
	fb_json_object(json);
	fb_json_kv_u64(json, "learn_s", FB_PEERS_LEARN_S);
	fb_json_kv_u64(json, "hosts", counts.hosts);
	fb_json_kv_u64(json, "known", counts.pairs);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++)
		write_peer(json, &list[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}
