/* SPDX-License-Identifier: BSD-2-Clause */
/* Decisions of one tick, a line each; see the header. */
#include "engine/trace.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/addr.h"
#include "util/log.h"

#define LINES_A_TICK 200 /* more nobody reads, and stderr may be slow */

struct lines {
	unsigned int n, left_out;
};

static bool has_room(struct lines *lines)
{
	if (lines->n == LINES_A_TICK) {
		lines->left_out++;
		return false;
	}
	lines->n++;
	return true;
}

static const char *end_of(const uint8_t *addr, uint8_t family, uint16_t port,
			  char buf[static FB_ENDPOINT_STRLEN])
{
	return port ? fb_endpoint_format(addr, family, port, buf)
		    : fb_addr_format(addr, family, buf);
}

static void tell_new(const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	char src[FB_ENDPOINT_STRLEN], dst[FB_ENDPOINT_STRLEN], proto[4];

	fb_debug("flow",
		 "%016" PRIx64 " %s > %s %s on %s: new%s, client by %s, %s, service %s, scope %s",
		 flow->id, end_of(flow->src, flow->family, flow->src_port, src),
		 end_of(flow->dst, flow->family, flow->dst_port, dst),
		 fb_proto_name(flow->proto, proto), fb_snapshot_link(at->snapshot, flow->link),
		 flow->flags & FB_FLOW_PARTIAL ? " in mid-stream" : "",
		 fb_client_by_name(flow->client_by),
		 !(flow->flags & FB_FLOW_CONNTRACK) ? "no conntrack entry"
		 : flow->nat			    ? "joined with conntrack behind NAT"
						    : "joined with conntrack",
		 flow->service ? flow->service : "unknown", fb_scope_name(flow->scope));
}

static void tell_names(const struct fb_flow_at *at, uint64_t since, struct lines *lines)
{
	const struct fb_flow_names *names = at->flow->names;

	for (unsigned int i = 0; names && i < names->n; i++) {
		const struct fb_flow_name *name = &names->name[i];

		if (name->time > since && has_room(lines))
			fb_debug("flow", "%016" PRIx64 ": %s %s, by %s%s", at->flow->id,
				 i ? "also called" : "called", name->text,
				 fb_name_source_name(name->source),
				 name->flags & FB_NAME_FLAG_UNEXPLAINED
					 ? ", which no DNS answer explains"
					 : "");
	}
}

static void tell_ended(const struct fb_flow_at *at)
{
	const struct fb_traffic *traffic = at->traffic;

	fb_debug("flow", "%016" PRIx64 ": ended, %s; %" PRIu64 " packets up, %" PRIu64 " down",
		 at->flow->id, fb_closed_name(at->flow->closed), traffic->packets[FB_UP],
		 traffic->packets[FB_DOWN]);
}

static int trace_tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	const uint64_t since = snapshot->now_ns - snapshot->interval_ns;
	struct lines lines = {0};
	struct fb_flow_at at;

	(void)ctx, (void)losses;
	if (!fb_log_takes(FB_LOG_DEBUG))
		return 0;
	for (uint32_t i = fb_snapshot_next_moved(snapshot, 0); i < snapshot->n;
	     i = fb_snapshot_next_moved(snapshot, i + 1)) {
		if (!fb_snapshot_at(snapshot, i, &at))
			continue;
		if (at.flow->first_seen > since && has_room(&lines))
			tell_new(&at);
		tell_names(&at, since, &lines);
	}
	for (uint32_t i = 0; i < snapshot->n_ended; i++)
		if (fb_snapshot_at(snapshot, snapshot->ended[i], &at) && has_room(&lines))
			tell_ended(&at);
	if (lines.left_out)
		fb_debug("flow", "and %u decisions more in this second", lines.left_out);
	return 0;
}

const struct fb_consumer_ops fb_trace_consumer = {.name = "trace", .tick = trace_tick};
