#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Quality as a router sees it, beside what the sender's own kernel says: client - router - a line that
# delays, loses and turns packets round - server. Segments that were sent again are those of
# TcpRetransSegs, whatever the line does; the delay is that of the sender's ACKs.
. "$(dirname "$0")/lib.sh"
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

line_start() { # DELAY_US LOSE LATE
	[ -z "${line:-}" ] || kill "$line"
	spawn line.log cable "$LAB_BIN/line" near far "$@"
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
	in_ns c iperf3 -J -c 198.51.100.2 -p "$port" -n "$3" >"$WORK/$port.json"
	check "$text: both connections ended" wait_for 20 all_ended "$port"
	again=$(($(sent_again c) - before)) back=$(($(sent_again s) - back))
	same "$text: sent again, as the sender's kernel counts" "$(sum "$port" .retrans.up)" $again
	same "$text: and as the server's does" "$(sum "$port" .retrans.down)" $back
	note "$text: $again sent again of $(sum "$port" .packets.up) packets, $(sum "$port" .bytes.up) bytes"
	same "$text: nothing is told of order that cannot be seen here" "$(sum "$port" .reordered.up)" 0
}

# PORT: the least delay to the server and back, within a twentieth or 0.2 ms of what its ACKs told the
# sender, who is a hop further away.
delay_is_the_senders() {
	local least
	least=$(jq '.end.streams[0].sender.min_rtt / 1000' "$WORK/$1.json")
	check "the delay is the path's: $least ms, here $(sum "$1" .latency.up_ms | head -1)" \
		jq -ne --argjson own "$(flows "dst.port = $1" | jq 'max_by(.bytes.up).latency')" --argjson least "$least" \
		'($own.up_ms + $own.down_ms - $least) | fabs <= ([$least / 20, 0.2] | max)'
}

daemon_start r lan wan || finish
upload "a clean line" 5301 3M 5000 0 0
delay_is_the_senders 5301
check "and no less than the line takes" jq -ne "$(flows 'dst.port = 5301' | jq 'map(.latency.up_ms) | min') >= 10"
upload "one in 50 is lost" 5302 3M 5000 50 0
check "one in 50 is lost: $again were sent again" [ "$again" -gt 10 ]
upload "one in 70 is lost, one in 30 late" 5303 3M 3000 70 30
check "its loss is a share of what was sent" \
	jq -ne "$(flows 'dst.port = 5302' | jq 'max_by(.bytes.up).loss') | . > 0.01 and . < 0.1"
same "a filter finds the lossy ones" "$(flows 'loss > 0.01 and dst.port >= 5301' | jq -c 'map(.id) | sort')" \
	"$(flows 'dst.port >= 5301' | jq -c 'map(select(.loss > 0.01) | .id) | sort')"
same "the command line has them, as CSV" "$("$FLOWBPF" flows --socket "$socket" --csv --all \
	--fields retrans.up --filter 'dst.port = 5302' | tail -n +2 | sort)" \
	"$(flows 'dst.port = 5302' | jq '.[].retrans.up' | sort)"
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
