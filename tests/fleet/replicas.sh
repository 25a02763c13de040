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
same "they are on each" "$(for n in 1 2 3 4; do sql_at $n "SELECT count() FROM system.tables WHERE database = 'flowbpf'"; done | xargs)" "7 7 7 7"

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

# --- sums: each shard has its own, and one of two replicas is killed before it could hand on all ---------------------
columns=$(sql_at 1 "SELECT name FROM system.columns WHERE database = 'flowbpf' AND table = 'flows_local'" | paste -sd,)
earlier=$(sed "s/\btime\b/time - 10800000/;s/\bdate\b/toDate(intDiv(time - 10800000, 86400000))/" <<<"$columns")
for n in 1 3; do
	sql_at $n "INSERT INTO flowbpf.flows_local ($columns) SELECT $earlier FROM flowbpf.flows"
done
spawn hub.out r "$FLOWBPF" hub --clickhouse http://10.9.9.2:8122,http://10.9.9.2:8124 --clickhouse-login "$WORK/login" --listen 127.0.0.1:8090 --no-login
hour=$(((EPOCHSECONDS - 10800) / 3600 - 1))
top() { # of the whole hours that these rows are in
	in_ns r curl -sS -m 35 --noproxy '*' "http://127.0.0.1:8090/api/v1/history/top?by=name&since=$(date -u -d "@$((hour * 3600))" +%FT%TZ)&until=$(date -u -d "@$((hour * 3600 + 7200))" +%FT%TZ)"
}
has_both() { [ "$(top | jq '.total.bytes | .up + .down')" = $((2 * ${books% *})) ]; }
check "a hub answers of rows of both shards" wait_for 60 has_both
before=$(top)
fleet_sums() { in_ns r "$FLOWBPF" fleet sums --settle 0 --clickhouse-login "$WORK/login" --clickhouse "$1"; } # URLS
check "both add up their own" eval '[ "$(fleet_sums http://10.9.9.2:8121,http://10.9.9.2:8123 | grep -c ": [12] hours")" = 2 ]'
server_stop 1 KILL
same "with one that was killed the answer is the same" "$(top)" "$before"
check "the other replica adds up what it lacks, if anything" fleet_sums http://10.9.9.2:8122
same "the answer is the same" "$(top)" "$before"
server_start 1
sums_alike() { [ "$(sql_at 1 "SELECT count(), sum(rows) FROM flowbpf.sums_local")" = "$(sql_at 2 "SELECT count(), sum(rows) FROM flowbpf.sums_local")" ]; }
check "it is back: both have the same sums" wait_for 60 sums_alike
for n in 1 3; do
	sql_at $n "ALTER TABLE flowbpf.flows_local DROP PARTITION '$(date -u -d "@$((EPOCHSECONDS - 10800))" +%F)'"
done
same "rows of that day are gone: it is answered by sums" "$(top)" "$before"
finish
