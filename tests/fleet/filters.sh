#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# The filter language at a ClickHouse server: the same flows and the same filters as SQLite is held to
# (unit/store/pastfilter_test), with texts that want to be more; fields, sums and the order of pages.
. "$(dirname "$0")/../lab/lib.sh"
need_product
. tests/fleet/clickhouse_lib.sh
clickhouse_alone
check "the tables are made" in_ns d "$FLOWBPF" fleet init --clickhouse http://10.9.9.2:8123 --clickhouse-login "$WORK/login"
filters() { in_ns d env CMOCKA_MESSAGE_OUTPUT=TAP "${LAB_BIN%/lab}/fleet/filters_test" http://10.9.9.2:8123 "$WORK/login" >"$WORK/filters.out" 2>&1; }
check "each filter selects the flows there that it selects here" filters || note "$(grep -v '^ok' "$WORK/filters.out" | head -5)"
same "none of the tests was left out" "$(grep -c '^ok' "$WORK/filters.out")" 5
same "the tables are still there" "$(sql 'SELECT count() > 1500 FROM flowbpf.flows')" 1
finish
