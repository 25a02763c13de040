/* SPDX-License-Identifier: BSD-2-Clause */
// link: kernel
/* Conntrack messages: whole, cut at every byte, lying about lengths, from the future, random. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <flowbpf/key.h>

#include "flow/facts.h"
#include "kernel/ctparse.h"

struct message {
	_Alignas(8) uint8_t bytes[1024];
	size_t len;
};

static void append(struct message *m, const void *data, size_t len)
{
	memcpy(m->bytes + m->len, data, len);
	m->len += NLA_ALIGN(len);
}

static void begin(struct message *m, uint16_t type, uint16_t flags)
{
	struct nlmsghdr nlh = {
		.nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type),
		.nlmsg_flags = flags,
	};
	struct nfgenmsg nfg = {.nfgen_family = AF_INET};

	memset(m, 0, sizeof(*m));
	append(m, &nlh, sizeof(nlh));
	append(m, &nfg, sizeof(nfg));
}

static size_t nest(struct message *m, uint16_t type)
{
	struct nlattr attr = {.nla_type = type | NLA_F_NESTED};
	size_t at = m->len;

	append(m, &attr, sizeof(attr));
	return at;
}

static void end_nest(struct message *m, size_t at)
{
	uint16_t len = (uint16_t)(m->len - at);

	memcpy(m->bytes + at, &len, sizeof(len));
}

static void put(struct message *m, uint16_t type, const void *data, uint16_t len)
{
	struct nlattr attr = {.nla_len = (uint16_t)(sizeof(attr) + len), .nla_type = type};

	append(m, &attr, sizeof(attr));
	append(m, data, len);
}

static void put8(struct message *m, uint16_t type, uint8_t value)
{
	put(m, type, &value, 1);
}

static void put16(struct message *m, uint16_t type, uint16_t value)
{
	value = htons(value);
	put(m, type, &value, 2);
}

static void put32(struct message *m, uint16_t type, uint32_t value)
{
	value = htonl(value);
	put(m, type, &value, 4);
}

static void put64(struct message *m, uint16_t type, uint64_t value)
{
	const uint8_t bytes[8] = {value >> 56, value >> 48, value >> 40, value >> 32,
				  value >> 24, value >> 16, value >> 8,	 value};

	put(m, type, bytes, 8);
}

static void finish(struct message *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->bytes, &len, sizeof(len));
}

static void put_tuple4(struct message *m, uint16_t which, const char *src, const char *dst,
		       uint16_t sport, uint16_t dport, uint8_t proto)
{
	size_t tuple = nest(m, which), inner = nest(m, CTA_TUPLE_IP);
	uint8_t addr[4];

	inet_pton(AF_INET, src, addr);
	put(m, CTA_IP_V4_SRC, addr, 4);
	inet_pton(AF_INET, dst, addr);
	put(m, CTA_IP_V4_DST, addr, 4);
	end_nest(m, inner);
	inner = nest(m, CTA_TUPLE_PROTO);
	put8(m, CTA_PROTO_NUM, proto);
	put16(m, CTA_PROTO_SRC_PORT, sport);
	put16(m, CTA_PROTO_DST_PORT, dport);
	end_nest(m, inner);
	end_nest(m, tuple);
}

static void put_tuple6(struct message *m, uint16_t which, const char *src, const char *dst)
{
	size_t tuple = nest(m, which), inner = nest(m, CTA_TUPLE_IP);
	uint8_t addr[16];

	inet_pton(AF_INET6, src, addr);
	put(m, CTA_IP_V6_SRC, addr, 16);
	inet_pton(AF_INET6, dst, addr);
	put(m, CTA_IP_V6_DST, addr, 16);
	end_nest(m, inner);
	inner = nest(m, CTA_TUPLE_PROTO);
	put8(m, CTA_PROTO_NUM, IPPROTO_ICMPV6);
	put16(m, CTA_PROTO_ICMPV6_ID, 77);
	put8(m, CTA_PROTO_ICMPV6_TYPE, 128);
	put8(m, CTA_PROTO_ICMPV6_CODE, 0);
	end_nest(m, inner);
	end_nest(m, tuple);
}

/* A masqueraded TCP connection with everything that is read, and things that are not. */
static void make_whole(struct message *m, uint16_t type, uint16_t flags)
{
	size_t outer, inner;

	begin(m, type, flags);
	put_tuple4(m, CTA_TUPLE_ORIG, "192.168.1.10", "198.51.100.7", 40000, 443, IPPROTO_TCP);
	put_tuple4(m, CTA_TUPLE_REPLY, "198.51.100.7", "203.0.113.1", 443, 61000, IPPROTO_TCP);
	put32(m, CTA_STATUS, FB_IPS_ASSURED | FB_IPS_SEEN_REPLY | FB_IPS_SRC_NAT);
	outer = nest(m, CTA_PROTOINFO);
	inner = nest(m, CTA_PROTOINFO_TCP);
	put8(m, CTA_PROTOINFO_TCP_STATE, 3);
	put8(m, CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, 7);
	end_nest(m, inner);
	end_nest(m, outer);
	put32(m, CTA_TIMEOUT, 431999);
	put32(m, CTA_MARK, 0xdeadbeef);
	put16(m, CTA_ZONE, 9);
	put32(m, CTA_ID, 0x12345678);
	put32(m, 999, 1); /* from the future */
	outer = nest(m, CTA_TIMESTAMP);
	put64(m, CTA_TIMESTAMP_START, 1700000000123456789ull);
	end_nest(m, outer);
	outer = nest(m, CTA_COUNTERS_ORIG);
	put64(m, CTA_COUNTERS_PACKETS, 12);
	put64(m, CTA_COUNTERS_BYTES, 1300);
	end_nest(m, outer);
	outer = nest(m, CTA_COUNTERS_REPLY);
	put64(m, CTA_COUNTERS_PACKETS, 9);
	put64(m, CTA_COUNTERS_BYTES, 5000000000ull);
	end_nest(m, outer);
	finish(m);
}

static void test_whole_entry(void **state)
{
	const uint8_t inside[16] = {[10] = 0xff, 0xff, 192, 168, 1, 10};
	const uint8_t outside[16] = {[10] = 0xff, 0xff, 203, 0, 113, 1};
	enum fb_ct_event event;
	struct message m;
	struct fb_ct ct;

	(void)state;
	make_whole(&m, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL);
	assert_int_equal(fb_ct_parse(m.bytes, m.len, &event, &ct), 1);
	assert_int_equal(event, FB_CT_NEW);
	assert_memory_equal(ct.orig.addr[0], inside, 16);
	assert_memory_equal(ct.reply.addr[1], outside, 16);
	assert_int_equal(ct.orig.family, FB_IPV4);
	assert_int_equal(ct.orig.proto, IPPROTO_TCP);
	assert_int_equal(ntohs(ct.orig.port[0]), 40000);
	assert_int_equal(ntohs(ct.reply.port[1]), 61000);
	assert_int_equal(ct.timeout, 431999);
	assert_int_equal(ct.mark, 0xdeadbeef);
	assert_int_equal(ct.zone, 9);
	assert_int_equal(ct.id, 0x12345678);
	assert_int_equal(ct.start_ns, 1700000000123456789ull);
	assert_int_equal(ct.counts[0].packets, 12);
	assert_int_equal(ct.counts[0].bytes, 1300);
	assert_int_equal(ct.counts[1].packets, 9);
	assert_int_equal(ct.counts[1].bytes, 5000000000ull);
	assert_int_equal(ct.has, FB_CT_HAS_ORIG | FB_CT_HAS_REPLY | FB_CT_HAS_STATUS |
					 FB_CT_HAS_TIMEOUT | FB_CT_HAS_MARK | FB_CT_HAS_ZONE |
					 FB_CT_HAS_ID | FB_CT_HAS_TCP_STATE | FB_CT_HAS_START |
					 FB_CT_HAS_COUNTS);
	assert_int_equal(ct.tcp_state, TCP_CONNTRACK_ESTABLISHED);
}

static void test_kinds_of_message(void **state)
{
	static const struct {
		uint16_t type, flags;
		enum fb_ct_event event;
	} cases[] = {
		{IPCTNL_MSG_CT_NEW, NLM_F_MULTI, FB_CT_DUMP},
		{IPCTNL_MSG_CT_NEW, NLM_F_MULTI | NLM_F_CREATE, FB_CT_DUMP},
		{IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, FB_CT_NEW},
		{IPCTNL_MSG_CT_NEW, 0, FB_CT_UPDATE},
		{IPCTNL_MSG_CT_DELETE, 0, FB_CT_DESTROY},
	};
	enum fb_ct_event event;
	struct message m;
	struct fb_ct ct;
	struct nlmsghdr other = {.nlmsg_len = sizeof(other), .nlmsg_type = NLMSG_DONE};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_whole(&m, cases[i].type, cases[i].flags);
		assert_int_equal(fb_ct_parse(m.bytes, m.len, &event, &ct), 1);
		assert_int_equal(event, cases[i].event);
	}
	assert_int_equal(fb_ct_parse(&other, sizeof(other), &event, &ct), 0);
	other.nlmsg_type = NFNL_SUBSYS_CTNETLINK_EXP << 8;
	assert_int_equal(fb_ct_parse(&other, sizeof(other), &event, &ct), 0);
	other.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS;
	assert_int_equal(fb_ct_parse(&other, sizeof(other), &event, &ct), 0);
}

static void test_icmp6_and_two_families(void **state)
{
	enum fb_ct_event event;
	struct message m;
	struct fb_ct ct;

	(void)state;
	begin(&m, IPCTNL_MSG_CT_NEW, 0);
	put_tuple6(&m, CTA_TUPLE_ORIG, "2001:db8::1", "64:ff9b::c000:201");
	put_tuple4(&m, CTA_TUPLE_REPLY, "192.0.2.1", "198.51.100.2", 0, 0, IPPROTO_ICMP);
	put32(&m, CTA_STATUS, FB_IPS_CONFIRMED);
	finish(&m);
	assert_int_equal(fb_ct_parse(m.bytes, m.len, &event, &ct), 1);
	assert_int_equal(ct.orig.family, FB_IPV6);
	assert_int_equal(ct.reply.family, FB_IPV4);
	assert_int_equal(ntohs(ct.orig.icmp_id), 77);
	assert_int_equal(ct.orig.icmp_type, 128);
	assert_int_equal(ct.orig.port[0], 0);
	assert_int_equal(ct.status, FB_IPS_CONFIRMED);
	assert_int_equal(ct.has & FB_CT_HAS_TCP_STATE, 0);
}

static void test_without_a_tuple(void **state)
{
	enum fb_ct_event event = FB_CT_DUMP;
	struct message m;
	struct fb_ct ct = {.id = 5};

	(void)state;
	begin(&m, IPCTNL_MSG_CT_NEW, 0);
	put32(&m, CTA_ID, 1);
	finish(&m);
	assert_int_equal(fb_ct_parse(m.bytes, m.len, &event, &ct), -EBADMSG);
	begin(&m, IPCTNL_MSG_CT_NEW, 0);
	end_nest(&m, nest(&m, CTA_TUPLE_ORIG));
	finish(&m);
	assert_int_equal(fb_ct_parse(m.bytes, m.len, &event, &ct), -EBADMSG);
	/* What was there before a failure is untouched. */
	assert_int_equal(ct.id, 5);
}

/* In a block of exactly its size, so that a sanitizer sees a byte too far. */
static int parse_exact(const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum fb_ct_event event;
	struct fb_ct ct;
	int r;

	memcpy(exact, bytes, len);
	r = fb_ct_parse(exact, len, &event, &ct);
	free(exact);
	return r;
}

static void test_cut_at_every_byte(void **state)
{
	struct message m;

	(void)state;
	make_whole(&m, IPCTNL_MSG_CT_NEW, 0);
	for (size_t len = 0; len < m.len; len++) {
		uint32_t claimed = (uint32_t)len;

		/* The header says more than there is ... */
		assert_int_equal(parse_exact(m.bytes, len), -EBADMSG);
		if (len < sizeof(struct nlmsghdr))
			continue;
		/* ... or the truth, and an attribute is cut. */
		memcpy(m.bytes, &claimed, sizeof(claimed));
		parse_exact(m.bytes, len);
		finish(&m);
	}
	assert_int_equal(parse_exact(m.bytes, m.len), 1);
}

static void test_lying_attributes(void **state)
{
	static const uint16_t lies[] = {0, 1, 3, 5, 0x7fff, 0xffff};
	const size_t first = NLMSG_HDRLEN + sizeof(struct nfgenmsg);
	struct message m;

	(void)state;
	for (unsigned int i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		make_whole(&m, IPCTNL_MSG_CT_NEW, 0);
		memcpy(m.bytes + first, &lies[i], 2);
		assert_int_equal(parse_exact(m.bytes, m.len), -EBADMSG);
		/* the first attribute of the first nest */
		make_whole(&m, IPCTNL_MSG_CT_NEW, 0);
		memcpy(m.bytes + first + 4, &lies[i], 2);
		assert_int_equal(parse_exact(m.bytes, m.len), -EBADMSG);
	}
	begin(&m, IPCTNL_MSG_CT_NEW, 0);
	put_tuple4(&m, CTA_TUPLE_ORIG, "10.0.0.1", "10.0.0.2", 1, 2, 6);
	put8(&m, CTA_TIMEOUT, 1); /* too short for what it is */
	finish(&m);
	assert_int_equal(parse_exact(m.bytes, m.len), -EBADMSG);
}

static void test_random_changes(void **state)
{
	unsigned int good = 0, seed = 1;
	struct message m;

	(void)state;
	for (unsigned int i = 0; i < 200000; i++) {
		make_whole(&m, IPCTNL_MSG_CT_NEW, 0);
		for (unsigned int n = rand_r(&seed) % 4 + 1; n; n--)
			m.bytes[(unsigned int)rand_r(&seed) % m.len] = (uint8_t)rand_r(&seed);
		good += parse_exact(m.bytes, m.len) == 1;
	}
	/* Most bytes are values, not lengths or types. */
	assert_in_range(good, 50000, 190000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_entry),
		cmocka_unit_test(test_kinds_of_message),
		cmocka_unit_test(test_icmp6_and_two_families),
		cmocka_unit_test(test_without_a_tuple),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_lying_attributes),
		cmocka_unit_test(test_random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
