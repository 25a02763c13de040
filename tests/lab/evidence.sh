#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 200
# Evidence: an archive that sha256sum proves, with the flows of a host as history has them, acts, log,
# windows and who asked; by operators only, and nothing is left where it was made.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_pair
ip -n "$TAG-a" address add 10.9.0.3/24 dev eth0
nginx_start b
state=$WORK/state
daemon_start b eth0 -- --state "$state" || finish
get a shop.lab.test 10.9.0.2 1000
get a news.lab.test 10.9.0.2 1000 --interface 10.9.0.3
api hosts/10.9.0.3/name -X PUT -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' -d '{"name":"box"}' >/dev/null
kept() { [ "$(api 'flows?source=history&live=both&limit=9&filter=proto%3Dtcp' | jq '[.items[] | select(.closed)] | length')" = 2 ]; }
check "both connections are in the history" wait_for 30 kept || finish
window() { [ "$(api windows | jq '.items | length')" -gt 0 ]; }
wait_for 20 window

evidence() { "$FLOWBPF" evidence --socket "$socket" --output "$WORK/case.tar.gz" "$@"; }
open_case() { rm -rf "$WORK/case" && mkdir "$WORK/case" && tar -C "$WORK/case" -xzf "$WORK/case.tar.gz"; }
proven() { (cd "$WORK/case" && sha256sum -c --quiet SHA256SUMS); }
of() { jq -r "$2" "$WORK/case/$1"; } # FILE JQ-EXPRESSION

check "evidence of a host is made" evidence --host 10.9.0.3 --since 1h
check "tar reads it" open_case
check "each file is what its digest says" proven
same "it has the flow of that host alone" "$(of flows.ndjson '"\(.src.ip) \(.dst.host) \(.bytes.up + .bytes.down > 1000)"')" \
	"10.9.0.3 news.lab.test true"
lasting() { jq -S 'del(.idle_ms, .names[].age_s)' "$@"; } # what does not go on with the clock
same "... as an export of the history has it" "$(lasting "$WORK/case/flows.ndjson")" \
	"$("$FLOWBPF" export --socket "$socket" --since 1h --filter 'ip=10.9.0.3' | lasting)"
same "what was done" "$(of acts.ndjson '"\(.act) \(.target) \(.role) \(.result)"')" "name 10.9.0.3 box admin done"
same "when the program ran" "$(of runs.ndjson '.version' | wc -l)" 1
check "the log and windows of the time" [ "$(wc -l <"$WORK/case/events.ndjson")" -gt 0 -a "$(wc -l <"$WORK/case/windows.ndjson")" -gt 0 ]
same "who asked, for what, on which machine" "$(of about.json '"\(.role) \(.asked.ip) \(.host) \(.interfaces[0].name)"')" \
	"admin 10.9.0.3 $(uname -n) eth0"
same "nothing is left beside the state" "$(cd "$state" && find . -name '*.tmp*' | wc -l)" 0
printf x >>"$WORK/case/flows.ndjson"
check "a byte more is seen" sh -c "! (cd '$WORK/case' && sha256sum -c --quiet SHA256SUMS 2>/dev/null)"
same "who may only look may not take it along" "$(in_ns b curl -sS -o /dev/null -w '%{http_code}' \
	"http://127.0.0.1:8080/api/v1/evidence.tar.gz")" 403
evidence --filter 'port = = 1' 2>"$WORK/err"
same "a filter that makes no sense is refused, and the file of before stays" "$? $(tar -tzf "$WORK/case.tar.gz" | wc -l)" "2 7"
finish
