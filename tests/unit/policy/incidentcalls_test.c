/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy filter format flow util
/* What automation hears of: both judges sure, in two windows, by what nobody can forge or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/incidents.h"
#include "util/addr.h"

#define NOW    1700000000000ll
#define WINDOW 10000ll

static struct fb_incidents incidents;
static uint64_t last_flow;
static unsigned int calls[2]; /* that may be forged, that may not */
static struct fb_incident last;

static void note_call(void *ctx, const struct fb_incident *incident, bool proven)
{
	(void)ctx;
	calls[proven]++;
	last = *incident;
}

static int fresh(void **state)
{
	(void)state;
	memset(calls, 0, sizeof(calls));
	if (fb_incidents_init(&incidents) < 0)
		return -1;
	incidents.to.called = note_call;
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	fb_incidents_fini(&incidents);
	return 0;
}

/* A guesser's connection from outside, of which both judges are sure. */
static const struct fb_judged guess = {.sport = 40000,
				       .dport = 22,
				       .proto = 6,
				       .family = 4,
				       .src = {192, 0, 2, 1},
				       .dst = {10, 0, 0, 5},
				       .dst_here = true};
static const struct fb_judgement sure = {
	.asked = true,
	.risk = 60,
	.action = FB_JUDGE_DENY,
	.rules = FB_JUDGE_DENY,
	.second = {.action = FB_JUDGE_DENY, .confidence = 900},
	.n = 1,
	.evidence = {{.kind = FB_KIND_BRUTE, .points = 60, .n = {7, 22}}},
};

static void tell(const struct fb_judged *flow, const struct fb_judgement *judgement, int64_t ms)
{
	fb_incidents_tell(&incidents, flow, judgement, ++last_flow, ms);
}

static void calls_in_the_second_window(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		tell(&guess, &sure, NOW + i);
	assert_int_equal(calls[true], 0);
	tell(&guess, &sure, NOW + WINDOW);
	assert_int_equal(calls[true], 1);
	assert_true(last.calls.one_port && last.calls.port == 22);
	tell(&guess, &sure, NOW + WINDOW + 1);
	tell(&guess, &sure, NOW + 2 * WINDOW);
	assert_int_equal(calls[true], 1); /* two more are wanted */
	tell(&guess, &sure, NOW + 3 * WINDOW);
	assert_int_equal(calls[true], 2);
	assert_int_equal(calls[false], 0);
}

static void both_must_be_sure(void **state)
{
	struct fb_judgement unsure[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		unsure[i] = sure;
	unsure[0].asked = false;
	unsure[1].abstains = true;
	unsure[2].rules = FB_JUDGE_INSPECT;
	unsure[3].second.action = FB_JUDGE_INSPECT;
	unsure[4].second.confidence = 899;
	unsure[5].action = FB_JUDGE_ALLOW; /* the operator said so */
	unsure[6].evidence[0].kind = FB_KIND_BEACON;
	unsure[7].evidence[0].kind = FB_KIND_PROBE;
	for (int i = 0; i < 8; i++)
		for (int window = 0; window < 4; window++)
			tell(&guess, &unsure[i], NOW + window * WINDOW);
	fb_incidents_age(&incidents, NOW + 5 * WINDOW);
	assert_int_equal(calls[false] + calls[true], 0);
}

static void within_and_outside_are_nobodys(void **state)
{
	struct fb_judged within = guess, outside = guess;

	(void)state;
	within.src_here = true;
	outside.dst_here = false;
	for (int window = 0; window < 4; window++) {
		tell(&within, &sure, NOW + window * WINDOW);
		tell(&outside, &sure, NOW + window * WINDOW);
	}
	assert_int_equal(calls[false] + calls[true], 0);
}

/* Only when the window is over: what of it is not forged may come yet. */
static void what_may_be_forged_waits(void **state)
{
	struct fb_judged forged = guess;

	(void)state;
	forged.forgeable = true;
	tell(&forged, &sure, NOW);
	tell(&forged, &sure, NOW + WINDOW);
	fb_incidents_age(&incidents, NOW + WINDOW);
	assert_int_equal(calls[false], 0);
	fb_incidents_age(&incidents, NOW + 2 * WINDOW);
	assert_int_equal(calls[false], 1);
	assert_int_equal(calls[true], 0);
	tell(&guess, &sure, NOW + 2 * WINDOW);
	assert_int_equal(calls[true], 0); /* one window is proven */
	tell(&guess, &sure, NOW + 3 * WINDOW);
	assert_int_equal(calls[true], 1);
}

/* Whoever is forged may have real connections, too: they prove nothing of the scan. */
static void a_scan_is_never_proven(void **state)
{
	struct fb_judgement scan = sure;

	(void)state;
	scan.evidence[0].kind = FB_KIND_SCAN;
	for (int window = 0; window < 4; window++)
		tell(&guess, &scan, NOW + window * WINDOW);
	assert_int_equal(calls[true], 0);
	assert_int_equal(calls[false], 2);
}

static void ports_are_told_if_there_is_one(void **state)
{
	struct fb_judged other = guess;

	(void)state;
	other.dport = 2222;
	tell(&guess, &sure, NOW);
	tell(&other, &sure, NOW);
	tell(&other, &sure, NOW + WINDOW);
	assert_int_equal(calls[true], 1);
	assert_false(last.calls.one_port);
	tell(&other, &sure, NOW + 2 * WINDOW);
	tell(&other, &sure, NOW + 3 * WINDOW);
	assert_true(last.calls.one_port && last.calls.port == 2222);
}

static void what_is_silenced_is_left_alone(void **state)
{
	const struct fb_incident_silence silence = {.kind = FB_KIND_BRUTE};
	uint32_t id;

	(void)state;
	assert_int_equal(fb_incidents_hide(&incidents, &silence, &id), 0);
	for (int window = 0; window < 4; window++)
		tell(&guess, &sure, NOW + window * WINDOW);
	assert_int_equal(calls[true], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, remove_all)
	const struct CMUnitTest tests[] = {
		TEST(calls_in_the_second_window),     TEST(both_must_be_sure),
		TEST(within_and_outside_are_nobodys), TEST(what_may_be_forged_waits),
		TEST(a_scan_is_never_proven),	      TEST(ports_are_told_if_there_is_one),
		TEST(what_is_silenced_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
