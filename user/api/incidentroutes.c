/* SPDX-License-Identifier: BSD-2-Clause */
/* Incidents listed; silences of them shown, made and taken back. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/acts.h"
#include "api/api.h"
#include "api/incidentjson.h"
#include "api/list_json.h"
#include "api/params.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "http/reply.h"
#include "http/route.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/fmt.h"
#include "util/jsonin.h"

#define SILENCE_MOST 31536000

static const char *const severities[] = {"low", "medium", "high", NULL};

/* --- written ---------------------------------------------------------------------------------- */

static void write_addr(struct fb_json *json, const char *key, const struct fb_incident_addr *addr)
{
	char text[FB_ADDR_STRLEN];

	fb_json_kv_str(json, key,
		       addr->family ? fb_addr_format(addr->addr, addr->family, text) : NULL);
}

static void write_samples(struct fb_json *json, const struct fb_incident *incident)
{
	fb_json_kv_array(json, "samples");
	for (unsigned int i = 0; i < incident->n_samples; i++) {
		fb_json_object(json);
		fb_json_key(json, "flow");
		fb_json_strf(json, "%016" PRIx64, incident->sample[i].flow);
		fb_json_kv_u64(json, "risk", incident->sample[i].risk);
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

/* `silence`: the number of what hides it; 0: nothing does. */
static void write_incident(struct fb_json *json, const struct fb_incident *incident,
			   uint32_t silence)
{
	fb_json_object(json);
	fb_json_key(json, "id");
	fb_json_strf(json, "%016" PRIx64, incident->id);
	fb_json_kv_str(json, "kind", fb_judge_kind_name(incident->kind));
	fb_json_kv_str(json, "help", fb_judge_kind_help(incident->kind));
	write_addr(json, "host", &incident->host);
	fb_json_kv_bool(json, "inside", incident->inside);
	fb_json_kv_str(json, "severity", severities[incident->severity]);
	fb_json_kv_str(json, "state", incident->closed ? "closed" : "open");
	fb_json_kv_u64(json, "risk", incident->risk);
	fb_json_kv_u64(json, "points", incident->points);
	fb_json_kv_time(json, "first", incident->first_ms);
	fb_json_kv_time(json, "last", incident->last_ms);
	fb_json_kv_u64(json, "flows", incident->flows);
	fb_json_kv_u64(json, "peers", fb_incident_count_peers(incident));
	write_addr(json, "peer",
		   incident->one_peer ? &incident->peer : &(struct fb_incident_addr){.family = 0});
	fb_json_kv_str(json, "sentence", incident->sentence);
	write_samples(json, incident);
	fb_json_key(json, "silence");
	if (silence)
		fb_json_u64(json, silence);
	else
		fb_json_null(json);
	fb_json_end(json, '}');
}

void fb_incident_write_news(struct fb_json *json, const struct fb_incident_item *item)
{
	static const char *const words[] = {"opened", "worse", "closed"};

	fb_json_object(json);
	fb_json_kv_str(json, "what", words[item->what]);
	fb_json_key(json, "incident");
	write_incident(json, &item->incident, 0);
	fb_json_end(json, '}');
}

static void write_silence(struct fb_json *json, const struct fb_incident_silence *silence)
{
	fb_json_object(json);
	fb_json_kv_u64(json, "id", silence->id);
	fb_json_kv_str(json, "kind",
		       silence->kind == FB_KIND_COUNT ? NULL : fb_judge_kind_name(silence->kind));
	write_addr(json, "host", &silence->host);
	write_addr(json, "peer", &silence->peer);
	fb_json_kv_time(json, "made", silence->made_ms);
	fb_json_key(json, "until");
	if (silence->until_ms)
		fb_json_time(json, silence->until_ms);
	else
		fb_json_null(json);
	fb_json_kv_str(json, "by", silence->by);
	fb_json_kv_str(json, "reason", silence->reason);
	fb_json_end(json, '}');
}

/* --- incidents -------------------------------------------------------------------------------- */

static bool read_host(struct fb_request *req, struct fb_incident_addr *ret_host)
{
	const char *text = fb_param(req, "host");

	if (!text || fb_addr_parse_host(text, ret_host->addr, &ret_host->family) == 0)
		return true;
	fb_reply_param(req, "host", "must be an address");
	return false;
}

static bool read_kind(struct fb_request *req, int *ret_kind)
{
	const char *text = fb_param(req, "kind");

	*ret_kind = text ? fb_judge_kind_of(text) : -1;
	if (!text || *ret_kind >= 0)
		return true;
	fb_reply_param(req, "kind", "is none of the judge's kinds of evidence");
	return false;
}

static bool read_ask(struct fb_request *req, struct fb_incident_ask *ret_ask)
{
	static const char *const states[] = {"open", "closed", "all", NULL};
	static const char *const silenced[] = {"false", "true", "all", NULL};
	unsigned int least, state, hidden;
	struct fb_query place = {.offset = 0};

	if (!fb_param_enum(req, "severity", severities, FB_RISK_LOW, &least) ||
	    !fb_param_enum(req, "state", states, 2, &state) ||
	    !fb_param_enum(req, "silenced", silenced, 0, &hidden) ||
	    !read_host(req, &ret_ask->host) || !read_kind(req, &ret_ask->kind) ||
	    !fb_params_place(req, &place))
		return false;
	ret_ask->least = (uint8_t)least;
	ret_ask->closed = state == 2 ? -1 : (int)state;
	ret_ask->silenced = hidden == 2 ? -1 : (int)hidden;
	ret_ask->wall_ms = fb_wall_ms();
	ret_ask->offset = place.offset;
	ret_ask->limit = place.limit;
	return true;
}

int fb_api_incidents(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	struct fb_incidentbook *book = fb_engine_incidents(api->engine);
	_cleanup_free_ struct fb_incident *list = NULL;
	_cleanup_free_ uint32_t *silenced = NULL;
	struct fb_incident_ask ask = {.kind = -1};
	struct fb_json *json;
	uint32_t n, total;

	if (!read_ask(req, &ask))
		return 0;
	list = calloc(ask.limit, sizeof(*list));
	silenced = calloc(ask.limit, sizeof(*silenced));
	if (!list || !silenced)
		return -ENOMEM;
	n = fb_incidentbook_list(book, &ask, list, silenced, &total);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (uint32_t i = 0; i < n; i++)
		write_incident(json, &list[i], silenced[i]);
	fb_json_end(json, ']');
	fb_write_page(json, &(struct fb_query){.limit = ask.limit, .offset = ask.offset}, 0, total,
		      total, n);
	fb_json_end(json, '}');
	return 0;
}

/* --- silences --------------------------------------------------------------------------------- */

int fb_api_incident_silences(struct fb_request *req)
{
	const struct fb_api *api = req->ctx;
	_cleanup_free_ struct fb_incident_silence *list =
		calloc(FB_INCIDENT_SILENCES, sizeof(*list));
	struct fb_json *json;
	unsigned int n;

	if (!list)
		return -ENOMEM;
	n = fb_incidentbook_silences(fb_engine_incidents(api->engine), list);
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < n; i++)
		write_silence(json, &list[i]);
	fb_json_end(json, ']');
	fb_json_end(json, '}');
	return 0;
}

static void failed(struct fb_request *req, int error)
{
	if (error == -ENODATA)
		fb_reply_problem(req, 404, "no-such-silence", "there is no silence of that number");
	else if (error == -ENOSPC)
		fb_reply_problem(req, 503, "too-many-silences",
				 "there are %d silences, and no room", FB_INCIDENT_SILENCES);
	else
		fb_act_failed(req, error);
}

static void take_addr(struct fb_jsonin *in, const char *key, uint8_t addr[static 16],
		      uint8_t *family)
{
	const char *text;

	if (fb_jsonin_str(in, key, &text) && fb_addr_parse_host(text, addr, family) < 0)
		fb_jsonin_fail(in, key, "must be an address");
}

static void take_kind(struct fb_jsonin *in, uint8_t *ret_kind)
{
	const char *text;
	int kind;

	*ret_kind = FB_KIND_COUNT;
	if (!fb_jsonin_str(in, "kind", &text))
		return;
	kind = fb_judge_kind_of(text);
	if (kind < 0)
		fb_jsonin_fail(in, "kind", "is none of the judge's kinds of evidence");
	else
		*ret_kind = (uint8_t)kind;
}

static bool take_silence(struct fb_request *req, struct fb_act *act)
{
	static const char *const known[] = {"kind", "host", "peer", "seconds", "reason", NULL};
	_cleanup_jsonin_ struct fb_jsonin *in = NULL;
	__typeof__(act->target.incidents) *target = &act->target.incidents;
	uint64_t seconds = 0;

	if (!fb_reply_read_json(req, req->body.data, req->body.len, &in))
		return false;
	fb_jsonin_only(in, known);
	take_kind(in, &target->kind);
	take_addr(in, "host", target->host, &target->host_family);
	take_addr(in, "peer", target->peer, &target->peer_family);
	fb_jsonin_u64(in, "seconds", 1, SILENCE_MOST, &seconds);
	target->seconds = (uint32_t)seconds;
	fb_act_read_reason(in, act->reason);
	if (target->kind == FB_KIND_COUNT && !target->host_family)
		fb_jsonin_fail(in, "kind", "is missing, or host: of what nothing is to be shown");
	if (target->peer_family && !target->host_family)
		fb_jsonin_fail(in, "host", "is missing: a peer is one of a host");
	return fb_reply_check_json(req, in);
}

int fb_api_incident_silence(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_INCIDENT_HIDE};

	if (take_silence(req, &act))
		fb_act_perform(req, &act, "silence", failed);
	return 0;
}

int fb_api_incident_unsilence(struct fb_request *req)
{
	struct fb_act act = {.kind = FB_ACT_INCIDENT_SHOW};
	uint64_t id;

	if (fb_fmt_parse_u64(req->path_args[0], 1, UINT32_MAX, &id) < 0) {
		failed(req, -ENODATA);
		return 0;
	}
	act.target.silence_id = (uint32_t)id;
	fb_act_perform(req, &act, NULL, failed);
	return 0;
}
