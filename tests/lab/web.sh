#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 1800, alone: yes
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
# The pictures are of a week: the daemon's clock begins that far back and comes here in strides.
set_clock() { python3 -c 'import struct, sys
open(sys.argv[1], "r+b").write(struct.pack("=q", int(sys.argv[2])))' "$WORK/offset" "$1"; }
if [ "${FLOWBPF_CHECKS:-}" = pictures ]; then
	gcc -shared -fPIC -O1 -o "$WORK/clock.so" tests/lab/preload/clock.c || ok_if 1 "the preload is built"
	truncate -s 8 "$WORK/offset"
	printf '#!/bin/sh\nLD_PRELOAD=%s CLOCK_FILE=%s exec %s "$@"\n' "$WORK/clock.so" "$WORK/offset" "$FLOWBPF" >"$WORK/flowbpf"
	chmod 755 "$WORK/flowbpf" "$WORK/clock.so" "$WORK/offset"
	FLOWBPF=$WORK/flowbpf
	set_clock $((-7 * 86400))
fi
daemon_start r lan wan -- --state "$WORK/state" --geo "$FLOWBPF_GEO" --list "trackers=$WORK/trackers.txt" \
	--alert 'busy: proto=tcp | flows > 0 by dst.port severity critical' --sender 'nobody: webhook http://127.0.0.1:9/' || finish
scene_start
ip -n "$TAG-s" address add 198.51.100.66/24 dev eth0
spawn portscan.log s python3 tests/lab/portscan.py 198.51.100.66 198.51.100.1 60
named() { [ "$(api 'flows?limit=1&filter=dst.host~.' | jq .page.matched)" -ge 30 ]; }
wait_for 60 named || ok_if 1 "the scene is busy"
if [ -e "$WORK/offset" ]; then
	for hours in $(seq $((-7 * 24 + 1)) 0); do
		sleep 4
		set_clock $((hours * 3600))
	done
	sleep 200 # two stretches of two minutes to compare
fi
status=0
: >"$WORK/out"
# shellcheck disable=SC2086
[ "${FLOWBPF_CHECKS:-}" = login ] || FLOWBPF_URL=http://127.0.0.1:8080 FLOWBPF_SOCKET=$socket FLOWBPF_OUT=${O:-build}/web-shots \
	in_ns r timeout 1500 node tests/web/run.mjs ${FLOWBPF_CHECKS:-} >"$WORK/out" 2>&1 || status=$?
case ${FLOWBPF_CHECKS:-login} in login) # and as people meet it: without --no-login
	daemon_stop
	socket=$WORK/login
	"$FLOWBPF" user add anna --role operator --token-file "$WORK/logins" <<<"correct horse battery" >/dev/null
	spawn daemon.log r "$FLOWBPF" attach lan wan --socket "$socket" --token-file "$WORK/logins"
	daemon=$spawned
	wait_for 20 api health
	FLOWBPF_URL=http://127.0.0.1:8080 FLOWBPF_SOCKET=$socket FLOWBPF_OUT=${O:-build}/web-shots \
		in_ns r timeout 200 node tests/web/run.mjs login >>"$WORK/out" 2>&1 || status=1
	;;
esac
cat "$WORK/out"
tests_run=$(grep -cE '^ *(ok|not ok) ' "$WORK/out") tests_failed=$(grep -cE '^ *not ok ' "$WORK/out")
[ $status = 0 ] || [ "$tests_failed" -gt 0 ] || ok_if 1 "the browser's tests came to their end (status $status)"
[ "$tests_run" -gt 0 ] || ok_if 1 "the browser's tests said something"
finish
