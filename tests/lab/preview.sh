#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# What a rule would do is shown before, and then just that is what happens, by counts: flows of now, those of
# the past, what is protected or excepted; its token is good once, for who saw it; all is on record.
. "$(dirname "$0")/lib.sh"
need_product
command -v python3 >/dev/null || {
	skip "preview" "python3 is not installed"
	finish
}
lab_router || ok_if 1 "the lab is there"
lab_keep_neighbours
spawn server.log s python3 tests/lab/ends.py serve 9000
spawn server.log s python3 tests/lab/ends.py serve 9001
spawn ntp.log s socat UDP-LISTEN:123,fork,reuseaddr PIPE
wait_for 5 listening s 9000
wait_for 5 listening s 9001
daemon_start r lan wan -- --max-flows 4096 --state "$WORK/state" || finish
begin() { # PORT...
	for port; do
		spawn client.log c python3 tests/lab/ends.py talk 198.51.100.2 9000 "$port" 200
		wait_for 10 flow_is "src.port = $port" .state ESTABLISHED || return 1
	done
}
check "connections talk" begin 31001 31002 31003 31004
in_ns c timeout 5 python3 tests/lab/ends.py talk 198.51.100.2 9001 31010 0.2 >/dev/null 2>&1
in_ns c timeout 5 python3 tests/lab/ends.py talk 198.51.100.2 9001 31011 0.2 >/dev/null 2>&1
echo now | in_ns r timeout 5 socat -t 2 - UDP:198.51.100.2:123,sourceport=31009 >"$WORK/now"
say() { "$FLOWBPF" "$@" --socket "$socket" 2>&1; }
post() { curl -sS -m 20 --unix-socket "$socket" "http://localhost/api/v1/$1" --json "$2"; }
preview() { post acts/preview "$(jq -nc --arg what "$1" '{act: "rule", what: $what}')"; }
past() { [ "$(preview 'dst.port = 9001' | jq .past.flows)" = 2 ]; }
check "two that are over are of the past" wait_for 30 past
same "... of one host" "$(preview 'dst.port = 9001' | jq -c '[.past.hosts, (.past.bytes > 100), .past_lack]')" '[1,true,null]'
same "... which an end of them shows, too" "$(post acts/preview '{"verb":"kill","filter":"dst.port = 9001"}' |
	jq -c '[.past.flows, .past.hosts, .past_lack]')" '[2,1,null]'
# what waits for history acts on what it was asked for: an end, and a deletion, by each parameter
many() { post acts/preview "$1" | jq -c '[.matched, .entries, (.sample | length), .target, .past_lack]'; } # JSON
same "... and those alone" "$(many '{"verb":"kill","filter":"src.port = 31001"}')" \
	'[1,1,1,"flows that match \"src.port=31001\"",null]'
same "... of any parameter" "$(many '{"verb":"forget","port":"31002","live":"live"}' | jq -c .[:3])" '[1,1,1]'
same "... or none" "$(many '{"verb":"kill","filter":"src.port = 1"}' | jq -c .[:3])" '[0,0,0]'
same "the command line's, too" "$(say kill --filter 'src.port = 31003' --dry-run | grep -c 198.51.100.2:9000)" 1

same "an exception is made" "$(say allow 'src.port = 31004' | tail -1)" "rule 1"
all='ip = 198.51.100.2 and src.port >= 31001 and src.port <= 31009'
preview "$all" >"$WORK/preview"
same "how many it is about, whose" "$(jq -c '[.flows, .hosts, (.bytes > 100), (.examples | length), .touches_inside, .refused]' "$WORK/preview")" \
	'[3,1,true,3,false,null]'
same "... what is left alone, and why" "$(jq -c '[.protected[] | [.why, .text, .flows]]' "$WORK/preview")" \
	'[["NTP","NTP",1],["ALLOWED","allowed by a rule",1]]'
same "nothing is in force so far" "$(api rules | jq '.items | length')" 1

rests() { # PORT...: no more bytes of them
	local port before=() i=0
	tick 2
	for port; do before+=("$(flow "src.port = $port" '.bytes.up + .bytes.down')"); done
	tick 2
	for port; do
		[ "$(flow "src.port = $port" '.bytes.up + .bytes.down')" = "${before[i]}" ] || return 1
		i=$((i + 1))
	done
}
token=$(jq -c '{token}' "$WORK/preview")
post acts "$token" >"$WORK/done"
same "what was shown is what it is about" "$(jq -c . "$WORK/done")" '{"id":2,"flows":3,"confirm":null,"panic":false}'
meets() { [ "$(api rules | jq -c '[.items[] | .flows]')" = "[1,3]" ]; }
check "... and the rules say how many they meet now" wait_for 10 meets
check "... those three rest" wait_for 30 rests 31001 31002 31003
check "... and the exception goes on" eval '! rests 31004'
same "... NTP passes" "$(echo more | in_ns r timeout 5 socat -t 2 - UDP:198.51.100.2:123,sourceport=31009)" more
same "once" "$(post acts "$token" | jq -r '"\(.status) \(.code)"')" "410 preview-gone"
say undo 2 >/dev/null

same "one that is never blocked has no token" "$(preview 10.0.1.1 | jq -c '[.token, .refused, .touches_inside]')" \
	'[null,{"why":"OWN","text":"with an address of this machine"},true]'
same "one that does not parse is refused" "$(preview 'dst.prot = 1' | jq -r '"\(.status) \(.errors[0].pointer)"')" "400 /what"
say block "$all" --dry-run >"$WORK/dry"
same "the command line shows it" "$(grep -c '^now: 3 flows, hosts: 1, ' "$WORK/dry") $(grep -c '^in the last 24 h: ' "$WORK/dry") \
$(grep -c '^left alone, NTP: 1' "$WORK/dry") $(tail -1 "$WORK/dry")" "1 1 1 nothing was changed"
same "... and a reason why not" "$(say block 10.0.1.1 --dry-run | grep refused)" "it would be refused: it is with an address of this machine"
same "POST of a rule, too, without a token" "$(post rules '{"what":"192.0.2.1","dry_run":true}' | jq -c '[.token, .flows]')" '[null,0]'
same "nothing came of these" "$(api rules | jq '.items | length')" 1

acts() { api audit | jq -c '.items[] | select(.act == "rule") | '"$1"; }
told() { acts .result | grep -q 'done, rule 2'; }
check "it is on record" wait_for 5 told
same "... with what was shown" "$(acts 'select(.result == "done, rule 2") | [.dry_run, .preview.flows, .preview.entries, .preview.hosts, (.preview.past_flows != null)]')" \
	'[false,5,3,1,true]'
same "... and so is what was only looked at, also what would be refused" \
	"$(acts 'select(.dry_run) | [.target, .result]' | sort -u | grep -c 'shown, not done') $(acts 'select(.dry_run and (.ok | not)) | .result' | sort -u)" \
	'3 "refused: it is with an address of this machine"'
daemon_stop

# Without a history the rest is told.
daemon_start r lan wan -- --max-flows 4096 --state "$WORK/state" --history off || finish
same "without a history" "$(preview 198.51.100.9 | jq -c '[.past, .past_lack, (.token != null)]')" '[null,"no history is kept",true]'
same "... an end, too" "$(post acts/preview '{"verb":"kill","filter":"dst.port = 1"}' | jq -c '[.past, .past_lack]')" \
	'[null,"no history is kept"]'
daemon_stop
finish
