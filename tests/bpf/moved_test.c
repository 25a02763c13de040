/* SPDX-License-Identifier: BSD-2-Clause */
/* Bits of the rows that moved: fb_moved. */
#include "bpf/dp.h"

static int start(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.max_flows = 1024}, 0);
	*state = &dp;
	return 0;
}

static int stop(void **state)
{
	dp_conserves(*state);
	dp_close(*state);
	return 0;
}

/* Of flow `n`. */
static void datagram(struct dp *dp, int hook, uint32_t n)
{
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, "10.0.0.1", "192.0.2.9", 17);
	pkt_udp(&p, (uint16_t)(9000 + n), 53);
	pkt_end(&p);
	dp_send(dp, hook, &p);
}

/* Whoever looks at the bits alone misses no row that moved, and looks at no other. */
static void tells_what_moved(void **state)
{
	struct dp *dp = *state;
	uint64_t before;

	for (uint32_t n = 0; n < 200; n++)
		datagram(dp, n & 1, n);
	for (int word = 0; word < 3; word++)
		assert_int_equal(dp->moved[word], UINT64_MAX);
	assert_int_equal(dp->moved[3], 0xff);
	memset(dp->moved, 0, 4 * sizeof(*dp->moved));
	for (uint32_t slot = 0; slot < 200; slot++)
		dp->rows[slot].moved = 0;
	before = dp->rows[131].last_seen;
	while (dp->rows[131].last_seen == before)
		datagram(dp, 1, 131);
	/* By the hook that saw another first, too. */
	before = dp->rows[70].last_seen;
	while (dp->rows[70].last_seen == before)
		datagram(dp, 1, 70);
	assert_int_equal(dp->moved[0], 0);
	assert_int_equal(dp->moved[1], 1ull << (70 - 64));
	assert_int_equal(dp->moved[2], 1ull << (131 - 128));
	assert_int_equal(dp->moved[3], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_what_moved, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
