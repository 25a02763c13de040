/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets that wait for others here: whose, where, how full, and who came. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "api/api.h"
#include "api/list_json.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "engine/listenbook.h"
#include "enrich/scope.h"
#include "http/reply.h"
#include "query/visitors.h"
#include "util/addr.h"
#include "util/cleanup.h"

struct seen {
	struct fb_listenbook_list list;
	struct fb_listener *listener; /* [list.n] */
	struct fb_visits *visits;     /* [list.n] */
};

static void seen_fini(struct seen *seen)
{
	free(seen->list.entry);
	free(seen->listener);
	free(seen->visits);
}

static int see(const struct fb_api *api, const struct fb_snapshot *snapshot, struct seen *seen)
{
	if (fb_listenbook_read(fb_engine_listeners(api->engine), &seen->list) < 0)
		return -ENOMEM;
	seen->listener = calloc((size_t)seen->list.n + 1, sizeof(*seen->listener));
	seen->visits = calloc((size_t)seen->list.n + 1, sizeof(*seen->visits));
	if (!seen->listener || !seen->visits)
		return -ENOMEM;
	for (unsigned int i = 0; i < seen->list.n; i++)
		seen->listener[i] = seen->list.entry[i].listener;
	return fb_query_visitors(snapshot, seen->listener, seen->list.n, seen->visits);
}

/* Who can come at all. */
static const char *bound_to(const struct fb_listener *listener)
{
	static const struct {
		const char *word, *block;
	} words[] = {
		{"any", "0.0.0.0/32"},
		{"any", "::/128"},
		{"loopback", "127.0.0.0/8"},
		{"loopback", "::1/128"},
	};
	struct fb_cidr block;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!fb_cidr_parse(words[i].block, &block) &&
		    fb_cidr_contains(&block, listener->addr, listener->family))
			return words[i].word;
	return fb_scope_is_private(listener->addr, listener->family) ? "private" : "public";
}

static void kv_text(struct fb_json *json, const char *key, const char *text)
{
	fb_json_kv_str(json, key, *text ? text : NULL);
}

static void write_owner(struct fb_json *json, const struct fb_listenbook_entry *entry)
{
	kv_text(json, "process", entry->process);
	fb_json_key(json, "pid");
	if (entry->pid)
		fb_json_u64(json, entry->pid);
	else
		fb_json_null(json);
	kv_text(json, "exe", entry->exe);
	kv_text(json, "user", entry->user);
	kv_text(json, "unit", entry->unit);
	kv_text(json, "container", entry->container);
	kv_text(json, "container_name", entry->container_name);
}

static void write_queue(struct fb_json *json, const struct fb_listenbook_entry *entry)
{
	fb_json_kv_object(json, "backlog");
	fb_json_kv_u64(json, "waiting", entry->listener.queue);
	fb_json_key(json, "limit");
	if (entry->listener.proto == IPPROTO_TCP)
		fb_json_u64(json, entry->listener.limit);
	else
		fb_json_null(json);
	fb_json_end(json, '}');
}

static void write_visits(struct fb_json *json, const struct fb_snapshot *snapshot,
			 const struct fb_visits *visits)
{
	static const char *const from[] = {NULL, "here", "inside", "outside"};
	char text[FB_ADDR_STRLEN];

	fb_json_kv_str(json, "reached", from[visits->from]);
	fb_json_kv_u64(json, "flows", visits->flows);
	if (visits->flows) {
		fb_json_kv_time(json, "last_seen",
				fb_snapshot_wall_ms(snapshot, visits->last_seen));
	} else {
		fb_json_key(json, "last_seen");
		fb_json_null(json);
	}
	fb_json_kv_array(json, "clients");
	for (unsigned int i = 0; i < visits->n; i++) {
		const struct fb_visitor *visitor = &visits->visitor[i];

		fb_json_object(json);
		fb_json_kv_str(json, "ip", fb_addr_format(visitor->addr, visitor->family, text));
		fb_json_kv_str(json, "host", visitor->name ? visitor->name->text : NULL);
		fb_json_kv_time(json, "last_seen",
				fb_snapshot_wall_ms(snapshot, visitor->last_seen));
		fb_json_end(json, '}');
	}
	fb_json_end(json, ']');
}

static void write_listener(struct fb_json *json, const struct fb_snapshot *snapshot,
			   const struct fb_listenbook_entry *entry, const struct fb_visits *visits)
{
	const struct fb_listener *listener = &entry->listener;
	char text[FB_ADDR_STRLEN];

	fb_json_object(json);
	fb_json_kv_str(json, "proto", listener->proto == IPPROTO_TCP ? "tcp" : "udp");
	fb_json_kv_str(json, "address", fb_addr_format(listener->addr, listener->family, text));
	fb_json_kv_u64(json, "port", listener->port);
	fb_json_kv_str(json, "bound", bound_to(listener));
	fb_json_kv_u64(json, "sockets", entry->sockets);
	write_owner(json, entry);
	write_queue(json, entry);
	write_visits(json, snapshot, visits);
	fb_json_end(json, '}');
}

int fb_api_listeners(struct fb_request *req)
{
	struct fb_snapshot *snapshot = req->edition;
	_cleanup_(seen_fini) struct seen seen = {0};
	struct fb_json *json;

	if (see(req->ctx, snapshot, &seen) < 0)
		return -ENOMEM;
	json = fb_reply_json(req);
	fb_json_object(json);
	fb_json_kv_array(json, "items");
	for (unsigned int i = 0; i < seen.list.n; i++)
		write_listener(json, snapshot, &seen.list.entry[i], &seen.visits[i]);
	fb_json_end(json, ']');
	fb_write_reading(json, seen.list.left_out, seen.list.read_ms);
	fb_write_stamp(json, snapshot);
	fb_json_end(json, '}');
	return 0;
}
