#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A second instance on the same interface, on another one, on a taken port; bad input. What fails
# fails with one sentence and leaves nothing attached. (S5)
. "$(dirname "$0")/lib.sh"
need_product
ns a b
link_pair a eth0 b eth0
link_pair a eth1 b eth1
ip -n "$TAG-a" address add 10.9.0.1/24 dev eth0
ip -n "$TAG-b" address add 10.9.0.2/24 dev eth0
daemon_start a eth0 -- --max-flows 4096 || finish
first=$daemon first_socket=$socket

# TEXT STATUS PATTERN OPTION...: a start that fails so, with one line on stderr
refused() {
	local text=$1 status=$2 pattern=$3 got
	shift 3
	in_ns a timeout 20 "$FLOWBPF" "$@" >"$WORK/refused" 2>&1 </dev/null
	got=$?
	grep -qE "$pattern" "$WORK/refused" || note "it said: $(head -c 600 "$WORK/refused")"
	same "$text: exit status" "$got" "$status"
	check "$text: says why" grep -qE "$pattern" "$WORK/refused"
	[ "$status" = 2 ] || same "$text: one sentence" "$(wc -l <"$WORK/refused")" 1
}
other="--listen 127.0.0.1:8081 --socket $WORK/other"
# shellcheck disable=SC2086
{
	refused "a second one on the same interface" 1 "pid $first" attach eth0 $other
	refused "the port is taken" 1 "8080|in use" attach eth1 --listen 127.0.0.1:8080 --socket "$WORK/other"
	refused "an interface that is not there" 1 "nosuch0" attach nosuch0 $other
	refused "one good interface, and one that can never be" 1 "no/such0" attach eth1 no/such0 $other
	refused "no interface" 2 "nterface|usage" attach $other
	refused "a wrong CIDR" 2 "10.0.0.0/99" attach eth1 --internal 10.0.0.0/99 $other
	refused "an unknown option" 2 "frobnicate" attach eth1 --frobnicate $other
	refused "an unknown verb" 2 "dance" dance
	refused "an absurd limit" 2 "max-flows|99999999999" attach eth1 --max-flows 99999999999 $other
	refused "a limit that is no number" 2 "max-flows|many" attach eth1 --max-flows many $other
	refused "another address without a token" 2 "token" attach eth1 --listen 0.0.0.0:8081 --socket "$WORK/other"
	refused "a port out of range" 2 "70000" attach eth1 --listen 127.0.0.1:70000 --socket "$WORK/other"
	refused "an interface with an odd name" 1 "\\.\\./x" attach ../x $other
}
check "an unprivileged user is told which capability is missing, status 1" sh -c "
	nsenter --net=/run/netns/$TAG-a setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		--bounding-set=-all '$FLOWBPF' attach eth1 $other >'$WORK/user' 2>&1
	[ \$? = 1 ] && grep -qE 'CAP_[A-Z]+|root' '$WORK/user'"

check "the first one still counts" api health
socket=$first_socket
in_ns b ping -q -c 5 -i 0.05 10.9.0.1 >/dev/null
icmp() { [ "$(flow "proto=icmp and ip=10.9.0.2" '.packets.up')" = 5 ]; }
check "the first one has the ping's five packets" wait_for 5 icmp
same "it is on eth0 alone" "$(api health | jq -c '[.interfaces[].name]')" '["eth0"]'

# A second instance on another interface and port works beside it.
daemon=$first
spawn second.log a "$FLOWBPF" attach eth1 --listen 127.0.0.1:8082 --socket "$WORK/second" --max-flows 4096
second=$spawned socket=$WORK/second
check "a second one on another interface starts" wait_for 15 api health
kill -TERM "$second"
wait "$second"
same "and ends with status 0" $? 0
socket=$first_socket
check "the first one goes on" api health

# --- the lock is nobody else's, and detach ends nobody else --------------------------------------
as_other() { setpriv --reuid=65533 --regid=65533 --clear-groups --bounding-set=-all "$@"; }
check "no other user reaches the lock" eval '! as_other ls /run/flowbpf/lock'
spawn foreign.log a node -e 'require("net").createServer(() => {}).listen(process.argv[1])' "$WORK/foreign"
foreign=$spawned
wait_for 5 test -S "$WORK/foreign"
refused "detach of a socket that another program listens on" 1 "left alone" detach --socket "$WORK/foreign"
check "... which goes on" kill -0 "$foreign"
touch /run/flowbpf/lock/net-0
in_ns a setpriv --reuid=65533 --regid=65533 --clear-groups --bounding-set=-all "$FLOWBPF" detach eth0 >"$WORK/refused" 2>&1
same "another user ends nothing" "$? $(grep -c 'only root' "$WORK/refused")" "1 1"
spawn third.log b "$FLOWBPF" attach eth0 --listen none --socket "$WORK/third" --max-flows 4096
third=$spawned socket=$WORK/third
check "the same interface number in another namespace is another interface" wait_for 15 api health
check "what namespaces that are gone left is swept away" [ ! -e /run/flowbpf/lock/net-0 ]
same "detach ends the one of its namespace" "$(in_ns b "$FLOWBPF" detach)" "pid $third has detached and ended"
socket=$first_socket
check "... and no other" api health
same "nothing is attached there then" "$(in_ns b "$FLOWBPF" detach)" "nothing is attached"
finish
