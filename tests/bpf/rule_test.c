/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules that the kernel half matches by itself: prefixes, ports and ends of what has no row, names
 * of hellos; exceptions win, what keeps a network going passes, and all of it is in the books.
 */
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <flowbpf/verdict.h>

#include "bpf/dp.h"

#define CLI    "10.0.0.1"
#define SRV    "192.0.2.9"
#define SRV6   "2001:db8:7::1"
#define SHOT   2
#define PASS   (-1)
#define FOR_NS 60000000000ull
#define KEY    0x1234567890abcdefull

static struct dp dp;

static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* RSTs go out by the loopback of a namespace of our own. */
static int start(void **state)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &up), 0);
	close(fd);
	dp_open(&dp, (struct fb_knobs){.inspect = 1, .quality = 1, .max_flows = 256}, 0);
	dp.state->name_key = KEY;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	dp_conserves(&dp);
	dp_close(&dp);
	return 0;
}

/* --- rules ------------------------------------------------------------------------------------ */

static void in_force(uint32_t number, enum fb_verdict verdict)
{
	dp.rules[number] = (struct fb_rule_entry){.until = boot_ns() + FOR_NS, .verdict = verdict};
	dp.state->nets = 1;
}

static bool put_addr(const char *text, uint8_t to[16])
{
	const bool six = strchr(text, ':');

	memset(to, 0, 16);
	if (!six)
		to[10] = to[11] = 0xff;
	assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, text, to + (six ? 0 : 12)), 1);
	return six;
}

static void put_net(const char *addr, uint32_t bits, uint32_t number)
{
	struct fb_net_key key = {.bits = bits};

	put_addr(addr, key.addr);
	assert_int_equal(bpf_map_update_elem(dp_map(&dp, "fb_nets"), &key, &number, BPF_ANY), 0);
}

/* Ends as a rule has them: NULL, 0: not said. */
static void put_tuple(uint8_t shape, uint8_t proto, const char *addr0, uint16_t port0,
		      const char *addr1, uint16_t port1, uint32_t number)
{
	struct fb_tuple_key key = {.proto = proto, .port = {port0, port1}, .shape = shape};

	if (addr0)
		key.family = put_addr(addr0, key.addr[0]) ? 6 : 4;
	if (addr1)
		key.family = put_addr(addr1, key.addr[1]) ? 6 : 4;
	assert_int_equal(bpf_map_update_elem(dp_map(&dp, "fb_tuples"), &key, &number, BPF_ANY), 0);
	for (int i = 0; i < FB_SHAPES_MAX; i++) {
		if (dp.state->shape[i] && dp.state->shape[i] != shape)
			continue;
		dp.state->shape[i] = shape;
		return;
	}
	fail_msg("too many shapes");
}

static void put_name(const char *name, uint32_t at, uint32_t below)
{
	struct fb_rule_name entry = {.at = at, .below = below};
	uint64_t hash = KEY;

	for (size_t i = strlen(name); i > 0; i--)
		hash = fb_name_hash(hash, (uint8_t)name[i - 1]);
	snprintf(entry.name, sizeof(entry.name), "%s", name);
	assert_int_equal(bpf_map_update_elem(dp_map(&dp, "fb_rule_names"), &hash, &entry, BPF_ANY),
			 0);
	dp.state->names = 1;
}

/* --- packets ---------------------------------------------------------------------------------- */

static struct pkt packet(const char *src, const char *dst, uint8_t proto)
{
	struct pkt p = {};

	pkt_eth_ip(&p, src, dst, proto);
	return p;
}

static int run(int hook, struct pkt *p)
{
	struct __sk_buff skb = {.ifindex = DP_IFINDEX};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb));

	pkt_end(p);
	assert_int_equal(bpf_prog_test_run_opts(dp.prog[hook], &opts), 0);
	return (int)opts.retval;
}

static int udp(int hook, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	struct pkt p = packet(src, dst, 17);

	pkt_udp(&p, sport, dport);
	pkt_fill(&p, 50);
	return run(hook, &p);
}

static int tcp(int hook, const char *src, uint16_t sport, const char *dst, uint16_t dport,
	       uint8_t flags)
{
	struct pkt p = packet(src, dst, 6);

	pkt_tcp(&p, sport, dport, flags, 1000, 5000);
	return run(hook, &p);
}

static int hello(int hook, uint16_t sport, const char *name)
{
	struct pkt p = packet(CLI, SRV, 6);

	tcp(hook, CLI, sport, SRV, 443, PKT_TCP_SYN);
	tcp(!hook, SRV, 443, CLI, sport, PKT_TCP_SYN | PKT_TCP_ACK);
	pkt_tcp(&p, sport, 443, PKT_TCP_ACK, 1001, 5001);
	pkt_hello(&p, name, 0);
	return run(hook, &p);
}

/* --- where a row would be made ---------------------------------------------------------------- */

/* By either end, the longest prefix first; it takes no row, and what keeps a network going passes.
 */
static void prefixes(void **state)
{
	uint32_t used;

	(void)state;
	put_net("192.0.2.0", 96 + 24, 7);
	put_net(SRV, 128, 8);
	put_net("2001:db8:7::", 48, 9);
	for (uint32_t i = 7; i <= 9; i++)
		in_force(i, FB_VERDICT_DROP);
	assert_int_equal(udp(0, CLI, 40000, "10.0.0.2", 99), PASS);
	used = dp_live(&dp);
	assert_int_equal(udp(0, CLI, 40000, "192.0.2.77", 99), SHOT);
	assert_int_equal(udp(0, "192.0.2.78", 40000, CLI, 99), SHOT);
	assert_int_equal(udp(0, CLI, 40000, SRV, 99), SHOT);
	assert_int_equal(udp(0, SRV6, 40000, "2001:db8::1", 99), SHOT);
	assert_int_equal(dp_live(&dp), used);
	assert_int_equal(dp.rules[7].packets, 2);
	assert_int_equal(dp.rules[8].packets, 1);
	assert_int_equal(dp.rules[9].packets, 1);
	assert_int_equal(dp_stat(&dp, FB_STAT_blocked), 4);
	assert_int_equal(udp(0, CLI, 40000, "192.0.3.1", 99), PASS);
	assert_int_equal(udp(0, CLI, 40000, "192.0.2.77", 67), PASS);
	assert_int_equal(udp(0, CLI, 40000, "192.0.2.77", 123), PASS);
	dp.rules[7].until = boot_ns() - 1;
	assert_int_equal(udp(0, CLI, 40000, "192.0.2.79", 99), PASS);
	dp.rules[8].until = UINT64_MAX;
	dp.state->no_verdicts = 1;
	assert_int_equal(udp(0, CLI, 40000, SRV, 98), PASS);
	dp.state->no_verdicts = 0;
	assert_int_equal(udp(0, CLI, 40000, SRV, 97), SHOT);
	dp.state->nets = 0;
	assert_int_equal(udp(0, CLI, 40000, SRV, 97), PASS);
}

static void ports(void **state)
{
	(void)state;
	put_tuple(FB_SHAPE_PROTO | FB_SHAPE_PORT0, 6, NULL, 25, NULL, 0, 7);
	put_tuple(FB_SHAPE_PORT0, 0, NULL, 6881, NULL, 0, 8);
	in_force(7, FB_VERDICT_DROP);
	in_force(8, FB_VERDICT_DROP);
	assert_int_equal(tcp(0, CLI, 40000, SRV, 25, PKT_TCP_SYN), SHOT);
	assert_int_equal(tcp(1, CLI, 40000, SRV, 25, PKT_TCP_SYN), SHOT);
	assert_int_equal(tcp(0, SRV, 25, CLI, 40000, PKT_TCP_ACK),
			 SHOT); /* either end, any packet */
	assert_int_equal(tcp(0, SRV6, 40000, "2001:db8::1", 25, PKT_TCP_SYN), SHOT);
	assert_int_equal(udp(0, CLI, 40000, SRV, 25), PASS);
	assert_int_equal(tcp(0, CLI, 40000, SRV, 26, PKT_TCP_SYN), PASS);
	assert_int_equal(tcp(0, CLI, 6881, SRV, 26, PKT_TCP_SYN), SHOT);
	assert_int_equal(udp(0, "2001:db8::1", 40000, SRV6, 6881), SHOT);
	assert_int_equal(dp.rules[7].packets, 4);
	assert_int_equal(dp.rules[8].packets, 2);
	assert_int_equal(dp_stat(&dp, FB_STAT_blocked), 6);
}

/* Of all five, of an address and a port, of two addresses. */
static void tuples(void **state)
{
	(void)state;
	put_tuple(31, 6, CLI, 40000, SRV, 443, 7);
	put_tuple(FB_SHAPE_ADDR0 | FB_SHAPE_PORT0, 0, SRV, 80, NULL, 0, 8);
	put_tuple(FB_SHAPE_ADDR0 | FB_SHAPE_ADDR1, 0, "2001:db8::1", 0, SRV6, 0, 9);
	for (uint32_t i = 7; i <= 9; i++)
		in_force(i, FB_VERDICT_DROP);
	assert_int_equal(tcp(0, CLI, 40000, SRV, 443, PKT_TCP_SYN), SHOT);
	assert_int_equal(tcp(1, SRV, 443, CLI, 40000, PKT_TCP_ACK), SHOT);
	assert_int_equal(tcp(0, CLI, 40001, SRV, 443, PKT_TCP_SYN), PASS);
	assert_int_equal(tcp(0, CLI, 443, SRV, 40000, PKT_TCP_SYN), PASS);
	assert_int_equal(udp(0, CLI, 40000, SRV, 443), PASS);
	assert_int_equal(udp(0, CLI, 40000, SRV, 80), SHOT);
	assert_int_equal(udp(0, CLI, 80, SRV, 40000), PASS);
	assert_int_equal(udp(0, SRV6, 1, "2001:db8::1", 2), SHOT);
	assert_int_equal(udp(0, SRV6, 1, "2001:db8::2", 2), PASS);
	assert_int_equal(dp.rules[7].packets, 2);
	assert_int_equal(dp.rules[8].packets, 1);
	assert_int_equal(dp.rules[9].packets, 1);
}

/* Which end is the client, a SYN that comes in says, or a datagram to where servers are. */
static void clients(void **state)
{
	const uint8_t to = FB_SHAPE_PORT1 | FB_SHAPE_CLIENT;

	(void)state;
	put_tuple(to, 0, NULL, 0, NULL, 443, 7);
	put_tuple(FB_SHAPE_ADDR0 | FB_SHAPE_CLIENT, 0, "10.0.0.9", 0, NULL, 0, 8);
	in_force(7, FB_VERDICT_DROP);
	in_force(8, FB_VERDICT_DROP);
	assert_int_equal(tcp(0, CLI, 40000, SRV, 443, PKT_TCP_SYN), SHOT);
	assert_int_equal(tcp(0, CLI, 443, SRV, 40000, PKT_TCP_SYN), PASS);
	assert_int_equal(tcp(0, CLI, 40001, SRV, 443, PKT_TCP_ACK), PASS);
	assert_int_equal(tcp(1, CLI, 40002, SRV, 443, PKT_TCP_SYN), PASS);
	assert_int_equal(tcp(0, SRV, 443, CLI, 40003, PKT_TCP_SYN | PKT_TCP_ACK), PASS);
	assert_int_equal(udp(0, CLI, 40000, SRV, 443), SHOT);
	assert_int_equal(udp(0, CLI, 1025, SRV, 443), PASS);
	assert_int_equal(udp(0, SRV, 443, CLI, 40004), PASS);
	assert_int_equal(udp(1, CLI, 40005, SRV, 443), PASS);
	assert_int_equal(tcp(0, "10.0.0.9", 40000, SRV, 80, PKT_TCP_SYN), SHOT);
	assert_int_equal(tcp(0, SRV, 40000, "10.0.0.9", 80, PKT_TCP_SYN), PASS);
}

/* By the longer prefix, by the other end, by a port; whose time is over is none. */
static void exceptions(void **state)
{
	(void)state;
	put_net("192.0.2.0", 96 + 24, 7);
	put_net(SRV, 128, 8);
	put_net("10.0.0.5", 128, 9);
	put_tuple(FB_SHAPE_PORT0, 0, NULL, 443, NULL, 0, 10);
	in_force(7, FB_VERDICT_DROP);
	for (uint32_t i = 8; i <= 10; i++)
		in_force(i, 0);
	assert_int_equal(udp(0, CLI, 40000, "192.0.2.1", 99), SHOT);
	assert_int_equal(udp(0, CLI, 40000, SRV, 99), PASS);
	assert_int_equal(udp(0, "192.0.2.1", 40000, "10.0.0.5", 99), PASS);
	assert_int_equal(tcp(1, CLI, 40000, "192.0.2.1", 443, PKT_TCP_SYN), PASS);
	assert_int_equal(udp(0, CLI, 443, "192.0.2.1", 99), PASS);
	dp.rules[10].until = boot_ns() - 1;
	assert_int_equal(udp(0, CLI, 443, "192.0.2.2", 99), SHOT);
	assert_int_equal(dp.rules[8].packets + dp.rules[9].packets + dp.rules[10].packets, 0);
	assert_int_equal(dp_stat(&dp, FB_STAT_blocked), 2);
}

/* Where a translation may hide what is excepted, only what shows all of it is judged. */
static void exceptions_that_may_be_hidden(void **state)
{
	(void)state;
	put_net("192.0.2.0", 96 + 24, 7);
	put_net("198.51.100.1", 128, FB_RULE_SPARED); /* an address of this machine */
	in_force(7, FB_VERDICT_DROP);
	in_force(FB_RULE_SPARED, 0);
	for (uint64_t how = FB_EXCEPTING_ADDRS; how <= FB_EXCEPTING_PORTS; how++) {
		const uint16_t port = 50000 + (uint16_t)how;
		const bool addrs = how == FB_EXCEPTING_ADDRS;

		dp.state->excepting = how;
		assert_int_equal(tcp(0, CLI, port, SRV, 443, PKT_TCP_SYN), SHOT);
		assert_int_equal(tcp(1, CLI, port, SRV, 444, PKT_TCP_SYN), PASS);
		assert_int_equal(tcp(0, CLI, port, SRV, 445, PKT_TCP_ACK), PASS);
		assert_int_equal(tcp(0, SRV, port, "198.51.100.1", 1, PKT_TCP_SYN), PASS);
		assert_int_equal(udp(0, CLI, port, SRV, 443), SHOT);
		assert_int_equal(udp(0, CLI, port, SRV, 9999), addrs ? SHOT : PASS);
		assert_int_equal(udp(0, "192.0.2.1", port, "198.51.100.1", 443), PASS);
		assert_int_equal(udp(1, "192.0.2.1", port, CLI, 443), PASS);
	}
}

/* No row is free: what has none goes by the rules, and is not told as a loss. */
static void without_a_row(void **state)
{
	(void)state;
	put_net("192.0.2.0", 96 + 24, 7);
	in_force(7, FB_VERDICT_DROP);
	for (uint16_t i = 0; i < dp.max; i++)
		udp(0, CLI, 30000 + i, "10.0.0.2", 99);
	for (uint32_t i = 0; i < dp.max; i++)
		dp.rows[i].state |= FB_ROW_UNLINKED; /* on their way out: none is evicted */
	assert_int_equal(udp(0, CLI, 1, "10.0.0.3", 99), PASS);
	assert_int_equal(dp_stat(&dp, FB_STAT_map_full), 1);
	assert_int_equal(udp(0, CLI, 1, SRV, 99), SHOT);
	assert_int_equal(tcp(0, CLI, 1, SRV, 99, PKT_TCP_ACK), SHOT);
	put_net(SRV, 128, 8);
	in_force(8, 0);
	dp.state->excepting = FB_EXCEPTING_PORTS;
	assert_int_equal(tcp(0, CLI, 1, SRV, 99, PKT_TCP_ACK), PASS);
	assert_int_equal(tcp(0, CLI, 1, "192.0.2.1", 99, PKT_TCP_ACK), SHOT);
	assert_int_equal(dp_stat(&dp, FB_STAT_blocked), 3);
	assert_int_equal(dp_stat(&dp, FB_STAT_map_full), 2);
	for (uint32_t i = 0; i < dp.max; i++)
		dp.rows[i].state &= (uint16_t)~FB_ROW_UNLINKED;
}

/* --- names ------------------------------------------------------------------------------------ */

/* The hello itself is what ends the connection: it goes on as a RST, and counts as blocked. */
static bool ends(const char *name)
{
	const uint64_t blocked = dp_stat(&dp, FB_STAT_blocked);
	static uint16_t port = 40000;
	struct fb_row *row;
	bool ended;

	assert_int_equal(hello(0, ++port, name), PASS);
	row = dp_find(&dp, CLI, SRV, port, 443, 6, NULL);
	assert_non_null(row);
	ended = dp_stat(&dp, FB_STAT_blocked) != blocked;
	assert_int_equal(row->inspect & FB_VERDICT_ANY, ended ? FB_VERDICT_RESET : 0);
	assert_int_equal(row->packets[0] + row->packets[1], ended ? 2 : 3);
	assert_int_equal(row->tcp_flags[0] & row->tcp_flags[1] & PKT_TCP_RST,
			 ended ? PKT_TCP_RST : 0);
	return ended;
}

/* Of its own, of a domain above it, in any case; an exception wins, nearer or not. */
static void names(void **state)
{
	(void)state;
	put_name("example.com", 7, 7);
	put_name("only.example.org", 8, 0);
	put_name("below.example.net", 0, 9);
	put_name("good.example.com", 10, 0);
	put_name("deep.down.example.net", 0, 10);
	for (uint32_t i = 7; i <= 9; i++)
		in_force(i, FB_VERDICT_RESET);
	in_force(10, 0);
	assert_true(ends("example.com"));
	assert_true(ends("WWW.Example.COM"));
	assert_true(ends("a.b.c.example.com."));
	assert_int_equal(dp.rules[7].packets, 3);
	assert_int_equal(dp.rules[7].resets, 3);
	assert_false(ends("badexample.com"));
	assert_false(ends("example.com.org"));
	assert_false(ends("com"));
	assert_true(ends("only.example.org"));
	assert_false(ends("x.only.example.org"));
	assert_false(ends("below.example.net"));
	assert_true(ends("x.below.example.net"));
	assert_false(ends("good.example.com"));
	assert_true(ends("bad.good.example.com"));
	assert_false(ends("x.deep.down.example.net"));
	dp.rules[8].until = boot_ns() - 1;
	assert_false(ends("only.example.org"));
	dp.state->names = 0;
	assert_false(ends("example.com"));
}

/* Exceptions by address, and what is never touched, win against names, too. */
static void names_of_spared_ends(void **state)
{
	(void)state;
	put_name("example.com", 7, 7);
	put_net(SRV, 128, FB_RULE_SPARED);
	in_force(7, FB_VERDICT_RESET);
	in_force(FB_RULE_SPARED, 0);
	assert_false(ends("example.com"));
	dp.rules[FB_RULE_SPARED].until = 0;
	assert_true(ends("example.com"));
	dp.state->excepting = FB_EXCEPTING_PORTS;
	assert_true(ends("example.com"));
	assert_int_equal(hello(1, 50000, "example.com"), PASS);
	assert_int_equal(dp_find(&dp, CLI, SRV, 50000, 443, 6, NULL)->inspect & FB_VERDICT_ANY, 0);
	dp.state->excepting = FB_EXCEPTING_SEEN;
	/* what leaves is answered by a RST when the other side speaks */
	assert_int_equal(hello(1, 50001, "example.com"), PASS);
	assert_int_equal(dp_find(&dp, CLI, SRV, 50001, 443, 6, NULL)->inspect & FB_VERDICT_ANY,
			 FB_VERDICT_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(prefixes, start, stop),
		cmocka_unit_test_setup_teardown(ports, start, stop),
		cmocka_unit_test_setup_teardown(tuples, start, stop),
		cmocka_unit_test_setup_teardown(clients, start, stop),
		cmocka_unit_test_setup_teardown(exceptions, start, stop),
		cmocka_unit_test_setup_teardown(exceptions_that_may_be_hidden, start, stop),
		cmocka_unit_test_setup_teardown(without_a_row, start, stop),
		cmocka_unit_test_setup_teardown(names, start, stop),
		cmocka_unit_test_setup_teardown(names_of_spared_ends, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
