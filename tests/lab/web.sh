#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 1200
# The page in a real browser, against a daemon under real traffic. FLOWBPF_CHECKS names some only.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
[ -e tests/web/run.mjs ] || { ok_if 1 "tests/web/run.mjs is there" && finish; }
. tests/lab/scene.sh
lab_router || ok_if 1 "the lab is there"
chmod 711 "$WORK"
export FLOWBPF_GEO=$WORK/ranges.csv # the checks write it
echo metrics.example.com >"$WORK/trackers.txt"
daemon_start r lan wan -- --geo "$FLOWBPF_GEO" --list "trackers=$WORK/trackers.txt" || finish
scene_start
named() { [ "$(api 'flows?limit=1&filter=dst.host~.' | jq .page.matched)" -ge 30 ]; }
wait_for 60 named || ok_if 1 "the scene is busy"
# shellcheck disable=SC2086
FLOWBPF_URL=http://127.0.0.1:8080 FLOWBPF_SOCKET=$socket FLOWBPF_OUT=${O:-build}/web-shots \
	in_ns r timeout 1000 node tests/web/run.mjs ${FLOWBPF_CHECKS:-} >"$WORK/out" 2>&1
status=$?
[ -n "${FLOWBPF_CHECKS:-}" ] || { # and as people meet it: without --no-login
	daemon_stop
	socket=$WORK/login
	spawn daemon.log r "$FLOWBPF" attach lan wan --socket "$socket"
	daemon=$spawned
	wait_for 20 api health
	FLOWBPF_URL=http://127.0.0.1:8080 FLOWBPF_SOCKET=$socket FLOWBPF_OUT=${O:-build}/web-shots \
		in_ns r timeout 200 node tests/web/run.mjs login >>"$WORK/out" 2>&1 || status=1
}
cat "$WORK/out"
tests_run=$(grep -cE '^ *(ok|not ok) ' "$WORK/out") tests_failed=$(grep -cE '^ *not ok ' "$WORK/out")
[ $status = 0 ] || [ "$tests_failed" -gt 0 ] || ok_if 1 "the browser's tests came to their end (status $status)"
[ "$tests_run" -gt 0 ] || ok_if 1 "the browser's tests said something"
finish
