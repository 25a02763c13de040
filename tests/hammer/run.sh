#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 120
# alone: yes
# The daemon under random requests, streams and logins (tests/api/hammer.mjs) with floods of frames and
# reloads beside: nothing that a sanitizer finds, and it ends in order. HAMMER_SECONDS is how long, SEED
# which.
. "$(dirname "$0")/../lab/lib.sh"
need_product
seed=${SEED:-$RANDOM}
note "SEED=$seed"
ns a b
link_pair a eth0 b eth0
ip -n "$TAG-a" address add 198.51.100.2/24 dev eth0
ip -n "$TAG-b" address add 198.51.100.1/24 dev eth0
in_ns a nft 'table inet t { chain c { type filter hook input priority 0; ct state established accept; }; }'
in_ns b ping -q -c1 -W2 198.51.100.2 >/dev/null || ok_if 1 "the lab is there"
echo 'internal = 198.51.100.0/24' >"$WORK/conf"
echo '198.51.100.1 flood.lab.test' >"$WORK/hosts"
daemon_start a eth0 -- --max-flows 8192 --config "$WORK/conf" --hosts "$WORK/hosts" || finish
flood() { spawn frames.log b sh -c "while :; do $LAB_BIN/frames eth0 $(mac a eth0) $1 || exit; done" >/dev/null; }
flood "office 5000 0 4000"
flood "syn 20000 0 4000"
spawn reloads.log a sh -c "while sleep 1; do touch '$WORK/hosts'; kill -HUP $daemon || exit; done" >/dev/null
FLOWBPF_URL=http://127.0.0.1:8080 HAMMER_SECONDS=${HAMMER_SECONDS:-15} SEED=$seed \
	in_ns a timeout 100 node tests/api/hammer.mjs >"$WORK/out" 2>&1
status=$?
note "figure: $(tail -1 "$WORK/out")"
ok_if $status "random requests are answered, good ones and bad ones"
check "the daemon lives" wait_for 10 api summary
daemon_stop
same "it ends in order" $? 0
finish
