#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 800
# Every capture of the corpus through `flowbpf replay FILE --decap --json`, compared with what the
# capture is known to hold: packets and IP bytes of each 5-tuple both ways, SNI, ALPN, JA4.
. "$(dirname "$0")/lib.sh"
need_product
captures=$(realpath -m "${FLOWBPF_PCAPS:-../shared/pcaps}")
if [ ! -d "$captures" ]; then
	skip "captures are replayed" "no folder $captures; FLOWBPF_PCAPS names another"
	finish
fi
node tests/lab/compare.mjs "$FLOWBPF" "$captures" tests/lab/replay.known >"$WORK/out" 2>&1
status=$?
cat "$WORK/out"
tests_run=$(grep -cE '^(ok|not ok) ' "$WORK/out") tests_failed=$(grep -c '^not ok ' "$WORK/out")
[ $status = 0 ] || [ "$tests_failed" -gt 0 ] || ok_if 1 "the comparer came to its end (status $status)"

# Without --decap packets of all flows are the frames with IP in them, as tshark counts.
for sample in $(ls -S "$captures"/ntop__nDPI/*.pcap | head -3); do
	same "without --decap the flows of ${sample##*/} hold as many packets as tshark counts IP frames" \
		"$("$FLOWBPF" replay "$sample" --json 2>/dev/null | jq -s 'map(.packets.up + .packets.down) | add')" \
		"$(tshark -r "$sample" -Y 'ip || ipv6' 2>/dev/null | wc -l)"
done
check "a file that is no capture is refused with status 1" sh -c \
	"'$FLOWBPF' replay /etc/passwd >'$WORK/no' 2>&1; [ \$? = 1 ] && [ \$(wc -l <'$WORK/no') = 1 ]"
finish
