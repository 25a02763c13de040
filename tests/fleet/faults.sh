#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# A sensor that is killed with what waits, a server away for longer than the spool is large, a batch that comes
# twice, one that no server takes, a torn file, a wrong password: what is there is right, all else is counted.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab
check "a login that others may read is refused" \
	sh -c "chmod 644 '$WORK/login'; ! '$FLOWBPF' fleet init --clickhouse http://10.9.9.2:8123 --clickhouse-login '$WORK/login' 2>&1 | grep -v 'chmod 600'"
chmod 600 "$WORK/login"

# --- killed with what waits -----------------------------------------------------------------------------------
in_ns r conntrack -F 2>/dev/null
fleet_start
traffic 50000
check "then it is quiet" wait_for 60 still
books=$(counted)
told() { [ "$(spooled)" = "$books" ]; }
check "without a server all is on the disk" wait_for 90 told
id=$(cat "$WORK/state/sensor")
mkdir "$WORK/copy"
cp "$WORK"/state/fleet/*.batch "$WORK/copy"
daemon_stop KILL
clickhouse_start
check "a server without tables" fleet_init
fleet_start
check "the next run sends what the last one left" wait_for 60 has_all "$books"
same "it is the same sensor" "$(cat "$WORK/state/sensor")" "$id"
wait_for 30 all_sent
daemon_stop

# --- twice, torn, poisoned -------------------------------------------------------------------------------------
before=$(arrived)
find "$WORK/state/fleet" -name '*.batch' -delete
cp "$WORK"/copy/*.batch "$WORK/state/fleet/"
torn=$(find "$WORK/copy" -name '*-0-*.batch' | sort | head -1)
torn=$WORK/state/fleet/$(basename "$torn" | sed 's/^[0-9a-f]*/00000000000f0000/')
cp "$(find "$WORK/copy" -name '*.batch' | sort | head -1)" "$torn"
python3 - "$WORK/state/fleet" "$torn" <<-'PY'
	import gzip, os, sys, zlib
	folder, torn = sys.argv[1:]
	def put(number, data, rows):
	    name = "%016x-%x-0-%x-1-2-3-4-%x-%x.batch" % (number, number, rows, len(data), zlib.crc32(data))
	    open(os.path.join(folder, name), "wb").write(data)
	put(1, b"(date,time,sensor)\n" + gzip.compress(b"no row at all"), 7)
	with open(torn, "r+b") as file:  # as long as its name says, but another
	    file.seek(20)
	    file.write(b"torn")
	with open(os.path.join(folder, "%016x-1-0-b-1-2-3-4-64-0.batch.new" % 2), "wb") as file:
	    file.write(b"half a fi")
PY
chown -R --reference="$WORK/state" "$WORK/state/fleet"
fleet_start
check "the rest goes out" wait_for 60 all_sent
same "what came twice is there once" "$(arrived)" "$before"
same "what no server takes is counted" "$(export_of dropped_refused)" 7
check "is told" grep -q 'clickhouse: a batch of 7 rows was refused and is set aside: ' "$WORK/daemon.log"
same "and kept" "$(find "$WORK/state/fleet" -name '*.refused' | wc -l)" 1
check "torn files are counted" [ "$(export_of dropped_torn)" -ge 12 ]
same "records are all accounted for" "$(api health | jq '.exports[0] | .records - .sent - .dropped >= 0')" true
daemon_stop

# --- longer than the spool --------------------------------------------------------------------------------------
clickhouse_stop
before_bytes=${before% *}
fleet_start --spool-limit 8k
full() { [ "$(export_of dropped_full)" -gt 20 ]; }
port=51000
more() { port=$((port + 10)) && traffic $port && full; }
check "the server is away for longer than the spool is large: the oldest makes way" wait_for 90 more
check "then it is quiet again" wait_for 60 still
books=$(counted)
clickhouse_start
check "it is back: the rest goes out" wait_for 60 all_sent
daemon_stop
read -r told lost <<<"$(sql "SELECT told_bytes, lost_bytes FROM flowbpf.sensors ORDER BY time DESC, told_bytes DESC LIMIT 1" | tr '\t' ' ')"
same "all was told" "$told" "${books% *}"
check "some of it is lost" [ "$lost" -gt 0 ]
after=$(arrived)
same "what is there and what was counted as dropped are the books, to the byte" $((${after% *} - before_bytes + lost)) "${books% *}"

# --- a wrong password -------------------------------------------------------------------------------------------
before=$(arrived)
printf 'sensor\nwrong\n' >"$WORK/login"
fleet_start
traffic 50300
check "a wrong password is told" wait_for 40 grep -q 'waits: .*password: see --clickhouse-login' "$WORK/daemon.log"
wait_for 60 still
books=$(counted)
daemon_stop
same "the log has no password" "$(grep -c 'wrong$\|pass-word' "$WORK/daemon.log")" 0
printf 'sensor\npass-word\n' >"$WORK/login"
fleet_start
same "with the right one all goes out" "$(wait_for 60 all_sent && echo yes)" yes
after=$(arrived)
same "to the byte" "$((${after% *} - ${before% *})) $((${after#* } - ${before#* }))" "$books"
daemon_stop
finish
