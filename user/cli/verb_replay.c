/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf replay FILE: a capture through the same kernel programs and the same flow table as live
 * traffic, by BPF_PROG_TEST_RUN, in the capture's own time. No interface is touched.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <flowbpf/limits.h>

#include "cli/input.h"
#include "cli/listing.h"
#include "cli/opts.h"
#include "cli/progress.h"
#include "cli/replayjudge.h"
#include "cli/replayserve.h"
#include "cli/verb.h"
#include "engine/capturefeed.h"
#include "engine/core.h"
#include "engine/geobook.h"
#include "engine/listbook.h"
#include "kernel/privs.h"
#include "kernel/replay.h"
#include "flow/fields.h"
#include "query/query.h"
#include "util/clock.h"
#include "util/fmt.h"
#include "util/cleanup.h"
#include "format/object.h"
#include "policy/judgedobject.h"

#define REPLAY_LINK    1    /* the link number that kernel/replay registers */
#define PROGRESS_EVERY 8192 /* frames */

struct replay_opts {
	struct fb_opt_cidrs internal;
	struct fb_opt_list geo; /* none is searched for: a replay says the same everywhere */
	struct fb_opt_list lists, exceptions;
	const char *filter, *fields;
	uint32_t max_flows;
	bool json, csv, decap, judge, serve;
	struct fb_pagedoor_opts page;
	const char *socket;
};

static const struct replay_opts defaults = {.max_flows = FB_MAX_FLOWS_DEFAULT,
					    .page = FB_PAGEDOOR_DEFAULTS};

#define AT(member) offsetof(struct replay_opts, member)

static const struct fb_opt options[] = {
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = AT(json),
	 .help = "the API's flow objects, one a line, the client as src"},
	{.name = "csv", .type = FB_OPT_FLAG, .offset = AT(csv), .help = "CSV with exact values"},
	{.name = "decap",
	 .letter = 'd',
	 .type = FB_OPT_FLAG,
	 .offset = AT(decap),
	 .help = "count the innermost flow of VXLAN, Geneve, GRE, IPIP and GTP-U"},
	{.name = "judge",
	 .type = FB_OPT_FLAG,
	 .offset = AT(judge),
	 .help = "with --json, in the order of their starts: the risk of each, and each reason"},
	{.name = "filter",
	 .letter = 'f',
	 .arg = "EXPR",
	 .type = FB_OPT_TEXT,
	 .offset = AT(filter),
	 .help = "only flows that match"},
	{.name = "fields",
	 .arg = "LIST",
	 .type = FB_OPT_TEXT,
	 .offset = AT(fields),
	 .help = "columns, separated by commas; \"flowbpf fields\" lists them"},
	{.name = "internal",
	 .letter = 'i',
	 .arg = "CIDR",
	 .type = FB_OPT_CIDR,
	 .offset = AT(internal),
	 .help = "addresses that are inside, besides the private ones; repeat it"},
	{.name = "geo",
	 .arg = "FILE",
	 .type = FB_OPT_LIST,
	 .offset = AT(geo),
	 .help = "country and network of addresses: a MaxMind database or ranges as CSV; repeat it"},
	{.name = "list",
	 .arg = "NAME=FILE",
	 .type = FB_OPT_LIST,
	 .offset = AT(lists),
	 .help = "addresses, prefixes, domains or JA4 to be told apart by that name; repeat it"},
	{.name = "except",
	 .arg = "NAME=FILE",
	 .type = FB_OPT_LIST,
	 .offset = AT(exceptions),
	 .help = "such a list of what is on no other; repeat it"},
	{.name = "max-flows",
	 .letter = 'm',
	 .arg = "N",
	 .type = FB_OPT_U32,
	 .offset = AT(max_flows),
	 .least = FB_MAX_FLOWS_LEAST,
	 .most = FB_MAX_FLOWS_MOST,
	 .help = "connections tracked at once (262144)"},
	{.name = "serve",
	 .letter = 's',
	 .type = FB_OPT_FLAG,
	 .offset = AT(serve),
	 .help = "show it on the page, with all of its time to go back to, until Ctrl-C"},
	FB_PAGEDOOR_OPTIONS(struct replay_opts),
	{.name = "socket",
	 .arg = "PATH",
	 .type = FB_OPT_FILE,
	 .offset = AT(socket),
	 .help = "unix socket for the other verbs (none)"},
	{0},
};

struct run {
	const struct replay_opts *opts;
	const char *path;
	struct fb_filter *filter;
	struct fb_input *input;
	struct fb_core core;
	struct fb_geobook places;
	struct fb_listbook lists;
	struct fb_capturefeed feed;
	struct fb_snapshot *snapshot;
	uint64_t frames;
	bool core_up;
	struct fb_progress progress;
};

static void fini(struct run *run)
{
	fb_snapshot_put(run->snapshot);
	fb_capturefeed_close(&run->feed);
	fb_geobook_close(&run->places);
	fb_listbook_close(&run->lists);
	if (run->core_up)
		fb_core_fini(&run->core);
	fb_input_free(run->input);
	fb_filter_free(run->filter);
}

static int open_lists(struct run *run, struct fb_why *why)
{
	const struct fb_listbook_opts book = {
		.deny = run->opts->lists.items,
		.n_deny = run->opts->lists.n,
		.allow = run->opts->exceptions.items,
		.n_allow = run->opts->exceptions.n,
	};

	return fb_listbook_open(&run->lists, &run->core.pipeline, &book, why);
}

static int load(struct run *run)
{
	const struct fb_core_opts opts = {
		.bpf = {.knobs = {.replay = 1,
				  .inspect = 1,
				  .quality = 1,
				  .decap = run->opts->decap,
				  .max_flows = run->opts->max_flows}},
		.internal = run->opts->internal.items,
		.n_internal = run->opts->internal.n,
		.keep_all = true,
	};
	struct fb_why why = {""};
	int r = fb_privs_check(&why);

	if (!r)
		r = fb_core_init(&run->core, &opts, &why);
	run->core_up = !r;
	if (!r && run->opts->geo.n)
		r = fb_geobook_open(&run->places, &run->core.pipeline, run->opts->geo.items,
				    run->opts->geo.n);
	if (!r)
		r = open_lists(run, &why);
	if (!r)
		r = fb_capturefeed_open(&run->feed, &run->core, &why);
	return r ? fb_fail(FB_EXIT_FAILED, "%s", *why.text ? why.text : strerror(-r))
		 : FB_EXIT_DONE;
}

static int fail_frame(const struct run *run, int r)
{
	return fb_fail(FB_EXIT_FAILED, "%s: frame %llu cannot be replayed: %s", run->path,
		       (unsigned long long)run->frames + 1, strerror(-r));
}

static int on_tick(void *ctx)
{
	struct run *run = ctx;
	const int64_t wall_ms = (int64_t)(run->core.moment.ns / FB_NS_PER_MS);

	fb_snapshot_put(run->snapshot);
	run->snapshot = fb_core_tick(&run->core, wall_ms);
	return 0;
}

static int feed(struct run *run)
{
	struct fb_frame frame;
	int r, last;

	while ((r = fb_input_next(run->input, &frame)) > 0) {
		r = fb_capturefeed_frame(&run->feed, &frame);
		if (r < 0)
			return fail_frame(run, r);
		if (++run->frames % PROGRESS_EVERY == 0)
			fb_progress_show(&run->progress, fb_input_percent(run->input), run->frames);
	}
	fb_progress_end(&run->progress);
	last = fb_capturefeed_end(&run->feed);
	if (last < 0)
		return fail_frame(run, last);
	if (r < 0)
		fb_fail(FB_EXIT_FAILED, "%s", fb_input_why(run->input));
	/* An interrupted capture is a capture, up to there. */
	return r < 0 && (r != -ENODATA || !run->frames) ? FB_EXIT_FAILED : FB_EXIT_DONE;
}

/* Each flow by the writers of the API, so that both are the same. */
static int print_flow(struct fb_listing *listing, const struct fb_flow_at *at)
{
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *flow = NULL;
	const struct fb_field *fields[FB_COLUMNS_FIELDS];
	struct fb_json json;

	fb_json_init(&json, &text);
	if (listing->kind == FB_LISTING_LINES)
		fb_flow_write_json(&json, at);
	else
		fb_flow_write_flat(&json, at, fields, fb_columns_fields(&listing->columns, fields));
	if (fb_buf_error(&text))
		return -ENOMEM;
	if (listing->kind == FB_LISTING_LINES) {
		fb_listing_line(listing, text.data, text.len);
		return 0;
	}
	if (fb_jsontree_parse(text.data, text.len, &flow))
		return -ENOMEM;
	fb_listing_add(listing, flow);
	return 0;
}

struct judging {
	struct fb_listing *listing;
	const struct fb_filter *filter;
};

/* The same object, and one member more. */
static int print_judged(const struct fb_flow_at *at, const struct fb_judged *flow,
			const struct fb_judgement *judgement, void *ctx)
{
	const struct judging *judging = ctx;
	_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
	struct fb_json json;

	if (judging->filter && !fb_filter_match(judging->filter, at))
		return 0;
	fb_json_init(&json, &text);
	fb_judgement_write_flow(&json, at, judgement, flow);
	if (fb_buf_error(&text))
		return -ENOMEM;
	fb_listing_line(judging->listing, text.data, text.len);
	return 0;
}

static int print_all(struct run *run, struct fb_listing *listing)
{
	struct judging judging = {.listing = listing, .filter = run->filter};
	struct fb_query query;
	struct fb_flow_at at;
	uint32_t pos = 0;
	int r = 0;

	if (!run->snapshot)
		return 0;
	if (run->opts->judge)
		return fb_replayjudge(run->snapshot, print_judged, &judging);
	fb_query_init(&query);
	query.live = FB_LIVE_BOTH;
	query.filter = run->filter;
	while (!r && fb_query_next(run->snapshot, &query, &pos, &at))
		r = print_flow(listing, &at);
	return r;
}

static int print_flows(struct run *run)
{
	_cleanup_listing_ struct fb_listing listing = {.kind = run->opts->json	? FB_LISTING_LINES
							       : run->opts->csv ? FB_LISTING_VALUES
										: FB_LISTING_GRID};
	const char *fields = run->opts->fields;
	int r;

	if (!fields)
		fields = run->opts->csv ? FB_LISTING_CSV : FB_LISTING_REPLAY;
	if (fb_listing_begin(&listing, fields))
		return fb_fail(FB_EXIT_USAGE, "%s", listing.columns.why);
	if (print_all(run, &listing))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	r = fb_listing_end(&listing);
	if (r || !run->snapshot)
		return fb_fail(FB_EXIT_FAILED, "%s",
			       r == -EIO ? "cannot write the output" : strerror(r ? -r : ENOMEM));
	return FB_EXIT_DONE;
}

static void print_loss(uint64_t count, const char *what)
{
	char text[FB_FMT_STRLEN];

	if (count)
		fprintf(stderr, "  %s %s\n", fb_fmt_count(count, text), what);
}

void fb_replay_tell_losses(const struct fb_replay_stats *fed)
{
	print_loss(fed->unsupported, "frames of a link type that cannot be replayed");
	print_loss(fed->short_frame, "frames shorter than a link header");
	print_loss(fed->refused, "frames that the kernel refused");
	print_loss(fed->clipped,
		   "frames were longer than the kernel takes: payload cut, counts exact");
}

/* Totals and losses on stderr; a failure if they do not add up to what the program saw. */
static int print_sums(struct run *run)
{
	static const char *const names[] = {
#define X(name, conserved, loss, help) conserved ? help : NULL,
		FB_STATS(X)
#undef X
	};
	struct fb_replay_stats fed;
	struct fb_stats stats;
	uint64_t packets[2], bytes[2], accounted;
	char a[FB_FMT_STRLEN], b[FB_FMT_STRLEN], c[FB_FMT_STRLEN];

	fb_replay_stats(run->feed.replay, &fed);
	fb_table_link_totals(run->core.table, REPLAY_LINK, packets, bytes);
	if (fb_bpf_stats(run->core.bpf, REPLAY_LINK, FB_HOOK_INGRESS, &stats))
		return fb_fail(FB_EXIT_FAILED, "cannot read the counters");
	accounted = packets[FB_HOOK_INGRESS];
	fprintf(stderr, "%s frames: %s packets and %s in %u flows\n", fb_fmt_count(fed.frames, a),
		fb_fmt_count(accounted, b), fb_fmt_bytes(bytes[FB_HOOK_INGRESS], c),
		run->snapshot->live + run->snapshot->closed);
	for (unsigned int i = 0; i < FB_STAT_COUNT; i++) {
		if (!names[i])
			continue;
		accounted += stats.packets[i];
		print_loss(stats.packets[i], names[i]);
	}
	fb_replay_tell_losses(&fed);
	if (accounted != stats.packets[FB_STAT_seen])
		return fb_fail(FB_EXIT_FAILED,
			       "%llu packets were seen but %llu are accounted for: this is a bug",
			       (unsigned long long)stats.packets[FB_STAT_seen],
			       (unsigned long long)accounted);
	return FB_EXIT_DONE;
}

/* All of it is on the page, to be filtered and chosen from there. */
static int check_served(const struct replay_opts *opts)
{
	if (opts->json || opts->csv || opts->filter || opts->fields || opts->judge)
		return fb_fail(FB_EXIT_USAGE, "replay prints flows or shows them on the page: "
					      "--serve stands without --json, --csv, --filter, "
					      "--fields and --judge");
	if (opts->socket && opts->socket[0] != '/')
		return fb_fail(FB_EXIT_USAGE, "--socket takes an absolute path, not \"%s\"",
			       opts->socket);
	return fb_pagedoor_check(&opts->page);
}

static int serve(const struct run *run)
{
	const struct replay_opts *opts = run->opts;
	const struct fb_replayserve what = {
		.path = run->path,
		.input = run->input,
		.page = &opts->page,
		.socket = opts->socket,
		.internal = &opts->internal,
		.geo = &opts->geo,
		.lists = &opts->lists,
		.exceptions = &opts->exceptions,
		.max_flows = opts->max_flows,
		.decap = opts->decap,
	};

	return fb_replayserve(&what);
}

static int print(struct run *run)
{
	int read, r = load(run);

	if (r)
		return r;
	/* What was read before a capture breaks off is shown all the same. */
	read = feed(run);
	r = print_flows(run);
	r = r ? r : print_sums(run);
	return r ? r : read;
}

static int check(struct run *run)
{
	struct fb_columns columns;
	struct fb_filter_error error;

	if (run->opts->serve)
		return check_served(run->opts);
	if (run->opts->socket || fb_pagedoor_is_asked(&run->opts->page))
		return fb_fail(FB_EXIT_USAGE, "where the page is goes with --serve");
	if (run->opts->json && run->opts->csv)
		return fb_fail(FB_EXIT_USAGE, "replay prints --json or --csv, not both");
	if (run->opts->judge && !run->opts->json)
		return fb_fail(FB_EXIT_USAGE,
			       "replay --judge adds to flow objects: say --json, too");
	if (run->opts->json && run->opts->fields)
		return fb_fail(FB_EXIT_USAGE,
			       "--fields chooses columns; --json prints whole flow objects");
	if (run->opts->fields && fb_columns_init(&columns, run->opts->fields))
		return fb_fail(FB_EXIT_USAGE, "%s", columns.why);
	if (!run->opts->filter)
		return FB_EXIT_DONE;
	switch (fb_filter_compile(run->opts->filter, &run->filter, &error)) {
	case 0:
		return FB_EXIT_DONE;
	case -EINVAL:
		return fb_fail(FB_EXIT_USAGE, "--filter: %s, at character %u%s%s", error.detail,
			       error.offset + 1, *error.suggestion ? ", did you mean " : "",
			       error.suggestion);
	default:
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	}
}

static int run_replay(void *opts, char *const *args, unsigned int n)
{
	struct run run = {.opts = opts, .path = args[0], .progress.unit = "frames"};
	struct fb_why why;
	int r = check(&run);

	run.feed.tick = on_tick;
	run.feed.ctx = &run;
	(void)n;
	if (!r && fb_input_open(run.path, &run.input, &why))
		r = fb_fail(FB_EXIT_FAILED, "%s", why.text);
	if (!r)
		r = run.opts->serve ? serve(&run) : print(&run);
	fini(&run);
	return r;
}

const struct fb_verb fb_cmd_replay = {
	.name = "replay",
	.args = "FILE",
	.summary = "Run a capture through the kernel programs, print or show its flows",
	.about =
		"Needs what attach needs: root, or a file with capabilities (make setcap). \"-\" is\n"
		"standard input. Totals and losses are told on stderr. VLAN, QinQ, MPLS and PPPoE are\n"
		"always looked through.\n\n"
		"  sudo flowbpf replay capture.pcap --decap --json | jq .tls.sni\n"
		"  sudo flowbpf replay capture.pcap --serve\n",
	.opts = options,
	.opts_size = sizeof(struct replay_opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = 1,
	.run = run_replay,
};
