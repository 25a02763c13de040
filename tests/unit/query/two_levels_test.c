/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow util
/* Groups by two fields: each pair once, in the order of both keys, with what its flows have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "query/query.h"
#include "unit/fake.h"

enum { FLOWS = 1000, HOSTS = 7 };

static struct fake *make_flows(void)
{
	static const uint8_t protos[] = {6, 17, 1};
	struct fake *fake = fake_new(FLOWS);

	for (uint32_t i = 0; i < FLOWS; i++) {
		struct fb_flow *flow = fake_flow(fake, i);

		*flow = (struct fb_flow){
			.id = i + 1, .family = 4, .proto = protos[i % 3], .first_seen = i};
		flow->src[10] = flow->src[11] = 0xff;
		flow->src[15] = (uint8_t)(i % HOSTS);
		fake_traffic(fake, i)->bytes[FB_UP] = i;
	}
	return fake;
}

static void count_pair(const struct fake *fake, uint8_t host, uint64_t proto,
		       uint64_t ret_counts[static 2])
{
	ret_counts[0] = ret_counts[1] = 0;
	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct fb_flow *flow = fb_snapshot_flow(&fake->snapshot, i);

		if (flow->src[15] != host || flow->proto != proto)
			continue;
		ret_counts[0]++;
		ret_counts[1] += i;
	}
}

static void test_pairs(void **state)
{
	_cleanup_result_ struct fb_result *result = NULL;
	struct fake *fake = make_flows();
	struct fb_filter_error error;
	struct fb_query query;
	uint64_t before = 0, flows = 0, counts[2];

	(void)state;
	fb_query_init(&query);
	query.group_by = fb_field_find("src.ip", 6);
	query.group_then = fb_field_find("proto", 5);
	query.limit = 1000;
	assert_int_equal(fb_query_sort(&query, "key", &error), 0);
	assert_int_equal(fb_query_run(&fake->snapshot, &query, &result), 0);
	assert_int_equal(result->n_groups, 3 * HOSTS);
	assert_int_equal(result->n, 3 * HOSTS);
	for (uint32_t g = 0; g < result->n; g++) {
		const struct fb_group *group = &result->groups[g];
		struct fb_value host, proto;
		uint64_t place;

		fb_group_key(&query, group, 0, &host);
		fb_group_key(&query, group, 1, &proto);
		place = (uint64_t)host.addr[15] << 8 | proto.num;
		assert_true(g == 0 || place > before);
		before = place;
		count_pair(fake, host.addr[15], proto.num, counts);
		assert_int_equal(group->flows, counts[0]);
		assert_int_equal(group->bytes[FB_UP], counts[1]);
		assert_true(group->known);
		flows += group->flows;
	}
	assert_int_equal(flows, FLOWS);
	fb_result_free(result);
	result = NULL;
	fb_query_fini(&query);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
