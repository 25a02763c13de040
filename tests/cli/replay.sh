#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# replay: the same flows in every form, totals that add up, captures cut at any place, both formats,
# standard input.
. "$(dirname "$0")/../lab/lib.sh"
need_product
captures=$(realpath -m "${FLOWBPF_PCAPS:-../shared/pcaps}")
sample=$(ls "$captures"/*/*tls*.pcap 2>/dev/null | head -1)
if [ -z "$sample" ]; then
	skip "captures are replayed" "no captures in $captures; FLOWBPF_PCAPS names another folder"
	finish
fi
ns a
replay() { in_ns a "$FLOWBPF" replay "$@" 2>"$WORK/err" || { local status=$?; sed "s,^,# ," "$WORK/err" >&2; return $status; }; }

replay "$sample" --json >"$WORK/json"
same "status 0" $? 0
flows=$(wc -l <"$WORK/json")
check "there are flows ($flows)" [ "$flows" -gt 0 ]
packets=$(jq -s 'map(.packets.up + .packets.down) | add' "$WORK/json")
check "the totals on stderr are those of the flows" sh -c \
	"head -1 '$WORK/err' | tr -d , | grep -q ' $packets packets .* in $flows flow'"
same "--csv has the same packets" "$(replay "$sample" --csv --fields packets.up,packets.down | awk -F, 'NR > 1 { n += $1 + $2 } END { print n }')" "$packets"
same "the table has a row a flow" "$(replay "$sample" | tail -n +2 | wc -l)" "$flows"
same "--filter" "$(replay "$sample" --json --filter 'port = 443' | jq -r 'select(.src.port != 443 and .dst.port != 443) | .id' | wc -l)" 0
same "a second run gives the same" "$(replay "$sample" --json | jq -Sc 'del(.id)' | sort | md5sum)" "$(jq -Sc 'del(.id)' "$WORK/json" | sort | md5sum)"
same "standard input gives the same" "$(replay - --json <"$sample" | jq -Sc 'del(.id)' | sort | md5sum)" "$(jq -Sc 'del(.id)' "$WORK/json" | sort | md5sum)"
check "no progress bar in a pipe" sh -c "! grep -q '%' '$WORK/err'"
same "times are the capture's" "$(jq -r .first_seen "$WORK/json" | cut -c1-4 | sort -u | grep -c "$(date +%Y)")" 0

same "there is no interface: its name is null" "$(jq -c '[.iface, .ifaces[0].name]' "$WORK/json" | sort -u)" "[null,null]"
same "durations go from the first packet to the last, of open flows too" \
	"$(jq -s 'def ms: (.[0:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber);
		all(.[]; ((.last_seen | ms) - (.first_seen | ms) - .duration_ms | fabs) <= 2)' "$WORK/json")" true

# A narrow terminal lacks columns, and no row is wider; ports are whole, names have room.
on_terminal() { # WIDTH CAPTURE
	script -qec "stty cols $1; nsenter --net=/run/netns/$TAG-a $FLOWBPF replay $2" /dev/null </dev/null |
		tr -d '\r' | sed 's/\x1b\[[0-9;]*[a-zA-Z]//g' | sed '/^no room for /,$d; / frames: /,$d'
}
ports() { grep -oE ':[0-9]+ ' | sort | uniq -c | md5sum; }
for capture in "$sample" "$captures"/*/community-id-ipv6__input.pcap; do
	wanted=$(replay "$capture" --json | jq -r '.src, .dst | ":\(.port) "' | ports)
	for width in 80 120 200; do
		on_terminal $width "$capture" >"$WORK/table"
		same "$width columns: no row is wider, ports are whole, there are names (${capture##*/})" \
			"$([ "$(LC_ALL=C.UTF-8 wc -L <"$WORK/table")" -le $width ] && echo fits) $(tail -n +2 "$WORK/table" | ports) $(head -1 "$WORK/table" | grep -c Name)" "fits $wanted 1"
	done
done
name=$(replay "$sample" --json | jq -r '[.names[0].name // ""] | map(select(length <= 20))[]' | awk '{ print length, $0 }' | sort -n | tail -1 | cut -d' ' -f2)
check "a name of twenty letters is whole in 80 columns ($name)" eval 'on_terminal 80 "$sample" | grep -qF " $name"'

# A longer one has a progress bar on a terminal.
{ head -c 24 "$sample" && for i in {1..60}; do tail -c +25 "$sample"; done; } >"$WORK/long"
frames=$("$FLOWBPF" replay "$sample" 2>&1 >/dev/null | sed -n 's/ frames.*//p' | tr -cd 0-9)
repeat=$((16384 / frames / 60 + 1))
{ cat "$WORK/long" && for ((i = 1; i < repeat; i++)); do tail -c +25 "$WORK/long"; done; } >"$WORK/longer"
check "a progress bar on a terminal" sh -c \
	"script -qec 'nsenter --net=/run/netns/$TAG-a $FLOWBPF replay $WORK/longer' /dev/null </dev/null | grep -q '\[#* *\] *[0-9]* %'"

size=$(stat -c %s "$sample")
for cut in 25 30; do
	head -c "$cut" "$sample" >"$WORK/cut"
	replay "$WORK/cut" --json >"$WORK/out"
	same "cut at byte $cut: nothing was read, status 1, said why" \
		"$? $(wc -l <"$WORK/out") $(grep -c 'the last frame is cut' "$WORK/err")" "1 0 1"
done
replay "$sample" >/dev/full
same "a full disk behind it: status 1, said why" "$? $(grep -c 'cannot write the output' "$WORK/err")" "1 1"
for cut in 2000 $((size - 1)); do
	head -c "$cut" "$sample" >"$WORK/cut"
	replay "$WORK/cut" --json >"$WORK/out"
	same "cut at byte $cut: what was read is shown, status 0, said so" \
		"$? $(jq -s 'length > 0' "$WORK/out") $(grep -c 'the last frame is cut' "$WORK/err")" "0 true 1"
done
gzip -k <"$sample" >"$WORK/packed.gz"
same "a gzipped capture gives the same" "$(replay "$WORK/packed.gz" --json | jq -Sc 'del(.id)' | sort | md5sum)" "$(jq -Sc 'del(.id)' "$WORK/json" | sort | md5sum)"
finish
