#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Quality as a router sees it, beside what the sender's own kernel says: client - router - a line that
# delays, loses and turns packets round - server. Segments that were sent again are those of
# TcpRetransSegs, whatever the line does; the delay is that of the sender's ACKs and of ping, from 1 to
# 100 ms. TLS and DNS are answered no sooner than the path takes.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
command -v iperf3 >/dev/null || {
	skip "quality against the sender's counters" "iperf3 is not installed"
	finish
}
make --no-print-directory -s "${O:-build}/tests/lab/line" || exit 1

ns c r s cable
link_pair c eth0 r lan
link_pair r wan cable near
link_pair cable far s eth0
in_ns r sysctl -qw net.ipv4.ip_forward=1
ip -n "$TAG-c" address add 10.0.1.2/24 dev eth0
ip -n "$TAG-r" address add 10.0.1.1/24 dev lan
ip -n "$TAG-r" address add 198.51.100.1/24 dev wan
ip -n "$TAG-s" address add 198.51.100.2/24 dev eth0
ip -n "$TAG-c" route add default via 10.0.1.1
ip -n "$TAG-s" route add default via 198.51.100.1
# the line carries frames, so that what crosses it is whole; the client's side keeps its super-packets
offloads off r wan
offloads off s eth0

# On one processor, as the client: from two its own packets would overtake each other.
line_start() { # DELAY_US LOSE LATE
	[ -z "${line:-}" ] || kill "$line"
	spawn line.log cable taskset -c 0 "$LAB_BIN/line" near far "$@"
	line=$spawned
	wait_for 5 in_ns c ping -q -c1 -W2 198.51.100.2
}
sent_again() { in_ns "$1" awk '/^Tcp:/ && !/Rto/ { print $13 }' /proc/net/snmp; }
all_ended() { flows "dst.port = $1" | jq -e 'length == 2 and all(.[]; .closed)' >/dev/null; } # PORT
sum() { flows "dst.port = $1" | jq "[.[] | $2] | add"; }                                     # PORT EXPRESSION

# TEXT PORT BYTES DELAY_US LOSE LATE: one upload, counted by both.
upload() {
	local text=$1 port=$2 before back
	line_start "$4" "$5" "$6"
	spawn server.log s iperf3 -s -1 -p "$port"
	wait_for 10 listening s "$port"
	before=$(sent_again c) back=$(sent_again s)
	in_ns c taskset -c 0 iperf3 -c 198.51.100.2 -p "$port" -n "$3" >/dev/null
	check "$text: both connections ended" wait_for 20 all_ended "$port"
	again=$(($(sent_again c) - before)) back=$(($(sent_again s) - back))
	same "$text: sent again, as the sender's kernel counts" "$(sum "$port" .retrans.up)" $again
	same "$text: and as the server's does" "$(sum "$port" .retrans.down)" $back
	note "$text: $again sent again of $(sum "$port" .packets.up) packets, $(sum "$port" .bytes.up) bytes"
	same "$text: nothing is told of order that cannot be seen here" "$(sum "$port" .reordered.up)" 0
}

# PORT MS: the half path to the server beside what is set and what ping takes from where we are; the whole of
# it beside the least that the sender's kernel had of any ACK. Within a twentieth or 0.2 ms.
delay_is_the_paths() {
	local taken acked least client
	line_start $(($2 * 500)) 0 0
	taken=$(in_ns r ping -q -c 100 -i 0.01 -W 2 198.51.100.2 | sed -n 's|^rtt [^=]*= \([0-9.]*\)/.*|\1|p')
	spawn server.log s iperf3 -s -1 -p "$1"
	wait_for 10 listening s "$1"
	in_ns c iperf3 -c 198.51.100.2 -p "$1" -b 4M -l 1000 -t 2 >/dev/null &
	client=$!
	while kill -0 $client 2>/dev/null; do
		least=$(in_ns c ss -Htin "dport = :$1" | grep -o 'minrtt:[0-9.]*' | cut -d: -f2 | sort -n | head -1)
		acked=${least:-${acked:-}}
	done
	wait_for 20 all_ended "$1"
	flows "dst.port = $1" | jq 'max_by(.bytes.up).latency' >"$WORK/$1.json"
	near() { jq -e --argjson truth "${2:-0}" "$3 | (. - \$truth | fabs) <= ([\$truth / 20, 0.2] | max)" "$WORK/$1.json" >/dev/null; }
	check "a path of $2 ms: told $(jq .up_ms "$WORK/$1.json"), ping takes $taken" near "$1" "$taken" .up_ms
	check "and no less" jq -e ".up_ms >= $2" "$WORK/$1.json"
	check "the sender's ACKs took $acked ms, here $(jq '.up_ms + .down_ms' "$WORK/$1.json")" \
		near "$1" "$acked" '(.up_ms + .down_ms)'
}

# TLS and DNS by the same line: what the path takes is in it, and no more than the client waited.
answers_take_their_time() {
	local waited told
	line_start 10000 0 0
	s_server_start s 4433
	dnsmasq_start s slow.lab.test 198.51.100.9
	waited=$(date +%s%N)
	s_client c 198.51.100.2:4433 slow.lab.test >/dev/null 2>&1
	waited=$((($(date +%s%N) - waited) / 1000000))
	hello_told() { flow_is 'tls.sni = slow.lab.test and tls.hello_ms >= 20' .tls.answered true; }
	check "the time to the ServerHello has the path in it" wait_for 8 hello_told
	told=$(flow 'tls.sni = slow.lab.test' .tls.hello_ms)
	check "the ServerHello took $told ms, all that the client did $waited" jq -ne "$told < $waited"
	waited=$(date +%s%N) # dig's own clock begins once it is on the CPU again
	in_ns c dig +tries=1 @198.51.100.2 slow.lab.test A >/dev/null
	waited=$((($(date +%s%N) - waited) / 1000000))
	dns_told() { flow_is 'dst.port = 53 and dns.answers > 0' .dns.answers 1; }
	check "a question is answered once" wait_for 8 dns_told
	told=$(flow 'dst.port = 53' .dns.answer_ms)
	check "the answer took $told ms, all that dig did $waited" jq -ne "$told >= 20 and $told < $waited"
	same "it is the slowest of the flow's" "$(flow 'dst.port = 53' .dns.slowest_ms)" "$told"
	same "the command line has both, as CSV" "$("$FLOWBPF" flows --socket "$socket" --csv --all \
		--fields dns.answer_ms,tls.hello_ms --filter 'dst.port = 53' | tail -n +2)" "$told,"
}

daemon_start r lan wan || finish
delay_is_the_paths 5311 1
delay_is_the_paths 5312 5
delay_is_the_paths 5313 10
delay_is_the_paths 5314 100
answers_take_their_time
upload "a clean line" 5301 3M 5000 0 0
upload "one in 50 is lost" 5302 3M 5000 50 0
check "one in 50 is lost: $again were sent again" [ "$again" -gt 10 ]
upload "one in 70 is lost, one in 30 late" 5303 3M 3000 70 30
check "its loss is a share of what was sent" \
	jq -ne "$(flows 'dst.port = 5302' | jq 'max_by(.bytes.up).loss') | . > 0.01 and . < 0.1"
same "a filter finds the lossy ones" "$(flows 'loss > 1% and dst.port >= 5301' | jq -c 'map(.id) | sort')" \
	"$(flows 'dst.port >= 5301' | jq -c 'map(select(.loss > 0.01) | .id) | sort')"
same "the command line has them, as CSV" "$("$FLOWBPF" flows --socket "$socket" --csv --all \
	--fields retrans.up --filter 'dst.port = 5302' | tail -n +2 | sort)" \
	"$(flows 'dst.port = 5302' | jq '.[].retrans.up' | sort)"
same "and in per cent, to be read" "$("$FLOWBPF" flows --socket "$socket" --all --fields loss \
	--filter 'dst.port = 5302 and loss > 1 %' | grep -c '[0-9]\.[0-9][0-9]%')" \
	"$(flows 'dst.port = 5302' | jq 'map(select(.loss > 0.01)) | length')"
daemon_stop
daemon_start r lan -- --quality off || finish
upload_off() {
	line_start 100 0 0
	spawn server.log s iperf3 -s -1 -p 5304
	wait_for 10 listening s 5304
	in_ns c iperf3 -J -c 198.51.100.2 -p 5304 -n 10K >/dev/null
	wait_for 20 all_ended 5304
}
check "--quality off: connections are counted" upload_off
same "and what is not measured is unknown" \
	"$(flows 'dst.port = 5304' | jq -c 'map([.latency.up_ms, .jitter_ms, .retrans.up, .loss]) | add | unique')" "[null]"
daemon_stop
finish
