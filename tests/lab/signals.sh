#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Signals, and a reader that is not there: SIGTERM and SIGINT end within a second with status 0,
# also with 200 stream clients; SIGHUP, SIGPIPE, SIGUSR1, SIGSTOP do not end it. (S1 to S4, S15)
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
none_of() { for id in $1; do ! bpftool map show id "$id" >/dev/null 2>&1 || return 1; done; }

stops() { # SIGNAL TEXT
	local maps start status
	maps=$(held map_id)
	check "$2: the daemon holds maps" [ -n "$maps" ]
	start=$(date +%s%N)
	kill "-$1" "$daemon"
	wait_for 5 ended "$daemon"
	took=$((($(date +%s%N) - start) / 1000000))
	wait "$daemon"
	status=$?
	same "$2: status" $status 0
	check "$2: within a second ($took ms)" [ $took -le $((1000 * $(busy))) ]
	check "$2: its maps are gone" wait_for 5 none_of "$maps"
	check "$2: the socket file is gone" [ ! -e "$socket" ]
}
for signal in TERM INT; do
	daemon_start a eth0 -- --max-flows 4096 || finish
	stops $signal "SIG$signal"
done

daemon_start a eth0 -- --max-flows 4096 || finish
for signal in HUP PIPE USR1 USR2; do
	kill -$signal "$daemon"
	sleep 0.3
	check "SIG$signal: it goes on" api health
done
in_ns b ping -q -c 3 -i 0.05 10.9.0.1 >/dev/null
icmp() { [ "$(flow "proto=icmp" .packets.up)" = "$1" ]; }
check "it counts after them" wait_for 5 icmp 3
kill -STOP "$daemon"
in_ns b ping -q -c 50 -i 0.02 10.9.0.1 >/dev/null
sleep 1
kill -CONT "$daemon"
several() { [ "$(flows proto=icmp | jq '[.[].packets.up] | add')" = 53 ]; }
check "SIGSTOP, fifty packets, SIGCONT: all are counted" wait_for 5 several

# The thread of the tick stands still, the others answer, and say so.
spawn freeze.log a "$LAB_BIN/freeze" "$daemon"
stale() { api health | jq -e '.status == "degraded" and .tick.age_ms > 3000 and (.reasons | any(test("the last tick is [0-9]+ s old")))'; }
check "no tick for 3 s: health is degraded, and says how old it is" wait_for 10 stale
check "... and so does status" grep -q 'the last tick is [0-9]* s old' <("$FLOWBPF" status --socket "$socket")
kill "$spawned"
fresh() { api health | jq -e '.status == "ok" and .tick.age_ms < 3000'; }
check "the tick goes on: health is ok" wait_for 5 fresh

clients=()
for i in {1..100}; do
	spawn sse.log a curl -sN --unix-socket "$socket" http://localhost/api/v1/stream
	clients+=("$spawned")
done
served() { [ "$(grep -ac '^event: summary' "$WORK/sse.log")" -ge 100 ]; }
check "a hundred stream clients are served events" wait_for 5 served
check "another client is served meanwhile" api health
stops TERM "SIGTERM with a hundred stream clients"
for pid in "${clients[@]}"; do kill "$pid" 2>/dev/null; done

# Segments of a byte: what is inspected first must not hold up a signal, nor the tick.
daemon_start a eth0 -- --max-flows 4096 || finish
mac=$(mac a eth0)
spawn flood.log b "$LAB_BIN/frames" eth0 "$mac" small 400000 0 20000
flood=$spawned
sampled() { [ "$(api health | jq .counters.sampled.value)" -gt 30000 ]; }
check "a flood of small segments is sampled" wait_for 10 sampled
p99=$(api health | jq .tick.p99_us)
check "the tick goes on ($p99 us)" [ "$p99" -lt $((200000 * $(busy))) ]
stops TERM "SIGTERM within a flood"
kill "$flood"

# Nobody reads what it says: stdout and stderr are a pipe whose reader has gone.
(exec nsenter --net="/run/netns/$TAG-a" "$FLOWBPF" attach eth0 --listen 127.0.0.1:8080 \
	--socket "$WORK/pipe" --max-flows 4096) > >(exec head -c 1 >/dev/null) 2>&1 </dev/null &
daemon=$! socket=$WORK/pipe
pids+=("$daemon")
check "with a closed stdout it starts and serves" wait_for 10 api health
sleep 1.5
check "and goes on" api health
stops TERM "SIGTERM with a closed stdout"

# Somebody holds the pipe and does not read: it is full from the start.
mkfifo "$WORK/full"
exec 5<>"$WORK/full"
dd if=/dev/zero of="$WORK/full" bs=4096 count=64 oflag=nonblock 2>/dev/null
(exec nsenter --net="/run/netns/$TAG-a" "$FLOWBPF" attach eth0 --listen none --socket "$WORK/held" \
	--max-flows 4096 --log debug) >"$WORK/full" 2>&1 </dev/null 5>&- &
daemon=$! socket=$WORK/held
pids+=("$daemon")
check "with stdout and stderr full it starts and serves" wait_for 10 api health
for i in 1 2 3; do kill -HUP "$daemon" && sleep 0.2; done # a log line each
check "and goes on" api health
lost() { [ "$(counter log_lines_lost)" -ge 3 ]; }
check "what was not said is counted" wait_for 5 lost
check "and stands in the log of the page" sh -c "curl -sS --unix-socket '$socket' http://localhost/api/v1/log | grep -q 'no config file'"
stops TERM "SIGTERM with a full pipe"
exec 5>&-
finish
