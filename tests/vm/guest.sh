#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs inside the virtual machine, under Debian 12's stock kernel: features, fallback, real traffic.
set -u
cd "$1" || exit 2
for module in veth cls_bpf sch_ingress nf_conntrack nf_conntrack_netlink nf_nat nf_tables nft_ct \
	nft_masq nft_nat nft_chain_nat; do
	modprobe -d "$KERNEL" $module 2>/dev/null
done
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
ip link set lo up

. tests/lab/lib.sh

check "the kernel is Debian's stock 6.1" [ "$(uname -r | cut -d. -f1-2)" = 6.1 ]
check "the kernel has BTF" [ -s /sys/kernel/btf/vmlinux ]
