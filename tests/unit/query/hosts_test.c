/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow format util table
/* Lists of very many: hosts at their bound, groups by what is nearly always another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/query.h"
#include "unit/fake.h"
#include "unit/rows.h"
#include "util/cleanup.h"

/* More addresses than a list tells apart: what is left out is counted. */
static void test_too_many_hosts(void **state)
{
	enum { MOST = 262144, N = MOST / 2 + 100 };
	_cleanup_free_ struct fb_host *hosts = NULL;
	const uint64_t before = fb_query_hosts_left_out();
	struct fake *many = fake_new(N);
	struct fb_query query;
	uint64_t total;
	uint32_t n;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		struct fb_flow *flow = fake_flow(many, i);

		flow->id = i + 1;
		flow->family = FB_IPV4;
		set_addr(flow->src, 0x0a000000u + i);
		set_addr(flow->dst, 0x5d000000u + i);
	}
	fb_query_init(&query);
	assert_int_equal(fb_query_hosts(&many->snapshot, &query, &hosts, &n, &total), 0);
	assert_int_equal(total, MOST);
	assert_int_equal(fb_query_hosts_left_out() - before, 2 * N - MOST);
	fb_query_fini(&query);
	fake_free(many);
}

/* Each flow but the last ones is a group of its own; those have one address, and many servers. */
static void test_many_groups(void **state)
{
	enum { N = 150000, ALONE = 149900 };
	_cleanup_result_ struct fb_result *result = NULL;
	struct fake *many = fake_new(N);
	struct fb_filter_error error;
	struct fb_query query;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		struct fb_flow *flow = fake_flow(many, i);

		flow->id = i + 1;
		flow->family = FB_IPV4;
		set_addr(flow->src, 0x0a000000u + (i < ALONE ? i : ALONE));
		set_addr(flow->dst, 0x5d000000u + i % 60);
	}
	fb_query_init(&query);
	query.group_by = &fb_fields[FB_FIELD_src_ip];
	query.limit = 2;
	assert_int_equal(fb_query_sort(&query, "-hosts,key", &error), 0);
	assert_int_equal(fb_query_run(&many->snapshot, &query, &result), 0);
	assert_int_equal(result->n_groups, ALONE + 1);
	assert_int_equal(result->totals.hosts, ALONE + 1);
	assert_int_equal(result->groups[0].flows, N - ALONE);
	assert_int_equal(result->groups[0].hosts, 60);
	assert_int_equal(result->groups[1].flows, 1);
	assert_int_equal(result->groups[1].first.flow->id, 1);
	fb_query_fini(&query);
	fb_result_free(TAKE_PTR(result));
	fake_free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many_hosts),
		cmocka_unit_test(test_many_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
