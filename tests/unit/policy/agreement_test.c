/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy
/* When the second judge abstains, and when it speaks again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "policy/agreement.h"

#define MINUTE 60000000000ULL

enum { ALLOW, INSPECT, DENY };

/* Ten connections in each of the minutes, of which `agreed` were on the same side. */
static void pass(struct fb_agreement *agreement, unsigned int from, unsigned int to,
		 unsigned int agreed)
{
	for (unsigned int minute = from; minute < to; minute++)
		for (unsigned int i = 0; i < 10; i++)
			fb_agreement_add(agreement, INSPECT, i < agreed ? INSPECT : ALLOW,
					 minute * MINUTE + i);
}

static void counts_words_and_sides(void **state)
{
	static const struct {
		unsigned int rules, learned;
	} pairs[] = {
		{ALLOW, ALLOW}, {INSPECT, DENY}, {DENY, DENY}, {ALLOW, INSPECT}, {DENY, ALLOW}};
	struct fb_agreement agreement = {.begun = false};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		fb_agreement_add(&agreement, pairs[i].rules, pairs[i].learned, 5 * MINUTE);
	assert_int_equal(agreement.all.flows, 5);
	assert_int_equal(agreement.all.same, 2);
	assert_int_equal(agreement.all.side, 3);
	fb_agreement_add(&agreement, ALLOW, ALLOW, 4 * MINUTE); /* late: counts now */
	assert_int_equal(fb_agreement_hour(&agreement).flows, 6);
	fb_agreement_add(&agreement, ALLOW, ALLOW, 65 * MINUTE);
	assert_int_equal(fb_agreement_hour(&agreement).flows, 1);
	assert_int_equal(agreement.all.flows, 7);
}

static void abstains_after_an_hour(void **state)
{
	struct fb_agreement agreement = {.begun = false};

	(void)state;
	pass(&agreement, 100, 160, 6);
	assert_false(agreement.abstains);
	pass(&agreement, 160, 161, 6);
	assert_true(agreement.abstains);
	pass(&agreement, 161, 201, 7); /* 70 % is not low, but not good enough to begin again */
	pass(&agreement, 201, 230, 7);
	assert_true(agreement.abstains);
	pass(&agreement, 230, 291, 8);
	assert_false(agreement.abstains);
	pass(&agreement, 291, 360, 7);
	assert_false(agreement.abstains);
	pass(&agreement, 360, 421, 6);
	assert_true(agreement.abstains);
}

static void needs_some_flows(void **state)
{
	struct fb_agreement agreement = {.begun = false};

	(void)state;
	for (unsigned int minute = 0; minute < 120; minute++)
		fb_agreement_add(&agreement, DENY, ALLOW, minute * MINUTE);
	assert_false(agreement.abstains);
	pass(&agreement, 120, 181, 0);
	assert_true(agreement.abstains);
	fb_agreement_add(&agreement, DENY, DENY, 100000 * MINUTE); /* silence changes nothing */
	assert_true(agreement.abstains);
	assert_int_equal(fb_agreement_hour(&agreement).flows, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_words_and_sides),
		cmocka_unit_test(abstains_after_an_hour),
		cmocka_unit_test(needs_some_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
