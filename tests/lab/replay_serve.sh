#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# A capture on the page: what the API says of it is what `replay --json` prints, at its end and at moments of it; nothing
# can be changed in it; it needs no root once it may load programs; it ends by a signal and leaves nothing.
. "$(dirname "$0")/lib.sh"
need_product
captures=$(realpath -m "${FLOWBPF_PCAPS:-../shared/pcaps}")
capture=$captures/ntop__nDPI/netflix.pcap
if [ ! -r "$capture" ]; then
	skip "a capture is shown" "no $capture; FLOWBPF_PCAPS names another folder"
	finish
fi
mkdir -m 1777 "$WORK/tmp"
export TMPDIR=$WORK/tmp
ns a
run=() # by whom
serve() { # FILE [OPTION...]: its pid in $daemon, its socket in $socket
	socket=$WORK/tmp/socket
	: >"$WORK/said"
	spawn said a "${run[@]}" "$FLOWBPF" replay "$1" --serve --socket "$socket" "${@:2}"
	daemon=$spawned daemons+=("$spawned")
	wait_for 60 grep -q '^Ctrl-C ends it' "$WORK/said" && return
	note "$(tail -5 "$WORK/said")"
	ok_if 1 "the capture is served"
	return 1
}
printed() { "$FLOWBPF" replay "$@" --json 2>/dev/null; }

printed "$capture" >"$WORK/printed"
serve "$capture" --no-login || finish

# --- its end ------------------------------------------------------------------------------------------
totals() { jq -c '[.totals.flows, .totals.packets, .totals.bytes]'; }
wanted=$(jq -sc '[length, {up: map(.packets.up) | add, down: map(.packets.down) | add}, {up: map(.bytes.up) | add, down: map(.bytes.down) | add}]' "$WORK/printed")
same "flows, packets and bytes are those that replay prints" "$(api 'flows?live=both&limit=1' | totals)" "$wanted"
same "... and so they are in its history" "$(api 'flows?source=history&limit=1' | totals)" "$wanted"
rows() { jq -cS '{proto, l7, service, src: .src.ip, sport: .src.port, dst: .dst.ip, dport: .dst.port, host: .dst.host, packets, bytes, sni: .tls.sni,
	first_seen, last_seen, loss, retrans, rtt_ms}' | sort; }
api 'export.ndjson?live=both' | rows >"$WORK/shown"
rows <"$WORK/printed" >"$WORK/wanted"
check "each is the same: ends, names, times, quality" diff "$WORK/wanted" "$WORK/shown"
same "its interface is the capture" "$(api 'flows?live=both&group_by=iface' | jq -c '[.items[] | [.keys[0], .flows]]')" "[[\"netflix.pcap\",$(jq -s length "$WORK/printed")]]"
same "... by the programs of a replay" "$(api health | jq -c '[.interfaces[] | [.name, .hook, .state]]')" '[["netflix.pcap","replay","attached"]]'
books_balance netflix.pcap
same "every flow was judged" "$(api 'export.ndjson?live=both' | jq -sc 'map(select(.risk == null)) | length')" 0
risky() { jq -sc 'map(select(.risk >= 0.5) | [.src.port, .dst.ip, .dst.port]) | sort'; }
same "... which are odd is what replay --judge says" "$(api 'export.ndjson?live=both' | risky)" "$(printed "$capture" --judge | risky)"
same "windows closed all along" "$(api windows | jq '[.items[] | select(.traffic.total_flows > 0)] | length >= 7')" true
now=$(api 'flows?live=both&limit=1' | jq -r .as_of)
sleep 2
same "its time stands still" "$(api 'flows?live=both&limit=1' | jq -r .as_of)" "$now"
check "... some seconds after its last packet" jq -nre --arg now "$now" --arg last "$(jq -r .last_seen "$WORK/printed" | sort | tail -1)" \
	'def s: .[0:19] + "Z" | fromdate; ($now | s) - ($last | s) | . >= 0 and . < 10'
check "... while figures are fresh" sh -c "[ \"\$(curl -sS --unix-socket '$socket' http://localhost/api/v1/health | jq -r .status)\" = ok ]"

# --- moments of it ------------------------------------------------------------------------------------
keys() { jq -r '[.proto, .src.ip, .src.port, .dst.ip, .dst.port] | join(" ")' | sort -u; }
begin=$(jq -r .first_seen "$WORK/printed" | sort | head -1 | cut -c1-19)Z
for after in 12 40; do
	moment=$(jq -nr --arg begin "$begin" --argjson after $after '$begin | fromdate + $after | todate')
	api "flows?at=$moment&limit=1000" | jq -c '.items[]' >"$WORK/then"
	keys <"$WORK/then" >"$WORK/then.keys"
	jq -c --arg at "$moment" 'select(.first_seen[0:19] < $at[0:19] and .last_seen[0:19] > $at[0:19])' "$WORK/printed" | keys >"$WORK/lived.keys"
	jq -c --arg at "$moment" 'select(.first_seen[0:19] > $at[0:19])' "$WORK/printed" | keys >"$WORK/later.keys"
	check "$after s into it: flows that had begun and went on are there" sh -c "[ -s '$WORK/lived.keys' ] && [ -z \"\$(comm -23 '$WORK/lived.keys' '$WORK/then.keys')\" ]"
	check "... those that began later are not" sh -c "[ -s '$WORK/later.keys' ] && [ -z \"\$(comm -12 '$WORK/later.keys' '$WORK/then.keys')\" ]"
	same "... the command line says the same" "$(say flows --at "$moment" --csv --fields src.port | tail -n +2 | sort)" "$(jq -r ".src.port // \"\"" "$WORK/then" | sort)"
done

# --- the page, and what it may not ---------------------------------------------------------------------
get() { in_ns a curl -sS -m 10 "$@"; }
check "the page is there" sh -c "nsenter --net=/run/netns/$TAG-a curl -sS -m 10 http://127.0.0.1:8080/ | grep -q '<title>flowbpf'"
same "by default for this machine alone" "$(in_ns a ss -Hltn | awk '{ print $4 }')" 127.0.0.1:8080
sentence="this is a capture, which is over: nothing in it can be ended, blocked or changed"
same "who asks is a viewer, and is told why" "$(api session | jq -c '[.role, .read_only]')" "[\"viewer\",\"$sentence\"]"
id=$(api 'flows?live=both&limit=1' | jq -r '.items[0].id')
refused() { curl -sS -m 10 --unix-socket "$socket" -X "$1" -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' "http://localhost/api/v1/$2" -d '{}' | jq -r '"\(.status) \(.code): \(.detail)"'; }
for act in "POST flows/$id/kill" "POST rules" "DELETE conntrack" "POST panic" "POST teachings"; do
	# shellcheck disable=SC2086
	same "$act is refused" "$(refused $act)" "403 read-only: $sentence"
done
same "... on the command line, too" "$("$FLOWBPF" block 192.0.2.1 --socket "$socket" --for 5m 2>&1)" "flowbpf: $sentence"
kill -INT "$daemon"
wait_for 10 ended "$daemon"
wait "$daemon"
same "Ctrl-C ends it" "$?" 0
left() { [ -z "$(ls -A "$WORK/tmp")" ]; }
check "... and nothing of it is left" wait_for 10 left

# --- logins, the other ways to end ------------------------------------------------------------------------
serve "$capture" || finish
same "without a login nothing is told" "$(get -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/api/v1/flows)" 401
link=$(grep -o '#login=[0-9a-f]*' "$WORK/said")
same "the link logs in" "$(get -X POST -H 'X-Flowbpf-CSRF: 1' -H 'Content-Type: application/json' http://127.0.0.1:8080/api/v1/session -d "{\"token\":\"${link#*=}\"}" | jq -r .role)" viewer
kill -9 "$daemon"
check "a kill -9 leaves nothing either" wait_for 10 left

# Without root, as after make setcap: three capabilities, and none once it is served.
cp "$capture" "$WORK/shown.pcap" && chmod 644 "$WORK/shown.pcap"
caps=+bpf,+perfmon,+net_admin
run=(setpriv --reuid 65534 --regid 65534 --clear-groups "--inh-caps=-all,$caps" "--ambient-caps=$caps" "--bounding-set=-all,$caps")
serve "$WORK/shown.pcap" --no-login || finish
same "without root, by three capabilities, it is the same" "$(api 'flows?live=both&limit=1' | totals)" "$wanted"
same "... of which it keeps one" "$(sed -n 's/^Cap\(Prm\|Eff\):\t//p' "/proc/$daemon/status" | sort -u)" 0000000000001000
kill -TERM "$daemon"
check "... and nothing of it is left" wait_for 10 left
run=()

# --- a large one ----------------------------------------------------------------------------------------
# 300,000 frames of 150,000 connections in half an hour, each of which is over long before the end, then a year of
# silence, then one more: memory has an end, and so has the silence.
python3 - "$WORK/large.pcap" <<'PY'
import struct, sys
with open(sys.argv[1], "wb") as to:
    to.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    def frame(ms, src, dst, sport, dport):
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 60, 0, 0, 64, 17, 0, src, dst)
        data = ip + struct.pack(">HHHH", sport, dport, 40, 0) + bytes(32)
        to.write(struct.pack("<IIII", 1600000000 + ms // 1000, ms % 1000 * 1000, len(data), len(data)) + data)
    for i in range(150000):
        ends = bytes([10, i >> 16, i >> 8 & 255, i & 255]), b"\xc0\0\2\1", 1024 + i % 50000, 53
        frame(i * 12, *ends)
        frame(i * 12 + 3, ends[1], ends[0], ends[3], ends[2])
    frame(366 * 86400 * 1000, b"\x0a\0\0\1", b"\xc0\0\2\2", 5000, 53)
PY
serve "$WORK/large.pcap" --no-login --max-flows 32768 || finish
same "more than there is room for passes by, counted to the packet" "$(api health | jq -c '.interfaces[0].row_packets.rx')" 300001
same "... the history has all of it" "$(api 'flows?source=history&limit=1' | jq -c '[.totals.flows, .totals.packets]')" '[150001,{"up":150001,"down":150000}]'
same "... memory as many as may be" "$(api 'flows?live=both&limit=1' | jq -c '.page.matched <= 32769')" true
memory=$(($(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status") / 1024))
if ldd "$FLOWBPF" | grep -q 'lib[aut]san'; then
	skip "... which is $memory MB" "the sanitizer has its own malloc"
else
	check "... which is $memory MB" [ "$memory" -lt 400 ]
fi
kill -INT "$daemon"
wait_for 10 ended "$daemon"
check "... and nothing of it is left" wait_for 10 left
mkdir "$WORK/own" # where only who makes it may write
TMPDIR=$WORK/own timeout 60 script -qefc "'$FLOWBPF' replay '$WORK/large.pcap' --serve --listen none --socket '$WORK/tmp/socket'" "$WORK/terminal" </dev/null >"$WORK/out" 2>&1 &
pids+=("$!")
check "a terminal has a bar meanwhile" wait_for 60 grep -qa '%.*frames' "$WORK/terminal"
pid=$(pgrep -o -f "flowbpf replay $WORK/large.pcap")
kill -INT "$pid"
check "... and Ctrl-C ends the reading, too" wait_for 10 ended "$pid"
check "... and nothing of it is left, in no folder" wait_for 10 sh -c "[ -z \"\$(ls -A '$WORK/own' '$WORK/tmp' | grep -v :)\" ]"
python3 - "$WORK/silent.pcap" <<'PY' # a frame a day for years: nearly all of it is gaps
import struct, sys
with open(sys.argv[1], "wb") as to:
    to.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    for day in range(2000):
        data = struct.pack(">BBHHHBBH4s4sHHHH", 0x45, 0, 28, 0, 0, 64, 17, 0, b"\x0a\0\0\1", b"\xc0\0\2\1", 1024 + day, 53, 8, 0)
        to.write(struct.pack("<IIII", 1000000000 + day * 86400, 0, len(data), len(data)) + data)
PY
spawn silent a "$FLOWBPF" replay "$WORK/silent.pcap" --serve --listen none --socket "$WORK/tmp/socket"
sleep 1
check "a capture of gaps is being read" kill -0 "$spawned"
kill -INT "$spawned"
check "... and ends by Ctrl-C between two of its frames" wait_for 3 ended "$spawned"

# --- what is refused --------------------------------------------------------------------------------------
usage() { "$FLOWBPF" replay "$@" 2>&1; echo "$?"; }
same "it prints or it serves" "$(usage "$capture" --serve --json | tail -1)" 2
same "where the page is goes with --serve" "$(usage "$capture" --listen 127.0.0.1:81)" "flowbpf: where the page is goes with --serve
2"
same "other machines need logins" "$(usage "$capture" --serve --listen 0.0.0.0:8080 | tail -1)" 2
check "a file without frames is refused" sh -c "head -c 24 '$capture' >'$WORK/none.pcap'; ! '$FLOWBPF' replay '$WORK/none.pcap' --serve 2>'$WORK/out' && grep -q 'no frame' '$WORK/out'"
finish
