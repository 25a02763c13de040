#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# make bench-fleet: simulated sensors, each with the batches, spool and sender of a real one, write to a cluster of four
# ClickHouse servers (two shards of two replicas) on this machine: rows a second, CPU of both sides, bytes a row, lag,
# and what questions take over what is there then. docs/scale.md does the arithmetic of what it prints.
cd "$(dirname "$0")/../.." || exit 2
. tests/lab/lib.sh
need_product
. tests/fleet/clickhouse_lib.sh
. tests/fleet/cluster_lib.sh
cluster_tools
make --no-print-directory -s "${O:-build}/tests/bench/fleet" || exit 1
fleet_lab
cluster_start
shards=("http://10.9.9.2:8121,http://10.9.9.2:8122" "http://10.9.9.2:8123,http://10.9.9.2:8124")
in_ns r "$FLOWBPF" fleet init --clickhouse "${shards[0]}" --clickhouse-login "$WORK/login" --cluster main || exit 1
cpu_of() { cat /proc/{"${server[1]}","${server[2]}","${server[3]}","${server[4]}"}/task/*/schedstat | awk '{ t += $1 } END { printf "%.2f", t / 1e9 }'; }
rows_there() { sql_at 1 "SELECT count() FROM flowbpf.flows"; }

echo "flowbpf bench-fleet, kernel $(uname -r), $(nproc) CPUs, $(date +%F); two shards of two replicas and all sensors on them"
printf '\n%8s %12s %12s %10s %9s %10s %16s %16s\n' sensors "rows/s asked" "rows/s sent" dropped "lag, s" "of rows" "us a row, sensor" "us a row, server"
for step in ${FLEET_STEPS:-4:10000 16:20000 64:40000 64:80000 256:40000}; do
	sensors=${step%:*} rate=${step#*:} folder=$WORK/spools-${step/:/-}
	mkdir "$folder"
	before=$(cpu_of) had=$(rows_there)
	read -r made sent dropped took lag own < <(in_ns r "${O:-build}/tests/bench/fleet" "$folder" "$WORK/login" "$sensors" "$rate" "${FLEET_SECONDS:-20}" "${shards[@]}")
	sleep 3 # merges that it began, and the other replicas
	after=$(cpu_of) has=$(rows_there)
	awk -v n="$sensors" -v rate="$rate" -v made="$made" -v sent="$sent" -v dropped="$dropped" -v took="$took" -v lag="$lag" -v own="$own" \
		-v servers="$(awk "BEGIN { print $after - $before }")" -v there=$((has - had)) 'BEGIN {
		printf "%8d %12d %12.0f %10d %9.1f %9.2f%% %16.2f %16.2f\n", n, rate, sent / took, dropped, lag, 100 * there / (made - dropped), own * 1e6 / made, servers * 1e6 / sent }'
done

sizes() { for n in 1 3; do sql_at $n "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE database = 'flowbpf' AND table = 'flows_local' AND active"; done | awk '{ rows += $1; bytes += $2 } END { printf "%d rows, %.1f bytes each on the disk of a replica", rows, bytes / rows }'; }
printf '\n%s\n' "$(sizes)"
printf '\n%-52s %10s %10s\n' "a question to all of it, ms" first "again"
ask() { # TEXT SQL
	local times
	times=$(for _ in 1 2 3 4 5; do in_ns d curl -sS -o /dev/null -w '%{time_total}\n' -H "X-ClickHouse-User: sensor" -H "X-ClickHouse-Key: pass-word" http://10.9.9.2:8121/ --data-binary "$2"; done)
	printf '%-52s %10.0f %10.0f\n' "$1" "$(head -1 <<<"$times" | awk '{ print $1 * 1000 }')" "$(tail -n +2 <<<"$times" | sort -g | awk '{ v[NR] = $1 } END { print 1000 * (v[2] + v[3]) / 2 }')"
}
ask "bytes by site" "SELECT site, sum(bytes_up + bytes_down) FROM flowbpf.flows GROUP BY site"
ask "the twenty names that moved most" "SELECT sni, sum(bytes_up + bytes_down) AS b FROM flowbpf.flows GROUP BY sni ORDER BY b DESC LIMIT 20"
ask "hosts by bytes, twenty" "SELECT src_ip, sum(bytes_up + bytes_down) AS b FROM flowbpf.flows GROUP BY src_ip ORDER BY b DESC LIMIT 20"
ask "rows of one sensor and name" "SELECT count() FROM flowbpf.flows WHERE sensor = '00000000000000000000000000000001' AND sni LIKE 'cdn1%'"
ask "the newest hundred rows" "SELECT * FROM flowbpf.flows ORDER BY time DESC LIMIT 100"
finish
