/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flowbpf judge: what the judge says of connections that a file tells of, each by what came before
 * it. Nothing else is asked, so that it says the same everywhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/feed.h"
#include "cli/learnedfile.h"
#include "cli/opts.h"
#include "cli/verb.h"
#include "flow/flow.h"
#include "policy/judge.h"
#include "policy/sentences.h"
#include "util/addr.h"

struct judge_opts {
	const char *feed;
	struct fb_opt_cidrs internal;
	struct fb_opt_list without;
	const char *learned;
	bool places;
	bool tables;
};

#define AT(member) offsetof(struct judge_opts, member)

static const struct fb_opt options[] = {
	{.name = "feed",
	 .letter = 'f',
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(feed),
	 .help = "connections, one a line, gzipped or not; \"-\" is standard input"},
	{.name = "internal",
	 .letter = 'i',
	 .arg = "CIDR",
	 .type = FB_OPT_CIDR,
	 .offset = AT(internal),
	 .help = "addresses that are inside, besides the private ones; repeat it"},
	{.name = "without",
	 .arg = "KIND",
	 .type = FB_OPT_LIST,
	 .offset = AT(without),
	 .help = "as if there were no reasons of this kind; repeat it"},
	{.name = "learned",
	 .arg = "FILE",
	 .type = FB_OPT_FILE,
	 .offset = AT(learned),
	 .help = "what the second judge knows, in place of what it comes with"},
	{.name = "places",
	 .type = FB_OPT_FLAG,
	 .offset = AT(places),
	 .help = "tell which cells of the second judge each connection is in"},
	{.name = "tables",
	 .type = FB_OPT_FLAG,
	 .offset = AT(tables),
	 .help = "tell on stderr how full the judge's tables are, and what made room"},
	{0},
};

struct run {
	const struct judge_opts *opts;
	struct fb_scope_list scope;
	struct fb_feed *feed;
	struct fb_judge *judge;
	struct fb_learned_count *counts; /* NULL: those that are shipped */
	struct fb_learned *learned;
	uint64_t row;
};

static void write_end(struct fb_json *json, const char *key, const uint8_t *addr, uint8_t family,
		      uint16_t port)
{
	char text[FB_ADDR_STRLEN];

	fb_json_kv_object(json, key);
	fb_json_kv_str(json, "ip", fb_addr_format(addr, family, text));
	fb_json_kv_u64(json, "port", port);
	fb_json_end(json, '}');
}

static void write_places(struct fb_json *json, const struct fb_judgement *judgement)
{
	struct fb_learned_place place;

	fb_learned_place(&judgement->steps, &place);
	fb_json_kv_array(json, "places");
	for (unsigned int i = 0; i < FB_LEARNED_TABLES; i++)
		fb_json_u64(json, place.cell[i]);
	fb_json_end(json, ']');
}

static void write_row(struct fb_buf *line, uint64_t row, const struct fb_judged *flow,
		      const struct fb_judgement *judgement, bool places)
{
	struct fb_json json;
	char text[4];

	fb_buf_clear(line);
	fb_json_init(&json, line);
	fb_json_object(&json);
	fb_json_kv_u64(&json, "row", row);
	fb_json_key(&json, "ts");
	fb_json_decimal(&json, flow->time_ns / 1000, 6);
	write_end(&json, "src", flow->src, flow->family, flow->sport);
	write_end(&json, "dst", flow->dst, flow->family, flow->dport);
	fb_json_kv_str(&json, "proto", fb_proto_name(flow->proto, text));
	fb_json_key(&json, "judge");
	fb_judgement_write(&json, judgement, flow);
	if (places && judgement->asked)
		write_places(&json, judgement);
	fb_json_end(&json, '}');
	fb_buf_addc(line, '\n');
}

static int judge_rows(struct run *run)
{
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	struct fb_judgement judgement;
	struct fb_judged flow;
	struct fb_why why;
	int r;

	while ((r = fb_feed_next(run->feed, &flow, &why)) > 0) {
		fb_judge_whole(run->judge, &flow, &judgement);
		write_row(&line, ++run->row, &flow, &judgement, run->opts->places);
		if (fb_buf_error(&line))
			return fb_fail(FB_EXIT_FAILED, "out of memory");
		if (fwrite(line.data, 1, line.len, stdout) != line.len)
			return fb_fail(FB_EXIT_FAILED, "cannot write the output: %s",
				       strerror(errno));
	}
	if (r < 0)
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	if (fflush(stdout))
		return fb_fail(FB_EXIT_FAILED, "cannot write the output: %s", strerror(errno));
	return FB_EXIT_DONE;
}

static void print_tables(const struct run *run)
{
	struct fb_judge_table_state state;

	for (unsigned int i = 0; i < FB_JUDGE_TABLE_COUNT; i++) {
		fb_judge_table_state(run->judge, i, &state);
		fprintf(stderr, "%-10s %6u of %6u, %llu made room, %4zu kB: %s\n", state.name,
			state.used, state.max, (unsigned long long)state.evicted,
			state.memory / 1024, state.help);
	}
}

static void print_tunnels(const struct run *run)
{
	const struct fb_dnstunnel *tunnels = fb_judge_tunnels(run->judge);

	fprintf(stderr, "questions  %llu of %u made room: names that others are asked for below\n",
		(unsigned long long)tunnels->parents_full, FB_DNSTUNNEL_PARENTS);
	fprintf(stderr, "absent     %llu of %u made room: clients that asked for odd names\n",
		(unsigned long long)tunnels->clients_full, FB_DNSTUNNEL_CLIENTS);
}

static void print_habits(const struct run *run)
{
	const struct fb_baseline_state state = fb_baseline_state(fb_judge_baseline(run->judge));

	fprintf(stderr,
		"habits     %6u of %6u, %u learned, %llu made room, %llu found none, %4zu kB: hosts "
		"here and what is usual of them\n",
		state.hosts, FB_BASELINE_HOSTS, state.learned, (unsigned long long)state.evicted,
		(unsigned long long)state.refused, state.memory / 1024);
}

static void print_agreement(const struct run *run)
{
	const struct fb_agreement *agreement = fb_judge_agreement(run->judge);
	const double all = agreement->all.flows ? (double)agreement->all.flows : 1;

	fprintf(stderr, "both judges said the same of %.1f %% of %llu, of %.1f %% allow or not%s\n",
		100 * (double)agreement->all.same / all, (unsigned long long)agreement->all.flows,
		100 * (double)agreement->all.side / all,
		agreement->abstains ? "; the second abstains" : "");
}

static int read_kinds(const struct fb_opt_list *kinds, uint32_t *ret_off)
{
	*ret_off = 0;
	for (unsigned int i = 0; i < kinds->n; i++) {
		const int kind = fb_judge_kind_of(kinds->items[i]);

		if (kind < 0)
			return fb_fail(
				FB_EXIT_USAGE,
				"--without: the judge has no reasons of a kind \"%s\"; \"flowbpf "
				"help judge\" lists them",
				kinds->items[i]);
		*ret_off |= 1u << kind;
	}
	return FB_EXIT_DONE;
}

static int begin(struct run *run)
{
	struct fb_judge_opts opts = {0};
	struct fb_why why;
	size_t n = 0;
	int r;

	if (!run->opts->feed)
		return fb_fail(FB_EXIT_USAGE, "judge what? --feed FILE names the connections");
	r = read_kinds(&run->opts->without, &opts.off);
	if (r)
		return r;
	fb_scope_init(&run->scope, run->opts->internal.items, run->opts->internal.n);
	if (fb_feed_open(run->opts->feed, &run->scope, &run->feed, &why))
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	if (run->opts->learned && fb_learnedfile_read(run->opts->learned, &run->counts, &n, &why))
		return fb_fail(FB_EXIT_FAILED, "%s", why.text);
	run->learned = run->counts ? fb_learned_new(run->counts, n)
				   : fb_learned_new(fb_learned_shipped, fb_learned_shipped_n);
	opts.learned = run->learned;
	if (!run->learned || fb_judge_new(&opts, &run->judge))
		return fb_fail(FB_EXIT_FAILED, "out of memory");
	return FB_EXIT_DONE;
}

static int run_judge(void *opts, char *const *args, unsigned int n)
{
	struct run run = {.opts = opts};
	int r = begin(&run);

	(void)args;
	(void)n;
	if (!r)
		r = judge_rows(&run);
	if (!r && run.opts->tables) {
		print_tables(&run);
		print_tunnels(&run);
		print_habits(&run);
		print_agreement(&run);
	}
	fb_judge_free(run.judge);
	fb_feed_free(run.feed);
	fb_learned_free(run.learned);
	free(run.counts);
	return r;
}

#define KIND_LINE(id, name, help) "  " name ": " help "\n"

const struct fb_verb fb_cmd_judge = {
	.name = "judge",
	.args = "",
	.summary = "Judge the connections of a file: risk, and each reason for it",
	.about =
		"The file's first line names its columns, which are separated by tabs: ts (seconds), src,\n"
		"sport, dst, dport, proto, result (ok, refused, noreply, half, oth); and, if it has them,\n"
		"dur (seconds), bytes_up, bytes_down, pkts_up, pkts_down, l7, name, ja4, query,\n"
		"qtype (what was asked of DNS, and its type's number), marks (unexplained, listed,\n"
		"icmp_error, nxdomain). \"-\" is nothing; other columns are not looked at. Each\n"
		"connection is judged by what came before it, and is a JSON line in the file's order.\n\n"
		"  flowbpf judge --feed flows.tsv --internal 192.0.2.0/24 | jq 'select(.judge.risk >= 50)'\n\n"
		"The points of all kinds are the risk; from 25 on it is medium, from 50 on high. Kinds:\n\n" FB_JUDGE_KINDS(
			KIND_LINE),
	.opts = options,
	.opts_size = sizeof(struct judge_opts),
	.run = run_judge,
};
