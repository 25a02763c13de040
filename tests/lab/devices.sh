#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 360
# Devices other than plain Ethernet: tun (no link header), VLAN in metadata and in the data, three
# tags, MPLS, PPPoE, a VLAN beside its parent (K12), a bridge, jumbo frames, loopback.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
ns a b
link_pair a eth0 b eth0
for side in a b; do
	n=$([ $side = a ] && echo 1 || echo 2)
	ip -n "$TAG-$side" link set eth0 mtu 9000
	ip -n "$TAG-$side" address add 10.9.0.$n/24 dev eth0
	ip -n "$TAG-$side" link add v5 link eth0 type vlan id 5 2>/dev/null || { vlan= && continue; }
	vlan=1
	ip -n "$TAG-$side" link set v5 up
	ip -n "$TAG-$side" address add 10.5.0.$n/24 dev v5
done
# An IP tunnel without link headers, over UDP: two tun devices joined by socat.
for side in "a 1 2" "b 2 1"; do
	# shellcheck disable=SC2086
	set -- $side
	spawn tun.log "$1" socat "UDP-DATAGRAM:10.9.0.$3:7000,bind=10.9.0.$2:7000" \
		"TUN:10.77.0.$2/24,tun-type=tun,iff-no-pi,tun-name=tun0,iff-up"
done
tun_up() { in_ns a ping -q -c1 -W1 10.77.0.2; }
check "two tun devices are there" wait_for 5 tun_up
nginx_start b
size_of() { flow "$1" '"\(.packets.up) \(.packets.down) \(.bytes.up) \(.bytes.down)"'; } # FILTER
expect() { # TEXT FILTER WANTED
	ready() { [ "$(size_of "$2")" = "$3" ]; }
	wait_for 6 ready "" "$2" "$3"
	same "$1" "$(size_of "$2")" "$3"
}

daemon_start a tun0 -- --max-flows 4096 || finish
in_ns a ping -q -c 4 -i 0.05 -s 100 10.77.0.2 >/dev/null
expect "tun: four pings of 128 bytes each way" "proto=icmp and ip=10.77.0.2" "4 4 512 512"
get a tun.lab.test 10.77.0.2 1000
check "tun: a connection is named" wait_for 6 flow_is tls.sni=tun.lab.test .dst.port 443
daemon_stop

daemon_start a eth0 -- --max-flows 4096 || finish
mac=$(mac a eth0)
in_ns a ping -q -c 4 -i 0.05 -s 100 10.9.0.2 >/dev/null
in_ns a ping -q -c 3 -i 0.05 -s 8000 -M "do" 10.9.0.2 >/dev/null
expect "no tag: pings of 128 bytes, and jumbo ones" "proto=icmp and ip=10.9.0.2" \
	"7 7 $((4 * 128 + 3 * 8028)) $((4 * 128 + 3 * 8028))"
# The outer tag: taken to metadata on the way in, in the data on the way out.
for tags in 1 2 3; do
	in_ns b "$LAB_BIN/frames" eth0 "$mac" tags$tags 10 >/dev/null
	expect "in, $tags tags: ten datagrams of 40 bytes" "src.ip=10.200.0.$tags" "10 0 400 0"
	in_ns a "$LAB_BIN/frames" eth0 "$mac" tags$tags 10 256 >/dev/null
	expect "out, $tags tags" "src.ip=10.200.1.$tags" "10 0 400 0"
done
for kind in "mpls 10.201.%d.1 400" "pppoe 10.201.%d.2 400" "pppoe6 fd00:99::c9:%d 600"; do
	read -r kind source bytes <<<"$kind"
	# shellcheck disable=SC2059
	from() { printf "$source" "$1"; }
	in_ns b "$LAB_BIN/frames" eth0 "$mac" "$kind" 10 >/dev/null
	expect "in, $kind: ten datagrams" "src.ip=$(from 0)" "10 0 $bytes 0"
	in_ns a "$LAB_BIN/frames" eth0 "$mac" "$kind" 10 256 >/dev/null
	expect "out, $kind" "src.ip=$(from 1)" "10 0 $bytes 0"
done
daemon_stop

if [ -n "$vlan" ]; then
	daemon_start a eth0 v5 -- --max-flows 4096 || finish
	in_ns a ping -q -c 4 -i 0.05 -s 100 10.5.0.2 >/dev/null
	expect "K12: a VLAN beside its parent: one row, each packet once" "proto=icmp and ip=10.5.0.2" "4 4 512 512"
	daemon_stop
else
	skip "K12: a VLAN beside its parent" "this kernel makes no VLAN devices"
fi

ip -n "$TAG-a" link add br0 type bridge
ip -n "$TAG-a" address flush dev eth0
ip -n "$TAG-a" link set eth0 master br0
ip -n "$TAG-a" link set br0 up
ip -n "$TAG-a" address add 10.9.0.1/24 dev br0
wait_for 10 in_ns a ping -q -c 1 -W1 10.9.0.2
daemon_start a br0 -- --max-flows 4096 || finish
in_ns b ping -q -c 5 -i 0.05 -s 100 10.9.0.1 >/dev/null
expect "a bridge" "proto=icmp and src.ip=10.9.0.2" "5 5 640 640"
daemon_stop

daemon_start a lo -- --max-flows 4096 || finish
in_ns a ping -q -c 4 -i 0.05 -s 100 127.0.0.9 >/dev/null
lo() { flows "proto=icmp and ip=127.0.0.9" | jq -e 'length == 1 and .[0].packets.up == 4'; }
check "loopback: seen on both hooks, counted once" wait_for 6 lo
daemon_stop
finish
