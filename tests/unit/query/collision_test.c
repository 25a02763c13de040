/* SPDX-License-Identifier: BSD-2-Clause */
// link: query table past enrich filter format flow util
/*
 * Equal hashes, different values: with a hash here in place of the program's that is the same for
 * everything, all that finds values by their hash keeps them apart.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "enrich/hostnames.h"
#include "enrich/namecache.h"
#include "past/busiest.h"
#include "query/query.h"
#include "table/table.h"
#include "util/cleanup.h"

#define S     1000000000ull
#define HOSTS 30
#define FLOWS 120 /* each host to four others, by two ports */

uint64_t fb_hash(const void *data, size_t len, uint64_t kind)
{
	(void)data;
	(void)len;
	(void)kind;
	return 42;
}

uint64_t fb_hash_addr(const uint8_t addr[static 16], uint64_t kind)
{
	return fb_hash(addr, 16, kind);
}

uint64_t fb_hash_number(uint64_t number, uint64_t kind)
{
	return fb_hash(&number, sizeof(number), kind);
}

uint64_t fb_hash_fixed(const void *data, size_t len)
{
	return fb_hash(data, len, 0);
}

static struct fb_table *table;
static struct fb_snapshot *snapshot;

static int set_up(void **state)
{
	struct fb_table_opts opts = {.max_rows = 2 * FLOWS};

	(void)state;
	if (fb_table_new(&opts, NULL, NULL, &table) < 0)
		return -1;
	fb_table_link(table, 1, "lan0");
	fb_table_tick_begin(table, 20 * S, 20000);
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct fb_row row = {
			.state = FB_ROW_LIVE, .generation = 1, .first_seen = 10 * S + i};
		char name[32];
		struct fb_hello_fact fact = {
			.time = S, .name = name, .name_source = FB_NAME_SNI, .client = -1};

		row.key.family = FB_IPV6;
		row.key.proto = IPPROTO_TCP;
		row.key.lane = 1;
		row.key.addr[0][0] = 0x20;
		row.key.addr[0][15] = (uint8_t)(i % HOSTS);
		row.key.addr[1][0] = 0x30;
		row.key.addr[1][15] = (uint8_t)(i / HOSTS);
		row.key.port[0] = (uint16_t)(2000 + i);
		row.key.port[1] = i % 2 ? 443 : 80;
		row.packets[0] = 1;
		row.bytes[0] = 100;
		row.opener_by = FB_OPENER_SYN;
		fb_table_row(table, i, &row, 20 * S);
		fact.name_len = (size_t)snprintf(name, sizeof(name), "h%u.example", i % 7);
		fb_table_hello(table, i, 1, &fact);
	}
	snapshot = fb_table_tick_end(table);
	return snapshot && snapshot->live == FLOWS ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fb_snapshot_put(snapshot);
	fb_table_free(table);
	return 0;
}

static const struct {
	const char *field;
	uint32_t values;
} fields[] = {
	{"src.ip", HOSTS}, {"dst.ip", FLOWS / HOSTS},
	{"dst.port", 2},   {"tls.sni", 7},
	{"id", FLOWS},	   {"state", 1},
};

#define N_FIELDS (sizeof(fields) / sizeof(*fields))

static const struct fb_field *field_at(size_t i)
{
	return fb_field_find(fields[i].field, strlen(fields[i].field));
}

static void test_groups(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_FIELDS; i++) {
		_cleanup_result_ struct fb_result *result = NULL;
		struct fb_query query;
		uint64_t flows = 0;

		fb_query_init(&query);
		query.limit = FB_QUERY_LIMIT;
		query.group_by = field_at(i);
		assert_int_equal(fb_query_run(snapshot, &query, &result), 0);
		assert_int_equal(result->n_groups, fields[i].values);
		assert_int_equal(result->totals.hosts, HOSTS);
		for (uint32_t k = 0; k < result->n; k++) {
			assert_int_equal(result->groups[k].flows,
					 FLOWS / fields[i].values + (k < FLOWS % fields[i].values));
			flows += result->groups[k].flows;
		}
		assert_int_equal(flows, FLOWS);
		if (i == 0)
			assert_int_equal(result->groups[0].hosts, FLOWS / HOSTS);
		if (i == 1)
			assert_int_equal(result->groups[0].hosts, HOSTS);
	}
}

static void test_top(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_FIELDS; i++) {
		struct fb_query query;
		_cleanup_(fb_ask_fini) struct fb_ask ask = {.kind = FB_ASK_TOP,
							    .query = &query,
							    .field = field_at(i),
							    .metric = FB_METRIC_COUNT,
							    .n = 10};

		fb_query_init(&query);
		assert_int_equal(fb_query_ask(snapshot, &ask, 1), 0);
		assert_int_equal(ask.total, fields[i].values);
		assert_int_equal(ask.top[0].count,
				 (FLOWS + fields[i].values - 1) / fields[i].values);
	}
}

static void test_matrix(void **state)
{
	struct fb_query query;
	struct fb_cross cross = {.query = &query,
				 .field = {field_at(0), field_at(1), field_at(3)},
				 .n_fields = 2,
				 .metric = FB_METRIC_COUNT};
	_cleanup_free_ struct fb_matrix *matrix = NULL;
	_cleanup_free_ struct fb_sankey *sankey = NULL;

	(void)state;
	fb_query_init(&query);
	assert_int_equal(fb_query_matrix(snapshot, &cross, &matrix), 0);
	assert_int_equal(matrix->rows, HOSTS);
	assert_int_equal(matrix->columns, FLOWS / HOSTS);
	for (unsigned int i = 0; i < matrix->rows; i++)
		for (unsigned int k = 0; k < matrix->columns; k++)
			assert_int_equal(matrix->cell[i][k], 1);
	cross.n_fields = 3;
	assert_int_equal(fb_query_sankey(snapshot, &cross, &sankey), 0);
	assert_int_equal(sankey->n_nodes[1], FLOWS / HOSTS);
	assert_int_equal(sankey->n_nodes[2], 7);
}

static void test_hosts(void **state)
{
	_cleanup_free_ struct fb_host *hosts = NULL;
	struct fb_query query;
	uint64_t total;
	uint32_t n;

	(void)state;
	fb_query_init(&query);
	assert_int_equal(fb_query_hosts(snapshot, &query, &hosts, &n, &total), 0);
	assert_int_equal(total, HOSTS + FLOWS / HOSTS);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(hosts[i].peers, hosts[i].addr[0] == 0x20 ? FLOWS / HOSTS : HOSTS);
}

static void test_busiest(void **state)
{
	struct fb_busiest busy;
	struct fb_flow_at at;

	(void)state;
	assert_int_equal(fb_busiest_init(&busy), 0);
	for (uint32_t i = 0; i < FLOWS; i++) {
		fb_snapshot_at(snapshot, i, &at);
		assert_int_equal(fb_busiest_add(&busy, &at, i), 0);
	}
	assert_int_equal(busy.n, HOSTS);
	fb_busiest_fini(&busy);
}

static void test_names(void **state)
{
	struct fb_namecache *cache;
	struct fb_hostnames *hosts;
	struct fb_namecache_name found;
	struct fb_hostname host;
	uint8_t addr[16] = {[12] = 10}, client[16] = {[12] = 10};
	char name[32];

	(void)state;
	assert_int_equal(fb_namecache_new(64, &cache), 0);
	assert_int_equal(fb_hostnames_new(&hosts), 0);
	for (uint8_t round = 0; round < 2; round++)
		for (uint8_t i = 0; i < 10; i++) {
			struct fb_addr_fact fact = {.time = S,
						    .client = client,
						    .client_family = round ? FB_IPV4 : 0,
						    .addr = addr,
						    .family = FB_IPV4,
						    .name = name,
						    .len = 2,
						    .ttl = 60};

			addr[15] = client[15] = i;
			snprintf(name, sizeof(name), "%c%u", round ? 'd' : 'h', i);
			assert_int_equal(round ? fb_namecache_add(cache, &fact)
					       : fb_hostnames_tell(hosts, &fact),
					 0);
		}
	for (uint8_t i = 0; i < 10; i++) {
		addr[15] = client[15] = i;
		snprintf(name, sizeof(name), "h%u", i);
		assert_true(fb_hostnames_find(hosts, addr, FB_IPV4, &host));
		assert_string_equal(host.text, name);
		name[0] = 'd';
		assert_true(fb_namecache_find(cache, client, FB_IPV4, addr, FB_IPV4, S, &found));
		assert_string_equal(found.text, name);
		assert_int_equal(
			fb_namecache_asked(cache, client, FB_IPV4, addr, FB_IPV4, name, 2 * S),
			FB_NAMECACHE_EXPLAINED);
	}
	fb_namecache_free(cache);
	fb_hostnames_free(hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),	cmocka_unit_test(test_top),
		cmocka_unit_test(test_matrix),	cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_busiest), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
