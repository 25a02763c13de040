#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# A sensor and a ClickHouse server: tables, rows, how the sensor fares; and then a network that is cut, one that
# is slow, a server that is restarted, hangs and dies in mid-insert. At the end sums are the sensor's books, to the byte.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab
clickhouse_start

# --- tables -----------------------------------------------------------------------------------------------
check "fleet init makes the tables" fleet_init
same "its migration is on record" "$(sql 'SELECT version, name FROM flowbpf.migrations ORDER BY version')" "1	tables
2	sums"
same "once more it does nothing" "$(fleet_init)" "http://10.9.9.2:8123: its tables are as they should be"
same "a dry run has nothing to tell" "$(fleet_init --dry-run)" ""
sql "ALTER TABLE flowbpf.flows_local DROP COLUMN sni" && sql "ALTER TABLE flowbpf.flows DROP COLUMN sni"
same "a table of an older version lacks a column: a dry run tells it" "$(fleet_init --dry-run | grep -c 'ADD COLUMN sni String')" 2
fleet_init >/dev/null
same "and it is added" "$(sql "SELECT count() FROM system.columns WHERE database = 'flowbpf' AND name = 'sni'")" 2

# --- rows -------------------------------------------------------------------------------------------------
in_ns r conntrack -F 2>/dev/null # what the lab's own pings left
fleet_start --sensor-name gw --site berlin --tag a=b --tag c=d
id=$(sed -n 2p "$WORK/state/sensor")
check "a sensor has a number of 128 bits" grep -qxE '[0-9a-f]{32}' <<<"$id"
traffic 50000
traffic_that_stays
check "then it is quiet" wait_for 60 still
flow_came() { [ "$(sql "SELECT count() FROM flowbpf.flows WHERE src_port = 50000 AND ended")" -ge 1 ]; }
check "ended flows arrive by themselves" wait_for 30 flow_came
same "one of them" "$(sql "SELECT sensor, sensor_id, site, tags, iface, proto, IPv6NumToString(src_ip), IPv6NumToString(dst_ip), dst_port, sni, dst_host
	FROM flowbpf.flows WHERE src_port = 50000 ORDER BY time LIMIT 1")" \
	"gw	$id	berlin	['a=b','c=d']	lan	tcp	::ffff:10.0.1.2	::ffff:198.51.100.2	443	host0.lab.test	host0.lab.test"
# first_seen has the precise clock, last_seen that of jiffies
same "times are of now, in ms" "$(sql "SELECT abs(toInt64(now()) - toInt64(max(intDiv(time, 1000)))) < 60, min(first_seen <= last_seen + 10) FROM flowbpf.flows")" "1	1"

# --- faults -----------------------------------------------------------------------------------------------
ip -n "$TAG-r" link set mgmt down
traffic 50010
traffic_that_stays
check "the network is cut: it waits on the disk" wait_for 40 eval "waits && is_away"
check "and says why" grep -q 'clickhouse to http://10.9.9.2:8123 waits: ' "$WORK/daemon.log"
same "the engine does not wait for it" "$(api health | jq '.tick.p99_us < 1000000')" true
ip -n "$TAG-r" link set mgmt up
check "it is back: all goes out" wait_for 60 all_sent
in_insert() { in_ns r ss -Htn "dst 10.9.9.2:8123" | grep -q ESTAB; }
kill -STOP "$clickhouse"
traffic 50020
check "a server that takes its time: it waits, with an insert on its way" wait_for 30 eval "waits && in_insert"
kill -CONT "$clickhouse"
check "it goes on: all goes out" wait_for 60 all_sent
clickhouse_stop
traffic 50030
check "the server is stopped: it waits on the disk" wait_for 40 eval "waits && is_away"
clickhouse_start
check "it is started again: all goes out" wait_for 60 all_sent
kill -STOP "$clickhouse"
traffic 50040
check "the server hangs: it waits" wait_for 30 waits
check "in mid-insert" wait_for 20 in_insert
clickhouse_stop KILL
clickhouse_start
check "it was killed and started: all goes out" wait_for 60 all_sent
check "then it is quiet again" wait_for 60 still
books=$(counted)
same "nothing was dropped" "$(export_of dropped)" 0
daemon_stop
same "SIGTERM: status 0" $? 0
same "ClickHouse has every byte and packet" "$(arrived)" "$books"
same "each batch once" "$(sql "SELECT count() FROM (SELECT batch, id, time, count() AS n FROM flowbpf.flows GROUP BY batch, id, time HAVING n > 1)")" 0
same "the last word of how it fares" "$(sql "SELECT sensor, site, version != '', flow_bytes = told_bytes, told_bytes, rx_packets > 0, lost_bytes
	FROM flowbpf.sensors ORDER BY time DESC, told_bytes DESC LIMIT 1")" "gw	berlin	1	1	${books% *}	1	0"
same "nothing waits" "$(spooled)" "0 0"
finish
