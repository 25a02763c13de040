# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# For labs about limits: what iperf3 gets, of IP, beside what was asked for: within 5 %, both sides.

need_rates() {
	command -v iperf3 >/dev/null || {
		skip "limit" "iperf3 is not installed"
		finish
	}
	ip link add name "fbt$$" type ifb 2>/dev/null || {
		skip "limit" "this kernel has no ifb"
		finish
	}
	ip link del "fbt$$"
}
rates_server() { # NS PORT
	spawn iperf.log "$1" iperf3 -s -p "$2"
	wait_for 5 listening "$1" "$2"
}
queue() { ip -n "$TAG-${1:-r}" -j link show type ifb | jq -r '.[].ifname'; }
rule_of() { sed 's/^rule [0-9]*$/rule N/'; }

SECS=10
# Mbit/s of IP that came, as "MBIT"; iperf3 tells of payload: 1448 of 1500 bytes, IPv6 1428, UDP 1400.
rate() { # NS ADDR OPTION...
	local name=$1 addr=$2 share=$((1500 * 1000 / 1448))
	shift 2
	case $addr in *:*) share=$((1500 * 1000 / 1428)) ;; esac
	case " $* " in *" -u "*) share=$((1428 * 1000 / 1400)) ;; esac
	in_ns "$name" timeout 60 iperf3 -J -c "$addr" "$@" |
		jq "(.end.sum_received.bits_per_second // 0) * $share / 1000 / 1e6 * 100 | round / 100"
}
judge() { # TEXT ASKED MEASURED: more is never right
	printf '# %-44s %8s %8s  %s\n' "$1" "$2" "$3" "$(jq -n "$3 / $2 * 1000 | round / 10") %"
	[ "$(jq -n "$3 > $2 * 1.05")" = false ] || over="$over $1: $3 of $2;"
	[ "$(jq -n "$3 >= $2 * 0.95")" = true ]
}
# Less may be this machine's, which is busy: then once more, and again.
over=""
held_to() { # ASKED TEXT NS ADDR OPTION...
	local asked=$1 text=$2 try
	shift 2
	for try in 1 2 3; do
		judge "$text" "$asked" "$(rate "$@" -t $SECS)" && break
		[ "$try" -lt 3 ]
	done
	ok_if $? "$text: $asked Mbit/s, and no less"
	same "$text: and no more" "$over" ""
	over=""
}
free_now() { [ "$(jq -n "$(rate "$@" -t 2) > 60")" = true ]; } # far beyond any limit here
