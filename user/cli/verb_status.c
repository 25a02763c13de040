/* SPDX-License-Identifier: BSD-2-Clause */
/* flowbpf status: what is attached where and how, how full things are, and every counted loss. */
#include <stdio.h>
#include <string.h>

#include "cli/http.h"
#include "cli/doc.h"
#include "cli/opts.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "util/fmt.h"

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

static uint64_t number(const struct fb_doc *doc, uint32_t node, const char *path)
{
	return fb_doc_u64(doc, fb_doc_get(doc, node, path));
}

static void add_count(struct fb_grid *table, uint64_t count)
{
	char text[FB_FMT_STRLEN];

	fb_grid_cells(table, FB_TEXT_PLAIN, fb_fmt_count(count, text));
}

static void add_text(struct fb_grid *table, enum fb_text_style style, const struct fb_doc *doc,
		     uint32_t node, const char *path)
{
	char text[256];

	fb_grid_cells(table, style,
		      fb_doc_str(doc, fb_doc_get(doc, node, path), text, sizeof(text)));
}

static int print_interfaces(const struct fb_doc *doc, bool colours)
{
	_cleanup_grid_ struct fb_grid table = {0};
	uint32_t list = fb_doc_get(doc, 0, "interfaces");
	char text[FB_FMT_STRLEN], state[24];

	fb_grid_column(&table, "INTERFACE", false, 0);
	fb_grid_column(&table, "HOOK", false, 0);
	fb_grid_column(&table, "STATE", false, 0);
	fb_grid_column(&table, "PACKETS IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	fb_grid_column(&table, "BYTES IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	fb_grid_column(&table, "RATE IN", true, 0);
	fb_grid_column(&table, "OUT", true, 0);
	for (uint32_t i = fb_doc_first(doc, list); i != FB_DOC_NONE;
	     i = fb_doc_next(doc, list, i)) {
		fb_doc_str(doc, fb_doc_get(doc, i, "state"), state, sizeof(state));
		add_text(&table, FB_TEXT_BOLD, doc, i, "name");
		add_text(&table, FB_TEXT_PLAIN, doc, i, "hook");
		fb_grid_cells(&table, strcmp(state, "attached") ? FB_TEXT_BAD : FB_TEXT_OK, state);
		add_count(&table, number(doc, i, "packets.rx"));
		add_count(&table, number(doc, i, "packets.tx"));
		fb_grid_cells(&table, FB_TEXT_PLAIN,
			      fb_fmt_bytes(number(doc, i, "bytes.rx"), text));
		fb_grid_cells(&table, FB_TEXT_PLAIN,
			      fb_fmt_bytes(number(doc, i, "bytes.tx"), text));
		fb_grid_cells(&table, FB_TEXT_DOWN,
			      fb_fmt_rate(number(doc, i, "rate_bps.rx"), text));
		fb_grid_cells(&table, FB_TEXT_UP, fb_fmt_rate(number(doc, i, "rate_bps.tx"), text));
	}
	return fb_grid_print(&table, stdout, 0, colours);
}

/* One direction: what the program saw is what flows hold and what none could take, by cause. */
static void add_sum(struct fb_grid *grid, const struct fb_doc *doc, uint32_t link, const char *hook,
		    const char *label)
{
	char path[32], name[40], why[256] = "", text[FB_FMT_STRLEN];
	uint64_t seen, flows, other = 0, count;
	uint32_t causes;
	size_t len = 0;

	snprintf(path, sizeof(path), "packets.%s", hook);
	seen = number(doc, link, path);
	snprintf(path, sizeof(path), "row_packets.%s", hook);
	flows = number(doc, link, path);
	snprintf(path, sizeof(path), "causes.%s", hook);
	causes = fb_doc_get(doc, link, path);
	for (uint32_t i = fb_doc_first(doc, causes); i != FB_DOC_NONE;
	     i = fb_doc_next(doc, causes, i)) {
		count = number(doc, i, "packets");
		other += count;
		if (count && len < sizeof(why))
			len += (size_t)snprintf(why + len, sizeof(why) - len, "%s%s %s",
						len ? ", " : "",
						fb_doc_str(doc, i - 1, name, sizeof(name)),
						fb_fmt_count(count, text));
	}
	/* packets that came between reading the flows and reading the sums */
	if (seen > flows + other && len < sizeof(why))
		snprintf(why + len, sizeof(why) - len, "%s%s in this moment", len ? ", " : "",
			 fb_fmt_count(seen - flows - other, text));
	fb_grid_cellf(grid, FB_TEXT_BOLD, "%s %s",
		      fb_doc_str(doc, fb_doc_get(doc, link, "name"), name, sizeof(name)), label);
	add_count(grid, seen);
	add_count(grid, flows);
	add_count(grid, other);
	fb_grid_cells(grid, FB_TEXT_DIM, why);
}

static int print_sums(const struct fb_doc *doc, bool colours, unsigned int width)
{
	_cleanup_grid_ struct fb_grid grid = {0};
	uint32_t list = fb_doc_get(doc, 0, "interfaces");

	fb_grid_column(&grid, "PACKETS", false, 0);
	fb_grid_column(&grid, "SEEN", true, 0);
	fb_grid_column(&grid, "= IN FLOWS", true, 0);
	fb_grid_column(&grid, "+ OTHER", true, 0);
	fb_grid_column(&grid, "", false, 20);
	for (uint32_t i = fb_doc_first(doc, list); i != FB_DOC_NONE;
	     i = fb_doc_next(doc, list, i)) {
		add_sum(&grid, doc, i, "rx", "in");
		add_sum(&grid, doc, i, "tx", "out");
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

static void add_maps(struct fb_grid *table, const struct fb_doc *doc)
{
	uint32_t maps = fb_doc_get(doc, 0, "maps");
	char name[40], value[96];

	for (uint32_t i = fb_doc_first(doc, maps); i != FB_DOC_NONE;
	     i = fb_doc_next(doc, maps, i)) {
		fb_doc_str(doc, i - 1, name,
			   sizeof(name)); /* an object's key is before its value */
		add_fact(table, name, fill(number(doc, i, "used"), number(doc, i, "max"), value));
	}
}

static int print_facts(const struct fb_doc *doc, bool colours)
{
	_cleanup_grid_ struct fb_grid table = {.no_header = true};
	uint32_t ct = fb_doc_get(doc, 0, "conntrack"), tick = fb_doc_get(doc, 0, "tick");
	char value[256], text[192];

	fb_grid_column(&table, "", false, 0);
	fb_grid_column(&table, "", false, 0);
	add_maps(&table, doc);
	if (fb_doc_true(doc, fb_doc_get(doc, ct, "available"))) {
		add_fact(&table, "conntrack",
			 fill(number(doc, ct, "entries"), number(doc, ct, "max"), value));
	} else {
		snprintf(value, sizeof(value), "none: %s",
			 fb_doc_str(doc, fb_doc_get(doc, ct, "reason"), text, sizeof(text)));
		add_fact(&table, "conntrack", value);
	}
	snprintf(value, sizeof(value), "%llu us, median %llu us, 99 %% under %llu us",
		 (unsigned long long)number(doc, tick, "last_us"),
		 (unsigned long long)number(doc, tick, "p50_us"),
		 (unsigned long long)number(doc, tick, "p99_us"));
	add_fact(&table, "tick", value);
	return fb_grid_print(&table, stdout, 0, colours);
}

static int print_counters(const struct fb_doc *doc, bool all, bool colours, unsigned int width)
{
	_cleanup_grid_ struct fb_grid table = {0};
	uint32_t list = fb_doc_get(doc, 0, "counters");

	fb_grid_column(&table, "COUNTER", false, 0);
	fb_grid_column(&table, "VALUE", true, 0);
	fb_grid_column(&table, "", false, 20);
	for (uint32_t i = fb_doc_first(doc, list); i != FB_DOC_NONE;
	     i = fb_doc_next(doc, list, i)) {
		uint64_t value = number(doc, i, "value");
		bool loss = fb_doc_true(doc, fb_doc_get(doc, i, "loss"));

		if (!value && !all)
			continue;
		/* an object's key is the node before its value */
		add_text(&table, value && loss ? FB_TEXT_WARN : FB_TEXT_PLAIN, doc, i - 1, "");
		add_count(&table, value);
		add_text(&table, FB_TEXT_DIM, doc, i, "help");
	}
	return table.n_cells ? fb_grid_print(&table, stdout, width, colours) : 0;
}

static void print_head(const struct fb_doc *doc, bool colours)
{
	uint32_t reasons = fb_doc_get(doc, 0, "reasons");
	char version[32], kernel[80], state[24], uptime[FB_FMT_STRLEN];
	_cleanup_buf_ struct fb_buf line = FB_BUF_INIT;
	enum fb_text_style style;
	char text[200];

	fb_doc_str(doc, fb_doc_get(doc, 0, "status"), state, sizeof(state));
	style = !strcmp(state, "ok")	 ? FB_TEXT_OK
		: !strcmp(state, "down") ? FB_TEXT_BAD
					 : FB_TEXT_WARN;
	fb_fmt_duration(number(doc, 0, "uptime_s") * 1000, uptime);
	snprintf(text, sizeof(text), "flowbpf %s, pid %llu, uid %llu, up %s, kernel %s: ",
		 fb_doc_str(doc, fb_doc_get(doc, 0, "version"), version, sizeof(version)),
		 (unsigned long long)number(doc, 0, "pid"),
		 (unsigned long long)number(doc, 0, "uid"), uptime,
		 fb_doc_str(doc, fb_doc_get(doc, 0, "kernel"), kernel, sizeof(kernel)));
	fb_text_add_inert(&line, text, strlen(text));
	fb_buf_adds(&line, fb_text_style(style, colours));
	fb_text_add_inert(&line, state, strlen(state));
	fb_buf_adds(&line, fb_text_style(FB_TEXT_PLAIN, colours));
	fb_buf_addc(&line, '\n');
	for (uint32_t i = fb_doc_first(doc, reasons); i != FB_DOC_NONE;
	     i = fb_doc_next(doc, reasons, i)) {
		fb_doc_str(doc, i, text, sizeof(text));
		fb_buf_adds(&line, "  ");
		fb_text_add_inert(&line, text, strlen(text));
		fb_buf_addc(&line, '\n');
	}
	if (!fb_buf_error(&line))
		fwrite(line.data, 1, line.len, stdout);
}

static int run(void *opts_, char *const *args, unsigned int n)
{
	const struct status_opts *opts = opts_;
	struct fb_http http = {.socket = opts->socket, .any_status = true};
	_cleanup_buf_ struct fb_buf body = FB_BUF_INIT;
	_cleanup_doc_ struct fb_doc doc = {0};
	bool colours = fb_text_colours(stdout);
	unsigned int width = fb_text_width(stdout);
	int r = fb_http_get(&http, "/api/v1/health", &body);

	(void)args;
	(void)n;
	if (r)
		return fb_fail(FB_EXIT_FAILED, "%s", http.why);
	if (fb_doc_init(&doc, body.data, body.len) ||
	    fb_doc_get(&doc, 0, "counters") == FB_DOC_NONE) {
		fb_http_problem(&http, &body);
		return fb_fail(FB_EXIT_FAILED, "%s", http.why);
	}
	if (opts->json) {
		printf("%.*s\n", (int)body.len, body.data);
		return http.status == 503 ? FB_EXIT_FAILED : FB_EXIT_DONE;
	}
	print_head(&doc, colours);
	putchar('\n');
	r = print_interfaces(&doc, colours);
	putchar('\n');
	r = r ? r : print_sums(&doc, colours, width);
	putchar('\n');
	r = r ? r : print_facts(&doc, colours);
	putchar('\n');
	r = r ? r : print_counters(&doc, opts->all, colours, width);
	if (r)
		return fb_fail(FB_EXIT_FAILED, "cannot write the output");
	return http.status == 503 ? FB_EXIT_FAILED : FB_EXIT_DONE;
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
