/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy
/* Which label of a name counts, and which look made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "policy/dga.h"

static void takes_the_registered_label(void **state)
{
	static const struct {
		const char *name, *label;
	} cases[] = {
		{"example.com", "example"},
		{"www.example.com", "example"},
		{"a.b.example.co.uk", "example"},
		{"co.uk", "co"},
		{"example.CO.UK", "example"},
		{"host.ddns.net", "host"},
		{"ddns.net", "ddns"},
		{"intranet", ""},
		{"1.0.168.192.in-addr.arpa", ""},
		{"printer.local", ""},
		{"", ""},
		{".", ""},
		{"..", ""},
		{".com", ""},
		{"x..com", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *label = "";
		const size_t len = fb_dga_label(cases[i].name, &label);

		if (len != strlen(cases[i].label) || memcmp(label, cases[i].label, len) != 0)
			fail_msg("%s: %.*s", cases[i].name, (int)len, label);
	}
}

static int score_of(const char *label)
{
	return fb_dga_score(label, strlen(label));
}

static void passes_names_of_people(void **state)
{
	static const char *const names[] = {
		"google",	  "facebook",
		"wikipedia",	  "stackoverflow",
		"debian",	  "sparkasse",
		"tagesschau",	  "bukalapak",
		"mercadolibre",	  "leboncoin",
		"1und1",	  "4chan",
		"gstatic",	  "akamaihd",
		"windowsupdate",  "cloudfront",
		"doubleclick",	  "fbcdn",
		"ytimg",	  "3dprintingforum",
		"xn--mnchen-3ya", "hotelreservationcentre",
		"hsbc",		  "kfc",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (score_of(names[i]) > 0)
			fail_msg("%s: %d", names[i], score_of(names[i]));
}

/* Letters drawn evenly, as most families do; words put together are another matter. */
static unsigned int found_of(const char *letters, size_t len)
{
	uint64_t number = 1;
	unsigned int found = 0;

	for (int i = 0; i < 1000; i++) {
		char label[64];

		for (size_t k = 0; k < len; k++) {
			number = number * 6364136223846793005ULL + 1442695040888963407ULL;
			label[k] = letters[(number >> 33) % strlen(letters)];
		}
		found += fb_dga_score(label, len) > 0;
	}
	return found;
}

static void finds_names_of_programs(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz", hex[] = "0123456789abcdef";
	static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	(void)state;
	assert_in_range(found_of(letters, 12), 800, 1000);
	assert_in_range(found_of(letters, 18), 900, 1000);
	assert_in_range(found_of(hex, 16), 900, 1000);
	assert_in_range(found_of(all, 24), 950, 1000);
	assert_in_range(found_of(letters, 5), 0, 700); /* too short to say much of */
}

static void takes_any_bytes(void **state)
{
	char label[300];

	(void)state;
	assert_int_equal(score_of("GOOGLE"), score_of("google"));
	for (size_t i = 0; i < sizeof(label); i++)
		label[i] = (char)(i * 7);
	for (size_t len = 0; len <= sizeof(label); len++)
		assert_in_range(fb_dga_score(label, len) + 127 * 310, 0, 2 * 127 * 310);
}

static void is_small(void **state)
{
	(void)state;
	assert_in_range(sizeof(fb_dga_weights), 1, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_registered_label),
		cmocka_unit_test(passes_names_of_people),
		cmocka_unit_test(finds_names_of_programs),
		cmocka_unit_test(takes_any_bytes),
		cmocka_unit_test(is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
