/* SPDX-License-Identifier: BSD-2-Clause */
// link: past flow util
/* When flows ended: known after they are gone, within bounds, a client's own make room for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "past/ends.h"
#include "unit/fake.h"

#define S 1000000000ull

/* It ended now. */
static void end(struct fb_ends *ends, struct fake *fake, uint64_t id, uint8_t client)
{
	uint32_t ended = 0;

	*fake_flow(fake, 0) = (struct fb_flow){
		.id = id, .family = 4, .closed = FB_CLOSED_FIN, .closed_at = fake->snapshot.now_ns};
	fake_flow(fake, 0)->src[15] = client;
	fake->snapshot.ended = &ended;
	fake->snapshot.n_ended = 1;
	assert_int_equal(fb_ends_consumer.tick(ends, &fake->snapshot, 0), 0);
	fake->snapshot.now_ns += S;
	fake->snapshot.wall_ms += 1000;
}

static void test_ends(void **state)
{
	struct fake *fake = fake_new(1);
	struct fb_ends *ends;
	unsigned int closed;
	int64_t first = fake->snapshot.wall_ms, ms;

	(void)state;
	assert_int_equal(fb_ends_new(&ends), 0);
	end(ends, fake, 7, 1);
	assert_true(fb_ends_find(ends, 7, &ms, &closed));
	assert_true(ms == first && closed == FB_CLOSED_FIN);
	assert_false(fb_ends_find(ends, 8, &ms, &closed));
	end(ends, fake, 7, 1); /* told again: stragglers came */
	assert_true(fb_ends_find(ends, 7, &ms, &closed));
	assert_true(ms == first + 1000);
	for (uint64_t id = 100; id < 100 + FB_ENDS + 500; id++)
		end(ends, fake, id, 2);
	assert_true(fb_ends_find(ends, 7, &ms, &closed)); /* another client's stays */
	assert_false(fb_ends_find(ends, 100, &ms, &closed));
	assert_true(fb_ends_find(ends, 99 + FB_ENDS + 500, &ms, &closed));
	assert_int_equal(fb_ends_forgotten(ends), 501);
	fb_ends_free(ends);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
