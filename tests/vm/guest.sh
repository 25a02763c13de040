#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs inside the virtual machine, under the stock kernel of Debian $RELEASE: loads, attaches by TCX or
# falls back to clsact, counts and names real traffic through the NAT router, pins to bpffs and
# adopts. TAP on stdout.
set -u
cd "$1" || exit 2
case $RELEASE in
12) linux=6.1 hook=clsact ours=clsact_ours all="1 1" ;; # filters of an interface
*) linux=6.12 hook=tcx ours=tcx_ours all="2 2" ;;	# links of both
esac
for module in veth cls_bpf sch_ingress nf_conntrack nf_conntrack_netlink nf_nat nf_tables nft_ct \
	nft_masq nft_nat nft_chain_nat 8021q bridge tun; do
	modprobe -d "$KERNEL" $module 2>/dev/null
done
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 none /sys/fs/cgroup
ip link set lo up

set -- guest.sh
SLOW=6
. tests/lab/lib.sh
. tests/lab/servers.sh
same "the kernel is Debian's stock one" "$(uname -r | cut -d. -f1-2)" $linux
check "the kernel has BTF" [ -s /sys/kernel/btf/vmlinux ]
check "the kernel half of each compiler loads, in under a quarter of the instructions allowed, and counts" env \
	FLOWBPF_MODES=3 FLOWBPF_OBJECTS="$(echo "${O:-build}"/vm/debian-$RELEASE/clang-*.bpf.o)" "${O:-build}/tests/bpf/verifier_test"
grep '^# .*instructions' "$WORK/check.out"
for test in verdict rule; do # of one object: in software emulation each takes its time
	check "the test of each $test" env FLOWBPF_OBJECT="${O:-build}/vm/debian-$RELEASE/clang-14.bpf.o" \
		"${O:-build}/tests/bpf/${test}_test"
done
need_product
"$FLOWBPF" doctor >"$WORK/doctor" 2>&1
if [ $hook = clsact ]; then
	check "doctor names the missing TCX and the clsact fallback" grep -qiE 'tcx.*(no|missing|clsact)' "$WORK/doctor"
else
	check "doctor finds TCX" sh -c "grep -i tcx '$WORK/doctor' | grep -qviE 'no|missing|clsact'"
fi
check "doctor finds stamps on sockets" grep -qE '^(ok|info) +owners +stamps' "$WORK/doctor"
check "the lab has a NAT router" lab_router
s_server_start s 443
daemon_start r lan wan -- --max-flows 16384 || finish

same "both interfaces are attached by $hook" \
	"$(api health | jq -r '[.interfaces[] | "\(.name) \(.hook) \(.state)"] | join(", ")')" \
	"lan $hook attached, wan $hook attached"
clsact_ours() { in_ns r tc filter show dev lan "$1" | grep -c 'flowbpf'; } # ingress|egress
tcx_ours() { # ingress|egress: links on both interfaces; bpftool may be older than TCX
	local programs
	programs=$(bpftool -j prog list | jq -c "[.[] | select(.name == \"flowbpf_$1\").id]")
	bpftool -j link list | jq "[.[] | select(.prog_id | IN(${programs}[]))] | length"
}
same "each hook has one program" "$($ours ingress) $($ours egress)" "$all"

in_ns r ping -q -c 1 10.0.1.2 >/dev/null
check "the process of a ping is known, though it ended" wait_for 15 flow_is \
	"proto=icmp and src.ip=10.0.1.1" '"\(.owner.process) \(.owner.by)"' "ping socket"

segments() { in_ns "$1" nstat -asz TcpOutSegs | awk '/TcpOutSegs/ { print $2 }'; }
client=$(segments c) server=$(segments s)
check "openssl s_client gets its page" s_client c 198.51.100.2:443 stock.lab.test
check "its flow is named" wait_for 15 flow_is tls.sni=stock.lab.test '.closed != null' true
same "packets are the senders' own segments" "$(flow tls.sni=stock.lab.test '"\(.packets.up) \(.packets.down)"')" \
	"$(($(segments c) - client)) $(($(segments s) - server))"
same "NAT: the inside client and the outside address" \
	"$(flow tls.sni=stock.lab.test '"\(.src.ip) \(.nat.src | split(":")[0])"')" "10.0.1.2 198.51.100.1"
check "over IPv6" s_client c '[2001:db8:2::2]:443' six.lab.test
check "its flow is named too" wait_for 15 flow_is tls.sni=six.lab.test '.family' 6
spawn hold.log c sh -c "sleep 20 | openssl s_client -connect 198.51.100.2:443 -servername held.lab.test -quiet"
check "conntrack's state is merged" wait_for 15 flow_is tls.sni=held.lab.test .conntrack.state ESTABLISHED
in_ns c ping -q -c 7 -i 0.1 198.51.100.2 >/dev/null
pinged() { [ "$(flows "proto=icmp and ip=198.51.100.2" | jq '[.[].packets.up] | max')" = 7 ]; }
check "seven pings are seven packets" wait_for 15 pinged

kill -9 "$daemon"
wait "$daemon" 2>/dev/null
if [ $hook = tcx ]; then
	same "after SIGKILL the kernel has detached what was attached" "$($ours ingress) $($ours egress)" "0 0"
else
	note "after SIGKILL clsact has $($ours ingress) ingress filters of ours"
fi
in_ns r tc qdisc show dev lan | grep -q clsact || in_ns r tc qdisc add dev lan clsact
in_ns r tc filter add dev lan ingress pref 7 handle 7 bpf da bytecode '1,6 0 0 4294967295,'
daemon_start r lan wan -- --max-flows 16384 || finish
same "the next start replaces what the killed one left" "$($ours ingress) $($ours egress)" "$all"
daemon_stop
same "SIGTERM: status 0" $? 0
same "its programs are gone" "$($ours ingress) $($ours egress)" "0 0"
check "somebody else's filter is still there" sh -c \
	"nsenter --net=/run/netns/$TAG-r tc filter show dev lan ingress | grep -q 'pref 7'"

daemon_start r lan -- --max-flows 16384 --pin /sys/fs/bpf/flowbpf || finish
check "maps are pinned to bpffs" [ -e /sys/fs/bpf/flowbpf/fb_flows ]
in_ns c ping -q -c 5 -i 0.1 198.51.100.2 >/dev/null
daemon_stop
in_ns c ping -q -c 6 -i 0.1 198.51.100.2 >/dev/null
daemon_start r lan -- --max-flows 16384 --pin /sys/fs/bpf/flowbpf || finish
eleven() { [ "$(flows "proto=icmp and ip=198.51.100.2" | jq '[.[].packets.up] | add')" = 11 ]; }
check "a restart adopts the pinned maps and lost no packet" wait_for 15 eleven
daemon_stop

# VLAN devices and others, which not every kernel that tests run on has; TCX or not makes no difference.
if [ "$RELEASE" = 12 ]; then
	devices=$(tests/lab/devices.sh 2>&1)
	grep -v '^1\.\.' <<<"$devices" | sed 's/^\(ok\|not ok\) \([0-9]*\)/\1 20\2/'
	tests_failed=$((tests_failed + $(grep -c '^not ok' <<<"$devices")))
fi
finish
