#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 360
# Bytes and packets of a download through the NAT router, against the senders' own TCP counters,
# offloads on and off; and what the flow says of itself: name, state, inside and outside address.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
check "the lab has a NAT router between client and server" lab_router
# No more in flight than a queue between namespaces takes: what is sent arrives.
in_ns c sysctl -qw net.ipv4.tcp_rmem="4096 131072 262144"
lab_keep_neighbours # nor does anybody look for a neighbour meanwhile
nginx_start s
daemon_start r lan wan -- --max-flows 8192 || finish # few rows: a dump of them is quick

# What a namespace's TCP has sent: wire segments (TcpOutSegs leaves retransmissions out) and IP
# bytes. An skb of n segments counts as one packet and one header in IpExtOutOctets: n - 1 headers
# more were on the wire, IP and TCP with timestamps.
sent() { # NS FAMILY
	in_ns "$1" nstat -asz | awk -v header=$(($2 == 4 ? 52 : 72)) -v six=$(($2 == 6)) '
		$1 == "TcpOutSegs" || $1 == "TcpRetransSegs" { segments += $2 }
		$1 == "IpOutRequests" && !six { packets = $2 }
		$1 == "Ip6OutRequests" && six { packets = $2 }
		$1 == "IpExtOutOctets" && !six { bytes = $2 }
		$1 == "Ip6OutOctets" && six { bytes = $2 }
		END { print segments, packets, bytes, header }'
}

delta() { # BEFORE AFTER: segments and wire bytes in between
	awk -v a="$1" -v b="$2" 'BEGIN {
		split(a, x, " "); split(b, y, " ")
		segments = y[1] - x[1]
		print segments, y[3] - x[3] + (segments - (y[2] - x[2])) * y[4] }'
}

download() { # FAMILY SIZE TEXT
	local host=n$1-$2-$RANDOM.lab.test address c s up down filter
	[ "$1" = 4 ] && address=198.51.100.2 || address='[2001:db8:2::2]'
	ping_once "$1" # neighbours are known: nothing but TCP is sent while we measure
	c=$(sent c "$1") s=$(sent s "$1")
	get c "$host" "$address" "$2" || note "curl failed"
	sleep 0.3
	up=$(delta "$c" "$(sent c "$1")") down=$(delta "$s" "$(sent s "$1")")
	filter="tls.sni=$host"
	wait_for 8 flow_is "$filter" '.closed.reason' fin
	same "$3: packets and IP bytes up and down are the senders' own" \
		"$(flow "$filter" '"\(.packets.up) \(.bytes.up) \(.packets.down) \(.bytes.down)"')" "$up $down"
	same "$3: both interfaces counted the same" \
		"$(flow "$filter" '[.ifaces[] | "\(.packets.up) \(.packets.down) \(.bytes.up) \(.bytes.down)"] | unique | length')" 1
}

ping_once() { in_ns c ping "-$1" -c1 -W2 "$([ "$1" = 4 ] && echo 198.51.100.2 || echo 2001:db8:2::2)" >/dev/null; }

for mode in on off; do
	lab_offloads $mode
	for size in 1 1000000 200000000; do
		download 4 $size "IPv4, $size bytes, offloads $mode"
	done
	download 6 1000000 "IPv6, 1000000 bytes, offloads $mode"
done

# One connection while it lives: a megabyte at 16 kB/s.
spawn drip.log c curl -sS -m 90 --limit-rate 16k -o /dev/null --cacert "$WORK/ca.pem" \
	--resolve live.lab.test:443:198.51.100.2 https://live.lab.test/drip
drip=$spawned
wait_for 10 flow_is tls.sni=live.lab.test .conntrack.state ESTABLISHED
same "the live flow is ESTABLISHED" "$(flow tls.sni=live.lab.test .state)" ESTABLISHED
same "the live flow is tls on https" "$(flow tls.sni=live.lab.test '"\(.proto) \(.l7) \(.service)"')" "tcp tls https"
same "it goes from the inside client to the outside server" \
	"$(flow tls.sni=live.lab.test '"\(.src.ip) \(.dst.ip):\(.dst.port) \(.scope)"')" \
	"10.0.1.2 198.51.100.2:443 internal-external"
same "NAT shows the router's outside address" \
	"$(flow tls.sni=live.lab.test '.nat | "\(.kind) \(.src | split(":")[0])"')" "snat 198.51.100.1"
port=$(flow tls.sni=live.lab.test .src.port)
same "conntrack of the router says the same" \
	"$(in_ns r conntrack -L -p tcp --sport "$port" 2>/dev/null | grep -c 'ESTABLISHED.*dst=198.51.100.1 .*ASSURED')" 1
# Maps of other tests have these names too, and go while they are dumped: the daemon's own.
dumped() { # MAP PATTERN; reads to the end, so that bpftool is not cut off
	local id
	id=$(for id in $(held map_id); do bpftool -j map show id "$id"; done | jq -r "select(.name == \"$1\") | .id")
	[ "$(bpftool map dump id "$id" | tr -d ' \n' | grep -cE "$2")" -gt 0 ]
}
name_bytes=$(printf live.lab.test | od -An -tu1 | xargs | sed 's/ /,/g')
check "bpftool map dump of fb_names shows the name" wait_for 20 dumped fb_names "live\.lab\.test|$name_bytes"
# As one writes them: ports are numbers, IPv4 the last four bytes.
ends() { echo "\"addr\":\[\[${1}10,0,1,2\],\[${1}198,51,100,2\]\],\"port\":\[$port,443\],\"proto\":6,"; }
check "its ends can be read in fb_index4" dumped fb_index4 "$(ends)"
check "and in fb_names" dumped fb_names "$(ends '(0,){10}255,255,')"
check "and in fb_flows" dumped fb_flows "$(ends '(0,){10}255,255,')"
names() { api health | jq .maps.fb_names.used; }
names_are() { [ "$(names)" = "$1" ]; }
check "health tells how many names there are: one a row, $(names)" [ "$(names)" -ge 2 ]
kill "$drip" 2>/dev/null
wait_for 10 flow_is tls.sni=live.lab.test '.closed != null' true
check "the flow is closed after the client went away" flow_is tls.sni=live.lab.test '.closed.reason | test("fin|rst")' true
check "and none when the last row is given back" wait_for 15 names_are 0

daemon_stop
same "SIGTERM ends the daemon with status 0" $? 0
finish
