#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 600
# judge: what it says of flows of real networks, which others labelled (../shared/judge/train), is as
# good as it ever was; and a feed that is not one is refused with the line and the column.
. "$(dirname "$0")/../lab/lib.sh"
need_product
sets=$(realpath -m "${FLOWBPF_SETS:-../shared/judge/train}")
score=$sets/../score.py

# --- the feed -----------------------------------------------------------------------------------------
judge() { "$FLOWBPF" judge --feed "$@" 2>"$WORK/err"; }
header=$'#ts\tsrc\tsport\tdst\tdport\tproto\tdur\tbytes_up\tbytes_down\tpkts_up\tpkts_down\tresult\tl7\tname\tlabel\tdetail'
row=$'100.000001\t10.0.0.5\t40000\t192.0.2.1\t443\ttcp\t1.5\t1000\t2000\t5\t6\tok\tssl\ta.example\tbad\tanything'
printf '%s\n%s\n' "$header" "$row" >"$WORK/one.tsv"
same "a row is a line, with its number, time and ends" \
	"$(judge "$WORK/one.tsv" | jq -c '[.row, .ts, .src, .dst, .proto, .judge.risk, .judge.class, .judge.action]')" \
	'[1,100.000001,{"ip":"10.0.0.5","port":40000},{"ip":"192.0.2.1","port":443},"tcp",0,"low","allow"]'
same "gzipped and by standard input it is the same" \
	"$(gzip -c "$WORK/one.tsv" | "$FLOWBPF" judge --feed -)" "$(judge "$WORK/one.tsv")"
sed 's/\tbad\t/\tgood\t/' "$WORK/one.tsv" >"$WORK/good.tsv"
same "labels are not looked at" "$(judge "$WORK/good.tsv")" "$(judge "$WORK/one.tsv")"
cut -f 1-6,12 "$WORK/one.tsv" >"$WORK/least.tsv"
check "columns that are not needed may lack" sh -c "'$FLOWBPF' judge --feed '$WORK/least.tsv' | grep -q '\"row\":1'"

refused() { # TEXT SED-SCRIPT WORDS
	sed "$2" "$WORK/one.tsv" >"$WORK/bad.tsv"
	judge "$WORK/bad.tsv" >/dev/null
	same "$1" "$? $(grep -cF "$3" "$WORK/err")" "1 1" || note "$(cat "$WORK/err")"
}
refused "a bad address is told with line and column" '2s/192.0.2.1/192.0.2/' 'line 2: column "dst": "192.0.2" is no address'
refused "a bad port" '2s/\t443\t/\t70000\t/' 'line 2: column "dport": "70000" is no port'
refused "a bad result" '2s/\tok\t/\tfine\t/' 'is no result (ok, refused, noreply, half, oth)'
refused "a bad time" '2s/^100/-100/' 'line 2: column "ts"'
refused "a row that is cut off" '2s/\tssl.*//' 'line 2: it has 12 values for 16 columns'
refused "a row of too many" '2s/$/\tmore/' 'it has more values than there are columns'
refused "a column that lacks" '1s/dport/port/' 'names no column "dport"'
refused "an empty file" 'd' 'it is empty'
refused "a line without end" "2s/anything/$(printf 'x%.0s' {1..9000})/" 'line 2: it is longer than'
judge "$WORK/none.tsv" >/dev/null
same "a file that is not there" "$? $(grep -c "none.tsv: No such file" "$WORK/err")" "1 1"
"$FLOWBPF" judge >/dev/null 2>"$WORK/err"
same "no file at all" "$? $(grep -c -- --feed "$WORK/err")" "2 1"
"$FLOWBPF" judge --feed "$WORK/one.tsv" --without nonsense >/dev/null 2>"$WORK/err"
same "a kind that is none" "$? $(grep -c nonsense "$WORK/err")" "2 1"

# --- the bar ------------------------------------------------------------------------------------------
if [ ! -f "$score" ] || ! command -v python3 >/dev/null; then
	skip "flows of real networks are judged" "no labelled sets in $sets (FLOWBPF_SETS names another folder), or no python3"
	finish
fi
run() { # SET [OPTION...]: judged, and scored into $WORK/SET.score
	local set=$1
	shift
	judge "$sets/$set.tsv.gz" "$@" >"$WORK/$set.json" || return 1
	python3 "$score" "$WORK/$set.json" "$sets/$set.tsv.gz" --ssh 64.225.56.201 >"$WORK/$set.score"
}
found() { sed -n "s,^risk >= $2 .* found \([0-9]*\)/.*,\1,p" "$WORK/$1.score"; }
wrong() { sed -n "s,^risk >= $2 .* false \([0-9]*\)/.*,\1,p" "$WORK/$1.score"; }
at_least() { # TEXT SHARE PART WHOLE
	check "$1 ($3 of $4, $2 wanted)" awk "BEGIN { exit !($3 >= $2 * ($4)) }"
}
alarms() { # SET RECALL BAD: at >= 50, one in a hundred of them false at most
	at_least "$1: found at >= 50" "$2" "$(found "$1" 50)" "$3"
	at_least "$1: right at >= 50" 0.99 "$(found "$1" 50)" "$(found "$1" 50) + $(wrong "$1" 50)"
}

for set in zmix-008 zmix-010; do run $set --internal 147.32.0.0/16 || check "$set is judged" false; done
for set in sme-0220 nmap-002 remcos njrat iot34; do run $set || check "$set is judged" false; done
run droplet-2024-04-19 --internal 64.225.56.201/32 || check "the droplet is judged" false

hits=$(($(found zmix-008 25) + $(found zmix-010 25)))
at_least "attacks from the internet, found at >= 25" 0.92 $hits $((4201 + 3373))
at_least "attacks from the internet, right at >= 25" 0.95 $hits "$hits + $(wrong zmix-008 25) + $(wrong zmix-010 25)"
same "attacks from the internet: none of 3339 good ones is at >= 50" "$(wrong zmix-008 50) $(wrong zmix-010 50)" "0 0"
same "an office: none of 6796 flows is at >= 25" "$(wrong sme-0220 25)" 0
alarms remcos 0.79 719
alarms njrat 0.88 244
alarms iot34 0.69 21222
at_least "nmap: found at >= 50" 0.95 "$(found nmap-002 50)" 4364
guessers=$(sed -n 's,^guessers *found \([0-9]*\)/193 .*,\1,p' "$WORK/droplet-2024-04-19.score")
at_least "guessers of passwords, found" 0.94 "${guessers:-0}" 193
check "no client of the web is called a guesser" grep -q 'web-only clients called 0/2852' "$WORK/droplet-2024-04-19.score"
same "the same flows, the same bytes" "$(judge "$sets/zmix-010.tsv.gz" --internal 147.32.0.0/16 | md5sum)" "$(md5sum <"$WORK/zmix-010.json")"
finish
