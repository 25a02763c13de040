/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf status: what is attached where and how, how full things are, and every counted loss. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/daemon.h"
#include "cli/opts.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "util/fmt.h"
#include "util/jsontree.h"

struct status_opts {
	const char *socket;
	bool json, all;
};

static const struct status_opts defaults = {.socket = FB_DEFAULT_SOCKET};

static const struct fb_opt options[] = {
	FB_OPT_SOCKET(struct status_opts),
	{.name = "json",
	 .letter = 'j',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct status_opts, json),
	 .help = "the API's health object as it is"},
	{.name = "all",
	 .letter = 'a',
	 .type = FB_OPT_FLAG,
	 .offset = offsetof(struct status_opts, all),
	 .help = "counters that are zero, too"},
	{0},
};

static uint64_t number(const struct fb_jsontree *at, const char *path)
{
	return fb_jsontree_u64(fb_jsontree_get(at, path));
}

static const char *text_of(const struct fb_jsontree *at, const char *path)
{
	return fb_jsontree_str(fb_jsontree_get(at, path));
}

static void add_count(struct fb_grid *table, uint64_t count)
{
	char text[FB_FMT_STRLEN];

	fb_grid_cells(table, FB_TEXT_PLAIN, fb_fmt_count(count, text));
}

/* "tcx", "tcx, xdp" */
static const char *hooks_of(const struct fb_jsontree *link, char text[static FB_FMT_STRLEN])
{
	snprintf(text, FB_FMT_STRLEN, "%s%s", text_of(link, "hook"),
		 !strcmp(text_of(link, "xdp.state"), "on") ? ", xdp" : "");
	return text;
}

/* Where XDP is not what was asked for. */
static void print_no_xdp(const struct fb_jsontree *health)
{
	const struct fb_jsontree *list = fb_jsontree_get(health, "interfaces");
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;

	for (const struct fb_jsontree *i = fb_jsontree_first(list); i; i = fb_jsontree_next(i)) {
		const char *name = text_of(i, "name"), *reason = text_of(i, "xdp.reason");

		if (!*reason)
			continue;
		fb_text_add_inert(&line, name, strlen(name));
		fb_buf_adds(&line, ": no XDP: ");
		fb_text_add_inert(&line, reason, strlen(reason));
		fb_buf_addc(&line, '\n');
	}
	if (line.len && !fb_buf_error(&line))
		fwrite(line.data, 1, line.len, stdout);
}

static int print_interfaces(const struct fb_jsontree *health, bool colours)
{
	_cleanup_grid_ struct fb_grid table = {0};
	const struct fb_jsontree *list = fb_jsontree_get(health, "interfaces");
	char text[FB_FMT_STRLEN];

	fb_grid_column(&table, "INTERFACE", false, 0);
	fb_grid_column(&table, "HOOK", false, 0);
	fb_grid_column(&table, "STATE", false, 0);
	fb_grid_column(&table, "PACKETS IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	fb_grid_column(&table, "BYTES IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	fb_grid_column(&table, "RATE IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	for (const struct fb_jsontree *i = fb_jsontree_first(list); i; i = fb_jsontree_next(i)) {
		const char *state = text_of(i, "state");

		fb_grid_cells(&table, FB_TEXT_BOLD, text_of(i, "name"));
		fb_grid_cells(&table, FB_TEXT_PLAIN, hooks_of(i, text));
		fb_grid_cells(&table,
			      !strcmp(state, "attached")  ? FB_TEXT_OK
			      : !strcmp(state, "waiting") ? FB_TEXT_WARN
							  : FB_TEXT_BAD,
			      state);
		add_count(&table, number(i, "packets.rx"));
		add_count(&table, number(i, "packets.tx"));
		fb_grid_cells(&table, FB_TEXT_PLAIN, fb_fmt_bytes(number(i, "bytes.rx"), text));
		fb_grid_cells(&table, FB_TEXT_PLAIN, fb_fmt_bytes(number(i, "bytes.tx"), text));
		fb_grid_cells(&table, FB_TEXT_DOWN, fb_fmt_rate(number(i, "rate_bps.rx"), text));
		fb_grid_cells(&table, FB_TEXT_UP, fb_fmt_rate(number(i, "rate_bps.tx"), text));
	}
	return fb_grid_print(&table, stdout, 0, colours);
}

/* What the kernel says of all, attached or not; "-": it does not know. */
static void add_machine(struct fb_grid *table, const struct fb_jsontree *link)
{
	static const char *const uses[] = {"rx.utilisation", "tx.utilisation"};
	static const char *const counts[] = {"rx.errors", "tx.errors", "rx.dropped", "tx.dropped",
					     "queue_dropped"};
	const bool up = fb_jsontree_is_true(fb_jsontree_get(link, "up"));
	const bool carrier = fb_jsontree_is_true(fb_jsontree_get(link, "carrier"));
	const uint64_t speed = number(link, "speed_mbit");

	fb_grid_cells(table, FB_TEXT_BOLD, text_of(link, "name"));
	fb_grid_cells(table, carrier ? FB_TEXT_OK : FB_TEXT_DIM,
		      carrier ? "up"
		      : up    ? "no carrier"
			      : "down");
	if (speed)
		fb_grid_cellf(table, FB_TEXT_PLAIN, "%llu Mbit/s", (unsigned long long)speed);
	else
		fb_grid_cells(table, FB_TEXT_DIM, "-");
	for (int i = 0; i < 2; i++) {
		const double use = fb_jsontree_number(fb_jsontree_get(link, uses[i]));

		if (isnan(use))
			fb_grid_cells(table, FB_TEXT_DIM, "-");
		else
			fb_grid_cellf(table, FB_TEXT_PLAIN, "%.1f %%", use * 100);
	}
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		add_count(table, number(link, counts[i]));
}

static int print_machine(const char *socket, bool colours)
{
	_cleanup_grid_ struct fb_grid table = {0};
	struct fb_daemon daemon = {.socket = socket, .any_status = true};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *answer = NULL;
	const struct fb_jsontree *list;

	if (fb_daemon_get(&daemon, "/api/v1/interfaces", &body, &answer))
		return 0; /* it has just ended: what it said before stands */
	list = fb_jsontree_get(answer, "items");
	fb_grid_column(&table, "ALL INTERFACES", false, 0);
	fb_grid_column(&table, "STATE", false, 0);
	fb_grid_column(&table, "SPEED", true, 0);
	fb_grid_column(&table, "USED IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	fb_grid_column(&table, "ERRORS IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	fb_grid_column(&table, "DROPPED IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	fb_grid_column(&table, "BY QUEUE", true, 0);
	for (const struct fb_jsontree *i = fb_jsontree_first(list); i; i = fb_jsontree_next(i))
		add_machine(&table, i);
	putchar('\n');
	return fb_grid_print(&table, stdout, 0, colours);
}

/* One direction: what the program saw is what flows hold and what none could take, by cause. */
static void add_sum(struct fb_grid *grid, const struct fb_jsontree *link, const char *hook,
		    const char *label)
{
	char path[32], why[256] = "", text[FB_FMT_STRLEN];
	uint64_t seen, flows, other = 0, count;
	const struct fb_jsontree *causes;
	size_t len = 0;

	snprintf(path, sizeof(path), "packets.%s", hook);
	seen = number(link, path);
	snprintf(path, sizeof(path), "row_packets.%s", hook);
	flows = number(link, path);
	snprintf(path, sizeof(path), "causes.%s", hook);
	causes = fb_jsontree_get(link, path);
	for (const struct fb_jsontree *i = fb_jsontree_first(causes); i; i = fb_jsontree_next(i)) {
		count = number(i, "packets");
		other += count;
		if (count && len < sizeof(why))
			len += (size_t)snprintf(why + len, sizeof(why) - len, "%s%s %s",
						len ? ", " : "", fb_jsontree_key(i),
						fb_fmt_count(count, text));
	}
	/* packets that came between reading the flows and reading the sums */
	if (seen > flows + other && len < sizeof(why))
		snprintf(why + len, sizeof(why) - len, "%s%s in this moment", len ? ", " : "",
			 fb_fmt_count(seen - flows - other, text));
	fb_grid_cellf(grid, FB_TEXT_BOLD, "%s %s", text_of(link, "name"), label);
	add_count(grid, seen);
	add_count(grid, flows);
	add_count(grid, other);
	fb_grid_cells(grid, FB_TEXT_DIM, why);
}

static int print_sums(const struct fb_jsontree *health, bool colours, unsigned int width)
{
	_cleanup_grid_ struct fb_grid grid = {0};
	const struct fb_jsontree *list = fb_jsontree_get(health, "interfaces");

	fb_grid_column(&grid, "PACKETS", false, 0);
	fb_grid_column(&grid, "SEEN", true, 0);
	fb_grid_column(&grid, "= IN FLOWS", true, 0);
	fb_grid_column(&grid, "+ OTHER", true, 0);
	fb_grid_column(&grid, "", false, 20);
	for (const struct fb_jsontree *i = fb_jsontree_first(list); i; i = fb_jsontree_next(i)) {
		add_sum(&grid, i, "rx", "in");
		add_sum(&grid, i, "tx", "out");
	}
	return fb_grid_print(&grid, stdout, width, colours);
}

/* "42 of 262,144 (0 %)" */
static const char *fill(uint64_t used, uint64_t most, char buf[static 96])
{
	char a[FB_FMT_STRLEN], b[FB_FMT_STRLEN];

	snprintf(buf, 96, "%s of %s (%llu %%)", fb_fmt_count(used, a), fb_fmt_count(most, b),
		 most ? (unsigned long long)(used * 100 / most) : 0ULL);
	return buf;
}

static void add_fact(struct fb_grid *table, const char *name, const char *value)
{
	fb_grid_cells(table, FB_TEXT_DIM, name);
	fb_grid_cells(table, FB_TEXT_PLAIN, value);
}

static void add_maps(struct fb_grid *table, const struct fb_jsontree *health)
{
	const struct fb_jsontree *maps = fb_jsontree_get(health, "maps");
	char value[96];

	for (const struct fb_jsontree *i = fb_jsontree_first(maps); i; i = fb_jsontree_next(i))
		add_fact(table, fb_jsontree_key(i),
			 fill(number(i, "used"), number(i, "max"), value));
}

/* "12,345 flows since 2026-11-28T10:00:00.000Z, 1.2 GB of 2 GB"; where it is not well, why. */
static void add_history(struct fb_grid *table, const struct fb_jsontree *health)
{
	const struct fb_jsontree *history = fb_jsontree_get(health, "history");
	const char *since = text_of(history, "since"), *reason = text_of(history, "reason");
	char value[400], rows[FB_FMT_STRLEN], bytes[FB_FMT_STRLEN], most[FB_FMT_STRLEN];

	if (!fb_jsontree_is_true(fb_jsontree_get(history, "on")))
		snprintf(value, sizeof(value), "none%s%s", *reason ? ": " : "", reason);
	else
		snprintf(value, sizeof(value), "%s rows%s%s, %s of %s%s%s",
			 fb_fmt_count(number(history, "rows"), rows), *since ? " since " : "",
			 since, fb_fmt_bytes(number(history, "bytes"), bytes),
			 fb_fmt_bytes(number(fb_jsontree_get(history, "keeps"), "bytes"), most),
			 fb_jsontree_is_true(fb_jsontree_get(history, "works")) ? "" : ": ",
			 fb_jsontree_is_true(fb_jsontree_get(history, "works")) ? "" : reason);
	add_fact(table, "history", value);
}

/* "31.2 MB of 2.00 GB, since 2026-11-22T10:00:00.000Z, gives way to size". */
static void add_kinds(struct fb_grid *table, const struct fb_jsontree *health)
{
	const struct fb_jsontree *kinds =
		fb_jsontree_get(fb_jsontree_get(health, "history"), "kinds");
	char name[40], value[200], bytes[FB_FMT_STRLEN], most[FB_FMT_STRLEN];

	for (const struct fb_jsontree *i = fb_jsontree_first(kinds); i; i = fb_jsontree_next(i)) {
		const char *since = text_of(i, "since");
		const bool limited = fb_jsontree_get(i, "bytes_max");

		snprintf(name, sizeof(name), "  %s", text_of(i, "kind"));
		snprintf(value, sizeof(value), "%s%s%s%s%s%s",
			 fb_fmt_bytes(number(i, "bytes"), bytes), limited ? " of " : "",
			 limited ? fb_fmt_bytes(number(i, "bytes_max"), most) : "",
			 *since ? ", since " : "", since,
			 strcmp(text_of(i, "cut"), "size") ? "" : ", gives way to size");
		add_fact(table, name, value);
	}
}

static void add_judge(struct fb_grid *table, const struct fb_jsontree *health)
{
	const struct fb_jsontree *judge = fb_jsontree_get(health, "judge");
	char value[256], flows[FB_FMT_STRLEN];

	if (!fb_jsontree_is_true(fb_jsontree_get(judge, "on"))) {
		add_fact(table, "judge", "off");
		return;
	}
	snprintf(value, sizeof(value),
		 "%llu us in the last second; both agree on %.0f %% of %s flows in an hour%s",
		 (unsigned long long)number(judge, "took_us"),
		 number(judge, "flows") ? fb_jsontree_number(fb_jsontree_get(judge, "agreement"))
					: 0,
		 fb_fmt_count(number(judge, "flows"), flows),
		 fb_jsontree_is_true(fb_jsontree_get(judge, "abstains"))
			 ? "; the learned one is unsure here"
			 : "");
	add_fact(table, "judge", value);
}

static int print_facts(const struct fb_jsontree *health, bool colours)
{
	_cleanup_grid_ struct fb_grid table = {.no_header = true};
	const struct fb_jsontree *ct = fb_jsontree_get(health, "conntrack"),
				 *tick = fb_jsontree_get(health, "tick");
	char value[256];

	fb_grid_column(&table, "", false, 0);
	fb_grid_column(&table, "", false, 0);
	add_maps(&table, health);
	if (fb_jsontree_is_true(fb_jsontree_get(ct, "available"))) {
		add_fact(&table, "conntrack",
			 fill(number(ct, "entries"), number(ct, "max"), value));
	} else {
		snprintf(value, sizeof(value), "none: %s", text_of(ct, "reason"));
		add_fact(&table, "conntrack", value);
	}
	snprintf(value, sizeof(value), "%llu us, median %llu us, 99 %% under %llu us",
		 (unsigned long long)number(tick, "last_us"),
		 (unsigned long long)number(tick, "p50_us"),
		 (unsigned long long)number(tick, "p99_us"));
	add_fact(&table, "tick", value);
	if (*text_of(health, "sensor")) {
		snprintf(value, sizeof(value), "%s, %s", text_of(health, "sensor"),
			 text_of(health, "sensor_name"));
		add_fact(&table, "sensor", value);
	}
	add_judge(&table, health);
	add_history(&table, health);
	add_kinds(&table, health);
	return fb_grid_print(&table, stdout, 0, colours);
}

static int print_exports(const struct fb_jsontree *health, bool colours, unsigned int width)
{
	_cleanup_grid_ struct fb_grid table = {0};
	const struct fb_jsontree *list = fb_jsontree_get(health, "exports");
	char text[FB_FMT_STRLEN];

	fb_grid_column(&table, "EXPORT", false, 0);
	fb_grid_column(&table, "TO", false, 0);
	fb_grid_column(&table, "RECORDS", true, 0);
	fb_grid_column(&table, "SENT", true, 0);
	fb_grid_column(&table, "DROPPED", true, 0);
	fb_grid_column(&table, "WAIT", true, 0);
	fb_grid_column(&table, "", false, 20);
	for (const struct fb_jsontree *i = fb_jsontree_first(list); i; i = fb_jsontree_next(i)) {
		fb_grid_cells(&table, FB_TEXT_BOLD, text_of(i, "kind"));
		fb_grid_cells(&table, FB_TEXT_PLAIN, text_of(i, "target"));
		add_count(&table, number(i, "records"));
		add_count(&table, number(i, "sent"));
		add_count(&table, number(i, "dropped"));
		fb_grid_cells(&table, FB_TEXT_PLAIN, fb_fmt_bytes(number(i, "queue_bytes"), text));
		fb_grid_cells(&table, FB_TEXT_WARN, text_of(i, "error"));
	}
	if (!table.n_cells)
		return 0;
	putchar('\n');
	return fb_grid_print(&table, stdout, width, colours);
}

static int print_counters(const struct fb_jsontree *health, bool all, bool colours,
			  unsigned int width)
{
	_cleanup_grid_ struct fb_grid table = {0};
	const struct fb_jsontree *list = fb_jsontree_get(health, "counters");

	fb_grid_column(&table, "COUNTER", false, 0);
	fb_grid_column(&table, "VALUE", true, 0);
	fb_grid_column(&table, "", false, 20);
	for (const struct fb_jsontree *i = fb_jsontree_first(list); i; i = fb_jsontree_next(i)) {
		uint64_t value = number(i, "value");
		bool loss = fb_jsontree_is_true(fb_jsontree_get(i, "loss"));

		if (!value && !all)
			continue;
		fb_grid_cells(&table, value && loss ? FB_TEXT_WARN : FB_TEXT_PLAIN,
			      fb_jsontree_key(i));
		add_count(&table, value);
		fb_grid_cells(&table, FB_TEXT_DIM, text_of(i, "help"));
	}
	return table.n_cells ? fb_grid_print(&table, stdout, width, colours) : 0;
}

static bool is_hub(const struct fb_jsontree *health)
{
	return fb_jsontree_is_true(fb_jsontree_get(health, "hub"));
}

static void print_head(const struct fb_jsontree *health, bool colours)
{
	const struct fb_jsontree *reasons = fb_jsontree_get(health, "reasons");
	const char *state = text_of(health, "status"), *waits = text_of(health, "waits_for");
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	enum fb_text_style style;
	char text[200], uptime[FB_FMT_STRLEN];

	style = !strcmp(state, "ok")	 ? FB_TEXT_OK
		: !strcmp(state, "down") ? FB_TEXT_BAD
					 : FB_TEXT_WARN;
	fb_fmt_duration(number(health, "uptime_s") * 1000, uptime);
	snprintf(text, sizeof(text),
		 "flowbpf%s %s, pid %llu, uid %llu, up %s%s%s: ", is_hub(health) ? " hub" : "",
		 text_of(health, "version"), (unsigned long long)number(health, "pid"),
		 (unsigned long long)number(health, "uid"), uptime,
		 is_hub(health) ? "" : ", kernel ", text_of(health, "kernel"));
	fb_text_add_inert(&line, text, strlen(text));
	fb_buf_adds(&line, fb_text_style(style, colours));
	fb_text_add_inert(&line, state, strlen(state));
	fb_buf_adds(&line, fb_text_style(FB_TEXT_PLAIN, colours));
	fb_buf_addc(&line, '\n');
	for (const struct fb_jsontree *i = fb_jsontree_first(reasons); i; i = fb_jsontree_next(i)) {
		const char *reason = fb_jsontree_str(i);

		fb_buf_adds(&line, "  ");
		fb_text_add_inert(&line, reason, strlen(reason));
		fb_buf_addc(&line, '\n');
	}
	if (*waits)
		fb_buf_adds(&line, "  waits for interfaces that come: ");
	fb_text_add_inert(&line, waits, strlen(waits));
	fb_buf_adds(&line, *waits ? "\n" : "");
	if (!fb_buf_error(&line))
		fwrite(line.data, 1, line.len, stdout);
}

static int print_daemon(const char *socket, const struct fb_jsontree *health, bool colours,
			unsigned int width)
{
	int r = print_interfaces(health, colours);

	print_no_xdp(health);
	r = r ? r : print_machine(socket, colours);
	putchar('\n');
	r = r ? r : print_sums(health, colours, width);
	putchar('\n');
	r = r ? r : print_facts(health, colours);
	return r ? r : print_exports(health, colours, width);
}

/* "http://192.0.2.1:8123 answers, since 2026-11-28T10:00:00.000Z" */
static int print_clickhouse(const struct fb_jsontree *health, bool colours)
{
	_cleanup_grid_ struct fb_grid table = {.no_header = true};
	const struct fb_jsontree *clickhouse = fb_jsontree_get(health, "clickhouse");
	char value[256];

	fb_grid_column(&table, "", false, 0);
	fb_grid_column(&table, "", false, 0);
	snprintf(value, sizeof(value), "%s %s, since %s", text_of(clickhouse, "server"),
		 fb_jsontree_is_true(fb_jsontree_get(clickhouse, "reachable")) ? "answers"
									       : "does not answer",
		 text_of(clickhouse, "since"));
	add_fact(&table, "ClickHouse", value);
	return fb_grid_print(&table, stdout, 0, colours);
}

/* The sensors whose live views are served. */
static int print_hub(const struct fb_jsontree *health, bool colours, unsigned int width)
{
	_cleanup_grid_ struct fb_grid table = {0};
	const struct fb_jsontree *list = fb_jsontree_get(health, "sensors");
	int r = print_clickhouse(health, colours);

	fb_grid_column(&table, "LIVE VIEW", false, 0);
	fb_grid_column(&table, "OPEN", true, 0);
	fb_grid_column(&table, "ASKED", true, 0);
	fb_grid_column(&table, "REFUSED", true, 0);
	fb_grid_column(&table, "FAILED", true, 0);
	fb_grid_column(&table, "", false, 20);
	for (const struct fb_jsontree *i = fb_jsontree_first(list); i; i = fb_jsontree_next(i)) {
		fb_grid_cells(&table, FB_TEXT_BOLD, text_of(i, "name"));
		add_count(&table, number(i, "open"));
		add_count(&table, number(i, "asked"));
		add_count(&table, number(i, "refused"));
		add_count(&table, number(i, "failed"));
		fb_grid_cells(&table, FB_TEXT_WARN, text_of(i, "error"));
	}
	if (r || !table.n_cells)
		return r;
	putchar('\n');
	return fb_grid_print(&table, stdout, width, colours);
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct status_opts *opts = opts_;
	struct fb_daemon daemon = {.socket = opts->socket, .any_status = true};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_jsontree_ struct fb_jsontree *health = NULL;
	bool colours = fb_text_colours(stdout);
	unsigned int width = fb_text_width(stdout);
	int r = fb_daemon_get(&daemon, "/api/v1/health", &body, &health);

	(void)args;
	(void)n;
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	if (!fb_jsontree_get(health, "counters")) {
		fb_daemon_problem(&daemon, &body);
		return fb_fail(FB_EXIT_FAILED, "%s", daemon.why.text);
	}
	if (opts->json) {
		printf("%.*s\n", (int)body.len, body.data);
		return daemon.status == 503 ? FB_EXIT_FAILED : FB_EXIT_DONE;
	}
	print_head(health, colours);
	putchar('\n');
	r = is_hub(health) ? print_hub(health, colours, width)
			   : print_daemon(opts->socket, health, colours, width);
	putchar('\n');
	r = r ? r : print_counters(health, opts->all, colours, width);
	if (r)
		return fb_fail(FB_EXIT_FAILED, "cannot write the output");
	return daemon.status == 503 ? FB_EXIT_FAILED : FB_EXIT_DONE;
}

const struct fb_verb fb_cmd_status = {
	.name = "status",
	.args = "",
	.summary = "Show what is attached, how full tables are, every loss",
	.opts = options,
	.opts_size = sizeof(struct status_opts),
	.defaults = &defaults,
	.run = run,
};
