/* SPDX-License-Identifier: BSD-2-Clause */
// link: past util
/* What hosts moved in a tick: sums, look-ups, and the busiest first, over many and few hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "past/busiest.h"

static void make_flow(struct fb_flow *flow, uint32_t host, uint8_t family)
{
	*flow = (struct fb_flow){.id = 1, .family = family};
	memcpy(flow->src + 12, &host, sizeof(host));
}

static void add(struct fb_busiest *busy, uint32_t host, uint8_t family, uint64_t up, uint64_t down)
{
	struct fb_traffic traffic = {.moved_bytes = {(int64_t)up, (int64_t)down}};
	struct fb_flow flow;
	struct fb_flow_at at = {NULL, &flow, &traffic, NULL};

	make_flow(&flow, host, family);
	assert_int_equal(fb_busiest_add(busy, &at, host), 0);
}

static const struct fb_busiest_host *find(const struct fb_busiest *busy, uint32_t host,
					  uint8_t family)
{
	struct fb_flow flow;

	make_flow(&flow, host, family);
	return fb_busiest_find(busy, flow.src, family);
}

static void test_sums(void **state)
{
	const struct fb_busiest_host *top[4];
	struct fb_busiest busy;

	(void)state;
	assert_int_equal(fb_busiest_init(&busy), 0);
	assert_int_equal(fb_busiest_top(&busy, top, 4), 0);
	add(&busy, 7, FB_IPV4, 10, 1);
	add(&busy, 7, FB_IPV4, 20, 2);
	add(&busy, 7, FB_IPV6, 5, 0); /* the same bytes, and not the same host */
	assert_int_equal(find(&busy, 7, FB_IPV4)->bytes[FB_UP], 30);
	assert_int_equal(find(&busy, 7, FB_IPV4)->bytes[FB_DOWN], 3);
	assert_int_equal(find(&busy, 7, FB_IPV6)->bytes[FB_UP], 5);
	assert_null(find(&busy, 8, FB_IPV4));
	assert_int_equal(fb_busiest_top(&busy, top, 4), 2);
	assert_ptr_equal(top[0], find(&busy, 7, FB_IPV4));
	fb_busiest_clear(&busy);
	assert_null(find(&busy, 7, FB_IPV4));
	fb_busiest_fini(&busy);
}

static void test_many(void **state)
{
	const struct fb_busiest_host *top[24];
	struct fb_busiest busy;
	uint32_t room;

	(void)state;
	assert_int_equal(fb_busiest_init(&busy), 0);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 50000; i++)
			add(&busy, i, FB_IPV4, (i * 7919 % 50000) * 2, 1);
	assert_int_equal(busy.n, 50000);
	assert_int_equal(fb_busiest_top(&busy, top, 24), 24);
	for (uint32_t i = 0; i < 24; i++) {
		assert_int_equal(top[i]->bytes[FB_UP], (49999 - i) * 4);
		assert_int_equal(top[i]->row * 7919 % 50000, 49999 - i);
	}
	room = busy.size + busy.index.mask;
	for (int i = 0; i < 8; i++) /* a flood is over: its room goes back */
		fb_busiest_clear(&busy);
	assert_true(busy.size + busy.index.mask < room / 8);
	add(&busy, 3, FB_IPV4, 1, 1);
	assert_int_equal(fb_busiest_top(&busy, top, 24), 1);
	fb_busiest_fini(&busy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
