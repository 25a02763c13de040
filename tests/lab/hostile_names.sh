#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 120
# T8: names of any bytes, sent as TLS, as HTTP Host and as DNS questions, come out of every door as
# inert text: JSON, CSV (of the API and of the command), the event stream, a terminal, the log, and
# bpftool's dump of the kernel's map.
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
spawn sink.log b "$LAB_BIN/hellos" sink 555
daemon_start b eth0 || finish

# Files to send, and what each name is to read as: lines "kind number text".
cat >"$WORK/make.mjs" <<'NODE'
import { writeFileSync } from 'node:fs'
const names = ['a\0b', '\x1b[2J\x1b]0;x\x07', '<script>alert(1)</script>', '"quoted\'`', 'back\\slash', '\xff\xfe\x80', '\xe2\x80\xaetxt.exe', '%n%s%x',
  '=cmd|\' /C calc\'!A0', '+1+1', '-2', '@SUM(1)', '$(reboot)', 'line\nfeed\r\nX: y', 'tab\there', '{"a":1}', 'a,b;c', ' ', '\x7f\x9b31m', 'é'].map(n => Buffer.from(n, 'latin1'))
const text = b => [...b].map(c => c > 0x20 && c < 0x7f && c !== 0x5c ? String.fromCharCode(c) : `\\x${c.toString(16).padStart(2, '0')}`).join('').toLowerCase() // names have small letters
const be = (n, w) => { const b = Buffer.alloc(w); b.writeUIntBE(n, 0, w); return b }
const vec = (b, w) => Buffer.concat([be(b.length, w), b])
const hello = name => {
  const sni = Buffer.concat([be(0, 2), vec(vec(Buffer.concat([be(0, 1), vec(name, 2)]), 2), 2)])
  const alpn = Buffer.concat([be(16, 2), vec(vec(vec(name, 1), 2), 2)])
  const body = Buffer.concat([be(0x0303, 2), Buffer.alloc(32, 7), be(0, 1), vec(Buffer.from([0x13, 1]), 2), vec(Buffer.from([0]), 1), vec(Buffer.concat([sni, alpn]), 2)])
  return Buffer.concat([Buffer.from([22, 3, 1]), vec(Buffer.concat([be(1, 1), vec(body, 3)]), 2)])
}
const dns = name => Buffer.concat([be(1, 2), be(0x0100, 2), be(1, 2), Buffer.alloc(6), vec(name, 1), be(0, 1), be(1, 2), be(1, 2)])
const lines = []
names.forEach((name, i) => {
  const line = (kind, bytes) => { writeFileSync(`${process.argv[2]}/${kind}.${i}`, bytes); lines.push(`${kind} ${i} ${text(name)}`) }
  line('tls', hello(name))
  line('dns', dns(name))
  // a Host ends with its line and before its port, and has no space around it
  if (!/[\n\r:\s]/.test(name.toString('latin1'))) line('http', Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nHost: '), name, Buffer.from('\r\n\r\n')]))
})
writeFileSync(`${process.argv[2]}/expected`, lines.join('\n') + '\n')
NODE
check "hellos of twenty hostile names are made" node "$WORK/make.mjs" "$WORK"
while read -r kind i text; do
	if [ "$kind" = dns ]; then
		in_ns a socat -u "FILE:$WORK/dns.$i" UDP:10.9.0.2:53,sourceport=$((3000 + i)) 2>/dev/null
	else
		port=$([ "$kind" = tls ] && echo $((1000 + i)) || echo $((2000 + i)))
		in_ns a socat -u "FILE:$WORK/$kind.$i" "TCP:10.9.0.2:555,sourceport=$port,reuseaddr" 2>/dev/null
	fi
done <"$WORK/expected"
sent=$(wc -l <"$WORK/expected")
named() { [ "$(flows "src.ip=10.9.0.1" | jq '[.[] | select(.names | length > 0)] | length')" = "$sent" ]; }
check "each of the $sent flows has its name" wait_for 15 named

# What the flows say, as the lines that are expected: a name is whole and escaped.
flows "src.ip=10.9.0.1" >"$WORK/flows.json"
jq -r '.[] | select(.names | length > 0) | (.src.port / 1000 | floor) as $kind |
	"\(["", "tls", "http", "dns"][$kind]) \(.src.port % 1000) \(.names[0].name)"' "$WORK/flows.json" | sort >"$WORK/got"
same "JSON: every name reads as its bytes, escaped" "$(sort "$WORK/expected" | diff - "$WORK/got")" ""
jq -r '.[] | select(.tls.alpn | length > 0) | "tls \(.src.port % 1000) \(.tls.alpn[0] | ascii_downcase)"' "$WORK/flows.json" | sort >"$WORK/alpn"
same "JSON: every ALPN too" "$(grep '^tls' "$WORK/expected" | sort | diff - "$WORK/alpn")" ""

inert() { # TEXT FILE: no byte that a terminal or a page would take for more than text
	same "$1: valid UTF-8" "$(iconv -f UTF-8 -t UTF-8 "$2" 2>&1 >/dev/null | head -1)" ""
	same "$1: no control byte, no direction mark" "$(LC_ALL=C grep -caP "[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]" "$2")" 0
}
api flows >"$WORK/raw.json" && inert "the API's flows" "$WORK/raw.json"
timeout 4 curl -sSN --unix-socket "$socket" http://localhost/api/v1/stream >"$WORK/stream" 2>/dev/null
check "the event stream says something" grep -q '^data: ' "$WORK/stream"
inert "the event stream" "$WORK/stream"
api "export.csv?live=both" | tr -d '\r' >"$WORK/api.csv" && inert "CSV of the API" "$WORK/api.csv"
"$FLOWBPF" flows --all --csv --socket "$socket" 2>/dev/null | tr -d '\r' >"$WORK/cli.csv" && inert "CSV of the command" "$WORK/cli.csv"
for csv in api cli; do
	check "$csv.csv has the flows" [ "$(wc -l <"$WORK/$csv.csv")" -gt "$sent" ]
	same "$csv.csv: no cell is a formula, each line has as many cells as the head" "$(node -e '
		const rows = [[]]; let cell = "", quoted = false
		for (const c of require("fs").readFileSync(process.argv[1], "utf8")) {
			if (quoted ? c === "\"" : c === "\"") { quoted = !quoted; continue }
			if (!quoted && (c === "," || c === "\n")) { rows.at(-1).push(cell); cell = ""; if (c === "\n") rows.push([]) } else cell += c
		}
		rows.pop()
		const odd = rows.filter(r => r.length !== rows[0].length || r.some(x => /^[=+@\t\r]|^-[^0-9]/.test(x)))
		console.log(odd.length)' "$WORK/$csv.csv")" 0
done
script -qec "stty cols 200; $FLOWBPF flows --all --socket $socket" /dev/null </dev/null >"$WORK/tty" 2>&1
check "a terminal shows the names" grep -q 'x1b\[2j' "$WORK/tty"
same "... and nothing but colours reaches it" "$(sed 's/\x1b\[[0-9;]*[mK]//g' "$WORK/tty" | LC_ALL=C grep -caP '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae')" 0
# flowbpf top, which moves the cursor about: t twice for live and ended flows, then q
(sleep 2 && printf tt && sleep 3 && printf q) |
	TERM=xterm script -qec "stty cols 200 rows 80; $FLOWBPF top --socket $socket" /dev/null >"$WORK/top" 2>&1
check "top shows the names" grep -q 'x1b\[2j' "$WORK/top"
same "... and nothing but moves and colours reaches the terminal" "$(sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g; s/\x1b[()][0AB]//g; s/\x1b[=>78]//g' \
	"$WORK/top" | LC_ALL=C grep -caP '[\x00-\x07\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae')" 0
inert "the log" "$WORK/daemon.log"
spawn held.log a sh -c "(cat '$WORK/tls.1'; sleep 20) | socat - TCP:10.9.0.2:555"
dumped() {
	in_ns b bpftool -j map dump id "$(for id in $(held map_id); do bpftool -j map show id "$id"; done |
		jq -r 'select(.name == "fb_names").id')" | jq -r '.[0].value[]' |
		sed 's/^0x/\\x/' | tr -d '\n' | xargs -0 printf '%b' | grep -qaF "$(sed -n 's/^tls 1 //p' "$WORK/expected")"
}
check "the kernel's map of names has the escaped text too" wait_for 8 dumped
daemon_stop
same "the daemon ends in peace" $? 0
finish
