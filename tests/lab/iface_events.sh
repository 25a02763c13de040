#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 400
# What happens to interfaces: deleted and made again, renamed, down and up, moved away and back, its
# peer's namespace deleted, foreign XDP and clsact programs, our program taken off. (K1 to K7)
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
daemon_start a eth0 -- --max-flows 4096 || finish

iface() { api health | jq -r ".interfaces[] | select(.name == \"$1\") | $2"; } # NAME JQ
iface_is() { [ "$(iface "$1" "$2")" = "$3" ]; }
counted() { flows "proto=icmp" | jq '[.[] | .packets.up] | add // 0'; }
counted_is() { [ "$(counted)" = "$1" ]; }
pings=0
counts_on() { # TEXT: five more echo requests are counted
	in_ns b ping -q -c 5 -i 0.05 -W1 10.9.0.1 >/dev/null
	pings=$((pings + 5))
	wait_for 6 counted_is $pings
	same "$1" "$(counted)" $pings
}
fds() { ls "/proc/$daemon/fd" | wc -l; }

counts_on "packets are counted at first"
base_fds=$(fds)

ip -n "$TAG-a" link del eth0
check "K1: a deleted interface is shown as gone" wait_for 4 iface_is eth0 .state gone
same "K1: that is said once" "$(api health 2>/dev/null | jq -r '.reasons[] | select(test("eth0"))')" \
	"eth0 is not counted: the interface is gone; waiting for one of its name"
same "K1: its flows are kept" "$(counted)" $pings
lab_pair
check "K1: made again under its name it is attached again" wait_for 4 iface_is eth0 .state attached
counts_on "K1: and counted, on top of what was"

ip -n "$TAG-a" link set eth0 name wan9 2>/dev/null || {
	ip -n "$TAG-a" link set eth0 down && ip -n "$TAG-a" link set eth0 name wan9 && ip -n "$TAG-a" link set wan9 up
}
check "K2: a renamed interface is shown by its new name" wait_for 4 iface_is wan9 .state attached
counts_on "K2: and goes on"
ip -n "$TAG-a" link set wan9 down
ip -n "$TAG-a" link set wan9 name eth0
ip -n "$TAG-a" link set eth0 up mtu 1400
check "K3: down, named back, another MTU, up: attached" wait_for 4 iface_is eth0 .state attached
counts_on "K3: and goes on"
ip -n "$TAG-a" link set eth0 netns "$TAG-b" name away
check "K3: moved to another namespace it is gone" wait_for 4 iface_is eth0 .state gone
ip -n "$TAG-b" link set away netns "$TAG-a" name eth0
ip -n "$TAG-a" link set eth0 up
ip -n "$TAG-a" address replace 10.9.0.1/24 dev eth0
check "K3: moved back it is attached again" wait_for 4 iface_is eth0 .state attached
counts_on "K3: and goes on after the move"

ns d
ip -n "$TAG-a" link del eth0
link_pair a eth0 d eth0
wait_for 4 iface_is eth0 .state attached
ip netns del "$TAG-d"
check "K4: the peer's namespace is deleted: gone" wait_for 6 iface_is eth0 .state gone
same "K4: the flow table is kept" "$(counted)" $pings
lab_pair
wait_for 4 iface_is eth0 .state attached
counts_on "K4: a new one is counted"
same "K1-K4: no file descriptor leaked" "$(fds)" "$base_fds"

# Programs of somebody else, before ours and beside it.
printf 'int x(void *c) { return 2; }\nchar l[] __attribute__((section("license"))) = "GPL";\n' |
	sed 's/^int/__attribute__((section("xdp"))) int/' |
	clang -O2 -target bpf -xc -c - -o "$WORK/xdp.o" 2>"$WORK/clang.err"
check "K5: a foreign XDP program is put on" in_ns a ip link set dev eth0 xdpgeneric obj "$WORK/xdp.o" sec xdp
foreign() { in_ns a ip link show dev eth0 | grep -o 'prog/xdp id [0-9]*'; }
xdp_id=$(foreign)
counts_on "K5: beside it we count"
daemon_stop
same "K5: it is untouched when we have gone" "$(foreign)" "$xdp_id"
in_ns a tc qdisc add dev eth0 clsact
# All IPv4 that is not TCP or UDP port 7777 passes; datagrams to 7777 are shot.
in_ns a tc filter add dev eth0 ingress pref 7 handle 7 bpf da bytecode \
	'6,40 0 0 12,21 0 3 2048,40 0 0 36,21 0 1 7777,6 0 0 2,6 0 0 4294967295,' 2>"$WORK/tc.err" ||
	note "$(head -3 "$WORK/tc.err")"
filters() { in_ns a tc filter show dev eth0 ingress | grep -v '^$'; }
before=$(filters)
check "K6: a foreign clsact filter is there" [ -n "$before" ]
pings=0
daemon_start a eth0 -- --max-flows 4096 || finish
counts_on "K6: with it we count"
in_ns b sh -c 'for i in 1 2 3; do echo x | socat - UDP:10.9.0.1:7777; done'
shot() { [ "$(flows "dst.port=7777" | jq '[.[].packets.up] | add')" = 3 ]; }
check "K6: what it shoots is counted by us, who run before it" wait_for 5 shot
daemon_stop
same "K6: the filter is as before" "$(filters)" "$before"
check "K6: its qdisc too" sh -c "nsenter --net=/run/netns/$TAG-a tc qdisc show dev eth0 | grep -q clsact"

pings=0
daemon_start a eth0 -- --max-flows 4096 || finish
for id in $(held link_id); do bpftool link detach id "$id" && note "link $id was detached"; done
counted_again() {
	local had
	had=$(counted)
	in_ns b ping -q -c 1 -W1 10.9.0.1 >/dev/null
	tick
	[ "$(counted)" -gt "$had" ]
}
check "K7: our program was taken off: it is attached again within 5 s" wait_for 6 counted_again
check "K7: and that is said in the log" sh -c \
	"curl -s --unix-socket $socket http://localhost/api/v1/log | jq -e '[.items[].message] | any(test(\"took|detach|again\"))'"
pings=$(counted)
counts_on "K7: and counts again"
daemon_stop
same "SIGTERM: status 0" $? 0
finish
