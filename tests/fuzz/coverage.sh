#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# coverage.sh FOLDER: how many lines of the parsers the fuzz targets' inputs reach, as a table; a
# failure under 90 % of all; which is the least covered is told. TAP on stdout; the table stands in lines of "# figure: ".
set -u
cd "$(dirname "$0")/../.." || exit 2
O=${O:-build}
out=$O/coverage
least=90
targets="hello record reasm quic dns http dhcp icmp pcap inspect neighbour hostfile"
mkdir -p "$out"

fail() {
	sed 's/^/# /' "$out/log" | tail -20
	echo "not ok 1 - $1"
	exit 1
}

read -ra libs < <(pkg-config --libs nettle libidn2 libcjson)
libs+=(-lm)
flags=(-std=gnu11 -D_GNU_SOURCE -g -O0 -fprofile-instr-generate -fcoverage-mapping -Iinclude -Iuser -Itests)
objects=() list=''
: >"$out/log"
for target in $targets; do
	${CLANG:-clang} "${flags[@]}" "-DLLVMFuzzerTestOneInput=fuzz_$target" -c -o "$out/$target.o" \
		"tests/fuzz/${target}_fuzz.c" >>"$out/log" 2>&1 || fail "the target $target is built"
	objects+=("$out/$target.o")
	list="$list X($target)"
done
# The parsers, and what they are linked with, which is not counted.
files=(user/proto/*.c user/enrich/{inspect,streams,datagrams,lookups,leases,questions,ration}.c user/util/*.c)
${CLANG:-clang} "${flags[@]}" "-DTARGETS=$list" -o "$out/all" tests/fuzz/coverage.c "${objects[@]}" \
	"${files[@]}" "${libs[@]}" >>"$out/log" 2>&1 || fail "all targets are built as one"
LLVM_PROFILE_FILE=$out/all.profraw "$out/all" "$1" >>"$out/log" 2>&1 || fail "the inputs run"
llvm-profdata merge -o "$out/all.profdata" "$out/all.profraw" >>"$out/log" 2>&1 &&
	llvm-cov export -summary-only -instr-profile="$out/all.profdata" "$out/all" "${files[@]}" \
		>"$out/summary.json" 2>>"$out/log" || fail "what was reached is read"

# Util and tables are linked, but are no parsers.
table=$(jq -r '.data[0].files[] | select(.filename | test("/util/|/(leases|questions|ration)[.]c") | not) |
	[(.filename | sub(".*user/"; "")), .summary.lines.count, .summary.lines.covered,
	.summary.functions.count, .summary.functions.covered] | @tsv' "$out/summary.json" | sort)
printf '# figure: %-26s %7s %8s %6s %10s\n' "parser" lines reached "" functions
awk -F'\t' '
	{ printf "# figure: %-26s %7d %8d %5.1f%% %5d/%d\n", $1, $2, $3, 100 * $3 / $2, $5, $4; n += $2; r += $3 }
	END { printf "# figure: %-26s %7d %8d %5.1f%%\n", "all", n, r, 100 * r / n }' <<<"$table"
percent=$(awk -F'\t' '{ n += $2; r += $3 } END { printf "%d", 100 * r / n }' <<<"$table")
worst=$(awk -F'\t' '{ printf "%d %s\n", 100 * $3 / $2, $1 }' <<<"$table" | sort -n | head -1)
least_of="the least ${worst%% *} % (${worst#* })"
if [ "$percent" -ge $least ]; then
	echo "ok 1 - lines of the parsers that the inputs reach: $percent %, $least_of"
else
	echo "not ok 1 - lines of the parsers that the inputs reach: $percent %, less than $least %, $least_of"
	exit 1
fi
