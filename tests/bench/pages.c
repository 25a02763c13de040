/* SPDX-License-Identifier: BSD-2-Clause */
// link: query table flow util format filter
/*
 * Questions to a snapshot of a million flows, each as its page asks it: CPU of the first, of the
 * median and of the worst of PAGES that follow, beside what is promised. Two populations: each flow
 * of its own client, and an office of 2,000 clients and 5,000 servers, whose flows came in random
 * order. Then exports, in MB a CPU second. Usage: pages [FLOWS [PART-OF-A-TITLE...]]
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/named.h"
#include "format/csv.h"
#include "format/object.h"
#include "query/pathrank.h"
#include "query/query.h"
#include "table/table.h"
#include "unit/rows.h"
#include "util/bulk.h"
#include "util/cleanup.h"

#define PAGES	    15
#define PROMISED_MS 150
#define PROMISED_MB 250
#define N(arr)	    (sizeof(arr) / sizeof(*(arr)))

static double cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* --- a million flows ------------------------------------------------------------------------- */

static struct fb_row spread_row(uint32_t i)
{
	return make_row(1, i % 3 ? IPPROTO_TCP : IPPROTO_UDP, 0x0a000000u + i,
			(uint16_t)(1024 + i % 60000),
			0x5d000000u | (i >> 16 & 0xff) << 16 | i % 251 << 8 | i % 241,
			i % 5 ? 443 : 80, 1000 * S + i * 5000ull);
}

static struct fb_row office_row(uint32_t i)
{
	static const uint16_t ports[] = {443, 443, 443, 53, 80, 123, 22, 8443};

	return make_row(1, i % 8 == 3 ? IPPROTO_UDP : IPPROTO_TCP, 0x0a140000u + i % 2000,
			(uint16_t)(1024 + i / 2000), 0xc6120000u + i * 2654435761u / 4096 % 5000,
			ports[i % 8], 1000 * S + i * 5000ull);
}

struct population {
	const char *name;
	struct fb_row (*row)(uint32_t i);
	bool shuffled; /* rows and names stand in no order */
};

static const struct population populations[] = {
	{"each of its own client", spread_row, false},
	{"2,000 clients, 5,000 servers", office_row, false},
	{"own clients, in random order", spread_row, true},
	{"2,000 clients, in random order", office_row, true},
};

/* Each of 0 .. n - 1 once: the factor is a prime. */
static uint32_t place_of(const struct population *population, uint32_t i, uint32_t n)
{
	return population->shuffled ? (uint32_t)(i * 1000003ull * 7919 % n) : i;
}

/* Delays and losses of all sizes. */
static struct fb_quality quality_of(uint32_t i)
{
	struct fb_quality quality = {0};

	for (uint32_t d = 0; d < 2; d++)
		quality.dir[d] = (struct fb_quality_dir){.delay_min = 200 + i * 7919u % 90000,
							 .delay = 300 + i * 7919u % 95000,
							 .jitter = 10 + i * 104729u % 9000,
							 .retrans = i % 50 ? 0 : 1};
	return quality;
}

static struct fb_snapshot *make_flows(struct fb_table *table, const struct population *population,
				      struct fb_quality *quality, uint32_t n)
{
	fb_table_link(table, 1, "eth0");
	fb_table_tick_begin(table, 2000 * S, 1000);
	for (uint32_t i = 0; i < n; i++) {
		struct fb_row one = population->row(place_of(population, i, n));

		count(&one, FB_UP, 3, 300 + i * 7919u % 1000, SYN | ACK);
		count(&one, FB_DOWN, 2, 2000 + i * 104729u % 777777, SYN | ACK);
		quality[i] = quality_of(i);
		fb_table_row(table, i, &one, 2000 * S);
	}
	for (uint32_t i = 0; i < n; i++)
		if (place_of(population, i, n) % 3 == 1)
			name_flow(table, place_of(population, i, n));
	return fb_table_tick_end(table);
}

/* --- questions ------------------------------------------------------------------------------- */

struct page {
	const char *title;
	void (*ask)(struct fb_snapshot *snapshot, const struct page *page);
	const char *sort, *field, *filter;
	uint32_t offset_of; /* the page begins at 1 / offset_of of all; 0: at the first */
	enum fb_live live;
};

static void need(int r)
{
	if (r >= 0)
		return;
	fprintf(stderr, "a question failed: %s\n", strerror(-r));
	exit(1);
}

/* "port = 1000 or ...": what a dashboard's check boxes make. */
static const char *any_port(const char *field, unsigned int n)
{
	static char text[4096];
	size_t len = 0;

	for (unsigned int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s = %u",
					i ? " or " : "", field, i ? 1000 + i * 13 : 80);
	return text;
}

static void begin(const struct fb_snapshot *snapshot, const struct page *page,
		  struct fb_query *query)
{
	struct fb_filter_error error = {0};
	const char *filter = page->filter ? page->filter : "";

	fb_query_init(query);
	query->live = page->live;
	query->offset = page->offset_of ? snapshot->live / page->offset_of - 1 : 0;
	if (page->offset_of == 1)
		query->offset = snapshot->live - 100;
	if (*filter == '#')
		filter = any_port(filter + 1, 60);
	need(fb_filter_compile(filter, &query->filter, &error));
	if (page->sort && !page->field)
		need(fb_query_sort(query, page->sort, &error));
}

static void ask_flows(struct fb_snapshot *snapshot, const struct page *page)
{
	_cleanup_result_ struct fb_result *result = NULL;
	struct fb_query query;

	begin(snapshot, page, &query);
	need(fb_query_run(snapshot, &query, &result));
	fb_query_fini(&query);
}

static void ask_groups(struct fb_snapshot *snapshot, const struct page *page)
{
	_cleanup_result_ struct fb_result *result = NULL;
	struct fb_filter_error error = {0};
	struct fb_query query;

	begin(snapshot, page, &query);
	query.group_by = fb_field_find(page->field, strlen(page->field));
	if (page->sort)
		need(fb_query_sort(&query, page->sort, &error));
	need(fb_query_run(snapshot, &query, &result));
	fb_query_fini(&query);
}

static void ask_top(struct fb_snapshot *snapshot, const struct page *page)
{
	struct fb_query query;
	struct fb_ask ask = {.kind = FB_ASK_TOP,
			     .query = &query,
			     .field = fb_field_find(page->field, strlen(page->field)),
			     .metric = FB_METRIC_BYTES,
			     .n = 10};

	begin(snapshot, page, &query);
	need(fb_query_ask(snapshot, &ask, 1));
	fb_ask_fini(&ask);
	fb_query_fini(&query);
}

/* What the Overview asks at once. */
static void ask_summary(struct fb_snapshot *snapshot, const struct page *page)
{
	static const enum fb_field_id fields[] = {FB_FIELD_src_ip, FB_FIELD_dst_ip,
						  FB_FIELD_dst_port, FB_FIELD_dst_host};
	struct fb_ask asks[N(fields) + 1] = {[N(fields)] = {.kind = FB_ASK_SUMMARY}};
	struct fb_query query;

	begin(snapshot, page, &query);
	for (size_t i = 0; i < N(fields); i++)
		asks[i] = (struct fb_ask){.kind = FB_ASK_TOP,
					  .query = &query,
					  .field = &fb_fields[fields[i]],
					  .n = 10};
	need(fb_query_ask(snapshot, asks, N(asks)));
	for (size_t i = 0; i < N(asks); i++)
		fb_ask_fini(&asks[i]);
	fb_query_fini(&query);
}

static void ask_hosts(struct fb_snapshot *snapshot, const struct page *page)
{
	struct fb_host *hosts;
	struct fb_query query;
	uint64_t total;
	uint32_t n;

	begin(snapshot, page, &query);
	need(fb_query_hosts(snapshot, &query, &hosts, &n, &total));
	free(hosts);
	fb_query_fini(&query);
}

static void ask_matrix(struct fb_snapshot *snapshot, const struct page *page)
{
	struct fb_cross cross = {
		.field = {&fb_fields[FB_FIELD_src_ip], &fb_fields[FB_FIELD_dst_port]},
		.n_fields = 2};
	struct fb_matrix *matrix = NULL;
	struct fb_query query;

	begin(snapshot, page, &query);
	cross.query = &query;
	need(fb_query_matrix(snapshot, &cross, &matrix));
	free(matrix);
	fb_query_fini(&query);
}

static void ask_sankey(struct fb_snapshot *snapshot, const struct page *page)
{
	struct fb_cross cross = {
		.field = {&fb_fields[FB_FIELD_src_ip], &fb_fields[FB_FIELD_service],
			  &fb_fields[FB_FIELD_dst_host], &fb_fields[FB_FIELD_dst_ip]},
		.n_fields = 4,
		.top = 15,
		.metric = FB_METRIC_BYTES};
	struct fb_sankey *sankey = NULL;
	struct fb_query query;

	begin(snapshot, page, &query);
	cross.query = &query;
	need(fb_query_sankey(snapshot, &cross, &sankey));
	free(sankey);
	fb_query_fini(&query);
}

static void ask_quality(struct fb_snapshot *snapshot, const struct page *page)
{
	struct fb_paths_query paths = {.by = fb_field_find(page->field, strlen(page->field)),
				       .n = 25};
	_cleanup_paths_ struct fb_paths *answer = NULL;
	struct fb_query query;

	begin(snapshot, page, &query);
	paths.query = &query;
	need(fb_query_paths(snapshot, &paths, &answer));
	fb_query_fini(&query);
}

#define THREE_LIKE "src.ip ~ \"10.0\" and dst.ip ~ \"93.\" and dst.host ~ \"example\""

static const struct page pages[] = {
	{"sort -rate_bps", ask_flows, .sort = "-rate_bps"},
	{"sort -bytes, proto=tcp", ask_flows, .sort = "-bytes", .filter = "proto=tcp"},
	{"sort dst.host,-bytes, dst.host~host-12", ask_flows, .sort = "dst.host,-bytes",
	 .filter = "dst.host~host-12"},
	{"sort -bytes, from the middle", ask_flows, .sort = "-bytes", .offset_of = 2},
	{"sort -bytes,src.ip, last page", ask_flows, .sort = "-bytes,src.ip", .offset_of = 1},
	{"sort -rate_bps, from the middle", ask_flows, .sort = "-rate_bps", .offset_of = 2},
	{"sort proto, from the middle", ask_flows, .sort = "proto", .offset_of = 2},
	{"sort dst.port,-bytes, from the middle", ask_flows, .sort = "dst.port,-bytes",
	 .offset_of = 2},
	{"sort dst.host, from the middle", ask_flows, .sort = "dst.host", .offset_of = 2},
	{"sort dst.host, last page", ask_flows, .sort = "dst.host", .offset_of = 1},
	{"sort dst.host,src.ip,-bytes, last page", ask_flows, .sort = "dst.host,src.ip,-bytes",
	 .offset_of = 1},
	{"sort service,dst.host,-bytes, middle", ask_flows, .sort = "service,dst.host,-bytes",
	 .offset_of = 2},
	{"sort src.ip, from the middle", ask_flows, .sort = "src.ip", .offset_of = 2},
	{"sort dst.ip,src.ip, from the middle", ask_flows, .sort = "dst.ip,src.ip", .offset_of = 2},
	{"60 x port = n or", ask_flows, .sort = "-bytes", .filter = "#port"},
	{"60 x dst.port = n or", ask_flows, .sort = "-bytes", .filter = "#dst.port"},
	{"src.ip ~ \"10.0\"", ask_flows, .sort = "-bytes", .filter = "src.ip ~ \"10.0\""},
	{"three ~", ask_flows, .sort = "-bytes", .filter = THREE_LIKE},
	{"three words", ask_flows, .sort = "-bytes", .filter = "example 10. net"},
	{"nothing matches, six ~ by or", ask_flows, .sort = "-bytes",
	 .filter =
		 "ip ~ \"zz\" or host ~ \"q*z\" or service ~ \"zz\" or ip ~ \"77.88.99\" or port ~ 77777"},
	{"first_seen>-5m and bytes>2k", ask_flows, .sort = "-bytes",
	 .filter = "first_seen>-5m and bytes>2k"},
	{"groups by src.ip", ask_groups, .field = "src.ip"},
	{"groups by src.ip, by hosts", ask_groups, .field = "src.ip", .sort = "-hosts"},
	{"groups by dst.ip, by key, middle", ask_groups, .field = "dst.ip", .sort = "key"},
	{"groups by src.port", ask_groups, .field = "src.port"},
	{"groups by dst.host", ask_groups, .field = "dst.host"},
	{"groups by service", ask_groups, .field = "service"},
	{"groups by proto", ask_groups, .field = "proto"},
	{"top src.ip", ask_top, .field = "src.ip"},
	{"top dst.host", ask_top, .field = "dst.host"},
	{"top proto", ask_top, .field = "proto"},
	{"summary", ask_summary, .sort = NULL},
	{"hosts", ask_hosts, .sort = NULL},
	{"hosts, dst.port=443", ask_hosts, .filter = "dst.port=443"},
	{"matrix src.ip, dst.port", ask_matrix, .sort = NULL},
	{"sankey of four fields", ask_sankey, .sort = NULL},
	{"quality by dst.host", ask_quality, .field = "dst.host"},
	{"quality by src.ip", ask_quality, .field = "src.ip"},
	{"quality by dst.ip", ask_quality, .field = "dst.ip"},
};

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* All, or those that have one of these words in their titles. */
static bool is_wanted(const char *title, char **words, int n)
{
	bool wanted = n <= 0;

	for (int i = 0; i < n; i++)
		wanted |= strstr(title, words[i]) != NULL;
	return wanted;
}

static double ask_once(const struct fb_snapshot *snapshot, const struct page *page)
{
	struct fb_snapshot fresh = *snapshot;
	const double start = cpu_ms();

	fresh.serial = fb_snapshot_serial(); /* nothing is known of it */
	page->ask(&fresh, page);
	return cpu_ms() - start;
}

/*
 * What no question can do without: a look at a line of each flow's record and of its counts, in
 * their order. Where it takes long now and then, it is the machine that does.
 */
static double look_at_all(const struct fb_snapshot *snapshot)
{
	const double start = cpu_ms();
	volatile uint64_t sum = 0;
	struct fb_flow_at at;

	for (uint32_t i = 0; i < snapshot->n; i++) {
		fb_snapshot_at(snapshot, i, &at);
		sum += at.flow->src_port + at.traffic->bytes[FB_UP];
	}
	return cpu_ms() - start;
}

static double at_99(double *took, size_t n)
{
	qsort(took, n, sizeof(*took), by_value);
	return took[n * 99 / 100];
}

/* The first question has to get its memory from the machine, which those behind it use again. */
static void bench_pages(struct fb_snapshot *snapshot, char **words, int n_words)
{
	double all[N(pages) * PAGES], looks[N(pages) * PAGES];
	size_t n = 0;

	for (size_t i = 0; i < N(pages); i++) {
		double took[PAGES], first;

		if (!is_wanted(pages[i].title, words, n_words))
			continue;
		fb_bulk_trim(UINT64_MAX);
		first = ask_once(snapshot, &pages[i]);
		for (int k = 0; k < PAGES; k++) {
			all[n] = took[k] = ask_once(snapshot, &pages[i]);
			looks[n++] = look_at_all(snapshot);
		}
		qsort(took, PAGES, sizeof(*took), by_value);
		printf("  %-40s %9.1f %9.1f %9.1f %9d %s\n", pages[i].title, first, took[PAGES / 2],
		       took[PAGES - 1], PROMISED_MS, took[PAGES - 1] > PROMISED_MS ? "OVER" : "ok");
		fflush(stdout);
	}
	if (n)
		printf("  p99 of these %zu %45.1f %9d %s; of a bare look at each flow in turn %.1f\n",
		       n, at_99(all, n), PROMISED_MS, at_99(all, n) > PROMISED_MS ? "OVER" : "ok",
		       at_99(looks, n));
}

/* --- exports --------------------------------------------------------------------------------- */

static void write_ndjson(struct fb_buf *buf, const struct fb_flow_at *at)
{
	struct fb_json json;

	fb_json_init(&json, buf);
	fb_flow_write_json(&json, at);
	fb_buf_addc(buf, '\n');
}

static void write_csv(struct fb_buf *buf, const struct fb_flow_at *at)
{
	static const struct fb_field *fields[FB_FIELD_COUNT];

	for (unsigned int i = 0; !fields[FB_FIELD_COUNT - 1] && i < FB_FIELD_COUNT; i++)
		fields[i] = &fb_fields[i];
	fb_csv_row(buf, at, fields, FB_FIELD_COUNT);
}

static void bench_export(struct fb_snapshot *snapshot, const char *name,
			 void (*write)(struct fb_buf *buf, const struct fb_flow_at *at))
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;
	const double start = cpu_ms();
	struct fb_flow_at at;
	struct fb_query query;
	uint32_t pos = 0;
	double bytes = 0, rate;

	fb_query_init(&query);
	while (fb_query_next(snapshot, &query, &pos, &at)) {
		fb_buf_clear(&buf);
		write(&buf, &at);
		bytes += (double)buf.len;
	}
	fb_query_fini(&query);
	rate = bytes / 1e3 / (cpu_ms() - start);
	printf("  export as %-30s %9.0f %9s %9d %s, %.0f bytes a flow\n", name, rate, "MB/s",
	       PROMISED_MB, rate < PROMISED_MB ? "OVER" : "ok", bytes / snapshot->live);
}

int main(int argc, char **argv)
{
	const uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	const uint32_t max_rows = n + n / 8 + 64;
	_cleanup_free_ struct fb_quality *quality = calloc(max_rows, sizeof(*quality));
	const struct fb_table_opts opts = {.max_rows = max_rows, .quality = quality};

	need(quality ? 0 : -ENOMEM);
	for (size_t i = 0; i < N(populations); i++) {
		_cleanup_snapshot_ struct fb_snapshot *snapshot = NULL;
		struct fb_table *table;

		need(fb_table_new(&opts, NULL, NULL, &table));
		snapshot = make_flows(table, &populations[i], quality, n);
		printf("%u flows, %-30s %9s %9s %9s %9s\n", n, populations[i].name, "first ms",
		       "median", "worst", "promised");
		bench_pages(snapshot, argv + 2, argc - 2);
		if (is_wanted("export", argv + 2, argc - 2)) {
			bench_export(snapshot, "NDJSON", write_ndjson);
			bench_export(snapshot, "CSV", write_csv);
		}
		fb_snapshot_put(TAKE_PTR(snapshot));
		fb_table_free(table);
	}
	return 0;
}
