#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# One fuzz target for a while: fuzz.sh NAME SECONDS CORPUS. TAP on stdout.
set -u
O=${O:-build}
"$O/tests/fuzz/$1_fuzz" -max_total_time="$2" -max_len=20000 -timeout=10 -rss_limit_mb=1024 \
	-print_final_stats=1 -verbosity=0 -artifact_prefix="$O/findings/$1-" "$3" >"$O/logs/fuzz-$1.out" 2>&1
status=$?
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$O/logs/fuzz-$1.out")
if [ $status = 0 ] && [ "${runs:-0}" -gt 0 ]; then
	echo "ok 1 - $1: $runs inputs in $2 s without a finding"
else
	tail -40 "$O/logs/fuzz-$1.out" | sed 's/^/# /'
	echo "not ok 1 - $1: status $status, see $O/findings"
	exit 1
fi
