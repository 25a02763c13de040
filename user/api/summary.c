/* SPDX-License-Identifier: BSD-2-Clause */
/* The summary of a snapshot; see the header. */
#include "api/summary.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/list_json.h"
#include "api/routes.h"
#include "api/status_json.h"
#include "engine/engine.h"
#include "engine/status.h"
#include "http/reply.h"
#include "util/addr.h"
#include "util/cleanup.h"

#define TOP 10

const char *fb_proto_upper(uint8_t proto, char buf[static 16])
{
	char number[4];
	const char *name = fb_proto_name(proto, number);
	size_t i;

	for (i = 0; name[i] && i < 15; i++)
		buf[i] = (char)toupper((unsigned char)name[i]);
	buf[i] = '\0';
	return buf;
}

static const char *state_key(unsigned int state)
{
	const char *name = fb_state_name(state);

	return name ? name : FB_NO_STATE;
}

void fb_summary_write_protocols(struct fb_json *json, const struct fb_summary *summary)
{
	char name[16];

	fb_json_object(json);
	for (unsigned int proto = 0; proto < 256; proto++)
		if (summary->proto[proto])
			fb_json_kv_u64(json, fb_proto_upper((uint8_t)proto, name),
				       summary->proto[proto]);
	fb_json_end(json, '}');
}

void fb_summary_write_states(struct fb_json *json, const struct fb_summary *summary)
{
	fb_json_object(json);
	for (unsigned int state = 0; state < FB_STATE_COUNT; state++) {
		uint64_t n = 0;

		for (unsigned int proto = 0; proto < 256; proto++)
			n += summary->state[proto][state];
		if (n)
			fb_json_kv_u64(json, state_key(state), n);
	}
	fb_json_end(json, '}');
}

void fb_summary_write_matrix(struct fb_json *json, const struct fb_summary *summary)
{
	char name[16];

	fb_json_object(json);
	for (unsigned int proto = 0; proto < 256; proto++) {
		if (!summary->proto[proto])
			continue;
		fb_json_kv_object(json, fb_proto_upper((uint8_t)proto, name));
		for (unsigned int state = 0; state < FB_STATE_COUNT; state++)
			if (summary->state[proto][state])
				fb_json_kv_u64(json, state_key(state),
					       summary->state[proto][state]);
		fb_json_end(json, '}');
	}
	fb_json_end(json, '}');
}

static void write_top_host(struct fb_json *json, const struct fb_top *top)
{
	const struct fb_flow *flow = top->first.flow;
	char text[FB_ADDR_STRLEN];

	fb_json_kv_str(json, "ip", fb_addr_format(flow->dst, flow->family, text));
	fb_json_kv_str(json, "host", top->label ? top->label->text : NULL);
}

static void write_top_source(struct fb_json *json, const struct fb_top *top)
{
	const struct fb_flow *flow = top->first.flow;
	char text[FB_ADDR_STRLEN];

	fb_json_kv_str(json, "ip", fb_addr_format(flow->src, flow->family, text));
	fb_json_kv_str(json, "host", top->label ? top->label->text : NULL);
}

static void write_top_port(struct fb_json *json, const struct fb_top *top)
{
	fb_json_kv_u64(json, "port", top->first.flow->dst_port);
	fb_json_kv_str(json, "service", top->first.flow->service);
}

static void write_top_name(struct fb_json *json, const struct fb_top *top)
{
	fb_write_host(json, "name", top->first.flow);
}

static const struct {
	const char *key;
	enum fb_field_id field;
	void (*write)(struct fb_json *json, const struct fb_top *top);
} tops[] = {
	{"top_sources", FB_FIELD_src_ip, write_top_source},
	{"top_destinations", FB_FIELD_dst_ip, write_top_host},
	{"top_ports", FB_FIELD_dst_port, write_top_port},
	{"top_names", FB_FIELD_dst_host, write_top_name},
};

_Static_assert(sizeof(tops) / sizeof(*tops) == FB_SUMMARY_ASKS - 1, "and one for the counts");

static const struct fb_query live_flows = {.live = FB_LIVE_LIVE, .scope = FB_SCOPE_ALL};

void fb_summary_ask(struct fb_ask asks[static FB_SUMMARY_ASKS])
{
	for (size_t i = 0; i < FB_SUMMARY_ASKS - 1; i++)
		asks[i] = (struct fb_ask){
			.kind = FB_ASK_TOP,
			.query = &live_flows,
			.field = &fb_fields[tops[i].field],
			.metric = FB_METRIC_COUNT,
			.n = TOP,
		};
	asks[FB_SUMMARY_ASKS - 1] = (struct fb_ask){.kind = FB_ASK_SUMMARY};
}

static void write_tops(struct fb_json *json, const struct fb_ask *asks)
{
	for (size_t i = 0; i < FB_SUMMARY_ASKS - 1; i++) {
		fb_json_kv_array(json, tops[i].key);
		for (uint32_t k = 0; k < asks[i].n_top; k++) {
			fb_json_object(json);
			tops[i].write(json, &asks[i].top[k]);
			fb_json_kv_u64(json, "count", asks[i].top[k].count);
			fb_json_kv_u64(json, "bytes", asks[i].top[k].bytes);
			fb_json_end(json, '}');
		}
		fb_json_end(json, ']');
	}
}

static void write_scopes(struct fb_json *json, const struct fb_summary *summary)
{
	fb_json_kv_object(json, "by_scope");
	for (unsigned int scope = 0; scope < FB_SCOPE_COUNT; scope++)
		if (summary->scope[scope])
			fb_json_kv_u64(json, fb_scope_name(scope), summary->scope[scope]);
	fb_json_end(json, '}');
}

static int write_members(struct fb_api *api, const struct fb_snapshot *snapshot,
			 const struct fb_ask *asks, struct fb_json *json)
{
	_cleanup_free_ struct fb_status *status = malloc(sizeof(*status));
	const struct fb_summary *summary = asks[FB_SUMMARY_ASKS - 1].summary;
	uint64_t interval_ms = snapshot->interval_ns / 1000000;

	if (!status)
		return -ENOMEM;
	fb_engine_status(api->engine, status);
	fb_json_kv_u64(json, "active_flows", snapshot->live);
	fb_json_kv_u64(json, "closed_flows", snapshot->closed);
	fb_json_kv_u64(json, "new_per_s",
		       interval_ms ? (snapshot->new_flows * 1000 + interval_ms / 2) / interval_ms
				   : snapshot->new_flows);
	fb_write_ends(json, "rate_bps", summary->totals.rate, 8);
	fb_write_ends(json, "pps", summary->pps, 1);
	fb_write_ends(json, "bytes_total", summary->totals.bytes, 1);
	fb_json_key(json, "by_protocol");
	fb_summary_write_protocols(json, summary);
	fb_json_key(json, "by_state");
	fb_summary_write_states(json, summary);
	write_scopes(json, summary);
	write_tops(json, asks);
	fb_json_key(json, "protocol_state");
	fb_summary_write_matrix(json, summary);
	fb_json_key(json, "conntrack");
	fb_status_write_conntrack(json, status);
	fb_json_key(json, "interfaces");
	fb_status_write_links(json, status);
	fb_json_key(json, "losses");
	fb_status_write_losses(json, status);
	fb_write_stamp(json, snapshot);
	return 0;
}

struct fb_summary_cache {
	pthread_mutex_t lock;
	struct kept {
		uint64_t epoch; /* of `members`; 0: none */
		struct fb_buf members;
	} of[2]; /* all; what an anonymised snapshot tells */
};

static struct kept *kept_of(struct fb_api *api, const struct fb_snapshot *snapshot)
{
	return &api->summary->of[snapshot->screen != NULL];
}

struct fb_summary_cache *fb_summary_cache_new(void)
{
	struct fb_summary_cache *cache = calloc(1, sizeof(*cache));

	if (cache)
		pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void fb_summary_cache_free(struct fb_summary_cache *cache)
{
	if (!cache)
		return;
	for (int i = 0; i < 2; i++)
		fb_buf_fini(&cache->of[i].members);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* With the cache's lock. */
static int fill(struct fb_api *api, const struct fb_snapshot *snapshot, const struct fb_ask *asks)
{
	struct kept *kept = kept_of(api, snapshot);
	struct fb_json json;
	int r;

	fb_buf_clear(&kept->members);
	fb_json_init(&json, &kept->members);
	r = write_members(api, snapshot, asks, &json);
	if (!r)
		r = fb_buf_error(&kept->members);
	kept->epoch = r ? 0 : snapshot->epoch;
	return r;
}

/* With the cache's lock. */
static int refresh(struct fb_api *api, struct fb_snapshot *snapshot)
{
	struct fb_ask asks[FB_SUMMARY_ASKS];
	int r;

	fb_summary_ask(asks);
	r = fb_query_ask(snapshot, asks, FB_SUMMARY_ASKS);
	if (!r)
		r = fill(api, snapshot, asks);
	for (unsigned int i = 0; i < FB_SUMMARY_ASKS; i++)
		fb_ask_fini(&asks[i]);
	return r;
}

void fb_summary_answer(struct fb_api *api, const struct fb_snapshot *snapshot,
		       const struct fb_ask *asks)
{
	struct fb_summary_cache *cache = api->summary;

	pthread_mutex_lock(&cache->lock);
	if (kept_of(api, snapshot)->epoch < snapshot->epoch)
		fill(api, snapshot, asks);
	pthread_mutex_unlock(&cache->lock);
}

bool fb_summary_stale(struct fb_api *api, const struct fb_snapshot *snapshot)
{
	bool stale;

	pthread_mutex_lock(&api->summary->lock);
	stale = kept_of(api, snapshot)->epoch != snapshot->epoch;
	pthread_mutex_unlock(&api->summary->lock);
	return stale;
}

int fb_summary_write(struct fb_api *api, struct fb_snapshot *snapshot, struct fb_buf *buf)
{
	struct fb_summary_cache *cache = api->summary;
	int r = 0;

	pthread_mutex_lock(&cache->lock);
	if (kept_of(api, snapshot)->epoch != snapshot->epoch)
		r = refresh(api, snapshot);
	if (!r)
		fb_buf_add(buf, kept_of(api, snapshot)->members.data,
			   kept_of(api, snapshot)->members.len);
	pthread_mutex_unlock(&cache->lock);
	return r ? r : fb_buf_error(buf);
}

int fb_api_summary(struct fb_request *req)
{
	int r;

	fb_reply_json(req);
	fb_buf_addc(&req->reply.body, '{');
	r = fb_summary_write(req->ctx, req->edition, &req->reply.body);
	fb_buf_addc(&req->reply.body, '}');
	return r;
}
