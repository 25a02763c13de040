// link: util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges within ranges, beside each other and at both ends of all addresses, as a list would say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/ranges.h"

#define MOST 60

struct one {
	uint8_t first[16], last[16];
	uint32_t value;
};

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

/* Few values at either end of the last bytes, so that ranges meet often. */
static void write_addr(uint8_t addr[16], uint8_t family, uint32_t value)
{
	memset(addr, 0, 16);
	if (family == 4)
		addr[10] = addr[11] = 0xff;
	else
		memset(addr, value & 0x80 ? 0xff : 0, 15);
	if (family == 4)
		memset(addr + 12, value & 0x80 ? 0xff : 0, 3);
	addr[15] = (uint8_t)(value & 0x80 ? 0x80 | value : value);
}

static bool holds(const struct one *one, const uint8_t *addr)
{
	return memcmp(one->first, addr, 16) <= 0 && memcmp(addr, one->last, 16) <= 0;
}

static bool is_within(const struct one *inner, const struct one *outer)
{
	return holds(outer, inner->first) && holds(outer, inner->last);
}

/* The last begun of those that hold it; of those that begin together the narrowest, the latest. */
static const struct one *expected(const struct one *all, unsigned int n, const uint8_t *addr)
{
	const struct one *best = NULL;

	for (unsigned int i = 0; i < n; i++)
		if (holds(&all[i], addr) &&
		    (!best || memcmp(all[i].first, best->first, 16) > 0 ||
		     (memcmp(all[i].first, best->first, 16) == 0 && is_within(&all[i], best))))
			best = &all[i];
	return best;
}

static bool each_is_held(const struct one *all, unsigned int n, uint8_t family, uint32_t from,
			 uint32_t to)
{
	uint8_t addr[16];

	for (uint32_t value = from; value <= to; value++) {
		write_addr(addr, family, value);
		if (!expected(all, n, addr))
			return false;
	}
	return true;
}

/* Within one half of the values: between both lies all the rest. */
static void try_covers(const struct fb_ranges *ranges, const struct one *all, unsigned int n,
		       uint8_t family)
{
	for (unsigned int i = 0; i < 50; i++) {
		const uint32_t half = draw(2) * 128, from = draw(128), to = from + draw(128 - from);
		uint8_t first[16], last[16];

		write_addr(first, family, half + from);
		write_addr(last, family, half + to);
		assert_int_equal(fb_ranges_cover(ranges, first, last, family),
				 each_is_held(all, n, family, half + from, half + to));
	}
}

static void try_once(uint8_t family)
{
	struct one all[MOST];
	const unsigned int n = draw(MOST);
	struct fb_ranges *ranges;

	assert_int_equal(fb_ranges_new(&ranges), 0);
	for (unsigned int i = 0; i < n; i++) {
		const uint32_t from = draw(256), to = from + draw(draw(2) ? 8 : 256 - from);

		write_addr(all[i].first, family, from);
		write_addr(all[i].last, family, to > 255 ? 255 : to);
		all[i].value = draw(4);
		assert_int_equal(
			fb_ranges_add(ranges, all[i].first, all[i].last, family, all[i].value), 0);
	}
	assert_int_equal(fb_ranges_close(ranges), 0);
	for (uint32_t value = 0; value < 256; value++) {
		const struct one *one;
		uint32_t found = 99;
		uint8_t addr[16];

		write_addr(addr, family, value);
		one = expected(all, n, addr);
		assert_int_equal(fb_ranges_find(ranges, addr, family, &found), one != NULL);
		assert_int_equal(found, one ? one->value : 99);
	}
	try_covers(ranges, all, n, family);
	fb_ranges_free(ranges);
}

static void finds_the_narrowest(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2000; i++)
		try_once(i & 1 ? 4 : 6);
}

static void an_empty_one_holds_nothing(void **state)
{
	struct fb_ranges *ranges;
	uint8_t addr[16] = {0};
	uint32_t value;

	(void)state;
	assert_int_equal(fb_ranges_new(&ranges), 0);
	assert_int_equal(fb_ranges_close(ranges), 0);
	assert_false(fb_ranges_find(ranges, addr, 4, &value));
	assert_false(fb_ranges_find(ranges, addr, 6, &value));
	assert_int_equal(fb_ranges_count(ranges), 0);
	fb_ranges_free(ranges);
	fb_ranges_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_narrowest),
		cmocka_unit_test(an_empty_one_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
