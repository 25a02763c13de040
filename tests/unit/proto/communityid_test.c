/* SPDX-License-Identifier: BSD-2-Clause */
// link: proto util
/* The baseline of https://github.com/corelight/community-id-spec, in both directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/communityid.h"
#include "unit/end.h"

static const struct {
	uint8_t proto;
	const char *src, *dst;
	uint16_t src_port, dst_port;
	const char *id;
} baseline[] = {
	{6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
	 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
	{132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
	{6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	{17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	{46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
};

/* Ports are type and code of the message. */
static const struct {
	uint8_t proto;
	const char *src, *dst;
	uint8_t type, code;
	const char *id;
} icmp_baseline[] = {
	{1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	{1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	{1, "192.168.0.89", "192.168.0.1", 20, 0, "1:3o2RFccXzUgjl7zDpqmY7yJi8rI="},
	{1, "192.168.0.89", "192.168.0.1", 20, 1, "1:tz/fHIDUHs19NkixVVoOZywde+I="},
	{58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
	 "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
	{58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0,
	 "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
	{58, "3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
	 "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w="},
};

static void test_baseline(void **state)
{
	char id[FB_COMMUNITY_ID];

	(void)state;
	for (size_t i = 0; i < sizeof(baseline) / sizeof(*baseline); i++) {
		const struct end src = end_of(baseline[i].src), dst = end_of(baseline[i].dst);
		const struct fb_community_flow there = {src.addr,
							dst.addr,
							src.family,
							baseline[i].proto,
							baseline[i].src_port,
							baseline[i].dst_port};
		const struct fb_community_flow back = {dst.addr,
						       src.addr,
						       src.family,
						       baseline[i].proto,
						       baseline[i].dst_port,
						       baseline[i].src_port};

		fb_community_id(&there, id);
		assert_string_equal(id, baseline[i].id);
		fb_community_id(&back, id);
		assert_string_equal(id, baseline[i].id);
	}
}

static void test_icmp(void **state)
{
	char id[FB_COMMUNITY_ID];

	(void)state;
	for (size_t i = 0; i < sizeof(icmp_baseline) / sizeof(*icmp_baseline); i++) {
		const struct end src = end_of(icmp_baseline[i].src),
				 dst = end_of(icmp_baseline[i].dst);
		const struct fb_community_flow flow = {src.addr,
						       dst.addr,
						       src.family,
						       icmp_baseline[i].proto,
						       icmp_baseline[i].type,
						       icmp_baseline[i].code};

		fb_community_id(&flow, id);
		assert_string_equal(id, icmp_baseline[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_baseline),
		cmocka_unit_test(test_icmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
