#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 400
# Memory is short: at one allocation of the start, or from it on; each time it starts or says why, in
# one sentence, and nothing is left. And while it runs: nothing is lost when there is memory again. (S7)
. "$(dirname "$0")/lib.sh"
need_product
if ldd "$FLOWBPF" | grep -q 'lib[aut]san'; then
	skip "memory is short" "the sanitizer has its own malloc" && finish
fi
gcc -shared -fPIC -O1 -o "$WORK/memory.so" tests/lab/preload/memory.c || ok_if 1 "the preload is built"
chmod 755 "$WORK/memory.so"
ns a b
for i in 0 1; do
	link_pair a eth$i b eth$i
	ip -n "$TAG-a" address add 10.9.$i.1/24 dev eth$i
	ip -n "$TAG-b" address add 10.9.$i.2/24 dev eth$i
done

attached() { in_ns a "$FLOWBPF" doctor eth0 --json | jq -r '.[] | select(.name == "attached").value'; }
before=$(attached)

# One start with these variables; says how it went if that is not as it should be.
start_short() { # IFACE VARIABLE...
	local out=$WORK/$1.out err=$WORK/$1.err pid status i
	local iface=$1
	shift
	: >"$out"
	(exec nsenter --net="/run/netns/$TAG-a" env LD_PRELOAD="$WORK/memory.so" "$@" "$FLOWBPF" attach "$iface" \
		--listen none --socket "$WORK/$iface.sock" --max-flows 1024) >"$out" 2>"$err" </dev/null &
	pid=$!
	for ((i = 0; i < 400; i++)); do
		! grep -q '^Ctrl-C' "$out" || break
		kill -0 $pid 2>/dev/null || break
		sleep 0.05
	done
	kill -TERM $pid 2>/dev/null
	wait $pid
	status=$?
	if [ $status = 0 ] && grep -q '^Ctrl-C' "$out"; then
		return
	fi
	[ $status = 1 ] && [ "$(grep -c '^flowbpf: ' "$err")" = 1 ] && [ ! -s "$out" ] && return
	echo "$*: status $status, said: $(head -c 300 "$out" "$err" | tr '\n' '|')"
}
steps() { # every one up to 60, then larger ones
	local n
	for ((n = 1; n < 1500; n += n < 60 ? 1 : n / 6)); do echo $n; done
}
each() { # IFACE VARIABLES: one start for each step
	local n
	for n in $(steps); do start_short "$1" FAIL_AT="$n" "${@:2}"; done
}
each eth0 FAIL_ON=0 >"$WORK/once" &
once=$!
for n in $(steps | awk '$1 % 5 == 1 || $1 > 60'); do start_short eth1 FAIL_AT="$n" FAIL_ON=1; done >"$WORK/on"
wait $once
same "the n-th allocation of a start fails, $(steps | wc -l) values of n: it starts, or says why" "$(cat "$WORK/once")" ""
same "all from the n-th on fail" "$(cat "$WORK/on")" ""
same "no socket file is left" "$(find "$WORK" -name '*.sock*' | wc -l)" 0
same "no qdisc is left" "$(in_ns a tc qdisc show | grep -c clsact)" 0
same "nothing is attached" "$(attached)" "$before"

knob() { printf "\\x$1\\0\\0\\0" | dd of="$WORK/knob" conv=notrunc 2>/dev/null; } # EVERY
head -c 4096 /dev/zero >"$WORK/knob" && chmod 644 "$WORK/knob"
mac=$(mac a eth0)
send() { in_ns b "$LAB_BIN/frames" eth0 "$mac" udp "$1" "$2" >/dev/null; } # COUNT FROM
ask() { # whatever comes back, or not
	local path
	for path in flows summary health log 'aggregate/protocol' 'flows?group_by=src' 'matrix/protocol/state' hosts windows; do
		curl -s -m 3 -o /dev/null --unix-socket "$socket" "http://localhost/api/v1/$path"
	done
}
socket=$WORK/socket
spawn daemon.log a env LD_PRELOAD="$WORK/memory.so" FAIL_KNOB="$WORK/knob" "$FLOWBPF" attach eth0 --listen none \
	--socket "$socket" --max-flows 65536
daemon=$spawned
check "a daemon with a knob starts" wait_for 10 api health
from=0
for every in 03 02 01; do
	knob $every
	send 3000 $from
	ask
	sleep 1.2
	send 3000 $((from + 1500))
	ask
	sleep 1.2
	from=$((from + 10000))
done
check "every third, second, each allocation fails: it goes on" kill -0 "$daemon"
knob 00
check "with memory again the API answers" wait_for 5 api health
balanced() { # seen = rows + causes, of all that was sent
	read -r seen accounted _ < <(books eth0 rx)
	[ "$seen" -ge 18000 ] && [ "$seen" = "$accounted" ]
}
check "and no packet is missing from the books" wait_for 8 balanced
check "shortage was counted: $(counter no_memory)" [ "$(counter no_memory)" -gt 0 ]
send 500 50000
shown() { [ "$(flows 'src.ip=10.128.195.80' | jq length)" = 1 ]; } # number 50,000
check "new flows are shown" wait_for 5 shown
daemon_stop
same "SIGTERM: status 0" $? 0
finish
