#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 300
# The table of `make judge`: it comes to its end, and there is no kind of reason without which nothing changes.
. "$(dirname "$0")/../lab/lib.sh"
need_product
sets=$(realpath -m "${FLOWBPF_SETS:-../shared/judge/train}")
if [ ! -d "$sets" ] || ! command -v python3 >/dev/null; then
	skip "each kind of reason changes something" "no labelled sets in $sets (FLOWBPF_SETS names another folder), or no python3"
	finish
fi
FLOWBPF_SETS=$sets FLOWBPF=$FLOWBPF python3 tests/judge/run >"$WORK/table" 2>"$WORK/err"
same "each kind of reason changes something" "$? $(cat "$WORK/err")" "0 "
kinds=$("$FLOWBPF" help judge | sed -n '/Kinds:/,$s/^  \([a-z0-9]*\): .*/\1/p')
check "there are kinds" [ -n "$kinds" ]
for kind in $kinds; do
	same "$kind: a line of what it is worth, one of what lacks without it" "$(grep -c "^| $kind |" "$WORK/table")" 2
done
finish
