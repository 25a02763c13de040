/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ends of a socket, by the kernel's own types. */
#pragma once

#include "lib/task.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <flowbpf/owner.h>

static __always_inline void ends_of(const struct sock *sk, struct fb_owner_ends *ends)
{
	const struct sock_common *common = &sk->__sk_common;

	if (common->skc_family == AF_INET6) {
		BPF_CORE_READ_INTO(&ends->addr[0], common, skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&ends->addr[1], common, skc_v6_daddr);
	} else {
		ends->addr[0][10] = ends->addr[0][11] = 0xff;
		ends->addr[1][10] = ends->addr[1][11] = 0xff;
		*(__be32 *)&ends->addr[0][12] = common->skc_rcv_saddr;
		*(__be32 *)&ends->addr[1][12] = common->skc_daddr;
	}
	ends->port[0] = common->skc_num;
	ends->port[1] = bpf_ntohs(common->skc_dport);
}
