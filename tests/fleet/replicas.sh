#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# A sensor and a cluster of four servers, two shards of two replicas: a replica is killed, ZooKeeper stops, so that
# servers take no insert, and both come back: sums are the sensor's books, on both replicas.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
. tests/fleet/cluster_lib.sh
cluster_tools
fleet_lab
cluster_start
shard=http://10.9.9.2:8121,http://10.9.9.2:8122
check "fleet init makes the tables on all servers" in_ns r "$FLOWBPF" fleet init --clickhouse "$shard" --clickhouse-login "$WORK/login" --cluster main
same "they are on each" "$(for n in 1 2 3 4; do sql_at $n "SELECT count() FROM system.tables WHERE database = 'flowbpf'"; done | xargs)" "5 5 5 5"

in_ns r conntrack -F 2>/dev/null
daemon_start r lan -- --state "$WORK/state" --history off --clickhouse "$shard" --clickhouse-login "$WORK/login" || finish
has() { # N TABLE: the sensor's sums
	sql_at "$1" "SELECT sum(bytes_up + bytes_down), sum(packets_up + packets_down) FROM flowbpf.$2" | tr '\t' ' '
}
has_told() { [ "$(has "$1" "${3:-flows}")" = "$2" ]; } # N "BYTES PACKETS" [TABLE]

traffic 50000
check "then it is quiet" wait_for 60 still
ended_is_told() { [ "$(sql_at 1 "SELECT count() FROM flowbpf.flows WHERE src_port = 50000 AND ended")" -ge 1 ]; }
check "ended flows arrive" wait_for 60 ended_is_told
agree() { [ "$(has 3 flows)" = "$(has 1 flows)" ]; }
check "any server answers for all" wait_for 30 agree

server_stop 1 KILL
traffic 50010
check "a replica is killed: the other one takes what comes" wait_for 60 all_sent
there() { [ "$(sql_at 2 "SELECT count() FROM flowbpf.flows_local WHERE src_port = 50010 AND ended")" -ge 1 ]; }
check "and has it" wait_for 60 there
server_start 1
alike() { [ "$(has 1 flows_local)" = "$(has 2 flows_local)" ]; }
check "it is back, and has what it missed" wait_for 60 alike

kill -STOP "$zookeeper" # a session ends, and with it every insert
traffic 50020
check "ZooKeeper is silent: it waits on the disk, and says why" wait_for 90 eval "waits && is_away"
same "the engine does not wait for it" "$(api health | jq '.tick.p99_us < 1000000')" true
kill -CONT "$zookeeper"
check "it speaks again: all goes out" wait_for 120 all_sent
kill "$zookeeper" && wait_for 20 ended "$zookeeper"
traffic 50030
check "ZooKeeper is gone: it waits again" wait_for 90 eval "waits && is_away"
zookeeper_start
check "another one has its place: all goes out" wait_for 120 all_sent
check "then it is quiet again" wait_for 60 still
books=$(counted)
same "nothing was dropped" "$(export_of dropped)" 0
daemon_stop
same "SIGTERM: status 0" $? 0
check "the cluster has every byte and packet" wait_for 60 has_told 3 "$books" || note "$(has 3 flows), wanted $books"
for n in 1 2; do
	check "so has replica $n" wait_for 60 has_told $n "$books" flows_local || note "$(has $n flows_local)"
done
same "each row once" "$(sql_at 1 "SELECT count() FROM (SELECT batch, id, time, ended, count() AS n FROM flowbpf.flows GROUP BY batch, id, time, ended HAVING n > 1)")" 0
same "nothing waits" "$(spooled)" "0 0"
finish
