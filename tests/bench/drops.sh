#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Rules beside nftables on one core: ns a packet of its sender and all behind it. First a flood that is dropped by
# one prefix among a million, by nothing, TC, XDP, and nftables at netdev ingress and at prerouting; each drop is
# counted exactly, or the line says so. Then what no rule is about, of one flow and of new flows, with no prefix, one,
# a million. In turn, BENCH_ROUNDS; the least of each, and medians of each round's ratios.
cd "$(dirname "$0")/../.." || exit 2
. tests/lab/lib.sh
need_product
make --no-print-directory -s "${O:-build}/tests/lab/frames" || exit 1
rounds=${BENCH_ROUNDS:-5} packets=${BENCH_PACKETS:-200000} prefixes=${BENCH_PREFIXES:-1000000}
chmod 711 "$WORK"
ns a b
link_pair a eth0 b eth0
ip -n "$TAG-a" address add 198.51.100.2/24 dev eth0
ip -n "$TAG-b" address add 198.51.100.1/24 dev eth0
in_ns b ping -q -c1 198.51.100.2 >/dev/null
mac=$(mac a eth0)
awk -v n="$prefixes" 'BEGIN { for (i = 0; i < n; i++) printf "20.%d.%d.%d\n", i / 65536, i / 256 % 256, i % 256 }' \
	>"$WORK/prefixes"

nft_on() { # netdev|prerouting PREFIXES [PREFIX]
	local table=ip hook="hook prerouting priority raw" elements
	[ "$1" = prerouting ] || { table=netdev hook="hook ingress device eth0 priority 0"; }
	elements=$({ [ $# -lt 3 ] || echo "$3"; head -n "$2" "$WORK/prefixes"; } | paste -sd,)
	printf 'table %s drops {\nset bad { type ipv4_addr; flags interval; %s\n}\nchain in { type filter %s;\n%s\n}\n}\n' \
		"$table" "${elements:+elements = { $elements \}}" "$hook" "ip saddr @bad counter drop" >"$WORK/nft"
	in_ns a nft -f "$WORK/nft" && undo="in_ns a nft delete table $table drops"
}
nft_counted() { in_ns a nft -j list chain "$1" drops in | jq '[.. | .counter? // empty | .packets] | add'; } # FAMILY
say() { "$FLOWBPF" "$1" --socket "$socket" "${@:2}" >/dev/null; }
all_there() { [ "$(api rules | jq '.items[0].prefixes.kernel')" = "$1" ]; } # PREFIXES
daemon_on() { # PREFIXES [PREFIX] [OPTION]
	head -n "$1" "$WORK/prefixes" >"$WORK/list"
	daemon_start a eth0 -- --state none --list "drops=$WORK/list" ${3:+"$3"} || return
	undo=daemon_stop
	[ "$1" = 0 ] || { say block 'list = drops' && wait_for 120 all_there "$1"; } || return
	[ -z "${2:-}" ] || say block "$2"
}
turn_on() { # WAY PREFIXES [PREFIX]
	undo=:
	case $1 in
	nothing) ;;
	TC) daemon_on "$2" "${3:-}" ;;
	XDP) daemon_on "$2" "${3:-}" --xdp ;;
	*) nft_on "$@" ;;
	esac
}
counted_by() { # WAY
	case $1 in
	nothing) echo "$packets" ;;
	TC) tick && cause eth0 rx blocked ;;
	XDP) tick && cause eth0 rx blocked_xdp ;;
	netdev) nft_counted netdev ;;
	prerouting) nft_counted ip ;;
	esac
}
send() { # KIND: ns a packet
	local begin
	begin=$(date +%s%N)
	in_ns b chrt -f 10 "$LAB_BIN/frames" eth0 "$mac" "$1" "$packets" >/dev/null
	echo $((($(date +%s%N) - begin) / packets))
}
drop() { # WAY
	local before after
	turn_on "$1" "$prefixes" 10.128.0.0/14 || { echo "$1 does not begin" >>"$WORK/wrong" && return; }
	before=$(counted_by "$1")
	send udp >>"$WORK/dropped.$1"
	sleep 0.2
	after=$(counted_by "$1")
	[ "$1" = nothing ] || [ $((after - before)) = "$packets" ] || echo "$1: $((after - before)) of $packets counted" >>"$WORK/wrong"
	$undo
}
pass() { # WAY PREFIXES
	turn_on "$1" "$2" || { echo "$1 does not begin" >>"$WORK/wrong" && return; }
	send one >>"$WORK/one.$1.$2"
	send udp >>"$WORK/udp.$1.$2"
	$undo
}
least() { sort -g "$WORK/$1" | head -1; } # FILE
ratio() { # FILE OTHER: median of each round's
	paste "$WORK/$1" "$WORK/$2" | awk '{ print $1 / $2 }' | sort -g |
		awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

printf '\nflood of %s packets dropped by one of %s prefixes: ns a packet, sender included, least of %s rounds; ratio to TC\n' \
	"$packets" $((prefixes + 1)) "$rounds"
for _ in $(seq "$rounds"); do
	for way in nothing TC XDP netdev prerouting; do drop $way; done
done
for way in nothing TC XDP netdev prerouting; do
	printf '%-12s %8s %8s\n' "$way" "$(least dropped.$way)" "$(ratio dropped.$way dropped.TC)"
done

printf '\n%s packets that no rule is about: ns a packet, sender included, least of %s rounds; ratio to none of the same\n' \
	"$packets" "$rounds"
for _ in $(seq "$rounds"); do
	for n in 0 1 "$prefixes"; do
		for way in TC netdev prerouting; do pass $way "$n"; done
	done
done
printf '%-24s %8s %14s %20s\n' "" none "1 prefix" "$prefixes prefixes"
for kind in one:"one flow" udp:"new flows"; do
	for way in TC netdev prerouting; do
		printf '%-24s %8s' "${kind#*:}, $way" "$(least "${kind%%:*}.$way.0")"
		for n in 1 "$prefixes"; do
			printf ' %8s %5s' "$(least "${kind%%:*}.$way.$n")" "$(ratio "${kind%%:*}.$way.$n" "${kind%%:*}.$way.0")"
		done
		echo
	done
done
cat "$WORK/wrong" 2>/dev/null || echo "every drop was counted"
finish
