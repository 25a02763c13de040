#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 360
# A mixed load of more than 100,000 packets: packets of all flows + causes = seen = `ip -s link`
# with offloads off, for each interface and direction; bytes too where frames have no padding.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
lab_offloads off
nginx_start s
iperf_start s
lab_keep_neighbours
link_counts() { # IFACE: rx packets, rx bytes, tx packets, tx bytes
	in_ns r ip -s -j link show "$1" | jq -r '.[0].stats64 | "\(.rx.packets) \(.rx.bytes) \(.tx.packets) \(.tx.bytes)"'
}
minus() { awk -v a="$1" -v b="$2" 'BEGIN { n = split(a, x, " "); split(b, y, " ")
	for (i = 1; i <= n; i++) printf "%s%d", (i > 1 ? " " : ""), x[i] - y[i] }'; }

declare -A before
baseline() { for iface in lan wan; do before[$iface]=$(link_counts $iface); done; }
is_baseline() { [ "$(link_counts lan)" = "${before[lan]}" ] && [ "$(link_counts wan)" = "${before[wan]}" ]; }
silent() { baseline && sleep 2 && is_baseline; }

# New links chatter for seconds. What came while the daemon started is on one side of the books only.
for _ in 1 2 3 4 5; do
	check "the links fall silent" wait_for 30 silent
	daemon_start r lan wan -- --max-flows 65536 || finish
	is_baseline && break
	daemon_stop
done
check "nothing passes while the daemon starts" is_baseline

iperf() { # ...: until the server is free again after the one before; each try counts as traffic
	local i
	for i in {1..5}; do
		in_ns c iperf3 "$@" >/dev/null && return
		sleep 0.5
	done
	return 1
}
load() {
	iperf -c 198.51.100.2 -n 50M -b 200M &&
	iperf -c 198.51.100.2 -t 2 -u -b 60M -l 500 &&
	iperf -6 -c 2001:db8:2::2 -n 50M -R -b 200M &&
	iperf -c 198.51.100.2 -t 1 -u -b 20M -l 4000 && # fragments
	in_ns c ping -q -c 200 -i 0.005 -s 3000 198.51.100.2 >/dev/null &&
	in_ns c ping -6 -q -c 200 -i 0.005 2001:db8:2::2 >/dev/null &&
	get c www.lab.test 198.51.100.2 1000000 &&
	in_ns c "$LAB_BIN/frames" eth0 "$(mac r lan)" udp 20000 >/dev/null
}
check "the ordinary load runs" load

# Two ticks without a packet on either link: now both sides of the comparison are of one moment.
quiet() {
	local a
	a="$(link_counts lan) $(link_counts wan)" && tick && [ "$a" = "$(link_counts lan) $(link_counts wan)" ]
}

judge() { # TEXT
	local iface packets_in bytes_in packets_out bytes_out d wire wire_bytes seen rest seen_bytes rest_bytes
	wait_for 30 quiet
	for iface in lan wan; do
		read -r packets_in bytes_in packets_out bytes_out < <(minus "$(link_counts $iface)" "${before[$iface]}")
		for d in rx tx; do
			read -r seen rest seen_bytes rest_bytes < <(books $iface $d)
			[ $d = rx ] && wire=$packets_in wire_bytes=$bytes_in || wire=$packets_out wire_bytes=$bytes_out
			same "$1, $iface $d: the program saw what the interface counted" "${seen:-none}" "$wire"
			same "$1, $iface $d: flows + causes = seen, packets and bytes" \
				"${rest:-none} ${rest_bytes:-none}" "${seen:-0} ${seen_bytes:-0}"
			[ -n "${2:-}" ] || same "$1, $iface $d: bytes are the interface's without link headers" \
				"${seen_bytes:-none}" $((wire_bytes - 14 * wire))
			total=$((${total:-0} + wire))
		done
	done
}
judge "ordinary load"
check "the load was at least 100,000 packets: $total" [ "$total" -ge 100000 ]

check "odd frames are sent both ways" sh -c "$(declare -f in_ns); TAG=$TAG
	in_ns c $LAB_BIN/frames eth0 $(mac r lan) odd 16000 && in_ns s $LAB_BIN/frames eth0 $(mac r wan) odd 16000"
judge "odd frames" packets-only
check "two CPUs send half a million packets each of one flow" sh -c "$(declare -f in_ns); TAG=$TAG
	in_ns c $LAB_BIN/frames eth0 $(mac r lan) one 500000 & in_ns c $LAB_BIN/frames eth0 $(mac r lan) one 500000 && wait"
judge "one flow on two CPUs" packets-only
same "that flow has every packet and byte" "$(flow 'src.ip=10.255.255.255' \
	'"\(.ifaces[] | select(.name == "lan") | "\(.packets.up) \(.bytes.up)")"')" "1000000 40000000"
for i in non_ip malformed; do
	check "odd frames are counted as $i" [ "$(cause lan rx $i)" -ge 1000 ]
done
check "fragments before their first are counted as such" [ "$(cause lan rx fragment)" -ge 200 ]

check "more flows than rows are sent" sh -c "$(declare -f in_ns); TAG=$TAG
	in_ns c $LAB_BIN/frames eth0 $(mac r lan) syn 100000"
judge "full table" packets-only
check "evicted counts what gave its row up" [ "$(cause lan rx evicted)" -gt 10000 ]
daemon_stop

# On one interface each byte is one flow's, and in one window.
window_bytes() { api windows | jq '[.items[].bytes | .up + .down] | add // 0'; }
row_bytes() { api health | jq '[.interfaces[].row_bytes[]] | add'; }
windows_have_all() { [ "$(window_bytes)" = "$(row_bytes)" ]; }
for _ in 1 2 3; do
	check "the links fall silent once more" wait_for 30 silent
	daemon_start r lan || finish
	tick 3 # from the second on windows count
	[ "$(row_bytes)" = 0 ] && break
	daemon_stop
done
same "nothing passed before the first window" "$(row_bytes)" 0
check "the ordinary load runs again" load
check "windows have every byte that rows counted" wait_for 30 windows_have_all
same "bytes of all windows are those of the interface's rows" "$(window_bytes)" "$(row_bytes)"
check "that is more than 100 MB: $(window_bytes)" [ "$(window_bytes)" -gt 100000000 ]
daemon_stop
finish
