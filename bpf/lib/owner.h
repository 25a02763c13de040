/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose a row is: asked once for each direction, of the socket. What leaves has its socket at hand,
 * which is sure. What comes in is asked for by its addresses before any translation of them, so
 * another socket may be found: the user half takes it only of what turns out to be for this host.
 */
#pragma once

#include "lib/hint.h"
#include "lib/pkt.h"
#include "lib/stat.h"

#define LOOPBACK    1  /* its number in each network namespace */
#define SOCK_STREAM 1  /* type of a socket */
#define SOCK_RAW    3  /* likewise: the kernel's own for resets and ICMP are such */
#define TCP_LISTEN  10 /* state of a socket */

static __always_inline enum fb_owner_by owner_by(const struct fb_stamp *stamp,
						 const struct bpf_sock *sk)
{
	if (sk->state == TCP_LISTEN)
		return FB_OWNER_LISTENER;
	/* a stream that was not connected was accepted: its stamp is the listener's */
	return stamp->by == FB_OWNER_SOCKET && sk->type == SOCK_STREAM ? FB_OWNER_LISTENER
								       : stamp->by;
}

/* `stamp` NULL: the kernel's. */
static __always_inline int owner_put(const struct fb_pkt *p, __u32 slot, struct fb_row *row,
				     const struct fb_stamp *stamp, enum fb_owner_by by, bool sent)
{
	__u32 zero = 0;
	struct fb_scratch *scratch = bpf_map_lookup_elem(&fb_scratch, &zero);
	struct fb_stamped *owner;

	if (!scratch)
		return 0;
	owner = &scratch->owner;
	if (stamp)
		owner->stamp = *stamp;
	else
		__builtin_memset(&owner->stamp, 0, sizeof(owner->stamp));
	owner->generation = row->generation;
	owner->by = by;
	if (bpf_map_update_elem(&fb_owners, &slot, owner, BPF_ANY)) {
		stat_event(p->link, p->hook, FB_STAT_owners_full, 1, 0);
		return 0;
	}
	__sync_fetch_and_or(STATE_WORD(row),
			    sent ? FB_ROW_OWNED | FB_ROW_OWNER_SENT : FB_ROW_OWNED);
	return 1;
}

static __always_inline struct bpf_sock *owner_sock4(struct __sk_buff *skb, const struct fb_pkt *p,
						    __u32 local)
{
	const __be32 *addr = (const __be32 *)p->key4.addr;
	struct bpf_sock_tuple tuple = {};

	tuple.ipv4.saddr = local ? addr[0] : addr[1];
	tuple.ipv4.daddr = local ? addr[1] : addr[0];
	tuple.ipv4.sport = bpf_htons(local ? p->key4.port[0] : p->key4.port[1]);
	tuple.ipv4.dport = bpf_htons(local ? p->key4.port[1] : p->key4.port[0]);
	return p->proto == IPPROTO_TCP
		       ? bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0)
		       : bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
}

static __always_inline struct bpf_sock *owner_sock6(struct __sk_buff *skb, const struct fb_pkt *p,
						    __u32 local)
{
	struct bpf_sock_tuple tuple = {};

	__builtin_memcpy(tuple.ipv6.saddr, local ? p->key.addr[0] : p->key.addr[1], 16);
	__builtin_memcpy(tuple.ipv6.daddr, local ? p->key.addr[1] : p->key.addr[0], 16);
	tuple.ipv6.sport = bpf_htons(local ? p->key.port[0] : p->key.port[1]);
	tuple.ipv6.dport = bpf_htons(local ? p->key.port[1] : p->key.port[0]);
	return p->proto == IPPROTO_TCP
		       ? bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0)
		       : bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
}

/* By the socket of this end, here. Verified once: two callers. */
__noinline int owner_lookup(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot, __u32 local,
			    __u32 sent)
{
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	struct fb_stamp *stamp;
	struct bpf_sock *sk;
	int found = 0;

	if (!row || !p || (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP))
		return 0;
	sk = p->family == FB_IPV4 ? owner_sock4(skb, p, local) : owner_sock6(skb, p, local);
	if (!sk)
		return 0;
	stamp = bpf_sk_storage_get(&fb_owner_sk, sk, NULL, 0);
	if (stamp)
		found = owner_put(p, slot, row, stamp, owner_by(stamp, sk), sent);
	bpf_sk_release(sk);
	return found;
}

/* A SYN-ACK has no full socket yet: its listener answers. */
static __always_inline void owner_of_sender(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot,
					    struct fb_row *row)
{
	struct bpf_sock *sk = (struct bpf_sock *)(long)skb->sk;
	struct fb_stamp *stamp;

	if (!sk) /* forwarded */
		return;
	sk = bpf_sk_fullsock(sk);
	if (!sk) {
		owner_lookup(skb, p, slot, p->dir & 1, 1);
		return;
	}
	stamp = bpf_sk_storage_get(&fb_owner_sk, sk, NULL, 0);
	if (stamp)
		owner_put(p, slot, row, stamp, owner_by(stamp, sk), true);
	else if (sk->type == SOCK_RAW && !(row->state & FB_ROW_OWNED))
		owner_put(p, slot, row, NULL, FB_OWNER_KERNEL, true);
}

/* On the first packet of a direction. Of two ends that are both here the sender is told. */
__noinline int owner_find(struct __sk_buff *skb, struct fb_pkt *p, __u32 slot)
{
	struct fb_row *row = bpf_map_lookup_elem(&fb_flows, &slot);
	__u32 from;

	if (!row || !p || row->state & FB_ROW_OWNER_SENT)
		return 0;
	from = p->dir & 1;
	if (p->hook == FB_HOOK_EGRESS)
		owner_of_sender(skb, p, slot, row);
	else if (!(row->state & FB_ROW_OWNED) &&
		 !(skb->ifindex == LOOPBACK && owner_lookup(skb, p, slot, from, 1)))
		owner_lookup(skb, p, slot, !from, 0);
	return 0;
}
