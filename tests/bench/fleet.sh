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

# --- a hub, of rows and of sums: the same rows once more, over the hours of a day that is over ------------------------
work_at() { # N STATEMENT: by blocks that the servers of tests have the memory for
	in_ns d curl -sS --fail-with-body -m 300 --noproxy '*' -H "X-ClickHouse-User: sensor" -H "X-ClickHouse-Key: pass-word" "http://10.9.9.2:812$1/?max_threads=1&max_block_size=8192&min_insert_block_size_rows=65536&min_insert_block_size_bytes=16000000" --data-binary "$2"
}
end=$((EPOCHSECONDS / 3600 - 1))
columns=$(sql_at 1 "SELECT name FROM system.columns WHERE database = 'flowbpf' AND table = 'flows_local'" | paste -sd,)
at="(($end - 1 - n % 24) * 3600000 + time % 3600000)"
earlier=$(sed "s/\btime\b/$at/;s/\bdate\b/toDate(intDiv($at, 86400000))/" <<<"$columns")
for n in 1 3; do
	work_at $n "INSERT INTO flowbpf.flows_local ($columns) SELECT $earlier FROM (SELECT *, intHash32(id + rowNumberInAllBlocks()) AS n FROM flowbpf.flows_local)" || exit 1
done
spawn hub.out r "$FLOWBPF" hub --clickhouse "${shards[0]}" --clickhouse-login "$WORK/login" --listen 127.0.0.1:8090 --no-login
hub() { in_ns r curl -sS -m 35 --noproxy '*' "$@"; }
wait_for 20 hub -o /dev/null http://127.0.0.1:8090/api/v1/session
day="since=$(date -u -d "@$(((end - 24) * 3600))" +%FT%TZ)&until=$(date -u -d "@$((end * 3600))" +%FT%TZ)"
questions=("history/top?by=site&$day" "history/top?by=host&$day" "history/top?by=name&$day" "history/series?by=service&$day" "history/heat?$day")
time_of() { # TARGET: ms, the middle of five
	for _ in 1 2 3 4 5; do hub -o /dev/null -w '%{time_total}\n' "http://127.0.0.1:8090/api/v1/$1"; done | sort -g | awk '{ v[NR] = $1 } END { printf "%d", 1000 * v[3] }'
}
declare -A of_rows=()
for question in "${questions[@]}"; do of_rows[$question]=$(time_of "$question"); done
before=$EPOCHREALTIME
in_ns r "$FLOWBPF" fleet sums --clickhouse "http://10.9.9.2:8121,http://10.9.9.2:8123" --clickhouse-login "$WORK/login"
printf '%d rows of a day were added up in %.1f s to %d sums\n' "$(sql_at 1 "SELECT sum(rows) FROM flowbpf.sums WHERE by = 0 AND step = 3600")" \
	"$(awk "BEGIN { print $EPOCHREALTIME - $before }")" "$(sql_at 1 "SELECT count() FROM flowbpf.sums")"
printf 'of %.1f bytes each on the disk of a replica\n' "$(for n in 1 3; do sql_at $n "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE database = 'flowbpf' AND table = 'sums_local' AND active"; done | awk '{ rows += $1; bytes += $2 } END { print bytes / rows }')"
printf '\n%-52s %10s %10s\n' "a question of that day to a hub, ms" "of rows" "of sums"
for question in "${questions[@]}"; do printf '%-52s %10d %10d\n' "${question%%&*}" "${of_rows[$question]}" "$(time_of "$question")"; done
finish
