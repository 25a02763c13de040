// link: util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Prefixes of both families: in order, each once, found and sought. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/prefixes.h"

static struct fb_cidr net(const char *text)
{
	struct fb_cidr cidr = {.family = 0};

	assert_int_equal(fb_cidr_parse(text, &cidr), 0);
	return cidr;
}

static const char *const in_order[] = {
	"1.0.0.0/8",	 "1.2.3.0/24",	    "1.2.3.0/25",  "1.2.3.0/32",
	"1.2.3.4",	 "255.255.255.255", "::/16",	   "::1",
	"2001:db8::/32", "2001:db8::/48",   "2001:db8::1", "ffff::/16",
};

#define N (sizeof(in_order) / sizeof(*in_order))

static struct fb_prefixes *fill(void)
{
	struct fb_prefixes *prefixes;

	assert_int_equal(fb_prefixes_new(&prefixes), 0);
	for (unsigned int times = 0; times < 3; times++)
		for (unsigned int i = 0; i < N; i++) {
			const struct fb_cidr one = net(in_order[(i * 5 + times) % N]);

			assert_int_equal(fb_prefixes_add(prefixes, &one), 0);
		}
	fb_prefixes_close(prefixes);
	return prefixes;
}

static void test_order(void **state)
{
	struct fb_prefixes *prefixes = fill();

	(void)state;
	assert_int_equal(fb_prefixes_count(prefixes), N);
	for (uint32_t i = 0; i < N; i++) {
		const struct fb_cidr wanted = net(in_order[i]);
		struct fb_cidr got;

		fb_prefixes_at(prefixes, i, &got);
		assert_memory_equal(&got, &wanted, sizeof(got));
		assert_int_equal(fb_prefixes_find(prefixes, &wanted), i);
		assert_int_equal(fb_prefixes_seek(prefixes, &wanted), i);
	}
	fb_prefixes_free(prefixes);
}

static void test_seek(void **state)
{
	static const struct {
		const char *net;
		uint32_t first;
	} asked[] = {{"0.0.0.0/8", 0}, {"1.0.0.0/9", 1}, {"1.2.3.0/26", 3},   {"2.0.0.0/8", 5},
		     {"::/8", 6},      {"::2", 8},	 {"2001:db8::2", 11}, {"ffff::1", N}};
	struct fb_prefixes *prefixes = fill();

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		const struct fb_cidr one = net(asked[i].net);

		assert_int_equal(fb_prefixes_seek(prefixes, &one), asked[i].first);
		assert_int_equal(fb_prefixes_find(prefixes, &one), FB_PREFIXES_NONE);
	}
	fb_prefixes_free(prefixes);
}

static void test_many(void **state)
{
	struct fb_prefixes *prefixes;
	struct fb_cidr one = net("1.0.0.0/32");

	(void)state;
	assert_int_equal(fb_prefixes_new(&prefixes), 0);
	for (uint32_t i = 0; i < 70000; i++) {
		const uint32_t k = i * 7919 % 70000; /* each once, in no order */

		one.addr[13] = (uint8_t)(k >> 16);
		one.addr[14] = (uint8_t)(k >> 8);
		one.addr[15] = (uint8_t)k;
		assert_int_equal(fb_prefixes_add(prefixes, &one), 0);
	}
	fb_prefixes_close(prefixes);
	assert_int_equal(fb_prefixes_count(prefixes), 70000);
	fb_prefixes_at(prefixes, 69999, &one);
	assert_int_equal(one.addr[13] << 16 | one.addr[14] << 8 | one.addr[15], 69999);
	fb_prefixes_free(prefixes);
}

static void test_none(void **state)
{
	const struct fb_cidr four = net("1.2.3.4"), six = net("::1");
	struct fb_prefixes *prefixes;

	(void)state;
	assert_int_equal(fb_prefixes_new(&prefixes), 0);
	fb_prefixes_close(prefixes);
	assert_int_equal(fb_prefixes_count(prefixes), 0);
	assert_int_equal(fb_prefixes_find(prefixes, &four), FB_PREFIXES_NONE);
	assert_int_equal(fb_prefixes_find(prefixes, &six), FB_PREFIXES_NONE);
	fb_prefixes_free(prefixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_seek),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
