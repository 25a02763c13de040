// link: proto
/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors: the quoted packet of both IP versions, and what is refused at every cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/icmp.h"

/* Port unreachable, quoting UDP 10.0.0.1:1234 > 10.0.0.2:53. */
static const uint8_t error4[] = {
	3, 3, 0,  0, 0, 0, 0,  0, 0x45, 0, 0, 28,   0, 1,  0, 0, 64, 17,
	0, 0, 10, 0, 0, 1, 10, 0, 0,	2, 4, 0xd2, 0, 53, 0, 8, 0,  0,
};

static void reads_ipv4(void **state)
{
	struct fb_icmp_quote quote;

	(void)state;
	assert_int_equal(fb_icmp_quote_parse(error4, sizeof(error4), 4, &quote), 0);
	assert_int_equal(quote.type, 3);
	assert_int_equal(quote.code, 3);
	assert_int_equal(quote.proto, 17);
	assert_int_equal(quote.sport, 1234);
	assert_int_equal(quote.dport, 53);
	assert_int_equal(quote.src[15], 1);
	assert_int_equal(quote.dst[15], 2);
	assert_int_equal(quote.dst[11], 0xff);
}

static void reads_ipv6_behind_options(void **state)
{
	uint8_t error[8 + 40 + 8 + 8] = {1, 4};
	struct fb_icmp_quote quote;

	(void)state;
	error[8] = 0x60;
	error[14] = 0; /* hop-by-hop */
	error[8 + 23] = 1;
	error[8 + 39] = 2;
	error[48] = 6; /* TCP behind 8 bytes */
	error[57] = 80;
	error[59] = 81;
	assert_int_equal(fb_icmp_quote_parse(error, sizeof(error), 6, &quote), 0);
	assert_int_equal(quote.proto, 6);
	assert_int_equal(quote.src[15], 1);
	assert_int_equal(quote.dst[15], 2);
	assert_int_equal(quote.sport, 80);
	assert_int_equal(quote.dport, 81);
}

static void refuses_what_is_no_error(void **state)
{
	uint8_t message[sizeof(error4)];
	struct fb_icmp_quote quote = {.type = 77};

	(void)state;
	for (size_t len = 0; len < 32; len++)
		assert_int_equal(fb_icmp_quote_parse(error4, len, 4, &quote), -EBADMSG);
	memcpy(message, error4, sizeof(message));
	message[0] = 8; /* echo */
	assert_int_equal(fb_icmp_quote_parse(message, sizeof(message), 4, &quote), -EBADMSG);
	message[0] = 3;
	message[15] = 1; /* a later fragment has no ports */
	assert_int_equal(fb_icmp_quote_parse(message, sizeof(message), 4, &quote), -EBADMSG);
	assert_int_equal(fb_icmp_quote_parse(error4, sizeof(error4), 6, &quote), -EBADMSG);
	assert_int_equal(quote.type, 77);
}

static void knows_what_answers(void **state)
{
	(void)state;
	assert_int_equal(fb_icmp_counterpart(4, 8), 0);
	assert_int_equal(fb_icmp_counterpart(4, 0), 8);
	assert_int_equal(fb_icmp_counterpart(6, 136), 135);
	assert_int_equal(fb_icmp_counterpart(6, 8), -1);
	assert_int_equal(fb_icmp_counterpart(4, 3), -1);
	for (int family = 4; family <= 6; family += 2)
		for (int type = 0; type < 256; type++)
			if (fb_icmp_is_reply((uint8_t)family, (uint8_t)type))
				assert_true(fb_icmp_counterpart((uint8_t)family, (uint8_t)type) >=
					    0);
	assert_int_equal(fb_icmp_question(4, 0), 8);
	assert_int_equal(fb_icmp_question(6, 129), 128);
	assert_int_equal(fb_icmp_question(6, 136), 136);
	assert_int_equal(fb_icmp_question(4, 11), 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ipv4),
		cmocka_unit_test(reads_ipv6_behind_options),
		cmocka_unit_test(refuses_what_is_no_error),
		cmocka_unit_test(knows_what_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
