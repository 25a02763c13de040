#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The fallback of kernels without TCX, asked for: one filter a hook, replaced and not added after a
# SIGKILL, others' filters and qdiscs untouched, noticed when somebody takes it off. (K6, K7, S2)
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
filters() { in_ns a tc filter show dev eth0 "$1" 2>/dev/null | grep -c flowbpf; } # ingress|egress
both() { echo "$(filters ingress) $(filters egress)"; }
both_are() { [ "$(both)" = "$1" ]; }
clsact() { in_ns a tc qdisc show dev eth0 | grep -c clsact; }
start() { daemon_start a eth0 -- --max-flows 4096 --hook clsact || finish; }
pings() { in_ns b ping -q -c "$1" -i 0.05 -W1 10.9.0.1 >/dev/null; }
counted() { [ "$(flows proto=icmp | jq '[.[].packets | .up + .down] | add')" = "$1" ]; }

start
same "both hooks have one filter" "$(both)" "1 1"
same "status tells the hook" "$(api health | jq -r '.interfaces[0].hook')" clsact
pings 5
check "five pings are five packets each way" wait_for 6 counted 10
daemon_stop
same "SIGTERM: status 0" $? 0
same "its filters are gone" "$(both)" "0 0"
same "and the qdisc that it made" "$(clsact)" 0

start
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
sleep 0.5
note "after SIGKILL: $(both) filters"
start
same "after SIGKILL the next start replaces, and does not add" "$(both)" "1 1"
pings 5
check "each packet is counted once" wait_for 6 counted 10
in_ns a tc qdisc del dev eth0 clsact
check "taken off with its qdisc: it is on again within 5 s" wait_for 6 both_are "1 1"
pings 5
check "and counts again" wait_for 6 counted 20
daemon_stop

in_ns a tc qdisc add dev eth0 clsact
in_ns a tc filter add dev eth0 ingress pref 9 handle 9 bpf da bytecode '1,6 0 0 4294967295,'
before=$(in_ns a tc filter show dev eth0 ingress)
start
same "beside somebody else's filter ours are there" "$(both)" "1 1"
pings 5
check "and count" wait_for 6 counted 10
daemon_stop
same "theirs is as before, and their qdisc stays" "$(in_ns a tc filter show dev eth0 ingress; clsact)" "$before
1"
finish
