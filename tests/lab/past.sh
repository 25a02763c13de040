#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# History asked by the API: what it says of flows that ended is what live said of them, by each
# route, before and after a restart; what it cannot answer it refuses in a sentence.
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
state=$WORK/state
start() { daemon_start a eth0 -- --max-flows 4096 --state "$state" "$@"; }
past() { api "$1&source=history" "${@:2}"; }
in_past() { [ "$(past "flows?limit=1&$filter" | jq .page.matched)" = 15 ]; }
filter='filter=proto%3Dtcp'
refused() { curl -sS -m 20 --unix-socket "$socket" "http://localhost/api/v1/$1" | jq -r '"\(.status) \(.code): \(.detail)"'; }
spawn server.log b python3 -m http.server 80 --directory "$WORK/reports"
wait_for 10 listening b 80
start || finish
for _ in $(seq 12); do in_ns a curl -sS -m 5 -o "$WORK/page" http://10.9.0.2/; done
in_ns a curl -s -m 5 -o "$WORK/page" "http://[$(in_ns b ip -6 -j addr show eth0 | jq -r '.[0].addr_info[] | select(.scope == "link").local')%25eth0]:80/" # is refused
for name in one two; do in_ns a timeout 2 openssl s_client -connect 10.9.0.2:80 -servername $name.lab.test </dev/null >/dev/null 2>&1; done
in_ns a ping -q -c 2 -i 0.1 10.9.0.2 >/dev/null
check "flows that ended are in history" wait_for 30 in_past

# --- what live said ---------------------------------------------------------------------------------
all=$(api fields | jq -r '[.items[].name] | join(",")')
objects() { jq -cS '[.items[] | del(.idle_ms, .duration_ms, .names[].age_s)] | sort_by(.id) | .[]'; }
api "flows?live=both&limit=1000&$filter" | objects >"$WORK/live"
past "flows?limit=1000&$filter" | objects >"$WORK/past"
check "flow objects are what live said" diff "$WORK/live" "$WORK/past"
rows() { jq -cS '[.items[] | del(.idle_ms, .duration_ms)] | sort_by(.id)'; }
same "... and so are all fields, one by one" "$(past "flows?limit=1000&$filter&fields=$all" | rows)" \
	"$(api "flows?live=both&limit=1000&$filter&fields=$all" | rows)"
same "totals are" "$(past "flows?$filter" | jq -cS '.totals | del(.rate_bps)')" \
	"$(api "flows?live=both&$filter" | jq -cS '.totals | del(.rate_bps)')"
same "a page, sorted, from the third on" "$(past "flows?$filter&sort=-bytes,src.port&fields=id&limit=4&offset=2" | jq -c '[.items, .page.matched]')" \
	"$(api "flows?live=both&$filter&sort=-bytes,src.port&fields=id&limit=4&offset=2" | jq -c '[.items, .page.matched]')"
for question in "flows?group_by=dst.port" "flows?group_by=src.ip,tls.sni&sort=-flows,key" "flows?group_by=owner.process&fields=key,flows,bytes,hosts" \
	"aggregate/destination-ip?metric=bytes" "matrix/source-ip/sni?metric=bytes" "sankey?dims=src.ip,service,tls.sni&metric=bytes" "hosts?limit=50"; do
	same "$question" "$(past "$question&$filter" | jq -cS 'del(.as_of, .epoch, .search, .page.total, .items[]?.active, .items[]?.closed)')" \
		"$(api "$question&live=both&$filter" | jq -cS 'del(.as_of, .epoch, .page.total, .items[]?.active, .items[]?.closed)')"
done
same "all about one address" "$(past 'hosts/10.9.0.2?' | jq -c '[.peers, .host, [.clients[].key]]')" "$(api hosts/10.9.0.2 | jq -c '[.peers, .host, [.clients[].key]]')"
same "an export has them all" "$(past "export.csv?$filter&fields=id,bytes" | sort)" "$(api "export.csv?live=both&$filter&fields=id,bytes" | sort)"
same "... as objects, one a line" "$(past "export.ndjson?$filter" | jq -r .id | sort)" "$(api "export.ndjson?live=both&$filter" | jq -r .id | sort)"
same "by a name in the hello, without regard to case" "$(past 'flows?filter=sni~LAB&fields=tls.sni&sort=tls.sni' | jq -c '[.items[]["tls.sni"]]')" '["one.lab.test","two.lab.test"]'
same "nothing, before there was anything" "$(past 'flows?until=-1h' | jq -c '[.page.matched, .search.done]')" '[0,true]'

in_ns a env FLOWBPF_URL=http://127.0.0.1:8080 node tests/api/past_answers.mjs >"$WORK/api.log"
same "answers are what the document says" "$(sed 's/^[1-9][0-9]* passed, //' "$WORK/api.log")" "0 failed"

# --- a moment -----------------------------------------------------------------------------------------
spawn sink.log b socat -u TCP-LISTEN:9000,fork,reuseaddr OPEN:/dev/null
wait_for 5 listening b 9000
spawn long.log a python3 -c 'import socket, time
to = socket.create_connection(("10.9.0.2", 9000))
while True:
    to.send(b"a line")
    time.sleep(0.2)'
long=$spawned
wait_for 10 flow_is 'dport=9000' '.state != null' true
sleep 1
moment=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sleep 2
kill "$long"
wait_for 5 ended "$long"
ended_in_past() { [ "$(past 'flows?filter=dport%3D9000&limit=1' | jq .page.matched)" = 1 ]; }
check "a longer one has ended" wait_for 30 ended_in_past
same "at a moment it lived, alone" "$(api "flows?at=$moment&filter=proto%3Dtcp&fields=dst.port" | jq -c '[.items[]["dst.port"]]')" '[9000]'
same "... and not before it began" "$(api "flows?at=-2h" | jq .page.matched)" 0

# --- a rule of alerts, tried on it -----------------------------------------------------------------------
try() { "$FLOWBPF" alert try "$1" --since 10m --socket "$socket" 2>&1; }
same "a rule would have fired once" "$(try 'web: dst.port=80 | bytes > 2kb by src.ip window 1m' | sed 's/ since .*//' | head -1)" "web would have fired 1 time"
check "... for whom, and how far it went" eval "try 'web: dst.port=80 | bytes > 2kb by src.ip window 1m' | grep -qE '10.9.0.1 +bytes [0-9.]+ kB, above 2.00 kB'"
same "... a greater one not" "$(try 'web: dst.port=80 | bytes > 2gb by src.ip window 1m' | sed 's/ since .*//')" "web would have fired 0 times"
same "as many as lived at once" "$(try 'long: dst.port=9000 | flows > 0 by dst.ip' | sed 's/ since .*//' | head -1)" "long would have fired 1 time"
same "names that were new" "$(try 'names: tls.sni~"*lab*" | new by tls.sni window 1s' | sed 's/ since .*//' | head -1)" "names would have fired 2 times"
same "what it cannot know, it says" "$(try 'full: disk > 90')" \
	"flowbpf: it is not known whether it would have fired: history does not keep how full the disk was"

# --- the command line ------------------------------------------------------------------------------------
fb() { "$FLOWBPF" "$1" --socket "$socket" "${@:2}"; }
same "history --csv: those that ended" "$(fb history --since 2h --filter 'proto = tcp and port = 80' --csv --fields id,bytes | sort)" \
	"$(api "export.csv?live=both&filter=proto%3Dtcp%20and%20port%3D80&fields=id,bytes" | tr -d '\r' | sort)"
same "... --json: one a line, with a limit" "$(fb history --json --limit 3 --sort -bytes | jq -r .id)" "$(past 'flows?limit=3&sort=-bytes' | jq -r '.items[].id')"
check "... a table, the newest first" sh -c "'$FLOWBPF' history --socket '$socket' | sed -n 2p | grep -q 9000"
same "--group-by" "$(fb history --group-by dst.port,service --sort -flows --json | jq -c '[.items[] | [.keys, .flows]][0]')" '[["80","http"],13]'
check "... as a table" sh -c "'$FLOWBPF' history --socket '$socket' --group-by owner.process --filter 'port = 80' | grep -q '^curl  *13 '"
same "flows --at" "$(fb flows --at "$moment" --filter 'proto = tcp' --csv --fields dst.port | tail -1)" 9000
same "export --since" "$(fb export --since 2h --filter 'port = 80' | jq -r .id | sort)" "$(past 'export.ndjson?filter=port%3D80' | jq -r .id | sort)"
fb history --limit 2 2>"$WORK/err" >/dev/null
same "no bar in a pipe" "$(tr -d '0-9' <"$WORK/err")" " of  flows; --limit  shows all"
check "on a terminal the table is the same" sh -c "script -qec \"'$FLOWBPF' history --socket '$socket'\" /dev/null | grep -q 9000"
check "a rate is a usage error" sh -c "'$FLOWBPF' history --socket '$socket' --filter 'rate > 1M'; [ \$? = 2 ]"

# --- what is refused ------------------------------------------------------------------------------------
same "rates are of now" "$(refused 'flows?source=history&filter=rate%3E1M')" \
	"400 bad-parameter: \`filter\`: rate_bps is of the moment: history does not keep it; ask for bytes or times"
check "a sort by them" grep -q '^400 bad-parameter' <<<"$(refused 'flows?source=history&sort=-rate_bps')"
check "another source" grep -q 'must be one of: live, history' <<<"$(refused 'flows?source=past')"
check "a page too far behind" grep -q '^400 bad-parameter: `offset`' <<<"$(refused 'flows?source=history&offset=100001')"
check "the summary is of now alone" grep -q '^400 bad-parameter' <<<"$(refused 'summary?source=history')"
check "an id that never was" grep -q '^404 no-such-flow' <<<"$(refused flows/0011223344556677)"

# --- a restart --------------------------------------------------------------------------------------------
id=$(head -1 "$WORK/live" | jq -r .id)
daemon_stop
start || finish
same "a link to a flow of the run before" "$(api "flows/$id" | jq -cS 'del(.idle_ms, .duration_ms, .names[].age_s)')" "$(head -1 "$WORK/live")"
same "... among all of them" "$(past "flows?limit=1000&$filter&until=$moment" | jq -r '[.items[].id] | sort | .[]')" "$(jq -r .id "$WORK/live")"
daemon_stop
start --history off || finish
check "without a history it says so" grep -q '^404 no-history' <<<"$(refused 'flows?source=history')"
finish
