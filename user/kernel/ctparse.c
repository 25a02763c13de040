/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A conntrack netlink message, by a table of attributes: which, how long, where it goes.
 *
 *   nlmsghdr | nfgenmsg | nlattr CTA_TUPLE_ORIG { CTA_TUPLE_IP { .. } CTA_TUPLE_PROTO { .. } } | ..
 *   nlattr: u16 length with header, u16 type (+ flag bits), payload, padded to 4 bytes
 */
#include "kernel/ctparse.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <string.h>

#include <flowbpf/key.h>

enum attr_kind {
	ATTR_END,
	ATTR_NEST,
	ATTR_BYTE,
	ATTR_PORT, /* stays in network order */
	ATTR_BE16,
	ATTR_BE32,
	ATTR_BE64,
	ATTR_IPV4,
	ATTR_IPV6,
};

struct attr_rule {
	enum attr_kind kind;
	uint16_t type;
	uint16_t offset; /* in the struct of the nest */
	uint32_t has;	 /* bit for fb_ct.has, 0 none */
	const struct attr_rule *nest;
};

static const uint8_t attr_size[] = {
	[ATTR_NEST] = 0, [ATTR_BYTE] = 1, [ATTR_PORT] = 2, [ATTR_BE16] = 2,
	[ATTR_BE32] = 4, [ATTR_BE64] = 8, [ATTR_IPV4] = 4, [ATTR_IPV6] = 16,
};

#define TUPLE(field) offsetof(struct fb_ct_tuple, field)
#define ENTRY(field) offsetof(struct fb_ct, field)

static const struct attr_rule ip_rules[] = {
	{ATTR_IPV4, CTA_IP_V4_SRC, TUPLE(addr[0]), 0, NULL},
	{ATTR_IPV4, CTA_IP_V4_DST, TUPLE(addr[1]), 0, NULL},
	{ATTR_IPV6, CTA_IP_V6_SRC, TUPLE(addr[0]), 0, NULL},
	{ATTR_IPV6, CTA_IP_V6_DST, TUPLE(addr[1]), 0, NULL},
	{ATTR_END, 0, 0, 0, NULL},
};

static const struct attr_rule proto_rules[] = {
	{ATTR_BYTE, CTA_PROTO_NUM, TUPLE(proto), 0, NULL},
	{ATTR_PORT, CTA_PROTO_SRC_PORT, TUPLE(port[0]), 0, NULL},
	{ATTR_PORT, CTA_PROTO_DST_PORT, TUPLE(port[1]), 0, NULL},
	{ATTR_PORT, CTA_PROTO_ICMP_ID, TUPLE(icmp_id), 0, NULL},
	{ATTR_BYTE, CTA_PROTO_ICMP_TYPE, TUPLE(icmp_type), 0, NULL},
	{ATTR_BYTE, CTA_PROTO_ICMP_CODE, TUPLE(icmp_code), 0, NULL},
	{ATTR_PORT, CTA_PROTO_ICMPV6_ID, TUPLE(icmp_id), 0, NULL},
	{ATTR_BYTE, CTA_PROTO_ICMPV6_TYPE, TUPLE(icmp_type), 0, NULL},
	{ATTR_BYTE, CTA_PROTO_ICMPV6_CODE, TUPLE(icmp_code), 0, NULL},
	{ATTR_END, 0, 0, 0, NULL},
};

static const struct attr_rule tuple_rules[] = {
	{ATTR_NEST, CTA_TUPLE_IP, 0, 0, ip_rules},
	{ATTR_NEST, CTA_TUPLE_PROTO, 0, 0, proto_rules},
	{ATTR_END, 0, 0, 0, NULL},
};

static const struct attr_rule tcp_rules[] = {
	{ATTR_BYTE, CTA_PROTOINFO_TCP_STATE, ENTRY(tcp_state), FB_CT_HAS_TCP_STATE, NULL},
	{ATTR_END, 0, 0, 0, NULL},
};

static const struct attr_rule protoinfo_rules[] = {
	{ATTR_NEST, CTA_PROTOINFO_TCP, 0, 0, tcp_rules},
	{ATTR_END, 0, 0, 0, NULL},
};

static const struct attr_rule timestamp_rules[] = {
	{ATTR_BE64, CTA_TIMESTAMP_START, ENTRY(start_ns), FB_CT_HAS_START, NULL},
	{ATTR_BE64, CTA_TIMESTAMP_STOP, ENTRY(stop_ns), FB_CT_HAS_STOP, NULL},
	{ATTR_END, 0, 0, 0, NULL},
};

static const struct attr_rule counter_rules[] = {
	{ATTR_BE64, CTA_COUNTERS_PACKETS, offsetof(struct fb_ct_counts, packets), 0, NULL},
	{ATTR_BE64, CTA_COUNTERS_BYTES, offsetof(struct fb_ct_counts, bytes), 0, NULL},
	{ATTR_END, 0, 0, 0, NULL},
};

static const struct attr_rule entry_rules[] = {
	{ATTR_NEST, CTA_TUPLE_ORIG, ENTRY(orig), FB_CT_HAS_ORIG, tuple_rules},
	{ATTR_NEST, CTA_TUPLE_REPLY, ENTRY(reply), FB_CT_HAS_REPLY, tuple_rules},
	{ATTR_BE32, CTA_STATUS, ENTRY(status), FB_CT_HAS_STATUS, NULL},
	{ATTR_NEST, CTA_PROTOINFO, 0, 0, protoinfo_rules},
	{ATTR_BE32, CTA_TIMEOUT, ENTRY(timeout), FB_CT_HAS_TIMEOUT, NULL},
	{ATTR_BE32, CTA_MARK, ENTRY(mark), FB_CT_HAS_MARK, NULL},
	{ATTR_BE32, CTA_ID, ENTRY(id), FB_CT_HAS_ID, NULL},
	{ATTR_BE16, CTA_ZONE, ENTRY(zone), FB_CT_HAS_ZONE, NULL},
	{ATTR_NEST, CTA_TIMESTAMP, 0, 0, timestamp_rules},
	{ATTR_NEST, CTA_COUNTERS_ORIG, ENTRY(counts[0]), FB_CT_HAS_COUNTS, counter_rules},
	{ATTR_NEST, CTA_COUNTERS_REPLY, ENTRY(counts[1]), FB_CT_HAS_COUNTS, counter_rules},
	{ATTR_END, 0, 0, 0, NULL},
};

static const struct attr_rule *find_rule(const struct attr_rule *rule, uint16_t type)
{
	while (rule->kind != ATTR_END && rule->type != type)
		rule++;
	return rule->kind == ATTR_END ? NULL : rule;
}

/* `base` is the struct of the nest; memcpy throughout: payloads are unaligned. */
static void store(const struct attr_rule *rule, uint8_t *base, const uint8_t *payload)
{
	uint8_t *to = base + rule->offset;
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint16_t value16;
	uint32_t value32;
	uint64_t value64;

	switch (rule->kind) {
	case ATTR_BE16:
		memcpy(&value16, payload, sizeof(value16));
		value16 = ntohs(value16);
		memcpy(to, &value16, sizeof(value16));
		break;
	case ATTR_BE32:
		memcpy(&value32, payload, sizeof(value32));
		value32 = ntohl(value32);
		memcpy(to, &value32, sizeof(value32));
		break;
	case ATTR_BE64:
		memcpy(&value64, payload, sizeof(value64));
		value64 = be64toh(value64);
		memcpy(to, &value64, sizeof(value64));
		break;
	case ATTR_IPV4:
		memcpy(to, mapped, sizeof(mapped));
		memcpy(to + sizeof(mapped), payload, 4);
		base[TUPLE(family)] = FB_IPV4;
		break;
	case ATTR_IPV6:
		memcpy(to, payload, 16);
		base[TUPLE(family)] = FB_IPV6;
		break;
	default:
		memcpy(to, payload, attr_size[rule->kind]);
	}
}

static int parse_attrs(const uint8_t *at, size_t len, const struct attr_rule *rules, uint8_t *base,
		       struct fb_ct *ct)
{
	while (len >= sizeof(struct nlattr)) {
		const struct attr_rule *rule;
		struct nlattr attr;
		size_t payload, step;
		int r = 0;

		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_len < sizeof(attr) || attr.nla_len > len)
			return -EBADMSG;
		payload = attr.nla_len - sizeof(attr);
		rule = find_rule(rules, attr.nla_type & NLA_TYPE_MASK);
		if (rule && payload < attr_size[rule->kind])
			return -EBADMSG;
		if (rule && rule->kind == ATTR_NEST)
			r = parse_attrs(at + sizeof(attr), payload, rule->nest, base + rule->offset,
					ct);
		else if (rule)
			store(rule, base, at + sizeof(attr));
		if (r < 0)
			return r;
		if (rule)
			ct->has |= rule->has;
		step = NLA_ALIGN(attr.nla_len);
		if (step >= len)
			return 0;
		at += step;
		len -= step;
	}
	return len ? -EBADMSG : 0;
}

int fb_ct_parse(const void *nlmsg, size_t len, enum fb_ct_event *ret_event, struct fb_ct *ret_ct)
{
	const size_t header = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
	struct nlmsghdr nlh;
	struct fb_ct ct;
	uint8_t message;
	int r;

	if (len < sizeof(nlh))
		return -EBADMSG;
	memcpy(&nlh, nlmsg, sizeof(nlh));
	if (nlh.nlmsg_len < sizeof(nlh) || nlh.nlmsg_len > len)
		return -EBADMSG;
	message = NFNL_MSG_TYPE(nlh.nlmsg_type);
	if (NFNL_SUBSYS_ID(nlh.nlmsg_type) != NFNL_SUBSYS_CTNETLINK ||
	    (message != IPCTNL_MSG_CT_NEW && message != IPCTNL_MSG_CT_DELETE))
		return 0;
	if (nlh.nlmsg_len < header)
		return -EBADMSG;
	memset(&ct, 0, sizeof(ct));
	r = parse_attrs((const uint8_t *)nlmsg + header, nlh.nlmsg_len - header, entry_rules,
			(uint8_t *)&ct, &ct);
	if (r < 0)
		return r;
	if (!(ct.has & FB_CT_HAS_ORIG) || !ct.orig.family)
		return -EBADMSG;
	if (message == IPCTNL_MSG_CT_DELETE)
		*ret_event = FB_CT_DESTROY;
	else if (nlh.nlmsg_flags & NLM_F_MULTI)
		*ret_event = FB_CT_DUMP;
	else
		*ret_event = nlh.nlmsg_flags & NLM_F_CREATE ? FB_CT_NEW : FB_CT_UPDATE;
	*ret_ct = ct;
	return 1;
}
