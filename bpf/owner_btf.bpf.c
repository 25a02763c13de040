/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The same by the kernel's own types (BTF): also of a process that is gone before anybody can ask
 * /proc. The name is that of the process and not of its thread.
 */
#include "lib/elsewhere.h"
#include "lib/numbers.h"
#include "lib/task_stamp.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void stamp_by_types(struct fb_stamp *stamp)
{
	stamp_of_task(stamp, (void *)bpf_get_current_task());
}

/*
 * Somebody in a container will send datagrams there: which port they come from is known once the
 * first one is sent.
 */
static __always_inline void note_connects(struct bpf_sock_addr *ctx, bool ipv6)
{
	struct fb_owner_ends ends = {};

	if (ctx->protocol != IPPROTO_UDP || bpf_get_netns_cookie(ctx) == owner_knobs.cookie)
		return;
	if (ipv6) {
		__u32 addr[4] = {ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2],
				 ctx->user_ip6[3]};

		__builtin_memcpy(ends.addr[1], addr, 16);
	} else {
		__be32 addr = ctx->user_ip4;

		ends.addr[1][10] = ends.addr[1][11] = 0xff;
		__builtin_memcpy(&ends.addr[1][12], &addr, 4);
	}
	ends.port[1] = bpf_ntohs((__be16)ctx->user_port);
	note_opened(&ends, bpf_ktime_get_boot_ns());
}

#define STAMP_CONNECTS note_connects
#define STAMP_TASK     stamp_by_types
#include "lib/stamp.h"

STAMP_PROGRAMS

/* It is open, or was refused: its ports are known, and its packets have passed. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(owner_state, const struct sock *sk, int before, int now)
{
	const struct fb_stamp *stamp;

	if (now != TCP_ESTABLISHED && !(before == TCP_SYN_SENT && now == TCP_CLOSE))
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) == owner_knobs.netns)
		return 0;
	stamp = bpf_sk_storage_get(&fb_owner_sk, (void *)sk, NULL, 0);
	if (!stamp)
		return 0;
	note_ends(sk, stamp);
	return 0;
}
