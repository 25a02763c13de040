#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 500
# A sensor, three brokers of Kafka and a ClickHouse that reads from them: sums are the sensor's books, through
# requests that fail, brokers that are away, a network that is cut and a sensor that is killed.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab
clickhouse_start
mkfifo "$WORK/orders"
exec 3<>"$WORK/orders"
spawn brokers.out d sh -c "exec python3 tests/fleet/brokers.py <'$WORK/orders'"
wait_for 20 test -s "$WORK/brokers.out" || { note "$(cat "$WORK/brokers.out")" && ok_if 1 "brokers start" && finish; }
brokers=$(head -1 "$WORK/brokers.out")
# They are at home on loopback, and say so to who asks: the router's is a way there.
for port in $(grep -o '[0-9]*' <<<"${brokers//127.0.0.1/}"); do
	spawn socat.log d socat "TCP-LISTEN:$port,bind=10.9.9.2,fork" "TCP:127.0.0.1:$port"
	spawn socat.log r socat "TCP-LISTEN:$port,bind=127.0.0.1,fork" "TCP:10.9.9.2:$port"
	wait_for 10 listening r "$port"
done
orders() { grep -c "done" "$WORK/brokers.out"; }
more_than() { [ "$(orders)" -gt "$1" ]; }
order() { # VERB NUMBER
	local before
	before=$(orders)
	echo "$*" >&3
	wait_for 10 more_than "$before"
}

check "what reads from brokers is made" fleet_init --kafka "$brokers"
check "and made anew" fleet_init --kafka "$brokers"
same "its tables" "$(sql "SELECT name FROM system.tables WHERE database = 'flowbpf' AND (name LIKE '%queue' OR name LIKE '%consumer') ORDER BY name" | xargs)" \
	"flows_consumer flows_queue sensors_consumer sensors_queue"
same "a list of brokers that is none" "$(fleet_init --kafka "a'b" 2>&1)" "flowbpf: --kafka takes HOST:PORT[,HOST:PORT...], not \"a'b\""

kafka_start() {
	daemon_start r lan -- --state "$WORK/state" --history off --kafka "$brokers" --kafka-config "$WORK/kafka" --site berlin || finish
}
printf '# none of its own\nsocket.keepalive.enable = true\n' >"$WORK/kafka"
refused() { in_ns r "$FLOWBPF" attach lan --socket "$WORK/other" --state "$WORK/other-state" --kafka "$brokers" "$@" 2>&1; }
check "a file that others may read is refused" eval 'refused --kafka-config "$WORK/kafka" | grep -q "chmod 600 it"'
chmod 600 "$WORK/kafka"
printf 'no.such.name = 1\n' >"$WORK/wrong" && chmod 600 "$WORK/wrong"
check "and one with what librdkafka does not know" eval 'refused --kafka-config "$WORK/wrong" | grep -q "Kafka: No such configuration property"'
check "not beside ClickHouse" eval 'refused --clickhouse http://10.9.9.2:8123 | grep -q "do not go together"'
in_ns r conntrack -F 2>/dev/null # what the lab's own pings left
kafka_start
# What ClickHouse has of it, each row once.
read_back() {
	sql "SELECT sum(bytes), sum(packets) FROM (SELECT any(bytes_up + bytes_down) AS bytes, any(packets_up + packets_down) AS packets
		FROM flowbpf.flows GROUP BY sensor_id, batch, id, time, ended)" | tr '\t' ' '
}
has() { [ "$(read_back)" = "$1" ]; }

traffic 50000
traffic_that_stays
check "then it is quiet" wait_for 60 still
flow_came() { [ "$(sql "SELECT count() FROM flowbpf.flows WHERE src_port = 50000 AND ended")" -ge 1 ]; }
check "ended flows arrive by themselves" wait_for 150 flow_came # readers agree first who reads what
same "one of them" "$(sql "SELECT site, iface, proto, IPv6NumToString(src_ip), IPv6NumToString(dst_ip), dst_port, sni, dst_host
	FROM flowbpf.flows WHERE src_port = 50000 ORDER BY time LIMIT 1")" \
	"berlin	lan	tcp	::ffff:10.0.1.2	::ffff:198.51.100.2	443	host0.lab.test	host0.lab.test"
message() { in_ns d kcat -C -b "$brokers" -t flowbpf.flows -o beginning -e -q | jq -c 'select(.src_port == 50000 and .ended) | [.sni, .dst_ip, .proto, .site, (.time > 1e12)]' | head -1; }
same "a message of it, for others" "$(message)" '["host0.lab.test","::ffff:198.51.100.2","tcp","berlin",true]'

order fail 3
traffic 50010
check "requests that fail are sent again" wait_for 60 all_sent
for broker in 1 2 3; do order down $broker; done
traffic 50020
check "brokers are away: it waits, and says so" wait_for 60 eval "waits && is_away"
for broker in 1 2 3; do order up $broker; done
check "they are back: all goes out" wait_for 90 all_sent
same "each row once" "$(sql "SELECT count() FROM (SELECT sensor_id, batch, id, time, ended, count() AS n FROM flowbpf.flows GROUP BY sensor_id, batch, id, time, ended HAVING n > 1)")" 0
check "then it is quiet again" wait_for 60 still
first=$(counted)
daemon_stop
same "SIGTERM: status 0" $? 0
sum() { echo "$((${1% *} + ${2% *})) $((${1#* } + ${2#* }))"; } # "BYTES PACKETS" "BYTES PACKETS"
check "ClickHouse has every byte and packet" wait_for 60 has "$first" || note "$(read_back), wanted $first"

ip -n "$TAG-r" link set mgmt down
kafka_start
traffic 50030
check "the network is cut: it is quiet" wait_for 60 still
second=$(counted)
told() { [ "$(spooled)" = "$second" ]; }
check "all waits on the disk" wait_for 90 told || note "$(spooled), wanted $second"
daemon_stop KILL
ip -n "$TAG-r" link set mgmt up
kafka_start
second=$(sum "$first" "$second")
check "the next run sends what the killed one left" wait_for 60 has "$second" || note "$(read_back), wanted $second"
traffic 50040
check "then it is quiet" wait_for 60 still
all=$(sum "$second" "$(counted)")
daemon_stop
check "ClickHouse has every byte and packet of all three" wait_for 60 has "$all" || note "$(read_back), wanted $all"
same "how the sensor fares is there, too" "$(sql "SELECT count() > 5, uniqExact(sensor), max(told_bytes) > 0 FROM flowbpf.sensors")" "1	1	1"
same "nothing waits" "$(spooled)" "0 0"
finish
