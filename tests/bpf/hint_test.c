/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache in front of the index: room for all, and hints that tell flows apart. */
#include "bpf/dp.h"

static int start(void **state)
{
	static struct dp dp;

	dp_open(&dp, (struct fb_knobs){.inspect = 1}, 0);
	*state = &dp;
	return 0;
}

static int stop(void **state)
{
	dp_conserves(*state);
	dp_close(*state);
	return 0;
}

static void datagram(struct dp *dp, uint32_t n)
{
	struct pkt p = {};
	char src[16];

	snprintf(src, sizeof(src), "10.0.%u.%u", n >> 8 & 255, n & 255);
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, src, "192.0.2.9", 17);
	pkt_udp(&p, 9000, 9001);
	pkt_end(&p);
	dp_send(dp, 0, &p);
}

/* Hints that look alike lead to the wrong row, and its packets back to the index. */
static void hints_differ(void **state)
{
	struct dp *dp = *state;
	bool seen[1024] = {};
	uint32_t way[4], tags = 0;

	for (uint32_t i = 0; i < 500; i++)
		datagram(dp, i);
	for (uint32_t i = 0; !bpf_map_lookup_elem(dp_map(dp, "fb_hints"), &i, way); i++)
		for (int w = 0; w < 4; w++) {
			tags += way[w] && !seen[way[w] >> 22];
			seen[way[w] >> 22] |= way[w] != 0;
		}
	assert_in_range(tags, 300, 500);
}

/* The cache has room for two hints a row, in sets of four that a mask can pick from. */
static void hints_fit_the_rows(void **state)
{
	static const uint32_t rows[][2] = {
		{1, 1},	      {2, 1},		{1024, 512},	  {1025, 512},
		{1026, 1024}, {262144, 131072}, {300000, 262144}, {FB_MAX_FLOWS_MOST, 2097152}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(fb_hint_sets(rows[i][0]), rows[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hints_differ, start, stop),
		cmocka_unit_test(hints_fit_the_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
