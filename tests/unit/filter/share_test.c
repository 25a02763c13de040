/* SPDX-License-Identifier: BSD-2-Clause */
// link: filter flow util
/* Shares in the filter language: in per cent or of one, never more than all. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "filter/filter.h"

/* One of 20 packets of the server's was sent again. */
static struct fb_quality_chunk measured = {
	.quality = {[1] = {.generation = 1, .count = {[FB_DOWN] = {1, 0, 0}}}}};
static struct fb_quality_chunk *quality[] = {&measured};
static const struct fb_snapshot snapshot = {.quality = quality};
static const struct fb_flow flow = {.id = 1, .proto = IPPROTO_TCP, .family = FB_IPV4};
static const struct fb_traffic traffic = {.packets = {10, 20}};
static const struct fb_flow_at at = {&snapshot, &flow, &traffic, NULL};

static const struct {
	const char *text;
	bool matches;
} good[] = {
	{"loss=5%", true},
	{"loss = 0.05", true},
	{"loss > 4.99 % and loss < 5.01%", true},
	{"loss=1%-5%", true},
	{"loss in (1 %, 5 %)", true},
	{"loss<=1", true},
	{"loss>5%", false},
	{"loss<5 %", false},
	{"loss=100%", false},
	{"not loss > 1%", false},
};

static void reads_per_cent_and_parts_of_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		_cleanup_filter_ struct fb_filter *filter = NULL, *again = NULL;
		_cleanup_buf_ struct fb_buf text = FB_BUF_INIT;
		struct fb_filter_error error;

		if (fb_filter_compile(good[i].text, &filter, &error) < 0)
			fail_msg("%s: %s", good[i].text, error.detail);
		assert_int_equal(fb_filter_match(filter, &at), good[i].matches);
		fb_filter_print(filter, &text);
		fb_buf_addc(&text, '\0');
		assert_int_equal(fb_filter_compile(text.data, &again, &error), 0);
		assert_true(fb_filter_same(filter, again));
	}
}

static void refuses_what_is_none(void **state)
{
	static const char *const bad[] = {"loss>5",   "loss>101%", "loss=1-5%", "loss>1%%",
					  "loss>-1%", "loss>x",	   "loss>%",	"loss>1ms"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fb_filter *filter = NULL;
		struct fb_filter_error error;

		assert_true(fb_filter_compile(bad[i], &filter, &error) < 0);
		assert_int_equal(error.offset, 5);
		assert_non_null(strstr(error.detail, "a share such as 1%"));
	}
}

static void completes_some(void **state)
{
	struct fb_filter_choice choices[FB_FILTER_CHOICES];
	unsigned int start, end;

	(void)state;
	assert_int_equal(fb_filter_complete("loss>", 5, &start, &end, choices), 2);
	assert_string_equal(choices[0].text, "1%");
	assert_string_equal(choices[1].text, "5%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_per_cent_and_parts_of_one),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(completes_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
