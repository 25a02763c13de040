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

static void datagram(struct dp *dp, int six, uint32_t n)
{
	struct pkt p = {};
	char src[40];

	pkt_eth(&p, six ? 0x86dd : 0x0800);
	if (six) {
		snprintf(src, sizeof(src), "2001:db8::%x:%x", n >> 16, n & 0xffff);
		pkt_ip6(&p, src, "2001:db8:9::9", 17);
	} else {
		snprintf(src, sizeof(src), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
		pkt_ip4(&p, src, "192.0.2.9", 17);
	}
	pkt_udp(&p, 9000, 9001);
	pkt_end(&p);
	dp_send(dp, 0, &p);
}

/* Hints that look alike lead to the wrong row, and its packets back to the index. */
static void hints_differ(void **state)
{
	struct dp *dp = *state;
	uint32_t way[FB_HINT_WAYS], tags = 0;
	bool seen[256] = {};

	for (uint32_t i = 0; i < 500; i++)
		datagram(dp, 0, i);
	for (uint32_t i = 0; !bpf_map_lookup_elem(dp_map(dp, "fb_hints"), &i, way); i++)
		for (int w = 0; w < FB_HINT_WAYS; w++) {
			tags += way[w] && !seen[way[w] >> 24];
			seen[way[w] >> 24] |= way[w] != 0;
		}
	assert_in_range(tags, 180, 256);
}

static void forget_index(int index)
{
	struct fb_key key; /* or a shorter one */

	while (!bpf_map_get_next_key(index, NULL, &key))
		assert_int_equal(bpf_map_delete_elem(index, &key), 0);
}

/*
 * Packets of known flows that the hints do not know: without the index each of them makes a row.
 * It is half full and its flows were seen four times before, after `generation` such tables that
 * are gone.
 */
static uint64_t misses(struct dp *dp, int six, uint32_t flows, uint32_t generation)
{
	int index = six ? dp->index6 : dp->index4;
	uint64_t rows;

	for (uint32_t i = 0; i < 4 * flows; i++)
		datagram(dp, six, generation * flows + i % flows);
	rows = dp->state->next_slot;
	assert_int_equal(rows, flows);
	forget_index(index);
	for (uint32_t i = 0; i < flows; i++)
		datagram(dp, six, generation * flows + i);
	rows = dp->state->next_slot - rows;
	forget_index(index);
	return rows;
}

static void half_a_table(int six, uint32_t generations)
{
	const uint32_t flows = 8192;
	struct dp dp;

	dp_open(&dp, (struct fb_knobs){.inspect = 1, .max_flows = flows * 2}, 0);
	for (uint32_t generation = 0; generation < generations; generation++) {
		uint64_t missed = misses(&dp, six, flows, generation);

		print_message("# IPv%d, generation %u: %u of %u packets missed\n", six ? 6 : 4,
			      generation, (unsigned int)missed, flows);
		assert_true(missed * 100 < flows);
		for (uint32_t slot = 0; slot < dp_used(&dp); slot++)
			dp.rows[slot] = (struct fb_row){};
		dp.state->next_slot = 0;
	}
	dp_close(&dp);
}

static void hints_know_half_a_table(void **state)
{
	(void)state;
	half_a_table(0, 5);
	half_a_table(1, 2);
}

/* The cache has room for three hints for two rows, however many. */
static void hints_fit_the_rows(void **state)
{
	static const uint32_t rows[] = {1, 1024, 1025, 262144, 300000, FB_MAX_FLOWS_MOST};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t hints = (uint64_t)fb_hint_sets(rows[i]) * FB_HINT_WAYS;

		assert_in_range(hints,
				(uint64_t)rows[i] * 3 / 2 > 48 ? (uint64_t)rows[i] * 3 / 2 - 48 : 1,
				(uint64_t)rows[i] * 3 / 2 + 2 * FB_HINT_WAYS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hints_differ, start, stop),
		cmocka_unit_test(hints_know_half_a_table),
		cmocka_unit_test(hints_fit_the_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
