#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The log from the first line on, and SIGHUP: what may change changes at once, the rest is named, a bad
# file is refused with line and key, counters stay. (S3)
. "$(dirname "$0")/lib.sh"
need_product
ns a b
link_pair a eth0 b eth0
ip -n "$TAG-a" address add 203.0.113.1/24 dev eth0
ip -n "$TAG-b" address add 203.0.113.2/24 dev eth0
log() { api log | jq -r '.items[].message'; }
logged() { log | grep -qE -- "$1"; }
lines() { log | grep -cE -- "$1"; }
pings() { in_ns b ping -q -c "$1" -i 0.05 -W1 203.0.113.1 >/dev/null; }
counted() { [ "$(flows proto=icmp | jq '[.[].packets.up] | add')" = "$1" ]; }
scope_is() { [ "$(flow proto=icmp .scope)" = "$1" ]; }
hup() { kill -HUP "$daemon"; }

conf=$WORK/flowbpf.conf
settings() { printf '%s\n' "$@" >"$conf" && chmod 644 "$conf"; }
settings 'internal = 198.51.100.0/24' 'closed-for = 5m' 'log = warning'
socket=$WORK/socket
spawn daemon.log a "$FLOWBPF" attach eth0 --config "$conf" --listen none --socket "$socket" --max-flows 4096
daemon=$spawned
check "it starts with a config file" wait_for 10 api health
same "what is said at the start is in the log, first of all" \
	"$(log | grep -v 'sockets were there before' | head -2 | sed 's/ by .*//; s/pid [0-9]*/pid/')" \
	"starting, pid
eth0: attached"
check "and who it became" logged '^running as '
same "although little is said on stderr" "$(grep -c 'running as\|starting' "$WORK/daemon.log")" 0
pings 5
check "packets are counted" wait_for 6 counted 5
check "the ends are outside" wait_for 3 scope_is external

settings 'internal = 203.0.113.0/24' 'closed-for = 10m' 'log = info'
hup
check "SIGHUP: what may change is in force, for flows that are there too" wait_for 5 scope_is internal
check "the log says what" logged 'was read again: now in force: internal, closed-for, log$'
check "now stderr has it as well" grep -q 'was read again' "$WORK/daemon.log"
hup
check "nothing changed: said so" wait_for 5 logged 'was read again: nothing that can change now'

for bad in '2|max-flow = 5000|max-flow is no setting, did you mean max-flows' \
	'2|closed-for = soon|closed-for takes a duration' '2|internal = 10.0.0.1/8|internal takes an address block'; do
	IFS='|' read -r line text pattern <<<"$bad"
	settings 'internal = 192.0.2.0/24' "$text"
	hup
	check "a bad file is refused: line $line, $text" wait_for 5 logged "flowbpf.conf: line $line: $pattern.*; the settings stay"
	check "the old settings stay" scope_is internal
done
truncate -s 1M "$conf"
hup
check "a file that is too large is refused" wait_for 5 logged 'larger than 256 KiB.*; the settings stay'
rm "$conf"
hup
check "a file that is gone is told" wait_for 5 logged 'No such file or directory; the settings stay'
settings 'internal = 203.0.113.0/24' 'closed-for = 10m' 'log = info'
chmod 600 "$conf"
hup
check "so is one that only root may read" wait_for 5 logged 'Permission denied; the settings stay'
chmod 644 "$conf"

# --- rules of alerts, and whom they are told to ---------------------------------------------------------
base=('internal = 203.0.113.0/24' 'closed-for = 10m' 'log = info')
alert() { api alerts | jq -r --arg r "$1" '[.items[] | select(.rule == $r) | .state + " " + .since] | join(", ")'; }
fires() { [[ $(alert "$1") == firing* ]]; }
rules() { api alert-rules | jq -r '[.items[] | select(.source != "ready").name] | join(" ")'; }
rules_are() { [ "$(rules)" = "$1" ]; }
settings "${base[@]}" 'alert = gone: proto=icmp | absent > 1s' 'sender = siem: syslog udp:127.0.0.1:9'
hup
check "a rule of alerts is in force, and fires" wait_for 20 fires gone
same "the log says so" "$(log | grep 'was read again' | tail -1 | sed 's/.*: //')" "alert, sender"
same "a sender is told of it" "$(wait_for 10 eval 'api alerts | jq -e ".senders[0].queued > 0" >/dev/null'; api alerts | jq -r '.senders[].name')" siem
before=$(alert gone)
settings "${base[@]}" 'alert = many: flows > 100000' 'alert = gone: proto=icmp | absent > 1s' 'alert = disk: off'
hup
check "another one beside it" wait_for 10 rules_are "many gone"
check "... and without a sender" wait_for 10 eval '[ "$(api alerts | jq ".senders | length")" = 0 ]'
same "... what fires goes on" "$(alert gone)" "$before"
settings "${base[@]}" 'alert = many: flows > lots'
hup
check "a wrong rule is refused in a sentence" wait_for 5 logged '"lots" is no limit of flows'
same "... and all stays" "$(rules) $(alert gone)" "many gone $before"
settings "${base[@]}" 'alert = many: flows > 100000'
hup
check "a rule that is no more ends its alert" wait_for 10 eval '[[ $(alert gone) == resolved* ]]'

settings 'internal = 192.0.2.0/24' 'closed-for = 10m' 'log = info' 'hook = clsact' 'listen = 127.0.0.1:9999' 'max-flows = 9000'
hup
check "what needs a restart is named, what does not is done" wait_for 5 logged 'only a restart changes hook$'
check "the command line still comes first: listen and max-flows are its" wait_for 3 scope_is external
pings 5
check "counters stayed over all of this" wait_for 6 counted 10
daemon_stop
same "SIGTERM: status 0" $? 0

daemon_start a eth0 -- --max-flows 4096 || finish
hup
check "without a config file: a log line, and it goes on" wait_for 5 logged 'there is no config file to read again'
in_ns a ip link set eth0 down
in_ns a ip link set eth0 name wan7
check "a change is in the log" wait_for 5 logged 'eth0: is now named wan7'
in_ns a ip link del wan7
check "so is a loss" wait_for 5 logged 'wan7: the interface is gone'
link_pair a wan7 b eth0
check "and that it is attached again" wait_for 5 logged 'wan7: attached by'
same "twice by now" "$(lines ': attached by')" 2
ip -n "$TAG-b" address add 203.0.113.2/24 dev eth0
in_ns b "$LAB_BIN/frames" eth0 "$(mac a wan7)" udp 20000 >/dev/null
check "pressure is told when it begins" wait_for 5 logged 'the flow table is nearly full, [0-9]* of 4096'
check "and a loss, once" wait_for 5 logged '^evicted: [0-9]* so far'
check "and when it is over" wait_for 20 logged '^evicted: over, [0-9]* were lost'
same "one line each" "$(lines '^evicted: [0-9]* so far')" 1
daemon_stop
finish
