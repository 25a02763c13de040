#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 1500
# replay --judge: flows come in the order of their starts, each with its judgement; and of captures of
# ordinary programs at most one in a hundred has a flow that the judge would deny.
. "$(dirname "$0")/lib.sh"
need_product
captures=$(realpath -m "${FLOWBPF_PCAPS:-../shared/pcaps}")/ntop__nDPI
if [ ! -d "$captures" ]; then
	skip "captures are judged" "no folder $captures; FLOWBPF_PCAPS names another"
	finish
fi
replay() { "$FLOWBPF" replay "$@" 2>/dev/null; }

sample=$captures/pcap__ocs.pcap
replay "$sample" --json --judge >"$WORK/judged"
same "flows come in the order of their starts" "$(jq -r .first_seen "$WORK/judged")" "$(jq -r .first_seen "$WORK/judged" | sort)"
unjudged='del(.judge, .id, .risk, .risk_class, .verdict, .confidence, .evidence, .learned)'
same "but for the judgement they are those of --json" "$(jq -Sc "$unjudged" "$WORK/judged" | sort)" \
	"$(replay "$sample" --json | jq -Sc "$unjudged" | sort)"
same "each has one" "$(jq -c '.judge | has("risk") and has("evidence")' "$WORK/judged" | sort -u)" true
same "the same again" "$(replay "$sample" --json --judge | jq -c .judge | md5sum)" "$(jq -c .judge "$WORK/judged" | md5sum)"
same "--filter chooses what is shown, not what is judged" \
	"$(replay "$sample" --json --judge --filter 'dst.port = 443' | jq -c .judge)" \
	"$(jq -c 'select(.dst.port == 443) | .judge' "$WORK/judged")"
"$FLOWBPF" replay "$sample" --judge >/dev/null 2>"$WORK/err"
same "it wants --json" "$? $(grep -c -- --json "$WORK/err")" "2 1"

# Fuzzed ones are of no program.
called=() all=0
for capture in "$captures"/*.pcap "$captures"/*.pcapng; do
	case ${capture##*/} in *fuzz*) continue ;; esac
	all=$((all + 1))
	most=$(replay "$capture" --json --judge | jq -s 'map(.judge.risk) | max // 0')
	[ "${most:-0}" -lt 50 ] || called+=("${capture##*/}")
done
note "figure: $all captures of ordinary programs, at >= 50: ${called[*]:-none}"
check "one in a hundred at most is at >= 50" [ ${#called[@]} -le $((all / 100)) ]
finish
