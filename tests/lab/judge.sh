#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 120
# A router judges what it sees: scans of a stranger and of a host of its own, guessing of passwords
# at a real sshd, and beside them work that is nothing to be told.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
ip -n "$TAG-s" address add 198.51.100.66/24 dev eth0 # who scans, ...
ip -n "$TAG-s" address add 198.51.100.77/24 dev eth0 # ... who guesses
ip -n "$TAG-s" address add 198.51.100.3/24 dev eth0  # nobody asks for its name
ip -n "$TAG-c" address add 10.0.1.66/24 dev eth0
nginx_start s
dnsmasq_start s www.lab.test 198.51.100.2
sshd_start r 198.51.100.1
start() { daemon_start r lan wan -- --state "$WORK/state" "$@" || finish; }
start
in_ns c ping -c 2 -i 0.2 198.51.100.2 >/dev/null # what goes on when the daemon comes is not told of

knock() { in_ns "$1" python3 tests/lab/portscan.py "$2" "$3"; } # NS FROM TO
guess() { # without a key that fits
	local i
	for i in 1 2 3 4 5 6 7 8; do
		in_ns s ssh -F /dev/null -b 198.51.100.77 -o BatchMode=yes -o ConnectTimeout=5 \
			-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
			"guest$i@198.51.100.1" true </dev/null
	done >/dev/null 2>&1
}
work() {
	local i
	in_ns c dig +short +tries=1 @198.51.100.2 www.lab.test
	for i in 1 2 3 4 5 6; do get c "w$i.lab.test" 198.51.100.2 1000; done
	in_ns c ping -c 2 -i 0.2 198.51.100.2
} >/dev/null
worst() { flows "$1" sort=-risk | jq -r '.[0].risk // "none"'; } # FILTER
reaches() { [ "$(worst "$1")" -ge "$2" ]; } # FILTER RISK

start=$SECONDS
work
knock s 198.51.100.66 198.51.100.1 &
knock c 10.0.1.66 198.51.100.3 &
guess &
wait -n -f && wait -n -f && wait -n -f
check "who tries closed ports from outside is a scanner" \
	wait_for 20 reaches 'src.ip = 198.51.100.66 and evidence ~ scan' 50
check "a host inside that does, too" wait_for 20 reaches 'src.ip = 10.0.1.66 and evidence ~ scan' 50
check "who guesses passwords is seen" wait_for 20 reaches 'src.ip = 198.51.100.77 and evidence ~ brute' 50
# --- what comes of them ---------------------------------------------------------------------------------
incident() { api "incidents?${2:-}&host=$1" | jq -c '[.items[] | [.kind, .severity, .state]] | sort | .[]' | tr '\n' ' '; } # HOST [PARAMS]
opens() { [[ $(incident "$1") == *"[\"$2\",\"high\",\"open\"]"* ]]; } # HOST KIND
check "a scanner is an incident" wait_for 10 opens 198.51.100.66 scan
check "so is the one inside" wait_for 5 opens 10.0.1.66 scan
check "so is who guesses" wait_for 5 opens 198.51.100.77 brute
one=$(api 'incidents?host=198.51.100.66&kind=scan' | jq '.items[0]')
same "with flows that are there, and whom it is about" \
	"$(jq -c '[.flows >= 5, .peers, .peer, .inside, (.samples | length > 0), .risk >= 50, (.sentence | length > 0)]' <<<"$one")" \
	'[true,1,"198.51.100.1",false,true,true,true]'
check "... whose samples are flows" eval '[ "$(api "flows/$(jq -r ".samples[-1].flow" <<<"$one")" | jq -r .src.ip)" = 198.51.100.66 ]'
check "the command line lists it" eval "'$FLOWBPF' incidents --socket '$socket' --severity high --open | grep -qE '^high +open +scan +198.51.100.66 '"
check "it is in the log" eval "api log | jq -r '.items[].message' | grep -q '^scan of 198.51.100.66: '"
open_high() { curl -sS --unix-socket "$socket" http://localhost/metrics | sed -n 's/^flowbpf_incidents_open{severity="high"} //p'; }
high=$(open_high)
same "metrics count it" "$([ "$high" -ge 3 ]; echo $?)" 0
"$FLOWBPF" incident silence 198.51.100.66 --kind scan --peer 198.51.100.1 --reason "ours" --socket "$socket" >"$WORK/out" 2>&1
same "a pair is silenced" "$? $(cat "$WORK/out")" \
	'0 silence 1: incidents of 198.51.100.66 are not shown; "flowbpf incident unsilence 1" ends it'
same "... at once, and for what was" "$(api 'incidents?host=198.51.100.66&kind=scan' | jq '.items | length') $(open_high)" "0 $((high - 1))"
same "... which who asks for it sees" "$(api 'incidents?host=198.51.100.66&kind=scan&silenced=true' | jq -c '[.items[].silence]')" "[1]"
same "... its flows are as risky as before" "$(reaches 'src.ip = 198.51.100.66 and evidence ~ scan' 50; echo $?)" 0
recorded "that is on the record of acts" '.items[] | select(.act == "silence") | [.target, .reason, .ok] | join("; ")' \
	"incidents of scan, 198.51.100.66 and 198.51.100.1; ours; true"
check "the command line lists silences" eval "'$FLOWBPF' incidents --silences --socket '$socket' | grep -qE '^ *1 +scan +198.51.100.66 +198.51.100.1 +for good'"
"$FLOWBPF" incident unsilence 1 --socket "$socket" >/dev/null
same "... and it is taken back" "$(open_high)" "$high"

note "after $((SECONDS - start)) s: $(flows 'risk > 0' | jq -c '[.[] | [.src.ip, .dst.port, .risk, .evidence]] | unique | .[:8]')"
told() { [ "$(flows 'src.ip = 10.0.1.2' | jq 'length >= 8 and all(.risk != null)')" = true ]; }
check "what people do is judged" wait_for 15 told
same "and nothing to be told" "$(flows 'src.ip = 10.0.1.2 and risk >= 25' | jq -c '[.[] | [.dst, .risk, .evidence]]')" '[]'
same "classes are of their risk" "$(flows 'risk.class = high' | jq 'length > 0 and all(.risk >= 50)')" true
windows() { [ "$(api windows | jq '[.items[].predictions | .allow + .inspect + .deny] | add > 20')" = true ]; }
check "windows say what is said of their flows" wait_for 15 windows
same "of no more than moved, with averages" "$(api windows | jq -c '[.items[] | select(.predictions.avg_risk != null) |
	(.predictions | .allow + .inspect + .deny) <= .traffic.total_flows and .predictions.avg_risk <= 1 and
	.predictions.agreement_rate <= 100 and .predictions.avg_confidence >= .5] | unique')" '[true]'
same "the judge tells what it remembers and takes" \
	"$(api health | jq -c '.judge | [.on, .flows > 30, (.tables | length > 10 and all(.used <= .max)), .tables.called.used >= 1]')" \
	'[true,true,true,true]'
same "metrics have it" "$(curl -sS --unix-socket "$socket" http://localhost/metrics |
	grep -c '^flowbpf_judge_table_entries{table="called"} [1-9]')" 1
same "verdicts are groups" \
	"$(curl -sS -G --unix-socket "$socket" http://localhost/api/v1/flows -d group_by=verdict -d live=both |
		jq -r '[.items[].key] - [null] | sort | join(" ")' | grep -c 'allow')" 1

id=$(flows 'src.ip = 198.51.100.66 and evidence ~ scan' sort=-risk | jq -r '.[0].id')
one=$(api "flows/$id")
same "one flow says why, by its points" "$(jq '(.judge.evidence | map(.points) | add | if . > 100 then 100 else . end) == .risk' <<<"$one")" true
same "in a sentence with its numbers" \
	"$(jq -r '.judge.evidence[] | select(.kind == "scan") | .why' <<<"$one" | grep -cE '[0-9]+ ports|scanning')" 1
same "and what the learned judge says, by what" \
	"$(jq -c '[.judge.learned == .learned or .learned == "unsure", .judge.action == .verdict, (.judge.cells | length), .judge.confidence == .confidence]' <<<"$one")" \
	'[true,true,3,true]'
alarmed() { [ "$(api alerts | jq -c '[.items[] | select(.rule == "risk-high") | .key] | unique')" = '["10.0.1.66"]' ]; }
check "a host inside that is risky is an alert, a stranger is none" wait_for 15 alarmed
check "the command line lists what is risky" grep -qE '^198.51.100.66,.*scan' \
	<(say flows --all --filter 'risk >= 50 and src.ip = 198.51.100.66' --fields src.ip,evidence --csv)
verdict() { api "flows/$id" | jq -c '[.verdict, .judge.taught, .risk >= 50]'; }
served() { [ "$(verdict)" = "$1" ]; }
check "who says that it is fine is heard" say teach allow "$id" --reason 'our own scan'
check "from the next second on, and points stay" wait_for 3 served '["allow","allow",true]'
same "it is on the list" "$(api teachings | jq -c '.items | map([.id, .deny, .client, .server])')" \
	'[[1,false,"198.51.100.66","198.51.100.1"]]'
recorded "and on record, with its reason" '.items | map(select(.act == "teach") | [.reason, .ok]) | unique' \
	'[["our own scan",true]]'
check "what he takes back is as if he had never said it" say teach --undo 1
untaught() { [ "$(verdict | jq -c '.[0] != "allow" and .[1] == null')" = true ]; }
check "both judges are heard again" wait_for 3 untaught
check "none is taken back twice" eval '! say teach --undo 1'
check "the other way round, too" say teach deny "$id"
check "likewise" wait_for 3 served '["deny","deny",true]'
daemon_stop

start
same "after a restart it is remembered" "$(api teachings | jq -c '.items | map([.id, .deny])')" '[[2,true]]'
daemon_stop
printf 'torn' >>"$WORK/state/judge.state"
start --judge off
check "incidents outlive a restart" opens 198.51.100.66 scan
work
there() { [ "$(flows 'tls.sni = w1.lab.test' | jq length)" -ge 1 ]; }
check "without a judge there are flows" wait_for 6 there
same "of which nothing is said" "$(flows 'risk >= 0' | jq length)" 0
same "nor why" "$(api "flows/$(flow 'tls.sni = w1.lab.test' .id)" | jq -c '[.risk, .verdict, .evidence, has("judge")]')" '[null,null,[],false]'
same "nobody can be taught" "$(say teach allow "$(flow 'tls.sni = w1.lab.test' .id)" | grep -c 'judge off')" 1
daemon_stop
start
same "what is torn is no teaching" "$(api teachings | jq '.items | length')" 0
check "and stays beside" [ -s "$WORK/state/judge.state.old" ]
finish
