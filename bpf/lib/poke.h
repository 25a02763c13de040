/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet of a silent connection, made by the user half, comes in by its interface as if its
 * sender had sent it: the verdict that waits for the connection's next packet meets this one.
 */
#pragma once

#include "lib/l2.h"

/* From and to whom the link has it: its sender is the next hop towards that address. */
static __always_inline long poke_address(struct __sk_buff *skb)
{
	struct bpf_fib_lookup fib = {.ifindex = skb->ifindex};
	struct ipv6hdr six;
	struct iphdr four;
	__u8 mac[12];
	long err;

	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr), &six, sizeof(six)))
			return -1;
		fib.family = AF_INET6;
		__builtin_memcpy(fib.ipv6_dst, six.saddr, 16);
		__builtin_memcpy(fib.ipv6_src, six.daddr, 16);
	} else {
		if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr), &four, sizeof(four)))
			return -1;
		fib.family = AF_INET;
		fib.ipv4_dst = four.saddr;
		fib.ipv4_src = four.daddr;
	}
	err = bpf_fib_lookup(skb, &fib, sizeof(fib), BPF_FIB_LOOKUP_OUTPUT);
	if (err)
		return err;
	__builtin_memcpy(mac, fib.smac, 6);
	__builtin_memcpy(mac + 6, fib.dmac, 6);
	return bpf_skb_store_bytes(skb, 0, mac, sizeof(mac), 0);
}

/* Says whether it came in. */
static __always_inline int poke(struct __sk_buff *skb)
{
	return !poke_address(skb) && !bpf_clone_redirect(skb, skb->ifindex, BPF_F_INGRESS);
}
