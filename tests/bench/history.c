/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine policy proto store past flow util
/*
 * The history's writer alone: traffic of a network of 200 hosts, ends of flows as the table tells
 * them, into a file. history [FLOWS]: that many in a row, an hour in sixty ticks: rows a second of
 * the writer's CPU and of the clock, bytes on the disk a flow. Then bursts of 300,000 ends a second
 * through the queue before it: three seconds, of which none may be lost, and three minutes at once,
 * of which all that is lost must be counted.
 */
#include "unit/keeping.h"

#include <sys/stat.h>
#include <time.h>

#include "bench/office.h"
#include "engine/consumer_queue.h"

#define RECORDS 300000u

static double clock_s(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t size_of(const struct keeping *keeping)
{
	char path[FB_HISTORY_PATH];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" FB_HISTORY_NAME, keeping->folder);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* --- in a row --------------------------------------------------------------------------------- */

static void write_all(struct keeping *keeping, const struct world *world, uint64_t flows)
{
	struct fb_snapshot *snapshot = &keeping->fake->snapshot;
	double cpu = 0, clock = 0, began_cpu, began;
	uint64_t born = 1;

	while (born <= flows) {
		for (snapshot->n_ended = 0; snapshot->n_ended < RECORDS && born <= flows;) {
			const uint32_t i = snapshot->n_ended++;

			make_flow(keeping, world, i, born++);
			fake_flow(keeping->fake, i)->closed = FB_CLOSED_FIN;
			fake_flow(keeping->fake, i)->closed_at = snapshot->now_ns;
			snapshot->ended[i] = i;
		}
		snapshot->wall_ms += 59000;
		snapshot->now_ns += 59 * 1000000000ull;
		began_cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
		began = clock_s(CLOCK_MONOTONIC);
		assert_int_equal(keeping_tick(keeping), 0);
		cpu += clock_s(CLOCK_PROCESS_CPUTIME_ID) - began_cpu;
		clock += clock_s(CLOCK_MONOTONIC) - began;
	}
	keeping_close(keeping);
	printf("%-34s %9.0f rows/s, %9.0f a CPU second, %5.2f us of CPU and %5.1f bytes on the disk a "
	       "flow\n",
	       "ends written one after the other", (double)flows / clock, (double)flows / cpu,
	       cpu * 1e6 / (double)flows, (double)size_of(keeping) / (double)flows);
}

/* --- bursts ----------------------------------------------------------------------------------- */

static int tick(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	(void)losses;
	return fb_historian_tick(ctx, snapshot, NULL, 0);
}

static void dropped(void *ctx, const struct fb_snapshot *snapshot)
{
	fb_historian_lost(ctx, snapshot->n_ended, 0);
}

/* `ticks` of them, `pause_us` after each other; prints how long they took and what was lost. */
static bool burst(struct keeping *keeping, const char *name, unsigned int ticks,
		  unsigned int pause_us, bool may_lose)
{
	const struct fb_consumer_ops ops = {
		.name = "history", .queue = 16, .tick = tick, .dropped = dropped};
	struct fb_snapshot *each = calloc(ticks, sizeof(*each));
	struct fb_historian_state before, after;
	struct fb_consumer_queue *queue;
	const double began = clock_s(CLOCK_MONOTONIC);
	bool good;

	fb_historian_state(keeping->historian, &before);
	assert_int_equal(fb_consumer_queue_new(&ops, keeping->historian, &queue), 0);
	assert_int_equal(fb_consumer_queue_start(queue), 0);
	for (unsigned int i = 0; i < ticks; i++) {
		keeping->fake->snapshot.epoch++;
		keeping->fake->snapshot.wall_ms += 1000;
		keeping->fake->snapshot.now_ns += 1000000000;
		each[i] = keeping->fake->snapshot;
		each[i].refs = 1000;
		fb_consumer_queue_add(queue, &(struct fb_consumer_call){.snapshot = &each[i]});
		usleep(pause_us);
	}
	fb_consumer_queue_free(queue);
	fb_historian_state(keeping->historian, &after);
	good = after.ends - before.ends + after.lost_ends - before.lost_ends ==
		       (uint64_t)ticks * keeping->fake->snapshot.n_ended &&
	       (may_lose || after.lost_ends == before.lost_ends);
	printf("%-34s %9llu written in %.1f s, %llu lost and counted: %s\n", name,
	       (unsigned long long)(after.ends - before.ends), clock_s(CLOCK_MONOTONIC) - began,
	       (unsigned long long)(after.lost_ends - before.lost_ends), good ? "ok" : "OVER");
	return good;
}

static bool burst_all(struct keeping *keeping, const struct world *world)
{
	struct fb_snapshot *snapshot = &keeping->fake->snapshot;
	bool good;

	keeping_open(keeping);
	for (snapshot->n_ended = 0; snapshot->n_ended < RECORDS; snapshot->n_ended++) {
		make_flow(keeping, world, snapshot->n_ended, 1ull << 35 | snapshot->n_ended);
		fake_flow(keeping->fake, snapshot->n_ended)->closed = FB_CLOSED_FIN;
		snapshot->ended[snapshot->n_ended] = snapshot->n_ended;
	}
	good = burst(keeping, "300,000 ends a second, for 3 s", 3, 1000000, false);
	return burst(keeping, "... and three minutes at once", 180, 0, true) && good;
}

int main(int argc, char **argv)
{
	const uint64_t flows = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	static struct world world;
	static uint32_t ended[RECORDS];
	struct keeping *keeping = keeping_new(RECORDS);
	bool good;

	make_world(&world);
	keeping_close(keeping);
	keeping_keep_all(keeping);
	keeping_open(keeping);
	keeping->fake->snapshot.ended = ended;
	write_all(keeping, &world, flows);
	good = burst_all(keeping, &world);
	keeping_free(keeping);
	return !good;
}
