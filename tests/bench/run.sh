#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# make bench: one table. ns a packet by BPF_PROG_TEST_RUN; throughput of a veth pair with flowbpf
# and without, in turn; the same traffic for softflowd, pmacctd and nfpcapd; the daemon at 1k to 1M
# live flows; an idle conntrack table; fifty open dashboards; reading counters; the flow table alone; the judge alone; questions to a million flows. All ratios are of the same
# run. `run.sh PART...` runs some: datapath shapes births rules counters daemon large dashboards table judging history asking pages written exports connections crowded replay flood samples veth rivals. BENCH_ROUNDS,
# BENCH_SECONDS, BENCH_FLOWS, BENCH_HISTORY set the length; BENCH_ORDERED=1: no packet begins before the last one ends.
cd "$(dirname "$0")/../.." || exit 2
set -- "${@:-datapath shapes births rules counters daemon large conntrack dashboards table judging history asking pages written exports connections crowded replay flood samples veth rivals}"
parts="$*"
. tests/lab/lib.sh
. tests/lab/servers.sh
need_product
rounds=${BENCH_ROUNDS:-5} seconds=${BENCH_SECONDS:-3}
make --no-print-directory -s "${O:-build}/tests/lab/frames" || exit 1

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
title() { printf '\n%s\n' "$*"; }
# PID...: seconds used, by the scheduler's nanoseconds (what wakes by the timer hides from samples by
# the timer), threads and ended children included.
cpu_of() {
	local pid
	for pid in "$@"; do
		cat /proc/"$pid"/task/*/schedstat 2>/dev/null
		sed 's/.*) /stat /' "/proc/$pid/stat" 2>/dev/null
	done | awk -v hz="$(getconf CLK_TCK)" '{ t += $1 == "stat" ? ($15 + $16) / hz : $1 / 1e9 } END { printf "%.4f", t }'
}
within() { # VALUE LIMIT: ok, or OVER and remember it
	awk -v v="$1" -v l="$2" 'BEGIN { exit !(v <= l) }' && echo ok && return
	echo OVER
	echo "$1 is over $2" >>"$WORK/over"
}
tree_of() { echo "$1"; for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree_of "$child"; done; } # PID
passed() { in_ns a ip -s -j link show eth0 | jq '.[0].stats64 | .rx.packets + .tx.packets'; }

ns a b
link_pair a eth0 b eth0
ip -n "$TAG-a" address add 198.51.100.2/24 dev eth0
ip -n "$TAG-b" address add 198.51.100.1/24 dev eth0
in_ns b ping -q -c1 198.51.100.2 >/dev/null
mac=$(mac a eth0)

kernel_half() { # PROGRAM TITLE
	title "$2"
	make --no-print-directory -s "${O:-build}/tests/bench/$1" && "${O:-build}/tests/bench/$1" "$rounds" |
		tee "$WORK/$1"
	grep OVER "$WORK/$1" >>"$WORK/over"
}
bench_datapath() {
	kernel_half datapath "ns a packet, BPF_PROG_TEST_RUN, beside an empty program and a bare hash map with counters"
}
bench_shapes() { kernel_half shapes "ns a packet by its shape, beside the plain one"; }
bench_births() { kernel_half births "ns of a new flow's first packet, beside one insert into a bare hash map"; }

bench_rules() { kernel_half rules "ns a packet by rules in force, and beside none; tests/bench/drops.sh: beside nftables"; }

bench_counters() {
	title "reading the counters of N live rows, one in five moved: CPU of one reading, medians in turn"
	make --no-print-directory -s "${O:-build}/tests/bench/counters" && "${O:-build}/tests/bench/counters"
}

bench_table() {
	title "the flow table alone"
	make --no-print-directory -s "${O:-build}/tests/bench/table" &&
		"${O:-build}/tests/bench/table" | tee "$WORK/flows.table"
	grep OVER "$WORK/flows.table" >>"$WORK/over"
}

bench_judging() {
	title "the judge: a window of 10 s in which one in five of N live flows opens, is answered and ends"
	make --no-print-directory -s "${O:-build}/tests/bench/judging" && "${O:-build}/tests/bench/judging"
}

bench_asking() {
	title "questions to history about the last day of a week: what is there in 250 ms, and all of it"
	make --no-print-directory -s "${O:-build}/tests/bench/asking" &&
		"${O:-build}/tests/bench/asking" "${BENCH_STORED:-10000000}" | tee "$WORK/asking.table"
}
bench_history() {
	title "the history's writer: ends of flows of an office, a million of them, then bursts"
	make --no-print-directory -s "${O:-build}/tests/bench/history" &&
		"${O:-build}/tests/bench/history" "${BENCH_HISTORY:-1000000}" | tee "$WORK/history.table"
	grep OVER "$WORK/history.table" >>"$WORK/over"
}

bench_pages() {
	title "questions to a snapshot: CPU ms of the median and of the worst of 15; exports: MB a CPU second"
	make --no-print-directory -s "${O:-build}/tests/bench/pages" &&
		"${O:-build}/tests/bench/pages" | tee "$WORK/pages.table"
	grep OVER "$WORK/pages.table" >>"$WORK/over"
}

# --- a veth pair, attached and not, in turn -------------------------------------------------------
tcp_rate() { in_ns b iperf3 -J -c 198.51.100.2 -t "$seconds" | jq '.end.sum_received.bits_per_second / 1e9'; }
udp_rate() {
	in_ns b iperf3 -J -u -b 0 -l 64 -c 198.51.100.2 -t "$seconds" |
		jq '.end.sum | (.packets - .lost_packets) / .seconds / 1e3'
}
bench_veth() {
	local round kind order off on
	iperf_start a
	for round in $(seq "$rounds"); do
		order="without with"
		[ $((round % 2)) = 1 ] || order="with without"
		for kind in $order; do
			[ "$kind" = without ] || daemon_start a eth0 || return
			tcp_rate >>"$WORK/tcp.$kind"
			udp_rate >>"$WORK/udp.$kind"
			[ "$kind" = without ] || daemon_stop
		done
	done
	title "a veth pair on $(nproc) CPUs, $rounds rounds of $seconds s in turn: medians, ratios of one round each"
	printf '%-36s %12s %12s %8s %8s\n' "" "not attached" attached ratio "at least"
	for kind in "tcp:95:iperf3 TCP, Gbit/s" "udp:90:iperf3 UDP of 64 bytes, kpackets/s"; do
		IFS=: read -r kind order title <<<"$kind"
		off=$(median <"$WORK/$kind.without") on=$(median <"$WORK/$kind.with")
		round=$(paste "$WORK/$kind.with" "$WORK/$kind.without" | awk '{ print 100 * $1 / $2 }' | median)
		printf '%-36s %12.2f %12.2f %7.1f%% %7d%% %s\n' "$title" "$off" "$on" "$round" "$order" \
			"$(within -"$round" -"$order")"
	done
}

# --- the same traffic for others ------------------------------------------------------------------
traffic() { # RATE: datagrams of 200,000 flows, each five times, then TCP for two seconds
	local i
	for i in {1..5}; do
		in_ns b "$LAB_BIN/frames" eth0 "$mac" udp 200000 0 "$1" >/dev/null
	done
	in_ns b iperf3 -c 198.51.100.2 -t 2 -b 1G >/dev/null
}
rival() { # NAME START-FUNCTION COUNT-FUNCTION RATE
	local before sent counted used
	"$2" || { printf '%-12s is not installed\n' "$1" && return; }
	sleep 2
	# shellcheck disable=SC2046
	used=$(cpu_of $(tree_of "$spawned")) before=$(passed)
	traffic "$4"
	sleep 3
	sent=$(($(passed) - before))
	# shellcheck disable=SC2046
	used=$(awk -v a="$used" -v b="$(cpu_of $(tree_of "$spawned"))" 'BEGIN { print b - a }')
	[ "$1" != flowbpf ] || kernel_seconds=$(bpf_seconds)
	counted=$("$3")
	awk -v n="$1" -v s="$sent" -v c="${counted:-0}" -v t="$used" -v k="${kernel_seconds:--}" \
		'BEGIN { printf "%-12s %10d %10d %9.3f%% %10.2f %12s\n", n, s, c, 100 * c / s, t, k }'
	kill "$spawned" 2>/dev/null
	wait "$spawned" 2>/dev/null
	rm -rf "$WORK/nf" "$WORK/pmacct.csv"
}
flowbpf_on() {
	sysctl -qw kernel.bpf_stats_enabled=1
	daemon_start a eth0 && spawned=$daemon && bpf_before=$(bpf_ns)
}
flowbpf_count() { # flows and counted causes of both directions, since the daemon's start
	echo $(($(books eth0 rx | cut -d' ' -f2) + $(books eth0 tx | cut -d' ' -f2)))
}
bpf_ns() { bpftool -j prog list | jq '[.[] | select(.name | startswith("flowbpf_")) | .run_time_ns // 0] | add // 0'; }
bpf_seconds() {
	awk -v a="$bpf_before" -v b="$(bpf_ns)" 'BEGIN { printf "%.2f", (b - a) / 1e9 }'
	sysctl -qw kernel.bpf_stats_enabled=0
}
softflowd_on() {
	command -v softflowd >/dev/null || return 1
	spawn softflowd.log a softflowd -d -i eth0 -n 127.0.0.1:9995 -m 300000 -c "$WORK/softflowd.ctl" -p "$WORK/softflowd.pid"
}
softflowd_count() { softflowctl -c "$WORK/softflowd.ctl" statistics | sed -n 's/^Packets processed: \([0-9]*\).*/\1/p'; }
pmacctd_on() {
	command -v pmacctd >/dev/null || return 1
	printf '%s\n' "plugins: print" "aggregate: src_host, dst_host, src_port, dst_port, proto" \
		"print_output: csv" "print_output_file: $WORK/pmacct.csv" "print_output_file_append: true" \
		"print_refresh_time: 2" "print_cache_entries: 300007" "plugin_pipe_size: 67108864" \
		"plugin_buffer_size: 65536" "pcap_interface: eth0" >"$WORK/pmacctd.conf"
	spawn pmacctd.log a pmacctd -f "$WORK/pmacctd.conf"
	sleep 1
}
pmacctd_count() {
	kill -INT "$spawned" && sleep 3
	awk -F, '{ for (i = 1; i <= NF; i++) if ($i == "PACKETS") column = i } $column ~ /^[0-9]+$/ { n += $column } END { print n }' "$WORK/pmacct.csv"
}
nfpcapd_on() {
	command -v nfpcapd >/dev/null || return 1
	mkdir -p "$WORK/nf"
	spawn nfpcapd.log a nfpcapd -i eth0 -w "$WORK/nf" -t 3600
}
nfpcapd_count() {
	kill -TERM "$spawned" && wait_for 20 ended "$spawned"
	nfdump -R "$WORK/nf" -I 2>/dev/null | sed -n 's/^Packets: *//p'
}
argus_on() {
	command -v argus >/dev/null || return 1
	spawn argus.log a argus -F /dev/null -i eth0 -w "$WORK/argus.out"
	sleep 1
}
argus_count() {
	kill -INT "$spawned" && wait_for 20 ended "$spawned"
	racount -r "$WORK/argus.out" | awk '$1 == "sum" { print $3 }'
	rm -f "$WORK/argus.out"
}
conntrack_on() { # its events; counts are the table's, for those of events come with the end only
	command -v conntrack >/dev/null || return 1
	in_ns a sysctl -qw net.netfilter.nf_conntrack_acct=1
	in_ns a nft 'table inet rival { chain in { type filter hook input priority filter; ct state new accept; }; }'
	spawn conntrack.log a conntrack -E -b 67108864
	sleep 1
}
conntrack_count() {
	in_ns a conntrack -L 2>/dev/null | grep -o 'packets=[0-9]*' | awk -F= '{ n += $2 } END { print n + 0 }'
	in_ns a nft delete table inet rival
	in_ns a conntrack -F 2>/dev/null
}
bench_rivals() {
	iperf_start a
	offloads off a eth0
	offloads off b eth0
	local rate name
	for rate in 200000 0; do
		title "the same traffic for others, $([ $rate = 0 ] && echo "as fast as it goes" || echo "$rate packets a second"):" \
			"packets of the interface, both ways, and counted"
		printf '%-12s %10s %10s %10s %10s %12s\n' "" passed counted share "CPU s" "in kernel s"
		kernel_seconds=-
		for name in softflowd pmacctd nfpcapd argus conntrack flowbpf; do rival $name ${name}_on ${name}_count $rate; done
	done
	offloads on a eth0
	offloads on b eth0
}

# --- the daemon at N live flows -------------------------------------------------------------------
memory() { awk -v f="$1" '$1 == f":" { print $2 / 1024 }' "/proc/$daemon/status"; }
pages() { # 240 pages of 100 rows, every sort with every filter, the first page and one in the middle: ms
	local i sorts=(-rate_bps -bytes src.ip "dst.port,-bytes" -last_seen duration_ms)
	local filters=("" "proto=udp" "src.ip=10.128.0.0/16" "dst.port=9999 and bytes>10") places=(0 $(($1 / 2)))
	for i in $(seq 0 239); do
		curl -sS -o /dev/null -w '%{time_total}\n' -G --unix-socket "$socket" http://localhost/api/v1/flows \
			-d "limit=100&sort=${sorts[i % 6]}&offset=${places[i / 24 % 2]}" \
			--data-urlencode "filter=${filters[i / 6 % 4]}"
	done | awk '{ print $1 * 1000 }' | sort -g >"$WORK/pages"
	awk '{ v[NR] = $1 } END { printf "%.1f %.1f", v[int(NR / 2)], v[int(NR * 0.99)] }' "$WORK/pages"
}
bench_daemon() {
	local flows rows before used rss p50 p99 tick limits verdict
	title "the daemon at N live flows, each with a packet every 5 s; pages of 100 rows by 6 sorts and 4 filters"
	printf '%10s %8s %10s %12s %10s %10s %9s %9s\n' flows "CPU %" "RSS MB" "kernel MB" "tick ms" "tick p99" "page p50" "page p99"
	for flows in ${BENCH_FLOWS:-1000 10000 100000 1000000}; do
		limits="4 120 50" # CPU %, RSS MB, page p99
		[ "$flows" -le 100000 ] || limits="25 700 150"
		rows=$((flows * 5 / 4 + 1024))
		daemon_start a eth0 -- --max-flows $rows || return
		spawn frames.log b sh -c "while :; do $LAB_BIN/frames eth0 $mac udp $flows 0 $((flows / 5)) >/dev/null; done"
		sleep 12
		before=$(cpu_of "$daemon")
		sleep 10
		used=$(awk -v a="$before" -v b="$(cpu_of "$daemon")" 'BEGIN { printf "%.2f", (b - a) * 10 }')
		tick=$(api health | jq -r '.tick | "\(.p50_us / 1000) \(.p99_us / 1000)"')
		read -r p50 p99 < <(pages "$flows"; echo)
		rss=$(memory VmRSS)
		# shellcheck disable=SC2086
		set -- $limits
		verdict="$(within "$used" "$1") $(within "$rss" "$2") $(within "$p99" "$3")"
		[ "$verdict" = "ok ok ok" ] && verdict=ok || verdict="OVER ($1 %, $2 MB, $3 ms)"
		# shellcheck disable=SC2086
		printf '%10d %8s %10.0f %12.0f %10.1f %10.1f %9s %9s %s\n' "$(api 'flows?limit=1' | jq .page.total)" \
			"$used" "$rss" "$(kernel_memory)" $tick "$p50" "$p99" "$verdict"
		kill "$spawned"
		daemon_stop
	done
}
kernel_memory() { # MB of the maps that the daemon holds
	local id
	for id in $(grep -h '^map_id' /proc/"$daemon"/fdinfo/* | awk '{ print $2 }' | sort -u); do
		bpftool -j map show id "$id" | jq '.bytes_memlock'
	done | awk '{ n += $1 } END { print n / 1048576 }'
}

# --- as many as a large router has -------------------------------------------------------------------
field() { awk -v f="$1" '$1 == f":" { printf "%.0f", $2 * 1024 }' "$2"; } # NAME FILE: of kB, bytes
bench_large() { # ten million rows, and a flow in nine of ten
	local rows=${BENCH_LARGE:-10000000} flows begin start rss kernel sides tick
	flows=$((rows / 10 * 9))
	title "the daemon with --max-flows $rows: seconds of its start, bytes a flow, and ticks in which 300,000 come"
	[ "$(field MemAvailable /proc/meminfo)" -gt $((rows * 1200)) ] || { echo "not enough memory here" && return; }
	begin=$(date +%s%N)
	daemon_start a eth0 -- --max-flows "$rows" || return
	start=$(awk -v a="$begin" -v b="$(date +%s%N)" 'BEGIN { printf "%.1f", (b - a) / 1e9 }')
	rss=$(field RssAnon /proc/"$daemon"/status)
	in_ns b timeout 300 "$LAB_BIN/frames" eth0 "$mac" udp "$flows" 0 300000 >/dev/null
	tick 2
	rss=$((($(field RssAnon /proc/"$daemon"/status) - rss) / flows))
	sides=$(map_bytes 'fb_(sides|owners)') kernel=$(($(map_bytes .) - sides))
	tick=$(api health | jq -r '"\(.tick.p50_us / 1000 | floor) \(.tick.p99_us / 1000 | floor)"')
	printf '%10s %8s %8s %8s %14s %10s %10s\n' flows "start s" daemon kernel "beside a row" "tick p50" "tick p99"
	# shellcheck disable=SC2086
	printf '%10d %8s %8d %8d %14d %10d %10d %s\n' "$(api 'flows?limit=1' | jq .page.total)" "$start" "$rss" \
		$((kernel / rows)) $((sides / rows)) $tick "$(within "$rss" 466) $(within $((kernel / rows)) 380)"
	daemon_stop
}
map_bytes() { # NAME, a regular expression: of the maps that the daemon holds
	local id
	for id in $(grep -h '^map_id' /proc/"$daemon"/fdinfo/* | awk '{ print $2 }' | sort -u); do
		bpftool -j map show id "$id" | jq --arg n "$1" 'select(.name | test($n)).bytes_memlock'
	done | awk '{ n += $1 } END { printf "%.0f", n }'
}

# --- what others are told ---------------------------------------------------------------------------
bench_written() {
	title "a flow written down: CPU"
	make --no-print-directory -s "${O:-build}/tests/bench/format" && "${O:-build}/tests/bench/format"
}

bench_exports() { # until all is told: the idle timeout of what no FIN ends is the kernel half's
	local name before used dropped rate=5000 length=${BENCH_CONNECTION_SECONDS:-10}
	title "exporters, $rate TLS connections a second for $length s: CPU of the daemon a connection until all were told"
	printf '%14s %14s %12s %12s\n' "" "us each" records dropped
	spawn sink.log a socat -u UDP-RECV:9995,bind=127.0.0.1 OPEN:/dev/null
	for name in none eve ipfix; do
		case $name in
		none) daemon_start a eth0 || return ;;
		eve) daemon_start a eth0 -- --eve "$WORK/bench.json" || return ;;
		ipfix) daemon_start a eth0 -- --ipfix 127.0.0.1:9995 || return ;;
		esac
		tick
		before=$(cpu_of "$daemon")
		in_ns b "$LAB_BIN/frames" eth0 "$mac" tls $((rate * length * 8)) 0 $((rate * 8)) >/dev/null
		sleep 20
		used=$(awk -v a="$before" -v b="$(cpu_of "$daemon")" -v n=$((rate * length)) 'BEGIN { printf "%.1f", (b - a) / n * 1e6 }')
		dropped=$(counter exported_dropped)
		printf '%14s %14s %12d %12d %s\n' "$name" "$used" "$(counter exported_records)" "$dropped" "$(within "$dropped" 0)"
		daemon_stop
	done
}

# --- short TLS connections --------------------------------------------------------------------------
bench_connections() {
	local rate before used lost skipped p99 length=${BENCH_CONNECTION_SECONDS:-10}
	title "TLS connections of 8 packets, each with a hello and its answer, for $length s: CPU of the daemon until their rows are free"
	printf '%14s %14s %10s %12s %10s %10s\n' "a second" "us each" named "samples lost" "not read" "tick p99"
	for rate in 5000 20000 40000; do
		daemon_start a eth0 || return
		tick
		before=$(cpu_of "$daemon")
		in_ns b "$LAB_BIN/frames" eth0 "$mac" tls $((rate * length * 8)) 0 $((rate * 8)) >/dev/null
		sleep 6
		used=$(awk -v a="$before" -v b="$(cpu_of "$daemon")" -v n=$((rate * length)) 'BEGIN { printf "%.1f", (b - a) / n * 1e6 }')
		lost=$(counter ring_full) skipped=$(counter inspect_skipped)
		p99=$(api health | jq '.tick.p99_us / 1000 | floor')
		printf '%14d %14s %10d %12d %10d %10d %s\n' "$rate" "$used" "$(counter hellos_tls)" "$lost" "$skipped" "$p99" \
			"$(within "$used" 15) $(within "$lost" 0) $(within "$skipped" 0) $(within "$p99" 100)"
		daemon_stop
	done
}

bench_crowded() { # twenty busy loops of the same priority, and two CPUs or so
	local rate=5000 length=${BENCH_CONNECTION_SECONDS:-10} loops=() i lost skipped
	title "TLS connections, $rate a second for $length s, the daemon at nice 0 beside 20 busy loops"
	daemon_start a eth0 || return
	for i in {1..20}; do
		spawn busy.log b timeout $((length * 6 + 60)) sh -c 'while :; do :; done'
		loops+=("$spawned")
	done
	sleep 5
	in_ns b nice -n -15 "$LAB_BIN/frames" eth0 "$mac" tls $((rate * length * 8)) 0 $((rate * 8)) >/dev/null
	wait_for 60 all_read
	kill "${loops[@]}"
	lost=$(counter ring_full) skipped=$(counter inspect_skipped)
	printf '%10s %12s %10s\n' named "samples lost" "not read"
	printf '%10d %12d %10d %s\n' "$(counter hellos_tls)" "$lost" "$skipped" "$(within "$lost" 0) $(within "$skipped" 0)"
	daemon_stop
}
all_read() { [ "$(counter samples)" -ge "$(counter sampled)" ] && [ "$(counter sampled)" -gt 0 ]; }

# --- a capture ------------------------------------------------------------------------------------
replayed() { # NAME COMMAND...: CPU a packet; nothing where it is not installed
	local seconds TIMEFORMAT="%U %S"
	command -v "$2" >/dev/null || return 0
	seconds=$({ time "${@:2}" >"$WORK/replay.out" 2>&1; } 2>&1)
	awk -v n="$1" -v t="$seconds" -v p="$packets" 'BEGIN { split(t, s, " "); printf "%-36s %12.2f %12.2f\n", n, (s[1] + s[2]) / p * 1e6, s[2] / p * 1e6 }'
}
bench_replay() {
	local packets=400000
	spawn tcpdump.log a tcpdump -i eth0 -w "$WORK/tls.pcap" -B 65536 "tcp port 443"
	local dump=$spawned
	wait_for 10 grep -q listening "$WORK/tcpdump.log"
	in_ns b "$LAB_BIN/frames" eth0 "$mac" tls $packets 0 40000 >/dev/null
	sleep 2
	kill "$dump"
	wait_for 10 ended "$dump"
	packets=$(sed -n 's/^\([0-9]*\) packets captured/\1/p' "$WORK/tcpdump.log")
	title "a capture of $packets packets, 8 a TLS connection: CPU a packet, of that in the kernel, us"
	mkdir -p "$WORK/nf"
	replayed "flowbpf replay --json" "$FLOWBPF" replay "$WORK/tls.pcap" --json
	replayed "nfpcapd -r" nfpcapd -r "$WORK/tls.pcap" -w "$WORK/nf"
	rm -rf "$WORK/nf" "$WORK/tls.pcap"
}

# --- a flood of one-packet flows -------------------------------------------------------------------
named() { api "flows?limit=1&live=both&filter=dst.host~%22$1%22" | jq .page.matched; } # PART
flood() { # TITLE KIND MAX-FLOWS RATE SECONDS [BEFORE]: map_full, named and tick p99 of old
	local before after used sent visits full tick each
	daemon_start a eth0 -- --max-flows "$3" || return
	: >"$WORK/keep.log"
	: >"$WORK/visit.log"
	spawn serve.log a node tests/bench/honest.mjs serve 8000
	local server=$spawned
	wait_for 10 listening a 8000
	spawn keep.log b node tests/bench/honest.mjs keep 198.51.100.2 8000 100
	local keeper=$spawned
	wait_for 10 grep -q open "$WORK/keep.log"
	tick 3
	before=$(cpu_of "$daemon")
	spawn visit.log b node tests/bench/honest.mjs visit 198.51.100.2 8000 10 "$5"
	visits=$spawned
	sent=$(in_ns b "$LAB_BIN/frames" eth0 "$mac" "$2" $(($4 * $5)) 0 "$4" | cut -d' ' -f1)
	wait "$visits" 2>/dev/null
	tick
	after=$(cpu_of "$daemon")
	used=$(awk -v a="$before" -v b="$after" -v s="$5" 'BEGIN { printf "%.0f", (b - a) / s * 100 }')
	each=$(awk -v a="$before" -v b="$after" -v n="$sent" 'BEGIN { printf "%.1f", (b - a) / n * 1e6 }')
	tick=$(api health | jq '.tick.p99_us / 1000 | floor')
	full=$(counter map_full)
	printf '%-34s %9d %9d %8s/100 %7s/%-4s %8s %6s %8s %8.0f  %-20s %s\n' "$1" "$sent" "$full" \
		"$(api 'flows?limit=1&filter=dst.host~%22keep-%22' | jq .page.matched)" \
		"$(named visit-)" "$(tail -1 "$WORK/visit.log")" "$tick" "$used" "$each" "$(memory VmRSS)" \
		"${6:-}" "$(within "$full" 0)"
	kill "$server" "$keeper"
	daemon_stop
}
flood_columns() {
	printf '%-34s %9s %9s %12s %12s %8s %6s %8s %8s\n' "" packets map_full "silent kept" "new, named" "tick p99" "CPU %" "us each" "RSS MB"
}
# Before: the same figures of 60 s on the same machine, when rows were freed by ticks alone.
bench_flood() {
	local length=${BENCH_FLOOD_SECONDS:-60}
	title "a flood of one-packet flows for $length s, beside 100 silent connections and 10 new ones a second;" \
		"last: map_full, named and tick p99 before"
	flood_columns
	flood "UDP, 50,000/s, default table" udp 262144 50000 "$length" "2167290 32/600 1635"
	flood "SYN, 50,000/s, default table" syn 262144 50000 "$length" "2060634 0/600 1915"
	flood "UDP, 20,000/s, 8,192 rows" udp 8192 20000 $((length / 4)) "289214 10/150 49"
	flood "SYN, 20,000/s, 8,192 rows" syn 8192 20000 $((length / 4)) "289294 2/150 47"
	flood "UDP, 8,000/s, 1,024 rows" udp 1024 8000 $((length / 4)) "119837 23/150 10"
}
bench_samples() {
	title "a flood of what is inspected, by one source for 20 s, beside the same; before a byte was read once, segments of a byte took 254 us each and a tick 21 s"
	flood_columns
	flood "segments of a byte, 20,000/s" small 262144 20000 20
	flood "fake QUIC Initials, 20,000/s" initials 262144 20000 20
}

# --- conntrack while nothing changes ---------------------------------------------------------------
silent() { # nothing passes any more: what the part before had on its way makes entries, too
	local before
	before=$(passed)
	sleep 1
	[ "$(passed)" = "$before" ]
}
bench_conntrack() {
	local when entries before used
	wait_for 30 silent
	title "200,000 idle conntrack entries, no flows: CPU of the daemon in % of a core"
	printf '%-32s %10s %10s\n' "" entries "CPU %"
	in_ns a sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_syn_sent=3600 \
		net.netfilter.nf_conntrack_checksum=0 net.ipv4.conf.all.rp_filter=0
	ip -n "$TAG-a" route add 10.128.0.0/9 via 198.51.100.1
	in_ns a nft -f - <<-NFT
		table inet bench {
			chain in { type filter hook input priority filter; ct state new accept; }
			chain out { type filter hook output priority raw; tcp flags rst drop; }
		}
	NFT
	for when in "none" "made while the daemon watched"; do
		in_ns a conntrack -F 2>/dev/null
		daemon_start a lo || return
		[ "$when" = none ] || in_ns b "$LAB_BIN/frames" eth0 "$mac" syn 200000 50000 >/dev/null
		sleep 5
		before=$(cpu_of "$daemon")
		sleep 30
		used=$(awk -v a="$before" -v b="$(cpu_of "$daemon")" 'BEGIN { printf "%.2f", (b - a) / 30 * 100 }')
		entries=$(in_ns a conntrack -C)
		printf '%-32s %10d %10s\n' "$when" "$entries" "$used"
		daemon_stop
	done
	in_ns a nft delete table inet bench
	ip -n "$TAG-a" route del 10.128.0.0/9
	in_ns a conntrack -F 2>/dev/null
}

# --- open dashboards --------------------------------------------------------------------------------
threads_ms() { # PID: CPU time of its threads, in ms
	cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns / 1e6 }'
}
share_of_core() { # for the length of a round, in %
	local before
	before=$(threads_ms "$daemon")
	sleep "$seconds"
	awk -v a="$before" -v b="$(threads_ms "$daemon")" -v s="$seconds" 'BEGIN { print (b - a) / s / 10 }'
}
bench_dashboards() {
	local flows round pages without with
	title "50 open dashboards, nine different views: CPU of the daemon in % of a core, medians of $rounds rounds in turn"
	printf '%10s %12s %12s %12s %10s\n' flows "none open" "50 open" difference kB/s
	for flows in ${BENCH_FLOWS:-10000 100000}; do
		daemon_start a eth0 -- --max-flows $((flows * 5 / 4 + 1024)) || return
		spawn frames.log b sh -c "while :; do $LAB_BIN/frames eth0 $mac office $flows 0 $((flows / 5)) >/dev/null; done"
		local traffic=$spawned
		sleep 12
		rm -f "$WORK/share".*
		for round in $(seq "$rounds"); do
			share_of_core >>"$WORK/share.without"
			: >"$WORK/pages.log"
			spawn pages.log a node tests/bench/dashboards.mjs http://127.0.0.1:8080 50 $((seconds + 1))
			pages=$spawned
			wait_for 20 grep -q open "$WORK/pages.log"
			share_of_core >>"$WORK/share.with"
			wait "$pages"
		done
		without=$(median <"$WORK/share.without") with=$(median <"$WORK/share.with")
		awk -v f="$flows" -v a="$without" -v b="$with" -v k="$(tail -1 "$WORK/pages.log" | jq .kB_per_s)" \
			'BEGIN { printf "%10d %12.2f %12.2f %12.2f %10d\n", f, a, b, b - a, k }'
		kill "$traffic"
		daemon_stop
	done
}

printf 'flowbpf bench, kernel %s, %s CPUs, %s\n' "$(uname -r | cut -d- -f1)" "$(nproc)" "$(date -u +%F)"
# shellcheck disable=SC2086
for part in $parts; do "bench_$part"; done
if [ -s "$WORK/over" ]; then
	title "over what was promised, in $SECONDS s:"
	cat "$WORK/over"
else
	title "all within what was promised, in $SECONDS s"
fi
finish
