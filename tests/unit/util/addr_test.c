// link: util
/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and CIDR blocks: what is accepted, what is refused, and membership at the edges. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/addr.h"

static void formats_what_it_parses(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0", "192.0.2.255", "::", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1:2:3"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		uint8_t addr[16], family;
		char buf[FB_ADDR_STRLEN];

		assert_int_equal(fb_addr_parse(texts[i], addr, &family), 0);
		assert_int_equal(family, strchr(texts[i], ':') ? 6 : 4);
		assert_string_equal(fb_addr_format(addr, family, buf), texts[i]);
	}
}

static void takes_a_mapped_address_for_its_own(void **state)
{
	static const struct {
		const char *typed, *is;
	} hosts[] = {{"::ffff:192.0.2.1", "192.0.2.1"},
		     {"::FFFF:c000:201", "192.0.2.1"},
		     {"192.0.2.1", "192.0.2.1"},
		     {"::192.0.2.1", "::192.0.2.1"},
		     {"2001:db8::1", "2001:db8::1"}};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		uint8_t addr[16], family;
		char buf[FB_ADDR_STRLEN];

		assert_int_equal(fb_addr_parse_host(hosts[i].typed, addr, &family), 0);
		assert_string_equal(fb_addr_format(addr, family, buf), hosts[i].is);
	}
}

static void refuses_what_is_no_cidr(void **state)
{
	static const char *const texts[] = {"",
					    "10.0.0.0/33",
					    "10.0.0.1/8",
					    "10.0.0.0/",
					    "10.0.0.0/-1",
					    "10.0.0.0/8x",
					    "fd00::/129",
					    "1.2.3/8",
					    "/8",
					    "10.0.0.0/ 8",
					    "10.0.0.0/8/8",
					    "localhost"};
	struct fb_cidr cidr = {.bits = 77};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(fb_cidr_parse(texts[i], &cidr), -EINVAL);
		assert_int_equal(cidr.bits, 77);
	}
}

static void knows_its_members(void **state)
{
	static const struct {
		const char *cidr, *addr;
		bool in;
	} cases[] = {
		{"10.0.0.0/8", "10.255.255.255", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"172.16.0.0/12", "172.31.255.255", true},
		{"172.16.0.0/12", "172.32.0.0", false},
		{"0.0.0.0/0", "8.8.8.8", true},
		{"0.0.0.0/0", "::ffff:8.8.8.8", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.0", false},
		{"fd00::/7", "fc00::1", false},
		{"fc00::/7", "fdff::1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t addr[16], family;
		struct fb_cidr cidr;
		int r = fb_cidr_parse(cases[i].cidr, &cidr);

		if (strcmp(cases[i].cidr, "fd00::/7") == 0) {
			assert_int_equal(r, -EINVAL); /* a bit behind the prefix */
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(fb_addr_parse(cases[i].addr, addr, &family), 0);
		assert_int_equal(fb_cidr_contains(&cidr, addr, family), cases[i].in);
	}
}

static void writes_endpoints(void **state)
{
	uint8_t addr[16], family;
	char buf[FB_ENDPOINT_STRLEN];

	(void)state;
	fb_addr_parse("192.0.2.1", addr, &family);
	assert_string_equal(fb_endpoint_format(addr, family, 443, buf), "192.0.2.1:443");
	fb_addr_parse("2001:db8::1", addr, &family);
	assert_string_equal(fb_endpoint_format(addr, family, 65535, buf), "[2001:db8::1]:65535");
}

static void tells_hosts(void **state)
{
	static const char *const hosts[] = {"192.0.2.1", "2001:db8::1", "fe80::1",
					    "::ffff:192.0.2.1"};
	static const char *const none[] = {
		"0.0.0.0", "127.0.0.1", "224.0.0.251",	    "255.255.255.255", "::",
		"::1",	   "ff02::fb",	"::ffff:127.0.0.1", "::ffff:0.0.0.0",  "::ffff:224.0.0.1",
	};
	uint8_t addr[16], family;

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		assert_int_equal(fb_addr_parse(hosts[i], addr, &family), 0);
		assert_true(fb_addr_is_host(addr, family));
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		assert_int_equal(fb_addr_parse(none[i], addr, &family), 0);
		assert_false(fb_addr_is_host(addr, family));
	}
}

static void widens_and_meets(void **state)
{
	struct fb_cidr wide, narrow, other, widened;

	(void)state;
	assert_int_equal(fb_cidr_parse("198.51.96.0/19", &wide), 0);
	assert_int_equal(fb_cidr_parse("198.51.100.7", &narrow), 0);
	assert_int_equal(fb_cidr_parse("198.51.128.0/17", &other), 0);
	widened = fb_cidr_widen(&narrow, wide.bits);
	assert_memory_equal(&widened, &wide, sizeof(wide));
	widened = fb_cidr_widen(&narrow, narrow.bits);
	assert_memory_equal(&widened, &narrow, sizeof(narrow));
	assert_true(fb_cidr_meets(&wide, &narrow));
	assert_true(fb_cidr_meets(&narrow, &wide));
	assert_false(fb_cidr_meets(&wide, &other));
	assert_false(fb_cidr_meets(&other, &narrow));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_what_it_parses),
		cmocka_unit_test(takes_a_mapped_address_for_its_own),
		cmocka_unit_test(refuses_what_is_no_cidr),
		cmocka_unit_test(knows_its_members),
		cmocka_unit_test(writes_endpoints),
		cmocka_unit_test(tells_hosts),
		cmocka_unit_test(widens_and_meets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
