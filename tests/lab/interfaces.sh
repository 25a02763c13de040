#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# All interfaces of a machine, attached or not: every counter as `ip -s -s link` has it, what each is,
# one that is down, renamed, made, gone; rates and what queues dropped; what monitors are told.
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
ip -n "$TAG-a" -6 address add fd00:9::1/64 dev eth0 nodad
link_pair a other b other
ip -n "$TAG-a" link set other mtu 1400
ip -n "$TAG-a" link add br0 type bridge
vlan=
ip -n "$TAG-a" link add link eth0 name eth0.7 type vlan id 7 2>/dev/null && vlan="eth0.7 "
ip -n "$TAG-a" link set other master br0
daemon_start a eth0 || finish

iface() { api interfaces | jq -c ".items[] | select(.name == \"$1\") | $2"; } # NAME JQ
iface_is() { [ "$(iface "$1" "$2")" = "$3" ]; }
of_ip() { # all counters of all interfaces, by name
	ip -n "$TAG-a" -s -s -j link | jq -cS '[.[] | .ifname as $name | .stats64 | {key: $name, value: {
		rx: {bytes: .rx.bytes, packets: .rx.packets, errors: .rx.errors, dropped: .rx.dropped, causes: {
			length: .rx.length_errors, crc: .rx.crc_errors, frame: .rx.frame_errors, fifo: .rx.fifo_errors,
			missed: .rx.missed_errors, over: .rx.over_errors, nohandler: (.rx.nohandler // 0)}},
		tx: {bytes: .tx.bytes, packets: .tx.packets, errors: .tx.errors, dropped: .tx.dropped, causes: {
			aborted: .tx.aborted_errors, fifo: .tx.fifo_errors, window: .tx.window_errors,
			heartbeat: .tx.heartbeat_errors, carrier: .tx.carrier_errors, collisions: .tx.collisions}},
		multicast: .rx.multicast}}] | from_entries'
}
of_us() {
	api interfaces | jq -cS '[.items[] | {key: .name, value: {
		rx: (.rx | {bytes, packets, errors, dropped, causes}), tx: (.tx | {bytes, packets, errors, dropped, causes}),
		multicast}}] | from_entries'
}
equal() { [ "$(of_us)" = "$(of_ip)" ]; }

in_ns a ping -q -c 20 -i 0.01 10.9.0.2 >/dev/null
in_ns a ping -q -c 5 -i 0.01 127.0.0.1 >/dev/null
check "all counters of all interfaces are those of ip -s -s link" wait_for 10 equal
same "all are there" "$(api interfaces | jq -r '[.items[].name] | sort | join(" ")')" "br0 eth0 ${vlan}lo other"
# what is dropped on the way out of an interface that is down stands in its own counter, too
in_ns a tc qdisc replace dev eth0 root pfifo limit 1
in_ns a tc qdisc replace dev eth0 root tbf rate 8kbit burst 200 limit 200
in_ns a ping -q -c 20 -i 0.01 -w 1 10.9.0.2 >/dev/null
dropped() { in_ns a tc -s -j qdisc show dev eth0 | jq '.[] | select(.root) | .drops'; }
queue_is() { [ "$(dropped)" -gt 0 ] && iface_is eth0 .queue_dropped "$(dropped)"; }
check "what its queue dropped" wait_for 10 queue_is
in_ns a tc qdisc del dev eth0 root

same "what it is" "$(iface eth0 '[.kind, .driver, .up, .carrier, .speed_mbit, .duplex, .mtu, .mac, .attached, .reason]')" \
	"[\"veth\",\"veth\",true,true,10000,\"full\",1500,\"$(mac a eth0)\",true,null]"
check "by what it is attached" iface_is eth0 '.hook | IN("tcx", "clsact")' true
same "its addresses" "$(iface eth0 '.addresses | map(select(startswith("fe80") | not)) | join(" ")')" '"10.9.0.1/24 fd00:9::1/64"'
same "one that is not attached, in a bridge" "$(iface other '[.attached, .hook, .mtu, .master, .cost_ns.rx]')" \
	'[false,null,1400,"br0",null]'
same "one that is down" "$(iface br0 '[.kind, .up, .carrier]')" '["bridge",false,false]'
[ -z "$vlan" ] && skip "a VLAN has its parent" "this kernel has no VLANs" ||
	same "a VLAN has its parent" "$(iface eth0.7 '[.kind, .up, .carrier, .vlan, .parent]')" '["vlan",false,false,7,"eth0"]'
same "the loopback" "$(iface lo '[.loopback, .kind, .mac, .speed_mbit, .rx.utilisation]')" "[true,null,null,null,null]"

spawn ping.log b ping -q -i 0.01 -s 1000 10.9.0.1
fast() { iface_is eth0 '(.rx.pps > 50 and .rx.rate_bps > 400000 and .tx.rate_bps > 400000)' true; }
check "rates of the last second" wait_for 10 fast
check "utilisation is the rate of the speed" iface_is eth0 \
	'((.rx.rate_bps / (.speed_mbit * 1000000) - .rx.utilisation) | fabs < 0.0001)' true
recent() { [ "$(api 'interfaces?recent=true' | jq '.items[] | select(.name == "eth0") | .rx.recent_bps | length > 2 and .[-1] > 400000')" = true ]; }
check "and of those before" wait_for 10 recent
same "and how long is not to be chosen" "$(api 'interfaces?recent=60' 2>/dev/null | jq .status)" 400
kill "$spawned"
check "idle it is 0" wait_for 10 iface_is eth0 '.rx.pps' 0

ip -n "$TAG-a" link set other down
check "one that is switched off" wait_for 5 iface_is other '[.up, .carrier]' '[false,false]'
ip -n "$TAG-a" link set other name spare
check "one that is renamed" wait_for 5 iface_is spare .mtu 1400
same "has no other name" "$(iface other .name)" ""
ip -n "$TAG-a" link del spare
check "one that is gone" wait_for 5 iface_is spare .name ""
link_pair a other b other
check "one that comes" wait_for 5 iface_is other '[.up, .mtu, .master]' '[true,1500,null]'
check "counters are still those of ip" wait_for 10 equal

# a setting of the whole machine, which others may change: not tested is that it is switched
cost() {
	if [ "$(cat /proc/sys/kernel/bpf_stats_enabled)" = 1 ]; then
		in_ns a ping -q -c 1 10.9.0.2
		iface_is eth0 '(.cost_ns.rx > 0 and .cost_ns.tx > 0)' true && [ "$(api interfaces | jq .cost_unknown)" = null ]
	else
		iface_is eth0 .cost_ns '{"rx":null,"tx":null}' && [ "$(api interfaces | jq -r .cost_unknown)" = \
			"the kernel does not measure programs: sysctl kernel.bpf_stats_enabled=1" ]
	fi
}
check "what a packet costs us, or why it is not known" wait_for 5 cost

in_ns a "$FLOWBPF" status --socket "$socket" >"$WORK/status"
same "status shows those that are not attached, too" "$(sed -n '/^ALL INTERFACES/,/^$/p' "$WORK/status" | awk '{ print $1, $2 }' |
	grep -E '^(br0|lo|other) ' | sort | xargs)" "br0 down lo up other up"

stats() { api ../../api/network-stats | jq -c "$1"; }
same "monitors are told of all" "$(stats '[.interfaces[].name] | sort | join(" ")')" "\"br0 eth0 ${vlan}lo other\""
of_psutil() {
	ip -n "$TAG-a" -s -j link show eth0 | jq -c '.[0].stats64 | [true, 10000, 1500, .rx.bytes, .tx.packets,
		.rx.errors, .tx.errors, .rx.dropped, .tx.dropped]'
}
told() {
	stats '.interfaces[] | select(.name == "eth0") | [.is_up, .speed, .mtu, .bytes_recv, .packets_sent,
		.errin, .errout, .dropin, .dropout]'
}
like_psutil() { [ "$(told)" = "$(of_psutil)" ]; }
check "... and of each what ip has" wait_for 5 like_psutil
in_ns a ping -q -c 1 10.9.0.2 >/dev/null
raw() { [ "$(stats '[.connections[] | select(.local_address == "10.9.0.1") | .type] | unique')" = '["SOCK_RAW"]' ]; }
check "a ping is no datagram of port 0" wait_for 5 raw
daemon_stop
finish
