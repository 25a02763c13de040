/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy flow util
/* Both judges together: what is served, who has the last word, when the second abstains. */
#include "unit/judging.h"

#include "policy/learned.h"
#include "policy/teachings.h"

struct both {
	struct fb_learned *learned;
	struct fb_teachings teachings;
	struct fb_judge *judge;
};

static void begin(struct both *both)
{
	struct fb_judge_opts opts = {.teachings = &both->teachings};

	both->learned = fb_learned_new(fb_learned_shipped, fb_learned_shipped_n);
	opts.learned = both->learned;
	assert_non_null(both->learned);
	assert_int_equal(fb_teachings_init(&both->teachings), 0);
	assert_int_equal(fb_judge_new(&opts, &both->judge), 0);
}

static void end(struct both *both)
{
	fb_judge_free(both->judge);
	fb_teachings_fini(&both->teachings);
	fb_learned_free(both->learned);
}

static struct fb_judgement judge(struct both *both, const struct fb_judged *flow)
{
	struct fb_judgement judgement;

	fb_judge_whole(both->judge, flow, &judgement);
	return judgement;
}

static void serves_what_both_say(void **state)
{
	struct fb_judgement judgement;
	struct fb_judged flow;
	struct both both;
	char text[24];

	(void)state;
	begin(&both);
	flow = flow_of(0, "10.0.0.5", "192.0.2.1", 443);
	judgement = judge(&both, &flow);
	assert_int_equal(judgement.second.action, FB_JUDGE_ALLOW);
	assert_int_equal(judgement.action, FB_JUDGE_ALLOW);
	for (unsigned int i = 1; i < 30; i++) { /* a scan from outside */
		flow = vain(i, "198.51.100.7", host(text, 10, i), 23);
		judgement = judge(&both, &flow);
		if (judgement.rules == judgement.second.action)
			assert_int_equal(judgement.action, judgement.rules);
		else
			assert_int_equal(judgement.action, FB_JUDGE_INSPECT);
	}
	assert_int_equal(judgement.rules, FB_JUDGE_DENY);
	assert_int_not_equal(judgement.second.action, FB_JUDGE_ALLOW);
	assert_in_range(judgement.second.confidence, 500, 1000);
	assert_int_equal(fb_judge_agreement(both.judge)->all.flows, 30);
	end(&both);
}

static void knows_nothing_of_multicast(void **state)
{
	struct fb_judged flow = vain(0, "10.0.0.5", "224.0.0.251", 5353);
	struct fb_judgement judgement;
	struct both both;

	(void)state;
	begin(&both);
	judgement = judge(&both, &flow);
	assert_false(judgement.asked);
	assert_int_equal(judgement.action, FB_JUDGE_ALLOW);
	assert_int_equal(fb_judge_agreement(both.judge)->all.flows, 0);
	end(&both);
}

static void leaves_the_last_word_to_the_operator(void **state)
{
	struct fb_judged flow = flow_of(0, "10.0.0.5", "192.0.2.1", 443);
	struct fb_teaching teaching = {.deny = true, .ends = {.port = 443, .proto = TCP}};
	struct fb_judgement judgement;
	struct both both;
	uint32_t id;

	(void)state;
	begin(&both);
	memcpy(teaching.ends.client, flow.src, 16);
	memcpy(teaching.ends.server, flow.dst, 16);
	assert_int_equal(fb_teachings_add(&both.teachings, &teaching, &id), 0);
	judgement = judge(&both, &flow);
	assert_int_equal(judgement.taught, 1 + FB_JUDGE_DENY);
	assert_int_equal(judgement.action, FB_JUDGE_DENY);
	assert_int_equal(judgement.rules, FB_JUDGE_ALLOW); /* which do not learn */
	assert_int_equal(fb_teachings_undo(&both.teachings, id), 0);
	flow.time_ns += 5000000000ULL;
	judgement = judge(&both, &flow);
	assert_int_equal(judgement.taught, 0);
	assert_int_equal(judgement.action, FB_JUDGE_ALLOW);
	end(&both);
}

/* A world where it says the opposite of the rules. */
static void denies_nothing_while_it_abstains(void **state)
{
	struct fb_judgement judgement = {0};
	struct fb_learned_place place;
	struct both both;
	char text[24];

	(void)state;
	begin(&both);
	for (unsigned int i = 0; i < 4000; i++) {
		const struct fb_judged flow = vain(i, "198.51.100.7", host(text, 10, i), 23);

		judgement = judge(&both, &flow);
		fb_learned_place(&judgement.steps, &place);
		fb_learned_teach(both.learned, &place, false, 10000 * FB_LEARNED_UNIT);
		fb_learned_settle(both.learned);
	}
	assert_int_equal(judgement.rules, FB_JUDGE_DENY);
	assert_true(judgement.abstains);
	assert_int_equal(judgement.action, FB_JUDGE_INSPECT);
	end(&both);
}

/* What is known of a connection at its end is what was before it, and how it came out. */
static void hears_parts_as_the_whole(void **state)
{
	const struct fb_judged whole = flow_of(10, "10.0.0.5", "192.0.2.1", 8443);
	struct fb_judged begun = whole;
	struct fb_judgement judgement, parts = {0};
	struct both both, other;

	(void)state;
	begin(&both);
	begin(&other);
	begun.result = FB_JUDGED_UNKNOWN;
	begun.bytes[0] = begun.bytes[1] = 0;
	fb_judge_opened(other.judge, &begun, &parts);
	begun.result = FB_JUDGED_OK;
	fb_judge_result(other.judge, &begun, &parts);
	fb_judge_ended(other.judge, &whole, &parts);
	judgement = judge(&both, &whole);
	assert_memory_equal(&parts.steps, &judgement.steps, sizeof(parts.steps));
	assert_int_equal(parts.second.p, judgement.second.p);
	assert_int_equal(parts.action, judgement.action);
	assert_int_equal(fb_judge_agreement(other.judge)->all.flows, 1);
	end(&both);
	end(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_what_both_say),
		cmocka_unit_test(knows_nothing_of_multicast),
		cmocka_unit_test(leaves_the_last_word_to_the_operator),
		cmocka_unit_test(denies_nothing_while_it_abstains),
		cmocka_unit_test(hears_parts_as_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
