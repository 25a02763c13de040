#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# --pin: counting outlives the daemon. A restart adopts maps and programs and loses no packet,
# SIGTERM or SIGKILL; what another layout pinned is refused, not wiped; detach takes all away.
. "$(dirname "$0")/lib.sh"
need_product
have_bpffs || { skip "--pin" "no bpffs at /sys/fs/bpf" && finish; }
lab_pair
pins=/sys/fs/bpf/$TAG
start() { daemon_start a eth0 -- --max-flows 4096 --pin "$pins" || finish; }
pings() { in_ns b ping -q -c "$1" -i 0.02 -W1 10.9.0.1 >/dev/null; }
counted() { [ "$(flows proto=icmp | jq '[.[].packets.up] | add')" = "$1" ]; }

start
check "maps are pinned" [ -e "$pins/fb_flows" ]
pings 10
check "ten pings are ten packets" wait_for 6 counted 10
daemon_stop
same "SIGTERM: status 0" $? 0
check "the pins stay" [ -e "$pins/fb_flows" ]
pings 20
start
check "twenty while no daemon ran are there after a restart" wait_for 6 counted 30
spawn web.log a socat -u TCP-LISTEN:80 OPEN:/dev/null
wait_for 5 listening a 80
mkfifo "$WORK/open"
sleep 100 >"$WORK/open" & # keeps the connection open
pids+=($!)
(printf 'GET / HTTP/1.1\r\nHost: kept.lab.test\r\n\r\n' && cat "$WORK/open") |
	nsenter --net="/run/netns/$TAG-b" socat -u - TCP:10.9.0.1:80 &
pids+=($!)
kept() { [ "$(flow dst.port=80 '"\(.dst.host) \(.dst.host_from) \(.l7)"')" = "kept.lab.test http http" ]; }
check "a name that user space read is there" wait_for 6 kept
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
pings 30
start
check "and after a SIGKILL and a restart" wait_for 6 kept
check "thirty after a SIGKILL are there too" wait_for 6 counted 60
in_ns b ping -q -c 100 -i 0.02 10.9.0.1 >/dev/null &
ping=$!
for i in 1 2 3; do
	daemon_stop
	start
done
wait $ping
check "a hundred over three restarts: none is lost, none counted twice" wait_for 6 counted 160
daemon_stop

in_ns a "$FLOWBPF" attach eth0 --listen none --socket "$WORK/other" --max-flows 8192 --pin "$pins" >"$WORK/other.log" 2>&1 </dev/null &
other=$!
pids+=("$other")
wait_for 5 ended $other
wait $other
same "pinned maps of another size are refused with status 1" $? 1
check "with the reason: $(head -1 "$WORK/other.log" | cut -c1-120)" grep -qiE 'pin|max-flows|layout|4096' "$WORK/other.log"
start
check "and they were not wiped" wait_for 6 counted 160
daemon_stop
in_ns a "$FLOWBPF" detach eth0 --pin "$pins" >"$WORK/detach" 2>&1 || note "$(cat "$WORK/detach")"
check "flowbpf detach takes the pins away" [ ! -e "$pins/fb_flows" ]
rm -rf "$pins"
finish
