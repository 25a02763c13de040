/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich proto util
/* One who floods the inspector takes nothing from others: time, room, and each byte is read once.
 */
#include <time.h>

#include "unit/inspecting.h"

/* Others' half hellos stay while one source opens any number of them. */
static void test_half_open_shares(void **state)
{
	struct piece host = {.sure = true};

	(void)state;
	usual_stream(12000);
	begin_with(&(struct fb_inspect_opts){.slots = 1000, .bytes = 8 << 20});
	for (host.host = 1; host.host <= 50; host.host++) {
		seen.slot = host.host;
		feed(&host, 0, stream.b, 11000);
	}
	host.host = 1000;
	for (seen.slot = 1000; seen.slot < 50000; seen.slot++)
		feed(&host, 0, stream.b, seen.slot % 2 ? 1400 : 11000);
	assert_int_equal(seen.names, 0);
	assert_true(counters().slots_dropped > 40000);
	for (host.host = 1; host.host <= 50; host.host++) {
		seen.slot = host.host;
		feed(&host, 11000, stream.b + 11000, stream.n - 11000);
	}
	assert_int_equal(seen.names, 50);
}

/* CPU a second: one source has half of it, two a third each, and the others what is left. */
static void test_time(void **state)
{
	struct piece host = {.sure = true};
	uint64_t skipped;

	(void)state;
	usual_stream(0);
	begin_with(&(struct fb_inspect_opts){.ns_per_second = 30000000});
	for (host.host = 1; host.host <= 2; host.host++)
		for (uint32_t i = 0; i < 20000; i++) {
			seen.slot = i % 1000;
			feed(&host, i, "A", 1);
		}
	skipped = counters().inspect_skipped;
	assert_in_range(fb_inspect_spent(seen.inspect), 22400000, 22600000);
	assert_in_range(skipped + counters().samples, 40000, 40000);
	seen.slot = 5000;
	host.host = 3;
	feed(&host, 0, stream.b, stream.n);
	named(NAME);
	/* what it really took counts, if it was more */
	fb_inspect_charge(seen.inspect, 30000000);
	feed(&host, 0, stream.b, stream.n);
	assert_int_equal(counters().inspect_skipped, skipped + 1);
	fb_inspect_tick(seen.inspect, seen.now + S);
	host.host = 1;
	seen.slot++;
	feed(&host, 0, stream.b, stream.n);
	assert_int_equal(seen.names, 2);
	/* samples of three seconds waited for this tick */
	fb_inspect_tick(seen.inspect, seen.now + 4 * S);
	fb_inspect_charge(seen.inspect, 45000000);
	host.host = 4;
	seen.slot++;
	feed(&host, 0, stream.b, stream.n);
	assert_int_equal(seen.names, 3);
	fb_inspect_charge(seen.inspect, 90000000);
	feed(&host, 0, stream.b, stream.n);
	assert_int_equal(counters().inspect_skipped, skipped + 2);
}

/* Senders that do not exist have any number of addresses, and no answers. */
static void test_time_unanswered(void **state)
{
	struct piece host = {.sure = true, .unanswered = true};

	(void)state;
	usual_stream(0);
	begin_with(&(struct fb_inspect_opts){.ns_per_second = 30000000});
	for (host.host = 1; host.host <= 40000; host.host++) {
		seen.slot = host.host;
		feed(&host, 0, "A", 1);
	}
	assert_in_range(fb_inspect_spent(seen.inspect), 15000000, 15100000);
	host.unanswered = false;
	seen.slot++;
	feed(&host, 0, stream.b, stream.n);
	named(NAME);
}

/* Segments of which every one might make a careless reader begin anew. */
static const struct shape {
	const char *what, *start, *more; /* `start` 24 times, then bytes of `more` */
	size_t start_len, more_len;
	bool backwards, unsure;
} shapes[] = {
	{"requests that do not end", "GET / HTTP/1.1\n", "A\n", 15, 2, false, false},
	{"lines that do not end", "GET /", "A", 5, 1, false, false},
	{"bytes from the end", "GET / HTTP/1.1\n", "A\n", 15, 2, true, false},
	{"a start that moves", "GET /", "\nA", 5, 2, true, true},
	{"records of a byte", "\x16\3\1\0\1\1", "\x16\3\1\0\1\0", 6, 6, false, false},
	{"ends of lines", "\n\x16\n\x16\n\x16\3", "\n\x16\3", 7, 3, false, false},
	{"zeros that give way", "GET / HTTP/1.1\n", "\0", 15, 1, false, false},
};

static double thread_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void feed_shape(const struct shape *shape, uint32_t n)
{
	const struct piece piece = {.sure = !shape->unsure};
	const uint32_t head = 24 * (uint32_t)shape->start_len;

	for (uint32_t i = 0; i < 24; i++)
		feed(&piece, n + i * (uint32_t)shape->start_len, shape->start, shape->start_len);
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t at = shape->backwards ? n - 1 - i : i;

		feed(&piece, shape->backwards ? at : n + head + at,
		     &shape->more[at % shape->more_len], 1);
	}
	for (uint32_t i = 0; i < n && shape->more[0] == 0; i++)
		feed(&piece, n + head + i, "A", 1);
}

/* Each byte is read once: 24 places where something may begin, and then a byte a segment. */
static void test_small_segments(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		double start, us;

		begin();
		start = thread_us();
		for (seen.slot = 0; seen.slot < 4; seen.slot++)
			feed_shape(&shapes[i], 4000);
		us = (thread_us() - start) / (4 * 4000);
		print_message("# %s: %.2f us a segment\n", shapes[i].what, us);
		assert_true(us < 25); /* with sanitizers, too */
		named(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_open_shares),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_time_unanswered),
		cmocka_unit_test(test_small_segments),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
