#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 150
# Clocks: the wall clock is set back an hour, forward ten years; CLOCK_BOOTTIME is far from
# CLOCK_MONOTONIC, as after a suspend, and from the kernel's own, as in a container with a time
# namespace. Times that were shown stay, durations and rates are never negative or absurd. (K10)
. "$(dirname "$0")/lib.sh"
need_product
preload=
if ! ldd "$FLOWBPF" | grep -q 'lib[aut]san'; then
	gcc -shared -fPIC -O1 -o "$WORK/clock.so" tests/lab/preload/clock.c || ok_if 1 "the preload is built"
	chmod 755 "$WORK/clock.so"
	preload=$WORK/clock.so
fi
ns a b
link_pair a eth0 b eth0
ip -n "$TAG-a" address add 10.9.0.1/24 dev eth0
ip -n "$TAG-b" address add 10.9.0.2/24 dev eth0
in_ns a nft 'table inet t { chain c { type filter hook input priority 0; ct state established accept; }; }'
head -c 4096 /dev/zero >"$WORK/offset" && chmod 644 "$WORK/offset"
set_clock() { # SECONDS off the true time
	local i n=$1 bytes=
	for i in {1..8}; do
		bytes+=$(printf '\\x%02x' $((n & 255)))
		n=$((n >> 8))
	done
	printf '%b' "$bytes" | dd of="$WORK/offset" conv=notrunc 2>/dev/null
}
start() { # COMMAND-PREFIX...
	socket=$WORK/socket
	spawn daemon.log a "$@" "$FLOWBPF" attach eth0 --listen none --socket "$socket" --max-flows 4096
	daemon=$spawned
	wait_for 15 api health
}
pings() { in_ns b ping -q -c "$1" -i 0.1 -W1 10.9.0.1 >/dev/null; }
stay() { spawn ping.log b ping -q -i 0.2 10.9.0.1; }
as_of() { api 'flows?limit=1' | jq -r '.as_of' | cut -c1-13; } # to the hour
is_sane() { # every flow: no negative time, no rate above what a ping makes
	flows 'proto=icmp' | jq -e 'length > 0 and all(.[]; .duration_ms >= 0 and .duration_ms < 120000 and .idle_ms >= 0 and
		.idle_ms < 120000 and .rate_bps.up >= 0 and .rate_bps.up < 20000 and .pps.up < 100)'
}
rule() { "$FLOWBPF" block --socket "$socket" --confirm=0 "$@"; } # WHAT [OPTION...]
is_left() { # LEAST MOST: seconds of the first rule, by the clock that the daemon has
	api rules | jq -e --argjson now "$(api 'flows?limit=1' | jq '.as_of[:19] + "Z" | fromdate')" --argjson least "$1" --argjson most "$2" \
		'(.items[0].until[:19] + "Z" | fromdate) - $now | . >= $least and . <= $most'
}
hour() { date -u -d "$1" +%Y-%m-%dT%H; }
is_hour() { [ "$(as_of)" = "$(hour "$1")" ]; }

if [ -n "$preload" ]; then
	check "it starts" start env LD_PRELOAD="$preload" CLOCK_FILE="$WORK/offset"
	pings 3
	wait_for 5 is_sane
	first=$(flow proto=icmp .first_seen)
	check "a rule for an hour" rule 192.0.2.1 --for 1h
	for step in "-3600:1 hour ago" "315532800:now + 315532800 seconds"; do
		set_clock "${step%%:*}"
		check "the wall clock is set: ${step#*:}" wait_for 5 is_hour "${step#*:}"
		same "a time that was shown stays" "$(flows proto=icmp | jq -r '[.[].first_seen] | sort | .[0]')" "$first"
		pings 3
		tick
		check "no duration, idle time or rate is absurd" is_sane
		check "an hour is left of the rule" wait_for 5 is_left 3500 3601
		check "uptime goes on" [ "$(api health | jq .uptime_s)" -lt 120 ]
		check "the windows' and series' answers are there" sh -c "curl -sSf --unix-socket '$socket' http://localhost/api/v1/windows"
	done
	check "the log tells that the clock was set" sh -c "curl -sS --unix-socket '$socket' http://localhost/api/v1/log | grep -q 'wall clock was set'"
	daemon_stop
	same "SIGTERM: status 0" $? 0
else
	skip "the wall clock is set" "the sanitizer's run-time wants to come first"
fi

if unshare -T --boottime 864000 true 2>/dev/null; then
	check "ten days of CLOCK_BOOTTIME beside CLOCK_MONOTONIC: it starts" start unshare -T --boottime 864000 --monotonic 0
	stay
	sleep 3
	check "no duration, idle time or rate is absurd" is_sane
	check "uptime is that of the daemon: $(api health | jq .uptime_s) s" [ "$(api health | jq .uptime_s)" -lt 60 ]
	# 30 s of a resync's pause are of CLOCK_MONOTONIC: no dump follows a dump.
	events() { api health | jq '[.counters | to_entries[] | select(.key == "conntrack_resyncs").value.value] | add'; }
	same "conntrack is not read again and again" "$(events)" 0
	times() { flows proto=icmp | jq -r '.[0].first_seen' | cut -c1-16; }
	check "a rule for 6 s" rule 10.9.0.2 --for 6s
	dead() { ! pings 1; }
	check "... is in force" wait_for 4 dead
	check "... and over by then" wait_for 12 pings 1
	check "the time of day is right" sh -c "case '$(times)' in $(date -u +%Y-%m-%dT%H:%M)|$(date -u -d '1 minute ago' +%Y-%m-%dT%H:%M)) ;; *) exit 1 ;; esac"
	daemon_stop
	same "SIGTERM: status 0" $? 0
else
	skip "CLOCK_BOOTTIME after a suspend" "no time namespaces here"
fi
finish
