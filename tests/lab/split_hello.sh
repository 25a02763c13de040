#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 360
# A ClientHello cut into two segments at every byte offset gives the whole name each time: one of
# OpenSSL in one segment's size, one of Chromium with a post-quantum key share; one byte a segment.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
lab_router || ok_if 1 "the lab is there"
spawn sink.log s "$LAB_BIN/hellos" sink 555

whole() { # FILE: it holds as much as the header of its TLS record says
	local length
	read -ra length < <(od -An -tu1 -j3 -N2 "$1")
	[ "$(stat -c %s "$1")" -ge $((5 + length[0] * 256 + length[1])) ]
}
caught() { # FILE COMMAND...: the first bytes that the command sends to port 4556 of the server
	local file=$WORK/$1
	shift
	spawn catch.log s socat -u TCP-LISTEN:4556,reuseaddr "OPEN:$file,creat"
	wait_for 5 listening s 4556
	spawn client.log c "$@"
	wait_for 40 whole "$file"
	kill "$spawned" 2>/dev/null
	grep -q cut0000 "$file"
}
curves=$(printf ',proto%03d-with-a-long-name' {1..50})
hello="openssl s_client -connect 198.51.100.2:4556 -servername cut0000.lab.test"
# shellcheck disable=SC2086
{
	check "OpenSSL's hello is caught" caught small $hello
	check "a hello of more than one segment is caught" caught big $hello -alpn "h2${curves}"
}
check "Chromium's hello is caught" caught chromium chromium --headless=new --no-sandbox --disable-gpu \
	--user-data-dir="$WORK/chromium-data" --host-resolver-rules="MAP * 198.51.100.2" \
	--dump-dom https://cut0000.lab.test:4556/
note "hellos of $(stat -c %s "$WORK"/{small,big,chromium} | xargs) bytes"

daemon_start r lan || finish
named() { # FAMILY PORTS-FILE: lines "port name-number" as the daemon tells them
	local address
	[ "$1" = 4 ] && address=198.51.100.2 || address=2001:db8:2::2
	for offset in 0 1000 2000 3000; do
		curl -sS -m 20 -G --unix-socket "$socket" http://localhost/api/v1/flows \
			-d "limit=1000&offset=$offset&sort=src.port&live=both" \
			--data-urlencode "filter=dst.port=555 and dst.ip=$address" |
			jq -r '.items[] | select(.tls.sni != null) | "\(.src.port) \(.tls.sni | split(".")[0])"'
	done | sort -u >"$WORK/named"
	comm -23 <(sort "$2") "$WORK/named" | wc -l
}
all_named() { [ "$(named "$1" "$2")" = 0 ]; }
split() { # FAMILY FILE MODE STEP TEXT
	local address
	[ "$1" = 4 ] && address=198.51.100.2 || address=2001:db8:2::2
	in_ns c "$LAB_BIN/hellos" "$3" "$WORK/$2" $address 555 "$4" >"$WORK/sent" 2>"$WORK/sent.err"
	wait_for 8 all_named "$1" "$WORK/sent"
	check "$5: something was sent" [ -s "$WORK/sent" ]
	same "$5: connections without their whole name, of $(wc -l <"$WORK/sent")" "$(named "$1" "$WORK/sent")" 0
	comm -23 <(sort "$WORK/sent") "$WORK/named" | head -5 | sed 's/^/#   missing: /'
}
split 4 small split 1 "IPv4, OpenSSL, cut at every byte"
split 6 chromium split 1 "IPv6, Chromium, cut at every byte"
split 4 big split 7 "IPv4, over one segment, cut at every seventh byte"
split 4 small bytes 1 "IPv4, OpenSSL, one byte a segment"
split 6 chromium bytes 2 "IPv6, Chromium, two bytes a segment"
same "no name is a part of one" "$(flows 'dst.port=555' | jq -r '.[].tls.sni // empty' |
	grep -cvE '^cut[0-9]{4}\.lab\.test$')" 0
daemon_stop
finish
