#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# Panic: one word in the kernel and nothing is blocked or ended any more, by the API and by root without the
# daemon, also one that was killed and whose programs stay; it is said everywhere, kept, and ended.
. "$(dirname "$0")/lib.sh"
. tests/lab/rules_lib.sh
need_product
rules_lab "panic"
start() { daemon_start r lan wan -- --state "$WORK/state" --history off "$@"; }
start
panic() { in_ns r "$FLOWBPF" panic lan "$@" 2>&1; } # of this lab's kernel half alone
rests() { ! goes_on "$1"; }
is_on() { [ "$(api rules | jq .panic) $(api health | jq .panic)" = "true true" ]; }
is_off() { [ "$(api rules | jq .panic) $(api health | jq .panic)" = "false false" ]; }

spawn client.log c python3 tests/lab/ends.py talk 198.51.100.2 9000 19000 200
wait_for 8 flow_is "src.port = 19000" .state ESTABLISHED
say block 198.51.100.2 --permanent >/dev/null
say block 'dst.port = 9000' --permanent >/dev/null
check "blocked: what is known rests" wait_for 10 rests 19000
check "... what is new does not pass" is_shut
same "panic, by the kernel alone" "$(panic)" \
	"no rule is in force, nothing is ended: written to 1 kernel half, no daemon was told"
check "... all passes at once" passes
check "... what is known goes on" wait_for 10 goes_on 19000
check "the daemon sees it" wait_for 5 is_on
same "... health says so" "$(api health | jq -r '"\(.status) \([.reasons[] | select(startswith("panic is on"))] | length)"')" "degraded 1"
same "... and rules, which are in the list still" "$(say rules | grep -c 'panic is on\|198.51.100.2\|dst.port')" 3
told() { [ "$(api audit | jq -r '[.items[] | select(.act == "panic")][-1] | "\(.by) \(.target)"')" = "$1" ]; }
check "... it is on record" wait_for 5 told "event all verdicts off"
id=$(flow "src.port = 19000" .id)
same "nothing is ended meanwhile" "$(say kill "$id")" \
	'flowbpf: panic is on, so nothing is ended: "flowbpf panic --off" first'
same "... but rules are made, for later, which is said" "$(say block 192.0.2.1 | tail -1)" \
	'panic is on, so it is not in force: "flowbpf panic --off" ends that'
check "it goes on, whatever comes" passes
same "off again, by the daemon, too" "$(panic --off --socket "$socket" --reason 'all clear')" \
	"rules are in force again: written to 1 kernel half, the daemon has it on record"
check "... at once what is new does not pass" is_shut
check "... and what was known rests" wait_for 10 rests 19000
check "... which is said" wait_for 5 is_off
check "... and on record" wait_for 5 told "cli all verdicts on again"
post() { curl -sS -m 10 --unix-socket "$socket" "http://localhost/api/v1/$1" --json "$2"; }
same "by the API alone" "$(post panic '{"on":true,"reason":"a lab"}')" "{}"
check "... all passes" passes
kept() { [ "$(cat "$WORK/state/panic")" = "$1" ]; }
check "... it is kept" wait_for 5 kept on
daemon_stop
start
check "a restart knows it" is_on
check "... and blocks nothing" passes
daemon_stop KILL
same "without any daemon it is kept for the next one" "$(panic --off --state "$WORK/state")" \
	"rules are in force again: written to 0 kernel halves, and kept for the next start"
start
check "... which knows it" is_off
check "... and blocks" is_shut
daemon_stop

if have_bpffs; then
	pin=/sys/fs/bpf/$TAG
	start --pin "$pin"
	check "pinned: it is blocked" is_shut
	daemon_stop KILL
	check "pinned, the daemon killed: it is blocked" is_shut
	same "panic" "$(panic)" "no rule is in force, nothing is ended: written to 1 kernel half, no daemon was told"
	check "... all passes at once, without a daemon" passes
	start --pin "$pin"
	check "the next daemon finds it on" is_on
	check "... and blocks nothing" passes
	daemon_stop
	in_ns r "$FLOWBPF" detach --pin "$pin" >/dev/null 2>&1
	rm -rf "$pin"
else
	skip "pinned" "there is no bpf file system"
fi
same "nothing is attached: it says so" "$(panic)" "flowbpf: no kernel half of flowbpf is attached there"
finish
