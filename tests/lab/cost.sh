#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a short TLS connection costs the daemon, as counts: system calls and names, from its SYN until
# its row is free again.
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
connections=4000
daemon_start a eth0 || finish
tick
spawn strace.log a strace -f -c -U name,calls -p "$daemon" -o "$WORK/calls"
tracer=$spawned
wait_for 10 grep -q attached "$WORK/strace.log"
in_ns b "$LAB_BIN/frames" eth0 "$(mac a eth0)" tls $((connections * 8)) 0 16000 >/dev/null
all_closed() { [ "$(api 'flows?limit=1&live=closed&filter=dst.host~bench.example' | jq .page.matched)" = $connections ]; }
rows_free() { [ "$(api health | jq .maps.fb_flows.used)" -lt 100 ]; }
check "each connection has its name, and ended" wait_for 20 all_closed
check "and its row is free again" wait_for 20 rows_free
kill -INT "$tracer"
wait_for 5 ended "$tracer"
calls() { awk -v c="$1" '$1 == c { n = $2 } END { print n + 0 }' "$WORK/calls"; } # NAME
same "the kernel half and payload tell the same: hellos that were read" "$(counter hellos_tls)" $connections
check "bpf() calls: $(calls bpf) for $connections connections, fewer than one for ten" \
	[ "$(calls bpf)" -lt $((connections / 10)) ]
check "no sample was lost" [ "$(counter ring_full)" = 0 ]
daemon_stop
finish
