#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# The dashboard of a fleet for Grafana: every query of it as Grafana's data source sends it, to a real server with a sensor's
# rows, by a login that may only read. Answers are what the rows say: sums, names, lag, losses, verdicts.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
board=user/dist/grafana-fleet.json
same "it is of Grafana's data source for ClickHouse" "$(jq -r '[.schemaVersion, .templating.list[0].query, ([.panels[].targets[].datasource.type] | unique[])] | join(" ")' $board)" \
	"39 grafana-clickhouse-datasource grafana-clickhouse-datasource"
same "each panel has a place and a number of its own" "$(jq -c '[.panels | ([.[].gridPos | "\(.x),\(.y)"], [.[].id]) | length == (unique | length)] | unique' $board)" '[true]'
same "a query is shown as what it is asked for" "$(jq -c '[.panels[] | .targets[] as $t | (.type == "timeseries") == ($t.queryType == "timeseries" and $t.format == 0)] | unique' $board)" '[true]'

fleet_lab
sed -i 's,</sensor></users>,</sensor><reader><password>pass-word</password><networks><ip>::/0</ip></networks><profile>reader</profile><quota>default</quota></reader></users>,
	s,</default></profiles>,</default><reader><readonly>2</readonly></reader></profiles>,' "$WORK/users.xml"
clickhouse_start
fleet_init >/dev/null
fleet_start --sensor-name "it's gw" --site berlin
traffic 50000
for port in 50020 50021; do get c big.lab.test 198.51.100.2 1000000 --local-port $port >/dev/null; done
traffic_that_stays
check "then it is quiet" wait_for 60 still
counted_all() { [ "$(arrived)" = "$(counted)" ]; }
tells() { [ "$(sql "SELECT count() FROM flowbpf.sensors")" -ge 2 ]; }
check "its rows are there" wait_for 90 eval "tells && all_sent"
daemon_stop
# what the judge has nothing to say of here, as it would be told
sql "INSERT INTO flowbpf.flows_local (date, time, sensor, sensor_id, ended, id, proto, verdict, risk, evidence, dst_host)
	SELECT today(), toUInt64(toUInt32(now())) * 1000, 'it\\'s gw', 'x', 1, 1, 'tcp', 'deny', 99, ['a scan', 'of ports'], 'odd.example'"
sql "INSERT INTO flowbpf.sensors_local (date, time, sensor, sensor_id, losses, loss_counts, lag_ms, uptime_ms)
	SELECT today(), toUInt64(toUInt32(now())) * 1000, 'it\\'s gw', 'x', ['map_full', 'ring_full'], [7, 9], 70000, 1"

now=$(date +%s) interval=60
mkdir "$WORK/sql" "$WORK/said"
python3 tests/fleet/grafana.py $board $((now - 3600)) $((now + 60)) $interval "it's gw" "$WORK/sql" >"$WORK/queries"
ask() { # NUMBER: as JSON, by a login that may only read
	in_ns d curl -sS --fail-with-body -m 20 --noproxy '*' -H "X-ClickHouse-User: reader" -H "X-ClickHouse-Key: pass-word" \
		http://10.9.9.2:8123/ --data-binary @"$WORK/sql/$1.sql" >"$WORK/said/$1.json"
}
while IFS=$'\t' read -r number kind title; do
	check "$title: the server takes it, and has an answer" sh -c "$(declare -f ask in_ns); TAG='$TAG' WORK='$WORK'; ask $number && jq -e '.rows > 0' '$WORK/said/$number.json'" ||
		note "$(head -c 300 "$WORK/said/$number.json")"
	[ "$kind" != timeseries ] || same "$title: a time, what it is of, a number" \
		"$(jq -r '[.meta[].type] | map(if test("^(U?Int|Float)") then "number" else . end) | join(" ")' "$WORK/said/$number.json")" "DateTime String number"
done <"$WORK/queries"
said() { jq -r ".data | $2" "$WORK/said/$(awk -F'\t' -v t="$1" '$3 == t { print $1 }' "$WORK/queries").json"; } # TITLE JQ
total=$(arrived)
same "throughput adds up to every byte" "$(said "Throughput by sensor" "[.[].bits | tonumber] | add * $interval / 8 | round")" "${total% *}"
same "the name that moved most is first" "$(said "Names that moved most" '.[0].name')" big.lab.test
same "names add up, too" "$(said "Names that moved most" '[.[].total | tonumber] | add')" "${total% *}"
same "so do services" "$(said Services '[.[].total | tonumber] | add')" "${total% *}"
same "flows that ended are those that were told" "$(said "Flows that ended" "[.[].flows | tonumber] | add * $interval | round")" \
	"$(sql "SELECT sum(ended) FROM flowbpf.flows")"
same "a sensor has its line, and all it counted is told" "$(said Sensors 'map(select(.site == "berlin"))[0] | [.sensor, .untold, .dropped] | join(" ")')" "it's gw 0 0"
same "lag is in seconds" "$(said "The oldest row that waits" '[.[].waits | tonumber] | max')" 70
same "losses have their names" "$(said "Losses of sensors" '[.[] | "\(.what) \(.lost)"] | sort | join(", ")')" "it's gw map_full 7, it's gw ring_full 9"
same "verdicts are told apart" "$(said Verdicts '[.[].verdict] | unique | index("deny") != null')" true
same "what was denied says why" "$(said Denied '.[0] | [.dst_host, (.risk | tostring), .why] | join("; ")')" "odd.example; 99; a scan, of ports"
finish
