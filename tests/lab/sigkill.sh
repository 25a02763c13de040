#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 480
# Attach and SIGKILL, 100 times, at random moments and when attached: no program, map, link, filter
# or qdisc stays. Our maps are told from others' by a number of rows that nobody else asks for.
. "$(dirname "$0")/lib.sh"
need_product
ns a b
link_pair a eth0 b eth0
rows=$((20000 + $$ % 20000 + RANDOM % 7))

maps() { bpftool -j map list | jq -r ".[] | select(.max_entries == $rows) | .id"; }
programs() { # of those maps
	bpftool -j prog list | jq -r --argjson maps "[$(maps | paste -sd,)]" \
		'.[] | select((.map_ids // []) | any(. as $id | $maps | index($id))) | .id'
}
links() { # of those programs
	bpftool -j link list | jq -r --argjson programs "[$(programs | paste -sd,)]" \
		'.[] | select(.prog_id as $id | $programs | index($id)) | .id'
}
ids() { bpftool -j "$1" list | jq -r '.[].id'; } # prog|map|link
tc_lists() {
	in_ns a tc qdisc show dev eth0
	in_ns a tc filter show dev eth0 ingress
	in_ns a tc filter show dev eth0 egress
	in_ns a ip -d link show dev eth0 | grep -c 'prog/xdp'
}
gone() { [ -z "$(maps)$(programs)" ]; }

tc_before=$(tc_lists)
ids link >"$WORK/links.before"
daemon_start a eth0 -- --max-flows $rows || finish
maps >"$WORK/maps"
programs >"$WORK/programs"
links >"$WORK/links"
note "while attached: $(wc -l <"$WORK/maps") maps of $rows rows, $(wc -l <"$WORK/programs") programs, $(wc -l <"$WORK/links") links"
check "while attached our maps and programs are in the kernel's lists" \
	[ "$(wc -l <"$WORK/maps")" -ge 1 -a "$(wc -l <"$WORK/programs")" -ge 2 ]
check "while attached two links hold the programs (TCX)" [ "$(wc -l <"$WORK/links")" -ge 2 ]
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
check "after SIGKILL they are gone" wait_for 10 gone

killed=0
for i in {1..99}; do
	if [ $((i % 5)) = 0 ]; then
		daemon_start a eth0 -- --max-flows $rows || break
	else
		spawn daemon.log a "$FLOWBPF" attach eth0 --listen 127.0.0.1:8080 --socket "$WORK/socket" --max-flows $rows
		daemon=$spawned
		sleep "0.$((RANDOM % 40 + 10))"
	fi
	kill -9 "$daemon" 2>/dev/null && killed=$((killed + 1))
	wait "$daemon" 2>/dev/null
done
same "99 more daemons were alive when they were killed" "$killed" 99
check "no map and no program is left" wait_for 15 gone
left() { # of the links that are new, those whose program is gone from the list or has our maps
	ids link | grep -vxFf "$WORK/links.before" | while read -r id; do
		bpftool -j link show id "$id" 2>/dev/null | jq -r '.prog_id'
	done | grep -cxFf "$WORK/programs"
}
same "no link is left" "$(left)" 0
same "qdiscs, filters and XDP are as before" "$(tc_lists)" "$tc_before"
same "the socket files of the killed do not stop the next start" \
	"$(daemon_start a eth0 -- --max-flows $rows && echo started)" started
finish
