#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 200
# The sockets that wait for others, on a router that serves, too: whose they are, where they are bound,
# how full the backlog is, who came and from how far. One that comes later is there, one that ends goes.
. "$(dirname "$0")/lib.sh"
need_product
lab_router || ok_if 1 "the lab is there"
sockets=$LAB_BIN/sockets
listener() { # PROTO PORT [JQ-EXPRESSION]
	api listeners | jq -r ".items[] | select(.proto == \"$1\" and .port == $2) | ${3:-.}"
}
is() { [ "$(listener "$1" "$2" "$3")" = "$4" ]; } # PROTO PORT JQ-EXPRESSION WANTED
who='"\(.process) \(.pid) \(.user) \(.exe)"'

spawn tcp.log r "$sockets" serve tcp 8444
any=$spawned
spawn udp.log r "$sockets" serve udp 5300
udp=$spawned
spawn lo.log r socat TCP-LISTEN:8081,bind=127.0.0.1,fork,reuseaddr -
spawn own.log r socat TCP6-LISTEN:8082,bind=[2001:db8:1::1],fork,reuseaddr - # not there: it ends
spawn own.log r socat TCP-LISTEN:8083,bind=10.0.1.1,fork,reuseaddr,backlog=7 -
own=$spawned
spawn both.log r socat TCP6-LISTEN:8084,ipv6only=0,fork,reuseaddr -
wait_for 5 listening r 8083 && wait_for 5 listening r 8084 && wait_for 5 listening r 8081
daemon_start r lan wan lo || finish

check "a listening socket has its process" wait_for 10 is tcp 8444 "$who" "sockets $any root $sockets"
check "so has one of UDP" wait_for 10 is udp 5300 "$who" "sockets $udp root $sockets"
same "it is bound to any address, and nobody came" "$(listener tcp 8444 '"\(.address) \(.bound) \(.reached) \(.flows) \(.last_seen) \(.clients | length)"')" \
	"0.0.0.0 any null 0 null 0"
same "one of the loopback" "$(listener tcp 8081 '"\(.address) \(.bound)"')" "127.0.0.1 loopback"
same "one of a private address, with its backlog" \
	"$(listener tcp 8083 '"\(.address) \(.bound) \(.pid) \(.backlog.waiting) \(.backlog.limit)"')" "10.0.1.1 private $own 0 7"
same "UDP has no backlog" "$(listener udp 5300 .backlog.limit)" null
same "what does not listen is not there" "$(listener tcp 8082 .port)" ""

in_ns c "$sockets" one tcp 10.0.1.1 8444 22001
in_ns c "$sockets" one udp 10.0.1.1 5300 22002
check "somebody inside came" wait_for 10 is tcp 8444 '"\(.reached) \(.flows) \(.clients[0].ip)"' "inside 1 10.0.1.2"
check "by UDP, too" wait_for 10 is udp 5300 '"\(.reached) \(.clients[0].ip)"' "inside 10.0.1.2"
in_ns s "$sockets" one tcp 198.51.100.1 8444 22003
check "somebody outside came: he is the first one told" wait_for 10 is tcp 8444 '"\(.reached) \(.flows) \(.clients[0].ip) \(.clients[1].ip)"' \
	"outside 2 198.51.100.2 10.0.1.2"
check "nobody takes them: they wait" wait_for 10 is tcp 8444 '.backlog.waiting' 2
in_ns r "$sockets" one tcp 127.0.0.1 8081 22004
check "this host itself came to its loopback" wait_for 10 is tcp 8081 '"\(.reached) \(.clients[0].ip)"' "here 127.0.0.1"
in_ns c "$sockets" one tcp 10.0.1.1 8084 22005
check "a socket of both families has those of IPv4" wait_for 10 is tcp 8084 '"\(.address) \(.reached) \(.clients[0].ip)"' ":: inside 10.0.1.2"
in_ns s "$sockets" one tcp 198.51.100.1 8443 22006 # goes to c
in_ns c "$sockets" one tcp 10.0.1.1 9 22007        # nobody has it
came() { [ "$(flow 'src.port = 22007' .dst.port)" = 9 ]; }
check "what is refused is a flow" wait_for 10 came
same "and of no socket" "$(api listeners | jq '[.items[].flows] | add')" 5

spawn late.log r "$sockets" serve tcp 8090
late=$spawned
check "a socket that comes later" wait_for 10 is tcp 8090 "$who" "sockets $late root $sockets"
kill "$late"
check "goes with its process" wait_for 10 is tcp 8090 .port ""
"$FLOWBPF" listeners --socket "$socket" >"$WORK/table"
check "the command line says so, too" grep -qE "^tcp +0\.0\.0\.0:8444 +sockets +$any +root .* 2/[0-9]+ +any +outside +2 +198\.51\.100\.2, 10\.0\.1\.2" "$WORK/table"
same "and as JSON" "$("$FLOWBPF" listeners --socket "$socket" --json | jq '.items | length')" "$(api listeners | jq '.items | length')"
network() { api '../../api/network-stats' | jq -r ".connections[] | select(.status == \"LISTEN\" and .local_address == \"$1\") | \"\(.process) \(.pid) \(.type) \(.remote_address)\""; }
same "other monitors' paths have LISTEN" "$(network 0.0.0.0:8444)" "sockets $any SOCK_STREAM "
daemon_stop
finish
