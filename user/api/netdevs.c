/* SPDX-License-Identifier: BSD-2-Clause */
/* All interfaces of this machine: what the kernel counts of each, and what we have to do with it.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flowbpf/row.h>

#include "api/api.h"
#include "api/list_json.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/ifbook.h"
#include "engine/status.h"
#include "http/reply.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/mac.h"

struct seen {
	struct fb_ifbook_list list;
	struct fb_status *status;
};

struct cause {
	const char *name;
	size_t offset;
};

#define CAUSE(way, name, member) {name, offsetof(struct rtnl_link_stats64, way##_##member)}

/* By direction, as `ip -s -s link` names them; what one of them counts may be an error, too. */
static const struct cause causes[FB_IFBOOK_WAYS][7] = {
	[FB_IFBOOK_RX] =
		{
			CAUSE(rx, "missed", missed_errors),
			CAUSE(rx, "length", length_errors),
			CAUSE(rx, "over", over_errors),
			CAUSE(rx, "crc", crc_errors),
			CAUSE(rx, "frame", frame_errors),
			CAUSE(rx, "fifo", fifo_errors),
			CAUSE(rx, "nohandler", nohandler),
		},
	[FB_IFBOOK_TX] =
		{
			CAUSE(tx, "aborted", aborted_errors),
			CAUSE(tx, "carrier", carrier_errors),
			CAUSE(tx, "fifo", fifo_errors),
			CAUSE(tx, "heartbeat", heartbeat_errors),
			CAUSE(tx, "window", window_errors),
			{"collisions", offsetof(struct rtnl_link_stats64, collisions)},
		},
};

static void kv_num(struct fb_json *json, const char *key, bool known, double value, int decimals)
{
	fb_json_key(json, key);
	fb_json_num(json, known ? value : (double)NAN, decimals);
}

static void kv_known(struct fb_json *json, const char *key, bool known, uint64_t value)
{
	fb_json_key(json, key);
	if (known)
		fb_json_u64(json, value);
	else
		fb_json_null(json);
}

/* --- counters --------------------------------------------------------------------------------- */

static void write_recent(struct fb_json *json, const struct fb_ifbook_entry *entry,
			 enum fb_ifbook_way way)
{
	fb_json_kv_array(json, "recent_bps");
	for (unsigned int i = 0; i < entry->n_recent; i++)
		fb_json_num(json, (double)entry->recent[way][i] * 8, 0);
	fb_json_end(json, ']');
}

static void write_causes(struct fb_json *json, const struct rtnl_link_stats64 *stats,
			 enum fb_ifbook_way way)
{
	fb_json_kv_object(json, "causes");
	for (const struct cause *cause = causes[way]; cause < causes[way] + 7 && cause->name;
	     cause++) {
		uint64_t value;

		memcpy(&value, (const char *)stats + cause->offset, sizeof(value));
		fb_json_kv_u64(json, cause->name, value);
	}
	fb_json_end(json, '}');
}

static void write_way(struct fb_json *json, const struct fb_ifbook_entry *entry,
		      enum fb_ifbook_way way, bool recent)
{
	const struct rtnl_link_stats64 *stats = &entry->link.stats;
	const struct fb_ifbook_rates *rates = &entry->rates;
	const bool rx = way == FB_IFBOOK_RX;
	const double speed = (double)entry->hardware.speed * 1e6;

	fb_json_kv_object(json, rx ? "rx" : "tx");
	fb_json_kv_u64(json, "bytes", rx ? stats->rx_bytes : stats->tx_bytes);
	fb_json_kv_u64(json, "packets", rx ? stats->rx_packets : stats->tx_packets);
	fb_json_kv_u64(json, "errors", rx ? stats->rx_errors : stats->tx_errors);
	fb_json_kv_u64(json, "dropped", rx ? stats->rx_dropped : stats->tx_dropped);
	write_causes(json, stats, way);
	kv_num(json, "rate_bps", rates->known, rates->bytes[way] * 8, 0);
	kv_num(json, "pps", rates->known, rates->packets[way], 1);
	kv_num(json, "errors_per_s", rates->known, rates->errors[way], 1);
	kv_num(json, "dropped_per_s", rates->known, rates->dropped[way], 1);
	kv_num(json, "utilisation", rates->known && speed > 0, rates->bytes[way] * 8 / speed, 4);
	if (recent)
		write_recent(json, entry, way);
	fb_json_end(json, '}');
}

/* --- what it is ------------------------------------------------------------------------------- */

static void write_addresses(struct fb_json *json, const struct fb_ifbook_entry *entry)
{
	char text[FB_ADDR_STRLEN];

	fb_json_kv_array(json, "addresses");
	for (unsigned int i = 0; i < entry->n_addrs; i++) {
		const struct fb_netdev_addr *addr = &entry->addr[i];

		fb_json_strf(json, "%s/%u", fb_addr_format(addr->addr, addr->family, text),
			     addr->prefix);
	}
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "addresses_left_out", entry->more_addrs);
}

static const char *name_of(const struct fb_ifbook_list *list, uint32_t ifindex)
{
	for (unsigned int i = 0; ifindex && i < list->n; i++)
		if (list->entry[i].link.ifindex == ifindex)
			return list->entry[i].link.name;
	return NULL;
}

static void write_mac(struct fb_json *json, const struct fb_netdev_link *link)
{
	char text[FB_MAC_STRLEN];

	fb_json_kv_str(json, "mac", link->has_mac ? fb_mac_format(link->mac, text) : NULL);
}

static void write_device(struct fb_json *json, const struct seen *seen,
			 const struct fb_ifbook_entry *entry)
{
	static const char *const duplex[] = {
		[FB_DUPLEX_UNKNOWN] = NULL,
		[FB_DUPLEX_HALF] = "half",
		[FB_DUPLEX_FULL] = "full",
	};
	const struct fb_netdev_link *link = &entry->link;
	const struct fb_netdev_hardware *hardware = &entry->hardware;

	fb_json_kv_str(json, "name", link->name);
	fb_json_kv_u64(json, "ifindex", link->ifindex);
	fb_json_kv_str(json, "kind", *link->kind ? link->kind : NULL);
	fb_json_kv_str(json, "driver", *hardware->driver ? hardware->driver : NULL);
	fb_json_kv_bool(json, "loopback", link->loopback);
	fb_json_kv_bool(json, "up", link->up);
	fb_json_kv_bool(json, "carrier", link->up && link->running);
	kv_known(json, "speed_mbit", hardware->speed, hardware->speed);
	fb_json_kv_str(json, "duplex", duplex[hardware->duplex]);
	fb_json_kv_u64(json, "mtu", link->mtu);
	write_mac(json, link);
	write_addresses(json, entry);
	fb_json_kv_str(json, "parent", name_of(&seen->list, link->parent));
	fb_json_kv_str(json, "master", name_of(&seen->list, link->master));
	kv_known(json, "vlan", link->vlan, link->vlan);
}

/* --- our part --------------------------------------------------------------------------------- */

static const struct fb_link_status *attached(const struct fb_status *status, uint32_t ifindex)
{
	for (unsigned int i = 0; i < status->n_links; i++)
		if (status->links[i].ifindex == ifindex &&
		    (status->links[i].state == FB_LINK_ATTACHED ||
		     status->links[i].state == FB_LINK_DETACHED))
			return &status->links[i];
	return NULL;
}

/* A program is the same for all interfaces: what a packet costs is known by direction alone. */
static void write_ours(struct fb_json *json, const struct fb_status *status,
		       const struct fb_link_status *link)
{
	const bool on = link && link->state == FB_LINK_ATTACHED;

	fb_json_kv_bool(json, "attached", on);
	fb_json_kv_str(json, "hook", on ? link->hook : NULL);
	fb_json_kv_str(json, "reason", link && *link->reason ? link->reason : NULL);
	fb_json_kv_object(json, "cost_ns");
	for (unsigned int hook = 0; hook < 2; hook++) {
		const struct fb_program_status *program = &status->programs[hook];
		const bool known = on && status->programs_timed && hook < status->n_programs &&
				   program->run_count;

		kv_num(json, hook == FB_HOOK_INGRESS ? "rx" : "tx", known,
		       known ? (double)program->run_time_ns / (double)program->run_count : 0, 1);
	}
	fb_json_end(json, '}');
}

static void write_interface(struct fb_json *json, const struct seen *seen,
			    const struct fb_ifbook_entry *entry, bool recent)
{
	fb_json_object(json);
	write_device(json, seen, entry);
	write_ours(json, seen->status, attached(seen->status, entry->link.ifindex));
	kv_known(json, "queue_dropped", entry->queue_known, entry->queue_dropped);
	fb_json_kv_u64(json, "multicast", entry->link.stats.multicast);
	write_way(json, entry, FB_IFBOOK_RX, recent);
	write_way(json, entry, FB_IFBOOK_TX, recent);
	fb_json_end(json, '}');
}

static const char *why_no_cost(const struct fb_status *status)
{
	if (!status->programs_timed)
		return "the kernel does not measure programs: sysctl kernel.bpf_stats_enabled=1";
	for (unsigned int i = 0; i < status->n_programs; i++)
		if (status->programs[i].run_count)
			return NULL;
	return "no packet was measured yet";
}

static int see(const struct fb_api *api, struct seen *ret_seen)
{
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));

	if (!status || fb_ifbook_list(fb_engine_interfaces(api->engine), &ret_seen->list) < 0)
		return -ENOMEM;
	fb_engine_status(api->engine, status);
	ret_seen->status = TAKE_PTR(status);
	return 0;
}

int fb_api_interfaces(struct fb_request *req)
{
	static const char *const words[] = {"false", "true", NULL};
	unsigned int recent = 0;
	struct seen seen;
	struct fb_json *json;

	if (!fb_param_enum(req, "recent", words, 0, &recent))
		return 0;
	if (see(req->ctx, &seen) < 0)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < seen.list.n; i++)
		write_interface(json, &seen, &seen.list.entry[i], recent);
	fb_json_end(json, ']');
	fb_write_reading(json, seen.list.left_out, seen.list.read_ms);
	fb_json_kv_str(json, "cost_unknown", why_no_cost(seen.status));
	fb_json_end(json, '}');
	free(seen.list.entry);
	free(seen.status);
	return 0;
}
