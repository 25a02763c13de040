#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 600
# alone: yes
# The page's budgets in a real browser, over 100,000 live flows that came in by the interface.
# FLOWBPF_MINUTES is how long memory is watched.
. "$(dirname "$0")/../lab/lib.sh"
need_product
flows=${FLOWBPF_FLOWS:-100000}
[ -x "$LAB_BIN/frames" ] || { ok_if 1 "$LAB_BIN/frames is built" && finish; }
ns a b
link_pair a eth0 b eth0
ip -n "$TAG-a" address add 10.0.0.1/24 dev eth0
daemon_start a eth0 -- --max-flows $((flows * 5 / 4 + 1024)) || finish
# each flow has a packet every five seconds
spawn frames.log b sh -c "while :; do $LAB_BIN/frames eth0 $(mac a eth0) udp $flows 0 $((flows / 5)) || exit; done"
full() { [ "$(api 'flows?limit=1' | jq .page.total)" -ge "$flows" ]; }
check "$flows flows are live" wait_for 40 full
FLOWBPF_URL=http://127.0.0.1:8080 in_ns a timeout $((540 + 60 * ${FLOWBPF_MINUTES:-0})) \
	node tests/web/run.mjs budget >"$WORK/out" 2>&1
status=$?
while read -r line; do
	case $line in
	"ok "*) ok_if 0 "${line#*- }" && note "figure: ${line#*# }" ;;
	"not ok "*) ok_if 1 "${line#*- }" ;;
	1..*) ;;
	*) echo "$line" ;;
	esac
done <"$WORK/out"
[ $status = 0 ] || [ $tests_failed -gt 0 ] || ok_if 1 "the browser's checks came to their end (status $status)"
finish
