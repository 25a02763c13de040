#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 600
# A limit holds where something else would touch it: with XDP, by filters of clsact (kernels without TCX), of packets
# that have a priority already (by their TOS, by another's rule that chooses a class of another's queue), and by a VLAN
# whose interface makes 802.1p priorities of these. What the other queue is for goes on beside it.
. "$(dirname "$0")/lib.sh"
. tests/lab/rates_lib.sh
need_product
need_rates
lab_router || ok_if 1 "the lab is there"
rates_server s 5201
mkdir -m 700 "$WORK/state"
start() { daemon_start "$@" --state "$WORK/state"; }
both() { # TEXT [OPTION...]: 20 down and 8 up
	held_to 20 "$1, down" c 198.51.100.2 -R "${@:2}"
	held_to 8 "$1, up" c 198.51.100.2 "${@:2}"
}
limit() { same "$1" "$(say limit 10.0.1.2 --down 20mbit --up 8mbit | rule_of)" "rule N"; }

start r lan wan -- --xdp
same "XDP is on" "$(api health | jq -r '.interfaces[] | select(.name == "lan") | .xdp.state')" on
limit "with XDP"
both "with XDP"
held_to 20 "with XDP, UDP, down" c 198.51.100.2 -R -u -l 1400 -b 40M
say undo --all >/dev/null
check "... all is fast again" free_now c 198.51.100.2
daemon_stop

start r lan wan -- --hook clsact
same "by clsact" "$(api health | jq -r '.interfaces[0].hook')" clsact
limit "... it is limited"
both "by clsact"
held_to 20 "by clsact, UDP, down" c 198.51.100.2 -R -u -l 1400 -b 40M
say undo --all >/dev/null
check "... all is fast again" free_now c 198.51.100.2
daemon_stop
same "... and nothing is left" "$(queue)$(in_ns r tc qdisc show | grep clsact)" ""

# A priority of its own: of TOS, and of another's rule, which chooses a class of another's queue.
in_ns r tc qdisc add dev lan root handle 1: htb default 20
in_ns r tc class add dev lan parent 1: classid 1:10 htb rate 1gbit
in_ns r tc class add dev lan parent 1: classid 1:20 htb rate 1gbit
in_ns r nft -f - <<-NFT
	table inet marks {
		chain forward {
			type filter hook forward priority mangle;
			meta priority set 1:10
		}
	}
NFT
start r lan wan --
class_bytes() { in_ns r tc -s class show dev lan | awk '/^class/ { at = $3 == "1:10" } at && $1 == "Sent" { print $2 }'; }
check "another's class is used before" free_now c 198.51.100.2 -R
check "... it has counted" [ "$(class_bytes)" -gt 1000000 ]
limit "with a priority that is set already"
both "a priority of another's queue"
both "... and TOS" -S 0x10
say undo --all >/dev/null
before=$(class_bytes)
check "... without the limit all is fast" free_now c 198.51.100.2 -R
check "... and in the other's class again" [ $(($(class_bytes) - before)) -gt 1000000 ]
same "its queue is as it was" "$(in_ns r tc class show dev lan | awk '{ print $3 }' | sort | paste -sd' ')" "1:10 1:20"
daemon_stop
in_ns r nft delete table inet marks
in_ns r tc qdisc del dev lan root

# A VLAN that makes 802.1p priorities of skb->priority.
ip -n "$TAG-c" link add link eth0 name probe type vlan id 11 2>/dev/null || {
	skip "by a VLAN with priorities" "this kernel has no VLANs"
	finish
}
ip -n "$TAG-c" link del probe
for i in "c eth0 10.0.1.2" "r lan 10.0.1.1"; do
	# shellcheck disable=SC2086
	set -- $i
	ip -n "$TAG-$1" address del "$3/24" dev "$2"
	ip -n "$TAG-$1" link add link "$2" name "$2.10" type vlan id 10 egress-qos-map 0:3 4:4 6:6 ingress-qos-map 3:3
	ip -n "$TAG-$1" link set "$2.10" up
	ip -n "$TAG-$1" address add "$3/24" dev "$2.10"
done
ip -n "$TAG-c" route add default via 10.0.1.1
start r lan wan --
check "by a VLAN with priorities: before" free_now c 198.51.100.2
limit "... it is limited"
both "by a VLAN with priorities"
both "... and TOS" -S 0x10
say undo --all >/dev/null
check "... all is fast again" free_now c 198.51.100.2
tick 2
books_balance lan wan
daemon_stop
same "ended: nothing is left" "$(queue)" ""
finish
