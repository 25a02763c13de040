/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine policy proto past flow table query filter format util
/* Consumers of flows: opened all or none, fed in order; those with a queue never hold up others. */
#include "unit/world.h"

#include <pthread.h>
#include <stdatomic.h>

#include "engine/consumers.h"

struct fake {
	int open_result, tick_result;
	atomic_uint opened, closed, ticks, windows, flushed, order;
	atomic_uint slow_down; /* ticks wait until it is 0 */
	atomic_uint refuse;    /* so many times -EAGAIN */
	uint64_t losses;
	uint32_t ended;
};

static atomic_uint clock_;

static int open_fake(void *ctx)
{
	struct fake *fake = ctx;

	fake->opened += fake->open_result == 0;
	return fake->open_result;
}

static void close_fake(void *ctx)
{
	((struct fake *)ctx)->closed++;
}

static int tick_fake(void *ctx, struct fb_snapshot *snapshot, uint64_t losses)
{
	struct fake *fake = ctx;

	while (fake->slow_down)
		sched_yield();
	if (fake->refuse) {
		fake->refuse--;
		return -EAGAIN;
	}
	fake->ended += snapshot->n_ended;
	fake->losses = losses;
	fake->order = ++clock_;
	fake->ticks++;
	return fake->tick_result;
}

static int window_fake(void *ctx, const struct fb_window *window)
{
	struct fake *fake = ctx;

	assert_int_equal(window->id, 7);
	fake->windows++;
	return 0;
}

static void flush_fake(void *ctx)
{
	struct fake *fake = ctx;

	assert_int_equal(fake->closed, 0);
	fake->flushed++;
}

static const struct fb_consumer_ops direct = {
	.name = "direct", .open = open_fake, .tick = tick_fake, .close = close_fake};
static const struct fb_consumer_ops queued = {
	.name = "queued",
	.queue = 4,
	.open = open_fake,
	.tick = tick_fake,
	.window = window_fake,
	.flush = flush_fake,
	.close = close_fake,
};

static struct fb_consumer_counters counters_of(const struct fb_consumers *consumers)
{
	struct fb_consumer_counters counters;

	fb_consumers_counters(consumers, &counters);
	return counters;
}

static void test_all_or_none(void **state)
{
	struct fake fakes[4] = {[2] = {.open_result = -EACCES}};
	struct fb_consumers consumers = {.n = 0};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(fb_consumers_add(&consumers, i % 2 ? &direct : &queued, &fakes[i]),
				 0);
	assert_int_equal(fb_consumers_open(&consumers), -EACCES);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(fakes[i].opened, i < 2);
		assert_int_equal(fakes[i].closed, i < 2);
	}
	fakes[2].open_result = 0;
	assert_int_equal(fb_consumers_open(&consumers), 0);
	fb_consumers_close(&consumers); /* the start failed elsewhere: no thread began */
	for (int i = 0; i < 4; i++)
		assert_int_equal(fakes[i].closed, fakes[i].opened);
	while (fb_consumers_add(&consumers, &direct, NULL) == 0)
		;
	assert_int_equal(consumers.n, FB_CONSUMERS);
}

static void test_in_order(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fake fakes[2] = {{.tick_result = -ENOMEM}};
	struct fb_consumers consumers = {.n = 0};
	struct fb_window window = {.id = 7};

	(void)state;
	fb_consumers_add(&consumers, &direct, &fakes[0]);
	fb_consumers_add(&consumers, &direct, &fakes[1]);
	assert_int_equal(fb_consumers_open(&consumers), 0);
	assert_int_equal(fb_consumers_start(&consumers), 0);
	for (int i = 0; i < 3; i++) {
		tick(&world, 1);
		fb_consumers_tick(&consumers, world.now, 5);
		assert_true(fakes[0].order < fakes[1].order);
	}
	fb_consumers_window(&consumers, &window); /* neither asked for it */
	assert_int_equal(fakes[1].losses, 5);
	assert_int_equal(counters_of(&consumers).queued, 6);
	assert_int_equal(counters_of(&consumers).done, 3);
	assert_int_equal(counters_of(&consumers).dropped, 3);
	fb_consumers_close(&consumers);
	end_world(&world);
}

/* It stands still for ten ticks: four wait, one is in its hands, five are lost and counted. */
static void test_slow(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fake slow = {.slow_down = 1}, quick = {0};
	struct fb_consumers consumers = {.n = 0};

	(void)state;
	fb_consumers_add(&consumers, &queued, &slow);
	fb_consumers_add(&consumers, &direct, &quick);
	assert_int_equal(fb_consumers_open(&consumers), 0);
	assert_int_equal(fb_consumers_start(&consumers), 0);
	for (int i = 0; i < 14; i++) {
		tick(&world, 1);
		fb_consumers_tick(&consumers, world.now, 0);
	}
	assert_int_equal(quick.ticks, 14);
	assert_in_range(counters_of(&consumers).dropped, 9, 10); /* 10: it had not begun yet */
	slow.slow_down = 0;
	while (counters_of(&consumers).done + counters_of(&consumers).dropped < 28)
		sched_yield();
	assert_int_equal(slow.ticks, 28 - 14 - counters_of(&consumers).dropped);
	fb_consumers_close(&consumers);
	assert_int_equal(slow.flushed, 1);
	end_world(&world);
}

static void test_retries(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fake fake = {.refuse = 2};
	struct fb_consumers consumers = {.n = 0};
	struct fb_window window = {.id = 7};

	(void)state;
	fb_consumers_add(&consumers, &queued, &fake);
	assert_int_equal(fb_consumers_open(&consumers), 0);
	assert_int_equal(fb_consumers_start(&consumers), 0);
	tick(&world, 1);
	fb_consumers_tick(&consumers, world.now, 0);
	fb_consumers_window(&consumers, &window);
	while (counters_of(&consumers).done < 2)
		sched_yield();
	assert_int_equal(counters_of(&consumers).retries, 2);
	assert_int_equal(counters_of(&consumers).dropped, 0);
	assert_int_equal(fake.windows, 1);

	/* at the end it is not waited for one that refuses for ever */
	fake.refuse = UINT32_MAX;
	fb_consumers_tick(&consumers, world.now, 0);
	fb_consumers_close(&consumers);
	assert_int_equal(fake.ticks, 1);
	assert_int_equal(fake.flushed, 1);
	end_world(&world); /* no snapshot is held any more */
}

/* Who can wait, as a capture can, waits for room: nothing is dropped, however slow the reader. */
static void test_waits(void **state)
{
	struct world world = new_world(NULL, NULL, NULL);
	struct fake fake = {.refuse = 3};
	struct fb_consumers consumers = {.n = 0};
	struct fb_consumer_counters counters;

	(void)state;
	fb_consumers_add(&consumers, &queued, &fake);
	assert_int_equal(fb_consumers_open(&consumers), 0);
	assert_int_equal(fb_consumers_start(&consumers), 0);
	for (int i = 0; i < 100; i++) {
		tick(&world, 1);
		fb_consumers_tick(&consumers, world.now, 0);
		fb_consumers_wait(&consumers);
		counters = counters_of(&consumers);
		assert_int_equal(counters.dropped, 0);
		assert_true(counters.queued - counters.done <= 3); /* half, and one in its hands */
	}
	fb_consumers_close(&consumers);
	assert_int_equal(fake.ticks, 100);
	end_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_or_none), cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_slow),	    cmocka_unit_test(test_retries),
		cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
