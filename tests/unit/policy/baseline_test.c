/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy util
/* What is usual of a host at an hour: learned in days, kept over a restart, driven out by nobody.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/baseline.h"

#define HOUR 3600
#define DAY  86400
#define MB   1000000ull

struct addr {
	uint8_t bytes[16];
};

static struct addr addr_of(uint32_t number)
{
	struct addr addr = {{0}};

	memcpy(addr.bytes + 12, &number, 4);
	return addr;
}

static uint32_t luck;

static uint32_t any(uint32_t from, uint32_t to)
{
	luck = luck * 1664525 + 1013904223;
	return from + (luck >> 8) % (to - from + 1);
}

/* Days of which the host opens so many connections a minute and sends bytes out, from ten to
 * eleven. */
static void live(struct fb_baseline *baseline, uint32_t host, int64_t from_day, int64_t days)
{
	const struct addr addr = addr_of(host);

	for (int64_t day = from_day; day < from_day + days; day++)
		for (int64_t minute = 0; minute < 60; minute += 2) {
			const int64_t now = day * DAY + 10 * HOUR + minute * 60;

			fb_baseline_minute(baseline, addr.bytes, now, any(20, 35), true);
			fb_baseline_sent(baseline, addr.bytes, now, any(50000, 150000));
		}
}

static struct fb_baseline_usual rate_of(const struct fb_baseline *baseline, uint32_t host,
					int64_t time_s)
{
	return fb_baseline_rate(baseline, addr_of(host).bytes, time_s);
}

static struct fb_baseline_usual hour_of(const struct fb_baseline *baseline, uint32_t host,
					int64_t time_s)
{
	return fb_baseline_hour(baseline, addr_of(host).bytes, time_s);
}

static void learns_in_days(void **state)
{
	struct fb_baseline *baseline = fb_baseline_new(4);
	struct fb_baseline_usual usual;

	(void)state;
	for (int64_t day = 0; day < FB_BASELINE_LEARNED; day++) {
		live(baseline, 1, day, 1);
		usual = rate_of(baseline, 1, day * DAY + 10 * HOUR);
		assert_false(usual.learned);
		assert_int_equal(usual.days, day);
		assert_false(hour_of(baseline, 1, day * DAY + 10 * HOUR).learned);
	}
	live(baseline, 1, FB_BASELINE_LEARNED, 1);
	usual = rate_of(baseline, 1, 7 * DAY + 10 * HOUR);
	assert_true(usual.learned);
	assert_in_range(usual.low, 16, 28);
	assert_in_range(usual.high, 28, 38);
	assert_in_range(usual.limit, 50, 90);
	usual = hour_of(baseline, 1, 7 * DAY + 10 * HOUR);
	assert_true(usual.learned);
	assert_in_range(usual.low, 2 * MB, 4 * MB);
	assert_in_range(usual.high, 2 * MB, 4 * MB);
	assert_in_range(usual.limit, 8 * MB, 10 * MB);
	/* of another hour, and another host, nothing is known */
	assert_false(rate_of(baseline, 1, 7 * DAY + 11 * HOUR).learned);
	assert_false(hour_of(baseline, 1, 7 * DAY + 11 * HOUR).learned);
	assert_false(rate_of(baseline, 2, 7 * DAY + 10 * HOUR).learned);
	assert_int_equal(fb_baseline_state(baseline).learned, 1);
	fb_baseline_free(baseline);
}

/* A burst of a day, however large, moves neither far. */
static void a_burst_is_not_usual(void **state)
{
	struct fb_baseline *baseline = fb_baseline_new(4);
	const struct addr addr = addr_of(1);

	(void)state;
	live(baseline, 1, 0, 6);
	for (int64_t minute = 0; minute < 10; minute++)
		fb_baseline_minute(baseline, addr.bytes, 6 * DAY + 10 * HOUR + minute * 60,
				   UINT32_MAX, true);
	assert_int_equal(fb_baseline_sent(baseline, addr.bytes, 6 * DAY + 10 * HOUR, UINT64_MAX),
			 UINT64_MAX);
	assert_int_equal(fb_baseline_sent(baseline, addr.bytes, 6 * DAY + 10 * HOUR, 1),
			 UINT64_MAX);
	live(baseline, 1, 7, 1);
	assert_in_range(rate_of(baseline, 1, 7 * DAY + 10 * HOUR).high, 25, 70);
	assert_in_range(hour_of(baseline, 1, 7 * DAY + 10 * HOUR).high, 2 * MB, 4 * MB);
	fb_baseline_free(baseline);
}

static void a_time_that_goes_back_stands_still(void **state)
{
	struct fb_baseline *baseline = fb_baseline_new(4);
	const struct addr addr = addr_of(1);

	(void)state;
	fb_baseline_minute(baseline, addr.bytes, 5 * DAY, 1, true);
	for (int i = 0; i < 100; i++) {
		fb_baseline_sent(baseline, addr.bytes, 5 * DAY + 10, 1);
		fb_baseline_minute(baseline, addr.bytes, 5 * DAY - HOUR, 1, true);
	}
	assert_int_equal(fb_baseline_sent(baseline, addr.bytes, 5 * DAY, 0), 100);
	assert_int_equal(rate_of(baseline, 1, 5 * DAY).days, 0);
	fb_baseline_free(baseline);
}

/* Of one host with any number of addresses, too. */
static void nobody_drives_others_out(void **state)
{
	struct fb_baseline *baseline = fb_baseline_new(64);
	struct fb_baseline_state now;

	(void)state;
	for (uint32_t host = 0; host < 64; host++)
		live(baseline, host, 0, 5);
	for (uint32_t other = 1000; other < 6000; other++) {
		const struct addr addr = addr_of(other);

		fb_baseline_minute(baseline, addr.bytes, 5 * DAY, 1, true);
		assert_int_equal(fb_baseline_sent(baseline, addr.bytes, 5 * DAY, 7), 0);
	}
	now = fb_baseline_state(baseline);
	assert_int_equal(now.hosts, 64);
	assert_int_equal(now.learned, 64);
	assert_int_equal(now.evicted, 0);
	assert_int_equal(now.refused, 5000);
	/* who is silent for long makes room, the others stay */
	for (uint32_t host = 0; host < 32; host++)
		live(baseline, host, 8, 1);
	for (uint32_t other = 1000; other < 2000; other++)
		fb_baseline_minute(baseline, addr_of(other).bytes, 8 * DAY + 11 * HOUR, 1, true);
	assert_int_equal(fb_baseline_state(baseline).evicted, 32);
	for (uint32_t host = 0; host < 32; host++)
		assert_true(rate_of(baseline, host, 9 * DAY + 10 * HOUR).learned);
	/* who just came has none */
	fb_baseline_minute(baseline, addr_of(7777).bytes, 90 * DAY, 1, false);
	assert_int_equal(fb_baseline_state(baseline).evicted, 32);
	fb_baseline_free(baseline);
}

static void write_all(const struct fb_baseline *baseline, struct fb_buf *buf)
{
	fb_buf_clear(buf);
	fb_baseline_write(baseline, buf);
	assert_int_equal(fb_buf_error(buf), 0);
}

static int read_all(struct fb_baseline *baseline, const void *data, size_t len)
{
	struct fb_blob blob = {.at = data, .end = (const uint8_t *)data + len};

	return fb_baseline_read(baseline, &blob);
}

static void fill(struct fb_baseline *baseline)
{
	luck = 1;
	for (uint32_t host = 0; host < 5; host++)
		live(baseline, host, host, 4);
}

static void is_kept_over_a_restart(void **state)
{
	struct fb_baseline *baseline = fb_baseline_new(8), *other = fb_baseline_new(8);
	struct fb_buf first = FB_BUF_INIT, again = FB_BUF_INIT;

	(void)state;
	fill(baseline);
	fill(other);
	write_all(baseline, &first);
	write_all(other, &again);
	assert_int_equal(first.len, again.len);
	assert_memory_equal(first.data, again.data, first.len);
	fb_baseline_free(other);
	other = fb_baseline_new(8);
	assert_int_equal(read_all(other, first.data, first.len), 0);
	write_all(other, &again);
	assert_int_equal(first.len, again.len);
	assert_memory_equal(first.data, again.data, first.len);
	assert_true(rate_of(other, 0, 9 * DAY + 10 * HOUR).learned);
	fb_baseline_free(baseline);
	fb_baseline_free(other);
	fb_buf_fini(&first);
	fb_buf_fini(&again);
}

/* What is there stays. */
static void refuses_what_it_did_not_write(void **state)
{
	struct fb_baseline *baseline = fb_baseline_new(8), *small = fb_baseline_new(2);
	struct fb_buf whole = FB_BUF_INIT, now = FB_BUF_INIT;

	(void)state;
	fill(baseline);
	write_all(baseline, &whole);
	for (size_t len = 0; len < whole.len; len++)
		assert_true(read_all(baseline, whole.data, len) < 0);
	assert_int_equal(read_all(small, whole.data, whole.len), -EBADMSG);
	whole.data[0]++;
	assert_int_equal(read_all(baseline, whole.data, whole.len), -EPROTONOSUPPORT);
	whole.data[0]--;
	/* any byte changed: it is read, or not, and never trusted beyond its bounds */
	for (size_t i = 6; i < whole.len; i++) {
		struct fb_baseline *other = fb_baseline_new(8);

		whole.data[i] ^= (char)0xff;
		if (!read_all(other, whole.data, whole.len))
			live(other, 1, 40000, 1);
		for (uint32_t host = 0; host < 5; host++)
			hour_of(other, host, 50000ll * DAY + 10 * HOUR);
		whole.data[i] ^= (char)0xff;
		fb_baseline_free(other);
	}
	write_all(baseline, &now);
	assert_int_equal(now.len, whole.len);
	assert_memory_equal(now.data, whole.data, now.len);
	fb_baseline_free(baseline);
	fb_baseline_free(small);
	fb_buf_fini(&whole);
	fb_buf_fini(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_in_days),
		cmocka_unit_test(a_burst_is_not_usual),
		cmocka_unit_test(a_time_that_goes_back_stands_still),
		cmocka_unit_test(nobody_drives_others_out),
		cmocka_unit_test(is_kept_over_a_restart),
		cmocka_unit_test(refuses_what_it_did_not_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
