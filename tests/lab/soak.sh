#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 480
# SOAK_FLOWS (150,000) new flows as fast as it goes, real TLS connections, API requests and a stream
# client: after the warm-up memory and file descriptors stay, no packet is missing. So many, and not so
# long: what a flow leaves behind is measured, on a machine however busy. (S12, M2)
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
for i in "c eth0" "r lan" "r wan" "s eth0"; do
	# shellcheck disable=SC2086
	offloads off $i
done
nginx_start s
in_ns r nft add rule inet lab pre ip saddr 10.128.0.0/9 drop # datagrams end at the router
in_ns r nft 'add chain inet lab raw { type filter hook prerouting priority -300; }'
in_ns r nft add rule inet lab raw ip saddr 10.128.0.0/9 drop
mac=$(mac r lan)
daemon_start r lan -- --state "$WORK/state" --max-flows 32768 --closed-flows 4096 --closed-for 2s || finish
(exec curl -sN --unix-socket "$socket" http://localhost/api/v1/stream >"$WORK/stream" 2>&1) &
pids+=($!)

rss() { awk '/^RssAnon/ { print $2 }' "/proc/$daemon/status"; } # kB; the maps' pages come as rows are first used
fds() { ls "/proc/$daemon/fd" | wc -l; }
sent=0
round() { # NUMBER: 5,000 flows, of the same eight lots again and again, and three connections
	in_ns c "$LAB_BIN/frames" eth0 "$mac" udp 5000 $(($1 % 8 * 5000)) >/dev/null
	sent=$((sent + 5000))
	for name in one two three; do get c "$name.lab.test" 198.51.100.2 1000; done
	for path in flows summary hosts 'flows?group_by=src' log; do api "$path" >/dev/null; done
}
run() { # FLOWS
	local end=$((sent + $1))
	while [ $sent -lt $end ]; do
		round $((rounds++))
		sleep 0.2
	done
}
missed() { # what the interface had that the program has not: the packets before it came
	echo $(($(in_ns r ip -s -j link show lan | jq '.[0].stats64.rx.packets') - $(books lan rx | cut -d' ' -f1)))
}
missed_is() { [ "$(missed)" = "$1" ]; }
tick
missed_before=$(missed)
rounds=0
in_ns c "$LAB_BIN/frames" eth0 "$mac" udp 40000 >/dev/null # the table is full: as much memory as it ever takes
sent=40000
settle() { # until five rounds take no memory any more
	local before=0 i
	for i in {1..20}; do
		[ $(($(rss) - before)) -gt 100 ] || return
		before=$(rss)
		for _ in {1..5}; do round $((rounds++)); done
		tick
	done
}
settle
fds_before=$(fds) grown=()
part=$((${SOAK_FLOWS:-150000} / 3))
for _ in 1 2 3; do # what leaks does so in each part; what an allocator takes once, in one
	before=$(rss)
	run $part
	tick
	grown+=($(($(rss) - before)))
done
note "$rounds rounds, $sent datagrams, RSS $before kB, ${grown[*]} kB more, $(fds) descriptors"
least=$(printf '%s\n' "${grown[@]}" | sort -n | head -1)
# the least that an allocator gives is 32 bytes; what is bounded still fills a little
check "memory stays: it grew by $least kB or more in each $part flows, under 20 bytes each" \
	[ $((least * 1024)) -lt $((part * 20)) ]
check "descriptors stay: $fds_before, then $(fds)" [ "$(fds)" -le $((fds_before + 2)) ]
check "the interface and the program have not drifted apart" wait_for 6 missed_is "$missed_before"
books lan rx >"$WORK/books"
same "nor what it saw and what is in flows and causes" "$(cut -d' ' -f2,4 "$WORK/books")" "$(cut -d' ' -f1,3 "$WORK/books")"
check "the table was turned over: $(counter flows_made) flows" [ "$(counter flows_made)" -gt 32768 ]
check "inside hosts beyond those that windows remember are counted: $(counter window_hosts_missed)" \
	[ "$(counter window_hosts_missed)" -gt 0 ]
gone=$(api 'flows?live=closed&limit=1' | jq -r '.items[0].id')
not_kept() { [ "$(api "flows?live=both&limit=1&filter=id%3D$gone" | jq .page.matched)" = 0 ]; }
ended() { not_kept && [ "$(api "flows/$gone" | jq -r .id)" = "$gone" ]; }
check "a flow that is not kept any more is told by the history" wait_for 30 ended
check "the stream went on" [ "$(grep -c '^event: summary' "$WORK/stream")" -ge 25 ]
daemon_stop
same "SIGTERM: status 0" $? 0
finish
