#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# What history adds up: sums of a period are the flows' to the byte, by everything that they are told
# apart by, over a restart too; lines over time, hours of the week, what is refused.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_pair
ip -n "$TAG-a" address add 10.9.0.3/24 dev eth0
nginx_start b
state=$WORK/state
start() { daemon_start b eth0 -- --state "$state"; }
start || finish
begun=$(date -u +%Y-%m-%dT%H:%M:%SZ)
for i in 1 2 3; do get a shop.lab.test 10.9.0.2 1000000; done
get a news.lab.test 10.9.0.2 1000 --interface 10.9.0.3

top() { api "history/top?since=$begun&$1"; }         # QUERY
of() { top "$1" | jq -r "$2"; }                       # QUERY JQ-EXPRESSION
all='[.items[].bytes | .up + .down] | add'
adds_up="($all) == (.total.bytes | .up + .down) and .total.bytes.down > 3000000"
flows_bytes() { flows "ip=10.9.0.2 and proto=tcp" | jq '[.[].bytes | .up + .down] | add'; }
is() { [ "$(of "$1" "$2")" = "$3" ]; }

over() { [ "$(flows "ip=10.9.0.2 and proto=tcp" | jq 'length == 4 and all(.[]; .closed)')" = true ]; }
check "four connections were seen to their end" wait_for 15 over || finish
moved=$(flows_bytes)
check "... with what they carried" [ "$moved" -gt 3001000 ]
check "within ten seconds and a bit their sum is kept" wait_for 20 is by=protocol \
	'.items[] | select(.key == "tcp").bytes | .up + .down' "$moved"
for by in interface protocol host name verdict; do
	check "what is told apart by $by adds up to all" is by=$by "$adds_up" true
done
same "a name's sum is its flows'" "$(of by=name '.items[] | select(.key == "shop.lab.test").bytes | .up + .down')" \
	"$(flows 'dst.host=shop.lab.test' | jq '[.[].bytes | .up + .down] | add')"
same "a host alone" "$(of 'by=host&key=10.9.0.3' '[.items[].key] | join(" ")')" 10.9.0.3
same "... has that of its flows" "$(of 'by=host&key=10.9.0.3' "$all")" \
	"$(flows 'src.ip=10.9.0.3' | jq '[.[].bytes | .up + .down] | add')"
same "nobody counted before: there is nothing to compare with" "$(of 'by=host&compare=day' \
	'[.compared_with == null, .total.before, .items[0].before] | tostring')" '[false,null,null]'

lines() { api "history/series?since=$begun&$1" | jq -r "$2"; }
bits='[.series[].values[]] | map(. // 0) | add'
check "lines by name are those of all, to the rounding" [ "$(lines "by=name" "$bits" | cut -d. -f1)" -gt \
	$((moved * 8 / 10 * 9 / 10)) ]
same "what no line is of is other" "$(lines 'by=name&limit=1' '[.series[].key] | join(" ")')" \
	"shop.lab.test.up shop.lab.test.down other.up other.down"
same "a week has seven days of 24 hours" "$(api 'history/heat' | jq -c '.rate_bps | [length, (.[0] | length)]')" "[7,24]"
same "one hour of it or two are known" "$(api 'history/heat' |
	jq '[.rate_bps[][] | select(. != null)] | length | . == 1 or . == 2')" true

quality() { api "history/quality?since=$begun&by=$1" | jq -c "$2"; }
near='def near(a; b): (a - b | fabs) <= a * 0.04 + 0.004; def most: [.[].latency | .up_ms + .down_ms] | max;'
measured() { [ "$(quality total .total.measured)" = 4 ]; } # ends come to it after the bytes do
check "how well they did is told of those that ended" wait_for 30 measured
check "... by what the flows themselves say" [ "$(flows "ip=10.9.0.2 and proto=tcp" |
	jq --argjson p99 "$(quality total .total.latency_ms.p99)" "$near near(most; \$p99)")" = true ]
same "... and of each client" "$(quality host '[.items[] | [.key, .measured]] | sort')" '[["10.9.0.1",3],["10.9.0.3",1]]'

refused() { curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$socket" "http://localhost/api/v1/history/$1"; }
same "what makes no sense is refused" "$(for query in 'top?by=colour' 'top?since=now&until=-1h' 'series?limit=99' \
	'heat?tz_min=x' 'top?compare=year' 'top?since=2026-13-01T00:00:00Z'; do refused "$query"; done)" 400400400400400400

daemon_stop
start || finish
get a late.lab.test 10.9.0.2 1000000
late() { [ "$(of 'by=name&limit=50' '[.items[].key] | index("late.lab.test") != null and index("shop.lab.test") != null')" = true ]; }
check "a restart goes on where it was" wait_for 25 late
same "... and counts nothing twice" "$(of by=name '.items[] | select(.key == "shop.lab.test").bytes | .up + .down')" \
	"$(api 'flows?source=history&live=both&limit=1&filter=dst.host%3Dshop.lab.test' | jq '.totals.bytes | .up + .down')"
quiet() { [ "$(api 'history/series?since=-60s' | jq '.series[0].values[-2:] | any(. == 0)')" = true ]; }
check "a quiet time was watched" wait_for 40 quiet

daemon_stop
daemon_start b eth0 -- --history off --state "$state" --closed-for 2s --window 20s || finish
same "without a history that is said" "$(refused top)" 404
get a brief.lab.test 10.9.0.2 1000
id() { flow dst.host=brief.lab.test .id | grep -qx '[0-9a-f]*'; }
wait_for 10 id
for _ in {1..20}; do get a short.lab.test 10.9.0.2 1000; done
brief=$(flow dst.host=brief.lab.test .id)
ended() { curl -s --unix-socket "$socket" "http://localhost/api/v1/flows/$brief" | grep -q '"status":410.*ended at 20'; }
check "... and of a flow that is not kept any more the end" wait_for 20 ended
same "a window is as long as was asked" "$(api windows | jq .length_s)" 20
in_windows() { [ "$(api windows | jq '[.items[].traffic.total_flows] | add')" -ge 20 ]; }
check "... and has flows that are gone when it closes" wait_for 30 in_windows
check "... which were" [ "$(api 'flows?live=both' | jq .totals.flows)" -lt 20 ]
finish
