/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy filter flow util
/* Rules: what matches, and that exceptions win. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/rules.h"
#include "util/addr.h"

static const struct fb_snapshot snapshot;
static const struct fb_traffic traffic;

static uint32_t add(struct fb_rules *rules, enum fb_rule_verb verb, const char *what)
{
	struct fb_rule rule = {.verb = verb}, *added = NULL;

	snprintf(rule.what, sizeof(rule.what), "%s", what);
	assert_int_equal(fb_rules_add(rules, &rule, &added), 0);
	return added->id;
}

/* The id of the rule that blocks a flow to that address and port, 0: none. */
static uint32_t blocks(struct fb_rules *rules, const char *dst, uint16_t port)
{
	struct fb_flow flow = {.id = 1, .proto = 6, .src_port = 40000, .dst_port = port};
	const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};
	const struct fb_rule *rule;

	assert_int_equal(fb_addr_parse(dst, flow.dst, &flow.family), 0);
	assert_int_equal(
		fb_addr_parse(strchr(dst, ':') ? "fd00::1" : "10.0.0.1", flow.src, &flow.family),
		0);
	rule = fb_rules_match(rules, &at);
	return rule && rule->verb != FB_RULE_ALLOW ? rule->id : 0;
}

static void matches(void **state)
{
	struct fb_rules *rules = calloc(1, sizeof(*rules));
	uint32_t net, port, exception;

	(void)state;
	assert_non_null(rules);
	assert_int_equal(blocks(rules, "192.0.2.1", 443), 0);
	net = add(rules, FB_RULE_BLOCK, "192.0.2.0/24");
	port = add(rules, FB_RULE_BLOCK, "dst.port in (25, 6881)");
	assert_true(rules->rule[0].net.family && !rules->rule[1].net.family);
	assert_int_equal(blocks(rules, "192.0.2.1", 443), net);
	assert_int_equal(blocks(rules, "192.0.3.1", 25), port);
	assert_int_equal(blocks(rules, "2001:db8::1", 25), port);
	assert_int_equal(blocks(rules, "192.0.3.1", 443), 0);
	exception = add(rules, FB_RULE_ALLOW, "192.0.2.1");
	assert_int_equal(blocks(rules, "192.0.2.1", 443), 0);
	assert_int_equal(blocks(rules, "192.0.2.2", 443), net);
	fb_rules_remove(rules, fb_rules_find(rules, exception));
	assert_null(fb_rules_find(rules, exception));
	assert_int_equal(blocks(rules, "192.0.2.1", 443), net);
	assert_int_equal(add(rules, FB_RULE_BLOCK, "dst.port = 1"), exception + 1);
	fb_rules_fini(rules);
	free(rules);
}

static void write_net(char *what, size_t size, int kind, int a, int b)
{
	if (kind == 0)
		snprintf(what, size, "172.%d.0.0/16", a);
	else if (kind == 1)
		snprintf(what, size, "172.%d.%d.0/24", a, b);
	else if (kind == 2)
		snprintf(what, size, "172.%d.%d.7", a, b);
	else
		snprintf(what, size, "2001:db8:%x:%x::/64", (unsigned int)a, (unsigned int)b);
}

/* However many: of those that hold an address the first one made; taken back in any order. */
static void finds_many(void **state)
{
	struct fb_rules *rules = calloc(1, sizeof(*rules));
	uint32_t first = 0;
	char what[64];

	(void)state;
	assert_non_null(rules);
	add(rules, FB_RULE_BLOCK, "dst.port = 25");
	for (int i = 0; i < 4000; i++) {
		const int k = i * 7 % 1000;

		write_net(what, sizeof(what), i / 1000, k / 4, k % 4 + 1);
		add(rules, FB_RULE_BLOCK, what);
	}
	assert_int_equal(blocks(rules, "172.249.1.7", 443),
			 first = blocks(rules, "172.249.9.9", 1));
	assert_true(first > 1 && first <= 1001);
	assert_int_equal(blocks(rules, "172.249.1.7", 25), 1);
	assert_int_equal(blocks(rules, "172.250.1.7", 443), 0);
	assert_true(blocks(rules, "2001:db8:f9:4::1", 443) > 3001);
	assert_int_equal(blocks(rules, "2001:db8:f9:5::1", 443), 0);
	while (first && first <= 1001) {
		fb_rules_remove(rules, fb_rules_find(rules, first));
		first = blocks(rules, "172.249.1.7", 443);
	}
	assert_true(first > 1001 && first <= 2001);
	fb_rules_remove(rules, fb_rules_find(rules, first));
	first = blocks(rules, "172.249.1.7", 443);
	assert_true(first > 2001 && first <= 3001);
	fb_rules_remove(rules, fb_rules_find(rules, 1));
	assert_int_equal(blocks(rules, "172.249.1.7", 25), first);
	fb_rules_fini(rules);
	assert_int_equal(rules->n_nets + rules->n_open, 0);
	free(rules);
}

static void refuses(void **state)
{
	struct fb_rules *rules = calloc(1, sizeof(*rules));
	struct fb_rule rule = {.what = "dst.prot = 1"}, *added;

	(void)state;
	assert_non_null(rules);
	assert_int_equal(fb_rules_add(rules, &rule, &added), -EINVAL);
	assert_non_null(strstr(rules->error, "dst.prot"));
	rule.what[0] = '\0';
	assert_int_equal(fb_rules_add(rules, &rule, &added), -EINVAL);
	for (int i = 0; i < FB_RULES_OPEN; i++)
		add(rules, i % 2 ? FB_RULE_ALLOW : FB_RULE_BLOCK,
		    i % 2 ? "192.0.2.1" : "dst.port = 25");
	snprintf(rule.what, sizeof(rule.what), "dst.port = 26");
	assert_int_equal(fb_rules_add(rules, &rule, &added), -ENOSPC);
	for (int i = FB_RULES_OPEN; i < FB_RULES; i++)
		add(rules, FB_RULE_BLOCK, "192.0.2.1");
	snprintf(rule.what, sizeof(rule.what), "192.0.2.1");
	assert_int_equal(fb_rules_add(rules, &rule, &added), -ENOSPC);
	fb_rules_fini(rules);
	free(rules);
}

static void ends_when_nobody_confirms(void **state)
{
	struct fb_rule rule = {.until_ms = 0};

	(void)state;
	assert_true(fb_rule_end_ms(&rule) == 0 && !fb_rule_is_over(&rule, INT64_MAX));
	rule.confirm_ms = 60;
	assert_true(fb_rule_end_ms(&rule) == 60);
	rule.until_ms = 50;
	assert_true(fb_rule_end_ms(&rule) == 50);
	rule.until_ms = 70;
	assert_true(fb_rule_end_ms(&rule) == 60);
	assert_false(fb_rule_is_over(&rule, 59));
	assert_true(fb_rule_is_over(&rule, 60));
	rule.confirm_ms = 0;
	assert_true(fb_rule_end_ms(&rule) == 70);
}

static void follow_a_clock_that_is_set(void **state)
{
	struct fb_rules *rules = calloc(1, sizeof(*rules));

	(void)state;
	assert_non_null(rules);
	add(rules, FB_RULE_BLOCK, "192.0.2.1");
	add(rules, FB_RULE_ALLOW, "192.0.2.2");
	rules->rule[0].made_ms = 1000;
	rules->rule[0].until_ms = 5000;
	rules->rule[1].made_ms = 2000;
	rules->rule[1].confirm_ms = 3000;
	fb_rules_shift(rules, -500);
	assert_true(rules->rule[0].made_ms == 500 && rules->rule[0].until_ms == 4500);
	assert_true(rules->rule[0].confirm_ms == 0 && rules->rule[1].until_ms == 0);
	assert_true(rules->rule[1].made_ms == 1500 && rules->rule[1].confirm_ms == 2500);
	assert_true(fb_rule_end_ms(&rules->rule[0]) == 4500);
	fb_rules_fini(rules);
	free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(finds_many),
		cmocka_unit_test(refuses),
		cmocka_unit_test(ends_when_nobody_confirms),
		cmocka_unit_test(follow_a_clock_that_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
