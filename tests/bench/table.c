/* SPDX-License-Identifier: BSD-2-Clause */
// link: query table flow util format filter
/*
 * What the user half costs: a tick in which one flow in ten moved, a page of 100 rows by several
 * sorts and filters, groups and lists by several fields, at 1k, 10k, 100k and 1M live flows. Prints
 * one table.
 * Usage: table [FLOWS...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "query/query.h"
#include "table/table.h"
#include "unit/rows.h"

#define TICKS  15
#define PAGES  40
#define LISTS  15
#define N(arr) (sizeof(arr) / sizeof(*(arr)))

static double now_s(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double rss_mb(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long total, resident = 0;

	if (file && fscanf(file, "%lu %lu", &total, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static struct fb_row *make_rows(uint32_t n)
{
	struct fb_row *rows = calloc(n, sizeof(*rows));

	for (uint32_t i = 0; rows && i < n; i++) {
		rows[i] = make_row(1, i % 3 ? IPPROTO_TCP : IPPROTO_UDP, 0x0a000000u + i,
				   (uint16_t)(1024 + i % 60000),
				   0x5d000000u | (i >> 16 & 0xff) << 16 | i % 251 << 8 | i % 241,
				   i % 5 ? 443 : 80, 1000 * S + i * 5000ull);
		count(&rows[i], FB_UP, 3, 300 + i % 1000, SYN | ACK);
		count(&rows[i], FB_DOWN, 2, 2000 + i % 7777, SYN | ACK);
	}
	return rows;
}

static void name_flow(struct fb_table *table, uint32_t slot)
{
	char name[64];
	struct fb_hello_fact fact = {
		.time = S, .name = name, .name_source = FB_NAME_SNI, .l7 = FB_L7_TLS, .client = -1};

	fact.name_len = (size_t)snprintf(name, sizeof(name), "host-%u.example.net", slot % 5000);
	fb_table_hello(table, slot, 1, &fact);
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static const struct {
	const char *sort, *filter;
	bool deep; /* the page in the middle of all */
} pages[] = {
	{"-rate_bps", "", false},
	{"-bytes", "proto=tcp", false},
	{"dst.host,-bytes", "dst.host~host-12", false},
	{"src.ip", "src=10.0.0.0/8 and not dport=80 and bytes>2k", false},
	{"-duration_ms", "example", false},
	{"duration_ms", "proto=tcp", false}, /* each row is better than those before it */
	{"-bytes,src.ip", "", true},
	{"dst.port,-bytes", "proto=tcp", true},
	{"dst.host", "", true},
};

static void bench_pages(struct fb_snapshot *snapshot)
{
	for (size_t i = 0; i < N(pages); i++) {
		double took[PAGES], cpu[PAGES];
		struct fb_filter_error error = {0};

		for (int k = 0; k < PAGES; k++) {
			struct fb_query query;
			struct fb_result *result = NULL;
			double start = now_s(CLOCK_MONOTONIC);
			double cpu_start = now_s(CLOCK_THREAD_CPUTIME_ID);

			fb_query_init(&query);
			query.offset = pages[i].deep ? snapshot->live / 2 : 0;
			if (fb_filter_compile(pages[i].filter, &query.filter, &error) < 0 ||
			    fb_query_sort(&query, pages[i].sort, &error) < 0 ||
			    fb_query_run(snapshot, &query, &result) < 0) {
				fprintf(stderr, "%s: %s\n", pages[i].filter, error.detail);
				exit(1);
			}
			took[k] = now_s(CLOCK_MONOTONIC) - start;
			cpu[k] = now_s(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
			fb_result_free(result);
			fb_query_fini(&query);
		}
		qsort(took, PAGES, sizeof(*took), by_value);
		qsort(cpu, PAGES, sizeof(*cpu), by_value);
		printf("| | page sort=%s filter=%s%s | p50 %.2f ms, p99 %.2f ms | CPU: p50 %.2f ms, "
		       "p99 %.2f ms |\n",
		       pages[i].sort, *pages[i].filter ? pages[i].filter : "-",
		       pages[i].deep ? " offset=half" : "", took[PAGES / 2] * 1e3,
		       took[PAGES - 1] * 1e3, cpu[PAGES / 2] * 1e3, cpu[PAGES - 1] * 1e3);
	}
}

static void page_of_groups(struct fb_snapshot *snapshot, const char *field)
{
	struct fb_result *result = NULL;
	struct fb_query query;

	fb_query_init(&query);
	query.group_by = fb_field_find(field, strlen(field));
	if (fb_query_run(snapshot, &query, &result) < 0)
		exit(1);
	fb_result_free(result);
	fb_query_fini(&query);
}

static void top_list(struct fb_snapshot *snapshot, const char *field)
{
	struct fb_query query;
	struct fb_ask ask = {.kind = FB_ASK_TOP,
			     .query = &query,
			     .field = fb_field_find(field, strlen(field)),
			     .metric = FB_METRIC_BYTES,
			     .n = 10};

	fb_query_init(&query);
	if (fb_query_ask(snapshot, &ask, 1) < 0)
		exit(1);
	fb_ask_fini(&ask);
	fb_query_fini(&query);
}

static void list_of_hosts(struct fb_snapshot *snapshot, const char *unused)
{
	struct fb_host *hosts;
	struct fb_query query;
	uint64_t total;
	uint32_t n;

	(void)unused;
	fb_query_init(&query);
	if (fb_query_hosts(snapshot, &query, &hosts, &n, &total) < 0)
		exit(1);
	free(hosts);
	fb_query_fini(&query);
}

static const struct {
	const char *what;
	void (*run)(struct fb_snapshot *snapshot, const char *field);
	const char *field;
} lists[] = {
	{"groups by", page_of_groups, "src.ip"},
	{"groups by", page_of_groups, "src.port"},
	{"groups by", page_of_groups, "dst.host"},
	{"top", top_list, "src.ip"},
	{"top", top_list, "src.port"},
	{"top", top_list, "dst.host"},
	{"top", top_list, "proto"},
	{"hosts", list_of_hosts, ""},
};

static void bench_lists(struct fb_snapshot *snapshot)
{
	for (size_t i = 0; i < N(lists); i++) {
		double cpu[LISTS];

		for (int k = 0; k < LISTS; k++) {
			double start = now_s(CLOCK_THREAD_CPUTIME_ID);

			lists[i].run(snapshot, lists[i].field);
			cpu[k] = now_s(CLOCK_THREAD_CPUTIME_ID) - start;
		}
		qsort(cpu, LISTS, sizeof(*cpu), by_value);
		printf("| | %s %s | CPU: p50 %.2f ms | best %.2f ms |\n", lists[i].what,
		       lists[i].field, cpu[LISTS / 2] * 1e3, cpu[0] * 1e3);
	}
}

static void bench(uint32_t n)
{
	struct fb_table_opts opts = {.max_rows = n + n / 8 + 64};
	struct fb_row *rows = make_rows(n);
	struct fb_table *table;
	struct fb_snapshot *snapshot = NULL, *next;
	struct fb_table_stats stats;
	double before = rss_mb(), cpu = 0, snap = 0, start, fill;
	uint64_t ns = 2000 * S;

	if (!rows || fb_table_new(&opts, NULL, NULL, &table) < 0)
		exit(1);
	fb_table_link(table, 1, "eth0");
	fb_table_tick_begin(table, ns, 1000);
	start = now_s(CLOCK_PROCESS_CPUTIME_ID);
	for (uint32_t i = 0; i < n; i++) {
		fb_table_row(table, i, &rows[i], ns);
		if (i % 3 == 1)
			name_flow(table, i);
	}
	snapshot = fb_table_tick_end(table);
	fill = now_s(CLOCK_PROCESS_CPUTIME_ID) - start;
	for (int t = 0; t < TICKS; t++) {
		ns += S;
		start = now_s(CLOCK_PROCESS_CPUTIME_ID);
		fb_table_tick_begin(table, ns, (int64_t)(ns / 1000000));
		for (uint32_t i = 0; i < n / 10; i++) {
			/* spread over the whole table: the worst for what ticks share */
			uint32_t slot = (uint32_t)(((uint64_t)i * 10 + (uint64_t)t * 7) % n);

			rows[slot].packets[1] += 4;
			rows[slot].bytes[1] += 4000 + i;
			fb_table_row(table, slot, &rows[slot], ns);
		}
		double mid = now_s(CLOCK_PROCESS_CPUTIME_ID);

		next = fb_table_tick_end(table);
		snap += now_s(CLOCK_PROCESS_CPUTIME_ID) - mid;
		cpu += now_s(CLOCK_PROCESS_CPUTIME_ID) - start;
		fb_snapshot_put(snapshot);
		snapshot = next;
	}
	fb_table_stats(table, &stats);
	printf("| %u | tick, 1 in 10 moved | %.2f ms (%.2f %% of a core) | its end and snapshot "
	       "%.2f ms |\n",
	       n, cpu / TICKS * 1e3, cpu / TICKS * 100, snap / TICKS * 1e3);
	printf("| | first tick, all new, 1 in 3 named | %.2f ms | %.0f ns a flow |\n", fill * 1e3,
	       fill / n * 1e9);
	printf("| | memory | %.1f MB resident | %.0f bytes a flow, live %u |\n", rss_mb() - before,
	       (rss_mb() - before) * 1e6 / n, stats.live);
	bench_pages(snapshot);
	bench_lists(snapshot);
	fflush(stdout);
	fb_snapshot_put(snapshot);
	fb_table_free(table);
	free(rows);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1000, 10000, 100000, 1000000};

	printf("| flows | what | cost | more |\n|---|---|---|---|\n");
	for (int i = 1; i < argc; i++)
		bench((uint32_t)strtoul(argv[i], NULL, 10));
	for (size_t i = 0; argc == 1 && i < N(sizes); i++)
		bench(sizes[i]);
	return 0;
}
