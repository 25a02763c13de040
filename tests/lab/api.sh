#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 560
# The tests of the JSON API (tests/api), against a daemon under real traffic.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
. tests/lab/traffic.sh
lab_router || ok_if 1 "the lab is there"
traffic_start
daemon_start r lan wan || finish
tick 3
for file in tests/api/*_test.mjs; do
	FLOWBPF_URL=http://127.0.0.1:8080 FLOWBPF_SOCKET=$socket FLOWBPF=$FLOWBPF \
		in_ns r timeout 400 node "$file" >"$WORK/out" 2>&1
	status=$?
	name=$(basename "$file" _test.mjs)
	while read -r line; do ok_if 1 "$name: ${line#not ok - }"; done < <(grep '^not ok' "$WORK/out")
	passed=$(sed -n 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p' "$WORK/out")
	for i in $(seq "${passed:-0}"); do ok_if 0 "$name: check $i"; done
	[ -n "$passed" ] || { tail -20 "$WORK/out" | sed 's/^/# /' && ok_if 1 "$name came to its end (status $status)"; }
done
[ "$tests_run" -gt 0 ] || ok_if 1 "there are tests of the API"
finish
