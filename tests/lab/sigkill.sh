#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 480
# Attach and SIGKILL, 100 times, at random moments and when attached: no program, map, link, filter
# or qdisc stays. What is ours is told by the ids of what the daemon holds, read while it is stopped:
# the kernel gives none of them twice, so other daemons may come and go beside this.
. "$(dirname "$0")/lib.sh"
need_product
ns a b
link_pair a eth0 b eth0

tc_lists() {
	in_ns a tc qdisc show dev eth0
	in_ns a tc filter show dev eth0 ingress
	in_ns a tc filter show dev eth0 egress
	in_ns a ip -d link show dev eth0 | grep -c 'prog/xdp'
}
stopped() { grep -q '^State:.T' "/proc/$daemon/status"; }
# Its objects, "map 12", are added to a file; then it is gone.
killed_with_ids() { # FILE
	kill -STOP "$daemon" 2>/dev/null && wait_for 5 stopped || return 1
	for kind in map prog link; do held ${kind}_id | sed "s/^/$kind /"; done >>"$1"
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null
	return 0
}
in_kernel() { # FILE: those of its objects that are there
	while read -r kind id; do bpftool "$kind" show id "$id" >/dev/null 2>&1 && echo "$kind $id"; done <"$1"
}
gone() { [ -z "$(in_kernel "$1")" ]; } # FILE

tc_before=$(tc_lists)
daemon_start a eth0 -- --max-flows 2048 || finish
killed_with_ids "$WORK/first"
note "while attached: $(cut -d' ' -f1 "$WORK/first" | sort | uniq -c | paste -sd,)"
check "while attached it held maps and programs" [ "$(grep -cE '^(map|prog)' "$WORK/first")" -ge 3 ]
check "while attached two links held the programs (TCX)" [ "$(grep -c '^link' "$WORK/first")" -ge 2 ]
check "after SIGKILL they are gone" wait_for 10 gone "$WORK/first"

killed=0
for i in {1..99}; do
	if [ $((i % 5)) = 0 ]; then
		daemon_start a eth0 -- --max-flows 2048 || break
	else
		spawn daemon.log a "$FLOWBPF" attach eth0 --listen 127.0.0.1:8080 --socket "$WORK/socket" --max-flows 2048
		daemon=$spawned
		sleep "0.$((RANDOM % 40 + 10))"
	fi
	killed_with_ids "$WORK/all" && killed=$((killed + 1))
done
same "99 more daemons were alive when they were killed" "$killed" 99
note "they held $(sort -u "$WORK/all" | wc -l) objects of the kernel"
sort -u "$WORK/all" -o "$WORK/all"
check "no map, program or link is left" wait_for 15 gone "$WORK/all"
same "qdiscs, filters and XDP are as before" "$(tc_lists)" "$tc_before"
same "the socket files of the killed do not stop the next start" \
	"$(daemon_start a eth0 -- --max-flows 2048 && echo started)" started
finish
