/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices of the networks here, all about one of them, and what operators call it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/list_json.h"
#include "api/routes.h"
#include "api/toplists.h"
#include "engine/devicebook.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/jsonin.h"
#include "util/mac.h"
#include "util/select.h"

/* --- what is told of one ---------------------------------------------------------------------- */

static int by_last_seen(const void *a_, const void *b_, void *ctx)
{
	const struct fb_inventory_addr *a = a_, *b = b_;

	(void)ctx;
	if (a->last_ms != b->last_ms)
		return a->last_ms < b->last_ms ? 1 : -1;
	return a->family != b->family ? a->family - b->family : memcmp(a->addr, b->addr, 16);
}

static void write_addresses(struct fb_json *json, struct fb_inventory_device *device)
{
	char text[FB_ADDR_STRLEN];

	fb_sort(device->addr, device->n_addrs, sizeof(*device->addr), by_last_seen, NULL);
	fb_json_kv_array(json, "addresses");
	for (unsigned int i = 0; i < device->n_addrs; i++) {
		const struct fb_inventory_addr *addr = &device->addr[i];

		fb_json_object(json);
		fb_json_kv_str(json, "ip", fb_addr_format(addr->addr, addr->family, text));
		fb_json_kv_time(json, "last_seen", addr->last_ms);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

/* The oldest first; the last one is not over. */
static void write_hours(struct fb_json *json, const struct fb_inventory_device *device)
{
	fb_json_kv_array(json, "hours");
	for (unsigned int ago = FB_INVENTORY_HOURS; ago--;)
		fb_json_u64(json, fb_inventory_hour(device, ago));
	fb_json_end(json, ']');
}

static void write_rates(struct fb_json *json, const struct fb_devicebook_list *list,
			const struct fb_inventory_device *device)
{
	uint64_t rates[2] = {0};

	for (int dir = 0; list->clock.interval_ns && dir < 2; dir++)
		rates[dir] = (uint64_t)((double)device->moved[dir] * 8e9 /
						(double)list->clock.interval_ns +
					0.5);
	fb_write_ends(json, "rate_bps", rates, 1);
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

/* Without the braces. */
static void write_device(struct fb_json *json, const struct fb_devicebook_list *list,
			 struct fb_inventory_device *device)
{
	char mac[FB_MAC_STRLEN];

	fb_json_kv_str(json, "mac", fb_mac_format(device->mac, mac));
	fb_json_kv_str(json, "label", or_null(device->label));
	fb_json_kv_str(json, "icon", fb_device_icon_name(device->icon));
	fb_json_kv_str(json, "host", or_null(device->name));
	fb_json_kv_str(json, "host_from", fb_name_source_name(device->name_source));
	fb_json_kv_str(json, "vendor", device->vendor);
	fb_json_kv_bool(json, "randomised", fb_mac_is_local(device->mac));
	fb_json_kv_bool(json, "several", !device->one);
	fb_json_kv_bool(json, "new",
			fb_devicebook_is_new(device, list->since_ms, list->clock.wall_ms));
	fb_json_kv_time(json, "first_seen", device->first_ms);
	fb_json_kv_time(json, "last_seen", device->last_ms);
	write_addresses(json, device);
	fb_write_ends(json, "bytes", device->total, 1);
	fb_write_ends(json, "bytes_today", device->today, 1);
	write_rates(json, list, device);
	write_hours(json, device);
}

int fb_api_devices(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_inventory_device *devices = NULL;
	struct fb_devicebook_list list;
	struct fb_json *json;

	if (fb_devicebook_list(fb_engine_devices(api->engine), &list) < 0)
		return -ENOMEM;
	devices = list.device;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (uint32_t i = 0; i < list.n; i++) {
		fb_json_object(json);
		write_device(json, &list, &devices[i]);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
	fb_json_kv_u64(json, "total", list.n);
	fb_json_kv_u64(json, "most", FB_DEVICES_MOST);
	fb_json_kv_bool(json, "vendors", list.vendors);
	fb_json_kv_time(json, "since", list.since_ms);
	fb_json_kv_time(json, "as_of", list.clock.wall_ms);
	fb_json_end(json, '}');
	return 0;
}

/* --- one of them ------------------------------------------------------------------------------ */

static int refuse(struct fb_request *req)
{
	fb_reply_problem(req, 404, "no-such-device", "no device of the networks here has this MAC");
	return 0;
}

static struct fb_inventory_device *find(const struct fb_devicebook_list *list,
					const uint8_t mac[static 6])
{
	for (uint32_t i = 0; i < list->n; i++)
		if (!memcmp(list->device[i].mac, mac, 6))
			return &list->device[i];
	return NULL;
}

static int write_lists(struct fb_json *json, struct fb_snapshot *snapshot,
		       const uint8_t mac[static 6])
{
	const struct fb_toplist lists[] = {
		{"names", "src.mac", FB_FIELD_dst_host},
		{"servers", "src.mac", FB_FIELD_dst_ip},
		{"clients", "dst.mac", FB_FIELD_src_ip},
		{"services", "src.mac", FB_FIELD_service},
	};
	char text[FB_MAC_STRLEN];

	return fb_toplists_write(json, snapshot, lists, sizeof(lists) / sizeof(*lists),
				 fb_mac_format(mac, text));
}

int fb_api_device(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_inventory_device *devices = NULL;
	_cleanup_snapshot_ struct fb_snapshot *snapshot = fb_engine_snapshot(api->engine);
	struct fb_inventory_device *device;
	struct fb_devicebook_list list;
	struct fb_json *json;
	uint8_t mac[6];
	int r;

	if (fb_mac_parse(req->path_args[0], mac) < 0)
		return refuse(req);
	if (fb_devicebook_list(fb_engine_devices(api->engine), &list) < 0)
		return -ENOMEM;
	devices = list.device;
	device = find(&list, mac);
	if (!device)
		return refuse(req);
	json = fb_reply_json(req);
	fb_json_object(json);
	write_device(json, &list, device);
	r = write_lists(json, snapshot, mac);
	fb_json_end(json, '}');
	return r;
}

/* --- what operators call it ------------------------------------------------------------------- */

static int perform(struct fb_request *req, struct fb_act *act)
{
	const struct fb_api *api = req->ctx;
	char mac[FB_MAC_STRLEN];
	struct fb_json *json;
	int r;

	fb_actor_of(req, &act->actor);
	r = fb_engine_act(api->engine, act);
	if (r == -ENOENT)
		return refuse(req);
	if (r < 0) {
		fb_act_failed(req, r);
		return 0;
	}
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_str(json, "mac", fb_mac_format(act->target.device.mac, mac));
	fb_json_kv_str(json, "label", or_null(act->target.device.label));
	fb_json_kv_str(json, "icon", fb_device_icon_name(act->target.device.icon));
	fb_json_end(json, '}');
	return 0;
}

/* {"label": "den tv", "icon": "tv"}, either of them; false: the problem is told. */
static bool take_label(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {"label", "icon", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	const char *label = "", *icon;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	fb_jsonin_str(in, "label", &label);
	if (!fb_inventory_is_label(label))
		fb_jsonin_fail(in, "label",
			       "must be at most 64 bytes that can be seen, on one line, with no "
			       "space first or last");
	else
		snprintf(act->target.device.label, sizeof(act->target.device.label), "%s", label);
	if (fb_jsonin_str(in, "icon", &icon)) {
		act->target.device.icon = fb_device_icon(icon);
		if (!act->target.device.icon)
			fb_jsonin_fail(in, "icon", "must be one of the icons there are");
	}
	if (!*act->target.device.label && !act->target.device.icon)
		fb_jsonin_fail(in, "label", "must not be empty, unless there is an icon");
	return fb_reply_check_json(req, in);
}

int fb_api_device_label_put(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_LABEL};

	if (fb_mac_parse(req->path_args[0], act.target.device.mac) < 0)
		return refuse(req);
	return take_label(req, &act) ? perform(req, &act) : 0;
}

int fb_api_device_label_delete(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_LABEL};

	if (fb_mac_parse(req->path_args[0], act.target.device.mac) < 0)
		return refuse(req);
	return perform(req, &act);
}
