#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# What is blocked does not pass, either way, known connections and new ones: by address, by prefix of IPv6,
# by what a filter says; exceptions win; it ends by itself, also when the daemon was killed; it
# outlives a restart; what is dropped is in the books; what must not be blocked is refused.
. "$(dirname "$0")/lib.sh"
. tests/lab/rules_lib.sh
need_product
rules_lab "block"
start() { daemon_start r lan wan -- --state "$WORK/state" "$@"; }
start

rests() { # PORT
	local before
	tick 2
	before=$(bytes_of "$1")
	tick 2
	[ "$(bytes_of "$1")" = "$before" ]
}

spawn client.log c python3 tests/lab/ends.py talk 198.51.100.2 9000 19000 200
wait_for 8 flow_is "src.port = 19000" .state ESTABLISHED
check "before: what is known goes on" goes_on 19000
same "an address: rule 1" "$(say block 198.51.100.2 --reason 'a lab' | tail -1)" "rule 1"
check "... what is known rests" rests 19000
check "... what is new does not pass" is_shut 198.51.100.2
check "... the other family does" passes 2001:db8:2::2
tick 2
check "... it is counted at its rule" [ "$(stopped 1)" -gt 3 ]
check "... and as blocked" [ "$(cause lan rx blocked)" -gt 3 ]
same "... and what was shut out has no flow" "$(flows "src.port = $((port - 1))" | jq length)" 0
check "it is listed" sh -c "'$FLOWBPF' rules --socket '$socket' | grep -q 'block .*198.51.100.2 .*a lab'"
same "taken back" "$(say undo 1)" "1 taken back"
wait_for 10 passes 198.51.100.2
check "... all passes again" passes 198.51.100.2
check "... what was known goes on" wait_for 20 goes_on 19000
same "an unknown rule" "$(say undo 77)" "flowbpf: there is no rule of that number"

say block 2001:db8:2::2/127 --for 6s >/dev/null
check "a prefix of IPv6" is_shut 2001:db8:2::2
check "... ends by itself" wait_for 10 passes 2001:db8:2::2
wait_for 8 sh -c "[ \$(curl -s --unix-socket '$socket' http://localhost/api/v1/rules | jq '.items | length') = 0 ]"
same "... and is not listed any more" "$(api rules | jq '.items | length')" 0

say block 'dst.port = 9000 and src.ip = 10.0.1.2' >/dev/null
check "a filter: what is known rests" rests 19000
same "an exception" "$(say allow 198.51.100.2 | sed 's/[0-9]*$/N/')" "rule N"
check "... wins" wait_for 30 goes_on 19000
same "all are taken back" "$(say undo --all)" "2 taken back"

# What must not be blocked.
same "an address of this machine" "$(say block 10.0.1.1)" "flowbpf: it is not touched: it is with an address of this machine"
same "... said as an expression" "$(say block 'ip = 10.0.1.1')" "flowbpf: it is not touched: it is with an address of this machine"
same "a prefix that holds one" "$(say block 198.51.100.0/24)" "flowbpf: it is not touched: it is with an address of this machine"
in_ns r ip route add 203.0.113.0/24 via 198.51.100.2
same "a gateway" "$(say block 198.51.100.2)" "flowbpf: it is not touched: it is with a gateway of this machine"
in_ns r ip route del 203.0.113.0/24
same "half of the internet" "$(say block 0.0.0.0/1)" "flowbpf: it is not touched: it is wider than /8, or of IPv6 than /16"
same "loopback" "$(say block 127.0.0.1)" "flowbpf: it is not touched: it is within this machine"
spawn sshd.log r socat TCP-LISTEN:22,fork,reuseaddr EXEC:cat # as sshd does: a process for each, and a command in it
wait_for 5 listening r 22
spawn client.log c python3 tests/lab/ends.py talk 10.0.1.1 22 19001 100
wait_for 8 flow_is "src.port = 19001" .state ESTABLISHED
wait_for 10 is_in 10.0.1.2
same "who has an SSH session with this machine" "$(say block 10.0.1.2)" \
	"flowbpf: it is not touched: it is an SSH session with this machine"
say block 'src.ip = 10.0.1.2 and proto = tcp' >/dev/null
check "... nor does a filter stop that session" goes_on 19001
check "... though it stops another one" rests 19000
say undo --all >/dev/null
check "an expression that does not parse is refused" sh -c "'$FLOWBPF' block --socket '$socket' 'dst.prot = 1' 2>&1 | grep -q 'dst.prot'"
check "none at all, too" sh -c "'$FLOWBPF' block --socket '$socket' ' ' 2>&1 | grep -q 'match every flow'"

# All rules as a file, all of which or none come into force.
say block 192.0.2.0/24 --for 1h --reason 'of a file' >/dev/null
say block 'dst.port = 6881' --permanent >/dev/null
rules() { api rules | jq -c '[.items[] | [.verb, .what, .reason, .until]]'; }
of_file=$(rules)
check "rules are exported" "$FLOWBPF" rules export "$WORK/rules" --socket "$socket"
same "imported again they are all there already" "$(say rules import "$WORK/rules")" "0 in force now, 2 were there already, 0 are over"
say undo --all >/dev/null
same "... and without them come back" "$(say rules import - <"$WORK/rules")" "2 in force now, 0 were there already, 0 are over"
same "... the same" "$(rules)" "$of_file"
say undo --all >/dev/null
refused() { # TEXT LINE SENTENCE: beside a rule that is well
	printf 'flowbpf rules 2\nverb=block what=192.0.2.0/24\n%s\n' "$2" >"$WORK/rules"
	same "$1" "$(say rules import "$WORK/rules")" "flowbpf: $3"
	same "... and none of the file is in force" "$(rules)" "[]"
}
refused "one that is never blocked" 'verb=block what=10.0.1.1' \
	'none is in force: 10.0.1.1 is not touched: it is with an address of this machine'
refused "one that does not parse" 'verb=block what="dst.prot = 1"' \
	'none is in force: dst.prot = 1: neither an address, a prefix nor a filter: there is no field "dst.prot"'
refused "one with what this version does not know" 'verb=block what=192.0.2.1 only=tcp' \
	'`rules`: line 3: only is no attribute that this version knows'
recorded "it is on record, whatever came of it" '[.items[] | select(.act == "import") | .result][:3][]' "done, 0 rules
done, 2 rules
refused: it is with an address of this machine"

# Over a restart.
say block 198.51.100.2 --permanent --reason 'over a restart' >/dev/null
say block 192.0.2.0/24 --for 1h >/dev/null
kept=$(api rules | jq -c '[.items[] | [.id, .verb, .what, .reason, .until]]')
daemon_stop
check "without the daemon nothing is blocked" passes 198.51.100.2
same "they are kept as lines for people" "$(sed 's/until=[^ ]* //; s/ made=.*pid [0-9]*"//; s/^id=[0-9]* //' "$WORK/state/rules" | head -3)" \
	'flowbpf rules 2
verb=block what="198.51.100.2" reason="over a restart"
verb=block what="192.0.2.0/24"'
start
same "a restart keeps the rules" "$(api rules | jq -c '[.items[] | [.id, .verb, .what, .reason, .until]]')" "$kept"
check "... in force" is_shut 198.51.100.2
tick 2
books_balance lan wan

# What the disk does not take is kept as soon as it does, without another change.
rm "$WORK/state/rules"
mkdir "$WORK/state/rules"
say undo --all >/dev/null
say block 192.0.2.0/24 --permanent --reason 'a full disk' >/dev/null
check "a file that cannot be written is told" wait_for 8 grep -q 'cannot keep the rules' "$WORK/daemon.log"
rmdir "$WORK/state/rules"
check "... and written later" wait_for 12 grep -q 'a full disk' "$WORK/state/rules"
daemon_stop
sed -i 's/^end 1$/id=7 verb=limit what=192.0.2.1\nend 2/' "$WORK/state/rules"
start
same "of a torn file what can be read is in force" "$(api rules | jq -r '.items[].reason')" "a full disk"
check "... and kept" wait_for 8 grep -q 'a full disk' "$WORK/state/rules"
say undo --all >/dev/null
daemon_stop
printf 'flowbpf rules 1\n90 block 0 1764432000000 root\ta lab\t198.51.100.2\nend 1\n' >"$WORK/state/rules"
start
same "the file of an older version is read" "$(api rules | jq -c '.items[] | [.id, .what, .by, .reason, .made, .until]')" \
	'[90,"198.51.100.2","root","a lab","2025-11-29T16:00:00.000Z",null]'
check "... and in force" is_shut 198.51.100.2
say undo --all >/dev/null
daemon_stop

# A daemon that was killed blocks nothing for ever, also where its programs stay.
if have_bpffs; then
	pin=/sys/fs/bpf/$TAG
	start --pin "$pin"
	say block 198.51.100.2 --for 8s >/dev/null
	check "pinned: it is blocked" is_shut 198.51.100.2
	daemon_stop KILL
	check "pinned, the daemon killed: it is blocked" is_shut 198.51.100.2
	check "... until its time is over" wait_for 15 passes 198.51.100.2
	"$FLOWBPF" detach --pin "$pin" >/dev/null 2>&1 || in_ns r "$FLOWBPF" detach --pin "$pin" >/dev/null 2>&1
	rm -rf "$pin"
else
	skip "pinned" "there is no bpf file system"
fi
finish
