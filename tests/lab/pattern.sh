#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 200
# Interfaces by pattern and later: containers' veths that come and go, a tunnel that is not there
# yet, names that are a slip, and 60 that come and go without leaving anything behind.
. "$(dirname "$0")/lib.sh"
need_product
ns h c
said() { # TEXT PATTERN ARGS...: refused with one sentence
	in_ns h timeout 10 "$FLOWBPF" attach "${@:3}" --listen none --socket "$WORK/other" >"$WORK/refused" 2>&1
	same "$1" "$? $(grep -cE "$2" "$WORK/refused")" "1 1"
}
ip -n "$TAG-h" link add eth0 type bridge
said "a name alone that is not there is a slip" 'did you mean eth0' eht0
said "also beside another" 'no interface "eht0"' eht0 nosuch0
said "what can be no name is none" 'no interface' eth0 ../eth1
ip -n "$TAG-h" link del eth0

health_is() { [ "$(api health | jq -r "$1")" = "$2" ]; }
attached() { api health | jq -r '[.interfaces[] | select(.state == "attached").name] | sort | join(" ")'; }
attached_is() { [ "$(attached)" = "$1" ]; }
container() { # NAME N
	ip -n "$TAG-h" link add "$1" type veth peer name eth0 netns "$TAG-c"
	ip -n "$TAG-h" addr add "10.8.$2.1/24" dev "$1"
	ip -n "$TAG-h" link set "$1" up
	ip -n "$TAG-c" addr add "10.8.$2.2/24" dev eth0
	ip -n "$TAG-c" link set eth0 up
}
pings() { in_ns c ping -q -c 3 -i 0.05 -W1 "10.8.$1.1" >/dev/null; }
counted_is() { [ "$(flows "ip = 10.8.$1.2 and proto = icmp" | jq -r '.[] | "\(.packets.up) \(.iface)"')" = "$2" ]; }

daemon_start h 'veth*' wg0 -- --max-flows 4096 || finish
same "nothing is there: it waits, and that is no fault" "$(attached) $(api health | jq -r '"\(.status) \(.waits_for)"')" " ok veth*, wg0"
check "status and the start say for what" eval '"$FLOWBPF" status --socket "$socket" | grep -q "waits for .*: veth\*, wg0" && grep -q "waiting .*: veth\*, wg0" "$WORK/daemon.log"'
container veth1aa 1
check "a container's interface is attached when it comes" wait_for 5 attached_is veth1aa
pings 1
check "and its packets are counted" wait_for 5 counted_is 1 "3 veth1aa"
seen=$(api health | jq .counters.seen.value)
ip -n "$TAG-h" link del veth1aa
check "it goes without a trace" wait_for 5 health_is '.interfaces | map(.name) | join(" ")' wg0
check "what it counted stays in the sums" [ "$(api health | jq .counters.seen.value)" -ge "$seen" ]
container veth2bb 2
check "the next one is attached" wait_for 5 attached_is veth2bb
pings 2
check "and counted, by its own name" wait_for 5 counted_is 2 "3 veth2bb"
check "the first one's flow keeps its name" counted_is 1 "3 veth1aa"
ip -n "$TAG-h" link add wg0 type bridge
check "the tunnel is attached when it comes" wait_for 5 attached_is "veth2bb wg0"
same "only the pattern is waited for now" "$(api health | jq -r '"\(.status) \(.waits_for)"')" "ok veth*"
ip -n "$TAG-h" link add other0 type bridge
ip -n "$TAG-h" link set other0 name vethother
check "one that gets a name that matches is attached" wait_for 5 attached_is "veth2bb vethother wg0"

fds() { ls "/proc/$daemon/fd" | wc -l; }
before=$(fds)
for n in {1..60}; do echo "link add vethx$n type veth peer name p$n"; [ "$n" -le 10 ] || echo "link del vethx$((n - 10))"; done >"$WORK/batch"
for n in {51..60}; do echo "link del vethx$n"; done >>"$WORK/batch"
ip -n "$TAG-h" -batch "$WORK/batch"
check "after 60 that came and went those are attached that are there" wait_for 8 attached_is "veth2bb vethother wg0"
none_left() { [ "$(fds)" -le "$before" ]; } # a state file may be being written
check "no descriptor is left of them" wait_for 8 none_left
ip -n "$TAG-h" link del veth2bb
container veth3cc 3
check "one that comes after them is attached" wait_for 8 attached_is "veth3cc vethother wg0"
pings 3
check "and counted" wait_for 5 counted_is 3 "3 veth3cc"
sums() { api health | jq -e '[.interfaces[] | .packets.rx == .row_packets.rx + ([.causes.rx[].packets] | add)] | all'; }
check "what was seen is what flows hold and what they do not" wait_for 5 sums
in_ns h "$FLOWBPF" detach 'veth*' >"$WORK/out" 2>&1
same "detach takes the pattern" "$? $(grep -c "pid $daemon has detached" "$WORK/out")" "0 1"
wait "$daemon"
daemon_start h 'tap*' wg9 -- --max-flows 1024 || finish
same "what nobody waits for ends nobody" "$(in_ns h "$FLOWBPF" detach 'ta*' 2>&1)" "nothing is attached"
in_ns h "$FLOWBPF" detach 'tap*' >"$WORK/out" 2>&1
same "detach ends one that waits for a pattern only" "$? $(grep -c "pid $daemon has detached" "$WORK/out")" "0 1"
wait "$daemon"
daemon_start h wg8 -- --wait --max-flows 1024 || finish
in_ns h "$FLOWBPF" detach wg8 >"$WORK/out" 2>&1
same "and one that waits for a name" "$? $(grep -c "pid $daemon has detached" "$WORK/out")" "0 1"
wait "$daemon"
same "then the name is a slip" "$(in_ns h "$FLOWBPF" detach wg8 2>&1)" 'flowbpf: there is no interface "wg8" here'
daemon_start h wg7 -- --wait --max-flows 4096 || finish
ip -n "$TAG-h" link add wg7 type bridge
check "with --wait a name alone is waited for" wait_for 5 attached_is wg7
daemon_stop
finish
