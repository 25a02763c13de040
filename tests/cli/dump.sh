#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# flowbpf dump: the rows of the kernel's map, a line each, whatever the daemon does; of the interface
# that was asked for and of no other daemon's.
. "$(dirname "$0")/../lab/lib.sh"
need_product
lab_pair
daemon_start a eth0 -- --max-flows 4096 || finish
mac=$(mac a eth0)
in_ns b "$LAB_BIN/frames" eth0 "$mac" udp 100 >/dev/null
in_ns b ping -q -c2 -i .2 10.9.0.1 >/dev/null
in_ns a sh -c "timeout 20 socat TCP-LISTEN:443,reuseaddr SYSTEM:cat" 2>/dev/null &
pids+=($!)
wait_for 5 listening a 443
in_ns b timeout 5 openssl s_client -connect 10.9.0.1:443 -servername Dumped.lab.test </dev/null >/dev/null 2>&1

kill -STOP "$daemon"
dump() { in_ns a timeout 20 "$FLOWBPF" dump "$@"; }
check "the daemon hangs, the rows are there" sh -c "ip netns exec $TAG-a timeout 20 '$FLOWBPF' dump eth0 >'$WORK/rows'"
rows() { awk "NR > 1 && ($1)" "$WORK/rows" | wc -l; }
same "a line each: the datagrams" "$(rows '$2 == "udp" && $4 == "198.51.100.2:9999"')" 100
same "interface, ends and counters" \
	"$(awk '$3 == "10.128.0.7:1024" { print $1, $2, $3, $4, $5, $6, $7, $8, $11, $12, $13 }' "$WORK/rows")" \
	"eth0 udp 10.128.0.7:1024 198.51.100.2:9999 1 40 0 0 - - -"
same "a ping has no ports, and is answered" \
	"$(awk '$2 == "icmp" { print $3, $4, $5, $7 }' "$WORK/rows")" "10.9.0.2 10.9.0.1 2 2"
same "the client is the source, with the name that it asked for" \
	"$(awk '$2 == "tcp" { split($3, a, ":"); print a[1], $4, tolower($13) }' "$WORK/rows")" "10.9.0.2 10.9.0.1:443 dumped.lab.test"
check "flags of both sides" [ "$(rows '$2 == "tcp" && $11 ~ /^F?SP?A\/F?SP?A$/ || $11 ~ /S.*A.*\/.*S.*A/')" = 1 ]
same "age and silence are seconds, the silence not longer" \
	"$(rows '$9 !~ /^[0-9]+\.[0-9]$/ || $10 !~ /^[0-9]+\.[0-9]$/ || $9 > 600 || $10 > $9 + 0.5')" 0
in_ns b "$LAB_BIN/frames" eth0 "$mac" udp 50 1000 >/dev/null
same "what comes while it hangs is there" "$(dump eth0 --no-header | grep -cF 198.51.100.2:9999)" \
	$(($(grep -cF 198.51.100.2:9999 "$WORK/rows") + 50))
check "all of the machine's are shown without a name" sh -c "'$FLOWBPF' dump | grep -q ' 10.128.0.7:1024 '"
same "an interface that nobody watches" "$(dump lo 2>&1)" "flowbpf: no flowbpf is attached to lo"
dump lo >/dev/null 2>&1
same "is status 1" $? 1
check "who is not root is told" sh -c \
	"! setpriv --reuid 65534 --clear-groups --bounding-set=-all '$FLOWBPF' dump 2>'$WORK/err'; grep -q 'as root' '$WORK/err'"
kill -CONT "$daemon"
daemon_stop
same "it is over: no rows" "$(dump eth0 2>&1)" "flowbpf: no flowbpf is attached to eth0"
finish
