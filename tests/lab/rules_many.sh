#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# As many rules as may be there, as of who bans an address a rule: all are the kernel half's, the first packet of each
# does not pass, and none costs what is not blocked. What is too much is refused; all go at once.
. "$(dirname "$0")/lib.sh"
. tests/lab/rules_lib.sh
need_product
rules_lab "many rules"
in_ns s ip address add 203.0.113.9/32 dev lo
in_ns r ip route add 203.0.113.0/24 via 198.51.100.2
memory() { awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$daemon/status"; }
kernel() { api rules | jq '[.items[] | select(.where == "kernel")] | length'; }
took() { # TEXT COMMAND...: what it says, and how long that took
	local begin
	begin=$(date +%s%N)
	said=$("${@:2}")
	note "$1: $((($(date +%s%N) - begin) / 1000000)) ms, the tick $(api health | jq '.tick.last_us / 1000 | floor') ms, daemon $(memory) MB"
}

daemon_start r lan wan -- --state "$WORK/state" || finish
check "before: it passes" passes 203.0.113.9
before=$(memory)
{
	echo 'flowbpf rules 2'
	for i in $(seq 0 3999); do echo "verb=block what=20.$((i / 250)).$((i % 250)).7 reason=\"one of many\""; done
	echo 'verb=block what=203.0.113.9'
	for i in $(seq 94); do echo "verb=block what=\"dst.port = $((7000 + i))\""; done
	echo 'verb=block what=192.0.2.0/24'
} >"$WORK/rules"
took "4,096 rules" say rules import "$WORK/rules"
same "as many as may be there" "$said" "4096 in force now, 0 were there already, 0 are over"
same "... are the kernel half's" "$(kernel)" 4096
check "... in little memory" [ $(($(memory) - before)) -lt 48 ]
check "one of them is shut from its first packet on" is_shut 203.0.113.9
same "... and has no flow" "$(flows "src.port = $port" | jq length)" 0
check "what is of none passes" passes 198.51.100.2
same "one more is refused" "$(say block 192.0.2.77)" "flowbpf: there is no room: 4096 rules may be there, 256 of these others than blocks of an address or prefix"
spawn client.log c python3 tests/lab/ends.py talk 198.51.100.2 9000 19000 60
wait_for 8 flow_is "src.port = 19000" .state ESTABLISHED
took "one taken back, and made" say undo 4096
same "one is taken back" "$said" "1 taken back"
say allow 203.0.113.9 >/dev/null
check "an exception wins over them" passes 203.0.113.9
check "what is known goes on" goes_on 19000
tick 3
check "... no tick is held up" [ "$(api health | jq '.tick.last_us')" -lt $((100000 * $(busy))) ]
took "all taken back" say undo --all
same "all are taken back" "$said" "4096 taken back"
check "... it passes" passes 203.0.113.9
{
	echo 'flowbpf rules 2'
	for i in $(seq 257); do echo "verb=block what=\"dst.port = $((7000 + i))\""; done
} >"$WORK/rules"
same "more that are no addresses than may be there: none" "$(say rules import "$WORK/rules")" \
	"flowbpf: none is in force: 4096 rules may be there, 256 of these others than blocks of an address or prefix"
same "... really" "$(api rules | jq '.items | length')" 0
daemon_stop
finish
