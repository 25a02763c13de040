/* SPDX-License-Identifier: BSD-2-Clause */
// link: fleet past format flow fetch sink proto util
/* What is taken for a list of Kafka's brokers, which stands in a statement of ClickHouse as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fleet/kafka.h"

static const char *const are[] = {
	"kafka",
	"kafka:9092",
	"a.example:1,b.example:65535",
	"192.0.2.1:9092,[2001:db8::1]:9092",
	"[2001:db8::1]",
	"a-b_c.example",
};
static const char *const are_not[] = {
	"",	    "kafka:",  "kafka:0",      "x:99999",   "kafka:9092,", ",kafka",
	"a:1,,b:2", ":9092",   "[2001:db8::1", "[::1]9092", "2001:db8::1", "a b:1",
	"a'b:1",    "a:1;b:2", "kafka:9 092",
};

static void test_brokers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(are) / sizeof(*are); i++)
		if (!fb_kafka_is_brokers(are[i]))
			fail_msg("brokers: %s", are[i]);
	for (size_t i = 0; i < sizeof(are_not) / sizeof(*are_not); i++)
		if (fb_kafka_is_brokers(are_not[i]))
			fail_msg("no brokers: %s", are_not[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_brokers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
