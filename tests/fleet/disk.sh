#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 240
# The disk of the server is full: what it does not take waits on the sensor's, and is there, once, when there is room again.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
fleet_lab
mount -t tmpfs -o size=64m disk "$WORK/ch"
trap 'status=$?; clickhouse_stop; umount -l "$WORK/ch"; (exit $status); clean_up' EXIT
mkdir "$WORK/ch/tmp"
clickhouse_start
check "the tables are made" fleet_init
in_ns r conntrack -F 2>/dev/null
fleet_start
traffic 50000
some() { [ "$(rows)" -gt 5 ]; }
check "rows arrive" wait_for 60 some
dd if=/dev/zero of="$WORK/ch/filler" bs=1M 2>/dev/null
same "the server's disk is full" "$(df --output=avail "$WORK/ch" | tail -1 | xargs)" 0
traffic 50100
traffic_that_stays
full() { waits && export_of error | grep -qiE 'space|NOT_ENOUGH_SPACE|Code: 243|write'; }
check "what comes waits, and says why" wait_for 60 full
note "$(export_of error)"
traffic 50110
check "then it is quiet" wait_for 60 still
same "none was dropped" "$(export_of dropped)" 0
rm "$WORK/ch/filler"
check "there is room again: all goes out" wait_for 90 all_sent
check "then it is quiet again" wait_for 60 still
books=$(counted)
daemon_stop
same "ClickHouse has every byte and packet" "$(arrived)" "$books"
same "each batch once" "$(sql "SELECT count() FROM (SELECT batch, id, time, count() AS n FROM flowbpf.flows GROUP BY batch, id, time HAVING n > 1)")" 0
same "nothing waits" "$(spooled)" "0 0"
finish
