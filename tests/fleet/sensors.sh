#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# Two sensors of two sites on the same router, and a hub: how each fares, whether its books agree with what the
# engine has, and who is silent; the same by the command line, without a hub.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab
clickhouse_start
check "the tables are made" fleet_init
edge_start() { # the sensor of the other side, without an API that others reach
	spawn edge.log r "$FLOWBPF" attach wan --listen none --socket "$WORK/edge.sock" --state "$WORK/edge" --history off \
		--clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" --sensor-name edge --site bonn --tag region=north
	edge=$spawned
	wait_for 20 curl -sSf --unix-socket "$WORK/edge.sock" http://localhost/api/v1/health >/dev/null
}
fleet_start --sensor-name gw --site berlin --tag region=north --tag rack=7
check "another sensor starts" edge_start
spawn hub.out r "$FLOWBPF" hub --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" --listen 127.0.0.1:8090 --no-login --socket "$WORK/hub.sock"
hub() { in_ns r curl -sS -m 35 --noproxy '*' -g "http://127.0.0.1:8090/api/v1/$1"; } # TARGET
check "a hub starts" wait_for 20 hub session
traffic 50000
traffic_that_stays

# --- how they fare -------------------------------------------------------------------------------------------
both_are() { [ "$(hub fleet/sensors | jq -c '[.items[].state]')" = "[\"$1\",\"$1\"]" ]; } # STATE
check "both are heard of and well" wait_for 60 both_are ok
same "by name, site and tags" "$(hub fleet/sensors | jq -c '[.items[] | [.sensor, .site, .tags, .reason]]')" \
	'[["edge","bonn",["region=north"],null],["gw","berlin",["region=north","rack=7"],null]]'
same "each has a number, a version and a moment of now" "$(hub fleet/sensors | jq -c '[.items[] | (.sensor_id | test("^[0-9a-f]{32}$")), .version != "", .age_ms < 30000] | unique')" '[true]'
same "groups are of sites" "$(hub fleet/sensors | jq -c '[.by, (.groups[] | [.key, .sensors, .ok])]')" '["site",["berlin",1,1],["bonn",1,1]]'
same "or of what a tag says" "$(hub 'fleet/sensors?by=region' | jq -c '[.by, (.groups[] | [.key, .sensors, .ok])]')" '["region",["north",2,2]]'
same "who has no such tag is in a group without a name" "$(hub 'fleet/sensors?by=rack' | jq -c '[.groups[].key]')" '["","7"]'
same "totals are those of both" "$(hub fleet/sensors | jq -c '.totals.sensors == 2 and .totals.bytes == ([.items[].bytes] | add)')" true

# --- books ---------------------------------------------------------------------------------------------------
# what a sensor counted is told by flows that ended; books are of what had the time to arrive
check "then it is quiet" wait_for 60 still
told_all() { hub fleet/sensors | jq -e --argjson n "$(counted | cut -d' ' -f1)" '.items[1].books | .balanced and .told.bytes == $n and .arrived.bytes == $n'; }
check "the books are balanced, to the byte that the sensor counted" wait_for 150 told_all
same "the other's, too" "$(hub fleet/sensors | jq '.items[0].books | .balanced and .told == .arrived and .dropped.bytes == 0')" true
same "what moved is what the engine has" "$(hub fleet/sensors | jq -r '.totals.bytes')" "$(sql 'SELECT sum(bytes_up + bytes_down) FROM flowbpf.flows')"
series=$(hub 'fleet/series?since=-10m')
same "rates are by sensor" "$(jq -c '[.series[].key] | sort' <<<"$series")" '["edge","gw"]'
gw_bytes=$(jq '[.series[] | select(.key == "gw").values[] | select(. != null)] | add * '"$(jq .step_s <<<"$series")"' / 8 | round' <<<"$series")
near() { [ "$1" -gt $(($2 * 97 / 100)) ] && [ "$1" -lt $(($2 * 103 / 100)) ]; }
check "and add up to about what moved" near "$gw_bytes" "$(counted | cut -d' ' -f1)" || note "$gw_bytes, $(counted)"
same "or by site" "$(hub 'fleet/series?since=-10m&by=site' | jq -c '[.by, ([.series[].key] | sort)]')" '["site",["berlin","bonn"]]'
now=$(date -u -d @$((EPOCHSECONDS / 10 * 10)) +%FT%TZ)
series_of() { hub "fleet/series?since=-10m&until=$now&by=$1" | jq -c '.step_s as $s | [.series[] | [.key, ([.values[] | select(. != null)] | add * $s / 8 / 1000 | round)]] | sort'; } # BY: kB of each
same "or by a tag" "$(series_of tag:region | jq -c 'map(.[0])')" '["north"]'
check "which is what all of them counted, but for rounding" near "$(series_of tag:region | jq '.[0][1]')" "$(series_of sensor | jq '[.[][1]] | add')"
same "who has no such tag has a line without a name" "$(series_of tag:rack | jq -c 'map(.[0])')" '["","7"]'
same "of nothing else" "$(hub 'fleet/series?by=tag:' | jq -r '.errors[0].parameter')" by
same "of any time no more than so many points" "$(hub 'fleet/series?since=1971-01-01T00:00:00Z&until=2100-01-01T00:00:00Z' | jq -c '(.series | length > 0) and all(.series[]; .values | length <= 362)')" true
same "the largest alone, and the rest" "$(hub 'fleet/series?since=-10m&limit=1' | jq -c '[(.series | length), .others, .rest != null]')" '[1,1,true]'
table=$(in_ns r "$FLOWBPF" fleet sensors --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login")
same "the command line says it without a hub" "$(awk '{ print $1, $2, $3 }' <<<"$table" | paste -sd,)" "SENSOR SITE STATE,edge bonn ok,gw berlin ok"
same "and as the API does" "$(in_ns r "$FLOWBPF" fleet sensors --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" --json | jq -c '[.items[].sensor]')" '["edge","gw"]'

in_ns r env FLOWBPF_URL=http://127.0.0.1:8090 FLOWBPF_SOCKET="$WORK/hub.sock" node tests/fleet/answers.mjs >"$WORK/answers.log"
same "answers are what the document says" "$(sed 's/^[1-9][0-9]* passed, //' "$WORK/answers.log")" "0 failed"

listed=$(in_ns r "$FLOWBPF" flows --socket "$WORK/hub.sock" --all --filter 'dst.port = 443 and sensor = gw' --csv --limit 0 | sed 1d | wc -l)
same "flows of a hub are listed by its socket, too" "$listed" "$(hub 'flows?limit=1&filter=dst.port%3D443%20and%20sensor%3Dgw' | jq .page.matched)"

# --- who is not well -----------------------------------------------------------------------------------------
columns=$(sql "SELECT name FROM system.columns WHERE database = 'flowbpf' AND table = 'flows_local'" | paste -sd,)
sql "INSERT INTO flowbpf.flows_local ($columns) SELECT $columns FROM flowbpf.flows WHERE sensor = 'gw' AND bytes_up > 0 ORDER BY time LIMIT 1"
state_of() { hub fleet/sensors | jq -c ".items[] | select(.sensor == \"$1\") | [.state, .reason]"; } # SENSOR
same "a row that no sensor told: its books disagree" "$(state_of gw)" '["losing","books"]'
same "by so many bytes more" "$(hub fleet/sensors | jq -r '.items[1].why' | grep -cE 'the engine has [0-9]+ bytes more than it wrote')" 1
FLOWBPF_URL=http://127.0.0.1:8090 FLOWBPF_SOCKET=$WORK/hub.sock FLOWBPF_OUT=${O:-build}/web-shots \
	in_ns r timeout 100 node tests/web/run.mjs fleet >"$WORK/page.log" 2>&1
same "so does its page" "$(grep -c '^ok' "$WORK/page.log") $(grep '^not ok' "$WORK/page.log")" "14 " || note "$(tail -20 "$WORK/page.log")"
kill -9 "$edge"
killed=$EPOCHSECONDS
is_silent() { [ "$(state_of edge)" = '["silent","silent"]' ]; }
check "one that was killed is silent" wait_for 100 is_silent
silent_after=$((EPOCHSECONDS - killed))
check "within 75 s" test "$silent_after" -le 75 || note "$silent_after s"
same "its rates are 0" "$(hub fleet/sensors | jq -c '.items[0] | [.rate_bps, .flows_per_s]')" '[0,0]'
same "it is still listed beyond the time that is asked about" "$(hub 'fleet/sensors?since=-20s' | jq -c '.items[0] | [.sensor, .state, .lag_ms]')" '["edge","silent",null]'
check "started again it is the same sensor, and well" edge_start
check "and of its books the earlier run is a part" wait_for 60 eval '[ "$(state_of edge)" = "[\"ok\",null]" ]'
same "it is one sensor" "$(hub fleet/sensors | jq '.totals.sensors')" 2

# --- what it cannot do ---------------------------------------------------------------------------------------
same "a time that is too long is refused" "$(hub 'fleet/sensors?since=-30d' | jq -r '.errors[0].parameter')" since
same "a sensor is no hub, and says so" "$(api fleet/sensors 2>/dev/null | jq -r .code)" hub-only
columns=$(sql "SELECT name FROM system.columns WHERE database = 'flowbpf' AND table = 'sensors_local'" | paste -sd,)
sql "INSERT INTO flowbpf.sensors_local ($columns) SELECT $(sed "s/\bsensor_id\b/'it\\\\'s'/" <<<"$columns") FROM flowbpf.sensors ORDER BY time DESC LIMIT 1"
same "what a sensor writes for its number is no part of a statement" "$(hub fleet/sensors | jq -r '.items[] | select(.sensor_id | startswith("it")).books.arrived.bytes')" 0
clickhouse_stop
same "a server that is away is told by its address" "$(hub fleet/sensors | jq -r '.code, .detail' | grep -c '^history-fails\|10.9.9.2:8123')" 2
kill "$edge"
daemon_stop
finish
