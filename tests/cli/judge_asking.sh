#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# judge: questions to DNS show data that goes by names, and programs that make names up.
. "$(dirname "$0")/../lab/lib.sh"
need_product

ask() { # NAME... on standard input, with the type and marks of its own: what is said of the last
	awk -F'\t' 'BEGIN { print "#ts\tsrc\tsport\tdst\tdport\tproto\tresult\tl7\tquery\tqtype\tmarks" }
		{ printf "%d\t10.0.0.5\t%d\t10.0.0.1\t53\tudp\tok\tdns\t%s\t%s\t%s\n", 100 + NR, 40000 + NR, $1, $2, $3 }' |
		"$FLOWBPF" judge --feed - 2>"$WORK/err" | tail -1 |
		jq -c '[.judge.evidence[] | select(.kind == "dga" or .kind == "dnstunnel") | [.kind, .points]]'
}
letters() { printf '%s%s' "$1" "$1" | md5sum | cut -c1-"$2"; }
same "long names below one, not asked for addresses" \
	"$(for i in {1..12}; do printf '%s.t.example.com\t16\t-\n' "$(letters "$i" 32)"; done | ask)" '[["dnstunnel",50]]'
same "fewer of them" "$(for i in {1..9}; do printf '%s.t.example.com\t16\t-\n' "$(letters "$i" 32)"; done | ask)" '[]'
same "a page with advertisements" \
	"$(for i in {1..12}; do printf '%s.frames.example.com\t1\t-\n' "$(letters "$i" 32)"; done | ask)" '[]'
same "made up names that are not there" \
	"$(for i in {1..4}; do printf '%s.com\t1\tnxdomain\n' "$(letters "$i" 20)"; done | ask)" '[["dga",30]]'
same "... that are" "$(for i in {1..4}; do printf '%s.com\t1\t-\n' "$(letters "$i" 20)"; done | ask)" '[]'
same "names of people that are not there" \
	"$(printf '%s.com\t1\tnxdomain\n' weather-station gardening bicycleshop musicteacher | ask)" '[]'
printf '#ts\tsrc\tsport\tdst\tdport\tproto\tresult\tqtype\n1\t10.0.0.5\t1\t10.0.0.1\t53\tudp\tok\tTXT\n' >"$WORK/bad.tsv"
"$FLOWBPF" judge --feed "$WORK/bad.tsv" >/dev/null 2>"$WORK/err"
same "a type that is no number" "$? $(grep -c '"TXT" is no number of a type' "$WORK/err")" "1 1" || note "$(cat "$WORK/err")"
finish
