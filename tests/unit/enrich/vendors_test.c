/* SPDX-License-Identifier: BSD-2-Clause */
// link: enrich flow util
/* Who MACs were given to, by lists as the IEEE writes them, and by broken ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "enrich/vendors.h"
#include "util/mac.h"

static int read_text(struct fb_vendors *vendors, const char *text)
{
	char *copy = strdup(text);
	const int r = fb_vendors_read(vendors, copy, strlen(copy));

	free(copy);
	return r;
}

static const char *find(const struct fb_vendors *vendors, const char *mac)
{
	const char *found;
	uint8_t bytes[6];

	assert_int_equal(fb_mac_parse(mac, bytes), 0);
	found = fb_vendors_find(vendors, bytes);
	return found ? found : "-";
}

static void test_csv(void **state)
{
	struct fb_vendors *vendors;

	(void)state;
	assert_int_equal(fb_vendors_new(&vendors), 0);
	assert_int_equal(read_text(vendors,
				   "Registry,Assignment,Organization Name,Organization Address\r\n"
				   "MA-L,F4BD9E,\"Cisco Systems, Inc\",80 West Tasman Drive\r\n"
				   "MA-L,00D0EF,IGT,\"9295 \"\"P\"\" DRIVE\"\r\n"
				   "MA-L,741AE0,IEEE Registration Authority,Piscataway\r\n"
				   "MA-L,00AABB,\"The \"\"Best\"\" One\",x\r\n"
				   "MA-L,00CC,too short,x\r\n"
				   "MA-L,00CCZZ,no digits,x\r\n"
				   "MA-L,00CCDD,,x\r\n"
				   "\r\n"
				   "MA-L\r\n"
				   "MA-L,\"00EE"),
			 4);
	assert_int_equal(read_text(vendors, "Registry,Assignment,Organization Name,x\n"
					    "MA-M,741AE09,Private,\n"
					    "MA-M,741AE0A,Middle GmbH,\n"
					    "MA-S,741AE0B12,Small AG,\n"
					    "MA-S,F4BD9E123,Cisco \x01Systems\xff\n"),
			 3);
	fb_vendors_finish(vendors);
	assert_int_equal(fb_vendors_blocks(vendors), 7);
	assert_string_equal(find(vendors, "f4:bd:9e:00:00:01"), "Cisco Systems, Inc");
	assert_string_equal(find(vendors, "F4-BD-9E-12-3f-ff"), "Cisco Systems");
	assert_string_equal(find(vendors, "f4:bd:9e:12:4f:ff"), "Cisco Systems, Inc");
	assert_string_equal(find(vendors, "00:d0:ef:ff:ff:ff"), "IGT");
	assert_string_equal(find(vendors, "00:aa:bb:00:00:00"), "The \"Best\" One");
	assert_string_equal(find(vendors, "74:1a:e0:a1:00:00"), "Middle GmbH");
	assert_string_equal(find(vendors, "74:1a:e0:b1:2f:00"), "Small AG");
	assert_string_equal(find(vendors, "74:1a:e0:b1:3f:00"), "IEEE Registration Authority");
	assert_string_equal(find(vendors, "00:cc:dd:00:00:00"), "-");
	assert_string_equal(find(vendors, "02:d0:ef:ff:ff:ff"), FB_VENDORS_RANDOM);
	assert_string_equal(find(NULL, "00:d0:ef:ff:ff:ff"), "-");
	fb_vendors_free(vendors);
}

static void test_txt(void **state)
{
	struct fb_vendors *vendors;

	(void)state;
	assert_int_equal(fb_vendors_new(&vendors), 0);
	assert_int_equal(read_text(vendors, "OUI/MA-L   Organization\n\n"
					    "00-22-72   (hex)\t\tAmerican Micro-Fuel\n"
					    "002272     (base 16)\t\tAmerican Micro-Fuel\n"
					    "\t\t\t\t2181 Buchanan Loop\n\n"),
			 1);
	fb_vendors_finish(vendors);
	assert_string_equal(find(vendors, "00:22:72:00:00:01"), "American Micro-Fuel");
	fb_vendors_free(vendors);
	assert_int_equal(fb_vendors_new(&vendors), 0);
	assert_int_equal(read_text(vendors, "<html>"), -EPROTO);
	assert_int_equal(read_text(vendors, ""), -EPROTO);
	assert_int_equal(fb_vendors_read(vendors, (char[]){"Registry,Assignment,\0x"}, 22),
			 -EPROTO);
	fb_vendors_finish(vendors);
	assert_string_equal(find(vendors, "00:22:72:00:00:01"), "-");
	fb_vendors_free(vendors);
}

static void test_macs(void **state)
{
	static const char *const bad[] = {"",
					  "00:11:22:33:44",
					  "00:11:22:33:44:5",
					  "00:11:22:33:44:55:",
					  "00:11:22:33:44:5g",
					  "001122334455",
					  "0:11:22:33:44:555",
					  "00.11.22.33.44.55"};
	char text[FB_MAC_STRLEN];
	uint8_t mac[6];

	(void)state;
	assert_int_equal(fb_mac_parse("AB-cd:ef:01:23:45", mac), 0);
	assert_string_equal(fb_mac_format(mac, text), "ab:cd:ef:01:23:45");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(fb_mac_parse(bad[i], mac), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_txt),
		cmocka_unit_test(test_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
