/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy util
/* The second judge: cells of facts, their weights, and what follows. */
#include <math.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "policy/learned.h"
#include "policy/outcome.h"

static const struct fb_learned_facts probe = {.dst_inside = true,
					      .proto = IPPROTO_TCP,
					      .result = FB_JUDGED_NOREPLY,
					      .port = 8291,
					      .up = 60};
static const struct fb_learned_facts web = {.src_inside = true,
					    .served = true,
					    .named = true,
					    .proto = IPPROTO_TCP,
					    .result = FB_JUDGED_OK,
					    .port = 443,
					    .src_flows = 900,
					    .src_failed = 9,
					    .repeats = 40,
					    .interval_ms = 5000,
					    .peers = 300,
					    .up = 4000,
					    .down = 90000};

static void place_of(const struct fb_learned_facts *facts, struct fb_learned_place *place)
{
	struct fb_learned *learned = fb_learned_new(NULL, 0);
	struct fb_learned_steps steps;

	assert_non_null(learned);
	fb_learned_take(learned, facts, &steps);
	fb_learned_free(learned);
	for (unsigned int i = 0; i < FB_LEARNED_FACTS; i++)
		assert_true(fb_learned_is_step(i, steps.step[i]));
	fb_learned_place(&steps, place);
}

static void teach(struct fb_learned *learned, const struct fb_learned_facts *facts, bool bad,
		  int flows)
{
	struct fb_learned_place place;

	place_of(facts, &place);
	fb_learned_teach(learned, &place, bad, (uint32_t)flows * FB_LEARNED_UNIT);
}

static struct fb_learned_opinion ask(const struct fb_learned *learned,
				     const struct fb_learned_facts *facts)
{
	struct fb_learned_opinion opinion;
	struct fb_learned_place place;

	place_of(facts, &place);
	fb_learned_judge(learned, &place, &opinion);
	return opinion;
}

static void keeps_to_its_tables(void **state)
{
	struct fb_learned_facts facts = {0};

	(void)state;
	for (int i = 0; i < 4 * 7 * 9; i++) {
		struct fb_learned_place place;

		facts.src_inside = i & 1;
		facts.dst_inside = i & 2;
		facts.served = facts.named = i & 4;
		facts.result = (uint8_t)(i / 4 % 9);
		facts.proto = (const uint8_t[]){6, 17, 1, 58, 132, 0, 255}[i / 36];
		facts.port = (uint16_t)(i * 997);
		facts.src_flows = facts.src_failed = UINT32_MAX >> i % 32;
		facts.repeats = facts.interval_ms = facts.peers = UINT32_MAX >> i % 32;
		facts.up = facts.down = UINT64_MAX >> i % 64;
		place_of(&facts, &place);
		for (unsigned int t = 0; t < FB_LEARNED_TABLES; t++)
			assert_int_equal(place.cell[t] / FB_LEARNED_CELLS, t);
	}
}

static void says_nothing_of_what_it_never_saw(void **state)
{
	struct fb_learned *learned = fb_learned_new(NULL, 0);
	struct fb_learned_opinion opinion = ask(learned, &probe);

	(void)state;
	assert_int_equal(opinion.p, 32768);
	assert_int_equal(opinion.confidence, 500);
	assert_int_equal(opinion.action, FB_JUDGE_INSPECT); /* it costs 2; to allow, 5 */
	teach(learned, &web, false, 1000);
	teach(learned, &web, true, 100);
	fb_learned_settle(learned);
	opinion = ask(learned, &probe);
	assert_int_equal(opinion.thinnest, 0);
	assert_int_equal(opinion.p, 32768);
	fb_learned_free(learned);
}

static void weighs_by_odds(void **state)
{
	struct fb_learned *learned = fb_learned_new(NULL, 0);
	struct fb_learned_opinion opinion;

	(void)state;
	teach(learned, &web, false, 900);
	teach(learned, &web, true, 100);
	teach(learned, &probe, false, 100);
	teach(learned, &probe, true, 900);
	fb_learned_settle(learned);
	opinion = ask(learned, &probe);
	/* Each table says ln((900.5 / 1000) / (100.5 / 1000)), and they share no cell. */
	for (int i = 0; i < FB_LEARNED_SHOWN; i++)
		assert_in_range(opinion.shown[i].weight, (int)(1000 * log(900.5 / 100.5)) - 2,
				(int)(1000 * log(900.5 / 100.5)) + 2);
	assert_in_range(opinion.p, 65504, 65507); /* 1 / (1 + e^-(.5 * 7 * 2.193)) */
	assert_int_equal(opinion.action, FB_JUDGE_DENY);
	assert_int_equal(opinion.thinnest, 1000);
	assert_in_range(opinion.confidence, 985, 991); /* .5 + .4999 * 1000 / 1020 */
	opinion = ask(learned, &web);
	assert_int_equal(opinion.action, FB_JUDGE_ALLOW);
	assert_in_range(opinion.p, 29, 32);
	fb_learned_free(learned);
}

static void bounds_a_weight(void **state)
{
	struct fb_learned *learned = fb_learned_new(NULL, 0);

	(void)state;
	teach(learned, &web, false, 1000000);
	teach(learned, &probe, true, 1000000);
	fb_learned_settle(learned);
	assert_int_equal(ask(learned, &probe).shown[0].weight, 3000);
	assert_int_equal(ask(learned, &web).shown[0].weight, -3000);
	fb_learned_free(learned);
}

static void goes_back_to_what_it_came_with(void **state)
{
	struct fb_learned *learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n);
	const struct fb_learned_opinion before = ask(learned, &probe);
	struct fb_learned_opinion after;

	(void)state;
	teach(learned, &probe, false, 10000);
	fb_learned_settle(learned);
	after = ask(learned, &probe);
	assert_true(after.p < before.p);
	fb_learned_reset(learned);
	fb_learned_settle(learned);
	after = ask(learned, &probe);
	assert_int_equal(after.p, before.p);
	assert_int_equal(after.thinnest, before.thinnest);
	assert_memory_equal(after.shown, before.shown, sizeof(after.shown));
	fb_learned_free(learned);
}

static void names_its_cells(void **state)
{
	struct fb_learned_place place;
	struct fb_learned_weight weight;
	char text[FB_LEARNED_TEXT_LEN];

	(void)state;
	place_of(&probe, &place);
	weight = (struct fb_learned_weight){place.cell[0], 2149};
	assert_string_equal(fb_learned_text(&weight, text), "odd port, not served, no name +2.1");
	weight.cell = place.cell[3];
	assert_string_equal(fb_learned_text(&weight, text), "in, first, <128 up +2.1");
	place_of(&web, &place);
	weight = (struct fb_learned_weight){place.cell[1], -951};
	assert_string_equal(fb_learned_text(&weight, text), "tcp ok, <8k up, <1M down -1.0");
	weight.cell = place.cell[5];
	assert_string_equal(fb_learned_text(&weight, text), "in a minute, <8k up -1.0");
	for (unsigned int cell = 0; cell < FB_LEARNED_TABLES * FB_LEARNED_CELLS; cell++) {
		weight = (struct fb_learned_weight){(uint16_t)cell, -3000};
		assert_true(strlen(fb_learned_text(&weight, text)) < FB_LEARNED_TEXT_LEN - 1);
	}
}

static void ships_clean_counts(void **state)
{
	(void)state;
	assert_in_range(fb_learned_shipped_n, 100, FB_LEARNED_TABLES * FB_LEARNED_CELLS);
	for (size_t i = 0; i < fb_learned_shipped_n; i++) {
		const struct fb_learned_count *count = &fb_learned_shipped[i];

		assert_true(count->cell < FB_LEARNED_TABLES * FB_LEARNED_CELLS);
		assert_true(i == 0 || count->cell > count[-1].cell);
		assert_true(count->good || count->bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_to_its_tables),
		cmocka_unit_test(says_nothing_of_what_it_never_saw),
		cmocka_unit_test(weighs_by_odds),
		cmocka_unit_test(bounds_a_weight),
		cmocka_unit_test(goes_back_to_what_it_came_with),
		cmocka_unit_test(names_its_cells),
		cmocka_unit_test(ships_clean_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
