/* SPDX-License-Identifier: BSD-2-Clause */
// link: sink util
/* What waits for a receiver comes out whole and in order, whatever its lengths; and no more fits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sink/spool.h"
#include "util/clock.h"

#define SIZE 4096
#define MOST 700

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static size_t length_of(uint32_t number)
{
	return 1 + number * 2654435761u % MOST;
}

static bool put(struct fb_spool *spool, uint32_t number)
{
	unsigned char message[MOST];

	memset(message, (int)number, sizeof(message));
	return fb_spool_add(spool, message, length_of(number), number);
}

static void get(struct fb_spool *spool, uint32_t number)
{
	uint32_t records;
	size_t len;
	const char *message = fb_spool_first(spool, &len, &records);

	assert_non_null(message);
	assert_int_equal(records, number);
	assert_int_equal(len, length_of(number));
	for (size_t i = 0; i < len; i++)
		assert_int_equal((unsigned char)message[i], number & 0xff);
	fb_spool_drop_first(spool);
}

static void test_random(void **state)
{
	uint32_t came = 0, went = 0, refused = 0, records;
	struct fb_spool spool;
	size_t len;

	(void)state;
	assert_int_equal(fb_spool_init(&spool, SIZE), 0);
	for (int i = 0; i < 200000; i++) {
		if (below(2)) {
			if (put(&spool, came))
				came++;
			else
				refused++;
		} else if (went < came) {
			get(&spool, went++);
		}
		assert_true(spool.used <= SIZE);
		assert_true((went == came) == !fb_spool_first(&spool, &len, &records));
	}
	assert_true(refused > 100 && came > 10000);
	while (went < came)
		get(&spool, went++);
	/* empty, it takes what fills it */
	for (records = 0; put(&spool, 0); records++)
		;
	assert_true(records >= SIZE / (length_of(0) + 16));
	fb_spool_fini(&spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	seed = fb_monotonic_ns();
	print_message("# seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
