#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# export to a file: whole or not at all. What was there stays when there is no daemon, no room, no
# right to write, or a wrong filter; links are not followed; the file is its owner's. (S9)
. "$(dirname "$0")/../lab/lib.sh"
need_product
ns a
daemon_start a lo -- --max-flows 1024 || finish
in_ns a ping -q -c 3 -i 0.05 127.0.0.1 >/dev/null
there() { [ "$(flows proto=icmp | jq length)" -ge 1 ]; }
check "there is a flow" wait_for 5 there
export_to() { # FILE [OPTION...]
	in_ns a "$FLOWBPF" export --socket "$socket" --output "$@" >"$WORK/out" 2>"$WORK/err"
}
left() { find "$WORK/dir" -name '*.??????' | wc -l; } # temporary files
mkdir "$WORK/dir"
file=$WORK/dir/flows.json

export_to "$file"
same "status 0, a flow a line, for the owner only" "$? $(jq -s 'length > 0' "$file") $(stat -c %a "$file")" "0 true 600"
before=$(md5sum <"$file")
kept() { # TEXT STATUS PATTERN: after a try that failed
	local status=$?
	same "$1: status, one sentence, what was there, nothing beside it" \
		"$status $(wc -l <"$WORK/err") $(md5sum <"$file") $(left)" "$2 1 $before 0"
	check "$1: says why" grep -qE "$3" "$WORK/err"
}
export_to "$file" --filter 'nosuch = 1'
kept "a wrong filter" 2 nosuch
in_ns a "$FLOWBPF" export --socket "$WORK/none" --output "$file" >"$WORK/out" 2>"$WORK/err"
kept "no daemon" 1 'no flowbpf is running'
chmod 777 "$WORK/dir" "$socket"
chmod 555 "$WORK/dir"
in_ns a setpriv --reuid 65534 --regid 65534 --clear-groups "$FLOWBPF" export --socket "$socket" --output "$file" >"$WORK/out" 2>"$WORK/err"
kept "no right to write" 1 'Permission denied|permission'
chmod 755 "$WORK/dir"
if mkdir "$WORK/small" && mount -t tmpfs -o size=4k,nr_inodes=8 none "$WORK/small" 2>/dev/null; then
	echo old >"$WORK/small/flows.json"
	export_to "$WORK/small/flows.json"
	same "no room: status 1, the old one stays, nothing beside it" \
		"$? $(cat "$WORK/small/flows.json") $(find "$WORK/small" -type f | wc -l)" "1 old 1"
	umount "$WORK/small"
else
	skip "no room" "no tmpfs here"
fi
echo precious >"$WORK/dir/precious"
ln -s precious "$WORK/dir/link"
export_to "$WORK/dir/link"
same "a link is neither followed nor replaced" \
	"$? $(grep -c 'is a link' "$WORK/err") $(cat "$WORK/dir/precious") $(readlink "$WORK/dir/link")" "1 1 precious precious"
export_to /dev/full
same "a full device: status 1" "$? $(wc -l <"$WORK/err")" "1 1"
export_to /dev/null
same "a device is written as it is" "$? $(stat -c %F /dev/null)" "0 character special file"
mkfifo "$WORK/fifo"
timeout 30 cat "$WORK/fifo" >"$WORK/piped" &
reader=$!
export_to "$WORK/fifo"
status=$?
wait $reader
same "so is a pipe" "$status $? $(jq -s 'length > 0' "$WORK/piped")" "0 0 true"

same "several on one connection, each whole" "$(curl -sS --unix-socket "$socket" -w '%{http_code} %{num_connects} ' \
	-o "$WORK/1" "http://localhost/api/v1/export.ndjson" -o "$WORK/2" "http://localhost/api/v1/export.csv" \
	-o "$WORK/3" "http://localhost/api/v1/export.json") $(jq -s 'length > 0' "$WORK/1") $(tail -c 2 "$WORK/2" | od -An -c | tr -d ' ') $(
		jq '.count > 0' "$WORK/3")" '200 1 200 0 200 0  true \r\n true'
daemon_stop
finish
