#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 280
# The server in bad company (tests/api/load.mjs), with 25,000 flows; then a restart under a page that
# comes back with the id of the last event it saw.
. "$(dirname "$0")/lib.sh"
need_product
ns a b
link_pair a eth0 b eth0
ip -n "$TAG-a" address add 198.51.100.2/24 dev eth0
ip -n "$TAG-b" address add 198.51.100.1/24 dev eth0
in_ns b ping -q -c1 -W2 198.51.100.2 >/dev/null || ok_if 1 "the lab is there"
# what a reader that stands still has taken in is the kernel's: little, so that it shows soon
in_ns a sysctl -qw net.ipv4.tcp_rmem="4096 16384 32768"
make --no-print-directory -s "${O:-build}/tests/lab/frames" || exit 1
daemon_start a eth0 || finish
frames() { in_ns b "$LAB_BIN/frames" eth0 "$(mac a eth0)" office 25000 0 "$1" >/dev/null; }
frames 50000
spawn frames.log b sh -c "while :; do $LAB_BIN/frames eth0 $(mac a eth0) office 25000 0 5000 >/dev/null; done"
wait_for 20 sh -c "[ \"\$(curl -s --unix-socket $socket 'http://localhost/api/v1/flows?limit=1' | jq .page.total)\" -gt 20000 ]"

FLOWBPF_URL=http://127.0.0.1:8080 FLOWBPF_PID=$daemon in_ns a timeout 240 node tests/api/load.mjs >"$WORK/out" 2>&1
status=$?
while read -r line; do ok_if 1 "${line#not ok - }"; done < <(grep '^not ok' "$WORK/out")
passed=$(sed -n 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p' "$WORK/out")
for i in $(seq "${passed:-0}"); do ok_if 0 "check $i"; done
grep '^# ' "$WORK/out"
[ -n "$passed" ] || { tail -20 "$WORK/out" | sed 's/^/# /' && ok_if 1 "it came to its end (status $status)"; }

# --- a restart ------------------------------------------------------------------------------------
listen() { # [HEADER]: the events of two seconds
	in_ns a timeout 3 curl -sSN -m 3 ${1:+-H "$1"} http://127.0.0.1:8080/api/v1/stream 2>/dev/null
}
listen >"$WORK/before"
boot=$(sed -n 's/^data: .*"boot_id":"\([0-9a-f]*\)".*/\1/p' "$WORK/before" | head -1)
last=$(sed -n 's/^id: //p' "$WORK/before" | tail -1)
daemon_stop
same "the daemon ends with streams served" $? 0
daemon_start a eth0 || finish
listen "Last-Event-ID: $last" >"$WORK/after"
again=$(sed -n 's/^data: .*"boot_id":"\([0-9a-f]*\)".*/\1/p' "$WORK/after" | head -1)
[ -n "$boot" ] && [ -n "$again" ] && [ "$boot" != "$again" ]
ok_if $? "after a restart the page is told by another boot id"
same "... and is not told old news as new" "$(grep -c '^event: log' "$WORK/after")" 0
same "... and goes on with what is" "$([ "$(grep -c '^event: summary' "$WORK/after")" -ge 1 ] && echo yes)" yes
daemon_stop
finish
