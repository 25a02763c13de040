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
	assert_int_equal(fb_windows_new(&windows), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_up_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
