/* SPDX-License-Identifier: BSD-2-Clause */
// link: util
/* Who fills a bounded table loses own entries: held against a plain count of who holds what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/shares.h"

static void key_of(unsigned int owner, uint8_t key[static FB_SHARES_KEY])
{
	memset(key, 0, FB_SHARES_KEY);
	memcpy(key, &owner, sizeof(owner));
}

static uint32_t take(struct fb_shares *shares, unsigned int owner, bool *ret_evicted)
{
	uint8_t key[FB_SHARES_KEY];

	key_of(owner, key);
	return fb_shares_take(shares, key, ret_evicted);
}

static void test_greedy(void **state)
{
	struct fb_shares shares;
	bool evicted;
	uint32_t honest[3], first, n = 0;

	(void)state;
	assert_int_equal(fb_shares_init(&shares, 100), 0);
	for (unsigned int i = 0; i < 3; i++)
		honest[i] = take(&shares, 1, &evicted);
	first = take(&shares, 2, &evicted);
	for (unsigned int i = 0; i < 10000; i++) {
		const uint32_t number = take(&shares, 2, &evicted);

		/* from the moment that it is full, its own oldest */
		assert_int_equal(evicted, i >= 96);
		if (i == 96)
			assert_int_equal(number, first);
	}
	for (unsigned int i = 0; i < 3; i++)
		assert_true(fb_shares_is_held(&shares, honest[i]));
	assert_int_equal(fb_shares_held(&shares, honest[0]), 3);
	for (uint32_t i = fb_shares_newest(&shares, honest[0]); i != FB_NONE;
	     i = fb_shares_older(&shares, i))
		assert_int_equal(i, honest[2 - n++]);
	assert_int_equal(n, 3);
	/* who comes afterwards finds room */
	assert_int_not_equal(take(&shares, 3, &evicted), FB_NONE);
	assert_true(evicted);
	assert_true(fb_shares_is_held(&shares, honest[0]));
	fb_shares_fini(&shares);
}

static void test_renewed(void **state)
{
	struct fb_shares shares;
	bool evicted;
	uint32_t a, b;

	(void)state;
	assert_int_equal(fb_shares_init(&shares, 2), 0);
	a = take(&shares, 1, &evicted);
	b = take(&shares, 1, &evicted);
	fb_shares_renew(&shares, a);
	assert_int_equal(take(&shares, 2, &evicted), b);
	assert_true(evicted);
	/* all hold one: who came to it first goes, also if that is who asks */
	assert_int_equal(take(&shares, 1, &evicted), a);
	assert_int_equal(take(&shares, 1, &evicted), b);
	assert_int_equal(shares.n_owners, 1);
	fb_shares_give(&shares, a);
	fb_shares_give(&shares, b);
	assert_int_equal(shares.n_owners, 0);
	fb_shares_fini(&shares);
}

#define N      64
#define OWNERS 20

/* As the header says, told by counting. */
struct model {
	int owner[N]; /* -1: free */
	unsigned int time[N], held[OWNERS];
};

static void check(const struct fb_shares *shares, const struct model *model)
{
	unsigned int owners = 0;

	for (unsigned int i = 0; i < OWNERS; i++)
		owners += model->held[i] > 0;
	assert_int_equal(shares->n_owners, owners);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(fb_shares_is_held(shares, i), model->owner[i] >= 0);
		if (model->owner[i] >= 0)
			assert_int_equal(fb_shares_held(shares, i), model->held[model->owner[i]]);
	}
}

static void took(struct model *model, uint32_t number, int owner, bool evicted, unsigned int now)
{
	unsigned int most = 0;

	if (evicted) {
		const int loser = model->owner[number];

		assert_true(loser >= 0);
		for (unsigned int i = 0; i < OWNERS; i++)
			most = model->held[i] > most ? model->held[i] : most;
		assert_int_equal(model->held[loser], most);
		for (uint32_t i = 0; i < N; i++)
			assert_true(model->owner[i] != loser ||
				    model->time[i] >= model->time[number]);
		model->held[loser]--;
	}
	model->owner[number] = owner;
	model->time[number] = now;
	model->held[owner]++;
}

static void test_model(void **state)
{
	struct fb_shares shares;
	struct model model = {.time = {0}};

	(void)state;
	memset(model.owner, 0xff, sizeof(model.owner));
	assert_int_equal(fb_shares_init(&shares, N), 0);
	srand(7);
	for (unsigned int now = 0; now < 50000; now++) {
		const uint32_t number = (uint32_t)(rand() % N);
		const int owner = rand() % (1 + rand() % OWNERS);
		bool evicted;

		if (rand() % 4 == 0 && model.owner[number] >= 0) {
			fb_shares_give(&shares, number);
			model.held[model.owner[number]]--;
			model.owner[number] = -1;
		} else if (rand() % 4 == 0 && model.owner[number] >= 0) {
			fb_shares_renew(&shares, number);
			model.time[number] = now;
		} else {
			const uint32_t taken = take(&shares, (unsigned int)owner, &evicted);

			took(&model, taken, owner, evicted, now);
		}
		check(&shares, &model);
	}
	fb_shares_fini(&shares);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_renewed),
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
