/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow format util table
/*
 * Pages of thousands of flows that are alike in what they are sorted by first, or nearly: names of
 * all lengths about those that a comparison takes at once, in both cases; addresses of both
 * families. And groups by how many peers they have. Held against all of them put in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/value.h"
#include "query/query.h"
#include "unit/fake.h"
#include "unit/rows.h"
#include "util/cleanup.h"

#define FLOWS	6000
#define CLIENTS 2000
#define NAMES	120
#define LIMIT	60

static struct fake *fake;
static char text[NAMES][48];
static struct {
	struct fb_flow_names names;
	struct fb_flow_name name;
} named[NAMES];

/* Of 1 to 40 bytes, three of each length: they differ in case only, or in the last byte. */
static void make_names(void)
{
	for (unsigned int i = 0; i < NAMES; i++) {
		const size_t len = i / 3 + 1;

		memset(text[i], i % 3 == 1 ? 'A' : 'a', len);
		if (i % 3 == 2)
			text[i][len - 1] = i % 2 ? 'Z' : (char)0xe9;
		named[i].names.n = 1;
		named[i].names.name[0] = (struct fb_flow_name){
			.text = text[i], .source = FB_NAME_SNI, .len = (uint8_t)len};
	}
}

static void set_end(uint8_t addr[16], uint32_t number, bool is_ipv6)
{
	set_addr(addr, number);
	if (!is_ipv6)
		return;
	memset(addr, 0, 12);
	addr[0] = 0x20;
	addr[15] ^= number % 2;
}

static void make_flow(uint32_t i)
{
	static const char *const services[] = {"https",	      "http",	     "a",
					       "domain",      "longer",	     "longest",
					       "HTTPS-ALT-A", "https-alt-b", NULL};
	struct fb_flow *flow = fake_flow(fake, i);
	const uint32_t mixed = i * 7919 % FLOWS;

	flow->id = i + 1;
	flow->family = mixed % 4 ? FB_IPV4 : FB_IPV6;
	flow->proto = mixed % 9 ? 6 : 17;
	set_end(flow->src, 0x0a000000u + mixed % CLIENTS, flow->family == FB_IPV6);
	set_end(flow->dst, 0xc0000200u + mixed / CLIENTS * (mixed % 5), flow->family == FB_IPV6);
	flow->src_port = (uint16_t)(1000 + mixed % 7);
	flow->dst_port = mixed % 2 ? 443 : 80;
	flow->first_seen = S + mixed % 50;
	flow->service = services[mixed % 3 ? 0 : mixed / 3 % 9];
	flow->names = mixed % 5 ? NULL : &named[mixed / 5 % NAMES].names;
	fake_traffic(fake, i)->bytes[FB_UP] = mixed % 3 ? 1000 : mixed;
}

static int set_up(void **state)
{
	(void)state;
	make_names();
	fake = fake_new(FLOWS);
	for (uint32_t i = 0; i < FLOWS; i++)
		make_flow(i);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_free(fake);
	return 0;
}

static int in_order(const void *a_, const void *b_, void *query_)
{
	const struct fb_query *query = query_;
	struct fb_value value_a, value_b;
	struct fb_flow_at a, b;

	fb_snapshot_at(&fake->snapshot, *(const uint32_t *)a_, &a);
	fb_snapshot_at(&fake->snapshot, *(const uint32_t *)b_, &b);
	for (unsigned int i = 0; i < query->n_sorts; i++) {
		int order;

		fb_field_get(query->sort[i].field, &a, &value_a);
		fb_field_get(query->sort[i].field, &b, &value_b);
		order = fb_value_compare(query->sort[i].field, &value_a, &value_b);
		if (order)
			return query->sort[i].descending ? -order : order;
	}
	if (a.flow->first_seen != b.flow->first_seen)
		return a.flow->first_seen < b.flow->first_seen ? -1 : 1;
	return a.flow->id < b.flow->id ? -1 : 1;
}

static void hold_pages(const char *sort)
{
	static uint32_t slow[FLOWS];
	struct fb_filter_error error;
	struct fb_query query;

	fb_query_init(&query);
	query.live = FB_LIVE_BOTH;
	query.limit = LIMIT;
	assert_int_equal(fb_query_sort(&query, sort, &error), 0);
	for (uint32_t i = 0; i < FLOWS; i++)
		slow[i] = i;
	qsort_r(slow, FLOWS, sizeof(*slow), in_order, &query);
	for (query.offset = 0; query.offset < FLOWS; query.offset += LIMIT) {
		_cleanup_result_ struct fb_result *result = NULL;

		assert_int_equal(fb_query_run(&fake->snapshot, &query, &result), 0);
		assert_int_equal(result->n, LIMIT);
		assert_memory_equal(result->rows, slow + query.offset, LIMIT * sizeof(*slow));
	}
	fb_query_fini(&query);
}

static void test_pages(void **state)
{
	static const char *const sorts[] = {
		"service,dst.host,-bytes", "-service,dst.host,bytes", "service,-dst.host",
		"dst.host,service",	   "-dst.host,-service",      "dst.host,src.ip,-bytes",
		"dst.ip,src.ip",	   "-dst.ip,-src.ip,bytes",   "src.ip,dst.host",
		"dst.ip,service,bytes",	   "proto,dst.host",	      "proto",
		"dst.port,service",	   "bytes,-dst.host",	      "-bytes,dst.ip,src.port",
		"dst.ip,dst.port,service", "-proto,service,dst.ip",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++)
		hold_pages(sorts[i]);
}

/* --- groups by their peers -------------------------------------------------------------------- */

struct group {
	uint32_t first, hosts; /* a flow; */
};

static bool same_end(const uint8_t *a, uint8_t family_a, const uint8_t *b, uint8_t family_b)
{
	return family_a == family_b && !memcmp(a, b, 16);
}

/* By the client; two families of each of CLIENTS at most. */
static uint32_t count_slowly(struct group *group)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct fb_flow *flow = fake_flow(fake, i);
		bool is_first = true, is_new = true;
		uint32_t g = n;

		for (uint32_t j = 0; j < i; j++) {
			const struct fb_flow *other = fake_flow(fake, j);

			if (!same_end(flow->src, flow->family, other->src, other->family))
				continue;
			is_first = false;
			is_new &= memcmp(flow->dst, other->dst, 16) != 0;
		}
		for (g = 0; !is_first && g < n; g++)
			if (same_end(flow->src, flow->family, fake_flow(fake, group[g].first)->src,
				     fake_flow(fake, group[g].first)->family))
				break;
		if (is_first)
			group[g = n++] = (struct group){.first = i};
		group[g].hosts += is_new;
	}
	return n;
}

static int by_hosts(const void *a_, const void *b_)
{
	const struct group *a = a_, *b = b_;
	const struct fb_flow *flow_a = fake_flow(fake, a->first);
	const struct fb_flow *flow_b = fake_flow(fake, b->first);

	if (a->hosts != b->hosts)
		return a->hosts < b->hosts ? 1 : -1;
	if (flow_a->family != flow_b->family)
		return flow_a->family - flow_b->family;
	return memcmp(flow_a->src, flow_b->src, 16);
}

static void test_groups_by_hosts(void **state)
{
	static struct group slow[2 * CLIENTS];
	const uint32_t n = count_slowly(slow);
	struct fb_filter_error error;
	struct fb_query query;

	(void)state;
	qsort(slow, n, sizeof(*slow), by_hosts);
	assert_true(slow[0].hosts > 1 && slow[n - 1].hosts == 1);
	fb_query_init(&query);
	query.live = FB_LIVE_BOTH;
	query.group_by = &fb_fields[FB_FIELD_src_ip];
	query.limit = LIMIT;
	assert_int_equal(fb_query_sort(&query, "-hosts,key", &error), 0);
	for (query.offset = 0; query.offset < n; query.offset += LIMIT) {
		_cleanup_result_ struct fb_result *result = NULL;

		assert_int_equal(fb_query_run(&fake->snapshot, &query, &result), 0);
		assert_int_equal(result->n_groups, n);
		for (uint32_t i = 0; i < result->n; i++) {
			const struct group *group = &slow[query.offset + i];

			assert_int_equal(result->groups[i].hosts, group->hosts);
			assert_memory_equal(result->groups[i].first.flow->src,
					    fake_flow(fake, group->first)->src, 16);
		}
	}
	fb_query_fini(&query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_groups_by_hosts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
