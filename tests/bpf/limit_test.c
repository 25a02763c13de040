/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits: what is held to a rate has the class of its rule and direction, from the first packet on
 * where a prefix is meant, and is counted as ever.
 */
#include <time.h>

#include <flowbpf/verdict.h>

#include "bpf/dp.h"

#define CLI    "10.0.0.1"
#define SRV    "192.0.2.9"
#define RULE   7
#define SHOT   2
#define FOR_NS 60000000000ull

static struct dp dp;

static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int start(void **state)
{
	(void)state;
	dp_open(&dp, (struct fb_knobs){.inspect = 1, .quality = 1}, 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	dp_conserves(&dp);
	dp_close(&dp);
	return 0;
}

static struct pkt segment(int back, uint8_t flags, uint32_t seq, uint32_t ack, unsigned int payload)
{
	struct pkt p = {};

	pkt_eth(&p, 0x0800);
	pkt_ip4(&p, back ? SRV : CLI, back ? CLI : SRV, 6);
	pkt_tcp(&p, back ? 443 : 40000, back ? 40000 : 443, flags, seq, ack);
	pkt_fill(&p, payload);
	pkt_end(&p);
	return p;
}

static void connect_both(void)
{
	struct pkt p = segment(0, PKT_TCP_SYN, 1000, 0, 0);

	dp_send(&dp, 0, &p);
	p = segment(1, PKT_TCP_SYN | PKT_TCP_ACK, 5000, 1001, 0);
	dp_send(&dp, 1, &p);
	p = segment(0, PKT_TCP_ACK, 1001, 5001, 0);
	dp_send(&dp, 0, &p);
}

static void judge(struct fb_row *row, uint8_t bits, uint64_t until)
{
	memset(&dp.rules[RULE], 0, sizeof(dp.rules[RULE]));
	dp.rules[RULE].until = until;
	dp.sides[row - dp.rows].rule = RULE;
	row->inspect |= bits;
}

static void shut_out(const char *addr, uint8_t bits, uint32_t number)
{
	struct fb_net_key key = {.bits = bits};
	const bool six = strchr(addr, ':');

	if (!six)
		key.addr[10] = key.addr[11] = 0xff;
	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, addr, key.addr + (six ? 0 : 12)), 1);
	assert_int_equal(bpf_map_update_elem(dp_map(&dp, "fb_nets"), &key, &number, BPF_ANY), 0);
	dp.rules[number].until = boot_ns() + FOR_NS;
	dp.rules[number].verdict = FB_VERDICT_DROP;
	dp.state->nets = 1;
}

static int judged(const char *src, const char *dst, uint16_t port)
{
	struct __sk_buff skb = {.ifindex = DP_IFINDEX};
	struct pkt p = pkt_datagram(src, dst, port);

	return dp_run(dp.prog[0], p.data, p.len, &skb);
}

/* What class the packet has when it goes on; 0: none. */
static uint32_t class_of(int hook, const struct pkt *p)
{
	struct __sk_buff skb = {.ifindex = DP_IFINDEX}, out = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb), .ctx_out = &out,
		    .ctx_size_out = sizeof(out));

	assert_int_equal(bpf_prog_test_run_opts(dp.prog[hook], &opts), 0);
	assert_int_equal(opts.retval, (uint32_t)-1);
	return out.priority;
}

static void gives_classes(void **state)
{
	const struct pkt up = segment(0, PKT_TCP_ACK, 1001, 5001, 100);
	const struct pkt down = segment(1, PKT_TCP_ACK, 5001, 1001, 100);
	struct fb_row *row;
	uint64_t before;
	int d;

	(void)state;
	connect_both();
	row = dp_find(&dp, CLI, SRV, 40000, 443, 6, NULL);
	d = row->opener;
	assert_int_equal(class_of(0, &up), 0);
	judge(row, FB_VERDICT_LIMIT | (d ? FB_VERDICT_TURNED : 0), boot_ns() + FOR_NS);
	dp.rules[RULE].limit = FB_LIMIT_UP | FB_LIMIT_DOWN;
	assert_int_equal(class_of(0, &up), 0); /* no queue is there */
	dp.state->limit_mark = 4;
	before = row->packets[0] + row->packets[1];
	assert_int_equal(class_of(0, &up), fb_limit_class(RULE, 0));
	assert_int_equal(class_of(1, &down), fb_limit_class(RULE, 1));
	row->inspect ^= FB_VERDICT_TURNED;
	assert_int_equal(class_of(0, &up), fb_limit_class(RULE, 1));
	row->inspect ^= FB_VERDICT_TURNED;
	assert_int_equal(row->packets[0] + row->packets[1], before + 3);
	assert_int_equal(dp.rules[RULE].packets, 3);
	assert_int_equal(dp.rules[RULE].hits, 3);
	assert_int_equal(dp_stat(&dp, FB_STAT_blocked), 0);
	dp.rules[RULE].limit = FB_LIMIT_DOWN;
	assert_int_equal(class_of(0, &up), 0);
	assert_int_equal(class_of(1, &down), fb_limit_class(RULE, 1));
	dp.state->no_verdicts = 1;
	assert_int_equal(class_of(1, &down), 0);
	dp.state->no_verdicts = 0;
	assert_int_equal(class_of(1, &down), fb_limit_class(RULE, 1));
	dp.rules[RULE].until = boot_ns() - 1;
	assert_int_equal(class_of(1, &down), 0);
	assert_int_equal(row->inspect & FB_VERDICT_ANY, 0);
}

static void limit_net(const char *addr, uint8_t bits, uint32_t number, uint8_t limit)
{
	shut_out(addr, bits, number);
	dp.rules[number].verdict = FB_VERDICT_LIMIT;
	dp.rules[number].limit = limit | FB_LIMIT_UP | FB_LIMIT_DOWN;
	dp.state->limit_mark = 4;
}

/* Up is what the prefix sends, if it is ours, else what who opens sends; what is shut out stays so.
 */
static void limits_prefixes_at_once(void **state)
{
	const struct pkt up = pkt_datagram("10.0.0.7", "192.0.2.9", 99);
	const struct pkt down = pkt_datagram("192.0.2.9", "10.0.0.8", 99);
	const struct pkt up6 = pkt_datagram("2001:db8::1", "2001:db8:7::1", 99);
	const struct pkt other6 = pkt_datagram("2001:db8:7::1", "2001:db8::1", 99);

	(void)state;
	limit_net("10.0.0.0", 96 + 24, 7, FB_LIMIT_INSIDE);
	limit_net("2001:db8:7::", 48, 9, 0);
	assert_int_equal(class_of(0, &up), fb_limit_class(7, 0));
	assert_int_equal(class_of(0, &down), fb_limit_class(7, 1));
	assert_int_equal(class_of(0, &up6), fb_limit_class(9, 0));
	assert_int_equal(class_of(1, &other6), fb_limit_class(9, 0));
	assert_int_equal(dp_stat(&dp, FB_STAT_blocked), 0);
	shut_out("192.0.2.0", 96 + 24, 8);
	assert_int_equal(judged("10.0.0.7", "192.0.2.10", 99), SHOT);
	assert_int_equal(judged("192.0.2.10", "10.0.0.7", 99), SHOT);
}

static void keeps_the_limit_of_a_5_tuple(void **state)
{
	struct pkt p = segment(0, PKT_TCP_RST, 1001, 0, 0);

	(void)state;
	limit_net(CLI, 128, 7, FB_LIMIT_INSIDE);
	connect_both();
	dp_send(&dp, 0, &p);
	p = segment(0, PKT_TCP_SYN, 900000, 0, 0);
	assert_int_equal(class_of(0, &p), fb_limit_class(7, 0));
	assert_int_equal(dp_stat(&dp, FB_STAT_reused), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_classes, start, stop),
		cmocka_unit_test_setup_teardown(limits_prefixes_at_once, start, stop),
		cmocka_unit_test_setup_teardown(keeps_the_limit_of_a_5_tuple, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
