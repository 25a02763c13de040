#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# Sums of rows by minute and hour: a hub that reads them answers to the byte what it answers of rows; so it does with rows
# that came late, after a server that was killed in mid-sum, with hours that were added up twice, or in part, and when the
# rows are gone.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
clickhouse_alone
fleet() { in_ns d "$FLOWBPF" fleet "$@" --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login"; }
check "the tables are made" fleet init

# --- rows of five sensors over sixty hours ----------------------------------------------------------------------
first=$((EPOCHSECONDS / 86400 * 24 - 48)) last=$((EPOCHSECONDS / 3600)) # hours; two whole days, and today
columns="date, time, sensor, sensor_id, site, tags, run, batch, ended, begun, bytes_up, bytes_down, packets_up, packets_down,
	id, iface, proto, service, src_ip, src_mac, dst_host, dst_org, dst_country, owner_process, verdict"
rows() { # N FIRST-HOUR HOURS SEED: that many rows
	sql "INSERT INTO flowbpf.flows_local ($columns) SELECT toDate(intDiv(at, 86400000)), at, concat('gw', toString(s)),
		lower(hex(MD5(toString(s)))), s < 3 ? 'berlin' : 'bonn', ['rack=1', concat('region=', s < 4 ? 'north' : 'it''s')], 1, $4, n % 5 != 0, n % 3 != 0,
		r % 100000, r % 7777777, r % 100, r % 10000, intHash32(n) + $4, 'lan', n % 4 ? 'tcp' : 'udp', n % 7 ? 'https' : '',
		IPv6StringToNum(concat(n % 9 ? '::ffff:10.0.' : '2001:db8::', n % 9 ? concat(toString(s), '.', toString(r % 40)) : toString(r % 30))),
		concat('02:00:00:00:00:', toString(10 + r % 50)), n % 11 ? concat('host', toString(r % 200), '.lab.test') : '', n % 2 ? 'Lab' : 'Other',
		n % 3 ? 'DE' : 'FR', '', 'allow'
		FROM (SELECT number AS n, intHash64(number + $4) AS r, r % 5 AS s, toUInt64($2) * 3600000 + r % ($3 * 3600000) AS at FROM system.numbers LIMIT $1)"
}
rows 150000 "$first" $((last - first + 1)) 1 || note "rows: $(rows 1 "$first" 1 2 2>&1)"
beats="date, time, sensor, sensor_id, site, tags, run"
sql "INSERT INTO flowbpf.sensors_local ($beats) SELECT DISTINCT toDate(intDiv(time, 86400000)), intDiv(time, 60000) * 60000, sensor, sensor_id, site, tags, run FROM flowbpf.flows"

spawn hub.out d "$FLOWBPF" hub --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login" --listen 127.0.0.1:8090 --no-login
hub() { in_ns d curl -sS -m 35 --noproxy '*' -g "http://127.0.0.1:8090/api/v1/$1"; } # TARGET
check "a hub starts" wait_for 20 hub session

when() { date -u -d "@$1" +%FT%TZ; }
whole="since=$(when $((first * 3600)))&until=$(when $((last * 3600 + 3600)))"
odd="since=$(when $((first * 3600 + 7384)))&until=$(when $((last * 3600 - 4321)))" # no edge at an hour or a minute
month="since=$(when $((first * 3600 - 28 * 86400)))&until=$(when $((last * 3600)))"
questions() { # BY...
	local by when
	for by; do
		for when in "$whole" "$odd"; do
			echo "history/top?by=$by&$when"
			echo "history/top?by=$by&compare=day&sort=change&$when"
			echo "history/series?by=$by&$when"
		done
		echo "history/heat?by=$by&tz_min=60&$odd"
	done
	echo "history/top?by=host&key=10.0.1.7&compare=previous&$odd"
	echo "history/top?by=name&key=host7.lab.test&compare=week&$whole"
	echo "history/top?by=tag:region&key=it's&$odd"
	echo "history/series?by=host&key=10.0.1.7&$odd"
	echo "history/series?by=site&$month"
	echo "history/heat?by=site&key=bonn&tz_min=345&$whole"
	echo "history/heat?$month"
}
answers() { # NAME [BY...]
	local name=$1
	shift
	[ $# -gt 0 ] || set -- host tag:region
	questions "$@" | while read -r question; do echo "$question $(hub "$question")"; done >"$WORK/$name"
}
every=(total interface service protocol host device name network country process verdict sensor site tag:region tag:none)
alike() { # NAME OTHER
	cmp -s "$WORK/$1" "$WORK/$2" && return
	note "$(diff "$WORK/$1" "$WORK/$2" | head -4 | cut -c1-300)"
	return 1
}
summed() { sql "SELECT count() FROM flowbpf.sums_local"; }
total() { sql "SELECT sum(bytes_up), sum(bytes_down) FROM flowbpf.flows" | tr '\t' ' '; }
told() { hub "history/top?by=total&$whole" | jq -r '.total.bytes | "\(.up) \(.down)"'; }
answers rows "${every[@]}"
check "questions are answered" eval '! grep -q "\"code\"" "$WORK/rows"' || note "$(grep -m1 '"code"' "$WORK/rows")"
same "of all rows" "$(told)" "$(total)"
same "a dry run tells what would be added up" "$(fleet sums --settle 0 --dry-run | grep -c '^INSERT INTO flowbpf.sums_local')" $((2 * (last - first)))
same "and does nothing" "$(summed)" 0
same "all hours that are over are added up" "$(fleet sums --settle 0)" "http://10.9.9.2:8123: $((last - first)) hours were added up"
same "once" "$(fleet sums --settle 0)" "http://10.9.9.2:8123: 0 hours were added up"
answers sums "${every[@]}"
check "answers are the same, to the byte" alike rows sums
same "a tag is one of its values" "$(hub "history/top?by=tag:region&$whole" | jq -c '[.by, .field, ([.items[].key] | sort)]')" '["tag:region","tags",["it'"'"'s","north"]]'

# --- rows that come late, and twice -------------------------------------------------------------------------------
rows 3000 $((first + 5)) 3 77
same "what came late is told at once" "$(told)" "$(total)"
answers late
same "hours that got rows are added up again" "$(fleet sums --settle 0)" "http://10.9.9.2:8123: 3 hours were added up"
answers again
check "answers are the same" alike late again
same "an hour that was added up lately waits" "$(rows 5 $((first + 5)) 1 78 && fleet sums --settle 60)" "http://10.9.9.2:8123: 0 hours were added up"
answers late
sums="date, shard, by, step, time, item, sensor, sensor_id, site, tags, generation, flows, bytes_up, bytes_down, packets_up, packets_down, rows"
# half of an hour's sums, and of all that are there once more, by others
sql "INSERT INTO flowbpf.sums_local ($sums) SELECT $(sed 's/generation/toUInt64(7)/' <<<"$sums") FROM flowbpf.sums WHERE intDiv(time, 3600) = $((first + 20)) AND sensor = 'gw1'"
sql "INSERT INTO flowbpf.sums_local ($sums) SELECT $(sed 's/generation/generation + 1/' <<<"$sums") FROM flowbpf.sums"
answers again
check "sums in part, and sums that are there twice, change nothing" alike late again

# --- a server that dies ---------------------------------------------------------------------------------------------
rows 60000 $((first + 24)) 20 79
answers late
fleet sums --settle 0 >"$WORK/killed.out" 2>&1 &
filler=$!
more() { [ "$(summed)" -gt "$1" ]; }
check "hours are being added up" wait_for 20 more "$(summed)"
clickhouse_stop KILL
wait "$filler" 2>/dev/null
clickhouse_start
answers again
check "the server was killed meanwhile: answers are the same" alike late again
fleet sums --settle 0 >/dev/null & # two at once
fleet sums --settle 0 >"$WORK/second.out"
wait $!
answers again
check "the rest is added up by two at once: answers are the same" alike late again
same "nothing is left to be" "$(fleet sums --settle 0)" "http://10.9.9.2:8123: 0 hours were added up"

# --- rows that are gone ---------------------------------------------------------------------------------------------
closed="since=$(when $((first * 3600)))&until=$(when $((first * 3600 + 86400)))"
of_day() { hub "history/top?by=host&limit=1000&$closed"; hub "history/series?by=name&$closed"; hub "history/heat?$closed"; }
of_day >"$WORK/day"
same "rows that are not added up are kept" "$(rows 5 $((first + 2)) 1 80 && fleet sums --settle 60 --drop --days 1)" "http://10.9.9.2:8123: 0 hours were added up"
fleet sums --settle 0 >/dev/null
of_day >"$WORK/day"
fleet sums --settle 0 --drop --days 1 >"$WORK/dropped"
same "days that are older are dropped" "$(sql "SELECT count() FROM flowbpf.flows WHERE date = toDate($((first / 24)))")" 0 || note "$(cat "$WORK/dropped")"
of_day >"$WORK/again"
check "and are answered by their sums, as before" cmp "$WORK/day" "$WORK/again"
same "sums of a month are dropped when it is over" "$(fleet sums --settle 0 --drop --days 1 --sums-days 36500 | grep -c dropped)" 0

# --- a fleet of before ------------------------------------------------------------------------------------------------
answers late
for statement in "DROP TABLE flowbpf.sums" "DROP TABLE flowbpf.sums_local" "ALTER TABLE flowbpf.flows_local DROP COLUMN begun" \
	"ALTER TABLE flowbpf.flows DROP COLUMN begun" "DROP TABLE flowbpf.migrations"; do
	sql "$statement"
done
sql "CREATE TABLE flowbpf.migrations (version UInt32, name String, flowbpf String, time DateTime) ENGINE = MergeTree() ORDER BY version"
sql "INSERT INTO flowbpf.migrations SELECT 1, 'tables', '0.1.0', now()"
same "tables of before: a hub says what to do" "$(hub "history/top?$whole" | jq -r .detail | grep -c 'older version: flowbpf fleet init')" 1
same "a dry run tells the sums of what is there" "$(fleet init --dry-run | grep -cE '^(CREATE TABLE IF NOT EXISTS flowbpf.sums|ALTER TABLE flowbpf.flows.* ADD COLUMN begun UInt8|INSERT INTO flowbpf.sums_local)')" $((4 + 2 * (last - first - 24)))
check "fleet init makes them" fleet init
same "and adds up what is there" "$(fleet sums --settle 0)" "http://10.9.9.2:8123: 0 hours were added up"
same "a row that does not say whether its flow began counts where it ended" "$(hub "history/top?by=total&$whole" | jq .total.flows)" "$(sql "SELECT sum(ended) FROM flowbpf.flows")"
finish
