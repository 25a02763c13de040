#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# An erasure outlives the daemon: whether it is ended or killed before the history's turn, the next start goes on with it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/history_lib.sh"
need_product
history_lab
ip -n "$TAG-a" addr add 10.9.0.77/24 dev eth0
spawn web77.log b python3 -m http.server 8077 --bind 10.9.0.2
wait_for 10 listening b 8077 || finish
logged() { api log | grep -q "$1"; }
theirs="SELECT count(*) FROM flows WHERE src_ip = 168362061"
gone() { asked "$theirs" = 0; }
done_with() { [ ! -e "$state/erasure" ] && [ "$(api history/erasure | jq .done)" = true ]; }
cat >"$WORK/raw.py" <<'END'
import sys, pathlib
kept = [p for p in pathlib.Path(sys.argv[1]).iterdir() if p.is_file() and not p.name.startswith("audit")]
for path in kept:
    data = path.read_bytes()
    if any(bytes in data for bytes in (b"10.9.0.77", b"annas-phone", bytes([10, 9, 0, 77]))):
        print(path.name)
END
traces() { python3 "$WORK/raw.py" "$state"; }
no_trace() { [ -z "$(traces)" ]; }

once() { # SIGNAL
	state=$WORK/state.$1
	start || finish
	for _ in 1 2 3; do
		in_ns a curl -s -o "$WORK/page" --interface 10.9.0.77 -m 5 http://10.9.0.2:8077/
	done
	api hosts/10.9.0.77/name -X PUT -H 'Content-Type: application/json' -d '{"name": "annas-phone"}' >"$WORK/named"
	web 3
	check "there are flows of theirs ($1)" wait_for 40 asked "$theirs" -ge 3 || finish
	check "... and of others" wait_for 30 asked "$others" -ge 3 || finish
	api history/erasure -X POST -H 'Content-Type: application/json' -d '{"ip": "10.9.0.77"}' >"$WORK/begun"
	same "the answer is that it goes on" "$(jq .done "$WORK/begun")" false
	same "... and whom it is about is on the disk by then, for the daemon alone" "$(stat -c %a "$state/erasure")" 600
	check "the rows are there" asked "$theirs" -ge 3
	kept=$(ask "$others")
	sleep "$2"
	daemon_stop "$1"
	check "the daemon ended before their turn" test -e "$state/erasure"
	start || finish
	check "the next start goes on with it" wait_for 5 logged 'the erasure that the last run did not end goes on'
	check "the rows go" wait_for 40 gone
	check "... and who it was about" wait_for 20 done_with
	check "... with every byte, of the record of acts aside" wait_for 70 no_trace
	check "others' rows are there" asked "$others" -ge "$kept"
	same "the record of acts has it once" "$(api audit | jq '[.items[] | select(.act == "erase")] | length')" 1
	daemon_stop
}
others="SELECT count(*) FROM flows WHERE src_ip = 168362061 - 76 AND dst_port = 80"
once TERM 2
once KILL 1
finish
