/* SPDX-License-Identifier: BSD-2-Clause */
// link: past format flow util
/* Flows and bytes counted for scrapes: each once, nothing falls, names are few and stay text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/prom.h"
#include "past/tally.h"
#include "unit/fake.h"

static void tell(struct fb_tally *tally, struct fake *fake)
{
	fake->snapshot.epoch++;
	for (uint32_t i = 0; i < fake->snapshot.n / FB_TRAFFICS + 1; i++)
		fake->snapshot.traffic[i]->epoch = fake->snapshot.epoch;
	assert_int_equal(fb_tally_consumer.tick(tally, &fake->snapshot, 0), 0);
}

static void set(struct fake *fake, uint32_t i, uint64_t id, uint8_t proto, int64_t moved)
{
	*fake_flow(fake, i) = (struct fb_flow){
		.id = id, .family = 4, .proto = proto, .dst_port = (uint16_t)(1000 + i)};
	fake_traffic(fake, i)->moved_bytes[FB_UP] = moved;
	fake_traffic(fake, i)->bytes[FB_UP] += (uint64_t)moved;
}

static void end(struct fb_tally *tally, struct fake *fake, uint32_t i, uint8_t closed)
{
	fake_flow(fake, i)->closed = closed;
	fake->snapshot.ended = &i;
	fake->snapshot.n_ended = 1;
	tell(tally, fake);
	fake->snapshot.n_ended = 0;
}

static void test_flows(void **state)
{
	static struct fb_tally_counts counts;
	struct fake *fake = fake_new(8);
	struct fb_tally *tally;

	(void)state;
	assert_int_equal(fb_tally_new(NULL, 0, &tally), 0);
	set(fake, 1, 11, IPPROTO_TCP, 0);
	set(fake, 2, 12, IPPROTO_UDP, 0);
	tell(tally, fake);
	tell(tally, fake);
	end(tally, fake, 1, FB_CLOSED_FIN);
	end(tally, fake, 1, FB_CLOSED_FIN); /* told again, for its stragglers */
	set(fake, 1, 0, 0, 0);
	tell(tally, fake);
	set(fake, 2, 13, IPPROTO_TCP, 0); /* 12 went without an end: it was another one's */
	set(fake, 1, 14, IPPROTO_SCTP, 0);
	tell(tally, fake);
	fb_tally_read(tally, &counts);
	assert_int_equal(counts.made[FB_PAST_TCP], 2);
	assert_int_equal(counts.made[FB_PAST_UDP], 1);
	assert_int_equal(counts.made[FB_PAST_OTHER], 1);
	assert_int_equal(counts.ended[FB_PAST_TCP][FB_CLOSED_FIN], 1);
	assert_int_equal(counts.ended[FB_PAST_UDP][FB_CLOSED_NOT], 1);
	fb_tally_free(tally);
	fake_free(fake);
}

static void test_tops(void **state)
{
	const struct fb_field *const fields[] = {&fb_fields[FB_FIELD_dst_port],
						 &fb_fields[FB_FIELD_proto]};
	static struct fb_tally_counts counts;
	struct fake *fake = fake_new(80);
	struct fb_tally *tally;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(fb_tally_new(fields, 2, &tally), 0);
	for (uint32_t i = 0; i < 80; i++)
		set(fake, i, 1000 + i, IPPROTO_TCP, 100);
	tell(tally, fake);
	fb_tally_read(tally, &counts);
	assert_int_equal(counts.n_tops, 2);
	assert_int_equal(counts.top[0].n, FB_TALLY_NAMES);
	assert_string_equal(counts.top[0].name[0].text, "1000");
	for (unsigned int i = 0; i < counts.top[0].n; i++)
		sum += counts.top[0].name[i].bytes;
	assert_int_equal(sum + counts.top[0].other.bytes, 8000);
	assert_int_equal(counts.left_out, 30);
	assert_string_equal(counts.top[1].name[0].text, "tcp");
	/* an interface that had counted less begins to speak: it does not fall, and goes on later
	 */
	for (uint32_t i = 0; i < 80; i++)
		set(fake, i, 1000 + i, IPPROTO_TCP, i ? 0 : -60);
	tell(tally, fake);
	fb_tally_read(tally, &counts);
	assert_int_equal(counts.top[1].name[0].bytes, 8000);
	fake_traffic(fake, 0)->moved_bytes[FB_UP] = 100;
	tell(tally, fake);
	fb_tally_read(tally, &counts);
	assert_int_equal(counts.top[1].name[0].bytes, 8040);
	fb_tally_free(tally);
	fake_free(fake);
}

static void test_text(void **state)
{
	_cleanup_buf_ struct fb_buf buf = FB_BUF_INIT;

	(void)state;
	fb_prom_family(&buf, "a_total", "counter", "Some.");
	fb_prom_sample(&buf, "a_total", NULL, UINT64_MAX);
	fb_prom_sample(
		&buf, "a_total",
		FB_PROM_LABELS({"x", "q\"b\\n\nl\x1b[1m\xff"}, {"y", "\xc3\xa9\xe2\x80\xae"}), 7);
	fb_prom_decimal(&buf, "s", NULL, 1500, 3);
	fb_buf_addc(&buf, '\0');
	assert_string_equal(buf.data,
			    "# HELP a_total Some.\n# TYPE a_total counter\n"
			    "a_total 18446744073709551615\n"
			    "a_total{x=\"q\\\"b\\\\n\xef\xbf\xbdl\xef\xbf\xbd[1m\xef\xbf\xbd\","
			    "y=\"\xc3\xa9\xef\xbf\xbd\"} 7\ns 1.500\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_tops),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
