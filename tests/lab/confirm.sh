#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 400
# A rule with --confirm is taken back unless it is confirmed in its time: by the daemon, on record; by the
# kernel half where the daemon was killed and its programs stay; by the next start. What touches inside hosts
# is, too, where nobody says that it is right. One that is over by itself is on record. Rules are taken back
# by when they were made.
. "$(dirname "$0")/lib.sh"
. tests/lab/rules_lib.sh
need_product
rules_lab "confirm"
say() { "$FLOWBPF" "$1" --socket "$socket" "${@:2}" 2>&1; }
start() { daemon_start r lan wan -- --state "$WORK/state" --history off "$@"; }
start
rules() { api rules | jq -c '[.items[] | [.id, .confirm_until != null]]'; }

same "a rule to be confirmed" "$(say block 10.0.1.2 --confirm=6s --permanent)" 'rule 1
it is taken back in 6 s: "flowbpf rules confirm 1" keeps it'
check "... is in force" is_shut
same "... and says so" "$(rules) $(say rules | grep -c 'unless confirmed')" "[[1,true]] 1"
check "nobody confirms it: it is taken back" wait_for 15 passes
gone() { [ "$(rules)" = "[]" ]; }
check "... and is not listed any more" wait_for 5 gone
told() { api audit | jq -e '.items[] | select(.act == "undo" and .by == "timer" and .reason == "nobody confirmed it" and .target == "rule 1" and .ok)'; }
check "... which is on record" wait_for 5 told

same "another one" "$(say block 10.0.1.2 --confirm=6s | head -1)" "rule 2"
same "... is confirmed" "$(say rules confirm 2)" "rule 2 stays"
same "... once" "$(say rules confirm 2)" "flowbpf: this rule does not wait to be confirmed: it stays"
same "there has to be one" "$(say rules confirm 77) $(say rules confirm all)" \
	'flowbpf: there is no rule of that number flowbpf: confirm takes the number of a rule, as "flowbpf rules" shows it, not "all"'
over() { [ "$(($(date +%s) - asked))" -ge 8 ]; }
asked=$(date +%s)
wait_for 20 over
check "... and stays when its time is over" is_shut
same "the time is 60 s where none is said" "$(say block 192.0.2.1 --confirm | tail -1)" 'it is taken back in 60 s: "flowbpf rules confirm 3" keeps it'

same "what was made lately is taken back" "$(say undo --since 5s) $(rules)" "1 taken back [[2,false]]"
say block 192.0.2.1 >/dev/null
say block 192.0.2.2 >/dev/null
say block 192.0.2.3 >/dev/null
same "some by number" "$(say undo 4 6) $(rules)" "2 taken back [[2,false],[5,false]]"
same "... or those of an hour, which are all" "$(say undo --since 1h) $(rules)" "2 taken back []"
same "not all of it at once" "$(say undo 1 --all; say undo)" "flowbpf: undo needs numbers of rules, --since TIME or --all, and one of these only
flowbpf: undo needs numbers of rules, --since TIME or --all, and one of these only"

# What touches inside hosts.
last() { api rules | jq '.items[-1].id'; }
post() { curl -sS -m 10 --unix-socket "$socket" http://localhost/api/v1/rules --json "$1" | jq -c '[.confirm, .panic]'; }
asked=$(date +%s)
say block 10.0.1.2 >"$WORK/said"
unsaid=$(last)
same "an inside host, without a word" "$(cat "$WORK/said")" "rule $unsaid
it touches inside hosts; --confirm=0 says that it stays all the same
it is taken back in 60 s: \"flowbpf rules confirm $unsaid\" keeps it"
check "... it is shut out" is_shut
same "... which is not asked of one outside" "$(post '{"what":"198.51.100.9"}')" "[null,false]"
same "... nor of an exception" "$(post '{"verb":"allow","what":"10.0.1.77"}')" "[null,false]"
same "... but of a rate, and by the API" "$(post '{"what":"10.0.1.77"}')" "[60,false]"
same "... unless it says so" "$(post '{"what":"10.0.1.78","confirm":0}')" "[null,false]"
say block 10.0.1.79 >/dev/null
kept=$(last)
same "... or is confirmed" "$(say rules confirm "$kept")" "rule $kept stays"
same "a look says so before" "$(say block 10.0.1.2 --dry-run | grep -c 'taken back after 60 s')" 1
same "... or that it stays" "$(say block 10.0.1.80 --confirm=0)" "rule $((kept + 1))"

# One that is over by itself.
say block 192.0.2.9 --for 3s >/dev/null
short=$(last)
expired() { api audit | jq -e --arg target "$1" '.items[] | select(.act == "expired" and .by == "timer" and .target == $target and .ok)'; }
check "one whose time is over is on record" wait_for 10 expired "rule $short: block 192.0.2.9"
same "... as a line behind the others" "$("$FLOWBPF" audit verify --state "$WORK/state" 2>&1 | grep -c 'each follows the one before')" 1
stay() { [ "$(api rules | jq -c '[.items[] | select(.what | startswith("10.0.1.")) | .what]')" = '["10.0.1.77","10.0.1.78","10.0.1.79","10.0.1.80"]' ]; }
check "the inside host is back after 60 s" wait_for 75 passes
check "... no sooner" [ "$(($(date +%s) - asked))" -ge 59 ]
check "... with the other one; what was confirmed stays" wait_for 10 stay
say undo --all >/dev/null

# A daemon that ends before does not make it stay.
say block 10.0.1.2 --confirm=3s --permanent >/dev/null
daemon_stop
asked=$(date +%s)
late() { [ "$(($(date +%s) - asked))" -ge 4 ]; }
wait_for 20 late
start
same "over while there was no daemon: it does not come back" "$(rules)" "[]"
check "... which is on record" wait_for 5 eval '[ "$(api audit | jq -r ".items[-1] | \"\(.act) \(.reason)\"")" = "undo nobody confirmed it" ]'
check "... nor is it in force" passes
if have_bpffs; then
	daemon_stop
	pin=/sys/fs/bpf/$TAG
	start --pin "$pin"
	say block 10.0.1.2 --confirm=8s --permanent >/dev/null
	daemon_stop KILL
	check "pinned, the daemon killed: it is in force" is_shut
	check "... until nobody confirmed it" wait_for 15 passes
	in_ns r "$FLOWBPF" detach --pin "$pin" >/dev/null 2>&1
	rm -rf "$pin"
else
	skip "pinned" "there is no bpf file system"
	daemon_stop
fi
finish
