/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One person's traces: counted, or taken away. What they are called is not among the answers, but
 * in some lines that a preview would take for that alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/actor.h"
#include "api/acts.h"
#include "api/api.h"
#include "api/routes.h"
#include "engine/devicebook.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/mac.h"

/* --- how many --------------------------------------------------------------------------------- */

static void write_history(struct fb_json *json, const struct fb_engine_erased *erased)
{
	fb_json_kv_object(json, "history");
#define X(name) fb_json_kv_u64(json, #name, erased->history.name);
	FB_ERASED(X)
#undef X
	fb_json_kv_bool(json, "rewritten", erased->history.rewritten);
	fb_json_kv_array(json, "lines");
	for (unsigned int i = 0; i < erased->history.n_lines; i++)
		fb_json_str(json, erased->history.line[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
}

static void write_here(struct fb_json *json, const struct fb_engine_erased *erased)
{
	fb_json_kv_object(json, "memory");
#define X(name) fb_json_kv_u64(json, #name, erased->here.name);
	FB_ERASED_HERE(X)
#undef X
	fb_json_end(json, '}');
}

/* Only to who asked for it just now: nothing keeps whom it was about. */
static void write_whom(struct fb_json *json, const struct fb_person *who)
{
	char text[FB_ADDR_STRLEN];

	fb_json_kv_str(json, "mac", who->has_mac ? fb_mac_format(who->mac, text) : NULL);
	fb_json_kv_array(json, "addresses");
	for (unsigned int i = 0; i < who->n_addrs; i++)
		fb_json_str(json, fb_addr_format(who->addr[i].addr, who->addr[i].family, text));
	fb_json_end(json, ']');
}

static int answer(struct fb_request *req, const struct fb_person *who)
{
	const struct fb_api *api = req->ctx;
	struct fb_engine_erased erased;
	struct fb_json *json;

	fb_engine_erased(api->engine, &erased);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_u64(json, "id", erased.id);
	fb_json_kv_bool(json, "dry_run", erased.dry_run);
	fb_json_kv_bool(json, "done", !erased.goes_on);
	fb_json_kv_u64(json, "plain_names", erased.plain_names);
	if (erased.has_history)
		write_history(json, &erased);
	if (!erased.dry_run)
		write_here(json, &erased);
	if (who)
		write_whom(json, who);
	fb_json_end(json, '}');
	return 0;
}

int fb_api_erasure(struct fb_request *req)
{
	return answer(req, NULL);
}

/* --- whom ------------------------------------------------------------------------------------- */

static void take_device(struct fb_person *who, const struct fb_inventory_device *device)
{
	who->has_mac = true;
	memcpy(who->mac, device->mac, 6);
	for (unsigned int i = 0; i < device->n_addrs; i++)
		fb_person_add_addr(who, device->addr[i].addr, device->addr[i].family);
	fb_person_add_name(who, device->label);
	if (strcasecmp(device->label, device->name) != 0)
		fb_person_add_name(who, device->name);
}

/* How many devices are it, by their MAC, or by what they are called. */
static unsigned int find_devices(const struct fb_devicebook_list *list, const char *name,
				 const uint8_t *mac, struct fb_person *who)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < list->n; i++) {
		const struct fb_inventory_device *device = &list->device[i];

		if (mac ? memcmp(device->mac, mac, 6) != 0
			: strcasecmp(device->label, name) != 0 &&
				    strcasecmp(device->name, name) != 0)
			continue;
		if (!n++)
			take_device(who, device);
	}
	return n;
}

/* One that is not among the devices any more is erased by its MAC alone. */
static void take_mac(const struct fb_devicebook_list *list, struct fb_jsonin *in, const char *text,
		     struct fb_person *who)
{
	uint8_t mac[6];

	if (fb_mac_parse(text, mac) < 0) {
		fb_jsonin_fail(in, "mac", "is to be a MAC: 02:00:00:00:00:01");
	} else if (!find_devices(list, NULL, mac, who)) {
		who->has_mac = true;
		memcpy(who->mac, mac, 6);
	}
}

static void take_ip(struct fb_jsonin *in, const char *text, struct fb_person *who)
{
	uint8_t addr[16], family;

	if (fb_addr_parse_host(text, addr, &family) < 0 || !fb_addr_is_host(addr, family))
		fb_jsonin_fail(in, "ip", "is to be an address that one host has");
	else
		fb_person_add_addr(who, addr, family);
}

static void take_name(const struct fb_devicebook_list *list, struct fb_jsonin *in, const char *text,
		      struct fb_person *who)
{
	const unsigned int n = *text ? find_devices(list, text, NULL, who) : 0;

	if (n != 1)
		fb_jsonin_fail(in, "device",
			       n ? "is what several devices are called: take the MAC"
				 : "is what no device is called: take its MAC or an address");
}

static int take_whom(struct fb_request *req, struct fb_jsonin *in, struct fb_person *who)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_inventory_device *devices = NULL;
	const char *device = NULL, *ip = NULL, *mac = NULL;
	struct fb_devicebook_list list;

	if (fb_devicebook_list(fb_engine_devices(api->engine), &list) < 0)
		return -ENOMEM;
	devices = list.device;
	if (fb_jsonin_str(in, "device", &device) + fb_jsonin_str(in, "ip", &ip) +
		    fb_jsonin_str(in, "mac", &mac) !=
	    1) {
		fb_jsonin_fail(in, "device",
			       "or \"ip\" or \"mac\" is needed, and one of them only");
		return 0;
	}
	if (ip)
		take_ip(in, ip, who);
	else if (mac)
		take_mac(&list, in, mac, who);
	else
		take_name(&list, in, device, who);
	return 0;
}

/* --- the act ---------------------------------------------------------------------------------- */

static void failed(struct fb_request *req, int error)
{
	if (error == -EBUSY)
		fb_reply_problem(req, 409, "erasing",
				 "another one's traces are being erased or counted: ask again "
				 "when that is done");
	else
		fb_act_failed(req, error);
}

static int perform(struct fb_request *req, struct fb_act *act)
{
	const struct fb_api *api = req->ctx;
	int r;

	fb_actor_of(req, &act->actor);
	r = fb_engine_act(api->engine, act);
	if (r < 0) {
		failed(req, r);
		return 0;
	}
	return answer(req, &act->target.person);
}

/* {"device": "annas-phone", "dry_run": true}; the record of acts, which stays, says not whom. */
int fb_api_erase(struct fb_request *req)
{
	static const char *const known[] = {"device", "ip", "mac", "dry_run", "reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	struct fb_act act = {.kind = FB_ACT_ERASE};
	int r;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return 0;
	fb_jsonin_only(in, known);
	fb_jsonin_bool(in, "dry_run", &act.dry_run);
	r = take_whom(req, in, &act.target.person);
	if (r < 0)
		return r;
	fb_act_read_reason(in, act.reason);
	if (fb_person_may_be_in(&act.target.person, act.reason))
		fb_jsonin_fail(in, "reason",
			       "must not say who it is: it stays on the record of acts");
	return fb_reply_check_json(req, in) ? perform(req, &act) : 0;
}
