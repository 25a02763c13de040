/* SPDX-License-Identifier: BSD-2-Clause */
// link: past flow util
/* Inside hosts that windows remember: addresses that a stranger made up take no place of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "past/windows.h"
#include "unit/fake.h"

#define S 1000000000ull

static void flow(struct fake *fake, uint32_t i, uint32_t host, bool answered)
{
	struct fb_flow *at = fake_flow(fake, i);
	struct fb_traffic *traffic = fake_traffic(fake, i);

	*at = (struct fb_flow){.id = i + 1, .family = 4, .scope = FB_SCOPE_INTERNAL_EXTERNAL};
	at->src[10] = at->src[11] = 0xff;
	at->src[12] = 10;
	at->src[13] = (uint8_t)(host >> 16);
	at->src[14] = (uint8_t)(host >> 8);
	at->src[15] = (uint8_t)host;
	traffic->packets[FB_UP] = 1;
	traffic->packets[FB_DOWN] = answered;
	traffic->last_seen = fake->snapshot.now_ns;
}

/* A window of these flows; returns how many hosts were new. */
static uint32_t window(struct fb_windows *windows, struct fake *fake)
{
	struct fb_window last[FB_WINDOWS];
	unsigned int n;

	fake->snapshot.now_ns += FB_WINDOW_S * S;
	for (uint32_t i = 0; i < fake->snapshot.n; i++)
		fake_traffic(fake, i)->last_seen = fake->snapshot.now_ns;
	assert_int_equal(fb_windows_consumer.tick(windows, &fake->snapshot, 0), 0);
	n = fb_windows_read(windows, 0, last, FB_WINDOWS);
	assert_true(n > 0);
	assert_int_equal(last[n - 1].protos[FB_PAST_TCP] + last[n - 1].protos[FB_PAST_UDP] +
				 last[n - 1].protos[FB_PAST_ICMP] +
				 last[n - 1].protos[FB_PAST_OTHER],
			 last[n - 1].flows);
	return last[n - 1].n_new;
}

static void test_made_up_addresses(void **state)
{
	enum { HONEST = 1000, LATE = 5000 };
	struct fake *fake = fake_new(HONEST + 2 * FB_WINDOW_KNOWN);
	struct fb_windows *windows;

	(void)state;
	assert_int_equal(fb_windows_new(FB_WINDOW_S, &windows), 0);
	assert_int_equal(fb_windows_consumer.open(windows), 0);
	assert_int_equal(fb_windows_consumer.tick(windows, &fake->snapshot, 0), 0);
	for (uint32_t i = 0; i < HONEST; i++)
		flow(fake, i, i, true);
	assert_int_equal(window(windows, fake), HONEST);
	for (uint32_t i = 0; i < 2 * FB_WINDOW_KNOWN; i++)
		flow(fake, HONEST + i, 0x100000 + i, false);
	assert_int_equal(window(windows, fake), FB_WINDOW_KNOWN / 2);
	assert_true(fb_windows_hosts_missed(windows) > 0);
	/* those who come now and are answered find a place; nobody of before is new once more */
	for (uint32_t i = 0; i < 2 * FB_WINDOW_KNOWN; i++)
		flow(fake, HONEST + i, 0x200000 + i % LATE, true);
	assert_int_equal(window(windows, fake), LATE);
	assert_int_equal(window(windows, fake), 0);
	fb_windows_consumer.close(windows);
	fb_windows_free(windows);
	fake_free(fake);
}

/* What is said of those that moved is counted, of others not, and nothing is where nothing is said.
 */
static void test_verdicts(void **state)
{
	static const struct fb_flow_verdict verdicts[] = {
		{.told = FB_CASE_OPENED, .action = FB_JUDGE_ALLOW, .risk = 5},
		{.told = FB_CASE_ANSWERED, .asked = 1, .confidence = 900},
		{.told = FB_CASE_ENDED,
		 .asked = 1,
		 .action = FB_JUDGE_INSPECT,
		 .rules = FB_JUDGE_DENY,
		 .risk = 75,
		 .confidence = 700},
		{.told = FB_CASE_NONE, .risk = 99},
	};
	struct fake *fake = fake_new(5);
	struct fb_windows *windows;
	struct fb_window last;

	(void)state;
	assert_int_equal(fb_windows_new(FB_WINDOW_S, &windows), 0);
	assert_int_equal(fb_windows_consumer.open(windows), 0);
	assert_int_equal(fb_windows_consumer.tick(windows, &fake->snapshot, 0), 0);
	for (uint32_t i = 0; i < 5; i++) {
		flow(fake, i, i, true);
		fake_flow(fake, i)->verdict = verdicts[i < 4 ? i : 2];
	}
	fake->snapshot.now_ns += FB_WINDOW_S * S;
	for (uint32_t i = 0; i < 4; i++)
		fake_traffic(fake, i)->last_seen = fake->snapshot.now_ns;
	fake_traffic(fake, 4)->last_seen = 0;
	assert_int_equal(fb_windows_consumer.tick(windows, &fake->snapshot, 0), 0);
	assert_int_equal(fb_windows_read(windows, 0, &last, 1), 1);
	assert_int_equal(last.flows, 4);
	assert_int_equal(last.judged.action[FB_JUDGE_ALLOW], 2);
	assert_int_equal(last.judged.action[FB_JUDGE_INSPECT], 1);
	assert_int_equal(last.judged.action[FB_JUDGE_DENY], 0);
	assert_int_equal(last.judged.risk, 80);
	assert_int_equal(last.judged.asked, 2);
	assert_int_equal(last.judged.agreed, 1);
	assert_int_equal(last.judged.confidence, 1600);
	fb_windows_consumer.close(windows);
	fb_windows_free(windows);
	fake_free(fake);
}

static void move(struct fake *fake, uint32_t row, uint64_t id)
{
	flow(fake, row, (uint32_t)id, true);
	fake_flow(fake, row)->id = id;
}

static void end(struct fb_windows *windows, struct fake *fake, uint32_t row)
{
	uint32_t ended[] = {row};

	fake->snapshot.now_ns += S;
	fake->snapshot.ended = ended;
	fake->snapshot.n_ended = 1;
	assert_int_equal(fb_windows_consumer.tick(windows, &fake->snapshot, 0), 0);
	fake->snapshot.ended = NULL;
	fake->snapshot.n_ended = 0;
}

static uint64_t closed(struct fb_windows *windows, struct fake *fake, uint64_t id)
{
	struct fb_window last;

	fake->snapshot.now_ns += S;
	assert_int_equal(fb_windows_consumer.tick(windows, &fake->snapshot, 0), 0);
	assert_int_equal(fb_windows_read(windows, id - 1, &last, 1), 1);
	assert_int_equal(last.id, id);
	return last.flows;
}

/* Each flow once, whether its record is still its own when the window closes or not. */
static void test_ended_and_gone(void **state)
{
	struct fake *fake = fake_new(3);
	struct fb_windows *windows;

	(void)state;
	assert_int_equal(fb_windows_new(4, &windows), 0);
	assert_int_equal(fb_windows_consumer.open(windows), 0);
	assert_int_equal(fb_windows_consumer.tick(windows, &fake->snapshot, 0), 0);
	move(fake, 0, 1);
	move(fake, 1, 2);
	end(windows, fake, 0);
	end(windows, fake, 0); /* late packets came, and its end is told once more */
	move(fake, 0, 3);      /* in the record that the first had */
	end(windows, fake, 0);
	fake_flow(fake, 0)->id = 0;
	assert_int_equal(closed(windows, fake, 1), 3);
	/* of a flow that had moved in the window before, and nothing since, this one has nothing */
	end(windows, fake, 1);
	move(fake, 2, 4);
	end(windows, fake, 2);
	fake->snapshot.now_ns += S;
	assert_int_equal(closed(windows, fake, 2), 1);
	fb_windows_consumer.close(windows);
	fb_windows_free(windows);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_up_addresses),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_ended_and_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
