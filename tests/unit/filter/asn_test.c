/* SPDX-License-Identifier: BSD-2-Clause */
// link: filter flow util
/* Numbers of autonomous systems, as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "filter/filter.h"
#include "flow/places.h"

static void reads_as_in_front(void **state)
{
	static const struct {
		const char *text;
		bool matches;
	} good[] = {
		{"dst.asn = AS15169", true},	     {"dst.asn in (as1, AS15169)", true},
		{"dst.asn = AS15000-AS16000", true}, {"dst.asn > AS15169", false},
		{"src.asn = AS15169", false},
	};
	static const struct fb_snapshot snapshot;
	static const struct fb_traffic traffic;
	const struct fb_flow flow = {
		.id = 1, .dst_place = fb_place_number(&(struct fb_place){.asn = 15169})};
	const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};
	struct fb_filter_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		_cleanup_filter_ struct fb_filter *filter = NULL;

		if (fb_filter_compile(good[i].text, &filter, &error) < 0)
			fail_msg("%s: %s", good[i].text, error.detail);
		assert_int_equal(fb_filter_match(filter, &at), good[i].matches);
	}
}

static void refuses_what_is_none(void **state)
{
	static const char *const bad[] = {"dst.asn = AS", "dst.asn = ASX", "packets = AS1"};
	struct fb_filter_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_filter_ struct fb_filter *filter = NULL;

		assert_true(fb_filter_compile(bad[i], &filter, &error) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_in_front),
		cmocka_unit_test(refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
