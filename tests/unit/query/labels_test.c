/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow format util table
/* Lists call an address by the best name of all its flows, whichever flow stands for it. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/query.h"
#include "table/table.h"
#include "unit/fake.h"
#include "unit/rows.h"
#include "util/cleanup.h"

static struct fb_table *table;
static struct fb_snapshot *snapshot;

/* The client is called "laptop", but for its first flow: that was before it told so. */
static void describe(void *ctx, const struct fb_flow *flow, unsigned int which,
		     struct fb_flow_facts *facts)
{
	(void)ctx, (void)which;
	facts->hosts_told = true;
	if (flow->src_port != 2000)
		facts->src_host = (struct fb_flow_name){.text = "laptop", .source = FB_NAME_MDNS};
	if (flow->src_port == 2001) {
		facts->dns_name = "cdn.example";
		facts->dns_source = FB_NAME_DNS;
	}
}

static void name(uint32_t slot, const char *text)
{
	const struct fb_hello_fact fact = {.time = S,
					   .name = text,
					   .name_len = strlen(text),
					   .name_source = FB_NAME_SNI,
					   .l7 = FB_L7_TLS,
					   .client = -1};

	assert_int_equal(fb_table_hello(table, slot, 1, &fact), 0);
}

/* To one server: without a name and most bytes, by DNS, by a small SNI, by a larger one. */
static int set_up(void **state)
{
	static const struct fb_table_ops ops = {.describe = describe};
	const struct fb_table_opts opts = {.max_rows = 64};

	(void)state;
	if (fb_table_new(&opts, &ops, NULL, &table) < 0)
		return -1;
	fb_table_tick_begin(table, 20 * S, 20000);
	for (uint16_t i = 0; i < 4; i++) {
		struct fb_row row = make_row(1, IPPROTO_TCP, CLIENT, (uint16_t)(2000 + i), SERVER,
					     443, 10 * S + i);

		count(&row, FB_UP, 1, i ? 100u * i : 1000000, SYN | ACK);
		count(&row, FB_DOWN, 1, 10, SYN | ACK);
		fb_table_row(table, i, &row, 20 * S);
	}
	name(2, "small.example");
	name(3, "large.example");
	snapshot = fb_table_tick_end(table);
	return snapshot ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fb_snapshot_put(snapshot);
	fb_table_free(table);
	return 0;
}

/* Also where the filter takes the nameless flow only. */
static void ask(struct fb_query *query, const char *group)
{
	struct fb_filter_error error;

	fb_query_init(query);
	assert_int_equal(fb_filter_compile("src.port = 2000", &query->filter, &error), 0);
	query->live = FB_LIVE_BOTH;
	if (group)
		query->group_by = fb_field_find(group, strlen(group));
}

static void test_groups(void **state)
{
	static const char *const cases[][2] = {{"src.ip", "laptop"}, {"dst.ip", "large.example"}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_result_ struct fb_result *result = NULL;
		struct fb_query query;

		ask(&query, cases[i][0]);
		assert_int_equal(fb_query_run(snapshot, &query, &result), 0);
		assert_int_equal(result->n, 1);
		assert_null(fb_flow_host(result->groups[0].first.flow));
		assert_string_equal(result->groups[0].label->text, cases[i][1]);
		fb_query_fini(&query);
	}
}

static void test_top(void **state)
{
	struct fb_query query;
	struct fb_ask asks[2] = {
		{.kind = FB_ASK_TOP, .query = &query, .field = fb_field_find("dst.ip", 6), .n = 5},
		{.kind = FB_ASK_TOP, .query = &query, .field = fb_field_find("proto", 5), .n = 5},
	};

	(void)state;
	ask(&query, NULL);
	assert_int_equal(fb_query_ask(snapshot, asks, 2), 0);
	assert_int_equal(asks[0].n_top, 1);
	assert_string_equal(asks[0].top[0].label->text, "large.example");
	assert_int_equal(asks[1].n_top, 1);
	assert_null(asks[1].top[0].label);
	fb_ask_fini(&asks[0]);
	fb_ask_fini(&asks[1]);
	fb_query_fini(&query);
}

static void test_hosts_and_paths(void **state)
{
	struct fb_query query;
	const struct fb_cross cross = {
		.query = &query,
		.field = {fb_field_find("src.ip", 6), fb_field_find("dst.port", 8),
			  fb_field_find("dst.ip", 6)},
		.n_fields = 3,
		.top = 5,
	};
	_cleanup_free_ struct fb_sankey *sankey = NULL;
	_cleanup_free_ struct fb_host *hosts = NULL;
	uint64_t total;
	uint32_t n;

	(void)state;
	ask(&query, NULL);
	assert_int_equal(fb_query_hosts(snapshot, &query, &hosts, &n, &total), 0);
	assert_int_equal(n, 2);
	for (uint32_t i = 0; i < n; i++)
		assert_string_equal(hosts[i].name->text,
				    hosts[i].addr[12] == 10 ? "laptop" : "large.example");
	assert_int_equal(fb_query_sankey(snapshot, &cross, &sankey), 0);
	assert_string_equal(sankey->node[0][0].label, "laptop");
	assert_string_equal(sankey->node[1][0].label, "");
	assert_string_equal(sankey->node[2][0].label, "large.example");
	fb_query_fini(&query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_hosts_and_paths),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
