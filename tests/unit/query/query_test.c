/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow format util table
/* Pages, groups, top lists, matrices, paths and hosts, held against a slow and obvious count. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/query_priv.h"
#include "table/table.h"
#include "unit/rows.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "flow/value.h"

#define FLOWS 5000
#define HOSTS 37

static struct fb_table *table;
static struct fb_snapshot *snapshot;

static struct fb_row number(uint32_t i)
{
	struct fb_row row =
		make_row(1, i % 4 ? IPPROTO_TCP : IPPROTO_UDP, 0x0a000000u + i % HOSTS,
			 (uint16_t)(2000 + i), 0x5d000000u + i, i % 3 ? 443 : 80, 10 * S + i);

	/* every tenth has ended */
	count(&row, FB_UP, 1, (i * 7919) % 1000, i % 10 ? SYN | ACK : SYN | ACK | FIN);
	count(&row, FB_DOWN, 1, (i * 104729) % 10000, i % 10 ? SYN | ACK : SYN | ACK | FIN);
	return row;
}

/* Names of one beginning, in both cases, short and long. */
static void name_flow(uint32_t slot)
{
	char name[64];
	struct fb_hello_fact fact = {
		.time = S, .name = name, .name_source = FB_NAME_SNI, .l7 = FB_L7_TLS, .client = -1};

	fact.name_len = (size_t)snprintf(name, sizeof(name),
					 slot % 2 ? "Host-of-many-%u.example.net" : "host-%u",
					 slot * 7919 % 1000);
	fb_table_hello(table, slot, 1, &fact);
}

static int set_up(void **state)
{
	struct fb_table_opts opts = {.max_rows = 2 * FLOWS};

	(void)state;
	if (fb_table_new(&opts, NULL, NULL, &table) < 0)
		return -1;
	fb_table_link(table, 1, "lan0");
	fb_table_tick_begin(table, 20 * S, 20000);
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct fb_row row = number(i);

		fb_table_row(table, i, &row, 20 * S);
		if (i % 3)
			name_flow(i);
	}
	/* What has ended is live until its TIME_WAIT is over. */
	for (uint64_t second = 20; second <= 40; second += 5) {
		fb_snapshot_put(snapshot);
		fb_table_tick_begin(table, second * S, (int64_t)second * 1000);
		snapshot = fb_table_tick_end(table);
	}
	return snapshot ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fb_snapshot_put(snapshot);
	fb_table_free(table);
	return 0;
}

static void ask(struct fb_query *query, const char *filter, const char *group, const char *sort)
{
	struct fb_filter_error error;

	fb_query_init(query);
	if (group)
		query->group_by = fb_field_find(group, strlen(group));
	assert_int_equal(fb_filter_compile(filter, &query->filter, &error), 0);
	assert_int_equal(fb_query_sort(query, sort, &error), 0);
}

static struct fb_result *run(struct fb_query *query)
{
	struct fb_result *result = NULL;

	assert_int_equal(fb_query_run(snapshot, query, &result), 0);
	return result;
}

/* By all sorts, then in the order they came, the slow way. */
static int in_order(const struct fb_query *query, const struct fb_flow_at *a,
		    const struct fb_flow_at *b)
{
	struct fb_value value_a, value_b;

	for (unsigned int i = 0; i < query->n_sorts; i++) {
		const struct fb_sort *sort = &query->sort[i];
		int order;

		fb_field_get(sort->field, a, &value_a);
		fb_field_get(sort->field, b, &value_b);
		order = fb_value_compare(sort->field, &value_a, &value_b);
		if (order)
			return sort->descending ? order > 0 : order < 0;
	}
	if (a->flow->first_seen != b->flow->first_seen)
		return a->flow->first_seen < b->flow->first_seen;
	return a->flow->id < b->flow->id;
}

/* The order of all rows: every pair of neighbours is in order, none is lost. */
static void page_through(const char *sort, uint32_t limit)
{
	static bool seen[FLOWS + 256];
	uint64_t found = 0;
	struct fb_query query;
	struct fb_flow_at last;

	memset(seen, 0, sizeof(seen));
	ask(&query, "", NULL, sort);
	query.live = FB_LIVE_BOTH;
	query.limit = limit;
	for (query.offset = 0; query.offset < FLOWS; query.offset += query.limit) {
		_cleanup_result_ struct fb_result *result = run(&query);

		assert_int_equal(result->matched, FLOWS);
		for (uint32_t i = 0; i < result->n; i++, found++) {
			struct fb_flow_at at;

			fb_snapshot_at(snapshot, result->rows[i], &at);
			assert_false(seen[result->rows[i]]);
			seen[result->rows[i]] = true;
			assert_true(!found || in_order(&query, &last, &at));
			last = at;
		}
	}
	assert_int_equal(found, FLOWS);
	fb_query_fini(&query);
}

static void test_order(void **state)
{
	static const char *const many[] = {
		"dst.port,-bytes",	  "-dst.port,src.ip,-bytes",
		"src.ip,dst.port,dst.ip", "-proto,-dst.port,packets,src.port",
		"dst.host,-bytes",	  "-dst.host",
		"-bytes,dst.host",	  "-state,first_seen,-bytes.up",
		"service,dst.host,proto", "-proto",
		"rate_bps,-dst.host",	  "proto,-service,dst.host,-dst.port"};

	(void)state;
	for (unsigned int i = 0; i < FB_FIELD_COUNT; i++) {
		char sort[64];

		if (!fb_fields[i].sortable)
			continue;
		snprintf(sort, sizeof(sort), "-%s,src.ip", fb_fields[i].name);
		page_through(sort, 333);
		page_through(sort + 1, 333);
	}
	for (unsigned int i = 0; i < sizeof(many) / sizeof(*many); i++) {
		page_through(many[i], 77);
		page_through(many[i], 1000);
	}
}

static void test_counts(void **state)
{
	struct fb_query query;
	_cleanup_result_ struct fb_result *result = NULL;
	uint64_t flows = 0, up = 0;

	(void)state;
	ask(&query, "dport=443 and proto=tcp", NULL, "-bytes");
	result = run(&query);
	for (uint32_t i = 0; i < FLOWS; i++) {
		if (i % 3 == 0 || i % 4 == 0 || i % 10 == 0)
			continue;
		flows++;
		up += (i * 7919) % 1000;
	}
	assert_int_equal(result->matched, flows);
	assert_int_equal(result->totals.bytes[FB_UP], up);
	assert_int_equal(result->totals.hosts, HOSTS);
	assert_int_equal(result->n, 100);
	/* every tenth is closed, but UDP has no flags to end by */
	assert_int_equal(result->total, FLOWS - FLOWS / 10 + FLOWS / 20);
	fb_query_fini(&query);
}

static void test_groups(void **state)
{
	struct fb_query query;
	_cleanup_result_ struct fb_result *result = NULL;
	uint64_t bytes = UINT64_MAX, flows = 0;

	(void)state;
	ask(&query, "", "src.ip", "-bytes");
	query.live = FB_LIVE_BOTH;
	query.limit = 10;
	query.offset = 3;
	result = run(&query);
	assert_int_equal(result->n_groups, HOSTS);
	assert_int_equal(result->n, 10);
	for (uint32_t g = 0; g < result->n; g++) {
		const struct fb_group *group = &result->groups[g];
		uint64_t sum = 0, count = 0;
		struct fb_value key;

		fb_group_key(&query, group, 0, &key);
		for (uint32_t i = 0; i < FLOWS; i++) {
			if (i % HOSTS != key.addr[15])
				continue;
			count++;
			sum += (i * 7919) % 1000 + (i * 104729) % 10000;
		}
		assert_int_equal(group->flows, count);
		assert_int_equal(group->hosts, count); /* each to another address */
		assert_int_equal(group->bytes[0] + group->bytes[1], sum);
		assert_true(sum <= bytes);
		bytes = sum;
		flows += group->flows;
	}
	assert_true(flows < FLOWS);
	assert_int_equal(result->totals.flows, FLOWS);
	fb_query_fini(&query);
}

/* What a group is sorted by, as its page tells it. */
static uint64_t told(const struct fb_group *group, enum fb_group_sort sort)
{
	const uint64_t numbers[] = {
		[FB_GROUP_BY_flows] = group->flows,
		[FB_GROUP_BY_active] = group->active,
		[FB_GROUP_BY_closed] = group->closed,
		[FB_GROUP_BY_bytes] = group->bytes[0] + group->bytes[1],
		[FB_GROUP_BY_bytes_up] = group->bytes[FB_UP],
		[FB_GROUP_BY_bytes_down] = group->bytes[FB_DOWN],
		[FB_GROUP_BY_packets] = group->packets[0] + group->packets[1],
		[FB_GROUP_BY_rate] = group->rate[0] + group->rate[1],
		[FB_GROUP_BY_rate_up] = group->rate[FB_UP],
		[FB_GROUP_BY_rate_down] = group->rate[FB_DOWN],
		[FB_GROUP_BY_hosts] = group->hosts,
		[FB_GROUP_BY_first_seen] = group->first_seen,
		[FB_GROUP_BY_last_seen] = group->last_seen,
	};

	return numbers[sort];
}

static void test_group_sorts(void **state)
{
	static const char *const sorts[] = {"key",	 "-flows",  "hosts,key",    "-rate_bps",
					    "last_seen", "-src.ip", "closed",	    "-active",
					    "bytes.up",	 "packets", "-hosts",	    "first_seen",
					    "-bytes",	 "-down",   "-rate_bps.up", "-first_seen"};

	(void)state;
	for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++) {
		struct fb_query query;
		_cleanup_result_ struct fb_result *result = NULL;

		ask(&query, i % 2 ? "dst.port = 80 or proto = tcp" : "", "src.ip", sorts[i]);
		query.live = FB_LIVE_BOTH;
		result = run(&query);
		assert_int_equal(result->n, HOSTS);
		for (uint32_t g = 1; g < HOSTS; g++) {
			const enum fb_group_sort by = query.sort[0].group_field;
			const uint64_t x = told(&result->groups[g - 1], by);
			const uint64_t y = told(&result->groups[g], by);

			assert_true(by == FB_GROUP_BY_key ||
				    (query.sort[0].descending ? x >= y : x <= y));
		}
		fb_query_fini(&query);
	}
}

static void test_top(void **state)
{
	struct fb_query query;
	struct fb_ask top = {.kind = FB_ASK_TOP,
			     .query = &query,
			     .field = fb_field_find("dst.port", 8),
			     .metric = FB_METRIC_COUNT,
			     .n = 5};
	struct fb_value key;

	(void)state;
	ask(&query, "", NULL, "");
	query.live = FB_LIVE_BOTH;
	assert_int_equal(fb_query_ask(snapshot, &top, 1), 0);
	assert_int_equal(top.n_top, 2);
	assert_int_equal(top.total, 2);
	fb_field_get(top.field, &top.top[0].first, &key);
	assert_int_equal(key.num, 443);
	assert_int_equal(top.top[0].count + top.top[1].count, FLOWS);
	fb_query_fini(&query);

	fb_ask_fini(&top);
	ask(&query, "dst.port = 1", NULL, "");
	assert_int_equal(fb_query_ask(snapshot, &top, 1), 0);
	assert_int_equal(top.n_top + top.total, 0);
	fb_ask_fini(&top);
	fb_query_fini(&query);
}

static void test_matrix_and_sankey(void **state)
{
	struct fb_query query;
	struct fb_cross cross = {
		.query = &query,
		.field = {fb_field_find("src.ip", 6), fb_field_find("dst.port", 8)},
		.n_fields = 2,
		.top = 6,
		.metric = FB_METRIC_COUNT};
	_cleanup_free_ struct fb_matrix *matrix = NULL;
	_cleanup_free_ struct fb_sankey *sankey = NULL;
	uint64_t sum = 0, per_dim[2] = {0};

	(void)state;
	ask(&query, "", NULL, "");
	query.live = FB_LIVE_BOTH;
	assert_int_equal(fb_query_matrix(snapshot, &cross, &matrix), 0);
	assert_int_equal(matrix->rows, HOSTS);
	assert_int_equal(matrix->columns, 2);
	for (unsigned int i = 0; i < matrix->rows; i++)
		sum += matrix->cell[i][0] + matrix->cell[i][1];
	assert_int_equal(sum, FLOWS);
	cross.field[1] = fb_field_find("proto", 5);
	cross.field[2] = fb_field_find("dst.port", 8);
	cross.n_fields = 3;
	assert_int_equal(fb_query_sankey(snapshot, &cross, &sankey), 0);
	assert_int_equal(sankey->n_nodes[0], 7);
	assert_true(sankey->node[0][6].other);
	assert_int_equal(sankey->n_nodes[1], 2);
	for (unsigned int i = 0; i < sankey->n_links; i++)
		per_dim[sankey->link[i].dim] += sankey->link[i].value;
	assert_int_equal(per_dim[0], FLOWS);
	assert_int_equal(per_dim[1], FLOWS);
	fb_query_fini(&query);
}

static void test_hosts(void **state)
{
	struct fb_query query;
	_cleanup_free_ struct fb_host *hosts = NULL;
	uint32_t n;
	uint64_t total, sent = 0, got = 0;

	(void)state;
	ask(&query, "", NULL, "");
	query.live = FB_LIVE_BOTH;
	query.limit = 10000;
	assert_int_equal(fb_query_hosts(snapshot, &query, &hosts, &n, &total), 0);
	assert_int_equal(total, HOSTS + FLOWS);
	for (uint32_t i = 0; i < n; i++) {
		sent += hosts[i].bytes[FB_UP];
		got += hosts[i].bytes[FB_DOWN];
		if (hosts[i].addr[12] == 10)
			assert_int_equal(hosts[i].peers, hosts[i].flows);
	}
	assert_int_equal(sent, got);
	fb_query_fini(&query);
}

/* Each cell, and each link of paths, against a look at each flow. */
static void test_cells(void **state)
{
	struct fb_query query;
	struct fb_cross cross = {.query = &query,
				 .field = {&fb_fields[FB_FIELD_src_ip], &fb_fields[FB_FIELD_proto]},
				 .n_fields = 2,
				 .top = FB_SANKEY_NODES - 1,
				 .metric = FB_METRIC_BYTES};
	_cleanup_free_ struct fb_matrix *matrix = NULL;
	_cleanup_free_ struct fb_sankey *sankey = NULL;

	(void)state;
	ask(&query, "dst.port = 80", NULL, "");
	assert_int_equal(fb_query_matrix(snapshot, &cross, &matrix), 0);
	assert_int_equal(fb_query_sankey(snapshot, &cross, &sankey), 0);
	for (unsigned int i = 0; i < matrix->rows; i++)
		for (unsigned int k = 0; k < matrix->columns; k++) {
			uint64_t bytes = 0, linked = 0;
			uint32_t pos = 0;
			struct fb_flow_at at;
			char addr[FB_ADDR_STRLEN], proto[4];

			while (fb_query_next(snapshot, &query, &pos, &at))
				if (!strcmp(fb_addr_format(at.flow->src, FB_IPV4, addr),
					    matrix->row[i]) &&
				    !strcmp(fb_proto_name(at.flow->proto, proto),
					    matrix->column[k]))
					bytes += at.traffic->bytes[0] + at.traffic->bytes[1];
			assert_int_equal(matrix->cell[i][k], bytes);
			for (unsigned int l = 0; l < sankey->n_links; l++)
				if (!strcmp(sankey->node[0][sankey->link[l].from].key,
					    matrix->row[i]) &&
				    !strcmp(sankey->node[1][sankey->link[l].to].key,
					    matrix->column[k]))
					linked += sankey->link[l].value;
			assert_true(linked == bytes || i >= FB_SANKEY_NODES - 1);
		}
	fb_query_fini(&query);
}

static uint64_t size_of(const struct fb_host *host)
{
	return host->bytes[0] + host->bytes[1];
}

/* To `sum`, what the flow has of `host`. */
static void add_ends(struct fb_host *sum, const struct fb_host *host, const struct fb_flow_at *at)
{
	for (int end = 0; end < 2; end++) {
		if (memcmp(end ? at->flow->dst : at->flow->src, host->addr, 16) != 0)
			continue;
		sum->flows++;
		for (int dir = 0; dir < 2; dir++) {
			sum->bytes[dir] += at->traffic->bytes[dir ^ end];
			sum->packets[dir] += at->traffic->packets[dir ^ end];
		}
		if (at->flow->first_seen < sum->first_seen)
			sum->first_seen = at->flow->first_seen;
		if (at->traffic->last_seen > sum->last_seen)
			sum->last_seen = at->traffic->last_seen;
	}
}

/* All that is told of the hosts of a page, against a look at each flow. */
static void test_host_counts(void **state)
{
	static const char *const filters[] = {"", "dst.port = 80", "proto = udp"};
	struct fb_query query;
	uint64_t total;
	uint32_t n;

	(void)state;
	for (unsigned int f = 0; f < sizeof(filters) / sizeof(*filters); f++) {
		_cleanup_free_ struct fb_host *hosts = NULL;

		ask(&query, filters[f], NULL, "");
		query.live = FB_LIVE_BOTH;
		query.offset = 3;
		query.limit = 60;
		assert_int_equal(fb_query_hosts(snapshot, &query, &hosts, &n, &total), 0);
		assert_int_equal(n, 60);
		for (uint32_t i = 0; i < n; i++) {
			struct fb_host host = {.first_seen = UINT64_MAX};
			struct fb_flow_at at;
			uint32_t pos = 0;

			/* no two flows of this snapshot are of the same pair */
			while (fb_query_next(snapshot, &query, &pos, &at))
				add_ends(&host, &hosts[i], &at);
			assert_int_equal(hosts[i].flows, host.flows);
			assert_int_equal(hosts[i].peers, host.flows);
			assert_memory_equal(hosts[i].bytes, host.bytes, sizeof(host.bytes));
			assert_memory_equal(hosts[i].packets, host.packets, sizeof(host.packets));
			assert_int_equal(hosts[i].first_seen, host.first_seen);
			assert_int_equal(hosts[i].last_seen, host.last_seen);
			assert_true(!i || size_of(&hosts[i - 1]) >= size_of(&hosts[i]));
		}
		fb_query_fini(&query);
	}
}

static void test_bad_sorts(void **state)
{
	struct fb_query query;
	struct fb_filter_error error;

	(void)state;
	fb_query_init(&query);
	assert_int_equal(fb_query_sort(&query, "-bytes,scr.ip", &error), -EINVAL);
	assert_int_equal(error.offset, 7);
	assert_string_equal(error.suggestion, "src.ip");
	assert_int_equal(fb_query_sort(&query, "name.flags", &error), -EINVAL);
	assert_int_equal(fb_query_sort(&query, "src,dst,up,down,rate", &error), -EINVAL);
	query.group_by = fb_field_find("src", 3);
	assert_int_equal(fb_query_sort(&query, "dst.ip", &error), -EINVAL);
}

static const struct {
	const char *filter, *group, *sort, *top;
	enum fb_live live;
} questions[] = {
	{"", NULL, "-bytes", NULL, FB_LIVE_LIVE},
	{"dst.port=80", NULL, "src.ip", NULL, FB_LIVE_LIVE},
	{"", "src.ip", "-hosts", NULL, FB_LIVE_LIVE},
	{"", NULL, "", "src.ip", FB_LIVE_LIVE},
	{"", NULL, "-bytes", NULL, FB_LIVE_BOTH},
	{"dst.port=80", "dst.ip", "-flows", NULL, FB_LIVE_LIVE},
	{"dst.port = 80", NULL, "", "dst.ip", FB_LIVE_BOTH},
	{"dst.port=80", NULL, "", "dst.ip", FB_LIVE_LIVE},
	{"dst.port=1", NULL, "id", NULL, FB_LIVE_LIVE},
};

/* What is asked together is answered as if it were asked alone. */
static void test_together(void **state)
{
	enum { N = sizeof(questions) / sizeof(*questions) };
	struct fb_query query[N];
	struct fb_ask together[N + 1] = {{0}};

	(void)state;
	for (unsigned int i = 0; i < N; i++) {
		ask(&query[i], questions[i].filter, questions[i].group, questions[i].sort);
		query[i].live = questions[i].live;
		together[i] = (struct fb_ask){.query = &query[i], .n = 7};
		if (!questions[i].top)
			continue;
		together[i].kind = FB_ASK_TOP;
		together[i].field = fb_field_find(questions[i].top, strlen(questions[i].top));
	}
	together[N].kind = FB_ASK_SUMMARY;
	assert_int_equal(fb_query_ask(snapshot, together, N + 1), 0);
	for (unsigned int i = 0; i <= N; i++) {
		struct fb_ask alone = together[i];
		const struct fb_result *a, *b;

		alone.result = NULL;
		alone.top = NULL;
		alone.summary = NULL;
		assert_int_equal(fb_query_ask(snapshot, &alone, 1), 0);
		a = alone.result;
		b = together[i].result;
		if (a) {
			assert_memory_equal(&a->total, &b->total,
					    offsetof(struct fb_result, rows) -
						    offsetof(struct fb_result, total));
			assert_true(a->matched == 0 || a->totals.hosts > 0);
			if (a->rows)
				assert_memory_equal(a->rows, b->rows, a->n * sizeof(*a->rows));
			for (uint32_t k = 0; a->groups && k < a->n; k++)
				assert_true(a->groups[k].first.flow == b->groups[k].first.flow &&
					    a->groups[k].hosts == b->groups[k].hosts &&
					    a->groups[k].flows == b->groups[k].flows);
		}
		assert_int_equal(alone.n_top, together[i].n_top);
		for (uint32_t k = 0; k < alone.n_top; k++)
			assert_true(alone.top[k].first.flow == together[i].top[k].first.flow &&
				    alone.top[k].count == together[i].top[k].count);
		if (alone.summary)
			assert_memory_equal(alone.summary, together[i].summary,
					    sizeof(*alone.summary));
		fb_ask_fini(&alone);
	}
	for (unsigned int i = 0; i <= N; i++)
		fb_ask_fini(&together[i]);
	for (unsigned int i = 0; i < N; i++)
		fb_query_fini(&query[i]);
	assert_int_equal(fb_query_ask(snapshot, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_counts),
		cmocka_unit_test(test_groups),	 cmocka_unit_test(test_group_sorts),
		cmocka_unit_test(test_top),	 cmocka_unit_test(test_matrix_and_sankey),
		cmocka_unit_test(test_hosts),	 cmocka_unit_test(test_host_counts),
		cmocka_unit_test(test_cells),	 cmocka_unit_test(test_bad_sorts),
		cmocka_unit_test(test_together),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
