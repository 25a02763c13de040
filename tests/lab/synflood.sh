#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# A flood of forged SYNs through the router, raw: who is new connects within 2 s all the while, who was
# there before at once; most of the flood is dropped, by TC and by XDP, and all of it is in the books.
. "$(dirname "$0")/lib.sh"
need_product
command -v python3 >/dev/null || {
	skip "a flood of SYNs" "python3 is not installed"
	finish
}
make --no-print-directory -s "${O:-build}/tests/lab/frames" || exit 1
lab_router || ok_if 1 "the lab is there"
for i in {10..29}; do ip -n "$TAG-c" address add "10.0.1.$i/24" dev eth0; done
lab_keep_neighbours
spawn server.log s python3 -m http.server 443 --bind 198.51.100.2 --directory "$WORK/reports"
wait_for 10 listening s 443
mac=$(mac r lan)
rate=10000 length=12

connects() { # ADDRESS: seconds until a new connection of it is there, or "never"
	in_ns c curl -sS -o /dev/null --interface "$1" --connect-timeout 6 -m 10 -w '%{time_connect}' http://198.51.100.2:443/ 2>/dev/null || echo never
}
longest() { # ADDRESS...: of one after the other
	local address
	for address in "$@"; do connects "$address" && echo; done | sort -g | tail -1
}
flooded() { [ "$(cause lan rx "$1")" -gt $rate ]; } # CAUSE
flood() { # CAUSE FIRST: what is dropped is of that cause; newcomers are FIRST and on
	local sent dropped known new
	same "before: one is known" "$(connects 10.0.1.10 | grep -c '^0')" 1
	tick 2
	spawn frames.log c sh -c "$LAB_BIN/frames eth0 $mac syn $((rate * length)) 0 $rate >$WORK/sent"
	local frames=$spawned
	wait_for 10 flooded "$1"
	known=$(longest 10.0.1.10 10.0.1.10 10.0.1.10)
	# shellcheck disable=SC2046
	new=$(longest $(seq -f '10.0.1.%.0f' "$2" $(($2 + 4))))
	check "the flood goes on meanwhile" kill -0 "$frames"
	wait "$frames"
	note "connected: known after $known s, new after $new s"
	check "who is known connects at once" awk -v s="$known" 'BEGIN { exit !(s != "never" && s < 0.9) }'
	check "who is new connects within 2 s" awk -v s="$new" 'BEGIN { exit !(s != "never" && s < 2) }'
	tick 2
	sent=$(cut -d' ' -f1 "$WORK/sent") dropped=$(cause lan rx "$1")
	note "$dropped of $sent dropped"
	check "most of it was dropped" [ "$dropped" -gt $((sent * 9 / 10)) ]
	check "... and no more than was sent" [ "$dropped" -lt $((sent + 30)) ]
	books_balance lan wan
	sleep 3
	check "when it is over who is new connects at once" sh -c "[ '$(connects "10.0.1.$(($2 + 6))" | cut -d. -f1)' = 0 ]"
}

daemon_start r lan wan -- --flood-rate 200
flood flood 11
same "XDP dropped nothing" "$(cause lan rx flood_xdp)" 0
daemon_stop
daemon_start r lan wan -- --flood-rate 200 --xdp
flood flood_xdp 18
same "TC dropped nothing" "$(cause lan rx flood)" 0
daemon_stop
finish
