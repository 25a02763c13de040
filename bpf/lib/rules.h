/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is a rule in force, and what has no row: may it have one, by its addresses, ports and protocol?
 * Asked where a row would be made, so a packet of a known flow does not pay for it, and what a rule
 * shuts out fills no table. Exceptions win. What keeps a network going is never shut out
 * (user/policy/never.h knows the rest).
 */
#pragma once

#include "lib/pkt.h"

#define RULE_SPARED (-1)
#define RULE_END1   (1 << 16)
#define RULE_LIMITS (1 << 17)
#define RULE_NUMBER 0xffff

/* As fb_table_client_of takes them for a server's port and a client's. */
#define PORT_WELL_KNOWN 1024
#define PORT_EPHEMERAL	32768

enum rule_how {
	RULE_BY_CLIENT = 1,
	RULE_NO_ROW = 2,
};

/* While it is in force. */
static __always_inline struct fb_rule_entry *rule_of(const struct fb_state *state, __u64 now,
						     __u32 number)
{
	struct fb_rule_entry *rule = bpf_map_lookup_elem(&fb_rules, &number);

	return rule && !state->no_verdicts && rule->until > now ? rule : NULL;
}

static __always_inline void rule_count(struct fb_rule_entry *rule, const struct fb_pkt *p,
				       __u64 now)
{
	__sync_fetch_and_add(&rule->packets, p->segs);
	__sync_fetch_and_add(&rule->bytes, p->bytes);
	__sync_fetch_and_add(&rule->hits, 1);
	if (!rule->first)
		rule->first = now;
	rule->last = now;
}

static __always_inline bool net_spares_port(__u8 proto, __u16 port)
{
	if (proto == IPPROTO_TCP)
		return port == PORT_BGP;
	return port == PORT_DHCP || port == PORT_DHCP + 1 || port == PORT_NTP ||
	       port == PORT_DHCP6 || port == PORT_DHCP6 + 1;
}

static __always_inline bool net_spares(const struct fb_pkt *p)
{
	__u32 ports =
		p->family == FB_IPV4 ? *(const __u32 *)p->key4.port : *(const __u32 *)p->key.port;

	if (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP)
		return net_spares_port(p->proto, ports) || net_spares_port(p->proto, ports >> 16);
	return p->proto == IPPROTO_IGMP || p->proto == IPPROTO_EIGRP || p->proto == IPPROTO_OSPF ||
	       p->proto == IPPROTO_PIM || p->proto == IPPROTO_VRRP ||
	       (p->proto == IPPROTO_ICMPV6 && p->icmp_type >= ICMPV6_ROUTER_SOLICIT &&
		p->icmp_type <= ICMPV6_REDIRECT);
}

static __always_inline __u16 pkt_port(const struct fb_pkt *p, __u32 end)
{
	if (p->family == FB_IPV4)
		return end ? p->key4.port[1] : p->key4.port[0];
	return end ? p->key.port[1] : p->key.port[0];
}

static __always_inline void pkt_addr(const struct fb_pkt *p, __u32 end, __be32 *to)
{
	if (p->family == FB_IPV4) {
		to[2] = bpf_htonl(0xffff);
		to[3] = *(const __be32 *)(end ? p->key4.addr[1] : p->key4.addr[0]);
	} else {
		__builtin_memcpy(to, end ? p->key.addr[1] : p->key.addr[0], 16);
	}
}

static __always_inline __u32 net_lookup(const struct fb_pkt *p, __u32 end)
{
	struct fb_net_key key = {};
	__u32 *number;

	key.bits = 128; /* not by the initializer: that would be a constant beside the knobs */
	pkt_addr(p, end, (__be32 *)key.addr);
	number = bpf_map_lookup_elem(&fb_nets, &key);
	return number ? *number : 0;
}

/* The rule of fb_tuples for what the shape says of it; end 0 of the key is end `first`. */
__noinline int tuple_lookup(struct fb_pkt *p, __u32 shape, __u32 first)
{
	struct fb_tuple_key key = {};
	__u32 *number, i;

	if (!p)
		return 0;
	key.shape = shape;
	if (shape & FB_SHAPE_PROTO)
		key.proto = p->proto;
	if (shape & (FB_SHAPE_ADDR0 | FB_SHAPE_ADDR1))
		key.family = p->family;
#pragma unroll
	for (i = 0; i < 2; i++) {
		const __u32 end = (first ^ i) & 1;
		__be32 *to = (__be32 *)key.addr[i];

		if (shape & (i ? FB_SHAPE_PORT1 : FB_SHAPE_PORT0))
			key.port[i] = pkt_port(p, end);
		if (shape & (i ? FB_SHAPE_ADDR1 : FB_SHAPE_ADDR0))
			pkt_addr(p, end, to);
	}
	number = bpf_map_lookup_elem(&fb_tuples, &key);
	return number ? (int)*number : 0;
}

/* Who opens it sends it, and is not translated yet. */
static __always_inline bool from_client(const struct fb_pkt *p)
{
	__u32 from, to;

	if (p->hook != FB_HOOK_INGRESS)
		return false;
	if (p->proto == IPPROTO_TCP)
		return (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	from = pkt_port(p, p->dir);
	to = pkt_port(p, !p->dir);
	return p->proto == IPPROTO_UDP && to && to < PORT_WELL_KNOWN && from >= PORT_EPHEMERAL;
}

/* Where exceptions may be about what a translation hides: does the packet show all? */
static __always_inline bool shows_all(const struct fb_state *state, const struct fb_pkt *p,
				      bool client)
{
	if (state->excepting == FB_EXCEPTING_SEEN)
		return true;
	if (p->hook != FB_HOOK_INGRESS)
		return false;
	return client || (p->proto != IPPROTO_TCP && state->excepting == FB_EXCEPTING_ADDRS);
}

/* What was found so far, and one more: an exception ends it, and a limit gives way. */
static __always_inline int rule_also(const struct fb_state *state, __u64 now, int found, int number,
				     __u32 end)
{
	const struct fb_rule_entry *rule = number ? rule_of(state, now, number) : NULL;

	if (!rule || found == RULE_SPARED)
		return found;
	if (!rule->verdict)
		return RULE_SPARED;
	if (rule->verdict & FB_VERDICT_LIMIT)
		return found ? found : number | RULE_LIMITS | (end ? RULE_END1 : 0);
	return found && !(found & RULE_LIMITS) ? found : number;
}

/*
 * Number of the rule that shuts this packet out, or with RULE_LIMITS slows its flow, of whose
 * prefix is end 0 or RULE_END1; 0: none, RULE_SPARED: it is for the user half to say. `how`:
 * RULE_BY_CLIENT: its sender is known to be the client, as its ends are; RULE_NO_ROW: there is none
 * for the user half to see.
 */
__noinline int rule_find(struct fb_pkt *p, __u32 how)
{
	__u32 zero = 0, i;
	struct fb_state *state = bpf_map_lookup_elem(&fb_state, &zero);
	int found = 0;
	bool client;
	__u64 now;

	if (!p || !state || !state->nets)
		return 0;
	client = how & RULE_BY_CLIENT || from_client(p);
	if (net_spares(p) || (!(how & RULE_NO_ROW) && !shows_all(state, p, client)))
		return RULE_SPARED;
	now = bpf_ktime_get_boot_ns();
	for (i = 0; i < 2; i++)
		found = rule_also(state, now, found, net_lookup(p, i), i);
	for (i = 0; i < FB_SHAPES_MAX; i++) {
		const __u32 shape = state->shape[i];

		if (!shape || found == RULE_SPARED)
			break;
		if (!(shape & FB_SHAPE_CLIENT) || client)
			found = rule_also(state, now, found, tuple_lookup(p, shape, p->dir), 0);
		if (!(shape & FB_SHAPE_CLIENT))
			found = rule_also(state, now, found, tuple_lookup(p, shape, !p->dir), 0);
	}
	return found;
}
