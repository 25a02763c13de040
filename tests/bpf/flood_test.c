/* SPDX-License-Identifier: BSD-2-Clause */
// timeout: 120
/*
 * Floods of SYNs, by TC and by XDP in front of it: above the rate a stranger's SYN goes on once it
 * is sent again; who finished a handshake goes on at once; handshakes that are finished are no
 * flood; every packet is in the books.
 */
#include <time.h>
#include <unistd.h>

#include "bpf/dp.h"
#include "bpf/xdp_dp.h"

#define RATE  100
#define CLI   "10.0.0.1"
#define SRV   "192.0.2.9"
#define SRV6  "2001:db8:9::9"
#define SHOT  2
#define AGAIN 1000000 /* us: when TCP sends a SYN again */

static struct dp dp;
static struct bpf_object *object;
static int xdp;
static bool by_xdp;
static uint32_t stranger; /* the next source that nobody knows */

static int start(void **state)
{
	by_xdp = *state != NULL;
	dp_open(&dp, (struct fb_knobs){.quality = 1, .flood_rate = RATE, .max_flows = 65536}, 0);
	object = xdp_open(&dp);
	xdp = xdp_prog(object);
	if (by_xdp) {
		struct fb_link entry = {
			.ifindex = DP_IFINDEX, .link = DP_LINK, .l2_len = 14, .xdp = 1};
		uint32_t i = DP_IFINDEX;

		assert_int_equal(bpf_map_update_elem(dp.links, &i, &entry, BPF_ANY), 0);
	}
	return 0;
}

static int stop(void **state)
{
	(void)state;
	dp_conserves(&dp);
	assert_int_equal(dp_stat(&dp, by_xdp ? FB_STAT_flood : FB_STAT_flood_xdp), 0);
	bpf_object__close(object);
	dp_close(&dp);
	return 0;
}

static struct pkt segment(const char *src, const char *dst, uint16_t sport, uint16_t dport,
			  uint8_t flags, uint32_t seq)
{
	struct pkt p = {};

	pkt_eth_ip(&p, src, dst, 6);
	pkt_tcp(&p, sport, dport, flags, seq, 0);
	pkt_end(&p);
	return p;
}

/* As it comes in: by XDP first, where that is there. True: it went on. */
static bool comes_in(const struct pkt *p)
{
	struct __sk_buff skb = {.ifindex = DP_IFINDEX};

	if (by_xdp && xdp_run(xdp, p->data, p->len) == XDP_TAKEN)
		return false;
	return dp_run(dp.prog[0], p->data, p->len, &skb) != SHOT;
}

static bool syn(const char *src, const char *dst, uint16_t sport, uint16_t dport, uint32_t seq)
{
	struct pkt p = segment(src, dst, sport, dport, PKT_TCP_SYN, seq);

	return comes_in(&p);
}

/* So many SYNs, each of another source: how many went on. */
static unsigned int flood(const char *dst, unsigned int n)
{
	struct pkt p = segment("10.128.0.0", dst, 4000, 443, PKT_TCP_SYN, 1);
	unsigned int passed = 0;

	for (unsigned int i = 0; i < n; i++) {
		pkt_put32(p.data + p.l3 + 12, 0x0a800000 + ++stranger);
		passed += comes_in(&p);
	}
	return passed;
}

/* In from the client and out to him; `ack`: what he says that he was told. */
static void handshake(const char *src, uint16_t sport, uint32_t ack)
{
	struct pkt p = segment(src, SRV, sport, 443, PKT_TCP_SYN, 1000);

	assert_true(comes_in(&p));
	p = (struct pkt){};
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, SRV, src, 6);
	pkt_tcp(&p, 443, sport, PKT_TCP_SYN | PKT_TCP_ACK, 5000, 1001);
	pkt_end(&p);
	dp_send(&dp, 1, &p);
	p = (struct pkt){};
	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, src, SRV, 6);
	pkt_tcp(&p, sport, 443, PKT_TCP_ACK, 1001, ack);
	pkt_end(&p);
	assert_true(comes_in(&p));
}

static uint64_t dropped(void)
{
	return dp_stat(&dp, by_xdp ? FB_STAT_flood_xdp : FB_STAT_flood);
}

static void passes_below_the_rate(void **state)
{
	(void)state;
	assert_int_equal(flood(SRV, RATE), RATE);
	assert_int_equal(dropped(), 0);
}

/* The test's second may end within: then as many again pass. */
static void wants_strangers_to_try_again(void **state)
{
	unsigned int passed;

	(void)state;
	passed = flood(SRV, 5000);
	assert_in_range(passed, RATE, 2 * RATE + 2);
	assert_int_equal(dropped(), 5000 - passed);
	assert_false(syn(CLI, SRV, 4000, 443, 77));
	assert_false(syn(CLI, SRV, 4000, 443, 77)); /* not at once */
	assert_false(syn("2001:db8::7", SRV6, 4000, 443, 77) && flood(SRV, 1));
	usleep(AGAIN);
	flood(SRV, 500);
	assert_true(syn(CLI, SRV, 4000, 443, 77));
	assert_false(syn(CLI, SRV, 4000, 443, 78)); /* another one */
	assert_false(syn(CLI, SRV, 4001, 443, 77));
	assert_true(syn(CLI, "192.0.2.10", 4000, 443, 77)); /* who is not flooded */
}

static void reads_ipv6(void **state)
{
	char source[64];
	unsigned int passed = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(source, sizeof(source), "2001:db8:%x::1", i + 1);
		passed += syn(source, SRV6, 4000, 443, 1);
	}
	assert_in_range(passed, RATE, 2 * RATE + 2);
	usleep(AGAIN);
	assert_true(syn("2001:db8:3e8::1", SRV6, 4000, 443, 1));
}

static void knows_who_finished_a_handshake(void **state)
{
	unsigned int passed = 0;

	(void)state;
	handshake("10.0.0.7", 4000, 5001);
	handshake("10.0.0.8", 4000, 99999999); /* a guess */
	flood(SRV, 2000);
	assert_true(syn("10.0.0.7", SRV, 4001, 443, 1));
	assert_false(syn("10.0.0.8", SRV, 4001, 443, 1));
	for (int i = 0; i < 1000; i++) /* or who says that he is him */
		passed += syn("10.0.0.7", SRV, 5000 + i, 443, 1);
	assert_in_range(passed, FB_FLOOD_SHARE - 2, 3 * FB_FLOOD_SHARE);
}

static void counts_what_is_not_finished(void **state)
{
	char source[32];

	(void)state;
	for (int i = 0; i < 5 * RATE; i++) {
		snprintf(source, sizeof(source), "10.0.%d.%d", 1 + i / 200, 1 + i % 200);
		handshake(source, 4000, 5001);
	}
	assert_int_equal(dropped(), 0);
}

static void obeys_and_spares(void **state)
{
	(void)state;
	flood(SRV, 2000);
	assert_true(syn(CLI, SRV, 4000, 179, 1)); /* BGP */
	assert_false(syn(CLI, SRV, 4000, 443, 1));
	dp.state->no_verdicts = 1;
	assert_true(syn(CLI, SRV, 4001, 443, 1));
	dp.state->no_verdicts = 0;
	assert_false(syn(CLI, SRV, 4002, 443, 1));
}

/* When it is over it is over. */
static void ends_with_the_flood(void **state)
{
	(void)state;
	flood(SRV, 2000);
	assert_false(syn(CLI, SRV, 4000, 443, 1));
	usleep(2300000);
	assert_true(syn(CLI, SRV, 4001, 443, 2));
}

/* What others sent is seldom taken for a second try. */
static void is_seldom_wrong(void **state)
{
	unsigned int passed;

	(void)state;
	flood(SRV, 100000);
	usleep(600000);
	passed = flood(SRV, 20000);
	print_message("# %u of 20,000 strangers were taken for one who tries again\n", passed);
	assert_in_range(passed, 0, 200);
}

#define BY_BOTH(test)                                                                              \
	{#test " (TC)", test, start, stop, NULL}, {#test " (XDP)", test, start, stop, (void *)1}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BY_BOTH(passes_below_the_rate),
		BY_BOTH(wants_strangers_to_try_again),
		BY_BOTH(reads_ipv6),
		BY_BOTH(knows_who_finished_a_handshake),
		BY_BOTH(counts_what_is_not_finished),
		BY_BOTH(obeys_and_spares),
		BY_BOTH(ends_with_the_flood),
		BY_BOTH(is_seldom_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
