/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy enrich filter flow util
/* What a rule would do: sums, what is left out and why, examples, and whom it cuts off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/ruleeffect.h"
#include "unit/fake.h"

/* Client, server, its port, bytes; scope by the first of each address: 10 is inside. */
static const struct row {
	const char *src, *dst;
	uint16_t port;
	uint64_t bytes;
} rows[] = {
	{"10.0.0.5", "192.0.2.1", 443, 100}, {"10.0.0.5", "192.0.2.1", 80, 300},
	{"10.0.0.6", "192.0.2.1", 443, 700}, {"10.0.0.6", "10.0.0.53", 53, 50},
	{"10.0.0.7", "192.0.2.2", 443, 900}, {"192.0.2.9", "10.0.0.8", 8443, 20},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static struct fake *world(void)
{
	struct fake *fake = fake_new(ROWS + 1); /* the last one is over */

	for (uint32_t i = 0; i <= ROWS; i++) {
		const struct row *row = &rows[i % ROWS];
		struct fb_flow *flow = fake_flow(fake, i);
		const bool in = row->src[1] == '0', out = row->dst[1] != '0';

		flow->id = i + 1;
		flow->proto = 6;
		flow->src_port = (uint16_t)(40000 + i);
		flow->dst_port = row->port;
		flow->direction = FB_DIRECTION_FORWARD;
		flow->scope = in && out ? FB_SCOPE_INTERNAL_EXTERNAL
			      : in	? FB_SCOPE_INTERNAL
					: FB_SCOPE_EXTERNAL_INTERNAL;
		flow->closed = i == ROWS ? FB_CLOSED_TIMEOUT : FB_CLOSED_NOT;
		assert_int_equal(fb_addr_parse(row->src, flow->src, &flow->family), 0);
		assert_int_equal(fb_addr_parse(row->dst, flow->dst, &flow->family), 0);
		fake_traffic(fake, i)->bytes[FB_DOWN] = row->bytes;
	}
	return fake;
}

/* What a rule would do, with this exception (NULL: none); the resolver is 10.0.0.53. */
static struct fb_rule_effect effect_of(enum fb_rule_verb verb, const char *what,
				       const char *exception)
{
	struct fake *fake = world();
	struct fb_rule rule = {.verb = verb};
	struct fb_never_facts facts = {.n_resolvers = 1};
	struct fb_filter *allowed = NULL;
	struct fb_filter_error error;
	struct fb_rule_ask ask = {.rule = &rule,
				  .exceptions = &allowed,
				  .n_exceptions = !!exception,
				  .facts = &facts};
	struct fb_rule_effect effect;
	char why[200];

	assert_int_equal(
		fb_addr_parse("10.0.0.53", facts.resolver[0].addr, &facts.resolver[0].family), 0);
	snprintf(rule.what, sizeof(rule.what), "%s", what);
	assert_int_equal(fb_rule_compile(&rule, why, sizeof(why)), 0);
	if (exception)
		assert_int_equal(fb_filter_compile(exception, &allowed, &error), 0);
	assert_int_equal(fb_rule_effect_count(&ask, &fake->snapshot, &effect), 0);
	fb_filter_free(allowed);
	fb_filter_free(rule.filter);
	fake_free(fake);
	return effect;
}

static void sums_up(void **state)
{
	struct fb_rule_effect effect = effect_of(FB_RULE_BLOCK, "192.0.2.1", NULL);

	(void)state;
	assert_int_equal(effect.flows, 3);
	assert_int_equal(effect.hosts, 2);
	assert_int_equal(effect.bytes, 1100);
	assert_int_equal(effect.n_examples, 3);
	assert_int_equal(effect.example[0], 2);
	assert_int_equal(effect.example[1], 1);
	assert_int_equal(effect.example[2], 0);
	effect = effect_of(FB_RULE_BLOCK, "port in (1-65535)", NULL);
	assert_int_equal(effect.flows, 5);
	assert_int_equal(effect.n_examples, FB_RULE_EXAMPLES);
	assert_int_equal(effect.example[0], 4);
	assert_int_equal(effect.example[4], 5);
}

static void says_what_is_left_out(void **state)
{
	struct fb_rule_effect effect =
		effect_of(FB_RULE_BLOCK, "src.ip = 10.0.0.0/8", "dst.port = 443");

	(void)state;
	assert_int_equal(effect.flows, 1);
	assert_int_equal(effect.excepted, 3);
	assert_int_equal(effect.left_out[FB_NEVER_RESOLVER], 1);
	effect = effect_of(FB_RULE_ALLOW, "src.ip = 10.0.0.0/8", NULL);
	assert_int_equal(effect.flows, 5);
	assert_int_equal(effect.left_out[FB_NEVER_RESOLVER], 0);
}

static void knows_whom_it_cuts_off(void **state)
{
	static const struct {
		const char *what;
		bool inside;
	} cases[] = {
		{"10.0.0.5", true},
		{"10.0.0.0/24", true},
		{"192.0.2.1", false},
		{"192.0.2.0/24", false},
		{"src.ip = 10.0.0.5", true},
		{"dst.ip = 192.0.2.1", true}, /* all that 10.0.0.5 has */
		{"dst.ip = 192.0.2.2", false},
		{"dst.port = 80", false},
		{"dst.port = 8443", false},
		{"dst.port = 9999", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (effect_of(FB_RULE_BLOCK, cases[i].what, NULL).touches_inside != cases[i].inside)
			fail_msg("%s", cases[i].what);
	assert_false(effect_of(FB_RULE_ALLOW, "10.0.0.5", NULL).touches_inside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_up),
		cmocka_unit_test(says_what_is_left_out),
		cmocka_unit_test(knows_whom_it_cuts_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
