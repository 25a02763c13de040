#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# A sensor with a history of its own that writes to ClickHouse, too, and a hub over that: both answer filters, groups,
# hosts, paths and exports alike. What a hub cannot do it says in a sentence; it holds no rights, and keeps a server's words.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab
clickhouse_start
check "the tables are made" fleet_init
daemon_start r lan -- --state "$WORK/state" --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" \
	--sensor-name gw --site berlin --tag rack=7 || finish
hub_start() { # LOGIN
	spawn hub.out r "$FLOWBPF" hub --clickhouse http://10.9.9.2:8123 --clickhouse-login "$1" --listen 127.0.0.1:8090 --no-login
	hub=$spawned
	wait_for 20 hub session
}
hub() { in_ns r curl -sS -m 35 --noproxy '*' -g "http://127.0.0.1:8090/api/v1/$1"; } # TARGET
since=$(date -u -d '-1 hour' +%FT%TZ)
past() { api "$1&source=history&since=$since"; }
check "a hub starts" hub_start "$WORK/login"
same "it has no capability" "$(sed -n 's/^Cap\(Eff\|Prm\):\t0*$/\1/p' "/proc/$hub/status" | xargs)" "Prm Eff"
traffic 50000
traffic 50010
traffic_that_stays
# all that ended is in both, and nothing waits
ended_of() { jq -r '[.items[] | select(.closed != null) | .id] | sort | .[]'; }
both() {
	local here there
	here=$(past "flows?limit=1000&filter=dst.port%3D443" | ended_of) && there=$(hub "flows?limit=1000&since=$since&filter=dst.port%3D443" | ended_of)
	[ -n "$here" ] && [ "$here" = "$there" ] && [ "$(wc -l <<<"$here")" -ge 10 ]
}
check "what ended is in the sensor's own history and in the fleet's" wait_for 90 both
tick 3
count=0
while IFS= read -r filter; do
	escaped=$(jq -rn --arg f "dst.port = 443 and ($filter)" '$f | @uri')
	here=$(past "flows?limit=1000&filter=$escaped" | jq -c '[.items[].id] | sort')
	there=$(hub "flows?limit=1000&since=$since&filter=$escaped" | jq -c '[.items[].id] | sort')
	[ -n "$here" ] && [ "$here" = "$there" ] && count=$((count + 1)) || note "$filter: $here, and the hub: $there"
done <<-'END'
	proto = tcp
	src.ip = 10.0.1.0/24
	src.ip = 2001:db8::/32
	not src.ip = 10.0.1.2
	host1.lab.test
	dst.host ~ "*lab.test"
	dst.host : lab.test
	tls.sni = host2.lab.test or src.port = 50010
	bytes > 5000
	src.port in (50000-50003)
	tls.version = 1.3 and tls.alpn ~ "h"
	rtt >= 0
	not rtt >= 0
	family = 6
	first_seen > -1h
	l7 = tls
	iface ~ "?an"
	dst.host = "it's'); --"
	evidence ~ "x" or risk < 101
END
same "filters select the same flows" "$count" 19
shape() { jq -c '[.items[] | [.key, .flows, .bytes.up + .bytes.down]] | sort'; }
same "groups are the same" "$(hub "flows?group_by=dst.host&since=$since&filter=dst.port%3D443" | shape)" "$(past "flows?group_by=dst.host&filter=dst.port%3D443" | shape)"
same "so are totals" "$(hub "flows?since=$since&filter=dst.port%3D443" | jq -c '.totals | [.flows, .bytes, .packets, .hosts]')" \
	"$(past "flows?filter=dst.port%3D443" | jq -c '.totals | [.flows, .bytes, .packets, .hosts]')"
hosts() { jq -c '[.items[] | [.ip, .flows, .bytes.up + .bytes.down]] | sort'; }
same "hosts are the same" "$(hub "hosts?since=$since&filter=dst.port%3D443" | hosts)" "$(past "hosts?filter=dst.port%3D443" | hosts)"
of_what() { jq -cS 'if .nodes then . as $all | [.links[] | [$all.nodes[.source].key, $all.nodes[.target].key, .value]] | sort
	elif .items then [.items[] | [.key, .count, .bytes]] | sort else del(.as_of, .epoch, .search) end'; }
for route in aggregate/destination-ip matrix/protocol/state 'sankey?dims=src.ip,dst.host'; do
	mark='?' && [ "$route" = "${route%\?*}" ] || mark='&'
	same "${route%\?*} is the same" "$(hub "$route${mark}since=$since&filter=dst.port%3D443" | of_what)" "$(past "$route${mark}filter=dst.port%3D443" | of_what)"
done
lines() { LC_ALL=C sort; }
same "so are exports" "$(hub "export.csv?fields=id,src.ip,dst.host,bytes&since=$since&filter=dst.port%3D443" | lines)" \
	"$(past "export.csv?fields=id,src.ip,dst.host,bytes&filter=dst.port%3D443" | lines)"
# sums of a time: the sensor's of each second, the fleet's of rows, which the last of come when all is over
# but for neighbours, who never end
moved() { jq -c '[.items[] | select(.key | tostring | test("^(fe80|icmpv6|ipv6-icmp|null)") | not) | [.key, .bytes, .packets]] | sort'; }
sums_are_the_same() { local here; here=$(api "history/top?limit=100&$1" | moved) && [ "${#here}" -gt 50 ] && [ "$here" = "$(hub "history/top?limit=100&$1" | moved)" ]; } # QUERY
check "sums of a time are the same" wait_for 60 sums_are_the_same by=service
for by in name 'host&key=10.0.1.2'; do
	check "by $by, too" wait_for 60 sums_are_the_same "by=$by"
done
same "and over all it is what the engine has" "$(hub 'history/top?by=total' | jq '.total.bytes | .up + .down')" "$(sql 'SELECT sum(bytes_up + bytes_down) FROM flowbpf.flows')"
same "those of a sensor and of its site are the whole" "$(hub 'history/top?by=sensor' | jq -c '[.items[0].key, .items[0].bytes == .total.bytes]')$(hub 'history/top?by=site' | jq -c '.items[0].key')" \
	'["gw",true]"berlin"'
same "compared with the day before there was nothing" "$(hub 'history/top?by=name&compare=day' | jq -c '[.total.before, ([.items[].before] | unique[])]')" '[null,null]'
bytes_of() { jq '[.series[].values[] | select(. != null)] as $v | ($v | add) * .step_s / 8 | round'; }
whole=$(hub 'history/top?by=total' | jq '.total.bytes | .up + .down')
within() { [ "$1" -ge $(($2 * 99 / 100)) ] && [ "$1" -le $(($2 * 101 / 100 + 2)) ]; }
until=$(date -u -d '+10 minutes' +%FT%TZ) # points that are whole
for by in total sensor 'host&limit=1'; do
	check "lines by $by add up to them" within "$(hub "history/series?since=-30m&until=$until&by=$by" | bytes_of)" "$whole"
done
same "before there was a sensor nobody counted" "$(hub 'history/series?since=-2h' | jq -c '[.series[0].values[0], (.series[0].values | map(select(. != null)) | length > 0)]')" '[null,true]'
same "hours of the week are the sensor's" "$(hub 'history/heat' | jq '[.rate_bps[][] | select(. != null)] | length > 0')" true
# networks are told of by a database of places, which there is none of here
well() { jq -c '[.total | .measured, .bytes, .loss] + ([.items[] | [.key, .measured, .bytes, .loss]] | sort)'; }
delays() { jq -c '[(.total, (.items | sort_by(.key)[])) | .latency_ms[], .jitter_ms[]]'; }
as_well() { # QUERY: to two microseconds, for halves are rounded where they are added up
	local here there
	here=$(api "history/quality?limit=100&$1") && there=$(hub "history/quality?limit=100&$1") && [ "$(well <<<"$here")" = "$(well <<<"$there")" ] &&
		jq -en --argjson a "$(delays <<<"$here")" --argjson b "$(delays <<<"$there")" '($a | length) > 6 and ([$a, $b] | transpose | all(.[0] - .[1] | fabs <= 0.0021))' >/dev/null
}
for by in host name service; do
	check "how well connections did is the same by $by" wait_for 60 as_well "by=$by"
done
same "of sensors, too" "$(hub 'history/quality?by=sensor' | jq -c '[.items[].key, .items[0].measured == .total.measured]')" '["gw",true]'
same "what has no answer there is refused" "$(hub new-destinations | jq -r .code)" hub-cannot
flow=$(hub "flows?limit=1&since=$since&filter=src.port%3D50000" | jq -r '.items[0].id')
same "a flow says who saw it" "$(hub "flows/$flow" | jq -c '[.sensor, .site, .tags, .dst.host]')" '["gw","berlin",["rack=7"],"host0.lab.test"]'
same "sensor is a filter and a group" "$(hub "flows?group_by=sensor&since=$since&filter=site%3Dberlin%20and%20tags~%22rack%3D7%22" | jq -r '.items[].key')" gw
in_rows='sensor%20%3D%20gw%20and%20proto%20%3D%20tcp%20and%20not%20site%3Dbonn'
same "what is the same in all rows of a flow is asked of rows" "$(hub "flows?limit=1&since=$since&filter=$in_rows" | jq -c '.totals | [.flows, .bytes]')" \
	"$(past 'flows?limit=1&filter=proto%3Dtcp' | jq -c '.totals | [.flows, .bytes]')"
same "of nobody there is nothing" "$(hub "flows?since=$since&filter=sensor%3Dnobody" | jq '.totals.flows')" 0
same "and the last day is asked about, as nobody says since when" "$(hub 'flows?filter=src.port%3D50000' | jq '.totals.flows')" 1
# --- what it cannot do --------------------------------------------------------------------------------------
same "the session says that this is one" "$(hub session | jq .hub)" true
same "live rows are refused by a sentence" "$(hub stream | jq -r .detail)" "this is a hub, which shows what sensors wrote: /api/v1/stream is asked of a sensor"
same "so are flows of now" "$(hub 'flows?source=live' | jq -r .code)" bad-parameter
same "and moments" "$(hub 'flows?at=5m' | jq -r '.errors[0].parameter')" at
same "an act is refused by one" "$(in_ns r curl -sS --noproxy '*' -X POST -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' -d '{}' \
	http://127.0.0.1:8090/api/v1/panic | jq -r .detail | grep -c 'asked of the sensor itself')" 1
same "an export is anonymised by a sensor, which has a key" "$(hub 'export.json?anonymise=addresses%3Dprefix' | jq -r '.errors[0].parameter')" anonymise
same "a filter that does not parse is told where" "$(hub 'flows?filter=port%3D' | jq -r .code)" bad-filter
clickhouse_stop
same "a server that is away is told by its address" "$(hub "flows?since=$since" | jq -r '.code, .detail' | grep -c '^history-fails\|10.9.9.2:8123')" 2
clickhouse_start
same "it is back: the hub answers again" "$(hub 'flows?filter=src.port%3D50000' | jq '.totals.flows')" 1
kill "$hub"
check "SIGTERM ends it" wait_for 10 ended "$hub"
daemon_stop
finish
