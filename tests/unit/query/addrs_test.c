/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow format util table
/* Sums over addresses by parts, held against a slow and obvious count. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/addrs.h"
#include "query/query.h"
#include "table/table.h"
#include "unit/rows.h"
#include "util/permute.h"

#define FLOWS 20000 /* more than fit into one part */
#define HOSTS 7000
#define FIRST 40

static struct fb_table *table;
static struct fb_snapshot *snapshot;

/* A fifth are of one host, a tenth of another family; of the rest each has two flows or three. */
static struct fb_row number(uint32_t i)
{
	struct fb_row row = make_row(1, IPPROTO_TCP, 0x0a000000u + (i % 5 ? i % HOSTS : 7),
				     (uint16_t)(1024 + i), 0x5d000000u + i % 11, 443, 10 * S + i);

	if (i % 10 == 9) {
		row.key.family = FB_IPV6;
		row.key.addr[0][0] = row.key.addr[1][0] = 0x20;
	}
	count(&row, FB_UP, 1, i % 4 * 100, SYN | ACK);
	return row;
}

static int set_up(void **state)
{
	const struct fb_table_opts opts = {.max_rows = 2 * FLOWS};

	(void)state;
	if (fb_table_new(&opts, NULL, NULL, &table) < 0)
		return -1;
	fb_table_link(table, 1, "lan0");
	fb_table_tick_begin(table, 20 * S, 20000);
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct fb_row row = number(i);

		fb_table_row(table, i, &row, 20 * S);
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

static uint64_t weight_of(uint32_t row)
{
	return row % 7 ? 1000 : 5000;
}

/* By the last bytes of the address, which are a number below HOSTS. */
static struct fb_addr_sum slow[HOSTS];
static uint32_t n_slow;

static uint32_t tail_of(const struct fb_flow *flow)
{
	return (uint32_t)(flow->src[13] << 16 | flow->src[14] << 8 | flow->src[15]);
}

static void count_slowly(bool weighs)
{
	memset(slow, 0, sizeof(slow));
	n_slow = 0;
	for (uint32_t row = 0; row < FLOWS; row++) {
		const struct fb_flow *flow = fb_snapshot_flow(snapshot, row);
		struct fb_addr_sum *sum = &slow[tail_of(flow)];

		if (flow->family != FB_IPV4)
			continue;
		if (!sum->count++) {
			memcpy(&sum->word, flow->src + 12, sizeof(sum->word));
			sum->word = fb_permute(sum->word);
			sum->row = row;
			n_slow++;
		}
		sum->weight += weighs ? weight_of(row) : 1;
	}
}

static bool by_count;

static int compare(const void *a_, const void *b_)
{
	const struct fb_addr_sum *a = a_, *b = b_;

	if (a->weight != b->weight)
		return a->weight < b->weight ? 1 : -1;
	if (by_count && a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (a->row > b->row) - (a->row < b->row);
}

static void take_all(struct fb_addrs *addrs, bool weighs)
{
	uint32_t place[FB_CHUNK], word[FB_CHUNK];
	uint64_t weight[FB_CHUNK];
	struct fb_rows rows, other;

	fb_addrs_init(addrs, snapshot, &fb_fields[FB_FIELD_src_ip]);
	for (uint32_t from = 0; from < FLOWS; from += rows.n) {
		for (rows.n = 0; rows.n < FB_CHUNK && from + rows.n < FLOWS;) {
			struct fb_flow_at at;

			weight[rows.n] = weight_of(from + rows.n);
			fb_snapshot_at(snapshot, from + rows.n, &at);
			fb_rows_add(&rows, from + rows.n, &at);
		}
		assert_int_equal(
			fb_addrs_take(addrs, &rows, weighs ? weight : NULL, word, place, &other),
			0);
		for (uint32_t i = 0, k = 0; i < rows.n; i++) {
			const struct fb_flow *flow = rows.at[i].flow;

			if (flow->family == FB_IPV4) {
				assert_int_equal(word[i], slow[tail_of(flow)].word);
				continue;
			}
			assert_true(k < other.n);
			assert_int_equal(place[k], i);
			assert_int_equal(other.row[k++], rows.row[i]);
		}
	}
}

static void count_one(const struct fb_flow_at *at, void *sum_)
{
	struct fb_addr_sum *sum = sum_;

	assert_int_equal(at->flow->family, FB_IPV4);
	sum->count--;
}

static void hold_against(bool weighs, bool ties_by_count)
{
	struct fb_addr_sum first[2 * FIRST];
	struct fb_addrs addrs;
	uint32_t total;

	by_count = ties_by_count;
	count_slowly(weighs);
	take_all(&addrs, weighs);
	assert_int_equal(fb_addrs_first(&addrs, FIRST, by_count, first, &total), FIRST);
	assert_int_equal(total, n_slow);
	qsort(slow, HOSTS, sizeof(*slow), compare);
	for (uint32_t i = 0; i < FIRST; i++) {
		assert_int_equal(first[i].weight, slow[i].weight);
		assert_int_equal(first[i].word, slow[i].word);
		assert_int_equal(first[i].row, slow[i].row);
		assert_int_equal(first[i].count, slow[i].count);
		fb_addrs_each(&addrs, first[i].word, count_one, &first[i]);
		assert_int_equal(first[i].count, 0);
	}
	fb_addrs_fini(&addrs);
}

static void test_sums(void **state)
{
	(void)state;
	hold_against(false, true);
	hold_against(true, true);
	hold_against(true, false);
}

/* A list has both families, and what both count. */
static void test_both_families(void **state)
{
	struct fb_query query;
	struct fb_ask ask = {.kind = FB_ASK_TOP,
			     .query = &query,
			     .field = &fb_fields[FB_FIELD_dst_ip],
			     .metric = FB_METRIC_BYTES,
			     .n = 100};
	uint64_t flows = 0, bytes = 0;

	(void)state;
	fb_query_init(&query);
	assert_int_equal(fb_query_ask(snapshot, &ask, 1), 0);
	assert_int_equal(ask.total, 22); /* eleven of each family */
	assert_int_equal(ask.n_top, 22);
	for (uint32_t i = 0; i < ask.n_top; i++) {
		flows += ask.top[i].count;
		bytes += ask.top[i].bytes;
		assert_true(!i || ask.top[i - 1].bytes >= ask.top[i].bytes);
	}
	assert_int_equal(flows, FLOWS);
	assert_int_equal(bytes, FLOWS / 4 * 600);
	fb_ask_fini(&ask);
	fb_query_fini(&query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_both_families),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
