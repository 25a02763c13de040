/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel util
/*
 * The two ways to read the counters of N live rows: through the mapping, as the daemon does
 * (fb_rowmap_scan), and by batch look-ups, of the same array and of a hash map with the same keys
 * and values. One row in five moved since the last reading. In turn, medians. Run as root:
 * build/tests/bench/counters [FLOWS...]
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/rowmap.h"

#define ROUNDS 9
#define BATCH  4096u
#define ONE_IN 5 /* of the rows moved */

struct world {
	struct fb_rowmap rows;
	int array, hash;
	uint32_t n;
	uint64_t *seen;
	struct fb_row *batch;
	void *keys;
	uint64_t sum; /* of what was read: nothing may be left out */
};

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void add_row(void *ctx, uint32_t slot, const struct fb_row *row)
{
	(void)slot;
	((struct world *)ctx)->sum += row->packets[0] + row->packets[1];
}

static void by_mapping(struct world *world)
{
	fb_rowmap_scan(&world->rows, UINT64_MAX, add_row, world);
}

/* By batches nothing tells what moved: all are looked at. `isn` says which row it is. */
static void take_batch(struct world *world, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct fb_row *row = &world->batch[i];

		if (world->seen[row->isn] == row->last_seen || !fb_row_is_live(row))
			continue;
		world->seen[row->isn] = row->last_seen;
		add_row(world, row->isn, row);
	}
}

static void by_batches(struct world *world, int fd)
{
	uint64_t place; /* opaque to us: an index, or a bucket */
	uint32_t done = 0, n;
	int r;

	do {
		n = BATCH;
		r = bpf_map_lookup_batch(fd, done ? &place : NULL, &place, world->keys,
					 world->batch, &n, NULL);
		if (r && errno != ENOENT)
			die("batch look-up");
		take_batch(world, n);
		done += n;
	} while (!r && done < world->n);
	if (done < world->n)
		die("batches end early");
}

/* As the kernel half tells it. */
static void tell_moved(struct world *world, uint32_t slot)
{
	world->rows.row[slot].moved = 1;
	world->rows.moved[slot / FB_MOVED_ROWS] |= 1ull << slot % FB_MOVED_ROWS;
}

static void make_rows(struct world *world)
{
	struct fb_row row = {.state = FB_ROW_LIVE, .packets = {1, 1}, .key.family = FB_IPV4};

	for (uint32_t i = 0; i < world->n; i++) {
		memcpy(&row.key.addr[0][12], &i, sizeof(i));
		row.isn = i;
		row.last_seen = 1;
		world->rows.row[i] = row;
		tell_moved(world, i);
		if (bpf_map_update_elem(world->hash, &row.key, &row, BPF_NOEXIST))
			die("filling the hash map");
	}
	world->rows.state->next_slot = world->n;
}

/* The same flows move in both maps. */
static void move_rows(struct world *world, uint64_t time)
{
	for (uint32_t i = (uint32_t)time % ONE_IN; i < world->n; i += ONE_IN) {
		struct fb_row *row = &world->rows.row[i];

		row->packets[0]++;
		row->last_seen = time;
		tell_moved(world, i);
		if (bpf_map_update_elem(world->hash, &row->key, row, BPF_EXIST))
			die("moving a row");
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct world *world)
{
	double took[3][ROUNDS];
	uint64_t sum[3], *seen[3]; /* each reader with its own memory of what it saw */

	for (int way = 0; way < 3; way++) {
		seen[way] = calloc(world->n, sizeof(*seen[way]));
		if (!seen[way])
			die("memory");
	}
	for (int round = -1; round < ROUNDS; round++) {
		move_rows(world, (uint64_t)round + 3);
		for (int way = 0; way < 3; way++) {
			double start;

			world->sum = 0;
			world->seen = seen[way];
			start = now_ms();
			if (way == 0)
				by_mapping(world);
			else
				by_batches(world, way == 1 ? world->array : world->hash);
			if (round >= 0)
				took[way][round] = now_ms() - start;
			sum[way] = world->sum;
		}
		if (sum[0] != sum[1] || sum[0] != sum[2]) {
			fprintf(stderr, "the three read different counters\n");
			exit(1);
		}
	}
	printf("%10u", world->n);
	for (int way = 0; way < 3; way++) {
		qsort(took[way], ROUNDS, sizeof(**took), by_value);
		printf(" %18.2f", took[way][ROUNDS / 2]);
		free(seen[way]);
	}
	printf(" %9.0fx\n", took[1][ROUNDS / 2] / took[0][ROUNDS / 2]);
	fflush(stdout);
}

static void bench(uint32_t n)
{
	struct fb_bpf_opts opts = {.knobs = {.max_flows = n > 1024 ? n : 1024}};
	struct world world = {.n = n};
	struct fb_why why = {0};
	struct fb_bpf *bpf;

	if (fb_bpf_new(&opts, &bpf, &why) < 0 || fb_rowmap_open(&world.rows, bpf) < 0)
		die("loading");
	world.array = fb_bpf_map_fd(bpf, FB_MAP_FLOWS);
	world.hash = bpf_map_create(BPF_MAP_TYPE_HASH, "bench", sizeof(struct fb_key),
				    sizeof(struct fb_row), n, NULL);
	world.batch = calloc(BATCH, sizeof(*world.batch));
	world.keys = calloc(BATCH, sizeof(struct fb_key));
	if (world.hash < 0 || !world.batch || !world.keys)
		die("memory");
	make_rows(&world);
	measure(&world);
	free(world.batch);
	free(world.keys);
	close(world.hash);
	fb_rowmap_close(&world.rows);
	fb_bpf_free(bpf);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1000, 10000, 100000, 1000000};

	printf("%10s %18s %18s %18s %10s\n", "rows", "by mapping, ms", "batches, ms",
	       "of a hash, ms", "ratio");
	for (int i = 1; i < argc; i++)
		bench((uint32_t)strtoul(argv[i], NULL, 10));
	for (size_t i = 0; argc == 1 && i < sizeof(sizes) / sizeof(*sizes); i++)
		bench(sizes[i]);
	return 0;
}
