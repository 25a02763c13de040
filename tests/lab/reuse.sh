#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A 5-tuple used again at once after RST and after FIN: each connection is a flow of its own with
# its own name and its own counts; the old name does not stick. (P13)
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
spawn sink.log s "$LAB_BIN/hellos" sink 555
nginx_start s
spawn catch.log s socat -u TCP-LISTEN:4556 "OPEN:$WORK/hello,creat"
wait_for 5 listening s 4556
in_ns c timeout 2 openssl s_client -connect 198.51.100.2:4556 -servername cut0000.lab.test </dev/null >/dev/null 2>&1
daemon_start r lan || finish

in_ns c "$LAB_BIN/hellos" reuse "$WORK/hello" 198.51.100.2 555 20 >"$WORK/sent"
same "twenty connections came from one port" "$(cut -d' ' -f1 "$WORK/sent" | sort -u | wc -l) $(wc -l <"$WORK/sent")" "1 20"
rows() { flows "src.port=$(head -1 "$WORK/sent" | cut -d' ' -f1) and dst.port=555" | jq -r "$1"; }
have_all() { [ "$(rows length)" = 20 ]; }
wait_for 8 have_all
same "they are twenty flows" "$(rows length)" 20
same "each has its own name" "$(rows '.[].tls.sni' | sort)" "$(sed 's/.* \(.*\)/\1.lab.test/' "$WORK/sent" | sort)"
same "each has its own id" "$(rows '[.[].id] | unique | length')" 20
same "each holds its own SYN: between four and nine packets up" \
	"$(rows '[.[] | select(.packets.up >= 3 and .packets.up <= 9)] | length')" 20

# After FIN, the server's side in TIME_WAIT: HTTP that the server closes, from one local port.
for name in one two; do
	in_ns c curl -sS -m 10 -o /dev/null --local-port 41000 --http1.1 -H 'Connection: close' \
		--cacert "$WORK/ca.pem" --resolve "$name.lab.test:443:198.51.100.2" "https://$name.lab.test/1000" || note "curl $name"
done
tls() { flows "src.port=41000" | jq -r "$1"; }
names() { tls '[.[].tls.sni] | sort | join(" ")'; }
both() { [ "$(names)" = "one.lab.test two.lab.test" ]; }
wait_for 8 both
same "after FIN: two flows, each with its name" "$(names)" "one.lab.test two.lab.test"
check "the kernel half counted reused 5-tuples" [ "$(counter reused)" -ge 19 ]
daemon_stop
finish
