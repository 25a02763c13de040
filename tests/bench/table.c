/* SPDX-License-Identifier: BSD-2-Clause */
// link: table flow util format filter
/*
 * What the flow table costs: a tick in which one flow in ten or in a hundred moved, and its memory,
 * at 1k, 10k, 100k and 1M live flows. Prints one table. Usage: table [FLOWS...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/named.h"
#include "table/table.h"
#include "unit/rows.h"

#define TICKS	  15
#define WARM	  4
#define TICK_MOST 0.02 /* seconds, of a million flows of which 10,000 moved */
#define N(arr)	  (sizeof(arr) / sizeof(*(arr)))

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

/* Ticks in which one flow in `part` moved, spread over the whole table: the worst for what ticks
 * share. */
static void bench_ticks(struct fb_table *table, struct fb_row *rows, uint32_t n, uint32_t part,
			struct fb_snapshot **snapshot)
{
	static uint64_t ns = 2000 * S;
	double cpu = 0, snap = 0, start, mid;

	/* The first ones get memory that all others use again. */
	for (int t = -WARM; t < TICKS; t++) {
		struct fb_snapshot *next;

		if (t == 0)
			cpu = snap = 0;
		ns += S;
		start = now_s(CLOCK_PROCESS_CPUTIME_ID);
		fb_table_tick_begin(table, ns, (int64_t)(ns / 1000000));
		for (uint32_t i = 0; i < n / part; i++) {
			const uint32_t slot =
				(uint32_t)(((uint64_t)i * part + (uint64_t)(t + WARM) * 7) % n);

			rows[slot].packets[1] += 4;
			rows[slot].bytes[1] += 4000 + i;
			fb_table_row(table, slot, &rows[slot], ns);
		}
		mid = now_s(CLOCK_PROCESS_CPUTIME_ID);
		next = fb_table_tick_end(table);
		snap += now_s(CLOCK_PROCESS_CPUTIME_ID) - mid;
		cpu += now_s(CLOCK_PROCESS_CPUTIME_ID) - start;
		fb_snapshot_put(*snapshot);
		*snapshot = next;
	}
	printf("| %u | tick, 1 in %u moved | %.2f ms (%.2f %% of a core) | its end and snapshot "
	       "%.2f ms%s |\n",
	       n, part, cpu / TICKS * 1e3, cpu / TICKS * 100, snap / TICKS * 1e3,
	       part == 100 && cpu / TICKS > TICK_MOST ? " OVER" : "");
}

static void bench(uint32_t n)
{
	struct fb_table_opts opts = {.max_rows = n + n / 8 + 64};
	struct fb_row *rows = make_rows(n);
	struct fb_table *table;
	struct fb_snapshot *snapshot = NULL;
	struct fb_table_stats stats;
	double before = rss_mb(), start, fill;

	if (!rows || fb_table_new(&opts, NULL, NULL, &table) < 0)
		exit(1);
	fb_table_link(table, 1, "eth0");
	fb_table_tick_begin(table, 2000 * S, 1000);
	start = now_s(CLOCK_PROCESS_CPUTIME_ID);
	for (uint32_t i = 0; i < n; i++) {
		fb_table_row(table, i, &rows[i], 2000 * S);
		if (i % 3 == 1)
			name_flow(table, i);
	}
	snapshot = fb_table_tick_end(table);
	fill = now_s(CLOCK_PROCESS_CPUTIME_ID) - start;
	bench_ticks(table, rows, n, 100, &snapshot);
	bench_ticks(table, rows, n, 10, &snapshot);
	fb_table_stats(table, &stats);
	printf("| | first tick, all new, 1 in 3 named | %.2f ms | %.0f ns a flow |\n", fill * 1e3,
	       fill / n * 1e9);
	printf("| | memory | %.1f MB resident | %.0f bytes a flow, live %u |\n", rss_mb() - before,
	       (rss_mb() - before) * 1e6 / n, stats.live);
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
