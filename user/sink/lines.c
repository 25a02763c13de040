/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/object.h"
#include "sink/syslog.h"

#define QUEUE	  32
#define BATCH	  (64 * 1024) /* bytes of lines that a file takes at once */
#define PUMP_MS	  500	      /* of a second */
#define LAST_MS	  2000	      /* when we end */
#define STATS_NS  10000000000ull
#define SWEEPS	  16		 /* ticks for a look at all records */
#define HELLO_NS  3000000000ull	 /* a hello that nobody answered is told */
#define MISSED_NS 60000000000ull /* after that an end was not told, for its tick was dropped */
#define BIT_HELLO 0

struct fb_lines {
	struct fb_lines_opts opts;
	struct fb_out out;
	struct fb_told *told;
	struct fb_snapshot *last; /* what there is when we end */
	struct fb_buf line, batch;
	uint32_t n_batch, sweep;
	bool syslogs;
	struct fb_syslog syslog;
	uint64_t stats_ns;
};

/* --- its life -------------------------------------------------------------------------------- */

static int set_target(struct fb_lines *lines, const char *target)
{
	struct fb_wire *wire = &lines->out.wire;

	if (!strncmp(target, "unix:", 5))
		return fb_wire_set_path(wire, &fb_wire_unix, target + 5);
	if (!strcmp(target, "syslog"))
		return fb_wire_set_path(wire, &fb_wire_devlog, "/dev/log");
	if (!strncmp(target, "syslog-udp:", 11))
		return fb_wire_set_peer(wire, &fb_wire_udp, target + 11);
	if (!strncmp(target, "syslog-tcp:", 11))
		return fb_wire_set_peer(wire, &fb_wire_tcp, target + 11);
	return fb_wire_set_path(wire, &fb_wire_file, target);
}

int fb_lines_new(const struct fb_lines_opts *opts, struct fb_lines **ret_lines, struct fb_why *why)
{
	const char *name = opts->format == FB_LINES_EVE ? "eve" : "ndjson";
	struct fb_lines *lines = calloc(1, sizeof(*lines));
	struct fb_wire *wire;
	int r;

	if (!lines)
		return fb_why_set(why, -ENOMEM, "not enough memory");
	lines->opts = *opts;
	r = set_target(lines, opts->target);
	if (r < 0) {
		free(lines);
		return fb_why_set(why, r,
				  "--%s takes an absolute path, unix:PATH, syslog, "
				  "syslog-udp:HOST:PORT or syslog-tcp:HOST:PORT, not \"%s\"",
				  name, opts->target);
	}
	wire = &lines->out.wire;
	wire->rotate = opts->rotate;
	wire->keep = opts->keep;
	wire->give = opts->give;
	wire->uid = opts->uid;
	wire->gid = opts->gid;
	lines->syslogs = !strncmp(opts->target, "syslog", 6);
	fb_syslog_init(&lines->syslog, name,
		       wire->ops == &fb_wire_tcp   ? FB_SYSLOG_TCP
		       : wire->ops == &fb_wire_udp ? FB_SYSLOG_UDP
						   : FB_SYSLOG_LOCAL);
	*ret_lines = lines;
	return 0;
}

void fb_lines_free(struct fb_lines *lines)
{
	free(lines);
}

static int open_lines(void *ctx)
{
	struct fb_lines *lines = ctx;
	int r = fb_told_new(&lines->told);

	if (r == 0)
		r = fb_out_init(&lines->out);
	if (r == 0 && lines->out.wire.ops == &fb_wire_file)
		r = lines->out.wire.ops->open(&lines->out.wire);
	lines->out.wire.give = false; /* from here on we are that user */
	if (r < 0)
		atomic_store(&lines->out.counters.error, r);
	return r;
}

static void close_lines(void *ctx)
{
	struct fb_lines *lines = ctx;

	fb_snapshot_put(lines->last);
	fb_out_fini(&lines->out);
	fb_told_free(lines->told);
	fb_buf_fini(&lines->line);
	fb_buf_fini(&lines->batch);
}

void fb_lines_reopen(struct fb_lines *lines)
{
	atomic_store(&lines->out.reopen, true);
}

const struct fb_export_counters *fb_lines_counters(const struct fb_lines *lines)
{
	return &lines->out.counters;
}

/* --- lines ----------------------------------------------------------------------------------- */

static void send_batch(struct fb_lines *lines)
{
	if (fb_buf_error(&lines->batch))
		fb_out_lose(&lines->out, lines->n_batch);
	else if (lines->n_batch)
		fb_out_add(&lines->out, lines->batch.data, lines->batch.len, lines->n_batch);
	lines->n_batch = 0;
	fb_buf_clear(&lines->batch);
}

/* A file takes many at once; whoever else reads gets each by itself, for it may go in between. */
static void send_line(struct fb_lines *lines, int64_t ms)
{
	struct fb_buf *line = &lines->line;

	if (fb_buf_error(line)) {
		fb_out_lose(&lines->out, 1);
		return;
	}
	if (lines->syslogs)
		fb_syslog_write(&lines->syslog, &lines->batch, line->data, line->len - 1, ms);
	else
		fb_buf_add(&lines->batch, line->data, line->len);
	lines->n_batch++;
	if (lines->out.wire.ops != &fb_wire_file || lines->batch.len >= BATCH)
		send_batch(lines);
}

static struct fb_buf *new_line(struct fb_lines *lines)
{
	fb_buf_clear(&lines->line);
	return &lines->line;
}

static void tell_flow(struct fb_lines *lines, const struct fb_flow_at *at, bool at_end)
{
	struct fb_told_part part;
	struct fb_json json;

	if (!fb_told_part(lines->told, at, &part))
		return;
	fb_told_mark(lines->told, at);
	if (lines->opts.format == FB_LINES_EVE) {
		fb_eve_flow(new_line(lines), at, &part, at_end);
	} else {
		fb_json_init(&json, new_line(lines));
		fb_flow_write_json(&json, at);
		fb_buf_addc(&lines->line, '\n');
	}
	send_line(lines, at->snapshot->wall_ms);
}

/* --- a tick ---------------------------------------------------------------------------------- */

/* Once it was answered, or nobody did, or it is over. */
static void tell_hello(struct fb_lines *lines, const struct fb_flow_at *at)
{
	const struct fb_flow *flow = at->flow;
	const bool is_one = flow->tls && (flow->l7 == FB_L7_TLS || flow->l7 == FB_L7_QUIC);

	if (!is_one || (!flow->tls->answered && flow->l7 == FB_L7_TLS && !flow->closed &&
			at->snapshot->now_ns - flow->first_seen < HELLO_NS))
		return;
	if (!fb_told_once(lines->told, at, BIT_HELLO))
		return;
	fb_eve_hello(new_line(lines), at);
	send_line(lines, at->snapshot->wall_ms);
}

static void tell_dns(struct fb_lines *lines, const struct fb_snapshot *snapshot)
{
	const struct fb_dnslog_entry *entry = NULL;
	struct fb_flow_at at;

	while ((entry = fb_dnslog_next(snapshot->dns, entry)))
		if (!fb_snapshot_find(snapshot, entry->flow, &at))
			fb_out_lose(&lines->out, 1);
		else if (fb_eve_dns(new_line(lines), &at, entry))
			send_line(lines, snapshot->wall_ms);
}

static void tell_stats(struct fb_lines *lines, const struct fb_snapshot *snapshot)
{
	struct fb_sink_totals totals;

	if (!lines->opts.totals || snapshot->now_ns < lines->stats_ns)
		return;
	lines->stats_ns = snapshot->now_ns + STATS_NS;
	lines->opts.totals(lines->opts.totals_ctx, &totals);
	fb_eve_stats(new_line(lines), snapshot, &totals);
	send_line(lines, snapshot->wall_ms);
}

static void tell_events(struct fb_lines *lines, const struct fb_snapshot *snapshot)
{
	struct fb_flow_at at;

	for (uint32_t i = fb_snapshot_next_moved(snapshot, 0); i < snapshot->n;
	     i = fb_snapshot_next_moved(snapshot, i + 1))
		if (fb_snapshot_at(snapshot, i, &at))
			tell_hello(lines, &at);
	tell_dns(lines, snapshot);
	tell_stats(lines, snapshot);
}

/* Ends that no tick told us of: a part of the records each time. */
static void sweep(struct fb_lines *lines, const struct fb_snapshot *snapshot)
{
	const uint32_t step = snapshot->n / SWEEPS + 1, first = lines->sweep++ % SWEEPS * step;
	struct fb_flow_at at;

	for (uint32_t i = first; i < first + step && i < snapshot->n; i++)
		if (fb_snapshot_at(snapshot, i, &at) && at.flow->closed &&
		    snapshot->now_ns - at.flow->closed_at > MISSED_NS)
			tell_flow(lines, &at, false);
}

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fb_lines *lines = ctx;
	struct fb_flow_at at;
	int r = fb_told_begin(lines->told, snapshot);

	(void)losses;
	if (r < 0)
		return r;
	fb_snapshot_put(lines->last);
	lines->last = fb_snapshot_get(snapshot);
	if (lines->opts.format == FB_LINES_EVE)
		tell_events(lines, snapshot);
	for (uint32_t i = 0; i < snapshot->n_ended; i++)
		if (fb_snapshot_at(snapshot, snapshot->ended[i], &at))
			tell_flow(lines, &at, false);
	sweep(lines, snapshot);
	send_batch(lines);
	fb_out_pump(&lines->out, PUMP_MS);
	return 0;
}

/* What goes on without us is told as it is now. */
static void flush(void *ctx)
{
	struct fb_lines *lines = ctx;
	struct fb_flow_at at;

	for (uint32_t i = 0; lines->last && i < lines->last->n; i++)
		if (fb_snapshot_at(lines->last, i, &at))
			tell_flow(lines, &at, !at.flow->closed);
	send_batch(lines);
	fb_out_pump(&lines->out, LAST_MS);
}

const struct fb_consumer_ops fb_lines_consumer = {
	.name = "lines",
	.queue = QUEUE,
	.open = open_lines,
	.tick = tick,
	.flush = flush,
	.close = close_lines,
};
