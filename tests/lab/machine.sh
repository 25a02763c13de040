#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 400
# The machine around it: few file descriptors, locked memory, capabilities, odd interface names,
# a starved CPU; root is given up after attaching. (S8, S11, S13, S14)
. "$(dirname "$0")/lib.sh"
need_product
lab_pair
pings() { in_ns b ping -q -c "$1" -i 0.02 -W1 10.9.0.1 >/dev/null; }
counted() { [ "$(flows proto=icmp | jq '[.[].packets.up] | add')" = "$1" ]; }
run_as() { # NAME COMMAND-PREFIX...: a daemon started under it
	mkdir -m 777 "$WORK/$1"
	socket=$WORK/$1/socket
	spawn daemon.log a "${@:2}" "$FLOWBPF" attach eth0 --listen none --socket "$socket" --max-flows 4096
	daemon=$spawned
	wait_for "${patience:-10}" api health
}

check "with 96 file descriptors and 8 MB of locked memory it starts" run_as few \
	prlimit --nofile=96 --memlock=8388608
pings 5
check "and counts" wait_for 6 counted 5
for i in {1..80}; do spawn idle.log a socat -u "UNIX-CONNECT:$socket" - ; done
sleep 1
before=$(awk '{ print $14 + $15 }' "/proc/$daemon/stat")
sleep 2
used=$(($(awk '{ print $14 + $15 }' "/proc/$daemon/stat") - before))
check "eighty idle connections do not make it spin: $used ticks in 2 s" [ $used -lt 50 ]
for i in "${pids[@]}"; do [ "$i" = "$daemon" ] || kill "$i" 2>/dev/null; done
check "and it serves again when they have gone" wait_for 15 api health
daemon_stop

status_of() { awk -v f="$1:" '$1 == f { print $2 }' "/proc/$daemon/status"; } # Uid CapEff NoNewPrivs Seccomp
daemon_start a eth0 -- --max-flows 4096 || finish
check "after attaching it is not root: uid $(status_of Uid)" [ "$(status_of Uid)" != 0 ]
same "it holds CAP_NET_ADMIN and nothing else" "$(status_of CapEff)" 0000000000001000
same "it can gain nothing" "$(status_of NoNewPrivs)" 1
same "system calls are filtered" "$(status_of Seccomp)" 2
of_threads() { grep -hE '^(Uid|CapEff|CapPrm|NoNewPrivs|Seccomp):' /proc/"$daemon"/task/*/status | sort -u | wc -l; }
same "of every thread alike" "$(of_threads)" 5
usual=$(awk '{ print $19 }' "/proc/$daemon/stat")
same "one thread, which empties the ring of samples, is above the others" \
	"$(awk '{ print $19 }' /proc/"$daemon"/task/*/stat | sort -n | uniq -c | awk -v usual="$usual" '$2 < usual { print $1, $2 - usual }')" "1 -10"
daemon_stop

check "with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, as nobody, it starts" run_as caps \
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+net_admin,+bpf,+perfmon \
	--ambient-caps=-all,+net_admin,+bpf,+perfmon
daemon_stop

# What another user left: of the same program, before its own user was made.
mine() { find "$WORK/state" -type f ! -name strange ! -uid "$(status_of Uid)" -printf '%f '; }
open_to_others() { find "$WORK/state" ! -name strange \( -type f ! -perm 600 -o -type d ! -perm 700 \) -printf '%f %m '; }
kept() { [ -s "$WORK/state/audit.ndjson" ] && ls "$WORK"/state/fleet/* >/dev/null 2>&1; }
daemon_start a eth0 -- --max-flows 4096 --state "$WORK/state" --clickhouse http://127.0.0.1:1 || finish
say forget --all --yes >/dev/null
pings 10
check "it keeps what waits for others, and what was done" wait_for 30 kept
same "nobody else may read any of it" "$(open_to_others)" ""
daemon_stop
same "... nor what it leaves" "$(open_to_others)" ""
chown -R 65533 "$WORK/state" && chmod 2750 "$WORK/state" && chmod 640 "$WORK"/state/{names,audit.ndjson,history.db}
touch "$WORK/strange" && ln "$WORK/strange" "$WORK/state/strange"
daemon_start a eth0 -- --max-flows 4096 --state "$WORK/state" --clickhouse http://127.0.0.1:1 || finish
check "files of another user are its own from then on" wait_for 5 eval '[ -z "$(mine)" ]'
same "... but not what has another name elsewhere" "$(stat -c %u "$WORK/strange")" 0
narrow() { [ "$(open_to_others)" = "" ]; }
check "what an earlier version left to a group, it does not" wait_for 10 narrow
check "... the record goes on" eval 'say forget --all --yes; say audit verify "$WORK"/state/audit.ndjson'
daemon_stop

ip -n "$TAG-a" link add 'a<b>"$(c)&' type veth peer name peer0
ip -n "$TAG-a" link set 'a<b>"$(c)&' up
socket=$WORK/odd
spawn daemon.log a "$FLOWBPF" attach 'a<b>"$(c)&' --listen none --socket "$socket" --max-flows 4096
daemon=$spawned
check "an interface name is data" wait_for 10 api health
same "and shown as it is" "$(api health | jq -r '.interfaces[0].name')" 'a<b>"$(c)&'
daemon_stop

busy=()
for i in 1 2; do
	sh -c 'while :; do :; done' &
	busy+=($!)
	pids+=($!)
done
# beside nice 0 it has a seventieth of each CPU: half a second of verifying takes a while
patience=90 check "nice 19 beside two busy loops it starts" run_as starved nice -n 19
pings 500
check "and counts exactly" wait_for 45 counted 500
kill "${busy[@]}"
daemon_stop
same "SIGTERM: status 0" $? 0
finish
