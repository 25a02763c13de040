/* SPDX-License-Identifier: BSD-2-Clause */
// link: engine policy filter flow util
/* Who is inside; and each inside host has a class of its own, as many as there may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/limits.h"
#include "kernel/qdisc.h"

/* --- what would be the kernel's --------------------------------------------------------------- */

static struct fb_rule_entry entries[FB_RULES_MAX];
static uint64_t rates[FB_RULES_MAX][2];
static unsigned int n_swept, room = UINT32_MAX;

void fb_shaper_open(struct fb_shaper *shaper, struct fb_rowmap *rows)
{
	(void)rows;
	*shaper = (struct fb_shaper){.ifindex = 7};
}

void fb_shaper_close(struct fb_shaper *shaper, bool keep)
{
	(void)keep;
	shaper->ifindex = 0;
}

int fb_shaper_put(struct fb_shaper *shaper, uint16_t number, bool down, uint64_t rate,
		  struct fb_why *why)
{
	if (!room)
		return fb_why_set(why, -1, "no room");
	room--;
	shaper->n_classes++;
	rates[number][down] = rate;
	return 0;
}

void fb_shaper_take(struct fb_shaper *shaper, uint16_t number, bool down)
{
	shaper->n_classes -= rates[number][down] != 0;
	rates[number][down] = 0;
}

void fb_shaper_check(struct fb_shaper *shaper)
{
	(void)shaper;
}

int fb_shaper_follow(struct fb_shaper *shaper, const uint32_t *ifindex, unsigned int n,
		     struct fb_why *why)
{
	(void)shaper, (void)ifindex, (void)n, (void)why;
	return 0;
}

bool fb_shaper_is_lost(struct fb_shaper *shaper)
{
	(void)shaper;
	return false;
}

int fb_qdisc_roots(void (*fn)(void *ctx, const struct fb_qdisc *qdisc), void *ctx)
{
	(void)fn, (void)ctx;
	return 0;
}

void fb_verdicts_limit(struct fb_verdicts *verdicts, uint16_t number, uint8_t limit,
		       uint64_t until_ns)
{
	verdicts->rule[number] = (struct fb_rule_entry){.limit = limit, .until = until_ns};
}

void fb_verdicts_sweep_all(struct fb_verdicts *verdicts, const bool numbers[static FB_RULES_MAX])
{
	(void)verdicts;
	for (unsigned int i = 0; i < FB_RULES_MAX; i++)
		n_swept += numbers[i];
}

/* --- the tests -------------------------------------------------------------------------------- */

static struct fb_verdicts verdicts = {.rule = entries};
static struct fb_links links;
static struct fb_rule rule = {.id = 1,
			      .verb = FB_RULE_LIMIT,
			      .number = 300,
			      .rate_up = 1000000,
			      .rate_down = 2000000,
			      .per_host = true};

static struct fb_limits *begin(void)
{
	struct fb_limits *limits = calloc(1, sizeof(*limits));
	struct fb_why why;

	assert_non_null(limits);
	memset(entries, 0, sizeof(entries));
	memset(rates, 0, sizeof(rates));
	room = UINT32_MAX;
	n_swept = 0;
	fb_limits_open(limits, &verdicts, &links);
	assert_int_equal(fb_limits_put(limits, &rule, true, 99, &why), 0);
	assert_int_equal(entries[300].limit, FB_LIMIT_UP | FB_LIMIT_DOWN | FB_LIMIT_INSIDE);
	return limits;
}

static struct fb_flow flow_of(uint32_t host)
{
	struct fb_flow flow = {.family = FB_IPV4, .scope = FB_SCOPE_INTERNAL_EXTERNAL};

	memcpy(flow.src + 12, &host, sizeof(host));
	return flow;
}

static void knows_who_is_inside(void **state)
{
	static const struct {
		enum fb_scope scope;
		enum fb_direction direction;
		unsigned int end;
	} cases[] = {
		{FB_SCOPE_INTERNAL_EXTERNAL, FB_DIRECTION_FORWARD, 0},
		{FB_SCOPE_EXTERNAL_INTERNAL, FB_DIRECTION_FORWARD, 1},
		{FB_SCOPE_INTERNAL, FB_DIRECTION_FORWARD, 0},
		{FB_SCOPE_EXTERNAL, FB_DIRECTION_FORWARD, 0},
		{FB_SCOPE_INTERNAL, FB_DIRECTION_IN, 1},
		{FB_SCOPE_EXTERNAL, FB_DIRECTION_OUT, 0},
		{FB_SCOPE_EXTERNAL, FB_DIRECTION_IN, 1},
		{FB_SCOPE_INTERNAL_EXTERNAL, FB_DIRECTION_IN, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct fb_flow flow = {.scope = (uint8_t)cases[i].scope,
					     .direction = (uint8_t)cases[i].direction};

		assert_int_equal(fb_limits_inside(&flow), cases[i].end);
	}
}

static void gives_each_host_its_own(void **state)
{
	struct fb_limits *limits = begin();
	struct fb_flow flow = flow_of(1), other = flow_of(2);
	uint16_t entry;

	(void)state;
	entry = fb_limits_entry(limits, &rule, &flow);
	assert_in_range(entry, FB_LIMIT_FIRST, FB_LIMIT_FIRST + FB_LIMIT_HOSTS - 1);
	assert_int_equal(fb_limits_entry(limits, &rule, &flow), entry);
	assert_int_not_equal(fb_limits_entry(limits, &rule, &other), entry);
	assert_true(rates[entry][0] == 1000000 && rates[entry][1] == 2000000);
	assert_true(entries[entry].until == 99);
	flow.scope = FB_SCOPE_EXTERNAL_INTERNAL;
	memcpy(flow.dst, other.src, 16);
	assert_int_not_equal(fb_limits_entry(limits, &rule, &flow), entry);
	assert_int_equal(limits->n_hosts, 2);
	fb_limits_take(limits, &rule);
	assert_int_equal(limits->n_hosts, 0);
	assert_int_equal(n_swept, 3);
	assert_int_equal(limits->shaper.n_classes, 0);
	assert_true(!entries[entry].until && !entries[300].until);
	fb_limits_close(limits, false);
	free(limits);
}

static void shares_what_is_left(void **state)
{
	struct fb_limits *limits = begin();
	struct fb_flow flow;

	(void)state;
	for (uint32_t i = 1; i <= FB_LIMIT_HOSTS; i++) {
		flow = flow_of(i);
		assert_int_not_equal(fb_limits_entry(limits, &rule, &flow), 300);
	}
	assert_int_equal(limits->crowded, 0);
	flow = flow_of(FB_LIMIT_HOSTS + 1);
	assert_int_equal(fb_limits_entry(limits, &rule, &flow), 300);
	assert_int_equal(limits->crowded, 1);
	fb_limits_take(limits, &rule);
	assert_int_equal(limits->shaper.n_classes, 0);
	fb_limits_close(limits, false);
	free(limits);
}

static void lets_hosts_rest(void **state)
{
	struct fb_limits *limits = begin();
	struct fb_rules *rules = calloc(1, sizeof(*rules));
	const struct fb_flow flow = flow_of(1);
	uint16_t entry;

	(void)state;
	rules->rule[0] = rule;
	rules->n = rules->n_open = 1;
	entry = fb_limits_entry(limits, &rule, &flow);
	entries[300].until = 500;
	entries[300].packets = 3;
	entries[entry].packets = 4;
	entries[entry].bytes = 400;
	fb_limits_tick(limits, rules);
	assert_true(entries[entry].until == 500);
	assert_true(entries[300].packets == 7 && entries[300].bytes == 400);
	assert_int_equal(limits->n_hosts, 1);
	limits->host[entry - FB_LIMIT_FIRST].last_ns = 0;
	fb_limits_tick(limits, rules);
	assert_int_equal(limits->n_hosts, 0);
	assert_true(!entries[entry].until && !rates[entry][0] && entries[300].until == 500);
	free(rules);
	fb_limits_close(limits, false);
	free(limits);
}

static void takes_all_or_nothing(void **state)
{
	struct fb_limits *limits = begin();
	struct fb_rule second = rule;
	const struct fb_flow flow = flow_of(1);
	struct fb_why why = {""};

	(void)state;
	second.number = 301;
	room = 1;
	assert_true(fb_limits_put(limits, &second, false, 99, &why) < 0);
	assert_string_equal(why.text, "no room");
	assert_true(!rates[301][0] && !rates[301][1] && !entries[301].until);
	room = 1;
	assert_int_equal(fb_limits_entry(limits, &rule, &flow), 300);
	assert_int_equal(limits->n_hosts, 0);
	assert_int_equal(limits->shaper.n_classes, 2);
	fb_limits_close(limits, false);
	free(limits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_who_is_inside),	cmocka_unit_test(gives_each_host_its_own),
		cmocka_unit_test(shares_what_is_left),	cmocka_unit_test(lets_hosts_rest),
		cmocka_unit_test(takes_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
