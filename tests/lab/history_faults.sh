#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 480
# What may befall the history: SIGKILL, a full disk, one that cannot be written, a torn file, one of
# another machine. Each is told once, flows are shown as ever, and it goes on as soon as it can.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/history_lib.sh"
need_product
history_lab

# --- SIGKILL ----------------------------------------------------------------------------------------
killed=0 whole=0
start || finish
for i in {1..20}; do
	web 3
	sleep "$((RANDOM % 3)).$((RANDOM % 10))"
	ends=$(ends)
	rows=$(ask 'SELECT count(*) FROM flows WHERE part = 0')
	kill -9 "$daemon" && killed=$((killed + 1))
	wait "$daemon" 2>/dev/null
	[ "$(ask 'PRAGMA integrity_check')" = ok ] && [ "$(ask 'SELECT count(*) FROM flows WHERE part = 0')" -ge "$rows" ] &&
		[ "$(ask "SELECT count(*) FROM flows WHERE part = 0 AND w >= (SELECT start_ms << 20 FROM run ORDER BY n DESC LIMIT 1)")" -ge "$ends" ] &&
		whole=$((whole + 1))
	start || break
done
same "20 kills: what was written stands, and the file is whole" "$killed $whole" "20 20"
daemon_stop

# --- the disk ---------------------------------------------------------------------------------------
mkdir "$WORK/small"
mount -t tmpfs -o size=4m tmpfs "$WORK/small" || { skip "a small disk" "no tmpfs here" && finish; }
trap 'umount -l "$WORK/small" 2>/dev/null; clean_up' EXIT
: >"$WORK/daemon.log"
daemon_start a eth0 -- --max-flows 4096 --state "$WORK/small/state" || finish
head -c 8M /dev/zero >"$WORK/small/full" 2>/dev/null
web 30
check "a full disk is told" wait_for 30 said 'the history cannot be written'
degraded() { api health | jq -e '.history.on and (.history.works | not) and (.reasons | any(contains("history cannot be written")))'; }
check "... in the health" wait_for 8 degraded
shown() { [ "$(flows "dst.port = 80" | jq length)" -ge "$1" ]; }
check "... and flows are shown as ever" wait_for 8 shown 30
same "... once" "$(grep -c 'history cannot be written' "$WORK/daemon.log")" 1
rm "$WORK/small/full"
check "it goes on where there is room again" wait_for 30 said 'history is written again'
small() { test "$(ask "$1" "$WORK/small/state")" -ge "$2"; }
check "... with what came meanwhile" wait_for 20 small 'SELECT count(*) FROM flows WHERE dst_port = 80' 30
daemon_stop
echo 'flowbpf names 1' >"$WORK/small/state/names" # as a run leaves it that learned of one: the folder is ours
mount -o remount,ro "$WORK/small"
: >"$WORK/daemon.log"
daemon_start a eth0 -- --max-flows 4096 --state "$WORK/small/state" || finish
check "a disk that is read-only is told" wait_for 30 said 'cannot keep a history in .*: flows are not kept'
web 10
mount -o remount,rw "$WORK/small"
check "... and so is its end" wait_for 30 said 'history is written again'
check "... nothing is lost" wait_for 20 small 'SELECT count(*) FROM flows WHERE dst_port = 80' 40
same "no loss is counted" "$(api health | jq '[.counters | to_entries[] | select(.key | startswith("history_lost")) | .value.value] | add')" 0
daemon_stop

# --- what is not ours, what is not wanted -----------------------------------------------------------
python3 -c "
import sqlite3
db = sqlite3.connect('$state/history.db')
db.execute(\"UPDATE meta SET value = 'another' WHERE key = 'owner'\")
db.commit()"
: >"$WORK/daemon.log"
start || finish
check "the history of another machine is refused, and the rest runs" said 'history of another machine.*flows are not kept'
daemon_stop
dd if=/dev/urandom of="$state/history.db" bs=8192 count=3 seek=1 conv=notrunc 2>/dev/null
rm -f "$state"/history.db-*
printf 'no database' | dd of="$state/history.db" conv=notrunc 2>/dev/null
: >"$WORK/daemon.log"
start || finish
check "a torn file is set aside" said 'kept as .*history.db.old-1'
check "... and a new one is begun" asked "SELECT count(*) FROM run" = 1
daemon_stop
rm -rf "$state"
start --history off || finish
web 1
tick 3
check "--history off: there is none" [ ! -e "$state/history.db" ]
daemon_stop
same "limits that are none are refused" "$("$FLOWBPF" attach eth0 --history flows=soon 2>&1 | sed 's/:.*, not/: ..., not/')" \
	'flowbpf: ..., not "flows=soon"'
finish
