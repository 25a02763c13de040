#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 600
# What is never touched, tried from every side: by address, prefix, port, 5-tuple, name, country, AS, list,
# device, and by what matches all; blocked, limited and killed. It is refused, or left out, and goes on:
# an SSH session, who asks over HTTP, DNS, NTP, the gateway, whom --trusted names; new connections of them too.
. "$(dirname "$0")/lib.sh"
. tests/lab/servers.sh
need_product
for tool in python3 socat dnsmasq dig ssh sshd; do
	command -v $tool >/dev/null && continue
	skip "never" "$tool is not installed"
	finish
done
lab_router || ok_if 1 "the lab is there"
lab_keep_neighbours
for i in "c 10.0.1.3/24 eth0" "c 10.0.1.4/24 eth0" "s 198.51.100.53/24 eth0" "s 198.51.100.123/24 eth0" \
	"s 198.51.100.254/24 eth0" "s 203.0.113.10/32 lo" "s 203.0.113.77/32 lo"; do
	# shellcheck disable=SC2086
	set -- $i
	ip -n "$TAG-$1" address add "$2" dev "$3"
done
in_ns r ip route add default via 198.51.100.254
spawn server.log s python3 tests/lab/ends.py serve 9000
spawn own.log r python3 tests/lab/ends.py serve 9000
spawn ntp.log s socat UDP-LISTEN:123,fork,reuseaddr,bind=198.51.100.123 PIPE
dnsmasq_start s www.lab.test 198.51.100.2
printf '198.51.100.0/25,DE,AS64500,Netze\n203.0.113.0/24,DE,AS64500,Netze\n' >"$WORK/ranges.csv"
printf '203.0.113.10\n198.51.100.2\n198.51.100.53\n198.51.100.123\n198.51.100.254\n' >"$WORK/list.txt"
openssl rand -hex 20 >"$WORK/secret"
token=$(cat "$WORK/secret")
printf 'operator %s\n' "$token" >"$WORK/tokens"
chmod 600 "$WORK/tokens"
mkdir -m 700 "$WORK/state"
chmod 711 "$WORK"
settings() { printf '%s\n' "closed-for = 5m" "$@" >"$WORK/conf" && chmod 644 "$WORK/conf"; }
settings
start() {
	socket=$WORK/socket.${#pids[@]}
	spawn daemon.log r "$FLOWBPF" attach lan wan --config "$WORK/conf" --listen 0.0.0.0:8080 --token-file "$WORK/tokens" \
		--socket "$socket" --state "$WORK/state" --geo "$WORK/ranges.csv" --list "bad=$WORK/list.txt" "$@"
	daemon=$spawned daemons+=("$spawned")
	wait_for 20 api health || ok_if 1 "the daemon starts"
}

# --- those that are never touched ----------------------------------------------------------------
sshd_start r 10.0.1.1
ssh_session 10.0.1.2
ssh_opens() { [ "$(ssh_to 10.0.1.2 'echo new')" = new ]; }
op() { # by HTTP, from another host, each time by a new connection
	in_ns s curl -sS -m 5 --interface 203.0.113.10 -H "Authorization: Bearer $token" -H 'X-Flowbpf-CSRF: 1' "$@"
}
http=http://198.51.100.1:8080/api/v1
http_answers() { [ "$(op "$http/rules" | jq .panic)" = false ]; }
resolves() { [ "$(in_ns "$1" dig +short +time=3 +tries=1 @198.51.100.53 www.lab.test)" = 198.51.100.2 ]; } # NS
# One of three, each by a port of its own: socat may lose what comes while it makes a process for another.
# shellcheck disable=SC2016
clock_answers() { # NS
	local try
	for try in 1 2 3; do
		in_ns "$1" bash -c 'exec 3<>/dev/udp/198.51.100.123/123; echo tick >&3; read -r -t 1 -N 1 x <&3; [ "$x" = t ]' && return
	done
	return 1
}
gateway_answers() { in_ns r ping -q -c 1 -W 3 198.51.100.254; }
goes_on() {
	local what jobs=()
	: >"$WORK/lost"
	for what in ssh_opens http_answers "resolves r" "resolves c" "clock_answers r" "clock_answers c" gateway_answers; do
		# shellcheck disable=SC2086
		{ $what >/dev/null 2>&1 || echo "$what does not" >>"$WORK/lost"; } &
		jobs+=($!)
	done
	session_echoes || echo "the SSH session does not" >>"$WORK/lost"
	wait "${jobs[@]}"
	cat "$WORK/lost"
	[ ! -s "$WORK/lost" ]
}
seen() { # what the list is told by: that there are flows of all of them
	goes_on && [ "$(flows 'dst.ip = 198.51.100.53 and l7 = dns' | jq length)" -gt 3 ] &&
		[ "$(flows 'dst.ip = 198.51.100.123 and direction = out' | jq length)" -gt 0 ] &&
		[ "$(flows 'dst.port = 22 and direction = in' | jq length)" -gt 0 ]
}
passes() { # ADDRESS FROM: a new connection is answered
	[ "$(echo hello | in_ns c timeout 4 socat -t 3 - "TCP:$1:9000,bind=$2,connect-timeout=3" | head -c 1)" = x ]
}
is_shut() { ! passes "$@"; }
port=20000
begin() { # ADDRESS: a connection of somebody else talks, by $port
	port=$((port + 1))
	spawn client.log c python3 tests/lab/ends.py talk "$1" 9000 $port 200
	wait_for 10 flow_is "src.port = $port" .state ESTABLISHED
}
bytes_of() { flow "src.port = $port" '.bytes.up + .bytes.down'; }
rests() {
	local before
	before=$(bytes_of)
	tick 2
	[ "$(bytes_of)" = "$before" ]
}
moves() { ! rests; }

start
check "all that is never touched is there" wait_for 20 seen
check "who has logged in is known" wait_for 10 is_in 10.0.1.2
check "who asks over HTTP does so" op --json '{"what":"192.0.2.1"}' "$http/rules"
say undo --all >/dev/null
tick 2

# --- refused, with the reason that names it -------------------------------------------------------
never() { # REASON WHAT...: a block of it is refused, by itself and imported
	local reason=$1 what
	shift
	for what; do
		same "a block of $what is refused: $reason" "$(say block "$what")" "flowbpf: it is not touched: it is $reason"
	done
}
never "an SSH session with this machine" 10.0.1.2 10.0.1.2/31 "src.ip = 10.0.1.2"
never "with the server of flowbpf by which somebody asks" 203.0.113.10 203.0.113.0/28 203.0.113.0/24 "ip = 192.0.2.1 or ip = 203.0.113.10"
never "with a resolver that this machine asks" 198.51.100.53 198.51.100.52/30
never "NTP" 198.51.100.123 198.51.100.120/29
never "with a gateway of this machine" 198.51.100.254 198.51.100.252/30
never "with an address of this machine" "ip = 10.0.1.1" 10.0.1.1 10.0.1.0/24 fd00:1::1 2001:db8:2::/64 198.51.100.1
never "wider than /8, or of IPv6 than /16" 0.0.0.0/0 0.0.0.0/1 128.0.0.0/1 ::/0 2000::/3
never "within this machine" 127.0.0.1 127.0.0.0/8 ::1
never "for a multicast or broadcast address" 224.0.0.18 255.255.255.255 ff02::1
same "who asks over HTTP does not shut himself out" \
	"$(op --json '{"what":"203.0.113.10"}' "$http/rules" | jq -r .detail)" "it is not touched: it is the connection by which you ask"
same "nothing of this is in force" "$(api rules | jq '.items | length')" 0
check "... and all goes on" goes_on

# --- left out, and goes on -------------------------------------------------------------------------
spared() { # TEXT: at once, and later
	check "$1: what is never touched goes on" goes_on
	tick 3
	check "... later, too" goes_on
}
block() { # WHAT: ends somebody else's; the preview names what it leaves alone
	begin 198.51.100.2
	note "left alone: $(say block "$1" --dry-run | sed -n 's/^left alone, \(.*\): [0-9]*.*/\1/p' | sort | paste -sd,)"
	say block "$1" >"$WORK/made" 2>&1
	check "block $1 ends others" wait_for 10 rests
	spared "..."
	kill "$spawned"
	say undo --all >/dev/null
}
for what in "ip != 192.0.2.0/24" "proto = tcp or proto = udp or proto = icmp" "proto = tcp" \
	"src.mac = $(mac c eth0) or src.ip = 203.0.113.10" "list = bad" "dst.country = DE or src.asn = 64500" \
	"ip = 10.0.1.2 and proto = tcp" "port = 22 or port = 53 or port = 8080 or port = 123 or port = 9000"; do
	block "$what"
done
for what in "dst.port = 8080" "dst.port = 22 or dst.port = 53" "dst.port in (53, 123) and ip = 198.51.100.53" "ip = 198.51.100.1 and dst.port = 8080" \
	"src.ip = 10.0.1.2 and dst.ip = 10.0.1.1 and dst.port = 22 and proto = tcp" "dst.host = 198.51.100.1" \
	"src.ip = 203.0.113.10 and dst.ip = 198.51.100.1 and dst.port = 8080 and proto = tcp"; do
	check "block $what" say block "$what"
	spared "..."
	say undo --all >/dev/null
done
for what in 10.0.1.0/24 198.51.100.0/24 "ip != 192.0.2.0/24"; do
	check "limit $what to 8 kbit/s" say limit "$what" --down 8kbit --up 8kbit
	spared "..."
	say undo --all >/dev/null
done

# By the name that this machine is called.
by_name() { # by TLS, whose hello has the name, and which is not reset
	in_ns s timeout 2 openssl s_client -bind 203.0.113.10:0 -connect 198.51.100.1:8080 -servername router.lab.test \
		</dev/null >"$WORK/hello" 2>&1
	grep -q CONNECTED "$WORK/hello" && ! grep -q 'errno=104' "$WORK/hello"
}
check "this machine answers by a name" by_name
check "block of that name" say block 'host:router.lab.test'
tick 2
check "... who asks is answered" by_name
check "... and again" by_name
say undo --all >/dev/null

# --- killed ------------------------------------------------------------------------------------------
spawn open.log s socat PIPE TCP:198.51.100.1:8080,bind=203.0.113.10:31000
spawn open.log r socat PIPE TCP:198.51.100.53:53,bind=198.51.100.1:31053
spawn open.log r bash -c 'exec 3<>/dev/udp/198.51.100.123/123; while echo tick >&3; do sleep 0.3; done'
for port in 31000 31053; do wait_for 10 flow_is "src.port = $port" .state ESTABLISHED; done
kill_one() { # TEXT FILTER REASON
	same "a kill of $1 is refused" "$(say kill "$(flows "$2" | jq -r 'max_by(.packets.up).id')")" \
		"flowbpf: it is not touched: it is $3"
}
goes_on
tick 3
kill_one "the SSH session" 'dst.port = 22 and state = ESTABLISHED' "an SSH session with this machine"
kill_one "who asks over HTTP" 'src.port = 31000' "with the server of flowbpf by which somebody asks"
kill_one "DNS" 'src.port = 31053' "with a resolver that this machine asks"
kill_one "NTP" 'dst.port = 123 and packets.up > 3' NTP
kill_one "a ping of the gateway" 'ip = 198.51.100.254 and proto = icmp' "with a gateway of this machine"
say kill --filter 'bytes >= 0' --yes >"$WORK/killed" 2>&1
spared "a kill of all that there is"

# --- whom --trusted names ------------------------------------------------------------------------------
logged() { api log | jq -r '.items[].message' | grep -q -- "$1"; }
settings 'trusted = 10.0.1.4'
kill -HUP "$daemon"
check "trusted: in force by SIGHUP" wait_for 10 logged 'now in force: trusted'
never "with an address that --trusted names" 10.0.1.4 10.0.1.4/31
for i in 3 4; do say block "src.ip = 10.0.1.$i and dst.port = 9000" >/dev/null; done
tick 3
check "... nor is it shut out by a filter" passes 198.51.100.2 10.0.1.4
check "... which shuts out another one" wait_for 10 is_shut 198.51.100.2 10.0.1.3
settings
kill -HUP "$daemon"
check "... taken back, the filter is about it, too" wait_for 20 is_shut 198.51.100.2 10.0.1.4
say undo --all >/dev/null
same "... and a block of it is made" "$(say block 10.0.1.4 | sed 's/[0-9]*$/N/' | tail -1)" "rule N"
check "... and shuts it out" wait_for 10 is_shut 198.51.100.2 10.0.1.4
say undo --all >/dev/null

# --- later ---------------------------------------------------------------------------------------------
ip -n "$TAG-s" address add 192.0.2.77/32 dev lo
begin 192.0.2.77
say block 192.0.2.0/24 >/dev/null
say block 'dst.port = 8080' >/dev/null
check "a prefix: it is shut out" wait_for 10 rests
ip -n "$TAG-r" address add 192.0.2.9/32 dev lo
check "... one of it becomes an address of this machine: it is reached" wait_for 40 passes 192.0.2.9 10.0.1.3
others=$spawned other_port=$port
begin 192.0.2.9
tick 3
check "... what it has goes on" moves
kill "$spawned"
port=$other_port
check "... others of it stay shut out" rests
kill "$others"
tick 32
check "when all was looked at again: who asks by a port that is blocked goes on" http_answers
check "... and all else does" goes_on
say undo --all >/dev/null

# --- over a restart, and without the daemon ----------------------------------------------------------
say block 'ip = 10.0.1.2 and proto = tcp' --permanent >/dev/null
say block 198.51.100.2 --permanent >/dev/null
daemon_stop
start
check "a restart: the SSH session goes on" wait_for 10 session_echoes
check "... with new ones" ssh_opens
tick 3
check "... later, too" session_echoes
daemon_stop
if have_bpffs; then
	pin=/sys/fs/bpf/$TAG
	start --pin "$pin"
	tick 4
	check "pinned: somebody else's is shut out" is_shut 198.51.100.2 10.0.1.3
	check "... the SSH session goes on" session_echoes
	daemon_stop KILL
	check "the daemon killed: it is shut out still" is_shut 198.51.100.2 10.0.1.3
	check "... the SSH session goes on" session_echoes
	check "... DNS and NTP, too" eval 'resolves r && resolves c && clock_answers r && gateway_answers'
	check "panic" in_ns r "$FLOWBPF" panic lan
	check "... nothing is shut out" passes 198.51.100.2 10.0.1.3
	check "... from where the SSH session is, too" passes 198.51.100.2 10.0.1.2
	in_ns r "$FLOWBPF" detach --pin "$pin" >/dev/null 2>&1
	rm -rf "$pin"
else
	skip "pinned" "there is no bpf file system"
fi
finish
