/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow format util table
/* Percentiles and the worst paths, beside what sorting tells. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/pathrank.h"
#include "unit/fake.h"
#include "unit/rows.h"

#define FLOWS	1000
#define SERVERS 7

static struct fb_quality_chunk chunks[FLOWS / FB_TRAFFICS + 1];
static struct fb_quality_chunk *list[FLOWS / FB_TRAFFICS + 1];

/* Server i % 7 is (1 + i % 7) ms away and what the flow adds; one in ten has no delay yet. */
static uint32_t delay_of(uint32_t i)
{
	return i % 10 ? 1000 * (1 + i % SERVERS) + i : 0;
}

static void add(struct fake *fake, uint32_t i, bool measured)
{
	struct fb_flow *flow = fake_flow(fake, i);
	struct fb_flow_quality *quality = &chunks[i / FB_TRAFFICS].quality[i % FB_TRAFFICS];

	flow->id = 1ull << 32 | i;
	flow->proto = IPPROTO_TCP;
	flow->family = FB_IPV4;
	set_addr(flow->src, 0x0a000001u + i);
	set_addr(flow->dst, 0x5d000000u + i % SERVERS);
	fake_traffic(fake, i)->packets[FB_UP] = 100;
	*quality = (struct fb_flow_quality){
		.generation = measured,
		.delay = {[FB_UP] = {delay_of(i), 0, 1 + i % SERVERS}, [FB_DOWN] = {300, 0, 50}},
		.count = {[FB_UP] = {i % SERVERS == 2, 0, 0}}};
}

static struct fake *measured_flows(uint32_t n)
{
	struct fake *fake = fake_new(n);

	for (uint32_t i = 0; i < FLOWS / FB_TRAFFICS + 1; i++)
		list[i] = &chunks[i];
	fake->snapshot.quality = list;
	for (uint32_t i = 0; i < n; i++)
		add(fake, i, true);
	return fake;
}

static struct fb_paths *ask(const struct fake *fake, enum fb_field_id by, enum fb_path_worst worst,
			    uint32_t n)
{
	struct fb_paths *paths = NULL;
	struct fb_query query;

	fb_query_init(&query);
	assert_int_equal(fb_query_paths(&fake->snapshot,
					&(struct fb_paths_query){&query, &fb_fields[by], worst, n},
					&paths),
			 0);
	return paths;
}

static int by_size(const void *a_, const void *b_)
{
	const uint32_t a = *(const uint32_t *)a_, b = *(const uint32_t *)b_;

	return (a > b) - (a < b);
}

static void lists_the_farthest_first(void **state)
{
	struct fake *fake = measured_flows(FLOWS);
	_cleanup_paths_ struct fb_paths *paths = ask(fake, FB_FIELD_dst_ip, FB_PATH_BY_LATENCY, 3);

	(void)state;
	assert_int_equal(paths->flows, FLOWS);
	assert_int_equal(paths->n_groups, SERVERS);
	assert_int_equal(paths->n, 3);
	for (uint32_t k = 0; k < 3; k++) {
		const struct fb_path_group *group = &paths->group[k];
		uint32_t value[FLOWS], n = 0;

		for (uint32_t i = SERVERS - 1 - k; i < FLOWS; i += SERVERS)
			if (delay_of(i))
				value[n++] = delay_of(i);
		qsort(value, n, sizeof(*value), by_size);
		assert_int_equal(group->first.flow->dst[15], SERVERS - 1 - k);
		assert_int_equal(group->latency.n, n);
		assert_int_equal(group->latency.p[FB_P50], value[(n * 50 + 99) / 100 - 1]);
		assert_int_equal(group->latency.p[FB_P90], value[(n * 90 + 99) / 100 - 1]);
		assert_int_equal(group->latency.p[FB_P99], value[(n * 99 + 99) / 100 - 1]);
	}
	fake_free(fake);
}

/* Of the client the path to that is told, of neither end the whole; what lost is the worst by loss.
 */
static void tells_the_path_of_the_fields_end(void **state)
{
	struct fake *fake = measured_flows(FLOWS);
	_cleanup_paths_ struct fb_paths *client = ask(fake, FB_FIELD_src_ip, FB_PATH_BY_LATENCY, 1);
	_cleanup_paths_ struct fb_paths *both = ask(fake, FB_FIELD_proto, FB_PATH_BY_JITTER, 9);
	_cleanup_paths_ struct fb_paths *lossy = ask(fake, FB_FIELD_dst_ip, FB_PATH_BY_LOSS, 9);
	_cleanup_paths_ struct fb_paths *shaky = ask(fake, FB_FIELD_dst_ip, FB_PATH_BY_JITTER, 1);

	(void)state;
	assert_int_equal(client->n_groups, FLOWS);
	assert_int_equal(client->group[0].latency.p[FB_P99], 300);
	assert_int_equal(both->n, 1);
	assert_true(both->group[0].latency.p[FB_P50] > 4300);
	assert_int_equal(both->group[0].jitter.p[FB_P50], 50);
	assert_int_equal(lossy->group[0].first.flow->dst[15], 2);
	assert_int_equal(lossy->group[0].sums.retrans[FB_UP], lossy->group[0].sums.flows);
	assert_int_equal(lossy->meter[FB_PATH_LOSS].n, lossy->group[0].sums.flows);
	assert_int_equal(shaky->group[0].first.flow->dst[15], SERVERS - 1);
	fake_free(fake);
}

static void leaves_out_what_is_not_measured(void **state)
{
	struct fake *fake = measured_flows(20);
	struct fb_paths *paths;

	(void)state;
	for (uint32_t i = 0; i < 15; i++)
		add(fake, i, false);
	paths = ask(fake, FB_FIELD_dst_ip, FB_PATH_BY_LATENCY, 100);
	assert_int_equal(paths->flows, 20);
	assert_int_equal(paths->sums.flows, 5);
	assert_int_equal(paths->n, 5);
	fb_paths_free(paths);
	fake->snapshot.quality = NULL;
	paths = ask(fake, FB_FIELD_dst_country, FB_PATH_BY_LOSS, 100);
	assert_int_equal(paths->n, 0);
	assert_int_equal(paths->sums.flows, 0);
	fb_paths_free(paths);
	fake_free(fake);
}

static void meters_are_near(void **state)
{
	static struct fb_meter meter;
	static const uint32_t edges[] = {1000, 100000};
	uint64_t count[3];
	struct fb_spread spread;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++)
		fb_meter_add(&meter, i * 7 + 1);
	fb_meter_add(&meter, 0);
	spread = fb_meter_spread(&meter);
	assert_int_equal(spread.n, 100000);
	assert_in_range(spread.p[FB_P50], 350000 * 984 / 1000, 350000 * 1016 / 1000);
	assert_in_range(spread.p[FB_P99], 693000 * 984ull / 1000, 693000 * 1016ull / 1000);
	fb_meter_count(&meter, edges, 2, count);
	assert_in_range(count[0], 143 - 3, 143 + 3);
	assert_int_equal(count[0] + count[1] + count[2], 100000);
	meter = (struct fb_meter){0};
	fb_meter_add(&meter, UINT32_MAX);
	fb_meter_add(&meter, 1);
	spread = fb_meter_spread(&meter);
	assert_int_equal(spread.p[FB_P50], 1);
	assert_in_range(spread.p[FB_P90], UINT32_MAX / 1000ull * 984, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_the_farthest_first),
		cmocka_unit_test(tells_the_path_of_the_fields_end),
		cmocka_unit_test(leaves_out_what_is_not_measured),
		cmocka_unit_test(meters_are_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
