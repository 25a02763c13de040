/* SPDX-License-Identifier: BSD-2-Clause */
// link: query filter flow util
/* Flows that one question found are not looked for again, until the next snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/query.h"
#include "unit/fake.h"

enum { FLOWS = 1000, KEPT = 4, SOURCES = 4 };

struct seen {
	uint64_t found, left_out;
};

static struct seen seen_since(struct seen before)
{
	struct seen now;

	fb_query_matches_counts(&now.found, &now.left_out);
	return (struct seen){now.found - before.found, now.left_out - before.left_out};
}

static struct fake *make_flows(void)
{
	struct fake *fake = fake_new(FLOWS);

	for (uint32_t i = 0; i < FLOWS; i++) {
		struct fb_flow *flow = fake_flow(fake, i);

		*flow = (struct fb_flow){.id = i + 1, .family = 4, .proto = 6, .first_seen = i};
		flow->src[15] = (uint8_t)(i % 7);
		flow->dst[15] = 99;
		fake_traffic(fake, i)->bytes[FB_UP] = i;
	}
	fake->snapshot.serial = fb_snapshot_serial();
	return fake;
}

static void begin(struct fb_query *query, unsigned int bytes, uint64_t source)
{
	struct fb_filter_error error;
	char filter[32];

	snprintf(filter, sizeof(filter), "bytes>%u", bytes);
	fb_query_init(query);
	query->source = source;
	assert_int_equal(fb_filter_compile(filter, &query->filter, &error), 0);
}

/* How many flows have more bytes, and from how many hosts; `group` asks it of groups. */
static struct fb_query_totals ask_as(uint64_t source, struct fake *fake, unsigned int bytes,
				     const char *group)
{
	_cleanup_result_ struct fb_result *result = NULL;
	struct fb_query query;

	begin(&query, bytes, source);
	query.group_by = group ? fb_field_find(group, strlen(group)) : NULL;
	assert_int_equal(fb_query_run(&fake->snapshot, &query, &result), 0);
	assert_int_equal(result->total, FLOWS);
	assert_int_equal(result->matched, result->totals.flows);
	if (!group)
		assert_int_equal(result->n, result->matched < 100 ? result->matched : 100);
	fb_query_fini(&query);
	return result->totals;
}

static struct fb_query_totals ask(struct fake *fake, unsigned int bytes, const char *group)
{
	return ask_as(0, fake, bytes, group);
}

static void test_shared(void **state)
{
	const struct seen before = seen_since((struct seen){0, 0});
	struct fake *fake = make_flows();

	(void)state;
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < KEPT; i++) {
			const struct fb_query_totals totals =
				ask(fake, 900 + i, round == 1 ? "src.ip" : NULL);

			assert_int_equal(totals.flows, FLOWS - 901 - i);
			assert_int_equal(totals.hosts, 7);
			assert_int_equal(seen_since(before).found,
					 round ? (round - 1) * KEPT + i + 1 : 0);
		}
	assert_int_equal(seen_since(before).left_out, 0);
	fake_free(fake);
}

/* Those that find no room are answered as well, and counted. */
static void test_no_room(void **state)
{
	const struct seen before = seen_since((struct seen){0, 0});
	struct fake *fake = make_flows();

	(void)state;
	for (unsigned int i = 0; i < KEPT + 2; i++)
		assert_int_equal(ask(fake, i, NULL).flows, FLOWS - 1 - i);
	assert_int_equal(ask(fake, KEPT + 1, NULL).flows, FLOWS - 2 - KEPT);
	assert_int_equal(seen_since(before).found, 0);
	assert_int_equal(seen_since(before).left_out, 3);
	fake_free(fake);
}

/* Who asks for many things has his share, and leaves room for the others; all may use what is
 * there. */
static void test_share_of_a_source(void **state)
{
	const struct seen before = seen_since((struct seen){0, 0});
	struct fake *fake = make_flows();
	struct seen seen;

	(void)state;
	for (unsigned int i = 0; i < 20; i++)
		ask_as(1, fake, i, NULL);
	for (unsigned int i = 0; i < (SOURCES - 1) * KEPT; i++)
		ask_as(2 + i / KEPT, fake, 100 + i, NULL);
	seen = seen_since(before);
	assert_int_equal(seen.found, 0);
	assert_int_equal(seen.left_out, 20 - KEPT);
	for (unsigned int i = 0; i < KEPT; i++)
		ask_as(9, fake, i, NULL);
	for (unsigned int i = 0; i < (SOURCES - 1) * KEPT; i++)
		ask_as(1, fake, 100 + i, NULL);
	assert_int_equal(seen_since(before).found, SOURCES * KEPT);
	ask_as(9, fake, 500, NULL); /* the share of one more is not there */
	assert_int_equal(seen_since(before).left_out, 20 - KEPT + 1);
	fake_free(fake);
}

static void ask_hosts(struct fake *fake, const struct fb_query *query)
{
	struct fb_host *hosts;
	uint64_t total;
	uint32_t n;

	assert_int_equal(fb_query_hosts(&fake->snapshot, query, &hosts, &n, &total), 0);
	assert_int_equal(total, 8); /* seven sources, one destination */
	assert_int_equal(hosts[0].flows, FLOWS - 901);
	free(hosts);
}

static void ask_matrix(struct fake *fake, const struct fb_query *query)
{
	const struct fb_cross cross = {
		.query = query,
		.field = {&fb_fields[FB_FIELD_src_ip], &fb_fields[FB_FIELD_dst_ip]},
		.n_fields = 2};
	struct fb_matrix *matrix;
	uint64_t sum = 0;

	assert_int_equal(fb_query_matrix(&fake->snapshot, &cross, &matrix), 0);
	for (uint32_t i = 0; i < matrix->rows; i++)
		sum += matrix->cell[i][0];
	assert_int_equal(sum, FLOWS - 901);
	free(matrix);
}

static void ask_sankey(struct fake *fake, const struct fb_query *query)
{
	const struct fb_cross cross = {
		.query = query,
		.field = {&fb_fields[FB_FIELD_src_ip], &fb_fields[FB_FIELD_dst_ip]},
		.n_fields = 2,
		.top = 5};
	struct fb_sankey *sankey;

	assert_int_equal(fb_query_sankey(&fake->snapshot, &cross, &sankey), 0);
	assert_int_equal(sankey->node[1][0].value, FLOWS - 901);
	free(sankey);
}

/* Whatever is asked of the same flows, they are looked for once, by whoever comes first. */
static void test_every_question(void **state)
{
	static void (*const asks[])(struct fake *,
				    const struct fb_query *) = {ask_hosts, ask_matrix, ask_sankey};

	(void)state;
	for (unsigned int first = 0; first < 3; first++) {
		const struct seen before = seen_since((struct seen){0, 0});
		struct fake *fake = make_flows();
		struct fb_query query;

		begin(&query, 900, 1);
		for (unsigned int i = 0; i < 3; i++)
			asks[(first + i) % 3](fake, &query);
		assert_int_equal(ask(fake, 900, NULL).hosts, 7);
		assert_int_equal(ask(fake, 900, "src.ip").hosts, 7);
		assert_int_equal(seen_since(before).found, 4);
		assert_int_equal(seen_since(before).left_out, 0);
		fb_query_fini(&query);
		fake_free(fake);
	}
}

/* Another snapshot has other flows; of one without a serial nothing is remembered. */
static void test_next_snapshot(void **state)
{
	const struct seen before = seen_since((struct seen){0, 0});
	struct fake *fake = make_flows();

	(void)state;
	assert_int_equal(ask(fake, 500, NULL).flows, FLOWS - 501);
	fake_traffic(fake, 3)->bytes[FB_UP] = 5000;
	fake->snapshot.serial = fb_snapshot_serial();
	assert_int_equal(ask(fake, 500, NULL).flows, FLOWS - 500);
	fake_traffic(fake, 4)->bytes[FB_UP] = 5000;
	fake->snapshot.serial = 0;
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(ask(fake, 500, NULL).flows, FLOWS - 499);
	assert_int_equal(seen_since(before).found, 0);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_share_of_a_source),
		cmocka_unit_test(test_every_question),
		cmocka_unit_test(test_next_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
