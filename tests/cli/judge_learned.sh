#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
# judge: the second judge says why, takes counts of others, and is worth on a set that it never saw what
# it ever was; what it comes with is what the sets say.
. "$(dirname "$0")/../lab/lib.sh"
need_product
sets=$(realpath -m "${FLOWBPF_SETS:-../shared/judge/train}")
learn=tests/judge/learn

# --- one connection, by counts of our own -----------------------------------------------------------------
judge() { "$FLOWBPF" judge --feed "$WORK/one.tsv" "$@" 2>"$WORK/err"; }
printf '#ts\tsrc\tsport\tdst\tdport\tproto\tbytes_up\tresult\n1\t198.51.100.7\t40000\t10.0.0.5\t23\ttcp\t60\tnoreply\n' \
	>"$WORK/one.tsv"
read -ra cells <<<"$(judge --places | jq -r '.places | join(" ")')"
same "it is in a cell of each table" "${#cells[@]}" 7
for cell in "${cells[@]}"; do echo "$cell 160 16000"; done >"$WORK/bad.counts"
same "of cells that all flows were in nothing follows: it is looked at" \
	"$(judge --learned "$WORK/bad.counts" | jq -c '.judge | [.learned, .action]')" '["inspect","inspect"]'
for cell in "${cells[@]}"; do printf '%d 160 16000\n%d 16000 160\n' "$cell" "$((cell + 1))"; done |
	sort -n >"$WORK/both.counts"
same "where such were bad, and others good, so is this" \
	"$(judge --learned "$WORK/both.counts" | jq -c '.judge | [.learned, .confidence > 0.9, (.cells | length)]')" \
	'["deny",true,3]'
same "a cell is told in words" \
	"$(judge --learned "$WORK/both.counts" | jq -r '.judge.cells[0]')" "login, not served, no name +3.0"
refused() { # TEXT LINES WORDS
	printf '%s\n' "$2" >"$WORK/wrong.counts"
	judge --learned "$WORK/wrong.counts" >/dev/null
	same "$1" "$? $(grep -cF "$3" "$WORK/err")" "1 1" || note "$(cat "$WORK/err")"
}
refused "counts of a cell that is none" "7168 1 1" "line 1: "
refused "a cell that comes twice" $'1 1 1\n1 2 2' "line 2: "
refused "a line that lacks a count" "1 1" "line 1: "
refused "a line of words" "one two three" "line 1: "
judge --learned "$WORK/none.counts" >/dev/null
same "a file that is not there" "$? $(grep -c "none.counts" "$WORK/err")" "1 1"

# --- sets that it did not see -----------------------------------------------------------------------------
if [ ! -d "$sets" ] || ! command -v python3 >/dev/null; then
	skip "it is taught" "no labelled sets in $sets (FLOWBPF_SETS names another folder), or no python3"
	finish
fi
check "what it comes with is what the sets say" env FLOWBPF="$FLOWBPF" FLOWBPF_SETS="$sets" python3 $learn --check
FLOWBPF=$FLOWBPF FLOWBPF_SETS=$sets python3 $learn --leave-out >"$WORK/table" || check "the table is made" false
while read -r line; do note "figure: $line"; done <"$WORK/table"
# not allow: P R false | deny: likewise | both: likewise | served deny: likewise | agreement, side
column() { sed -n "s/^$1 *//p" "$WORK/table" | tr -d '|' | awk -v at="$2" '{ print $at }'; }
for set in zmix-008 zmix-010 sme-0220 remcos njrat; do
	same "$set: both together, taught by others, call no good flow" "$(column "$set" 9)" "$(column "$set" 9 | sed 's,.*/,0/,')"
	same "$set: nor is one denied" "$(column "$set" 12)" "$(column "$set" 12 | sed 's,.*/,0/,')"
done
for bar in "zmix-008 0.99" "zmix-010 0.99" "nmap-002 0.88" "remcos 0.99" "njrat 0.97" "iot34 0.90"; do
	read -r set least <<<"$bar"
	check "$set: it alone finds $(column "$set" 2) ($least wanted)" awk "BEGIN { exit !($(column "$set" 2) >= $least) }"
done
finish
