/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy util
/* What is remembered of the second judge is what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/opinions.h"

/* One of all there are, by a number. */
static struct fb_learned_steps steps_of(uint32_t luck)
{
	struct fb_learned_steps steps;

	for (unsigned int i = 0; i < FB_LEARNED_FACTS; i++) {
		luck = luck * 1664525 + 1013904223;
		steps.step[i] = (uint8_t)(luck >> 24 & 15);
		while (!fb_learned_is_step(i, steps.step[i]))
			steps.step[i] /= 2;
	}
	return steps;
}

static void compare(struct fb_opinions *opinions, const struct fb_learned *learned, uint32_t luck)
{
	const struct fb_learned_steps steps = steps_of(luck);
	struct fb_learned_opinion got, wanted;
	struct fb_learned_place place;

	fb_opinions_ask(opinions, learned, &steps, &got);
	fb_learned_place(&steps, &place);
	fb_learned_judge(learned, &place, &wanted);
	assert_int_equal(got.p, wanted.p);
	assert_int_equal(got.confidence, wanted.confidence);
	assert_int_equal(got.action, wanted.action);
	assert_int_equal(got.thinnest, wanted.thinnest);
	assert_memory_equal(got.shown, wanted.shown, sizeof(got.shown));
}

static void is_what_the_second_judge_says(void **state)
{
	struct fb_learned *learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n);
	static struct fb_opinions opinions;
	const struct fb_learned_steps steps = steps_of(1);
	struct fb_learned_place place;

	(void)state;
	/* more of them than there is room for, and again; then it is taught */
	for (uint32_t i = 0; i < 8 * FB_OPINIONS; i++)
		compare(&opinions, learned, i % (2 * FB_OPINIONS));
	fb_learned_place(&steps, &place);
	fb_learned_teach(learned, &place, true, 1000 * FB_LEARNED_UNIT);
	fb_learned_settle(learned);
	for (uint32_t i = 0; i < FB_OPINIONS; i++)
		compare(&opinions, learned, i);
	fb_learned_free(learned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(is_what_the_second_judge_says)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
