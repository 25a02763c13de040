#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# Four sensors: three on the way of the same connections, inside of a NAT, on the router that does it and behind that, two of
# them with clocks that are wrong by some seconds; and one at another site with the same private addresses. A hub tells them apart, and asked for once=true counts
# no connection twice: totals are those of one sensor. A clock that is wrong by an hour changes no sum, and can be seen.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab
sed -i 's,<listen_host>10.9.9.2,<listen_host>0.0.0.0,' "$WORK/config.xml"
ns p q
link_pair s mgmt d eth1
link_pair p mgmt d eth2
link_pair c mgmt d eth3
link_pair q eth0 p eth0
for line in "s mgmt 10.9.8.1" "d eth1 10.9.8.2" "p mgmt 10.9.7.1" "d eth2 10.9.7.2" "c mgmt 10.9.6.1" "d eth3 10.9.6.2" "p eth0 10.0.1.1" "q eth0 10.0.1.2"; do
	read -r name dev address <<<"$line"
	ip -n "$TAG-$name" address add "$address/24" dev "$dev"
done
clickhouse_start
check "the tables are made" fleet_init
gcc -shared -fPIC -O1 -o "$WORK/clock.so" tests/lab/preload/clock.c && chmod 755 "$WORK/clock.so"
set_clock() { # NAME SECONDS: that sensor's clock is so far ahead
	perl -e 'print pack("q", $ARGV[0]), "\0" x 4088' -- "$2" >"$WORK/$1.offset" && chmod 644 "$WORK/$1.offset"
}
product=$FLOWBPF
declare -A sockets=() pid_of=()
sensor() { # NAME NS IFACE SERVER SITE
	printf '#!/bin/sh\nLD_PRELOAD=%s CLOCK_FILE=%s exec %s "$@"\n' "$WORK/clock.so" "$WORK/$1.offset" "$product" >"$WORK/$1"
	chmod 755 "$WORK/$1"
	FLOWBPF=$WORK/$1
	daemon_start "$2" "$3" -- --state "$WORK/state-$1" --history off --clickhouse "http://$4:8123" --clickhouse-login "$WORK/login" \
		--sensor-name "$1" --site "$5" || finish
	FLOWBPF=$product
	sockets[$1]=$socket pid_of[$1]=$daemon
}
in_ns r conntrack -F 2>/dev/null
set_clock near -8 && set_clock inner 0 && set_clock outer 8 && set_clock other 0
sensor near c eth0 10.9.6.2 berlin
sensor inner r lan 10.9.9.2 berlin
sensor outer s eth0 10.9.8.2 frankfurt
sensor other p eth0 10.9.7.2 paris
spawn hub.out r "$FLOWBPF" hub --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" --listen 127.0.0.1:8090 --no-login
hub() { in_ns r curl -sS -m 35 --noproxy '*' -g "http://127.0.0.1:8090/api/v1/$1"; } # TARGET

traffic 50000
for i in 1 2; do # the same ends twice, one after the other
	get c again.lab.test 198.51.100.2 1000 --local-port 50030 >/dev/null
	in_ns c ss -K -a "sport = :50030" >/dev/null 2>&1 # which waits else, and keeps the port
done
for pair in "r c" "p q"; do # the same ends in two networks
	read -r server client <<<"$pair"
	spawn twins.log "$server" socat -u TCP-LISTEN:9000,fork,reuseaddr OPEN:/dev/null
	wait_for 5 listening "$server" 9000
	head -c 5000 /dev/zero | in_ns "$client" socat -u - TCP:10.0.1.1:9000,sourceport=50500
done
flows_of() { sql "SELECT count(DISTINCT id) FROM flowbpf.flows WHERE sensor = '$1' AND $2 AND ended"; } # SENSOR CONDITION
all_there() {
	[ "$(flows_of inner 'dst_port = 443')" -ge 7 ] && [ "$(flows_of near 'dst_port = 443')" = "$(flows_of inner 'dst_port = 443')" ] && [ "$(flows_of outer 'dst_port = 443')" = "$(flows_of inner 'dst_port = 443')" ] &&
		[ "$(flows_of inner 'dst_port = 9000')" = 1 ] && [ "$(flows_of other 'dst_port = 9000')" = 1 ]
}
check "what they saw comes" wait_for 90 all_there
totals() { hub "flows?filter=$1&$2" | jq -c '.totals | [.flows, .bytes.up + .bytes.down]'; } # FILTER QUERY
of_one() { totals "dst.port%3D443%20and%20sensor%3D$1" limit=1; }
same "all on the way count the same" "$(of_one outer)$(of_one near)" "$(of_one inner)$(of_one inner)"
same "together they are three times that" "$(totals dst.port%3D443 limit=1)" "$(of_one inner | jq -c 'map(. * 3)')"
same "and asked for once they are once, to the byte" "$(totals dst.port%3D443 'limit=1&once=true')" "$(of_one inner)"
same "by those behind the NAT, whoever of them" "$(hub 'flows?filter=dst.port%3D443&once=true&limit=100' | jq '[.items[].sensor] - ["inner", "outer"] | length')" 0
until=$(date -u -d '+10 minutes' +%FT%TZ)
service() { hub "history/top?by=service&key=https&since=-1h&until=$until&$1" | jq -c '.items[0].bytes | .up + .down'; } # QUERY
of_https=$(hub 'flows?filter=service%3Dhttps&limit=1&once=true' | jq '.totals.bytes | .up + .down')
same "sums over time are once, too" "$(service once=true)" "$of_https"
same "and without that three times" "$(service once=false)" "$((3 * of_https))"
same "so are lines" "$(hub "history/series?by=service&key=https&since=-1h&until=$until&once=true" | jq '[.series[].values[] | select(. != null)] as $v | ($v | add) * .step_s / 8 | round / 1000 | floor')" "$(hub "history/top?by=service&key=https&since=-1h&until=$until&once=true" | jq '.items[0].bytes | (.up + .down) / 1000 | floor')"
times() { hub "history/heat?since=-1h&until=$until&by=service&key=https&once=$1" | jq '[.rate_bps[][] | select(. != null)] | add'; } # ONCE
same "so are hours of the week" "$(jq -n "($(times false) / $(times true) * 100 | round) / 100")" 3
same "what each sensor counted is no question of connections, and refused" "$(hub 'fleet/sensors?once=true' | jq -r '.errors[0].parameter')" once
same "so are groups" "$(hub 'flows?group_by=dst.port&filter=dst.port%3D443&once=true' | jq -c '.items[] | [.flows, .bytes.up + .bytes.down]')" "$(of_one inner)"
same "and an export has a line each" "$(hub 'export.csv?fields=id&filter=dst.port%3D443&once=true' | tail -n +2 | grep -c .)" "$(of_one inner | jq '.[0]')"
spawn hub2.out r "$FLOWBPF" hub --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" --listen none --socket "$WORK/hub.sock"
wait_for 20 test -S "$WORK/hub.sock"
by_verb() { in_ns r "$FLOWBPF" "$@" --socket "$WORK/hub.sock" --filter 'dst.port = 443' --once; }
lines() { of_one inner | jq '.[0]'; }
same "the command line lists it once" "$(by_verb flows --all --csv --limit 0 | sed 1d | wc -l)" "$(lines)"
same "of history, too" "$(by_verb history --since 1h --csv --limit 0 | sed 1d | wc -l)" "$(lines)"
same "and exports it once" "$(by_verb export --since 1h | wc -l)" "$(lines)"
same "a word that is none is refused" "$(hub 'flows?once=twice' | jq -r '.errors[0].parameter')" once

# --- the same private addresses -------------------------------------------------------------------------------
same "the same ends in two networks are flows of each that saw them" "$(hub 'flows?filter=dst.port%3D9000' | jq -c '[.items[] | [.sensor, .src.ip, .src.port]] | sort')" \
	'[["inner","10.0.1.2",50500],["near","10.0.1.2",50500],["other","10.0.1.2",50500]]'
most=$(hub 'flows?filter=dst.port%3D9000' | jq -c '[.items[] | {sensor, bytes: (.bytes.up + .bytes.down)}] | [2, (map(select(.sensor != "other").bytes) | max) + (map(select(.sensor == "other").bytes) | add)]')
same "of two sites, so asked for once they are two" "$(totals dst.port%3D9000 'limit=1&once=true')" "$most"

# --- a clock that is wrong --------------------------------------------------------------------------------------
skew() { sql "SELECT toInt64(max(time) / 1000) - toInt64(now()) FROM flowbpf.sensors WHERE sensor = '$1'"; }
is_about() { local is; is=$(skew "$1") && [ "$is" -ge $(($2 - 15)) ] && [ "$is" -le $(($2 + 5)) ]; } # SENSOR SECONDS
each_is() { is_about near -8 && is_about inner 0 && is_about outer 8; } # by a row that has just come: on a busy machine one may be late
check "how far a clock is off is what its rows say" wait_for 60 each_is
set_clock outer 3600
hour_ahead() { is_about outer 3600; }
check "an hour ahead: its rows say so" wait_for 40 hour_ahead
get c late.lab.test 198.51.100.2 1000 --local-port 50040 >/dev/null
both_late() { [ "$(flows_of outer 'src_port = 50040')" = 1 ] && [ "$(flows_of inner 'src_port = 50040')" = 1 ]; }
check "what it sees then comes, too" wait_for 60 both_late
same "with the same counts" "$(sql "SELECT count(), min(b) = max(b) FROM (SELECT sensor, sum(bytes_up + bytes_down) AS b FROM flowbpf.flows
	WHERE src_port = 50040 GROUP BY sensor)")" "3	1"
for name in near inner outer other; do
	socket=${sockets[$name]} daemon=${pid_of[$name]}
	wait_for 60 still
	books=$(counted)
	daemon_stop
	same "$name: at its end ClickHouse has its books" "$(sql "SELECT sum(bytes_up + bytes_down), sum(packets_up + packets_down) FROM flowbpf.flows WHERE sensor = '$name'" |
		tr '\t' ' ')" "$books"
done
finish
