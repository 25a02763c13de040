#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 180
# `make demo` as a newcomer has it: the page is there, he is logged in by the link, sees names, lost packets and
# attacks; Ctrl-C leaves nothing of it.
. "$(dirname "$0")/lib.sh"
need_product
make --no-print-directory -s "${O:-build}/tests/lab/frames" || exit 1
TMPDIR=$WORK DEMO_PORT=18080 env --default-signal=INT tests/demo.sh >"$WORK/said" 2>&1 </dev/null &
demo=$!
pids+=("$demo")
shown() { grep -q 'Ctrl-C' "$WORK/said"; }
check "it says where the page is" wait_for 40 shown || note "$(cat "$WORK/said")"
link=$(grep -o 'http://127.0.0.1:[0-9]*/#login=[^ ]*' "$WORK/said")
page=${link%%/#*}
socket=$(sed -n 's/.* --socket //p' "$WORK/said")
check "the link logs in" curl -sSf -m 10 -c "$WORK/jar" -o "$WORK/answer" "$page/api/v1/session" -H "X-Flowbpf-CSRF: 1" -H 'Content-Type: application/json' \
	-d "{\"token\": \"${link#*=}\"}"
finds() { [ "$(curl -sS -m 10 -b "$WORK/jar" "$page/api/v1/flows?limit=1" -G --data-urlencode "filter=$1" | jq .page.matched)" -ge "$2" ]; }
check "names are there, seen from outside the namespaces" wait_for 40 finds 'dst.host ~ .' 30
check "... of both families" wait_for 10 finds 'src.ip = fd00::/8 and bytes > 1000' 1
check "... and what a bad link loses" wait_for 40 finds 'retrans.up > 0 and (src.ip = 10.0.1.105 or src.ip = 10.0.1.106)' 1
attacked() { curl -sS -m 10 -b "$WORK/jar" "$page/api/v1/incidents?kind=$1" | jq -e '.items | length > 0' >/dev/null; }
check "a scan from outside is told" wait_for 60 attacked scan
check "... and a host that reports to somebody" wait_for 60 attacked beacon
kill -INT "$demo"
check "Ctrl-C ends it" wait_for 20 ended "$demo"
same "... nothing of it is left" "$(ls -d "$WORK"/flowbpf-demo.* 2>/dev/null | wc -l) $(ss -Hltn "sport = :${page##*:}" | wc -l) $(pgrep -fc "$socket")" "0 0 0"
finish
