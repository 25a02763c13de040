#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# A rule about a list of a million prefixes: they come to the kernel half, a piece at a time, and then the first
# packet does not pass, at TC and by XDP; what is not on it does. What is never touched is left out, exceptions win,
# a list that is replaced changes by what differs, and all of it goes with the rule.
. "$(dirname "$0")/lib.sh"
. tests/lab/rules_lib.sh
need_product
rules_lab "a list of a million"
chmod 711 "$WORK"
bad=$WORK/bad.txt entries=${LIST_ENTRIES:-1000000}
in_ns s ip address add 203.0.113.9/32 dev lo
in_ns s ip address add 203.0.113.10/32 dev lo
in_ns s ip address add 203.0.113.70/32 dev lo
in_ns s ip -6 address add 2001:db8:9::9/128 dev lo
in_ns r ip route add 203.0.113.0/24 via 198.51.100.2
in_ns r ip -6 route add 2001:db8:9::/48 via 2001:db8:2::2
million() { # and the lines given: the old file is replaced at once
	{
		printf '%s\n' "$@"
		awk -v n="$entries" 'BEGIN { for (i = 0; i < n; i++) printf "20.%d.%d.%d\n", i / 65536, i / 256 % 256, i % 256 }'
	} >"$bad.new" && mv "$bad.new" "$bad"
}
million 203.0.113.9 2001:db8:9::/48 198.51.100.2/31 203.0.113.64/26
echo 203.0.113.70 >"$WORK/good.txt"
start() { daemon_start r lan wan -- --state "$WORK/state" --list "bad=$bad" --except "good=$WORK/good.txt" "$@"; }
nets() { api rules | jq -r ".items[] | select(.id == $1) | .prefixes.$2"; } # RULE MEMBER
where() { api rules | jq -r ".items[] | select(.id == $1) | .where"; } # RULE
is_kernel() { [ "$(where "$1")" = kernel ]; }
memory() { awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$daemon/status"; }
kernel_memory() {
	local id
	for id in $(held map_id); do
		bpftool -j map show id "$id" | jq 'select(.name == "fb_nets") | .bytes_memlock'
	done | awk '{ n += $1 } END { print int(n / 1048576) }'
}
ticks() { # until FILE is gone: the worst tick, ms
	local last most=0
	while [ -e "$1" ]; do
		last=$(api health | jq '.tick.last_us')
		[ "$last" -le "$most" ] || most=$last
		sleep 0.3
	done
	echo $((most / 1000)) >"$WORK/tick"
}
first_passes() { [ "$(in_ns c ping -q -c 1 -W 1 "$1" | grep -c ' 0% packet loss')" = 1 ]; } # ADDRESS

start --xdp
before=$(memory)
check "before: all passes" passes 203.0.113.9
: >"$WORK/loading"
ticks "$WORK/loading" &
watcher=$!
begin=$(date +%s%N)
rule=$(say block 'list = bad' --reason 'a million' | sed -n 's/^rule //p')
check "the engine goes on meanwhile" tick 1
check "all of the list comes to be the kernel half's" wait_for 60 is_kernel "$rule"
rm "$WORK/loading"
wait $watcher
note "$(nets "$rule" kernel) prefixes after $((($(date +%s%N) - begin) / 1000000)) ms, the worst tick $(cat "$WORK/tick") ms;" \
	"daemon $before -> $(memory) MB, map $(kernel_memory) MB; $(grep -o 'after [0-9]* ms' "$WORK/daemon.log" | tail -1)"
check "... and no tick was held up" [ "$(cat "$WORK/tick")" -lt $((100 * $(busy))) ]
same "all but those that hold what is never touched" "$(nets "$rule" kernel) $(nets "$rule" left_out)" "$((entries + 3)) 1"
check "... which is said" grep -q "rule $rule: 1 prefixes of its list are left out.* 198.51.100.2/31" "$WORK/daemon.log"
check "an address of the list: its first packet does not pass" sh -c "! nsenter --net=/run/netns/$TAG-c ping -q -c 1 -W 1 203.0.113.9"
check "... nor a SYN" is_shut 203.0.113.9
check "... nor of IPv6" is_shut 2001:db8:9::9
same "... and has no flow" "$(flows 'dst.ip = 203.0.113.9 and proto = tcp' | jq '[.[] | select(.packets.down == 0)] | length')" 0
check "what is not on it passes, by its first packet" first_passes 203.0.113.10
check "... and is not held up" passes 203.0.113.10
check "what stands in a prefix that was left out passes" passes 198.51.100.2
check "what a list of exceptions has passes" passes 203.0.113.70
check "by XDP, where it is" [ "$(cause lan rx blocked_xdp)" -gt 0 ]

# Exceptions, and what is never touched, while it is in force.
say allow 203.0.113.9 >/dev/null
check "an exception wins" wait_for 5 passes 203.0.113.9
is_left() { [ "$(nets "$rule" left_out)" = "$1" ]; }
say undo 2 >/dev/null
check "... and goes: it is shut again" wait_for 5 is_shut 203.0.113.9
in_ns r ip route add 192.0.2.0/24 via 203.0.113.9 onlink dev wan
say block 192.0.2.1 >/dev/null # rules are looked at anew
check "one that came to be a gateway is left out at once" wait_for 5 is_left 2
check "... and passes" wait_for 5 passes 203.0.113.9
in_ns r ip route del 192.0.2.0/24
say undo 3 >/dev/null
say block 192.0.2.1 >/dev/null
check "... and is shut when it is none any more" wait_for 5 is_shut 203.0.113.9
say block 203.0.113.9 >/dev/null
say undo 5 >/dev/null
check "a rule of its own comes and goes: it stays shut" wait_for 5 is_shut 203.0.113.9

# Replaced: what differs.
million 203.0.113.10 203.0.113.64/26
check "a list that is replaced: what came is shut" wait_for 30 is_shut 203.0.113.10
check "... and what went passes" wait_for 30 passes 203.0.113.9
check "... all of it" wait_for 20 is_kernel "$rule"
same "... as many" "$(nets "$rule" kernel)" $((entries + 2))
tick 2
books_balance lan wan
say undo --all >/dev/null
check "taken back: it passes at once" passes 203.0.113.10
none_left() { [ "$(counter list_prefixes)" = 0 ]; }
check "... and its prefixes go" wait_for 60 none_left
left() {
	local id
	for id in $(held map_id); do
		[ "$(bpftool -j map show id "$id" | jq -r .name)" != fb_nets ] || bpftool -j map dump id "$id" | jq length
	done
}
command -v bpftool >/dev/null && same "... all of them" "$(left)" 0
daemon_stop

# At TC alone, of names, too; over a restart.
entries=$((entries / 10))
million 203.0.113.9 bad.lab.test
start
rule=$(say block 'list in (bad, none)' --permanent | sed -n 's/^rule //p')
in_map() { [ "$(nets "$rule" kernel)" = $((entries + 1)) ]; }
check "at TC" wait_for 60 in_map
same "a list with names is the engine's, too" "$(where "$rule")" engine
check "an address of it is shut" is_shut 203.0.113.9
tick 2
check "... by TC" [ "$(cause lan rx blocked)" -gt 0 ]
daemon_stop
check "without the daemon it passes" passes 203.0.113.9
start
rule=$(api rules | jq '.items[0].id')
check "a restart puts it in force again" wait_for 60 in_map
check "... really" is_shut 203.0.113.9
say allow 'dst.country = XX' >/dev/null
check "an exception that the kernel half does not see leaves it to the engine" wait_for 5 passes 203.0.113.9
daemon_stop
finish
