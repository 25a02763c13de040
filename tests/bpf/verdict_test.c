/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts: what is dropped is in the books as `blocked`, what is reset is a RST for both ends with
 * numbers and sums that they take, and a deadline ends either.
 */
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <flowbpf/verdict.h>

#include "bpf/dp.h"

#define CLI    "10.0.0.1"
#define SRV    "192.0.2.9"
#define CLI6   "2001:db8::1"
#define SRV6   "2001:db8::9"
#define RULE   7
#define SHOT   2
#define FOR_NS 60000000000ull

static struct dp dp;
static int wire; /* what leaves by the loopback of this namespace */

static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int start(void **state)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(3), .sll_ifindex = 1};

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(3));
	assert_true(wire >= 0);
	assert_int_equal(ioctl(wire, SIOCSIFFLAGS, &up), 0);
	assert_int_equal(bind(wire, (struct sockaddr *)&at, sizeof(at)), 0);
	dp_open(&dp, (struct fb_knobs){.inspect = 1, .quality = 1}, 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	dp_conserves(&dp);
	dp_close(&dp);
	close(wire);
	return 0;
}

static uint32_t add16(uint32_t sum, const uint8_t *at, unsigned int len)
{
	for (unsigned int i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* As who sends it does: what changes a header changes its sum. */
static void sum_header(struct pkt *p)
{
	pkt_end(p);
	if (p->data[p->l3] >> 4 == 4)
		pkt_put16(p->data + p->l3 + 10,
			  (uint16_t)~add16(0, p->data + p->l3, p->l4 - p->l3));
}

static struct pkt segment(int six, int back, uint8_t flags, uint32_t seq, uint32_t ack,
			  unsigned int payload)
{
	const char *src = six ? (back ? SRV6 : CLI6) : back ? SRV : CLI;
	const char *dst = six ? (back ? CLI6 : SRV6) : back ? CLI : SRV;
	struct pkt p = {};

	pkt_eth(&p, six ? 0x86dd : 0x0800);
	if (six)
		pkt_ip6(&p, src, dst, 6);
	else
		pkt_ip4_options(&p, src, dst, 6, six == 0 && payload == 333 ? 8 : 0);
	pkt_tcp_options(&p, back ? 443 : 40000, back ? 40000 : 443, flags, seq, ack, 12);
	pkt_fill(&p, payload);
	sum_header(&p);
	return p;
}

static struct fb_row *row_of(int six)
{
	return dp_find(&dp, six ? CLI6 : CLI, six ? SRV6 : SRV, 40000, 443, 6, NULL);
}

static void connect_both(int six)
{
	struct pkt p = segment(six, 0, PKT_TCP_SYN, 1000, 0, 0);

	dp_send(&dp, 0, &p);
	p = segment(six, 1, PKT_TCP_SYN | PKT_TCP_ACK, 5000, 1001, 0);
	dp_send(&dp, 1, &p);
	p = segment(six, 0, PKT_TCP_ACK, 1001, 5001, 0);
	dp_send(&dp, 0, &p);
}

static void judge(struct fb_row *row, uint8_t bits, uint64_t until)
{
	memset(&dp.rules[RULE], 0, sizeof(dp.rules[RULE]));
	dp.rules[RULE].until = until;
	dp.sides[row - dp.rows].rule = RULE;
	row->inspect |= bits;
}

/* What the program returns, and what it made of the packet. */
static int run(int hook, struct pkt *p)
{
	struct __sk_buff skb = {
		.ifindex = DP_IFINDEX, .gso_segs = dp.gso_segs, .gso_size = dp.gso_size};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb), .data_out = p->data,
		    .data_size_out = sizeof(p->data));

	assert_int_equal(bpf_prog_test_run_opts(dp.prog[hook], &opts), 0);
	p->len = opts.data_size_out;
	return (int)opts.retval;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* A RST of these numbers and this sender, as long as its headers, whose sums are right. */
static void is_reset(const uint8_t *data, unsigned int len, unsigned int l3, int six, int from_srv,
		     uint32_t seq, uint32_t ack, uint8_t flags)
{
	const unsigned int at = six ? l3 + 8 : l3 + 12, l = six ? 16 : 4;
	const unsigned int l4 = six ? l3 + 40 : l3 + (data[l3] & 15) * 4;
	const uint8_t *tcp = data + l4;
	const uint8_t tail[4] = {0, 6, 0, 20};
	uint8_t src[16];

	inet_pton(six ? AF_INET6 : AF_INET,
		  six	     ? (from_srv ? SRV6 : CLI6)
		  : from_srv ? SRV
			     : CLI,
		  src);
	assert_int_equal(len, l4 + 20);
	assert_memory_equal(data + at, src, l);
	assert_int_equal(tcp[0] << 8 | tcp[1], from_srv ? 443 : 40000);
	assert_int_equal(tcp[2] << 8 | tcp[3], from_srv ? 40000 : 443);
	assert_int_equal(get32(tcp + 4), seq);
	assert_int_equal(get32(tcp + 8), ack);
	assert_int_equal(tcp[12], 0x50);
	assert_int_equal(tcp[13], flags);
	assert_int_equal(add16(add16(add16(0, data + at, 2 * l), tail, 4), tcp, 20), 0xffff);
	if (!six) {
		assert_int_equal(data[l3 + 2] << 8 | data[l3 + 3], len - l3);
		assert_int_equal(add16(0, data + l3, l4 - l3), 0xffff);
	} else {
		assert_int_equal(data[l3 + 4] << 8 | data[l3 + 5], 20);
	}
}

/* The frame that went out by the interface. */
static unsigned int sent(uint8_t *frame, size_t size)
{
	struct pollfd fd = {.fd = wire, .events = POLLIN};
	struct sockaddr_ll from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		if (poll(&fd, 1, 1000) != 1)
			fail_msg("nothing was sent");
		len = sizeof(from);
		n = recvfrom(wire, frame, size, 0, (struct sockaddr *)&from, &len);
		assert_true(n > 0);
		if (from.sll_pkttype == PACKET_OUTGOING && n >= 54)
			return (unsigned int)n;
	}
}

static void drops(void **state)
{
	struct pkt p = segment(0, 0, PKT_TCP_ACK, 1001, 5001, 100);
	struct fb_row *row;
	uint64_t before;

	(void)state;
	connect_both(0);
	row = row_of(0);
	before = row->packets[0] + row->packets[1];
	judge(row, FB_VERDICT_DROP, boot_ns() + FOR_NS);
	dp.gso_segs = 3;
	assert_int_equal(run(0, &p), SHOT);
	dp.gso_segs = 0;
	p = segment(0, 1, PKT_TCP_ACK, 5001, 1001, 0);
	assert_int_equal(run(1, &p), SHOT);
	assert_int_equal(row->packets[0] + row->packets[1], before);
	assert_int_equal(dp_stats(&dp, DP_LINK, 0).packets[FB_STAT_blocked], 3);
	assert_int_equal(dp_stats(&dp, DP_LINK, 1).packets[FB_STAT_blocked], 1);
	assert_int_equal(dp.rules[RULE].packets, 4);
	assert_int_equal(dp.rules[RULE].hits, 2);
	assert_int_equal(dp.rules[RULE].bytes,
			 dp_stats(&dp, DP_LINK, 0).bytes[FB_STAT_blocked] +
				 dp_stats(&dp, DP_LINK, 1).bytes[FB_STAT_blocked]);
	assert_true(dp.rules[RULE].first && dp.rules[RULE].last >= dp.rules[RULE].first);
	assert_int_equal(dp.rules[RULE].resets, 0);
}

static void ends_by_its_deadline(void **state)
{
	struct pkt p = segment(0, 0, PKT_TCP_ACK, 1001, 5001, 100);
	struct fb_row *row;

	(void)state;
	connect_both(0);
	row = row_of(0);
	judge(row, FB_VERDICT_DROP, boot_ns() + 50000000);
	assert_int_equal(run(0, &p), SHOT);
	usleep(60000);
	p = segment(0, 0, PKT_TCP_ACK, 1001, 5001, 100);
	assert_int_equal(run(0, &p), -1);
	assert_int_equal(row->inspect & FB_VERDICT_ANY, 0); /* it pays no more for it */
	judge(row, FB_VERDICT_DROP, 0);
	assert_int_equal(run(0, &p), -1);
}

static void ends_by_one_write(void **state)
{
	struct pkt p = segment(0, 0, PKT_TCP_ACK, 1001, 5001, 100);
	struct fb_row *row;

	(void)state;
	connect_both(0);
	row = row_of(0);
	judge(row, FB_VERDICT_DROP, UINT64_MAX);
	assert_int_equal(run(0, &p), SHOT);
	dp.state->no_verdicts = 1;
	p = segment(0, 0, PKT_TCP_ACK, 1001, 5001, 100);
	assert_int_equal(run(0, &p), -1);
	dp.state->no_verdicts = 0;
}

/* IPv4 also with options, IPv6; the clone that went back, and what goes on. */
static void resets_both_ends(void **state)
{
	static const unsigned int payloads[] = {100, 333, 0};
	uint8_t frame[2000];
	unsigned int n;

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct fb_row *row;

		connect_both(six);
		row = row_of(six);
		for (size_t i = 0; i < 3; i++) {
			struct pkt p = segment(six, 0, PKT_TCP_ACK, 1001, 5001, payloads[i]);

			judge(row, FB_VERDICT_RESET, boot_ns() + FOR_NS);
			assert_int_equal(run(0, &p), -1);
			is_reset(p.data, p.len, 14, six, 0, 1001, 5001, PKT_TCP_RST | PKT_TCP_ACK);
			n = sent(frame, sizeof(frame));
			is_reset(frame, n, 14, six, 1, 5001, 1001 + payloads[i],
				 PKT_TCP_RST | PKT_TCP_ACK);
			assert_memory_equal(frame, p.data + 6, 6);
			assert_memory_equal(frame + 6, p.data, 6);
			assert_int_equal(dp.rules[RULE].resets, 1);
		}
		assert_true(row->tcp_flags[0] & row->tcp_flags[1] & PKT_TCP_RST);
	}
	assert_int_equal(dp_stats(&dp, DP_LINK, 0).packets[FB_STAT_blocked], 6);
}

/* What takes a number is acknowledged; without an ACK there is no number to begin from. */
static void resets_who_opens_and_who_ends(void **state)
{
	uint8_t frame[2000];
	struct pkt p = segment(0, 0, PKT_TCP_SYN, 1000, 0, 0);
	struct fb_row *row;
	unsigned int n;

	(void)state;
	dp_send(&dp, 0, &p);
	row = row_of(0);
	judge(row, FB_VERDICT_RESET, boot_ns() + FOR_NS);
	p = segment(0, 0, PKT_TCP_SYN, 1000, 0, 0);
	assert_int_equal(run(0, &p), -1);
	is_reset(p.data, p.len, 14, 0, 0, 1000, 0, PKT_TCP_RST);
	n = sent(frame, sizeof(frame));
	is_reset(frame, n, 14, 0, 1, 0, 1001, PKT_TCP_RST | PKT_TCP_ACK);
	connect_both(1);
	row = row_of(1);
	judge(row, FB_VERDICT_RESET, boot_ns() + FOR_NS);
	p = segment(1, 0, PKT_TCP_ACK | PKT_TCP_FIN, 1001, 5001, 10);
	assert_int_equal(run(0, &p), -1);
	n = sent(frame, sizeof(frame));
	is_reset(frame, n, 14, 1, 1, 5001, 1012, PKT_TCP_RST | PKT_TCP_ACK);
}

/* By way of VLANs; a fragment, which has no header of its own, does not go on. */
static void resets_tagged_and_drops_fragments(void **state)
{
	struct pkt p = {}, tagged;
	uint8_t frame[2000];
	struct fb_row *row;
	unsigned int n;

	(void)state;
	dp.vlan[0] = 5;
	for (int i = 0; i < 2; i++) {
		tagged = (struct pkt){};
		pkt_eth(&tagged, 0x8100);
		pkt_tag(&tagged, 5, 0x0800);
		pkt_ip4(&tagged, CLI, SRV, 6);
		pkt_tcp(&tagged, 40000, 443, PKT_TCP_ACK, 1001, 5001);
		pkt_fill(&tagged, 50);
		sum_header(&tagged);
		if (i)
			break;
		dp_send(&dp, 0, &tagged);
		judge(row_of(0), FB_VERDICT_RESET, boot_ns() + FOR_NS);
	}
	assert_int_equal(run(0, &tagged), -1);
	is_reset(tagged.data, tagged.len, 18, 0, 0, 1001, 5001, PKT_TCP_RST | PKT_TCP_ACK);
	n = sent(frame, sizeof(frame));
	is_reset(frame, n, 18, 0, 1, 5001, 1051, PKT_TCP_RST | PKT_TCP_ACK);
	dp.vlan[0] = 0;
	connect_both(0);
	row = row_of(0);
	judge(row, FB_VERDICT_RESET, boot_ns() + FOR_NS);
	p = segment(0, 0, PKT_TCP_ACK, 1001, 5001, 64);
	pkt_ip4_fragment(&p, 77, 0, 1);
	assert_int_equal(run(0, &p), SHOT);
}

/* What leaves is answered, and a RST is what is wanted. */
static void lets_answers_and_resets_pass(void **state)
{
	struct pkt p = segment(0, 1, PKT_TCP_ACK, 5001, 1001, 10);
	struct fb_row *row;
	uint64_t before;

	(void)state;
	connect_both(0);
	row = row_of(0);
	judge(row, FB_VERDICT_RESET, boot_ns() + FOR_NS);
	before = row->packets[0] + row->packets[1];
	dp_send(&dp, 1, &p);
	p = segment(0, 0, PKT_TCP_RST | PKT_TCP_ACK, 1001, 5011, 0);
	dp_send(&dp, 0, &p);
	assert_int_equal(row->packets[0] + row->packets[1], before + 2);
	assert_int_equal(dp_stat(&dp, FB_STAT_blocked), 0);
}

/* Once it is reset, its 5-tuple is free for a new connection. */
static void lets_the_next_one_open(void **state)
{
	struct pkt p = segment(0, 0, PKT_TCP_ACK, 1001, 5001, 100);
	struct fb_row *row;

	(void)state;
	connect_both(0);
	row = row_of(0);
	judge(row, FB_VERDICT_RESET, boot_ns() + FOR_NS);
	assert_int_equal(run(0, &p), -1);
	p = segment(0, 0, PKT_TCP_SYN, 90000, 0, 0);
	dp_send(&dp, 0, &p);
	assert_ptr_not_equal(row_of(0), row);
	assert_int_equal(row_of(0)->inspect & FB_VERDICT_ANY, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(drops, start, stop),
		cmocka_unit_test_setup_teardown(ends_by_its_deadline, start, stop),
		cmocka_unit_test_setup_teardown(ends_by_one_write, start, stop),
		cmocka_unit_test_setup_teardown(resets_both_ends, start, stop),
		cmocka_unit_test_setup_teardown(resets_who_opens_and_who_ends, start, stop),
		cmocka_unit_test_setup_teardown(resets_tagged_and_drops_fragments, start, stop),
		cmocka_unit_test_setup_teardown(lets_answers_and_resets_pass, start, stop),
		cmocka_unit_test_setup_teardown(lets_the_next_one_open, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
