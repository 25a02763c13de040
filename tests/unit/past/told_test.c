/* SPDX-License-Identifier: BSD-2-Clause */
// link: past flow util
/* What is told in parts adds up, whatever becomes of the flow and of its record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "past/told.h"
#include "unit/fake.h"

#define ID(generation, record) ((uint64_t)(generation) << 26 | (record))

static void test_parts(void **state)
{
	struct fake *fake = fake_new(100);
	struct fb_flow *flow = fake_flow(fake, 70);
	struct fb_traffic *traffic = fake_traffic(fake, 70);
	struct fb_flow_at at = fake_at(fake, 70);
	struct fb_told_part part;
	struct fb_told *told;

	(void)state;
	assert_int_equal(fb_told_new(&told), 0);
	assert_int_equal(fb_told_begin(told, &fake->snapshot), 0);
	*flow = (struct fb_flow){.id = ID(1, 70), .src_port = 1000, .first_seen = 5};
	assert_false(fb_told_part(told, &at, &part));
	*traffic = (struct fb_traffic){.packets = {3, 2}, .bytes = {300, 200}};
	assert_true(fb_told_part(told, &at, &part));
	assert_true(part.first && part.since_ns == 5 && part.bytes[0] == 300);
	assert_true(fb_told_part(told, &at, &part)); /* asked, not told */
	fb_told_mark(told, &at);
	assert_false(fb_told_part(told, &at, &part));
	traffic->packets[1] = 5, traffic->bytes[1] = 900;
	assert_true(fb_told_part(told, &at, &part));
	assert_true(!part.first && part.since_ns == fake->snapshot.now_ns);
	assert_int_equal(part.packets[0] + part.bytes[0], 0);
	assert_int_equal(part.packets[1], 3);
	assert_int_equal(part.bytes[1], 700);
	/* its ends are turned: what was told of one is told of the other */
	flow->src_port = 2000;
	*traffic = (struct fb_traffic){.packets = {5, 3}, .bytes = {900, 300}};
	assert_true(fb_told_part(told, &at, &part));
	assert_int_equal(part.bytes[0], 700);
	assert_int_equal(part.bytes[1], 0);
	fb_told_mark(told, &at);
	/* another interface speaks for it, and has counted less */
	traffic->bytes[0] = 850;
	assert_false(fb_told_part(told, &at, &part));
	fb_told_mark(told, &at);
	assert_int_equal(fb_told_excess(told), 50);
	traffic->bytes[0] = 1000;
	assert_true(fb_told_part(told, &at, &part));
	assert_int_equal(part.bytes[0], 100);
	/* the record is another flow's */
	assert_true(fb_told_once(told, &at, 2));
	assert_false(fb_told_once(told, &at, 2));
	flow->id = ID(2, 70);
	assert_true(fb_told_part(told, &at, &part));
	assert_true(part.first && part.bytes[0] == 1000);
	assert_true(fb_told_once(told, &at, 2));
	fb_told_free(told);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
