#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 280
# The tests of the JSON API (tests/api), against a daemon under real traffic.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
. tests/lab/traffic.sh
lab_router || ok_if 1 "the lab is there"
traffic_start
daemon_start r lan wan || finish
tick 3
for file in tests/api/*; do
	case $file in
	*_test.mjs | *.test.mjs) command="node --test --test-reporter=tap" ;;
	*/run.mjs) command=node ;;
	*/run.sh | *_test.sh) command=bash ;;
	*) continue ;;
	esac
	# shellcheck disable=SC2086
	FLOWBPF_URL=http://127.0.0.1:8080 FLOWBPF_SOCKET=$socket FLOWBPF=$FLOWBPF \
		in_ns r timeout 200 $command "$file" >"$WORK/out" 2>&1
	status=$?
	grep -v '^1\.\.' "$WORK/out"
	failed=$(grep -cE '^not ok ' "$WORK/out")
	tests_run=$((tests_run + $(grep -cE '^(ok|not ok) ' "$WORK/out"))) tests_failed=$((tests_failed + failed))
	[ $status = 0 ] || [ "$failed" -gt 0 ] || ok_if 1 "$file came to its end (status $status)"
done
[ "$tests_run" -gt 0 ] || ok_if 1 "there are tests of the API"
finish
