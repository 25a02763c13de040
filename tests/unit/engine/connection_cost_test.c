/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine table enrich proto flow kernel util
/*
 * What a TLS connection costs beside time: no allocation once memory is warm, and no system call of
 * its own. From its row and its hello to its row's way back, as the engine does it: most of it not
 * in the tick, and in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "engine/reclaim.h"
#include "engine/samples.h"
#include "unit/hellos.h"
#include "unit/rows.h"

#define EACH	  2000 /* connections a tick */
#define ROWS	  (16 * EACH)
#define TICKS	  40
#define WARM	  25			      /* rows come back, closed flows are dropped by then */
#define MOST	  0.02			      /* allocations a connection: some a tick */
#define TICK_MOST 8192			      /* flows that a tick describes */
#define PIECE	  1024			      /* rows or flows of a piece between ticks */
#define MOST_BPF  (2.0 / FB_BATCH_MAX + 0.01) /* out of the index and free, by batches */

static struct {
	uint64_t allocations, calls, described;
	uint32_t slot[ROWS], n_free; /* a stack */
} spent;

/* A sanitizer has its own. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
	spent.allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	spent.allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
	spent.allocations++;
	return __libc_realloc(memory, size);
}
#endif

/* --- the kernel half ------------------------------------------------------------------------- */

static struct fb_row rows[ROWS];
static struct fb_state kernel = {.next_slot = ROWS};

int fb_bpf_map_fd(const struct fb_bpf *bpf, enum fb_map map)
{
	(void)bpf;
	(void)map;
	return -1;
}

uint32_t fb_bpf_map_size(const struct fb_bpf *bpf, enum fb_map map)
{
	(void)bpf;
	(void)map;
	return ROWS;
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	(void)fd;
	(void)key;
	(void)value;
	spent.calls++;
	return -1;
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	(void)fd;
	(void)key;
	(void)value;
	(void)flags;
	spent.calls++;
	return 0;
}

int fb_bpf_batch(struct fb_bpf *bpf, enum fb_batch_what what, uint32_t *slots, uint32_t n)
{
	(void)bpf;
	spent.calls++;
	for (uint32_t i = 0; i < n && what == FB_BATCH_FREE; i++) {
		const uint32_t generation = rows[slots[i]].generation;

		memset(&rows[slots[i]], 0, sizeof(rows[0]));
		rows[slots[i]].generation = generation;
		spent.slot[spent.n_free++] = slots[i];
	}
	return what == FB_BATCH_TAKE ? 0 : (int)n;
}

/* --- the engine ------------------------------------------------------------------------------ */

static struct {
	struct fb_table *table;
	struct fb_pipeline pipeline;
	struct fb_samples samples;
	struct fb_rowmap map;
	struct fb_reclaim reclaim;
	struct made hello, answer;
	uint64_t now;
	uint32_t generation;
} engine;

static void send_bytes(uint32_t slot, uint8_t way, const struct made *made)
{
	const struct fb_row *row = &rows[slot];
	struct fb_event event = {
		.key = row->key,
		.time = engine.now,
		.slot = slot,
		.generation = row->generation,
		.seq = way == FB_UP ? row->isn + 1 : 5000,
		.len = (uint32_t)made->n,
		.caplen = (uint16_t)made->n,
		.dir = way == FB_UP ? row->opener : !row->opener,
		.flags = way == FB_UP ? FB_EVENT_NAMED : 0,
	};

	assert_true(fb_samples_may(&engine.samples, &event));
	fb_samples_feed(&engine.samples, &event, made->b);
}

/* SYN ... hello, its answer, FIN from both sides: within a tick. */
static void pass_connection(uint32_t number)
{
	const uint32_t slot = spent.slot[--spent.n_free];
	struct fb_row *row = &rows[slot];
	const uint32_t generation = ++engine.generation;

	*row = make_row(LAN, IPPROTO_TCP, CLIENT + number % 500, (uint16_t)(1024 + number % 60000),
			SERVER + number % 7, 443, engine.now);
	row->generation = generation;
	row->isn = number;
	open_tcp(row);
	fb_table_row(engine.table, slot, row, engine.now);
	send_bytes(slot, FB_UP, &engine.hello);
	send_bytes(slot, FB_DOWN, &engine.answer);
	count(row, FB_UP, 3, 700, FIN | ACK);
	count(row, FB_DOWN, 2, 900, FIN | ACK);
	row->state |= FB_ROW_NAMED;
	fb_table_row(engine.table, slot, row, engine.now);
}

static void on_gone(void *ctx, uint32_t slot, const struct fb_row *row)
{
	(void)ctx;
	fb_table_row_gone(engine.table, slot, row, engine.now);
}

static void describe(void *ctx, const struct fb_flow *flow, unsigned int which,
		     struct fb_flow_facts *facts)
{
	spent.described++;
	fb_pipeline_describe(ctx, flow, which, facts);
}

/* As the loop has it done, when sources had their turn. */
static void work(void)
{
	const uint64_t before = spent.calls;
	uint64_t calls, described;

	do {
		calls = spent.calls;
		described = spent.described;
		if (fb_reclaim_work(&engine.reclaim) <= 0 && !fb_table_work(engine.table))
			break;
		assert_true(spent.calls - calls <= PIECE / FB_BATCH_MAX + 3);
		assert_true(spent.described - described <= PIECE);
	} while (spent.calls - before < ROWS);
}

static void tick(void)
{
	static uint32_t slots[ROWS];
	const uint64_t calls = spent.calls, described = spent.described;
	struct fb_snapshot *snapshot;
	uint32_t n;

	fb_reclaim_tick(&engine.reclaim, on_gone, NULL);
	fb_samples_tick(&engine.samples, engine.now);
	snapshot = fb_table_tick_end(engine.table);
	assert_non_null(snapshot);
	fb_snapshot_put(snapshot);
	n = fb_table_evictions(engine.table, slots, ROWS);
	for (uint32_t i = 0; i < n; i++)
		fb_reclaim_add(&engine.reclaim, slots[i],
			       fb_table_generation(engine.table, slots[i]));
	assert_int_equal(spent.calls, calls);
	assert_true(spent.described - described <= TICK_MOST);
	work();
	engine.now += S;
	fb_table_tick_begin(engine.table, engine.now, (int64_t)(engine.now / 1000000));
	fb_pipeline_tick(&engine.pipeline, engine.now);
}

static void start(void)
{
	static struct made message;
	const struct fb_table_opts opts = {
		.max_rows = ROWS, .closed_flows = 4 * EACH, .closed_seconds = 10};
	static const struct fb_table_ops ops = {.describe = describe};

	engine.map = (struct fb_rowmap){.row = rows, .max = ROWS, .state = &kernel};
	engine.now = 1000 * S;
	engine.hello.n = engine.answer.n = message.n = 0;
	memset(rows, 0, sizeof(rows));
	spent.n_free = 0;
	assert_int_equal(fb_pipeline_init(&engine.pipeline, &(struct fb_pipeline_opts){0}), 0);
	assert_int_equal(fb_table_new(&opts, &ops, &engine.pipeline, &engine.table), 0);
	assert_int_equal(fb_samples_init(&engine.samples, engine.table, &engine.map,
					 &engine.pipeline, 0, false),
			 0);
	assert_int_equal(fb_reclaim_init(&engine.reclaim, &engine.map), 0);
	make_stream(&engine.hello,
		    &(struct made_hello){.name = "www.example.com", .name_len = 15, .alpn = "h2"});
	make_answer(&message, 0x1301);
	make_records(&engine.answer, message.b, message.n, message.n);
	for (uint32_t slot = ROWS; slot-- > 0;)
		spent.slot[spent.n_free++] = slot;
	fb_table_tick_begin(engine.table, engine.now, (int64_t)(engine.now / 1000000));
}

static void stop(void)
{
	fb_reclaim_fini(&engine.reclaim);
	fb_samples_fini(&engine.samples);
	fb_table_free(engine.table);
	fb_pipeline_fini(&engine.pipeline);
}

static void test_connections(void **state)
{
	struct fb_inspect_counters seen;
	struct fb_table_stats stats;
	double allocations, calls;
	uint32_t number = 0;

	(void)state;
	start();
	for (unsigned int i = 0; i < TICKS; i++) {
		if (i == WARM)
			spent.allocations = spent.calls = 0;
		for (uint32_t k = 0; k < EACH; k++)
			pass_connection(number++);
		tick();
	}
	allocations = (double)spent.allocations / ((TICKS - WARM) * EACH);
	calls = (double)spent.calls / ((TICKS - WARM) * EACH);
	print_message("# a connection: %.4f allocations, %.4f bpf() calls\n", allocations, calls);
	assert_true(allocations <= MOST);
	assert_true(calls <= MOST_BPF);
	fb_inspect_counters(engine.samples.inspect, &seen);
	assert_int_equal(seen.hellos_tls, TICKS * EACH);
	assert_int_equal(seen.hello_answered, TICKS * EACH);
	fb_table_stats(engine.table, &stats);
	assert_int_equal(stats.counters.flows_made, TICKS * EACH);
	assert_true(stats.rows < 10 * EACH); /* they do come back */
	stop();
}

/* Half of all rows in a second: the tick describes the last ones, whatever came before. */
static void test_many_at_once(void **state)
{
	const uint32_t n = ROWS / 2;

	(void)state;
	start();
	spent.described = 0;
	for (uint32_t number = 0; number < n; number++) {
		pass_connection(number);
		if (number % 500 == 0)
			work();
	}
	assert_true(spent.described >= n - TICK_MOST - PIECE);
	for (unsigned int i = 0; i < 10; i++)
		tick();
	assert_true(spent.described <= n + n / 50); /* each once, not as often as it is told of */
	assert_int_equal(spent.n_free, ROWS);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
