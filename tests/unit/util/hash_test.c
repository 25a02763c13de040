/* SPDX-License-Identifier: BSD-2-Clause */
// link: query table past enrich filter format flow util
/*
 * What strangers choose costs what other input costs: values made of the words that known hashes
 * multiply by, in each half of a key, in the index itself, and in flows, groups, hosts and names.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "enrich/hostnames.h"
#include "enrich/namecache.h"
#include "past/busiest.h"
#include "query/query.h"
#include "table/table.h"

#define S	1000000000ull
#define KEYS	4000
#define ROUNDS	5
#define AT_MOST 1.5

/* The words of wyhash, of the golden ratio, of FNV, and those that need no search. */
static const uint64_t words[] = {
	0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3,
	0x589965cc75374cc3, 0x1d8e4e27c47d124f, 0x9e3779b97f4a7c15,
	0xcbf29ce484222325, 0x00000100000001b3, 0,
	UINT64_MAX,
};

#define N_WORDS (sizeof(words) / sizeof(*words))

/* A word in one half, as it is or with what is mixed into it, and a number in the other. */
struct shape {
	uint64_t word;
	int half; /* that the word is in; -1: both are random */
};

static uint64_t random64(void)
{
	static uint64_t state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static void make_addr(uint8_t addr[16], const struct shape *shape, uint32_t i)
{
	uint64_t half[2] = {random64(), random64()};

	if (shape->half >= 0) {
		half[shape->half] = shape->word;
		half[!shape->half] = (uint64_t)i << 16 | 0x20;
	}
	memcpy(addr, half, 16);
}

/* --- the index ------------------------------------------------------------------------------- */

/* Places looked at to find each of them once. */
static double probes(const struct shape *shape, uint64_t kind)
{
	struct fb_index index;
	uint64_t sum = 0;

	assert_int_equal(fb_index_init(&index), 0);
	for (uint32_t i = 0; i < KEYS; i++) {
		uint8_t addr[16];

		make_addr(addr, shape, i);
		assert_int_equal(fb_index_add(&index, fb_hash(addr, 16, kind), i), 0);
	}
	for (uint32_t i = 0; i <= index.mask; i++)
		if (index.slot[i].number != FB_NONE)
			sum += ((i - index.slot[i].hash) & index.mask) + 1;
	fb_index_fini(&index);
	return (double)sum / KEYS;
}

static void test_index(void **state)
{
	const double plain = probes(&(struct shape){.half = -1}, 0);

	(void)state;
	for (size_t w = 0; w < N_WORDS; w++)
		for (int half = 0; half < 2; half++)
			for (uint64_t kind = 0; kind < 8; kind++) {
				/* the seed and the length were mixed into the first word */
				const struct shape shapes[] = {
					{words[w], half},
					{words[w] ^ kind, half},
					{words[w] ^ kind ^ 16, half},
				};

				for (size_t i = 0; i < 3; i++)
					assert_true(probes(&shapes[i], kind) < plain * AT_MOST);
			}
}

/* --- who uses it: CPU time beside that of random input, in turn ------------------------------- */

typedef void run_fn(const struct shape *shape);

static double seconds_of(run_fn *run, const struct shape *shape)
{
	struct timespec from, to;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	run(shape);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void compare_cost(run_fn *run, const char *what)
{
	double worst = 0;

	for (size_t w = 0; w < N_WORDS; w++)
		for (int half = 0; half < 2; half++) {
			const struct shape plain = {.half = -1}, chosen = {words[w], half};
			double least[2] = {1e9, 1e9}, ratio;

			/* The least of several is what it costs; a busy machine adds to single
			 * ones. */
			for (int i = 0; i < 4 * ROUNDS; i++) {
				double took[2] = {seconds_of(run, &plain),
						  seconds_of(run, &chosen)};

				for (int k = 0; k < 2; k++)
					least[k] = took[k] < least[k] ? took[k] : least[k];
				ratio = least[1] / least[0];
				if (i >= ROUNDS && ratio < AT_MOST)
					break;
			}
			worst = ratio > worst ? ratio : worst;
			if (ratio >= AT_MOST)
				fail_msg("%s: word %zu, half %d: %.1f times", what, w, half, ratio);
		}
	print_message("%s: at most %.2f times\n", what, worst);
}

static struct fb_snapshot *make_flows(const struct shape *shape, struct fb_table **ret_table)
{
	struct fb_table_opts opts = {.max_rows = 2 * KEYS};
	struct fb_snapshot *snapshot;

	assert_int_equal(fb_table_new(&opts, NULL, NULL, ret_table), 0);
	fb_table_tick_begin(*ret_table, 20 * S, 20000);
	for (uint32_t i = 0; i < KEYS; i++) {
		struct fb_row row = {.state = FB_ROW_LIVE,
				     .generation = 1,
				     .first_seen = 10 * S + i,
				     .opener_by = FB_OPENER_FIRST};

		row.key.family = FB_IPV6;
		row.key.proto = IPPROTO_UDP;
		row.key.lane = 1;
		make_addr(row.key.addr[0], shape, i);
		row.key.addr[1][15] = 1;
		row.packets[0] = 1;
		row.bytes[0] = 100;
		fb_table_row(*ret_table, i, &row, 20 * S);
	}
	snapshot = fb_table_tick_end(*ret_table);
	assert_non_null(snapshot);
	assert_int_equal(snapshot->live, KEYS);
	return snapshot;
}

static void run_flows(const struct shape *shape)
{
	struct fb_table *table;

	fb_snapshot_put(make_flows(shape, &table));
	fb_table_free(table);
}

static void run_groups(const struct shape *shape)
{
	struct fb_result *result = NULL;
	struct fb_query query;
	struct fb_table *table;
	struct fb_snapshot *snapshot = make_flows(shape, &table);

	fb_query_init(&query);
	query.group_by = fb_field_find("src.ip", 6);
	assert_int_equal(fb_query_run(snapshot, &query, &result), 0);
	assert_int_equal(result->n_groups, KEYS);
	fb_result_free(result);
	fb_snapshot_put(snapshot);
	fb_table_free(table);
}

static void run_hosts(const struct shape *shape)
{
	struct fb_host *hosts;
	struct fb_query query;
	struct fb_table *table;
	struct fb_snapshot *snapshot = make_flows(shape, &table);
	uint64_t total;
	uint32_t n;

	fb_query_init(&query);
	assert_int_equal(fb_query_hosts(snapshot, &query, &hosts, &n, &total), 0);
	assert_int_equal(total, KEYS + 1);
	free(hosts);
	fb_snapshot_put(snapshot);
	fb_table_free(table);
}

static void run_busiest(const struct shape *shape)
{
	struct fb_traffic traffic = {.moved_bytes = {1, 1}};
	struct fb_busiest busy;

	assert_int_equal(fb_busiest_init(&busy), 0);
	for (uint32_t i = 0; i < KEYS; i++) {
		struct fb_flow flow = {.id = 1, .family = FB_IPV6};

		make_addr(flow.src, shape, i);
		fb_busiest_add(&busy, &(struct fb_flow_at){.flow = &flow, .traffic = &traffic}, i);
	}
	fb_busiest_fini(&busy);
}

/* Each answer of another client, about another address; then what hosts say of themselves. */
static void run_names(const struct shape *shape)
{
	struct fb_namecache *cache;
	struct fb_hostnames *hosts;

	assert_int_equal(fb_namecache_new(KEYS, &cache), 0);
	assert_int_equal(fb_hostnames_new(&hosts), 0);
	for (uint32_t i = 0; i < KEYS; i++) {
		uint8_t client[16], addr[16];
		struct fb_addr_fact fact = {.time = S,
					    .client = client,
					    .client_family = FB_IPV6,
					    .addr = addr,
					    .family = FB_IPV6,
					    .source = FB_NAME_DNS,
					    .name = "a.example",
					    .len = 9,
					    .ttl = 60};

		make_addr(client, shape, i);
		make_addr(addr, shape, i);
		fb_namecache_add(cache, &fact);
		fact.client_family = 0;
		fact.source = FB_NAME_MDNS;
		fb_hostnames_tell(hosts, &fact);
	}
	fb_namecache_free(cache);
	fb_hostnames_free(hosts);
}

static void test_flows(void **state)
{
	(void)state;
	compare_cost(run_flows, "flows");
}

static void test_groups(void **state)
{
	(void)state;
	compare_cost(run_groups, "groups");
}

static void test_hosts(void **state)
{
	(void)state;
	compare_cost(run_hosts, "hosts");
}

static void test_busiest(void **state)
{
	(void)state;
	compare_cost(run_busiest, "busiest hosts");
}

static void test_names(void **state)
{
	(void)state;
	compare_cost(run_names, "names");
}

/* --- what the hash itself promises ------------------------------------------------------------ */

/* Lengths, kinds and bytes all count; the fixed one is the same in every run. */
static void test_hash(void **state)
{
	const uint8_t zeroes[64] = {0};
	uint64_t seen[65];

	(void)state;
	for (size_t len = 0; len <= 64; len++) {
		seen[len] = fb_hash(zeroes, len, 0);
		for (size_t i = 0; i < len; i++)
			assert_true(seen[i] != seen[len]);
		assert_true(fb_hash(zeroes, len, 1) != seen[len]);
	}
	assert_true(fb_hash_fixed("flow", 4) == 0x187b1fb2ee360f64);
	assert_true(fb_hash_fixed("flow", 4) != fb_hash("flow", 4, 0));
	for (uint64_t i = 0; i < 100; i++) {
		const uint64_t number[2] = {random64(), i % 2 ? random64() : i};

		assert_true(fb_hash_addr((const uint8_t *)number, i) == fb_hash(number, 16, i));
		assert_true(fb_hash_number(number[1], i) == fb_hash(&number[1], 8, i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),  cmocka_unit_test(test_index),
		cmocka_unit_test(test_flows), cmocka_unit_test(test_groups),
		cmocka_unit_test(test_hosts), cmocka_unit_test(test_busiest),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
