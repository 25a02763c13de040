/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded table against a plain ring that does the same slowly. */
// link: util
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/lru.h"

#define MAX FB_LRU_WAYS /* one set */

struct thing {
	uint64_t value;
};

/* Places in a ring, and the hand. */
struct plain {
	struct {
		uint64_t key, value;
		bool taken, asked;
	} place[MAX];
	unsigned int hand, n;
};

static int find(const struct plain *plain, uint64_t key)
{
	for (unsigned int i = 0; i < MAX; i++)
		if (plain->place[i].taken && plain->place[i].key == key)
			return (int)i;
	return -1;
}

static unsigned int evict(struct plain *plain)
{
	for (;; plain->hand = (plain->hand + 1) % MAX) {
		if (!plain->place[plain->hand].asked)
			break;
		plain->place[plain->hand].asked = false;
	}
	plain->n--;
	plain->hand = (plain->hand + 1) % MAX;
	return (plain->hand + MAX - 1) % MAX;
}

static void put(struct plain *plain, uint64_t key, uint64_t value)
{
	unsigned int at = 0;

	while (at < MAX && plain->place[at].taken)
		at++;
	if (at == MAX)
		at = evict(plain);
	plain->place[at].key = key;
	plain->place[at].value = value;
	plain->place[at].taken = true;
	plain->place[at].asked = false;
	plain->n++;
}

static void get_one(struct fb_lru *lru, struct plain *plain, uint64_t key, uint64_t value)
{
	const int at = find(plain, key);
	bool is_new;
	struct thing *thing = fb_lru_get(lru, key, &is_new);

	assert_int_equal(is_new, at < 0);
	assert_int_equal(thing->value, at < 0 ? 0 : plain->place[at].value);
	thing->value = value;
	if (at < 0) {
		put(plain, key, value);
		return;
	}
	plain->place[at].value = value;
	plain->place[at].asked = true;
}

static void find_one(struct fb_lru *lru, struct plain *plain, uint64_t key, bool and_remove)
{
	const int at = find(plain, key);
	struct thing *thing;

	thing = fb_lru_find(lru, key);
	assert_int_equal(!thing, at < 0);
	if (!thing)
		return;
	assert_int_equal(thing->value, plain->place[at].value);
	plain->place[at].asked = true;
	if (!and_remove)
		return;
	fb_lru_remove(lru, thing);
	plain->place[at].taken = false;
	plain->n--;
}

static void holds_what_a_ring_would(void **state)
{
	struct plain plain = {.n = 0};
	struct fb_lru lru;
	uint32_t luck = 1;

	(void)state;
	assert_int_equal(fb_lru_init(&lru, sizeof(struct thing), MAX), 0);
	for (unsigned int i = 0; i < 200000; i++) {
		/* keys whose tags are often the same */
		const uint64_t key = (uint64_t)(luck >> 29) << 47 | (luck >> 24 & 3) << 1 | 1;

		if (luck & 1u << 23)
			get_one(&lru, &plain, key, i + 1);
		else
			find_one(&lru, &plain, key, luck & 1u << 22);
		luck = luck * 1664525 + 1013904223;
		assert_int_equal(lru.n, plain.n);
	}
	assert_true(lru.evicted > 1000);
	fb_lru_fini(&lru);
}

static void is_as_large_as_it_says(void **state)
{
	struct fb_lru lru;
	size_t memory;
	bool is_new;

	(void)state;
	assert_int_equal(fb_lru_init(&lru, sizeof(struct thing), 1000), 0);
	assert_in_range(lru.max, 1000, 1000 + FB_LRU_WAYS);
	memory = fb_lru_memory(&lru);
	for (uint64_t key = 1; key <= 100000; key++)
		fb_lru_get(&lru, key * 0x9e3779b97f4a7c15, &is_new);
	assert_int_equal(lru.n, lru.max);
	assert_int_equal(lru.evicted, 100000 - lru.max);
	assert_int_equal(fb_lru_memory(&lru), memory);
	fb_lru_fini(&lru);
}

/* However many come once: who is asked for now and then stays. */
static void keeps_who_is_asked_for(void **state)
{
	struct fb_lru lru;
	struct thing *thing;
	bool is_new;

	(void)state;
	assert_int_equal(fb_lru_init(&lru, sizeof(struct thing), MAX), 0);
	thing = fb_lru_get(&lru, 1, &is_new);
	thing->value = 7;
	for (uint64_t key = 2; key < 1000; key++) {
		fb_lru_get(&lru, key, &is_new);
		assert_true(is_new);
		if (key % (MAX - 2) == 0)
			assert_int_equal(((struct thing *)fb_lru_find(&lru, 1))->value, 7);
	}
	fb_lru_fini(&lru);
}

/* It does not matter what came between: half of the keys are asked for ahead. */
static void finds_by_place_what_it_finds_by_key(void **state)
{
	struct fb_lru ahead, plain;
	struct fb_lru_place place[8];
	bool is_new, was_new;
	uint32_t luck = 1;

	(void)state;
	assert_int_equal(fb_lru_init(&ahead, sizeof(struct thing), 50), 0);
	assert_int_equal(fb_lru_init(&plain, sizeof(struct thing), 50), 0);
	for (uint64_t i = 1; i < 200000; i++) {
		struct thing *thing, *same;

		if (i % 8 == 1)
			for (unsigned int k = 0; k < 8; k++) {
				luck = luck * 1664525 + 1013904223;
				fb_lru_place(&place[k], &ahead,
					     ((luck >> 24) + 1) * 0x9e3779b97f4a7c15);
				if (luck >> 8 & 1)
					fb_lru_fetch(&place[k]);
			}
		same = fb_lru_find(&plain, place[i % 8].key);
		thing = fb_lru_find_at(&place[i % 8]);
		assert_int_equal(!thing, !same);
		if (thing && i % 3 == 0) {
			assert_int_equal(thing->value, same->value);
			fb_lru_remove(&ahead, thing);
			fb_lru_remove(&plain, same);
			continue;
		}
		same = fb_lru_get(&plain, place[i % 8].key, &was_new);
		thing = fb_lru_get_at(&place[i % 8], &is_new);
		assert_int_equal(is_new, was_new);
		assert_int_equal(thing->value, same->value);
		thing->value = same->value = i;
	}
	assert_true(ahead.evicted > 1000);
	assert_int_equal(ahead.evicted, plain.evicted);
	fb_lru_fini(&ahead);
	fb_lru_fini(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_place_what_it_finds_by_key),
		cmocka_unit_test(holds_what_a_ring_would),
		cmocka_unit_test(keeps_who_is_asked_for),
		cmocka_unit_test(is_as_large_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
