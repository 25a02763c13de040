/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/ipfix.h"
#include "sink/out.h"
#include "sink/tlswire.h"
#include "util/hash.h"

#define QUEUE		   32
#define PUMP_MS		   500	/* of a second */
#define LAST_MS		   2000 /* when we end */
#define TEMPLATES_NS	   60000000000ull
#define TEMPLATES_MESSAGES 4096
#define SWEEP_MOST	   15 /* ticks for a look at all records, at most */
#define BIT_NAT_CAME	   0
#define BIT_NAT_GONE	   1
#define MISSED_NS	   60000000000ull /* after that an end was not told: its tick was dropped */

struct sum {
	uint64_t packets, bytes;
};

struct fb_collector {
	struct fb_collector_opts opts;
	struct fb_out out;
	struct fb_told *told;
	struct fb_snapshot *last; /* what there is when we end */
	struct fb_ipfix ipfix;
	struct fb_buf text;
	uint32_t flows; /* in this message */
	uint32_t sweep;
	uint64_t templates_ns, since_templates;
	struct sum message,
		lost; /* what flows count, both ways: of this message, of dropped ones */
};

/* --- its life -------------------------------------------------------------------------------- */

static int set_target(struct fb_collector *collector, struct fb_why *why)
{
	const char *target = collector->opts.target;
	struct fb_wire *wire = &collector->out.wire;
	int r;

	if (!strncmp(target, "tls:", 4))
		r = fb_wire_set_peer(wire, &fb_wire_tls, target + 4);
	else if (!strncmp(target, "tcp:", 4))
		r = fb_wire_set_peer(wire, &fb_wire_tcp, target + 4);
	else
		r = fb_wire_set_peer(wire, &fb_wire_udp, target);
	if (r < 0)
		return fb_why_set(why, r,
				  "--ipfix takes HOST:PORT, tcp:HOST:PORT or tls:HOST:PORT, not "
				  "\"%s\"",
				  target);
	return wire->ops == &fb_wire_tls ? fb_wire_tls_trust(wire, collector->opts.ca, why) : 0;
}

/* The same in each run of this host and network, another one in others. */
static uint32_t domain_of_here(void)
{
	char text[320] = "";
	struct stat net = {0};

	(void)!gethostname(text, 256);
	text[255] = '\0';
	(void)!stat("/proc/self/net/dev", &net);
	snprintf(text + strlen(text), 32, " %llu", (unsigned long long)net.st_ino);
	return (uint32_t)fb_hash_fixed(text, strlen(text));
}

int fb_collector_new(const struct fb_collector_opts *opts, struct fb_collector **ret_collector,
		     struct fb_why *why)
{
	struct fb_collector *collector = calloc(1, sizeof(*collector));
	int r;

	if (!collector)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	collector->opts = *opts;
	r = set_target(collector, why);
	if (r < 0) {
		free(collector);
		return r;
	}
	fb_ipfix_init(&collector->ipfix, domain_of_here(), opts->uniflow,
		      collector->out.wire.ops->whole ? FB_IPFIX_DATAGRAM : FB_IPFIX_STREAM);
	*ret_collector = collector;
	return 0;
}

void fb_collector_free(struct fb_collector *collector)
{
	if (!collector)
		return;
	fb_wire_tls_forget(&collector->out.wire);
	free(collector);
}

static uint32_t seconds_of(const struct fb_collector *collector)
{
	return collector->last ? (uint32_t)(collector->last->wall_ms / 1000) : 0;
}

/* Who connects anew knows no template. */
static void greet(void *ctx, const char *first, size_t len, struct fb_buf *to)
{
	struct fb_collector *collector = ctx;

	(void)len;
	fb_ipfix_templates(&collector->ipfix, fb_ipfix_sequence(first), seconds_of(collector), to);
}

static int open_collector(void *ctx)
{
	struct fb_collector *collector = ctx;
	int r = fb_told_new(&collector->told);

	collector->out.greet = greet;
	collector->out.greet_ctx = collector;
	return r < 0 ? r : fb_out_init(&collector->out);
}

static void close_collector(void *ctx)
{
	struct fb_collector *collector = ctx;

	fb_snapshot_put(collector->last);
	fb_out_fini(&collector->out);
	fb_told_free(collector->told);
	fb_buf_fini(&collector->text);
}

const struct fb_export_counters *fb_collector_counters(const struct fb_collector *collector)
{
	return &collector->out.counters;
}

/* --- messages -------------------------------------------------------------------------------- */

/* The sequence goes on if it is dropped: so a collector knows how much it missed. */
static void send_message(struct fb_collector *collector)
{
	struct fb_ipfix *ipfix = &collector->ipfix;
	const size_t len = fb_ipfix_finish(ipfix, seconds_of(collector));

	if (!len)
		return;
	if (!fb_out_add(&collector->out, ipfix->message, len, collector->flows)) {
		collector->lost.packets += collector->message.packets;
		collector->lost.bytes += collector->message.bytes;
	}
	collector->since_templates++;
	collector->flows = 0;
	collector->message = (struct sum){0};
	fb_ipfix_begin(ipfix);
}

/* By UDP templates come again and again, for whoever missed them or came later. */
static void send_templates(struct fb_collector *collector)
{
	struct fb_buf *text = &collector->text;

	send_message(collector);
	fb_buf_clear(text);
	fb_ipfix_templates(&collector->ipfix, collector->ipfix.sequence, seconds_of(collector),
			   text);
	if (!fb_buf_error(text))
		fb_out_add(&collector->out, text->data, text->len, 0);
	collector->since_templates = 0;
}

static void tell_interface(struct fb_collector *collector, uint32_t number, const char *name)
{
	if (fb_ipfix_interface(&collector->ipfix, number, name))
		return;
	send_message(collector);
	fb_ipfix_interface(&collector->ipfix, number, name);
}

static void tell_self(struct fb_collector *collector, const struct fb_snapshot *snapshot)
{
	const struct fb_export_counters *counters = &collector->out.counters;
	struct fb_sink_totals totals;
	struct fb_ipfix_stats stats;

	for (uint32_t i = 0; i < FB_LINK_MAX; i++)
		if (*fb_snapshot_link(snapshot, (uint16_t)i))
			tell_interface(collector, i, fb_snapshot_link(snapshot, (uint16_t)i));
	collector->opts.totals(collector->opts.totals_ctx, &totals);
	stats = (struct fb_ipfix_stats){
		.messages = atomic_load(&counters->batches),
		.bytes = collector->out.bytes,
		.flows = atomic_load(&counters->sent),
		.flows_lost = atomic_load(&counters->dropped),
		.packets_lost = collector->lost.packets,
		.bytes_lost = collector->lost.bytes,
		.packets_ignored = totals.dropped,
	};
	if (!fb_ipfix_stats(&collector->ipfix, &stats)) {
		send_message(collector);
		fb_ipfix_stats(&collector->ipfix, &stats);
	}
}

/* --- flows ----------------------------------------------------------------------------------- */

static enum fb_ipfix_end end_of(const struct fb_flow *flow)
{
	return flow->closed == FB_CLOSED_TIMEOUT   ? FB_IPFIX_IDLE
	       : flow->closed == FB_CLOSED_EVICTED ? FB_IPFIX_NO_ROOM
						   : FB_IPFIX_OVER;
}

/* Of both directions, or of a uniflow's. */
static void add_up(struct sum *sum, const struct fb_told_part *part, enum fb_dir dir, bool uniflow)
{
	sum->packets += part->packets[dir] + (uniflow ? 0 : part->packets[!dir]);
	sum->bytes += part->bytes[dir] + (uniflow ? 0 : part->bytes[!dir]);
}

static void add_record(struct fb_collector *collector, const struct fb_flow_at *at,
		       const struct fb_told_part *part, enum fb_ipfix_end end, enum fb_dir dir)
{
	const bool uniflow = collector->opts.uniflow;

	if (!fb_ipfix_flow(&collector->ipfix, at, part, end, dir)) {
		send_message(collector);
		if (!fb_ipfix_flow(&collector->ipfix, at, part, end, dir)) {
			fb_out_lose(&collector->out, 1);
			add_up(&collector->lost, part, dir, uniflow);
			return;
		}
	}
	collector->flows++;
	add_up(&collector->message, part, dir, uniflow);
}

static void tell_nat(struct fb_collector *collector, const struct fb_flow_at *at, bool gone)
{
	if (fb_ipfix_nat_event(&collector->ipfix, at, gone))
		return;
	send_message(collector);
	fb_ipfix_nat_event(&collector->ipfix, at, gone);
}

static void tell_part(struct fb_collector *collector, const struct fb_flow_at *at,
		      const struct fb_told_part *part, enum fb_ipfix_end end)
{
	fb_told_mark(collector->told, at);
	if (at->flow->nat && fb_told_once(collector->told, at, BIT_NAT_CAME))
		tell_nat(collector, at, false);
	for (int dir = 0; dir < (collector->opts.uniflow ? 2 : 1); dir++)
		if (!collector->opts.uniflow || part->packets[dir] || part->bytes[dir])
			add_record(collector, at, part, end, (enum fb_dir)dir);
	if (at->flow->nat && at->flow->closed && fb_told_once(collector->told, at, BIT_NAT_GONE))
		tell_nat(collector, at, true);
}

static void tell_rest(struct fb_collector *collector, const struct fb_flow_at *at,
		      enum fb_ipfix_end end)
{
	struct fb_told_part part;

	if (fb_told_part(collector->told, at, &part))
		tell_part(collector, at, &part, end);
}

/* What lasts, what is silent, and what ended without our being told. */
static void tell_due(struct fb_collector *collector, const struct fb_flow_at *at)
{
	const uint64_t now = at->snapshot->now_ns, seen = at->traffic->last_seen;
	struct fb_told_part part;

	if (!fb_told_part(collector->told, at, &part))
		return;
	if (at->flow->closed) {
		if (now - at->flow->closed_at > MISSED_NS)
			tell_part(collector, at, &part, end_of(at->flow));
	} else if (now - part.since_ns >= collector->opts.active_s * 1000000000ull) {
		tell_part(collector, at, &part, FB_IPFIX_ACTIVE);
	} else if (now > seen && now - seen >= collector->opts.idle_s * 1000000000ull) {
		tell_part(collector, at, &part, FB_IPFIX_IDLE);
	}
}

/* A part of the records each tick: all of them well within either timeout. */
static void sweep(struct fb_collector *collector, const struct fb_snapshot *snapshot)
{
	const struct fb_collector_opts *opts = &collector->opts;
	const uint32_t least = opts->active_s < opts->idle_s ? opts->active_s : opts->idle_s;
	const uint32_t ticks = least / 4 < 1 ? 1 : least / 4 > SWEEP_MOST ? SWEEP_MOST : least / 4;
	const uint32_t step = snapshot->n / ticks + 1, first = collector->sweep++ % ticks * step;
	struct fb_flow_at at;

	for (uint32_t i = first; i < first + step && i < snapshot->n; i++)
		if (fb_snapshot_at(snapshot, i, &at))
			tell_due(collector, &at);
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_collector *collector = ctx;
	const bool datagrams = collector->out.wire.ops->whole;
	struct fb_flow_at at;
	int r = fb_told_begin(collector->told, snapshot);

	(void)losses;
	if (r < 0)
		return r;
	fb_snapshot_put(collector->last);
	collector->last = fb_snapshot_get(snapshot);
	if (snapshot->now_ns >= collector->templates_ns) {
		if (datagrams)
			send_templates(collector);
		tell_self(collector, snapshot);
		collector->templates_ns = snapshot->now_ns + TEMPLATES_NS;
	} else if (datagrams && collector->since_templates >= TEMPLATES_MESSAGES) {
		send_templates(collector);
	}
	for (uint32_t i = 0; i < snapshot->n_ended; i++)
		if (fb_snapshot_at(snapshot, snapshot->ended[i], &at))
			tell_rest(collector, &at, end_of(at.flow));
	sweep(collector, snapshot);
	send_message(collector);
	fb_out_pump(&collector->out, PUMP_MS);
	return 0;
}

static void flush(void *ctx)
{
	struct fb_collector *collector = ctx;
	struct fb_flow_at at;

	for (uint32_t i = 0; collector->last && i < collector->last->n; i++)
		if (fb_snapshot_at(collector->last, i, &at))
			tell_rest(collector, &at,
				  at.flow->closed ? end_of(at.flow) : FB_IPFIX_FORCED);
	send_message(collector);
	fb_out_pump(&collector->out, LAST_MS);
}

const struct fb_consumer_ops fb_collector_consumer = {
	.name = "collector",
	.queue = QUEUE,
	.open = open_collector,
	.tick = tick,
	.flush = flush,
	.close = close_collector,
};
