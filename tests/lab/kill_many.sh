#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 180
# Many connections are ended at once: shown first, with what is protected left out and named, then those and
# no others; by command line and API. Both ends of each notice, others go on.
. "$(dirname "$0")/lib.sh"
need_product
command -v python3 >/dev/null || {
	skip "kill_many" "python3 is not installed"
	finish
}
lab_router || ok_if 1 "the lab is there"
lab_keep_neighbours
spawn server.log s python3 tests/lab/ends.py serve 9000
spawn ntp.log r socat UDP-LISTEN:123,fork,reuseaddr PIPE
wait_for 5 listening s 9000
daemon_start r lan wan -- --max-flows 4096 --state "$WORK/state" --history off || finish

begin() { # PORT...
	for port; do
		spawn client.log c python3 tests/lab/ends.py talk 198.51.100.2 9000 "$port" 60
		wait_for 10 flow_is "src.port = $port" .state ESTABLISHED || return 1
	done
}
ended_as() { sed -n "s/^end $1 \([a-z]*\) .*/\1/p" "$WORK/client.log" | head -1; } # PORT
all_ended() { for port; do [ -n "$(ended_as "$port")" ] || return 1; done; }
check "connections talk" begin 30001 30002 30003 30004
echo now | in_ns c timeout 5 socat -t 2 - UDP:10.0.1.1:123,sourceport=31000 >"$WORK/now"
check "one of them is NTP with the router" wait_for 6 flow_is src.port=31000 .dst.port 123
cli() { "$FLOWBPF" "$@" --socket "$socket" </dev/null 2>&1; }
these='src.port >= 30001 and src.port <= 30003 or dst.port = 123'

cli kill --filter "$these" --dry-run >"$WORK/dry"
same "a dry run says how many, and what is left alone" "$(grep -o 'match: 4, to be ended: 3; hosts: 1' "$WORK/dry")
$(grep -o 'left alone, NTP: 1' "$WORK/dry")" "match: 4, to be ended: 3; hosts: 1
left alone, NTP: 1"
same "not without a terminal or --yes" "$(cli kill --filter "$these" | grep -c 'nothing was ended.*kill needs --yes')" 1
same "not if more match than --at-most" "$(cli kill --filter "$these" --yes --at-most 2 | grep -c 'nothing was ended.*match: 4, more than')" 1
same "not by an empty filter, nor with an id beside it" "$(cli kill --filter '' >/dev/null; echo $?) $(cli kill --filter a 1 >/dev/null; echo $?)" "2 2"
same "nothing has ended so far" "$(ended_as 30001)$(ended_as 30002)$(ended_as 30003)" ""
same "--yes ends them" "$(cli kill --filter "$these" --yes --reason 'lab: many' | tail -1)" "3 connections ended, or with their next packet"
check "their clients notice" wait_for 5 all_ended 30001 30002 30003
same "... a reset" "$(ended_as 30001) $(ended_as 30002) $(ended_as 30003)" "reset reset reset"
resets() { [ "$(grep -c '^end [0-9]* reset' "$WORK/server.log")" = 3 ]; }
check "... the server, too" wait_for 5 resets
check "the fourth talks on" eval 'tick 2 && [ -z "$(ended_as 30004)" ] && flow_is src.port=30004 .state ESTABLISHED'
same "NTP was not touched" "$(flow src.port=31000 '.closed // "open"')" open

acts() { api audit | jq -r ".items[] | select(.act == \"kill\") | $1"; }
told() { [ "$(acts .result | tail -1)" = "done, 3 connections" ]; }
check "it is on record" wait_for 5 told
same "... with what was shown, and why" "$(acts '"\(.preview.flows) \(.preview.entries) \(.reason) \(.count)"' | tail -1)" "4 3 lab: many 3"
same "the list of what was begun names the verb" "$(api deletions | jq -c '.items[0] | [.verb, .done, .failed, .running]')" '["kill",3,0,false]'

# --- what was shown is what is ended --------------------------------------------------------------
post() { curl -sS -m 10 --unix-socket "$socket" "http://localhost/api/v1/$1" --json "$2"; }
over() { [ "$(flows 'src.port >= 30001 and src.port <= 30003' | jq '[.[] | select(.closed)] | length')" = 3 ]; }
check "the three are over" wait_for 20 over
token=$(post acts/preview '{"verb":"kill","filter":"src.port >= 30004 and src.port <= 30009"}' | jq -c '{token}')
check "another one comes while one thinks" begin 30005
same "what was shown is ended" "$(post acts "$token" | jq -c '[.entries, .done]')" "[1,1]"
check "... its client notices" wait_for 5 all_ended 30004
check "... and the new one talks on" eval 'tick 2 && [ -z "$(ended_as 30005)" ]'
same "nothing to end: no token" "$(post acts/preview '{"verb":"kill","filter":"dst.port = 123"}' |
	jq -c '[.token, .entries, .left_out[0].reason, .left_out[0].detail]')" '[null,0,"protected","NTP"]'
tick 3
same "the books are exact" "$(books lan rx | awk '{ print $1 == $2, $3 == $4 }') $(books wan rx | awk '{ print $1 == $2, $3 == $4 }')" "1 1 1 1"
daemon_stop
finish
