/* SPDX-License-Identifier: BSD-2-Clause */
/* Logins made here: which of them are guessing, and which only look like it. */
// link: policy flow util
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/judging.h"

static unsigned int log_in(struct fb_judge *judge, double at, const char *src, const char *dst,
			   uint64_t bytes)
{
	struct fb_judged flow = flow_of(at, src, dst, 22);

	flow.bytes[0] = bytes;
	return say(judge, &flow, FB_KIND_BRUTE);
}

static void sees_guessing_fast_and_slow(void **state)
{
	struct fb_judge *judge = judge_new();
	unsigned int points[4] = {0};

	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		points[0] = log_in(judge, i, "192.0.2.1", "10.0.0.5", 2000);
	assert_int_equal(points[0], 50);
	for (unsigned int i = 0; i < 12; i++) /* every 5 minutes, alike */
		points[1] = log_in(judge, 300 * i, "192.0.2.2", "10.0.0.6", 2100);
	assert_int_equal(points[1], 50);
	for (unsigned int i = 0; i < 12; i++) /* work, of any size */
		points[2] = log_in(judge, 4000 + i, "192.0.2.3", "10.0.0.7", 700u << (i % 5));
	assert_int_equal(points[2], 0);
	for (unsigned int i = 0; i < 4; i++) /* somebody who mistypes */
		points[3] = log_in(judge, 5000 + 60 * i, "192.0.2.4", "10.0.0.8", 2200);
	assert_int_equal(points[3], 0);
	fb_judge_free(judge);
}

/* The most points of forty, one each `gap` seconds. */
static unsigned int logins(struct fb_judged flow, unsigned int gap)
{
	struct fb_judge *judge = judge_new();
	unsigned int most = 0;

	for (unsigned int i = 0; i < 40; i++) {
		const unsigned int points = say(judge, &flow, FB_KIND_BRUTE);

		most = points > most ? points : most;
		flow.time_ns += gap * FB_NS_PER_S;
	}
	fb_judge_free(judge);
	return most;
}

static void leaves_work_that_looks_like_guessing(void **state)
{
	struct fb_judged git = flow_of(0, "10.0.0.5", "192.0.2.1", 22), unnamed = git, mail,
			 refused, watched = flow_of(0, "10.0.0.5", "10.0.0.6", 22);

	(void)state;
	git.bytes[0] = unnamed.bytes[0] = 4000;
	unnamed.name = NULL;
	assert_int_equal(logins(git, 300), 0);
	assert_int_equal(logins(unnamed, 300), 50);
	mail = flow_of(0, "192.0.2.1", "10.0.0.5", 25);
	mail.l7 = FB_JUDGED_SMTP;
	refused = mail;
	mail.bytes[0] = 5000;
	assert_int_equal(logins(mail, 60), 0);
	assert_int_equal(logins(refused, 60), 50);
	assert_int_equal(logins(watched, 60), 15);
	assert_int_equal(logins(watched, 20), 15);
	assert_int_equal(logins(watched, 5), 50);
}

/* Whom a mailbox was once shown has its password, and asks on; others are guessed at, too. */
static void leaves_who_got_in(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judged flow = flow_of(0, "192.0.2.1", "10.0.0.5", 993);

	(void)state;
	flow.bytes[1] = 40000;
	assert_int_equal(say(judge, &flow, FB_KIND_BRUTE), 0);
	flow.bytes[1] = 4000;
	for (unsigned int i = 0; i < 40; i++) {
		flow.time_ns += FB_NS_PER_S;
		assert_int_equal(say(judge, &flow, FB_KIND_BRUTE), 0);
	}
	flow = flow_of(60, "192.0.2.1", "10.0.0.6", 993);
	for (unsigned int i = 0; i < 7; i++)
		say(judge, &flow, FB_KIND_BRUTE);
	assert_int_equal(say(judge, &flow, FB_KIND_BRUTE), 50);
	fb_judge_free(judge);
}

static void sees_one_shape_from_many(void **state)
{
	struct fb_judge *judge = judge_new();
	char text[24];

	(void)state;
	for (unsigned int i = 1; i <= 9; i++)
		assert_int_equal(log_in(judge, 600 * i, host(text, 0, i), "10.0.0.5", 2410),
				 i >= 8 ? 50 : 0);
	for (unsigned int i = 1; i <= 9; i++) /* too seldom */
		assert_int_equal(
			log_in(judge, 10000 + 4000 * i, host(text, 0, 100 + i), "10.0.0.6", 2410),
			0);
	fb_judge_free(judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_guessing_fast_and_slow),
		cmocka_unit_test(leaves_work_that_looks_like_guessing),
		cmocka_unit_test(leaves_who_got_in),
		cmocka_unit_test(sees_one_shape_from_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
