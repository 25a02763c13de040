/* SPDX-License-Identifier: BSD-2-Clause */
// link: policy flow util
/* What no act may end. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "flow/owner.h"
#include "policy/never.h"
#include "unit/fake.h"
#include "util/addr.h"

static struct fb_flow flow_of(const char *src, uint16_t sport, const char *dst, uint16_t dport,
			      uint8_t proto, uint8_t direction)
{
	struct fb_flow flow = {.id = 1,
			       .src_port = sport,
			       .dst_port = dport,
			       .proto = proto,
			       .direction = direction};

	assert_int_equal(fb_addr_parse(src, flow.src, &flow.family), 0);
	assert_int_equal(fb_addr_parse(dst, flow.dst, &flow.family), 0);
	return flow;
}

static void knows_each_kind(void **state)
{
	static const struct {
		const char *src, *dst;
		uint16_t sport, dport;
		uint8_t proto, direction;
		enum fb_never never;
	} cases[] = {
		{"10.0.0.5", "192.0.2.1", 40000, 443, 6, FB_DIRECTION_FORWARD, FB_NEVER_NOT},
		{"10.0.0.5", "192.0.2.1", 40000, 22, 6, FB_DIRECTION_FORWARD, FB_NEVER_NOT},
		{"10.0.0.5", "10.0.0.1", 40000, 22, 6, FB_DIRECTION_IN, FB_NEVER_SSH},
		{"10.0.0.6", "10.0.0.1", 40000, 22, 6, FB_DIRECTION_IN, FB_NEVER_NOT},
		{"10.0.0.1", "192.0.2.1", 40000, 22, 6, FB_DIRECTION_OUT, FB_NEVER_NOT},
		{"127.0.0.1", "127.0.0.1", 40000, 80, 6, FB_DIRECTION_LOCAL, FB_NEVER_LOOPBACK},
		{"::1", "::1", 40000, 80, 6, FB_DIRECTION_LOCAL, FB_NEVER_LOOPBACK},
		{"10.0.0.5", "239.1.1.1", 9, 9, 17, FB_DIRECTION_FORWARD, FB_NEVER_MULTICAST},
		{"10.0.0.5", "255.255.255.255", 9, 9, 17, FB_DIRECTION_IN, FB_NEVER_MULTICAST},
		{"fe80::1", "ff02::fb", 5353, 5353, 17, FB_DIRECTION_IN, FB_NEVER_MULTICAST},
		{"10.0.0.5", "10.0.0.1", 68, 67, 17, FB_DIRECTION_IN, FB_NEVER_DHCP},
		{"10.0.0.5", "192.0.2.123", 40000, 123, 17, FB_DIRECTION_OUT, FB_NEVER_NTP},
		{"10.0.0.5", "192.0.2.7", 40000, 179, 6, FB_DIRECTION_OUT, FB_NEVER_ROUTING},
		{"10.0.0.5", "10.0.0.6", 0, 0, 89, FB_DIRECTION_IN, FB_NEVER_ROUTING},
		{"10.0.0.1", "10.0.0.254", 40000, 80, 6, FB_DIRECTION_OUT, FB_NEVER_GATEWAY},
		{"10.0.0.1", "10.0.0.53", 40000, 853, 6, FB_DIRECTION_OUT, FB_NEVER_RESOLVER},
		{"fd00::5", "2001:db8::53", 40000, 53, 17, FB_DIRECTION_OUT, FB_NEVER_RESOLVER},
		{"10.0.0.9", "10.0.0.1", 50000, 8080, 6, FB_DIRECTION_IN, FB_NEVER_ASKER},
		{"10.0.0.9", "10.0.0.1", 50001, 8080, 6, FB_DIRECTION_IN, FB_NEVER_API},
		{"10.0.0.8", "10.0.0.1", 50000, 8080, 6, FB_DIRECTION_IN, FB_NEVER_NOT},
		{"10.0.0.9", "192.0.2.1", 50001, 443, 6, FB_DIRECTION_FORWARD, FB_NEVER_NOT},
	};
	struct fb_never_facts facts = {.asker = {.port = 50000, .own_port = 8080}};
	char path[] = "/tmp/flowbpf-never.XXXXXX";
	const int fd = mkstemp(path);
	uint8_t addr[16], family;

	(void)state;
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "# a comment\nnameserver 10.0.0.53\n nameserver\t2001:db8::53\n"
				"options edns0\nnameserver nonsense\n") > 0);
	close(fd);
	fb_never_read_resolvers(&facts, path);
	unlink(path);
	assert_int_equal(facts.n_resolvers, 2);
	assert_int_equal(fb_addr_parse("10.0.0.5", facts.guest[0].addr, &facts.guest[0].family), 0);
	facts.n_guests = 1;
	assert_int_equal(fb_addr_parse("10.0.0.254", addr, &family), 0);
	fb_never_gateway(&facts, addr, family);
	fb_never_gateway(&facts, addr, family);
	assert_int_equal(facts.n_gateways, 1);
	assert_int_equal(fb_addr_parse("10.0.0.9", facts.asker.addr, &facts.asker.family), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct fb_flow flow =
			flow_of(cases[i].src, cases[i].sport, cases[i].dst, cases[i].dport,
				cases[i].proto, cases[i].direction);

		if (fb_never_flow(&facts, &flow) != cases[i].never)
			fail_msg("%s %u > %s %u: %d", cases[i].src, cases[i].sport, cases[i].dst,
				 cases[i].dport, fb_never_flow(&facts, &flow));
	}
}

/* Who is blocked must not go on by a port of what keeps a network going. */
static void leaves_services_of_others(void **state)
{
	static const struct {
		uint16_t sport, dport;
		uint8_t proto;
	} cases[] = {{179, 443, 6}, {40000, 179, 6}, {68, 67, 17}, {40000, 123, 17}, {0, 0, 89}};
	const struct fb_never_facts facts = {.n_own = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fb_flow flow = flow_of("10.0.0.5", cases[i].sport, "192.0.2.1",
					      cases[i].dport, cases[i].proto, FB_DIRECTION_FORWARD);

		assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_NOT);
		flow.direction = FB_DIRECTION_OUT;
		assert_int_not_equal(fb_never_flow(&facts, &flow), FB_NEVER_NOT);
	}
}

static void knows_what_it_is(void **state)
{
	struct fb_never_facts facts = {.asker = {.port = 50000, .own_port = 8080}};
	struct fb_flow_nat nat = {.kind = FB_NAT_SRC, .src_port = 50000};
	const struct fb_owner sshd = {.key.comm = "sshd-session"},
			      somebody = {.key = {.comm = "sshd", .uid = 1000}};
	struct fb_flow flow =
		flow_of("10.0.0.5", 40000, "198.51.100.1", 2222, IPPROTO_TCP, FB_DIRECTION_IN);

	(void)state;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_NOT);
	flow.l7 = FB_L7_SSH;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_NOT);
	memcpy(facts.guest[0].addr, flow.src, 16);
	facts.guest[0].family = flow.family;
	facts.n_guests = 1;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_SSH);
	flow.l7 = FB_L7_NONE;
	flow.owner = &sshd;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_SSH);
	flow.owner = &somebody;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_NOT);
	flow.owner = NULL;
	flow.nat = &nat;
	assert_int_equal(fb_addr_parse("203.0.113.7", nat.src, &nat.src_family), 0);
	memcpy(facts.asker.addr, nat.src, 16);
	facts.asker.family = nat.src_family;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_ASKER);
	flow = flow_of("fe80::1", 0, "fe80::2", 0, IPPROTO_ICMPV6, FB_DIRECTION_IN);
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_NOT);
	flow.icmp_type = 134;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_NEIGHBOURS);
	for (unsigned int never = 1; never < FB_NEVER_COUNT; never++)
		assert_non_null(fb_never_text(never));
	assert_null(fb_never_text(FB_NEVER_COUNT));
}

static enum fb_never net(const struct fb_never_facts *facts, const char *text)
{
	struct fb_cidr cidr;

	assert_int_equal(fb_cidr_parse(text, &cidr), 0);
	return fb_never_net(facts, &cidr);
}

static void knows_what_a_prefix_holds(void **state)
{
	struct fb_never_addr own = {.family = 4};
	struct fb_never_facts facts = {
		.own = &own, .n_own = 1, .guest = {{.family = 4}}, .n_guests = 1};
	uint8_t addr[16], family;

	(void)state;
	assert_int_equal(fb_addr_parse("10.0.0.1", own.addr, &family), 0);
	assert_int_equal(fb_addr_parse("203.0.113.9", facts.guest[0].addr, &family), 0);
	assert_int_equal(fb_addr_parse("192.0.2.254", addr, &family), 0);
	fb_never_gateway(&facts, addr, family);
	assert_int_equal(fb_addr_parse("198.51.100.7", facts.asker.addr, &facts.asker.family), 0);
	assert_int_equal(net(&facts, "10.0.0.0/24"), FB_NEVER_OWN);
	assert_int_equal(net(&facts, "10.0.0.2"), FB_NEVER_NOT);
	assert_int_equal(net(&facts, "203.0.113.0/28"), FB_NEVER_SSH);
	assert_int_equal(net(&facts, "203.0.113.16/28"), FB_NEVER_NOT);
	assert_int_equal(net(&facts, "192.0.2.254"), FB_NEVER_GATEWAY);
	assert_int_equal(net(&facts, "198.51.100.0/24"), FB_NEVER_ASKER);
	assert_int_equal(net(&facts, "127.0.0.0/8"), FB_NEVER_LOOPBACK);
	assert_int_equal(net(&facts, "224.0.0.0/8"), FB_NEVER_MULTICAST);
	assert_int_equal(net(&facts, "ff02::1"), FB_NEVER_MULTICAST);
	assert_int_equal(net(&facts, "128.0.0.0/7"), FB_NEVER_WIDE);
	assert_int_equal(net(&facts, "2000::/3"), FB_NEVER_WIDE);
	assert_int_equal(net(&facts, "2001:db8::/32"), FB_NEVER_NOT);
}

/* An address that became one of ours is not shut out by what is about others. */
static void tells_own_from_others(void **state)
{
	struct fb_never_addr own = {.family = 4};
	const struct fb_never_facts facts = {.own = &own, .n_own = 1};
	struct fb_flow_nat nat = {.kind = FB_NAT_SRC};
	struct fb_flow flow = flow_of("10.0.0.5", 40000, "192.0.2.9", 443, 6, FB_DIRECTION_IN);
	struct fb_cidr prefix, other;
	uint8_t family;

	(void)state;
	assert_int_equal(fb_addr_parse("192.0.2.9", own.addr, &family), 0);
	assert_int_equal(fb_cidr_parse("192.0.2.0/24", &prefix), 0);
	assert_int_equal(fb_cidr_parse("10.0.0.0/24", &other), 0);
	assert_true(fb_never_by_own(&facts, &prefix, &flow));
	assert_false(fb_never_by_own(&facts, &other, &flow));
	flow = flow_of("192.0.2.77", 40000, "192.0.2.9", 443, 6, FB_DIRECTION_IN);
	assert_false(fb_never_by_own(&facts, &prefix, &flow));
	flow = flow_of("10.0.0.5", 40000, "198.51.100.2", 443, 6, FB_DIRECTION_FORWARD);
	assert_int_equal(fb_addr_parse("192.0.2.9", nat.src, &nat.src_family), 0);
	flow.nat = &nat;
	assert_true(fb_never_by_own(&facts, &prefix, &flow));
}

static void keeps_whom_the_operator_trusts(void **state)
{
	static const struct fb_flow_nat redirected = {.kind = FB_NAT_DST, .dst_port = 8080};
	struct fb_never_facts facts = {.n_trusted = 2, .n_before = 1};
	struct fb_flow flow =
		flow_of("10.0.0.5", 40000, "192.0.2.77", 443, IPPROTO_TCP, FB_DIRECTION_FORWARD);

	(void)state;
	assert_int_equal(fb_cidr_parse("192.0.2.64/26", &facts.trusted[0]), 0);
	assert_int_equal(fb_cidr_parse("2001:db8::1", &facts.trusted[1]), 0);
	assert_int_equal(
		fb_addr_parse("198.51.100.7", facts.before[0].addr, &facts.before[0].family), 0);
	facts.before[0].own_port = 8080;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_TRUSTED);
	assert_int_equal(net(&facts, "192.0.2.0/24"), FB_NEVER_TRUSTED);
	assert_int_equal(net(&facts, "192.0.2.80"), FB_NEVER_TRUSTED);
	assert_int_equal(net(&facts, "192.0.2.1"), FB_NEVER_NOT);
	assert_int_equal(net(&facts, "2001:db8::/32"), FB_NEVER_TRUSTED);
	assert_int_equal(net(&facts, "198.51.100.0/24"), FB_NEVER_API);
	flow = flow_of("198.51.100.7", 40000, "10.0.0.1", 8080, IPPROTO_TCP, FB_DIRECTION_IN);
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_API);
	flow.dst_port = 8081;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_NOT);
	flow.nat = &redirected;
	assert_int_equal(fb_never_flow(&facts, &flow), FB_NEVER_API);
	fb_never_forget(&facts);
	assert_int_equal(net(&facts, "192.0.2.0/24"), FB_NEVER_NOT);
}

static bool serves_even(uint32_t pid)
{
	return pid % 2 == 0;
}

/* A handshake makes no guest, nor does who has not logged in; and a guest's further ones are his.
 */
static void knows_who_is_in(void **state)
{
	static const struct {
		uint8_t state;
		uint16_t flags;
		uint64_t lasted_s, began_s; /* its process; 0: not known */
		uint32_t pid;
		bool guest;
	} rows[] = {
		{FB_STATE_SYN_SENT, 0, 0, 0, 0, false},
		{FB_STATE_SYN_RECV, 0, 300, 0, 0, false},
		{FB_STATE_ESTABLISHED, 0, 20, 0, 0, false},
		{FB_STATE_ESTABLISHED, 0, 150, 0, 0, false},
		{FB_STATE_ESTABLISHED, 0, 200, 0, 0, true},
		{FB_STATE_ESTABLISHED, FB_FLOW_PARTIAL, 1, 0, 0, true},
		{FB_STATE_ESTABLISHED, FB_FLOW_UNSEEN, 0, 0, 0, true},
		{FB_STATE_SYN_SENT, FB_FLOW_PARTIAL, 1, 0, 0, false},
		{FB_STATE_ESTABLISHED, 0, 1, 1000, 6, true},
		{FB_STATE_ESTABLISHED, 0, 1, 1000, 7, false}, /* it runs no command */
		{FB_STATE_ESTABLISHED, 0, 1, 500, 6, false},  /* who listens */
		{FB_STATE_FIN_WAIT, 0, 300, 1000, 6, false},
	};
	const uint64_t second = 1000000000;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct fb_owner owner = {
			.key = {.pid = rows[i].pid, .began = rows[i].began_s * second}};
		struct fake *fake = fake_new(1);
		struct fb_never_facts facts = {.n_own = 0};
		struct fb_flow *flow = fake_flow(fake, 0);

		*flow = flow_of("203.0.113.9", 40000, "10.0.0.1", 2222, 6, FB_DIRECTION_IN);
		flow->l7 = FB_L7_SSH;
		flow->state = rows[i].state;
		flow->flags = rows[i].flags;
		flow->first_seen = 1000 * second;
		flow->owner = rows[i].pid ? &owner : NULL;
		fake_traffic(fake, 0)->last_seen = (1000 + rows[i].lasted_s) * second;
		fb_never_read_flows(&facts, &fake->snapshot, serves_even);
		if (net(&facts, "203.0.113.9") != (rows[i].guest ? FB_NEVER_SSH : FB_NEVER_NOT))
			fail_msg("row %u", i);
		assert_int_equal(facts.n_doors, rows[i].guest);
		assert_true(!rows[i].guest || facts.door[0] == 2222);
		assert_int_equal(fb_never_flow(&facts, flow),
				 rows[i].guest ? FB_NEVER_SSH : FB_NEVER_NOT);
		fake_free(fake);
	}
}

static void tells_whether_they_differ(void **state)
{
	struct fb_never_facts *a = calloc(2, sizeof(*a)), *b = a + 1;

	(void)state;
	assert_non_null(a);
	assert_true(fb_never_same(a, b));
	a->n_guests = 1;
	assert_false(fb_never_same(a, b));
	b->n_guests = 1;
	assert_true(fb_never_same(a, b));
	b->guest[0].addr[3] = 1;
	assert_false(fb_never_same(a, b));
	a->guest[0].addr[3] = 1;
	a->n_before = b->n_before = 1;
	a->before[0].port = 7; /* another connection of who asks, by the same door */
	assert_true(fb_never_same(a, b));
	a->before[0].own_port = 8080;
	assert_false(fb_never_same(a, b));
	free(a);
}

static void sees_whom_this_host_needs(void **state)
{
	static const struct {
		const char *src, *dst;
		uint16_t dport;
		uint8_t proto, direction, l7;
		uint64_t answers;
	} rows[] = {
		{"203.0.113.9", "10.0.0.1", 22, 6, FB_DIRECTION_IN, FB_L7_SSH, 1},
		{"10.0.0.1", "192.0.2.123", 123, 17, FB_DIRECTION_OUT, 0, 1},
		{"10.0.0.7", "192.0.2.124", 123, 17, FB_DIRECTION_FORWARD, 0, 1},
		{"10.0.0.1", "192.0.2.179", 179, 6, FB_DIRECTION_OUT, 0, 1},
		{"10.0.0.5", "192.0.2.53", 53, 17, FB_DIRECTION_FORWARD, FB_L7_DNS, 1},
		{"10.0.0.6", "192.0.2.54", 53, 17, FB_DIRECTION_FORWARD, FB_L7_DNS, 1},
		{"10.0.0.7", "192.0.2.53", 53, 17, FB_DIRECTION_FORWARD, FB_L7_DNS, 1},
		{"10.0.0.8", "192.0.2.55", 53, 17, FB_DIRECTION_FORWARD, FB_L7_DNS, 0},
		{"10.0.0.9", "192.0.2.55", 53, 17, FB_DIRECTION_FORWARD, FB_L7_DNS, 0},
	};
	const unsigned int n = sizeof(rows) / sizeof(*rows);
	struct fake *fake = fake_new(n);
	struct fb_never_facts facts = {.n_own = 0};

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		struct fb_flow *flow = fake_flow(fake, i);

		*flow = flow_of(rows[i].src, (uint16_t)(40000 + i), rows[i].dst, rows[i].dport,
				rows[i].proto, rows[i].direction);
		flow->id = i + 1;
		flow->l7 = rows[i].l7;
		flow->flags = FB_FLOW_PARTIAL;
		flow->state = FB_STATE_ESTABLISHED;
		fake_traffic(fake, i)->packets[FB_DOWN] = rows[i].answers;
	}
	fb_never_read_flows(&facts, &fake->snapshot, serves_even);
	assert_int_equal(net(&facts, "203.0.113.9"), FB_NEVER_SSH);
	assert_int_equal(net(&facts, "192.0.2.123"), FB_NEVER_NTP);
	assert_int_equal(net(&facts, "192.0.2.124"), FB_NEVER_NOT);
	assert_int_equal(net(&facts, "192.0.2.179"), FB_NEVER_ROUTING);
	assert_int_equal(net(&facts, "192.0.2.53"), FB_NEVER_RESOLVER);
	assert_int_equal(net(&facts, "192.0.2.54"), FB_NEVER_NOT);
	assert_int_equal(net(&facts, "192.0.2.55"), FB_NEVER_NOT);
	/* one more that asks another: nobody has more than half */
	fake_flow(fake, 8)->dst[15] = 54;
	fake_traffic(fake, 8)->packets[FB_DOWN] = 1;
	fb_never_forget(&facts);
	fb_never_read_flows(&facts, &fake->snapshot, serves_even);
	assert_int_equal(net(&facts, "192.0.2.53"), FB_NEVER_NOT);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_each_kind),
		cmocka_unit_test(leaves_services_of_others),
		cmocka_unit_test(knows_what_it_is),
		cmocka_unit_test(knows_what_a_prefix_holds),
		cmocka_unit_test(tells_own_from_others),
		cmocka_unit_test(keeps_whom_the_operator_trusts),
		cmocka_unit_test(knows_who_is_in),
		cmocka_unit_test(tells_whether_they_differ),
		cmocka_unit_test(sees_whom_this_host_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
