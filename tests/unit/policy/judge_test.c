/* SPDX-License-Identifier: BSD-2-Clause */
/* The judge as a whole: only what came before decides, its tables are bounded, it has words for
 * all. */
// link: policy flow util
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/sentences.h"
#include "unit/judging.h"

/* --- as a whole ------------------------------------------------------------------------------- */

#define TRAFFIC 20000

/* Some of everything, by a sequence that is always the same. */
static struct fb_judged *traffic(void)
{
	struct fb_judged *flows = calloc(TRAFFIC, sizeof(*flows));
	uint32_t luck = 1;

	assert_non_null(flows);
	for (unsigned int i = 0; i < TRAFFIC; i++) {
		char src[24], dst[24];
		bool out;

		luck = luck * 1664525 + 1013904223;
		out = luck >> 31;
		host(src, out ? 10 : 0, (luck >> 8) % (out ? 20 : 300));
		host(dst, out ? 0 : 10, 1 + (luck >> 13) % (out ? 200 : 4));
		flows[i] = luck >> 16 & 1 ? vain(i * 0.9, src, dst, (uint16_t)(luck >> 20 & 1023))
					  : flow_of(i * 0.9, src, dst, luck & 64 ? 443 : 22);
		flows[i].sport = (uint16_t)(30000 + (luck >> 9) % 30000);
	}
	return flows;
}

/* What is said of all of them, as it is written. */
static char *written(struct fb_judged *flows, unsigned int n)
{
	struct fb_judge *judge = judge_new();
	struct fb_buf text = FB_BUF_INIT;
	struct fb_judgement judgement;

	for (unsigned int i = 0; i < n; i++) {
		struct fb_json json;

		fb_judge_whole(judge, &flows[i], &judgement);
		fb_json_init(&json, &text);
		fb_judgement_write(&json, &judgement, &flows[i]);
	}
	fb_judge_free(judge);
	assert_int_equal(fb_buf_error(&text), 0);
	return fb_buf_take(&text, NULL);
}

static void says_the_same_of_the_same(void **state)
{
	struct fb_judged *flows = traffic();
	char *first = written(flows, TRAFFIC), *again = written(flows, TRAFFIC);

	(void)state;
	assert_string_equal(first, again);
	assert_non_null(strstr(first, "\"class\":\"high\""));
	assert_non_null(strstr(first, "\"risk\":0,"));
	free(first);
	free(again);
	free(flows);
}

/* In each window of 10 s they come in another order. */
static void does_not_mind_the_order_within_a_window(void **state)
{
	struct fb_judged *flows = traffic(), *other = traffic();
	const unsigned int window = 11;
	char *first, *again;

	(void)state;
	for (unsigned int i = 0; i < TRAFFIC; i += window) {
		const unsigned int n = i + window < TRAFFIC ? window : TRAFFIC - i;

		for (unsigned int k = 0; k < n; k++)
			other[i + k] = flows[i + n - 1 - k];
		fb_judge_sort(&flows[i], n);
		fb_judge_sort(&other[i], n);
	}
	first = written(flows, TRAFFIC);
	again = written(other, TRAFFIC);
	assert_string_equal(first, again);
	free(first);
	free(again);
	free(flows);
	free(other);
}

/* Some begin, some are answered, some end, and some do all of it. */
static void hears_many_as_one_by_one(void **state)
{
	static const uint8_t events[] = {1, 2, 4, 3, 7};
	const struct fb_judge_opts opts = {
		.learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n), .shrink = 6};
	struct fb_judgement *many = calloc(TRAFFIC, sizeof(*many));
	struct fb_judge_told *told = calloc(TRAFFIC, sizeof(*told));
	struct fb_judged *flows = traffic();
	struct fb_judge *judge, *other;

	(void)state;
	assert_int_equal(fb_judge_new(&opts, &judge), 0);
	assert_int_equal(fb_judge_new(&opts, &other), 0);
	for (unsigned int i = 0; i < TRAFFIC; i++)
		told[i] = (struct fb_judge_told){&flows[i], &many[i], events[i % sizeof(events)]};
	for (unsigned int i = 0; i < TRAFFIC; i += 1 + i % 50)
		fb_judge_tell(judge, &told[i], i + 1 + i % 50 < TRAFFIC ? 1 + i % 50 : TRAFFIC - i);
	for (unsigned int i = 0; i < TRAFFIC; i++) {
		struct fb_judgement one = {0};

		fb_judge_tell(other, &(struct fb_judge_told){&flows[i], &one, told[i].events}, 1);
		assert_memory_equal(&one, &many[i], sizeof(one));
	}
	fb_judge_free(judge);
	fb_judge_free(other);
	fb_learned_free((struct fb_learned *)opts.learned);
	free(many);
	free(told);
	free(flows);
}

static void hears_parts_as_the_whole(void **state)
{
	struct fb_judge *parts = judge_new(), *wholes = judge_new();
	struct fb_judged *flows = traffic();

	(void)state;
	for (unsigned int i = 0; i < TRAFFIC; i++) {
		struct fb_judgement part = {0}, whole;

		fb_judge_opened(parts, &flows[i], &part);
		fb_judge_result(parts, &flows[i], &part);
		fb_judge_ended(parts, &flows[i], &part);
		fb_judge_whole(wholes, &flows[i], &whole);
		assert_int_equal(part.class, whole.class);
	}
	fb_judge_free(parts);
	fb_judge_free(wholes);
	free(flows);
}

static void table_of(const struct fb_judge *judge, enum fb_judge_table table,
		     struct fb_judge_table_state *ret_state)
{
	fb_judge_table_state(judge, table, ret_state);
	assert_true(ret_state->used <= ret_state->max);
}

/* A million sources drive out none of those that have a history here, and no table grows. */
static void keeps_its_bounds(void **state)
{
	struct fb_judge *judge = judge_new();
	struct fb_judge_table_state firsts, pairs, table;
	size_t memory = 0;
	unsigned int points = 0;
	char text[24];

	(void)state;
	for (unsigned int i = 0; i < 1000000; i++) {
		struct fb_judged flow;

		if (i % 50000 == 0) {
			flow = flow_of(i * 0.001, "10.0.0.9", "203.0.113.1", 4444);
			flow.sport = (uint16_t)(40000 + i / 50000);
			flow.name = NULL;
			points = say(judge, &flow, FB_KIND_BEACON);
		}
		flow = vain(i * 0.001, host(text, 0, i), "10.0.0.5", 23);
		say(judge, &flow, FB_KIND_PROBE);
	}
	assert_int_equal(points, 35);
	table_of(judge, FB_JUDGE_TABLE_firsts_outside, &firsts);
	table_of(judge, FB_JUDGE_TABLE_pairs, &pairs);
	assert_int_equal(firsts.used, firsts.max);
	assert_true(firsts.evicted >= 1000000 - firsts.max);
	assert_int_equal(pairs.evicted, 0);
	for (unsigned int i = 0; i < FB_JUDGE_TABLE_COUNT; i++) {
		table_of(judge, i, &table);
		memory += table.memory;
	}
	print_message("# figure: the judge's tables take %zu kB at most\n", memory / 1024);
	assert_true(memory <= 36u << 20);
	fb_judge_free(judge);
}

/* Of strangers, or of what one of them forges, ten thousand an hour, more than tables hold: what
 * beats by the hour from here is seen all the same. */
static void strangers_drive_out_no_host_here(void **state)
{
	const struct fb_judge_opts opts = {
		.learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n), .shrink = 3};
	struct fb_judge_table_state table;
	struct fb_judgement judgement;
	struct fb_judge *judge;
	char text[24];

	(void)state;
	assert_int_equal(fb_judge_new(&opts, &judge), 0);
	for (unsigned int i = 0; i < 130000; i++) {
		struct fb_judged beat = flow_of(i * 0.36, "10.0.0.9", "203.0.113.1", 4444);
		struct fb_judged flow = vain(i * 0.36, host(text, 0, i), "10.0.0.5", 23);

		beat.sport = (uint16_t)(40000 + i / 10000);
		beat.name = NULL;
		if (i % 10000 == 0)
			fb_judge_whole(judge, &beat, &judgement);
		say(judge, &flow, FB_KIND_PROBE);
	}
	assert_int_equal(points_of(&judgement, FB_KIND_BEACON), 35);
	for (unsigned int i = 0; i < FB_JUDGE_TABLE_COUNT; i++) {
		table_of(judge, i, &table);
		if (!strstr(table.name, "outside") && strcmp(table.name, "closed") != 0)
			assert_int_equal(table.evicted, 0);
	}
	fb_judge_free(judge);
	fb_learned_free((struct fb_learned *)opts.learned);
}

static void has_words_for_everything(void **state)
{
	const struct fb_judged flow = flow_of(0, "10.0.0.5", "192.0.2.1", 445);
	const struct fb_evidence scan = {.kind = FB_KIND_SCAN, .form = 1, .n = {7, 12}};
	char text[FB_SENTENCE_LEN];

	(void)state;
	for (unsigned int kind = 0; kind < FB_KIND_COUNT; kind++) {
		const struct fb_evidence evidence = {.kind = (uint8_t)kind,
						     .n = {UINT64_MAX, UINT64_MAX}};

		assert_int_equal(fb_judge_kind_of(fb_judge_kind_name(kind)), kind);
		assert_non_null(fb_judge_kind_help(kind));
		assert_true(strlen(fb_evidence_text(&evidence, &flow, text)) > 10);
	}
	assert_null(fb_judge_kind_name(FB_KIND_COUNT));
	assert_null(fb_judge_kind_help(FB_KIND_COUNT));
	assert_int_equal(fb_judge_kind_of("nonsense"), -1);
	assert_string_equal(fb_evidence_text(&scan, &flow, text),
			    "7 hosts did not take its connections to port 445, within 12.0s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_the_same_of_the_same),
		cmocka_unit_test(does_not_mind_the_order_within_a_window),
		cmocka_unit_test(hears_many_as_one_by_one),
		cmocka_unit_test(hears_parts_as_the_whole),
		cmocka_unit_test(keeps_its_bounds),
		cmocka_unit_test(strangers_drive_out_no_host_here),
		cmocka_unit_test(has_words_for_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
