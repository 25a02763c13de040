#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 120
# A router with two uplinks: the conntrack entries of one that loses its address, its carrier or
# itself go with it, those of the other stay, and so do all while it is only for a moment.
. "$(dirname "$0")/lib.sh"
need_product
ns c r s t
link_pair c eth0 r lan
link_pair r wan1 s eth0
link_pair r wan2 t eth0
in_ns r sysctl -qw net.ipv4.ip_forward=1
while read -r name iface address; do
	ip -n "$TAG-$name" address add "$address" dev "$iface"
done <<-END
	c eth0 10.0.1.2/24
	r lan 10.0.1.1/24
	r wan1 198.51.100.1/24
	s eth0 198.51.100.2/24
	r wan2 203.0.113.1/24
	t eth0 203.0.113.2/24
END
ip -n "$TAG-r" address add 2001:db8:2::1/64 dev wan1 nodad
ip -n "$TAG-s" address add 2001:db8:2::2/64 dev eth0 nodad
ip -n "$TAG-c" route add default via 10.0.1.1
in_ns r nft -f - <<-NFT # the address is spelled out: of masquerading the kernel itself lets go
	table ip lab {
		chain post {
			type nat hook postrouting priority srcnat;
			oifname "wan1" ip saddr 10.0.1.0/24 snat to 198.51.100.1
			oifname "wan2" ip saddr 10.0.1.0/24 snat to 203.0.113.1
		}
	}
	table ip6 lab { # or nothing tracks IPv6
		chain out {
			type filter hook output priority 0;
			ct state new
		}
	}
NFT
say() { printf x | in_ns "$1" socat -u - "$2"; }
fill() { # datagrams and a connection from inside, one from the router
	for server in 198.51.100.2 203.0.113.2; do
		for port in 41001 41002 41003; do say c "UDP:$server:7000,sourceport=$port"; done
		say r "UDP:$server:7000,sourceport=41004"
	done
	say c UDP:10.0.1.1:7000,sourceport=41004
}
entries() { # ADDRESS
	in_ns r conntrack -L ${2:+-f "$2"} 2>/dev/null | grep -cF "=$1 "
}
counts() { echo "$(entries 198.51.100.1) $(entries 203.0.113.1) $(entries 10.0.1.1)"; }
counts_are() { [ "$(counts)" = "$1" ]; }
acts() { api log | jq -r "[.items[] | select(.component == \"act\")] | $1"; }
last='.[-1].fields | "\(.act) \(.target) | \(.by) \(.role // "nobody") | \(.reason) | \(.result)"'

daemon_start r lan wan1 wan2 -- --max-flows 4096 --forget-on-loss || finish
for server in s t; do spawn server.log "$server" socat TCP-LISTEN:7001,fork OPEN:/dev/null; done
for server in "s 198.51.100.2" "t 203.0.113.2"; do
	wait_for 5 listening "${server% *}" 7001
	spawn client.log c socat -u EXEC:'sleep 100' "TCP:${server#* }:7001"
done
fill
all="5 5 1"
check "there are entries of both" wait_for 5 counts_are "$all"
check "flows have them" wait_for 5 flow_is "dst.ip = 203.0.113.2 and proto = tcp" .nat.src_ip 203.0.113.1

ip -n "$TAG-r" address flush dev wan1
ip -n "$TAG-r" address add 198.51.100.1/24 dev wan1
ip -n "$TAG-r" address add 2001:db8:2::1/64 dev wan1 nodad
ip -n "$TAG-t" link set eth0 down
ip -n "$TAG-t" link set eth0 up
tick 5
same "an address and a carrier that are back at once take nothing along" "$(counts) $(acts length)" "$all 0"

ip -n "$TAG-r" address del 198.51.100.1/24 dev wan1
check "an address that is gone takes its entries along, and no other" wait_for 10 counts_are "0 5 1"
same "that is an act, on nobody's behalf" "$(acts "$last")" \
	"forget what uses 198.51.100.1 | event nobody | wan1 lost the address | done, 5 entries"
same "and a line" "$(acts '.[-1].message')" \
	'forget what uses 198.51.100.1: done, 5 entries; asked by (event): "wan1 lost the address"'

ip -n "$TAG-t" link set eth0 down
check "so does a carrier that is lost" wait_for 10 counts_are "0 0 1"
same "and says so" "$(acts "$last")" "forget what uses 203.0.113.1 | event nobody | wan2 lost its carrier | done, 5 entries"

say r 'UDP6:[2001:db8:2::2]:7000'
used() { [ "$(entries 2001:db8:2::1 ipv6)" = "$1" ]; }
check "IPv6, from the router itself" wait_for 5 used 1
tick 2
ip -n "$TAG-r" link del wan1
check "an interface that is deleted takes its entries along" wait_for 10 used 0
same "and says so" "$(acts "$last" | sed 's/ lost the address / is gone /')" \
	"forget what uses 2001:db8:2::1 | event nobody | wan1 is gone | done, 1 entries"
# one that takes more than its slice is told twice: when it begins, when it is done
same "three acts in all" "$(acts 'map(select(.fields.result != "begun")) | length')" 3
note "$(acts '.[] | "\(.time): \(.fields.target): \(.fields.reason): \(.fields.result)"')"
daemon_stop

daemon_start r lan wan2 -- --max-flows 4096 || finish
ip -n "$TAG-t" link set eth0 up
fill 2>/dev/null
check "without the option" wait_for 5 counts_are "0 4 1"
ip -n "$TAG-r" address del 203.0.113.1/24 dev wan2
tick 5
same "nothing goes" "$(counts)" "0 4 1"
finish
